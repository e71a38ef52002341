"""Workbooks of Excel and LibreOffice: .xlsx and .xlsm, .xls, .ods."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.formats.bounds import Limits, Unreadable, check_archive, check_cells_so_far, check_columns
from pipeline.data.formats.raw_table import RawTable, ReadOptions

OLD_CONTAINER = b"\xd0\xcf\x11\xe0"  # of .xls, and of workbooks with a password
PASSWORD = "is protected with a password; save a copy without one"
ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!")


def read_xlsx(path: Path, options: ReadOptions) -> RawTable:
    """Read a sheet of an Excel workbook.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        Its `sheet` and the row of the names.

    Returns
    -------
    RawTable
        Texts and numbers as stored.

    Raises
    ------
    Unreadable
        No such sheet, a password, a formula that was never computed, a cell with an error.
    """
    import openpyxl

    _check_container(path, options.limits)
    with _damage("xlsx"):
        values = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = [sheet.title for sheet in values.worksheets]
        sheet = _chosen(sheets, options.sheet)
        frame = _table(_rows(values[sheet]), options)
    finally:
        values.close()
    _check_formulas(path, sheet, frame, options.header)
    return RawTable(frame, _read_as("Excel", sheet, options), sheets=sheets)


def read_with_calamine(path: Path, options: ReadOptions) -> RawTable:
    """Read a sheet of an old Excel (.xls) or a LibreOffice (.ods) workbook.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        Its `sheet` and the row of the names.

    Returns
    -------
    RawTable
        Texts and numbers as stored.

    Raises
    ------
    Unreadable
        No such sheet, or not a workbook.
    """
    import python_calamine

    if path.suffix.lower() != ".xls":
        _check_container(path, options.limits)
    elif _is_encrypted(path):
        raise Unreadable(PASSWORD)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet = _chosen(list(book.sheet_names), options.sheet)
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except python_calamine.PasswordError:
        raise Unreadable(PASSWORD) from None
    except python_calamine.CalamineError as error:
        if "cell limit" in str(error).casefold():
            raise Unreadable("has cells far from all others; delete the empty rows and columns around them") from None
        raise Unreadable(f"is not a workbook as {path.suffix.lower()[1:]}, or a damaged one") from None
    kind = "Excel 97-2003" if path.suffix.lower() == ".xls" else "OpenDocument"
    return RawTable(_table(rows, options), _read_as(kind, sheet, options), sheets=list(book.sheet_names))


def _check_container(path: Path, limits: Limits) -> None:
    if _is_old(path):
        raise Unreadable(
            PASSWORD if _is_encrypted(path) else "is an old .xls renamed, or protected with a password; save it again"
        )
    if not zipfile.is_zipfile(path):
        raise Unreadable("is not a workbook, or a damaged one")
    check_archive(path, limits)


def _is_old(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(OLD_CONTAINER)) == OLD_CONTAINER


def _is_encrypted(path: Path) -> bool:
    """A workbook with a password lies whole and encrypted in the container of an old one."""
    return _is_old(path) and "EncryptedPackage".encode("utf-16-le") in path.read_bytes()


@contextmanager
def _damage(kind: str) -> Iterator[None]:
    """What the library says of a damaged workbook, which may be anything, as one clause."""
    try:
        yield
    except Unreadable:
        raise
    except (ArithmeticError, AttributeError, LookupError, OSError, SyntaxError, TypeError, ValueError):
        raise Unreadable(f"is not a workbook as {kind}, or a damaged one") from None
    except (zipfile.BadZipFile, zlib.error):
        raise Unreadable(f"is not a workbook as {kind}, or a damaged one") from None


def _chosen(sheets: list[str], wanted: str | None) -> str:
    if wanted is None:
        return sheets[0]
    if wanted not in sheets:
        raise Unreadable(f"has no sheet '{wanted}'; its sheets: {', '.join(sheets)}")
    return wanted


def _read_as(kind: str, sheet: str, options: ReadOptions) -> str:
    row = f", names in row {options.header}" if options.header > 1 else ""
    return f"{kind}, sheet '{sheet}'{row}"


def _rows(sheet: Any) -> Iterator[tuple]:
    sheet.reset_dimensions()  # what the file says of its own size is not trusted: one far cell would make it huge
    with _damage("xlsx"):
        yield from sheet.iter_rows(values_only=True)


def _table(rows: Iterable[Sequence], options: ReadOptions) -> pd.DataFrame:
    """The rows below the names, up to the last that holds anything."""
    header = options.header
    names: list[str] | None = None
    kept, numbers, seen = [], [], 0
    for number, cells in enumerate(rows, start=1):
        seen += len(cells)  # also empty ones, of which a file can claim to have billions
        check_cells_so_far(seen, options.limits)
        row = [_cell(value) for value in cells]
        if number < header:
            continue
        if names is None:
            while row and row[-1] is None:
                row.pop()
            if not row:
                raise Unreadable(f"has no names of columns in row {header}")
            check_columns(len(row), options.limits)
            names = ["" if value is None else str(value) for value in row]
            continue
        if not any(value is not None for value in row):
            continue
        if any(value is not None for value in row[len(names) :]):
            raise Unreadable(
                f"row {number}: a value is to the right of the last named column; name it, or say in which "
                "row the names are with `header:`"
            )
        wrong = next((value for value in row if value in ERRORS), None)
        if wrong is not None:
            raise Unreadable(f"row {number}: a cell shows the error {wrong}; correct the formula, or clear the cell")
        kept.append((row + [None] * len(names))[: len(names)])
        numbers.append(number)
    if names is None:
        raise Unreadable("has no rows of data")
    return pd.DataFrame(kept, columns=names, index=numbers, dtype=object)


def _cell(value: Any) -> Any:
    """A blank cell, also one that holds only blanks, is missing."""
    return None if value is None or (isinstance(value, str) and not value.strip()) else value


def _check_formulas(path: Path, sheet: str, frame: pd.DataFrame, header: int) -> None:
    """A formula without a stored value reads as an empty cell: programs other than Excel write such files."""
    import openpyxl

    with zipfile.ZipFile(path) as archive:
        if not any(
            b"<f" in archive.read(part) for part in archive.namelist() if part.startswith("xl/worksheets/sheet")
        ):
            return
    with _damage("xlsx"):
        formulas = openpyxl.load_workbook(path, read_only=True, data_only=False)
    try:
        for number, cells in enumerate(_rows(formulas[sheet]), start=1):
            if number <= header:
                continue
            for place, value in enumerate(cells):
                formula = isinstance(value, str) and value.startswith("=")
                if formula and (number not in frame.index or frame.loc[number].iloc[place] is None):
                    raise Unreadable(
                        f"row {number}: a formula has no stored value; open and save the file in Excel or LibreOffice"
                    )
    finally:
        formulas.close()
