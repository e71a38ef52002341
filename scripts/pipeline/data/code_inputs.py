"""Which of the project's own modules and templates of words a script is made of."""

import ast
from collections.abc import Iterable
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
        for name in _imported_names(file, file.stat().st_mtime_ns):
            path = root.joinpath(*name.split("."))
            for candidate in (path.with_suffix(".py"), path / "__init__.py"):
                if candidate.is_file() and candidate not in found:
                    found.add(candidate)
                    queue.append(candidate)
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
    queue = [words / f"{name}.j2" for file in files for name in _named_words(file, file.stat().st_mtime_ns)]
    while queue:
        template = queue.pop()
        if template not in found:
            found.add(template)
            queue += [words / name for name in _included(template, template.stat().st_mtime_ns)]
    return sorted(found)


@cache
def _parsed(path: Path, changed: int) -> ast.Module:
    return ast.parse(path.read_text())


@cache
def _named_words(path: Path, changed: int) -> list[str]:
    names = []
    for node in ast.walk(_parsed(path, changed)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "words":
            if not (len(node.args) == 1 and isinstance(node.args[0], ast.Constant)):
                raise ValueError(f"{path}, line {node.lineno}: name the template of words as it is")
            names.append(str(node.args[0].value))
    return names


@cache
def _included(path: Path, changed: int) -> list[str]:
    names = jinja2.meta.find_referenced_templates(jinja2.Environment().parse(path.read_text()))
    return [name for name in names if name]


@cache  # many scripts share their modules, and parsing all of them for each would take seconds
def _imported_names(path: Path, changed: int) -> list[str]:
    names = []
    for node in ast.walk(_parsed(path, changed)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from package import module` and `from package.module import name` look alike: try both readings
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    parents = [name.rsplit(".", i)[0] for name in names for i in range(name.count(".") + 1)]
    return sorted(set(names + parents))
