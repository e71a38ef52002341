"""Test-retest reliability: the same score in two sessions."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.resampling.bootstrap_intervals import with_intervals
from psychometrics.resampling.weights import ClusterWeights, cluster_resamples
from psychometrics.variance.two_ratings import TwoRatings

METHODS = {
    "retest_r": "Pearson r of the mean scores of two sessions",
    "retest_icc": "ICC(A,1) of the mean scores of two sessions, two-way, absolute agreement",
}


def retest(
    first: ArrayLike,
    second: ArrayLike,
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    units: ArrayLike | None = None,
    resampled: str = "clients",
) -> pd.DataFrame:
    r"""Estimate the correlation and absolute agreement of a score in two sessions.

    .. math:: ICC(A,1) = \frac{MS_R - MS_E}{MS_R + MS_E + \frac{2}{n}(MS_C - MS_E)}

    Parameters
    ----------
    first : array_like of shape (clients,)
        Scores of the first session; clients without both scores are left out.
    second : array_like of shape (clients,)
        Scores of the second session.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples; 0 leaves the intervals out.
    seed : int, default 0
        Seed of the resamples, 0 or more.
    units : array_like of shape (clients,), optional
        The unit to resample; by default the client.
    resampled : str, default "clients"
        What the units are, for the method.

    Returns
    -------
    pandas.DataFrame
        Rows `retest_r` and `retest_icc`: statistic, estimate, se, lower, upper, level, n, method, note.

    Notes
    -----
    McGraw and Wong (1996), Psychol. Methods 1, 30-46, case 2A. r is unaffected by a change that is the same for
    everyone, the ICC is not. Clients change between sessions: both are lower bounds of how precisely the score measures
    a state. Agrees with stats::cor and psych::ICC (Single_random_raters).

    Examples
    --------
    Everyone scores one point higher, and nobody changes places:

    >>> rows = retest([1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0], draws=0)
    >>> rows[["statistic", "estimate"]].round(3)
        statistic  estimate
    0    retest_r     1.000
    1  retest_icc     0.769
    """
    values = np.stack([np.asarray(first, dtype=float), np.asarray(second, dtype=float)], axis=1)
    both = np.isfinite(values).all(axis=1)
    values, n = values[both], int(both.sum())
    rows = pd.DataFrame({"statistic": list(METHODS), "method": list(METHODS.values()), "n": n, "note": ""})
    reason = ""
    if n < 3:
        reason = "fewer than three clients have a score in both sessions"
    elif (np.ptp(values, axis=0) == 0).any():
        reason = "a score without variance in one of the sessions"
    if reason:
        return rows.assign(estimate=np.nan, se=np.nan, lower=np.nan, upper=np.nan, level=level, note=reason)
    values = values - values.mean()
    rows["estimate"] = _coefficients(values, np.ones((1, n)))[0]
    units = np.arange(n) if units is None else np.asarray(units)[both]
    if len(np.unique(units)) < 3 or not draws:
        why_not = "fewer than three units to resample" if draws else "no resamples were drawn"
        return with_intervals(rows, None, level, kind="normal z", reason=why_not)
    sampled = _coefficients(values, cluster_resamples(units, 0, draws, seed))
    return with_intervals(rows, sampled, level, kind="normal z", units=resampled)


def _coefficients(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """(m, 2): r and ICC(A,1) under m rows of weights."""
    moments = TwoRatings.of(values, weights)
    return np.stack([moments.correlation(), moments.icc_a1()], axis=1)
