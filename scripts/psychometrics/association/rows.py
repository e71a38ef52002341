"""Tidy rows of correlations: estimate, intervals, test, and Holm's adjustment over pairs that share no item."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtr

from psychometrics.association.jackknife import ShownIntervals, p_of_interval, shown_intervals
from psychometrics.association.pairs import COLUMNS, PART_WHOLE, pair_names, shares_items
from psychometrics.association.units import Units
from psychometrics.resampling.bootstrap_intervals import joined

NO_TEST = "no interval to test by"


def correlation_rows(
    name: str,
    r: np.ndarray,
    columns: pd.DataFrame,
    pairs: np.ndarray,
    *,
    left_out: np.ndarray | None,
    used: np.ndarray,
    reasons: Sequence[str],
    limits: tuple[np.ndarray, np.ndarray],
    formula: str,
    freedom: np.ndarray,
    level: float,
    units: Units,
    method: str = "",
    n: np.ndarray | None = None,
    doubt: str = "",
) -> pd.DataFrame:
    """Make rows r_{name}, the same with the interval by formula, p_{name} and p_{name}_holm for every pair.

    Parameters
    ----------
    name : str
        Name of the statistics, such as "pearson".
    r : numpy.ndarray of shape (pairs,)
        Correlations, missing where there is a reason in `reasons`.
    columns : pandas.DataFrame
        One row per score, with columns perspective, form, scale.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions in `columns`.
    left_out : numpy.ndarray of shape (parts, pairs) or None
        Correlations without each part of the units (`units.parts`), for the jackknife; None where the formula's
        interval is to be shown.
    used : numpy.ndarray of shape (n, pairs)
        True for the clients behind each correlation.
    reasons : sequence of str
        Why each correlation is missing; "" where it is not.
    limits : tuple of numpy.ndarray
        Lower and upper limits by formula, each of shape (pairs,).
    formula : str
        Name of the formula, such as "Fisher".
    freedom : numpy.ndarray of shape (pairs,)
        Degrees of freedom of the t test.
    level : float
        Coverage of the intervals, in (0, 1).
    units : Units
        The units of the clients.
    method : str, default ""
        What was computed; stands in front of the name of the interval.
    n : numpy.ndarray of shape (pairs,), optional
        What is counted; by default the clients used.
    doubt : str, default ""
        What speaks against the formula whatever the data; then the test is that of the interval shown, as it is where
        clients are nested.

    Returns
    -------
    pandas.DataFrame
        Tidy rows with the columns of :data:`psychometrics.association.pairs.COLUMNS`, in the order of the pairs. The
        row by formula is called r_{name}_fisher, after the formula, and stands where the jackknife interval is shown.
    """
    part = shares_items(columns, pairs)
    notes = joined(np.where(part, PART_WHOLE, ""), reasons)
    rows = pd.DataFrame(pair_names(columns, pairs)).assign(
        statistic=f"r_{name}", estimate=r, n=used.sum(axis=0) if n is None else n, method=method, note=notes
    )
    both = shown_intervals(
        rows, limits, left_out, used, units, level, formula=formula, scale="z", bounds=(-1.0, 1.0), doubt=doubt
    )
    tests = test_rows(
        name,
        rows,
        both,
        t_test(r, freedom),
        "two-sided t",
        ~part & np.isfinite(r),
        used,
        units,
        level,
        by_interval=units.nested or bool(doubt),
        z=True,
        of="pairs",
    )
    return in_order([both.shown, both.formula, *tests], COLUMNS)


def test_rows(
    name: str,
    rows: pd.DataFrame,
    intervals: ShownIntervals,
    p: np.ndarray,
    how: str | Sequence[str],
    tested: np.ndarray,
    used: np.ndarray,
    units: Units,
    level: float,
    *,
    by_interval: bool,
    z: bool,
    of: str,
) -> list[pd.DataFrame]:
    """Make rows p_{name} and p_{name}_holm.

    Parameters
    ----------
    name : str
        Name of the statistics, such as "pearson".
    rows : pandas.DataFrame
        The tidy rows of the m estimates.
    intervals : ShownIntervals
        Their intervals.
    p : numpy.ndarray of shape (m,)
        The p values by formula.
    how : str or sequence of str
        The tests by formula, for the method.
    tested : numpy.ndarray of shape (m,)
        True for what is tested; the others have no row and no place in Holm's family.
    used : numpy.ndarray of shape (n, m)
        True for the clients behind each estimate.
    units : Units
        The units of the clients.
    level : float
        Coverage of the intervals, in (0, 1).
    by_interval : bool
        Whether tests go with the jackknife interval where that is shown; otherwise they are by formula.
    z : bool
        Whether the scale of the intervals is Fisher's z, not the estimates' own.
    of : str
        What the family consists of, such as "pairs".

    Returns
    -------
    list of pandas.DataFrame
        Two frames with the index of what is tested.
    """
    own = intervals.by_jackknife & by_interval
    if own.any():
        parts = units.parts_behind(used).sum(axis=0)
        p = np.where(own, p_of_interval(intervals.shown["lower"], intervals.shown["upper"], level, parts, z=z), p)
    p = np.where(tested, p, np.nan)
    note = np.where(np.isnan(p), NO_TEST, "")
    if units.nested:
        note = np.where(own | (note != ""), note, units.taken_as_independent("test", used))
    plain = rows.assign(note=note)
    adjusted = plain.assign(
        statistic=f"p_{name}_holm", estimate=adjust_holm(p), method=f"Holm, {np.isfinite(p).sum()} {of}"
    )
    method = np.where(own, "two-sided t of the jackknife interval", how)
    return [plain.assign(statistic=f"p_{name}", estimate=p, method=method)[tested], adjusted[tested]]


def in_order(parts: Sequence[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put together rows about the same estimates.

    Parameters
    ----------
    parts : sequence of pandas.DataFrame
        Rows whose index says which estimate they are about.
    columns : list of str
        Columns of the table.

    Returns
    -------
    pandas.DataFrame
        Estimate by estimate, the parts of each in the order given.
    """
    whole = pd.concat([part for part in parts if len(part)])
    return whole.sort_index(kind="stable").reindex(columns=columns).reset_index(drop=True)


def t_test(r: np.ndarray, freedom: np.ndarray) -> np.ndarray:
    """Compute two-sided p values of correlations.

    Parameters
    ----------
    r : numpy.ndarray
        Correlations, any shape.
    freedom : numpy.ndarray
        Degrees of freedom of t.

    Returns
    -------
    numpy.ndarray
        The p values; missing correlations stay missing.

    Notes
    -----
    Agrees with stats::cor.test.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt(freedom / (1 - r**2))
    return np.where(np.isnan(r), np.nan, 2 * stdtr(np.maximum(freedom, 1), -np.nan_to_num(t)))


def adjust_holm(p: ArrayLike) -> np.ndarray:
    """Adjust p values by Holm's method; missing ones stay missing and do not count.

    Parameters
    ----------
    p : array_like of shape (m,)
        P values of one family.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Adjusted p values.

    Notes
    -----
    Holm (1979), Scand. J. Stat. 6, 65-70. Agrees with stats::p.adjust(method = "holm").

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted
