"""How much is read of a file: nothing that a small file claims to hold may fill the memory."""

import bz2
import gzip
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

MIB = 2**20
CHUNK = 4 * MIB
DECLARATIONS = (b"<!DOCTYPE", b"<!ENTITY")  # of XML: names that stand for text, which stands for more text


class Unreadable(Exception):
    """A file that cannot be read as it should be: a clause that goes behind the file's name."""


@dataclass(frozen=True)
class Limits:
    """The most that is read of one file.

    Attributes
    ----------
    mebibytes : int
        Of the file, and of what it unpacks to.
    columns : int
        As many as an Excel sheet has; a wider line is a damaged file.
    cells : int
        Rows times columns.
    """

    mebibytes: int = 256
    columns: int = 16_384
    cells: int = 100_000_000


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _beyond(what: str, most: str, key: str, needed: int) -> Unreadable:
    return Unreadable(f"{what}; at most {most} are read, unless dataset.yaml says `limits: {{{key}: {needed}}}`")


def _more_than(what: str, is_or_are: str, key: str, most: int) -> Unreadable:
    return Unreadable(
        f"{what}, the most that {is_or_are} read, unless dataset.yaml says `limits: {{{key}: {4 * most}}}`"
    )


def check_size(path: Path, limits: Limits) -> None:
    """Refuse a file that is too large.

    Parameters
    ----------
    path : Path
        The file.
    limits : Limits
        The most that is read.

    Raises
    ------
    Unreadable
        It is larger.
    """
    size = -(-path.stat().st_size // MIB)
    if size > limits.mebibytes:
        raise _beyond(f"has {size:,} MiB", f"{limits.mebibytes:,} MiB", "mebibytes", size)


def check_columns(columns: int, limits: Limits) -> None:
    """Refuse a table that is too wide.

    Parameters
    ----------
    columns : int
        How many there are.
    limits : Limits
        The most that is read.

    Raises
    ------
    Unreadable
        There are more.
    """
    if columns > limits.columns:
        raise _beyond(f"has {columns:,} columns", f"{limits.columns:,}", "columns", columns)


def check_cells(rows: int, columns: int, limits: Limits) -> None:
    """Refuse a table with too many cells.

    Parameters
    ----------
    rows, columns : int
        How many there are.
    limits : Limits
        The most that is read.

    Raises
    ------
    Unreadable
        There are more.
    """
    check_columns(columns, limits)
    if rows * columns > limits.cells:
        raise _beyond(f"holds {rows * columns:,} cells", f"{limits.cells:,}", "cells", rows * columns)


def check_cells_so_far(seen: int, limits: Limits) -> None:
    """Refuse a table that goes on for too long.

    Parameters
    ----------
    seen : int
        Cells that were read.
    limits : Limits
        The most that is read.

    Raises
    ------
    Unreadable
        There were more.
    """
    if seen > limits.cells:
        raise _more_than(f"holds more than {limits.cells:,} cells", "are", "cells", limits.cells)


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse a workbook that unpacks to too much, or declares names that stand for text.

    Parameters
    ----------
    path : Path
        A zip archive with parts in XML.
    limits : Limits
        The most that is read.

    Raises
    ------
    Unreadable
        It does, or it is damaged.
    """
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                if not part.filename.lower().endswith((".xml", ".rels")):
                    continue  # pictures are not read
                end = b""
                with archive.open(part) as file:
                    for chunk in _chunks(file):
                        total += len(chunk)
                        _check_unpacked(total, limits)
                        if any(word in end + chunk for word in DECLARATIONS):
                            raise Unreadable("declares entities of XML, which no workbook does; save it again")
                        end = chunk[-16:]
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise Unreadable("is not a workbook, or a damaged one") from None


def check_compressed(path: Path, limits: Limits) -> None:
    """Refuse a compressed file that unpacks to too much; one that is not compressed is judged by its size alone.

    Parameters
    ----------
    path : Path
        Such as an .rds file, which R compresses by gzip, bzip2 or xz.
    limits : Limits
        The most that is read.

    Raises
    ------
    Unreadable
        It does.
    """
    for opened in (gzip.open, bz2.open, lzma.open):
        total = 0
        with suppress(OSError, EOFError, lzma.LZMAError, zlib.error), opened(path) as file:
            for chunk in _chunks(file):
                total += len(chunk)
                _check_unpacked(total, limits)
            return


def _chunks(file: _Readable) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _check_unpacked(total: int, limits: Limits) -> None:
    if total > limits.mebibytes * MIB:
        raise _more_than(f"unpacks to more than {limits.mebibytes:,} MiB", "is", "mebibytes", limits.mebibytes)
