"""Which of the project's own modules a script is made of."""

import ast
from functools import cache
from pathlib import Path


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


@cache  # many scripts share their modules, and parsing all of them for each would take seconds
def _imported_names(path: Path, changed: int) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            # `from package import module` and `from package.module import name` look alike: try both readings
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    parents = [name.rsplit(".", i)[0] for name in names for i in range(name.count(".") + 1)]
    return sorted(set(names + parents))
