"""Files with value labels: SPSS, Stata and SAS."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from pipeline.data.formats.bounds import Unreadable, check_cells
from pipeline.data.formats.raw_table import RawTable, ReadOptions

KINDS = {".sav": "SPSS", ".zsav": "SPSS", ".por": "SPSS portable", ".dta": "Stata", ".sas7bdat": "SAS"}


def read_labelled(path: Path, options: ReadOptions) -> RawTable:
    """Read a file of SPSS, Stata or SAS; values that are declared as user-missing are missing.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions
        Its encoding, where the file does not say it.

    Returns
    -------
    RawTable
        Numbers and texts as stored, and the value labels.

    Raises
    ------
    Unreadable
        Damaged, or not what its ending says.
    """
    import pyreadstat

    kind = path.suffix.lower()
    readers: dict[str, Callable] = {
        ".sav": pyreadstat.read_sav,
        ".zsav": pyreadstat.read_sav,
        ".por": pyreadstat.read_por,
        ".dta": pyreadstat.read_dta,
        ".sas7bdat": pyreadstat.read_sas7bdat,
    }
    given = {"encoding": options.encoding} if options.encoding else {}
    try:
        _, about = readers[kind](path, metadataonly=True, **given)
        check_cells(about.number_rows or 0, about.number_columns or 0, options.limits)
        frame, about = readers[kind](path, **given)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeError) as error:
        raise Unreadable(f"is not readable as {KINDS[kind]} ({_first_line(error)})") from None
    labels = {
        str(column): {float(value): str(label) for value, label in of.items() if isinstance(value, int | float)}
        for column, of in about.variable_value_labels.items()
    }
    frame = frame.set_axis(range(1, len(frame) + 1))
    for column in frame.columns[[pd.api.types.is_string_dtype(of) for of in frame.dtypes]]:
        frame[column] = frame[column].map(lambda value: None if isinstance(value, str) and not value.strip() else value)
    declared = sum(1 for ranges in about.missing_ranges.values() if ranges)
    said = f"{KINDS[kind]}"
    if declared:
        said += f", with missing values declared in {declared} columns"
    return RawTable(frame, said, labels)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
