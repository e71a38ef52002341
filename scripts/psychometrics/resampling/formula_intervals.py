"""Confidence intervals that have a formula, and the percentile interval of resampled values.

Every function works elementwise on arrays and returns ``(lower, upper)``; limits that are undefined are missing.
"""

import numpy as np
from scipy.special import fdtri, ndtri


def check_level(level):
    """Raise ValueError unless `level` is a coverage inside (0, 1)."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}.")


def _around_z(r, n, level, variance):
    check_level(level)
    r, n = np.broadcast_arrays(np.asarray(r, float), np.asarray(n, float))
    known = (n > 3) & (np.abs(r) <= 1)
    # at r = -1 or 1 z is infinite and the interval closes on r itself
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(np.where(known, r, np.nan))
        half = ndtri((1 + level) / 2) * np.sqrt(variance(r) / np.where(known, n - 3, np.nan))
        return np.tanh(z - half), np.tanh(z + half)


def fisher_interval(r, n, level=0.95):
    """Interval of a Pearson correlation by Fisher's z, variance 1 / (n - 3).

    Parameters
    ----------
    r : correlations in [-1, 1], any shape.
    n : numbers of complete pairs; 3 or fewer give missing limits.
    level : coverage in (0, 1).

    Notes
    -----
    Fisher (1921), Metron 1. Agrees with stats::cor.test and psych::corr.test.
    """
    return _around_z(r, n, level, lambda r: 1.0)


def spearman_interval(r, n, level=0.95):
    """Interval of a Spearman correlation: Fisher's z with variance (1 + r^2 / 2) / (n - 3).

    Notes
    -----
    Bonett & Wright (2000), Psychometrika 65, 23-28. Fisher's plain variance is too small for ranks.
    """
    return _around_z(r, n, level, lambda r: 1 + r**2 / 2)


def squared_interval(lower, upper):
    """Interval of a squared value from the interval of the value; its lower limit is 0 where the interval holds 0."""
    lower, upper = np.asarray(lower, float), np.asarray(upper, float)
    one, two = np.square(lower), np.square(upper)
    return np.where((lower <= 0) & (upper >= 0), 0.0, np.minimum(one, two)), np.maximum(one, two)


def feldt_interval(alpha, n, k, level=0.95):
    """Interval of coefficient alpha of `k` items from `n` complete rows.

    Notes
    -----
    Feldt, Woodruff & Salih (1987), Appl. Psychol. Meas. 11, 93-103: (1 - alpha) times quantiles of F with n - 1 and
    (n - 1)(k - 1) degrees of freedom. Agrees with psych::alpha.ci and with the Feldt limits of psych::alpha.
    """
    check_level(level)
    alpha = np.asarray(alpha, float)
    if n < 2 or k < 2:
        return np.full_like(alpha, np.nan), np.full_like(alpha, np.nan)
    high, low = fdtri(n - 1, (n - 1) * (k - 1), [(1 + level) / 2, (1 - level) / 2])
    return 1 - (1 - alpha) * high, 1 - (1 - alpha) * low


def percentile_interval(draws, level=0.95):
    """Percentile interval of resampled values.

    Parameters
    ----------
    draws : (n_draws, ...) values; missing ones are left out.

    Notes
    -----
    Efron (1981). Quantiles are of Hyndman & Fan's type 7, as in R's quantile().
    """
    check_level(level)
    draws = np.asarray(draws, float)
    columns = draws.reshape(len(draws), -1)
    limits = np.full((2, columns.shape[1]), np.nan)
    for j, column in enumerate(columns.T):
        known = column[np.isfinite(column)]
        if known.size:
            limits[:, j] = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    lower, upper = limits.reshape(2, *draws.shape[1:])
    return lower, upper
