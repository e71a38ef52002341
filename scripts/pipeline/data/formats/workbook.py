"""Workbooks of Excel and LibreOffice: .xlsx and .xlsm, .xls, .ods."""

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.formats.raw_table import LARGEST_FILE, MOST_COLUMNS, RawTable, ReadOptions, Unreadable

OLD_CONTAINER = b"\xd0\xcf\x11\xe0"  # of .xls, and of workbooks with a password
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

    _check_container(path)
    values = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheet = _chosen(values.sheetnames, options.sheet)
        frame = _table(_rows(values[sheet]), options.header)
        sheets = list(values.sheetnames)
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
        _check_container(path)
    try:
        book = python_calamine.CalamineWorkbook.from_path(str(path))
        sheet = _chosen(list(book.sheet_names), options.sheet)
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    except python_calamine.PasswordError:
        raise Unreadable("is protected with a password; save a copy without one") from None
    except python_calamine.CalamineError:
        raise Unreadable(f"is not a workbook as {path.suffix.lower()[1:]}, or a damaged one") from None
    kind = "Excel 97-2003" if path.suffix.lower() == ".xls" else "OpenDocument"
    return RawTable(_table(rows, options.header), _read_as(kind, sheet, options), sheets=list(book.sheet_names))


def _check_container(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if start == OLD_CONTAINER:
        raise Unreadable("is protected with a password, or an old .xls renamed; save it anew without a password")
    if not zipfile.is_zipfile(path):
        raise Unreadable("is not a workbook, or a damaged one")
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST_FILE:
            raise Unreadable(f"unpacks to more than {LARGEST_FILE / 2**30:g} GiB")


def _chosen(sheets: list[str], wanted: str | None) -> str:
    if wanted is None:
        return sheets[0]
    if wanted not in sheets:
        raise Unreadable(f"has no sheet '{wanted}'; its sheets: {', '.join(sheets)}")
    return wanted


def _read_as(kind: str, sheet: str, options: ReadOptions) -> str:
    row = f", names in row {options.header}" if options.header > 1 else ""
    return f"{kind}, sheet '{sheet}'{row}"


def _rows(sheet: Any) -> Iterable[tuple]:
    sheet.reset_dimensions()  # what the file says of its own size is not trusted: one far cell would make it huge
    return sheet.iter_rows(values_only=True)


def _table(rows: Iterable[Iterable], header: int) -> pd.DataFrame:
    """The rows below the names, up to the last that holds anything."""
    names: list[str] | None = None
    kept, numbers = [], []
    for number, cells in enumerate(rows, start=1):
        row = [_cell(value) for value in cells]
        if number < header:
            continue
        if names is None:
            while row and row[-1] is None:
                row.pop()
            if not row:
                raise Unreadable(f"has no names of columns in row {header}")
            if len(row) > MOST_COLUMNS:
                raise Unreadable(f"has {len(row):,} columns; at most {MOST_COLUMNS:,} are read")
            names = ["" if value is None else str(value) for value in row]
            continue
        if not any(value is not None for value in row):
            continue
        if any(value is not None for value in row[len(names) :]):
            raise Unreadable(
                f"row {number}: a value stands right of the last named column; name it, or say in which "
                "row the names stand by `header:`"
            )
        wrong = next((value for value in row if value in ERRORS), None)
        if wrong is not None:
            raise Unreadable(f"row {number}: a cell shows the error {wrong}; mend the formula, or clear the cell")
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
