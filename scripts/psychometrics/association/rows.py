"""Tidy rows of correlations: estimate, both intervals, test, and Holm's adjustment over pairs that share no item."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import stdtr

from psychometrics.association.cluster_bootstrap import UnitResamples, adjust_holm, p_of_interval, shown_and_other
from psychometrics.association.pairs import COLUMNS, PART_WHOLE, pair_names, shares_items


def correlation_rows(
    name: str,
    r: np.ndarray,
    columns: pd.DataFrame,
    pairs: np.ndarray,
    *,
    draws: np.ndarray | None,
    used: np.ndarray,
    reasons: Sequence[str],
    limits: tuple[np.ndarray, np.ndarray],
    formula: str,
    freedom: np.ndarray,
    level: float,
    resamples: UnitResamples,
    method: str = "",
    n: np.ndarray | None = None,
    doubt: str = "",
) -> pd.DataFrame:
    """Make rows r_{name}, the same with its other interval, p_{name} and p_{name}_holm for every pair.

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
    draws : numpy.ndarray of shape (m, pairs) or None
        Resampled correlations; None where nothing was resampled.
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
    resamples : UnitResamples
        The resamples that `draws` come from.
    method : str, default ""
        What was computed; stands in front of the name of the interval.
    n : numpy.ndarray of shape (pairs,), optional
        What is counted; by default the clients used.
    doubt : str, default ""
        What speaks against the formula; then the bootstrap interval is shown first, and the test is by it.

    Returns
    -------
    pandas.DataFrame
        Tidy rows with the columns of :data:`psychometrics.association.pairs.COLUMNS`, in the order of the pairs.
    """
    part = shares_items(columns, pairs)
    notes = [
        "; ".join(filter(None, [PART_WHOLE if whole else "", reason]))
        for whole, reason in zip(part, reasons, strict=True)
    ]
    rows = pd.DataFrame(pair_names(columns, pairs)).assign(
        statistic=f"r_{name}", estimate=r, n=used.sum(axis=0) if n is None else n, method=method, note=notes
    )
    shown, other = shown_and_other(
        rows, limits, draws, used, resamples, level, kind="normal z", formula=formula, doubt=doubt
    )
    p, how = t_test(r, freedom), "two-sided t"
    if (resamples.nested or doubt) and draws is not None:
        p = p_of_interval(shown["lower"], shown["upper"], level, resamples.units_behind(used))
        how = "two-sided t of the bootstrap interval, one degree of freedom less than units"
    p = np.where(part, np.nan, p)
    plain, tested = rows.assign(note=""), ~part & np.isfinite(r)
    plain.loc[np.isnan(p), "note"] = "no interval to test by"
    tests = [
        plain.assign(statistic=f"p_{name}", estimate=p, method=how),
        plain.assign(statistic=f"p_{name}_holm", estimate=adjust_holm(p), method=f"Holm, {np.isfinite(p).sum()} pairs"),
    ]
    in_order = pd.concat([shown, other[other["lower"].notna()], *(test[tested] for test in tests)])
    return in_order.sort_index(kind="stable").reindex(columns=COLUMNS).reset_index(drop=True)


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
