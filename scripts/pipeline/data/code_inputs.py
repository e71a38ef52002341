"""Which of the project's own modules a script is made of, and whether they changed."""

import ast
import hashlib
from collections.abc import Iterable
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


def checksum_of_files(paths: Iterable[Path]) -> str:
    """Return one checksum of the contents of files.

    Parameters
    ----------
    paths : iterable of Path
        Their order counts.

    Returns
    -------
    str
        The first 16 digits of a SHA-256.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update(_digest(path, path.stat().st_mtime_ns))
    return digest.hexdigest()[:16]


@cache
def _digest(path: Path, changed: int) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


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
