"""Numbers as APA Style writes them; the digits are those of :mod:`pipeline.report.numbers`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.manuscript.apa_table import NONE
from pipeline.report.numbers import coefficient, equal_to, number, points

MARKS = (0.20, 0.50)  # published shares of variance: a share is not rounded to one that it does not meet
STARS = ((0.001, "***"), (0.01, "**"), (0.05, "*"))


def cell(value: float, show: Callable[[float], str] = coefficient) -> str:
    """A number of a table; a long dash where there is none."""
    return NONE if pd.isna(value) else show(value)


def whole(value: float) -> str:
    """A count, with commas from one thousand on."""
    return f"{value:,.0f}"


def decimal(value: float) -> str:
    """Two decimals, with a zero before the point: of means, standard deviations and whatever can exceed 1."""
    return number(value, 2)


def one_decimal(value: float) -> str:
    """One decimal, as of percentages in tables."""
    return number(value, 1)


def percentage(value: float, marks: Sequence[float] = ()) -> str:
    """A share as `36%`, without a space."""
    return NONE if pd.isna(value) else f"{points(value, marks)}%"


def level_of(row: Mapping[Any, Any]) -> str:
    """`95%`: how often the interval of a row would hold the true value."""
    return f"{100 * row['level']:g}%"


def limits(row: Mapping[Any, Any], show: Callable[[float], str] = coefficient) -> str:
    """`[.26, .45]`; a long dash where there is no interval."""
    if pd.isna(row.get("lower")) or pd.isna(row.get("upper")):
        return NONE
    return f"[{show(row['lower'])}, {show(row['upper'])}]"


def with_ci(row: Mapping[Any, Any], show: Callable[[float], str] = coefficient) -> str:
    """`.36, 95% CI [.26, .45]`; the estimate alone where there is no interval."""
    shown = cell(row["estimate"], show)
    return shown if limits(row) == NONE else f"{shown}, {level_of(row)} CI {limits(row, show)}"


def with_ci_percent(row: Mapping[Any, Any]) -> str:
    """`36%, 95% CI [26, 45]` of a share."""
    shown = percentage(row["estimate"], MARKS)
    return shown if limits(row) == NONE else f"{shown}, {level_of(row)} CI {limits(row, points)}"


def p_statement(value: float) -> str:
    """`*p* < .001`, `*p* = .012`."""
    return f"*p* {equal_to(value)}"


def stars(p: float) -> str:
    """Stars for a *p* value; none above .05 and none without one."""
    return next((sign for limit, sign in STARS if p < limit), "")


def labelled(rows: Iterable[tuple[str, Mapping[Any, Any]]]) -> list[str]:
    """`.88, 95% CI [.86, .91] (WAI-S)` of each label and row."""
    return [f"{with_ci(row)} ({label})" for label, row in rows]


def labelled_percent(rows: Iterable[tuple[str, Mapping[Any, Any]]]) -> list[str]:
    """`20%, 95% CI [8, 33] (WAI-S)` of each label and row."""
    return [f"{with_ci_percent(row)} ({label})" for label, row in rows]


def series(parts: Sequence[str]) -> str:
    """A series of parts that hold commas themselves: `a, b; c, d; and e, f`."""
    if len(parts) < 3:
        return " and ".join(parts)
    return f"{'; '.join(parts[:-1])}; and {parts[-1]}"


def listed(parts: Iterable[Any]) -> str:
    """`a`, `a and b`, `a, b, and c`, with the comma that APA Style wants before the last."""
    shown = [str(part) for part in parts]
    if len(shown) < 3:
        return " and ".join(shown)
    return f"{', '.join(shown[:-1])}, and {shown[-1]}"
