"""One checksum of a file or a folder, or of what a file says."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def checksum(path: Path, files: Iterable[Path] | None = None) -> str:
    """Return the SHA-256 of a file, or of the names and contents of the files of a folder.

    Parameters
    ----------
    path : Path
        The file or the folder.
    files : iterable of Path, optional
        The files of the folder that count; by default all but those whose names begin with a dot: Snakemake keeps a
        time stamp in folders that a rule makes.

    Returns
    -------
    str
        64 hexadecimal digits. The order of the files does not count.
    """
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    if files is None:
        files = (file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.relative_to(path).as_posix().encode() + file.read_bytes())
    return digest.hexdigest()


def checksum_of(content: Any) -> str:
    """Return the SHA-256 of what a YAML file says, whatever its comments and the order of its keys.

    Parameters
    ----------
    content : dict, list or scalar
        As it was read.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
