"""Is one correlation larger than another? Tests and intervals for the difference of two correlations."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from psychometrics.resampling.formula_intervals import fisher_interval


class Difference(NamedTuple):
    """Difference of two correlations with its test; arrays of one shape.

    Attributes
    ----------
    estimate : numpy.ndarray
        The first correlation minus the second.
    statistic : numpy.ndarray
        The test statistic, t or z.
    p : numpy.ndarray
        Two-sided p value.
    lower : numpy.ndarray
        Lower limit of the interval.
    upper : numpy.ndarray
        Upper limit of the interval.
    """

    estimate: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def overlapping(r12: ArrayLike, r13: ArrayLike, r23: ArrayLike, n: ArrayLike, level: float = 0.95) -> Difference:
    r"""Compare r12 with r13 of the same people, where one score is in both.

    .. math:: t = (r_{12} - r_{13}) \sqrt{\frac{(n - 1)(1 + r_{23})}
              {2 \frac{n - 1}{n - 3} |R| + \bar r^2 (1 - r_{23})^3}}, \quad n - 3 \text{ degrees of freedom}

    Parameters
    ----------
    r12 : array_like
        The first correlation; any shape, one for all arguments.
    r13 : array_like
        The second correlation.
    r23 : array_like
        The correlation of the two scores that they do not share.
    n : array_like
        Number of people with all three scores.
    level : float, default 0.95
        Coverage of the limits, in (0, 1).

    Returns
    -------
    Difference
        The difference r12 - r13, Williams's t, its p value and the limits.

    Notes
    -----
    Williams's (1959) test, which Steiger (1980), Psychol. Bull. 87, eq. 7, recommends. Limits: Zou (2007), Psychol.
    Methods 12, from Fisher's limits and the large-sample correlation of the two. Agrees with psych::r.test.

    Examples
    --------
    >>> found = overlapping(r12=0.6, r13=0.4, r23=0.5, n=100)
    >>> [round(float(value), 3) for value in found]
    [0.2, 2.449, 0.016, 0.037, 0.37]
    """
    r12, r13, r23, n = np.broadcast_arrays(*(np.asarray(value, float) for value in (r12, r13, r23, n)))
    determinant = 1 - r12**2 - r13**2 - r23**2 + 2 * r12 * r13 * r23
    with np.errstate(divide="ignore", invalid="ignore"):
        below = 2 * (n - 1) / (n - 3) * determinant + ((r12 + r13) / 2) ** 2 * (1 - r23) ** 3
        t = (r12 - r13) * np.sqrt((n - 1) * (1 + r23) / below)
        together = ((r23 - r12 * r13 / 2) * (1 - r12**2 - r13**2 - r23**2) + r23**3) / ((1 - r12**2) * (1 - r13**2))
    p = 2 * stdtr(np.maximum(n - 3, 1), -np.abs(t))
    return _difference(r12, r13, t, p, n, n, together, level)


def nonoverlapping(
    r12: ArrayLike,
    r34: ArrayLike,
    r13: ArrayLike,
    r14: ArrayLike,
    r23: ArrayLike,
    r24: ArrayLike,
    n: ArrayLike,
    level: float = 0.95,
) -> Difference:
    r"""Compare r12 with r34 of the same people, where no score is in both.

    .. math:: z = (z_{12} - z_{34}) \sqrt{n - 3} \big/ \sqrt{2 - 2 c}

    with c the large-sample correlation of the two under equality, at their mean.

    Parameters
    ----------
    r12 : array_like
        The first correlation; any shape, one for all arguments.
    r34 : array_like
        The second correlation.
    r13 : array_like
        Correlation of scores 1 and 3.
    r14 : array_like
        Correlation of scores 1 and 4.
    r23 : array_like
        Correlation of scores 2 and 3.
    r24 : array_like
        Correlation of scores 2 and 4.
    n : array_like
        Number of people with all four scores.
    level : float, default 0.95
        Coverage of the limits, in (0, 1).

    Returns
    -------
    Difference
        The difference r12 - r34, Steiger's z, its p value and the limits.

    Notes
    -----
    Steiger (1980), Psychol. Bull. 87, eq. 15; limits: Zou (2007), Psychol. Methods 12, with c at the two correlations
    themselves. Agrees with psych::r.test.

    Examples
    --------
    >>> found = nonoverlapping(r12=0.6, r34=0.4, r13=0.3, r14=0.2, r23=0.2, r24=0.3, n=100)
    >>> [round(float(value), 3) for value in found]
    [0.2, 1.952, 0.051, -0.001, 0.404]
    """
    values = np.broadcast_arrays(*(np.asarray(value, float) for value in (r12, r34, r13, r14, r23, r24, n)))
    r12, r34, *others, n = values
    middle = (r12 + r34) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.arctanh(r12) - np.arctanh(r34)) * np.sqrt((n - 3) / (2 - 2 * _together(middle, middle, *others)))
        together = _together(r12, r34, *others)
    return _difference(r12, r34, z, 2 * ndtr(-np.abs(z)), n, n, together, level)


def independent(r: ArrayLike, n: ArrayLike, r_2: ArrayLike, n_2: ArrayLike, level: float = 0.95) -> Difference:
    """Compare r with r_2 of different people.

    Parameters
    ----------
    r : array_like
        The first correlation; any shape, one for all arguments.
    n : array_like
        Number of people behind it.
    r_2 : array_like
        The second correlation.
    n_2 : array_like
        Number of people behind it.
    level : float, default 0.95
        Coverage of the limits, in (0, 1).

    Returns
    -------
    Difference
        The difference r - r_2, the z of Fisher's z values, its p value and the limits.

    Notes
    -----
    Fisher's z; limits: Zou (2007), Psychol. Methods 12. Agrees with psych::r.test.

    Examples
    --------
    >>> found = independent(r=0.6, n=100, r_2=0.4, n_2=80)
    >>> [round(float(value), 3) for value in found]
    [0.2, 1.766, 0.077, -0.022, 0.431]
    """
    r, n, r_2, n_2 = np.broadcast_arrays(*(np.asarray(value, float) for value in (r, n, r_2, n_2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.arctanh(r) - np.arctanh(r_2)) / np.sqrt(1 / (n - 3) + 1 / (n_2 - 3))
    return _difference(r, r_2, z, 2 * ndtr(-np.abs(z)), n, n_2, 0.0, level)


def _together(
    r12: np.ndarray, r34: np.ndarray, r13: np.ndarray, r14: np.ndarray, r23: np.ndarray, r24: np.ndarray
) -> np.ndarray:
    """Large-sample correlation of two correlations that share no score (Pearson & Filon 1898)."""
    covariance = (
        r12 * r34 * (r13**2 + r14**2 + r23**2 + r24**2) / 2
        + r13 * r24
        + r14 * r23
        - (r12 * r13 * r14 + r12 * r23 * r24 + r13 * r23 * r34 + r14 * r24 * r34)
    )
    return covariance / ((1 - r12**2) * (1 - r34**2))


def _difference(
    r: np.ndarray,
    s: np.ndarray,
    statistic: np.ndarray,
    p: np.ndarray,
    n: np.ndarray,
    n_2: np.ndarray,
    together: np.ndarray | float,
    level: float,
) -> Difference:
    """Zou's limits: the distances of each correlation to its own limits, combined."""
    (lower, upper), (lower_2, upper_2) = fisher_interval(r, n, level), fisher_interval(s, n_2, level)
    with np.errstate(invalid="ignore"):
        down, up = r - lower, upper - r
        down_2, up_2 = s - lower_2, upper_2 - s
        low = r - s - np.sqrt(down**2 + up_2**2 - 2 * together * down * up_2)
        high = r - s + np.sqrt(up**2 + down_2**2 - 2 * together * up * down_2)
    return Difference(r - s, statistic, p, low, high)
