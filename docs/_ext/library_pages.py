"""The library as pages: one for the names that `import psychometrics` gives, one per chapter and one per module."""

import ast
import inspect
from collections.abc import Iterable
from pathlib import Path

import psychometrics

PACKAGE = Path(psychometrics.__file__).parent
CHAPTERS = [
    "items",
    "correlation",
    "factors",
    "covariance_structures",
    "reliability",
    "measurement",
    "invariance",
    "variance",
    "mixed_models",
    "association",
    "content",
    "perspectives",
    "course",
    "planning",
    "shared_variance",
    "simulation",
    "resampling",
]


def in_order(chapters: Iterable[str]) -> list[str]:
    """Chapters in the order of a textbook; one that this order does not know comes last."""
    return sorted(chapters, key=lambda name: (CHAPTERS.index(name) if name in CHAPTERS else len(CHAPTERS), name))


def title(chapter: str) -> str:
    return chapter.replace("_", " ").capitalize()


def first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0].strip()


def docstring(path: Path) -> str:
    return first_line(ast.get_docstring(ast.parse(path.read_text())))


def heading(text: str, line: str = "=") -> list[str]:
    return [text, line * len(text), ""]


def rows(cells: Iterable[tuple[str, str]]) -> list[str]:
    """A table of names and what they are."""
    lines = [".. list-table::", "   :widths: 30 70", ""]
    for name, text in cells:
        lines += [f"   * - {name}", f"     - {text}"]
    return [*lines, ""]


def hidden_toctree(entries: Iterable[str]) -> list[str]:
    return [".. toctree::", "   :hidden:", "", *(f"   {entry}" for entry in entries), ""]


def module_page(name: str) -> str:
    """Everything public in a module, from its docstrings."""
    return "\n".join([*heading(name), f".. automodule:: psychometrics.{name}", "   :members:", ""])


def chapter_pages(chapter: str) -> dict[str, str]:
    """The page of a chapter and those of its modules, by their paths."""
    folder = PACKAGE / chapter
    paths = sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")
    modules = {".".join(path.relative_to(folder).with_suffix("").parts): path for path in paths}
    lines = [*heading(title(chapter)), docstring(folder / "__init__.py"), ""]
    lines += rows((f":doc:`{name} <{chapter}.{name}>`", docstring(path)) for name, path in modules.items())
    lines += hidden_toctree(f"{name} <{chapter}.{name}>" for name in modules)
    pages = {f"library/{chapter}.rst": "\n".join(lines)}
    return pages | {f"library/{chapter}.{name}.rst": module_page(f"{chapter}.{name}") for name in modules}


def public_names() -> list[tuple[str, str]]:
    """What `import psychometrics` gives, with links to where it is defined."""
    cells = []
    for name in sorted(psychometrics.__all__, key=str.lower):
        thing = getattr(psychometrics, name)
        role = "class" if inspect.isclass(thing) else "func"
        cells.append((f":py:{role}:`{name} <{thing.__module__}.{thing.__qualname__}>`", first_line(thing.__doc__)))
    return cells


def library_pages() -> dict[str, str]:
    """All pages of the library, by their paths."""
    chapters = in_order(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    modules = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__")
    lines = [*heading("The library"), docstring(PACKAGE / "__init__.py"), ""]
    lines += heading("Chapters", "-")
    lines += rows((f":doc:`{title(name)} <{name}>`", docstring(PACKAGE / name / "__init__.py")) for name in chapters)
    lines += heading("What ``import psychometrics`` gives", "-")
    lines += rows(public_names())
    lines += hidden_toctree([*chapters, *modules])
    pages = {"library/index.rst": "\n".join(lines)}
    pages |= {f"library/{name}.rst": module_page(name) for name in modules}
    for chapter in chapters:
        pages |= chapter_pages(chapter)
    return pages
