"""Raw files as they come from a survey tool, SPSS or Excel: every column as text or number, missing as missing."""

import difflib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.formats.bounds import Unreadable, check_size
from pipeline.data.formats.labelled import read_labelled
from pipeline.data.formats.others import read_parquet, read_r
from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.formats.text import read_text
from pipeline.data.formats.workbook import read_with_calamine, read_xlsx
from pipeline.data.job import InputError, first_of

READERS: dict[str, Callable[[Path, ReadOptions], RawTable]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".dat"), read_text),
    **dict.fromkeys((".xlsx", ".xlsm"), read_xlsx),
    **dict.fromkeys((".xls", ".ods"), read_with_calamine),
    **dict.fromkeys((".sav", ".zsav", ".por", ".dta", ".sas7bdat"), read_labelled),
    **dict.fromkeys((".rds", ".rda", ".rdata"), read_r),
    ".parquet": read_parquet,
}
LOOKED_AT = 200  # rows from which it is judged whether columns hold numbers
FEWEST_BELOW_LABELS, FEWEST_LABELS, LABELLED = 3, 3, 0.8  # rows, columns, share of the columns of numbers
MISSING_TEXT = ("", "NA")  # in every format; other texts that mean missing are listed under `missing_codes:`


def read_raw(path: Path, name: str, options: ReadOptions | None = None) -> RawTable:
    """Read one raw file.

    Parameters
    ----------
    path : Path
        The file; its ending, in either case, says which format it has.
    name : str
        How messages call the file.
    options : ReadOptions, optional
        What the data set's description says about it.

    Returns
    -------
    RawTable
        One row per row of the file that holds anything.

    Raises
    ------
    InputError
        Not readable, no rows, or a column name that stands twice.
    """
    options = options or ReadOptions()
    try:
        check_size(path, options.limits)
        table = READERS[path.suffix.lower()](path, options)
    except Unreadable as error:
        separator = ", " if str(error).startswith("row ") else ": "
        raise InputError(f"{name}{separator}{error}.") from None
    except (OSError, MemoryError) as error:
        raise InputError(f"{name}: not readable ({type(error).__name__}).") from None
    frame = table.frame
    frame.columns = pd.Index([str(column).strip() for column in frame.columns])
    named = frame.columns[frame.columns != ""]
    twice = list(named[named.duplicated()].unique())
    if twice and not options.picked:
        raise InputError(_stands_twice(name, twice[0]))
    frame = frame.loc[:, ~frame.columns.isin(twice)]
    frame = frame.loc[:, frame.columns != ""].dropna(how="all")
    said = table.read_as
    if _is_row_of_labels(frame):
        frame, said = frame.iloc[1:], f"{said}; the row of labels below the names skipped"
    if frame.empty:
        raise InputError(f"{name}: the file has no rows of data{_sheets(table)}.")
    return RawTable(frame, said, table.labels, table.sheets, twice)


def _stands_twice(name: str, column: str) -> str:
    return f"{name}: the column '{column}' appears twice; rename one of them."


def _is_row_of_labels(frame: pd.DataFrame) -> bool:
    """Whether the first row holds texts where columns hold numbers: labels of the columns, as SoSci Survey writes.

    No two columns have the same label; answers in words repeat.
    """
    if len(frame) < FEWEST_BELOW_LABELS:
        return False
    first = [isinstance(value, str) and pd.isna(pd.to_numeric(value, errors="coerce")) for value in frame.iloc[0]]
    if sum(first) < FEWEST_LABELS or frame.iloc[0][first].duplicated().any():
        return False
    below = frame.iloc[1 : 1 + LOOKED_AT]
    numbers = [_are_numbers(below.iloc[:, place]) for place in range(frame.shape[1])]
    labels = sum(text and number for text, number in zip(first, numbers, strict=True))
    return labels >= FEWEST_LABELS and labels >= LABELLED * sum(numbers)


def _are_numbers(column: pd.Series) -> bool:
    values = as_text(column).dropna()
    return len(values) > 0 and bool(pd.to_numeric(values, errors="coerce").notna().all())


def require(table: RawTable, columns: Sequence[str], name: str) -> None:
    """Raise an error that names all columns a file lacks, with the nearest that it has.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : sequence of str
        The columns that are needed.
    name : str
        How messages call the file.

    Raises
    ------
    InputError
        A column is not there, or stands twice.
    """
    if repeated := [column for column in columns if column in table.twice]:
        raise InputError(_stands_twice(name, repeated[0]))
    there = list(table.frame.columns)
    missing = [column for column in dict.fromkeys(columns) if column not in table.frame]
    if not missing:
        return
    hints = []
    for column in missing[:5]:
        close = _nearest(column, there)
        hints.append(f"'{column}'" + (f" (did you mean '{close}'?)" if close else ""))
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    row = _row_of_names(table.frame, missing)
    below = f" The names may be in row {row}: say `header: {row}`." if row else ""
    raise InputError(
        f"{name}: there is no column {', '.join(hints)}{more}; the file has {len(there)} columns"
        f"{_sheets(table)}.{below} Check the names in dataset.yaml."
    )


