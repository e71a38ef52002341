"""Raw files as they come from a survey tool, SPSS or Excel: every column as text or number, missing as missing."""

import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pipeline.data.job import InputError

# How people count in their own program: a text or Excel file has a header line, SPSS and Parquet have cases.
FIRST_ROW = {".csv": 2, ".tsv": 2, ".xlsx": 2, ".sav": 1, ".parquet": 1}


def read_raw(path: Path, name: str, sheet: str | None = None) -> pd.DataFrame:
    """Read one raw file.

    Parameters
    ----------
    path : csv, tsv, sav, xlsx or parquet; in a `.sav`, user-missing values are missing.
    name : how messages call the file.
    sheet : of an Excel file; the first where left out.

    Returns
    -------
    One row per row of the file, the index being the row's number in the program people open it with.

    Raises
    ------
    InputError
        Not readable, or no rows.
    """
    kind = path.suffix
    try:
        frame = READERS[kind](path, sheet)
    except (ValueError, OSError, KeyError, UnicodeError) as error:
        raise InputError(f"{name}: not readable as {kind[1:]} ({_first_line(error)}).") from None
    except Exception as error:  # the readers' libraries raise classes of their own for damaged files
        if type(error).__module__.partition(".")[0] not in ("pyreadstat", "zipfile", "openpyxl", "pyarrow", "xml"):
            raise
        raise InputError(f"{name}: not readable as {kind[1:]} ({_first_line(error)}).") from None
    frame.columns = [str(column).strip() for column in frame.columns]
    repeated = frame.columns[frame.columns.duplicated()]
    if len(repeated):
        raise InputError(f"{name}: the column '{repeated[0]}' stands twice; rename one of them.")
    if kind != ".sav":
        frame = frame.loc[~frame.isna().all(axis=1)]
    if frame.empty:
        raise InputError(f"{name}: the file has no rows of data.")
    return frame


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")


def _read_text(separator: str) -> Callable[[Path, str | None], pd.DataFrame]:
    def read(path, sheet):
        # "utf-8-sig" takes the mark that Excel puts in front of a CSV; only an empty cell or NA is missing
        frame = pd.read_csv(
            path,
            sep=separator,
            dtype=str,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=["", "NA"],
            skip_blank_lines=False,
        )
        return _number_rows(frame, ".csv")

    return read


def _read_excel(path, sheet):
    return _number_rows(pd.read_excel(path, sheet_name=sheet or 0, dtype=object), ".xlsx")


def _read_spss(path, sheet):
    import pyreadstat

    frame, _ = pyreadstat.read_sav(path, apply_value_formats=False, user_missing=False)
    return _number_rows(frame, ".sav")


def _read_parquet(path, sheet):
    return _number_rows(pd.read_parquet(path), ".parquet")


def _number_rows(frame, kind):
    return frame.set_axis(range(FIRST_ROW[kind], FIRST_ROW[kind] + len(frame)))


READERS = {
    ".csv": _read_text(","),
    ".tsv": _read_text("\t"),
    ".xlsx": _read_excel,
    ".sav": _read_spss,
    ".parquet": _read_parquet,
}


def as_text(column: pd.Series) -> pd.Series:
    """Codes as text whatever program wrote them: `12`, `12.0` and ` 12 ` are the same code; empty is missing."""

    def text(value):
        return re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip())

    cleaned = column.map(text, na_action="ignore").astype(object)
    return cleaned.where(cleaned.notna() & (cleaned != ""), None)


def as_number(column: pd.Series, name: str) -> pd.Series:
    """Numbers; text that is not a number names its row but is not repeated, since it could identify a person."""
    text = as_text(column)
    number = pd.to_numeric(text, errors="coerce")
    wrong = number.index[number.isna() & text.notna()]
    if len(wrong):
        raise InputError(f"{name}, row {wrong[0]}: not a number; correct it, or list the text under `recode:`.")
    return number.astype(float)
