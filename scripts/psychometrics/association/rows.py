"""Tidy rows of correlations: estimate, both intervals, test, and Holm's adjustment over pairs that share no item."""

import numpy as np
import pandas as pd
from scipy.special import stdtr

from psychometrics.association.cluster_bootstrap import adjust_holm, p_of_interval, shown_and_other
from psychometrics.association.pairs import COLUMNS, PART_WHOLE, pair_names, shares_items


def correlation_rows(
    name,
    r,
    columns,
    pairs,
    *,
    draws,
    used,
    reasons,
    limits,
    formula,
    freedom,
    level,
    resamples,
    method="",
    n=None,
    doubt="",
):
    """Rows r_{name}, its other interval, p_{name} and p_{name}_holm for every pair.

    Parameters
    ----------
    name : of the statistics, such as "pearson".
    r : (pairs,) correlations, missing where there is a reason in `reasons`.
    columns : frame, one row per score, with columns perspective, form, scale; pairs : (pairs, 2) positions in it.
    draws : (m, pairs) resampled correlations or None; used : (n, pairs) True for the clients behind each.
    limits : (2, pairs) by formula, and `formula` its name.
    freedom : (pairs,) degrees of freedom of the t test.
    level : coverage of the intervals.
    resamples : :class:`psychometrics.association.cluster_bootstrap.UnitResamples`.
    method : what was computed, in front of the name of the interval.
    n : (pairs,) what is counted; by default the clients used.
    doubt : what speaks against the formula; then the bootstrap interval is shown first, and the test is by it.
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
        rows, limits, draws, used, resamples, level, kind="bias-corrected z", name=formula, doubt=doubt
    )
    p, how = t_test(r, freedom), "two-sided t"
    if (resamples.nested or doubt) and draws is not None:
        p = p_of_interval(shown["lower"], shown["upper"], level, resamples.units(used))
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


def t_test(r, freedom):
    """Two-sided p values of correlations; missing ones stay missing. Agrees with stats::cor.test."""
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.abs(r) * np.sqrt(freedom / (1 - r**2))
    return np.where(np.isnan(r), np.nan, 2 * stdtr(np.maximum(freedom, 1), -np.nan_to_num(t)))