def _nearest(column: str, there: list[str]) -> str | None:
    """The column whose name is the same but for case, blanks and leading zeros, or the closest."""
    same = {_plain(one): one for one in there}.get(_plain(column))
    return same or next(iter(difflib.get_close_matches(column, there, n=1, cutoff=0.75)), None)


def _plain(name: str) -> str:
    """A name without case, blanks and leading zeros of its numbers."""
    return re.sub(r"(?<!\d)0+(?=\d)", "", re.sub(r"\s+", "", name)).casefold()


def _row_of_names(frame: pd.DataFrame, wanted: list[str]) -> int | None:
    """The first of the next rows that holds a column name that is missing."""
    for row, cells in frame.head(5).iterrows():
        if set(wanted) & {str(value).strip() for value in cells.dropna()}:
            return int(str(row))
    return None


def _sheets(table: RawTable) -> str:
    return f" ({table.read_as}, of the sheets {', '.join(table.sheets)})" if len(table.sheets) > 1 else ""


def as_text(column: pd.Series) -> pd.Series:
    """Codes as text whatever program wrote them: `12`, `12.0` and ` 12 ` are the same code; empty is missing.

    Parameters
    ----------
    column : pandas.Series
        Texts, numbers, or a categorical column of texts.

    Returns
    -------
    pandas.Series
        Of text; empty cells, blanks and `NA` are missing.
    """
    places, values = pd.factorize(column)  # each value is looked at once, however often it stands there
    cleaned = [_clean(value) for value in pd.Series(values, dtype=object)]
    return pd.Series(
        np.array([*cleaned, None], dtype=object)[places], index=column.index, name=column.name, dtype=object
    )


def _clean(value: object) -> str | None:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    text = re.sub(r"^(-?\d+)\.0+$", r"\1", str(value).strip())
    return None if text in MISSING_TEXT else text


def without_codes(text: pd.Series, codes: list) -> pd.Series:
    """Texts or numbers as text, missing where they are one of the codes for missing.

    Parameters
    ----------
    text : pandas.Series
        By `as_text`.
    codes : list of float or str
        `missing_codes:` of an entry.

    Returns
    -------
    pandas.Series
        The same, with more missing.
    """
    if not codes:
        return text
    wanted = set(as_text(pd.Series(codes, dtype=object)).dropna())
    return text.where(~text.isin(wanted), None)


def client_codes(frame: pd.DataFrame, client: str) -> pd.Series:
    """Read the code of each row's client.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of a file.
    client : str
        Its column, or `row` where the file has no such column and every row is another client.

    Returns
    -------
    pandas.Series
        Text; missing where the cell is empty.
    """
    if are_rows(frame, client):
        return pd.Series([f"row {number:07d}" for number in frame.index], index=frame.index, dtype=object)
    return as_text(frame[client])


def are_rows(frame: pd.DataFrame, client: str) -> bool:
    """Say whether every row is another client.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of a file.
    client : str
        What the description gives.

    Returns
    -------
    bool
        True for `row`, unless the file has a column of that name.
    """
    return client == "row" and "row" not in frame


def code_text(value: object) -> str:
    """Write what dataset.yaml says stands in a file as `as_text` does, so that the two can be compared.

    Parameters
    ----------
    value : object
        Text or number.

    Returns
    -------
    str
        The same, without blanks at its ends and zeros behind a point.
    """
    return _clean(value) or ""


def as_number(column: pd.Series, name: str, hint: str = "list the text under `recode:`") -> pd.Series:
    """Numbers; texts that are no numbers are counted but not repeated, since they could identify a person.

    Parameters
    ----------
    column : pandas.Series
        Texts or numbers.
    name : str
        The place, for the message.
    hint : str
        What to do about text, besides correcting it.

    Returns
    -------
    pandas.Series
        Floating-point numbers.

    Raises
    ------
    InputError
        Text that is not a number, or a number that is not finite; the first row is named.
    """
    if pd.api.types.is_numeric_dtype(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        number, present = column.astype(float), column.notna()
    else:
        places, texts = pd.factorize(as_text(column))
        numbers = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=float)
        number = pd.Series(np.append(numbers, np.nan)[places], index=column.index, name=column.name)
        present = pd.Series(places >= 0, index=column.index)
    wrong = number.index[present & ~number.abs().lt(float("inf"))]
    if len(wrong):
        raise InputError(f"{name}, {first_of(list(wrong))}: not a number; correct it, or {hint}.")
    return number
