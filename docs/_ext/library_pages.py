"""The library as pages: one for the names that `import psychometrics` gives, one per chapter and one per module."""

import ast
import inspect
from pathlib import Path

import psychometrics

PACKAGE = Path(psychometrics.__file__).parent
CHAPTERS = [
    "items",
    "correlation",
    "factors",
    "reliability",
    "variance",
    "association",
    "shared_variance",
    "content",
    "simulation",
    "resampling",
]  # in the order of a textbook


def first_line(text: str | None) -> str:
    return (text or "").strip().split("\n")[0].strip()


def docstring(path: Path) -> str:
    return first_line(ast.get_docstring(ast.parse(path.read_text())))


def heading(text: str, line: str = "=") -> list[str]:
    return [text, line * len(text), ""]


def module_page(name: str) -> str:
    """Everything public in a module, from its docstrings."""
    short = name.removeprefix("psychometrics.")
    return "\n".join([*heading(short), f".. automodule:: {name}", "   :members:", ""])


def rows(cells: list[tuple[str, str]]) -> list[str]:
    """A table of names and what they are."""
    lines = [".. list-table::", "   :widths: 30 70", ""]
    for name, text in cells:
        lines += [f"   * - {name}", f"     - {text}"]
    return [*lines, ""]


def chapter_pages(chapter: str) -> dict[str, str]:
    """The page of a chapter and those of its modules, by their paths."""
    folder = PACKAGE / chapter
    paths = sorted(path for path in folder.rglob("*.py") if path.name != "__init__.py")
    modules = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in paths}
    title = chapter.replace("_", " ").capitalize()
    lines = [*heading(title), docstring(folder / "__init__.py"), ""]
    lines += rows(
        [(f":doc:`{name.removeprefix(f'{chapter}.')} <{name}>`", docstring(path)) for name, path in modules.items()]
    )
    lines += [
        ".. toctree::",
        "   :hidden:",
        "",
        *(f"   {name.removeprefix(f'{chapter}.')} <{name}>" for name in modules),
        "",
    ]
    pages = {f"library/{chapter}.rst": "\n".join(lines)}
    return pages | {f"library/{name}.rst": module_page(f"psychometrics.{name}") for name in modules}


def public_names() -> list[tuple[str, str]]:
    """What `import psychometrics` gives, with links to where it is defined."""
    cells = []
    for name in sorted(getattr(psychometrics, "__all__", []), key=str.lower):
        thing = getattr(psychometrics, name)
        role = "class" if inspect.isclass(thing) else "func"
        cells.append((f":py:{role}:`{name} <{thing.__module__}.{thing.__qualname__}>`", first_line(thing.__doc__)))
    return cells


def library_pages() -> dict[str, str]:
    """All pages of the library, by their paths."""
    found = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    chapters = [name for name in CHAPTERS if name in found] + [name for name in found if name not in CHAPTERS]
    lines = [*heading("The library"), docstring(PACKAGE / "__init__.py"), ""]
    if names := public_names():
        lines += [*heading("What ``import psychometrics`` gives", "-"), *rows(names)]
    lines += heading("Chapters", "-")
    lines += rows(
        [(f":doc:`{name.replace('_', ' ')} <{name}>`", docstring(PACKAGE / name / "__init__.py")) for name in chapters]
    )
    lines += [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in chapters), ""]
    pages = {"library/index.rst": "\n".join(lines)}
    for chapter in chapters:
        pages |= chapter_pages(chapter)
    return pages
