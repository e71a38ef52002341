"""A number of ours beside that of an independent package: do they agree?"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.data.tables import installed
from psychometrics.resampling.bootstrap_intervals import sample_values

AGREES, DIFFERS, UNCHECKED = "agrees", "differs", "cannot be checked"
# what says which number of a table a row is about
IDENTITY = (
    "perspective perspective_2 form form_2 scale scale_2 group session item factor factor_2 model outcome"
).split()
COLUMNS = [
    *(name for name in IDENTITY if name not in ("model", "outcome")),
    *("statistic", "model", "outcome", "quantity", "ours", "theirs", "difference", "tolerance", "verdict"),
    *("package", "function", "table", "reason", "note"),
]


Theirs = Callable[[], float | np.ndarray]


class CannotBeChecked(Exception):
    """The package has no such analysis, or none that is right; the message says which."""


@dataclass(frozen=True)
class Check:
    """Numbers of one table of ours that one call of a package makes again.

    rows : rows of the table, of which the one that differs most is shown.
    table : which table, as a path below the folder of the data set.
    theirs : makes the same numbers by the package, one for each row or one for all.
    package, function : whose.
    tolerance : how far the two may be apart, or what gives that from their numbers.
    quantity : the column that is compared, `estimate` or `se`.
    reason : asked where they differ: why they are known to, or nothing.
    note : what the reader should know about the comparison.
    """

    rows: pd.DataFrame
    table: str
    theirs: Theirs
    package: str
    function: str
    tolerance: float | Callable[[np.ndarray], np.ndarray]
    quantity: str = "estimate"
    reason: Callable[[], str] = str
    note: str = ""


def carry_out(checks: Iterable[Check]) -> pd.DataFrame:
    """Carry out all checks.

    Parameters
    ----------
    checks : iterable of Check
        What to compare. Rows of ours without a number are left out, and checks of nothing but such rows.

    Returns
    -------
    pandas.DataFrame
        One row per check: what our number is, `ours`, `theirs`, `difference` (theirs minus ours), `tolerance`,
        `verdict` ("agrees", "differs" or "cannot be checked"), `package` with its version, `function`, `table`,
        `reason` (the known reason of a difference, or why the number could not be checked) and `note`. A package that
        is not installed or fails is a reason, never an error.
    """
    rows = [_row(check) for check in checks if check.rows[check.quantity].notna().any()]
    return pd.DataFrame(rows).reindex(columns=COLUMNS).fillna({"reason": "", "note": ""})


def rows_of(tables: Mapping[str, pd.DataFrame], path: str, *statistics: str) -> pd.DataFrame:
    """Return the rows of a table that hold one of these statistics; none where the data set has no such table."""
    table = tables.get(path, pd.DataFrame(columns=["statistic", "estimate"]))
    return table[table["statistic"].isin(statistics)]


def with_sample_values(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the sample's own value, which packages compute, where our estimate is corrected."""
    return table.assign(estimate=sample_values(table)) if "estimate" in table else table


def each(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield every row as a table of its own."""
    for number in range(len(rows)):
        yield rows.iloc[[number]]


def together(rows: pd.DataFrame, by: list[str]) -> Iterator[pd.DataFrame]:
    """Yield the rows with the same values, in the order in which they come first."""
    known = [name for name in by if name in rows]
    if known:  # a table that only says why it is empty has none
        for _, found in rows.groupby(known, sort=False, dropna=False):
            yield found


def differing(frame: pd.DataFrame) -> pd.DataFrame:
    """Find the numbers on which another package contradicts ours for no known reason.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table of cross-checks, as `carry_out` makes it or `read_table` reads it.

    Returns
    -------
    pandas.DataFrame
        The rows with the verdict "differs" and no reason, the worst in terms of its tolerance first.
    """
    found = frame[(frame["verdict"] == DIFFERS) & (frame["reason"].fillna("") == "")]
    worst_first = (found["difference"].abs() / found["tolerance"]).sort_values(ascending=False, kind="stable")
    return found.loc[worst_first.index]


def _row(check: Check) -> dict:
    rows = check.rows[check.rows[check.quantity].notna()]
    ours = rows[check.quantity].to_numpy(dtype=float)
    theirs, reason = np.full(len(rows), np.nan), ""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = np.broadcast_to(np.asarray(check.theirs(), dtype=float), len(check.rows))
        theirs = found[check.rows[check.quantity].notna()]
    except CannotBeChecked as why:
        reason = str(why)
    except Exception as error:  # whatever the package does, the run goes on
        reason = f"{check.package} fails: {type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
    tolerance = np.broadcast_to(check.tolerance(theirs) if callable(check.tolerance) else check.tolerance, len(rows))
    difference = theirs - ours
    if not reason and not np.isfinite(difference).all():
        reason = f"{check.package} gives no number"
    # the worst is the one that leaves its tolerance furthest behind
    worst = 0 if reason else int(np.argmax(np.abs(difference) / tolerance))
    verdict = UNCHECKED
    if not reason:
        verdict = AGREES if abs(difference[worst]) <= tolerance[worst] else DIFFERS
        reason = check.reason() if verdict == DIFFERS else ""
    several = f"the largest difference of {len(rows)}" if len(rows) > 1 else ""
    told = [text for text in (several, check.note) if text and verdict != UNCHECKED]
    row = rows.iloc[worst]
    return {name: row[name] for name in (*IDENTITY, "statistic") if name in rows} | {
        "quantity": check.quantity,
        "ours": ours[worst],
        "theirs": theirs[worst],
        "difference": difference[worst],
        "tolerance": tolerance[worst],
        "verdict": verdict,
        "package": f"{check.package} {installed(check.package)}",
        "function": check.function,
        "table": check.table,
        "reason": reason,
        "note": "; ".join(told),
    }
