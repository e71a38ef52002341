"""Confidence intervals that have a formula, and the percentile interval of resampled values.

Every function works elementwise on arrays and returns ``(lower, upper)``; limits that are undefined are missing.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtri, ndtri


def check_level(level: float) -> None:
    """Raise an error unless a level of confidence lies inside (0, 1).

    Parameters
    ----------
    level : float
        Coverage of an interval.

    Raises
    ------
    ValueError
        If the level is not inside (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}.")


def _around_z(
    r: ArrayLike, n: ArrayLike, level: float, variance: Callable[[np.ndarray], float | np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    check_level(level)
    r, n = np.broadcast_arrays(np.asarray(r, float), np.asarray(n, float))
    known = (n > 3) & (np.abs(r) <= 1)
    # at r = -1 or 1 z is infinite and the interval closes on r itself
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.arctanh(np.where(known, r, np.nan))
        half = ndtri((1 + level) / 2) * np.sqrt(variance(r) / np.where(known, n - 3, np.nan))
        return np.tanh(z - half), np.tanh(z + half)


def fisher_interval(r: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Compute the interval of a Pearson correlation by Fisher's z, with variance 1 / (n - 3).

    Parameters
    ----------
    r : array_like
        Correlations in [-1, 1], any shape.
    n : array_like
        Numbers of complete pairs; 3 or fewer give missing limits.
    level : float, default 0.95
        Coverage in (0, 1).

    Returns
    -------
    lower : numpy.ndarray
        Lower limits, in the common shape of r and n.
    upper : numpy.ndarray
        Upper limits.

    Notes
    -----
    Fisher (1921), Metron 1. Agrees with stats::cor.test and psych::corr.test.

    Examples
    --------
    >>> lower, upper = fisher_interval(0.5, 50)
    >>> print(f"{lower:.3f} to {upper:.3f}")
    0.257 to 0.683
    """
    return _around_z(r, n, level, lambda r: 1.0)


def spearman_interval(r: ArrayLike, n: ArrayLike, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Compute the interval of Spearman's rho: Fisher's z with variance (1 + r^2 / 2) / (n - 3).

    Parameters
    ----------
    r : array_like
        Rank correlations in [-1, 1], any shape.
    n : array_like
        Numbers of complete pairs; 3 or fewer give missing limits.
    level : float, default 0.95
        Coverage in (0, 1).

    Returns
    -------
    lower : numpy.ndarray
        Lower limits, in the common shape of r and n.
    upper : numpy.ndarray
        Upper limits.

    Notes
    -----
    Bonett & Wright (2000), Psychometrika 65, 23-28. Fisher's own variance is too small for ranks.
    """
    return _around_z(r, n, level, lambda r: 1 + r**2 / 2)


def squared_interval(lower: ArrayLike, upper: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Turn the interval of a value into that of its square; the lower limit is 0 where the interval holds 0.

    Parameters
    ----------
    lower : array_like
        Lower limits of the value.
    upper : array_like
        Upper limits of the value, in the same shape.

    Returns
    -------
    lower : numpy.ndarray
        Lower limits of the squared value.
    upper : numpy.ndarray
        Upper limits of the squared value.

    Examples
    --------
    >>> lower, upper = squared_interval([-0.1, 0.2], [0.3, 0.5])
    >>> lower.round(2), upper.round(2)
    (array([0.  , 0.04]), array([0.09, 0.25]))
    """
    lower, upper = np.asarray(lower, float), np.asarray(upper, float)
    one, two = np.square(lower), np.square(upper)
    return np.where((lower <= 0) & (upper >= 0), 0.0, np.minimum(one, two)), np.maximum(one, two)


def feldt_interval(alpha: ArrayLike, n: int, k: int, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Compute the interval of coefficient alpha of k items from n complete rows.

    Parameters
    ----------
    alpha : array_like
        Coefficients alpha, any shape.
    n : int
        Number of complete rows; with fewer than 2 the limits are missing.
    k : int
        Number of items; with fewer than 2 the limits are missing.
    level : float, default 0.95
        Coverage in (0, 1).

    Returns
    -------
    lower : numpy.ndarray
        Lower limits, in the shape of alpha.
    upper : numpy.ndarray
        Upper limits.

    Notes
    -----
    Feldt, Woodruff & Salih (1987), Appl. Psychol. Meas. 11, 93-103: (1 - alpha) times quantiles of F with n - 1 and
    (n - 1)(k - 1) degrees of freedom. Agrees with psych::alpha.ci and with the Feldt limits of psych::alpha.

    Examples
    --------
    >>> lower, upper = feldt_interval(0.9, n=200, k=12)
    >>> print(f"{lower:.3f} to {upper:.3f}")
    0.878 to 0.919
    """
    check_level(level)
    alpha = np.asarray(alpha, float)
    if n < 2 or k < 2:
        return np.full_like(alpha, np.nan), np.full_like(alpha, np.nan)
    high, low = fdtri(n - 1, (n - 1) * (k - 1), [(1 + level) / 2, (1 - level) / 2])
    return 1 - (1 - alpha) * high, 1 - (1 - alpha) * low


def percentile_interval(draws: ArrayLike, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Compute the percentile interval of resampled values.

    Parameters
    ----------
    draws : array_like of shape (n_draws, ...)
        Resampled values; missing ones are left out.
    level : float, default 0.95
        Coverage in (0, 1).

    Returns
    -------
    lower : numpy.ndarray
        Lower limits, in the shape of one draw.
    upper : numpy.ndarray
        Upper limits.

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
