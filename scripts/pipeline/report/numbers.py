"""Numbers and rows of result tables as people read them: rounded, with intervals in brackets."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

WIDEST = 1  # interval of a correlation that a sentence tells; a wider one holds more than half of all correlations
ABSENT = {"estimate": np.nan, "note": "", "method": ""}  # in place of a row that a table does not have


def number(value: float, digits: int = 2) -> str:
    """Two decimals by default, no minus before a zero; a dash where there is no value."""
    return "–" if pd.isna(value) else f"{round(value, digits) + 0:.{digits}f}".replace("-", "−")


def coefficient(value: float, digits: int = 2) -> str:
    """A value that cannot exceed one, in the field's manner: no zero before the point."""
    text = number(value, digits)
    return text.replace("0.", ".", 1) if not pd.isna(value) and abs(value) < 1 else text


def estimate_of(rows: dict[str, dict], statistic: str) -> float:
    """The estimate of a statistic; missing where there is no such row."""
    return rows.get(statistic, ABSENT)["estimate"]


def p_value(value: float) -> str:
    """Three decimals, `< .001` below them."""
    if pd.isna(value):
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3f}".replace("0.", ".", 1)


def equal_to(p: float) -> str:
    """`= .012` or `< .001`."""
    text = p_value(p)
    return text if text.startswith("<") else f"= {text}"


def side_of(row: Mapping[str, Any]) -> int:
    """1 where the whole interval lies above 0, -1 where it lies below, otherwise 0."""
    return int(row.get("lower", np.nan) > 0) - int(row.get("upper", np.nan) < 0)


def turned(row: Mapping[str, Any]) -> dict[str, Any]:
    """The same difference seen from the other side: its sign and its limits change places."""
    return {**row, "estimate": -row["estimate"], "lower": -row["upper"], "upper": -row["lower"]}


def with_interval(row: dict, show: Callable[[float], str] = coefficient) -> str:
    """`.83 [.80, .86]`, of shares `36% [26, 45]`; without brackets where there is no interval."""
    if pd.isna(row.get("lower", np.nan)) or pd.isna(row.get("upper", np.nan)):
        return show(row.get("estimate", np.nan))
    limit = points if show is percent else show
    return f"{show(row['estimate'])} [{limit(row['lower'])}, {limit(row['upper'])}]"


def cannot_be_told(row: dict) -> bool:
    """Whether the interval of a correlation is so wide that the correlation says nothing, as of -.99 to 1.00."""
    return bool(row.get("upper", np.nan) - row.get("lower", np.nan) > WIDEST)


def percent(value: float) -> str:
    """A share as a percentage, no minus before a zero."""
    return "–" if pd.isna(value) else f"{points(value)}%"


def points(value: float, marks: Iterable[float] = ()) -> str:
    """A share in whole percentage points; to one decimal where rounding would meet a mark that the value does not.

    Parameters
    ----------
    value : float
        The share.
    marks : iterable of float
        Shares that the reader compares it with.

    Returns
    -------
    str
        `36`; `49.7` beside a mark of .50.
    """
    close = any(value != mark and abs(value - mark) < 0.005 for mark in marks)
    return number(100 * value, 1 if close else 0)


def ordinal(value: float) -> str:
    """A number as 95th, 97.5th or 91st.

    Parameters
    ----------
    value : float
        Such as a percentile.

    Returns
    -------
    str
        All its digits and the ending.
    """
    text = f"{value:g}"
    teens = value != int(value) or 10 < value % 100 < 14
    return text + ("th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(text[-1], "th"))


def percent_as_given(value: float) -> str:
    """A share that was set, not estimated, with all its digits: `97.5%`.

    Parameters
    ----------
    value : float
        Such as a published share, or the level of an interval.

    Returns
    -------
    str
        The percentage.
    """
    return f"{100 * value:g}%"


def count(value: float) -> str:
    """A whole number."""
    return "–" if pd.isna(value) else f"{value:.0f}"


def remark(*rows: dict) -> str:
    """What the notes of rows say, each part once."""
    return "; ".join(dict.fromkeys(part for row in rows if row["note"] for part in row["note"].split("; ")))


def by_statistic(frame: pd.DataFrame, keys: list[str]) -> list[tuple[dict, dict[str, dict]]]:
    """Tidy rows gathered per thing: its keys, and its rows by statistic."""
    gathered: dict[tuple, dict[str, dict]] = {}
    for row in frame.to_dict("records"):
        gathered.setdefault(tuple(row[key] for key in keys), {})[row["statistic"]] = row
    return [(dict(zip(keys, key, strict=True)), rows) for key, rows in gathered.items()]
