"""Which of the project's own modules and templates of words a script is made of."""

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2.meta


def imported_modules(script: Path, root: Path) -> list[Path]:
    """Find the modules under a folder that a script imports, directly or through each other.

    Parameters
    ----------
    script : Path
        The file to start from.
    root : Path
        The folder that is on the import path (`scripts/`).

    Returns
    -------
    list of Path
        Sorted, the script itself not among them. A package counts through its `__init__.py`.
    """
    found: set[Path] = set()
    queue = [Path(script)]
    while queue:
        file = queue.pop()
        new = _imported_files(file, file.stat().st_mtime_ns, root) - found
        found |= new
        queue += new
    return sorted(found)


def used_templates(files: Iterable[Path], words: Path) -> list[Path]:
    """Find the templates of words that modules use, directly or through each other.

    Parameters
    ----------
    files : iterable of Path
        The modules; each names its templates in calls such as ``words("factors")``.
    words : Path
        The folder of the templates (`workflow/words/`).

    Returns
    -------
    list of Path
        Sorted.

    Raises
    ------
    ValueError
        A call names its template by anything but a literal, so that nobody knows which one it is.
    """
    found: set[Path] = set()
    queue = [words / f"{name}.j2" for file in files for name in _names(file, file.stat().st_mtime_ns).templates]
    while queue:
        template = queue.pop()
        if template not in found:
            found.add(template)
            queue += [words / name for name in _included(template, template.stat().st_mtime_ns)]
    return sorted(found)


@dataclass(frozen=True)
class _Named:
    """What a module names: modules to import, and templates by calls of ``words``."""

    modules: list[str]
    templates: list[str]


@cache  # many scripts share their modules, and parsing all of them for each would take seconds
def _names(path: Path, changed: int) -> _Named:
    imported, templates = [], []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            imported += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from package import module` and `from package.module import name` look alike: try both readings
            imported += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "words":
            if not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant)):
                raise ValueError(f"{path}, line {node.lineno}: name the template of words as it is")
            templates.append(str(node.args[0].value))
    parents = [name.rsplit(".", i)[0] for name in imported for i in range(name.count(".") + 1)]
    return _Named(sorted({*imported, *parents}), templates)


@cache
def _imported_files(path: Path, changed: int, root: Path) -> frozenset[Path]:
    places = [root.joinpath(*name.split(".")) for name in _names(path, changed).modules]
    candidates = [file for place in places for file in (place.with_suffix(".py"), place / "__init__.py")]
    return frozenset(file for file in candidates if file.is_file())


@cache
def _included(path: Path, changed: int) -> list[str]:
    names = jinja2.meta.find_referenced_templates(jinja2.Environment().parse(path.read_text()))
    return [name for name in names if name]
