"""Is one correlation larger than another? Tests and intervals for the difference of two correlations."""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtr, stdtr

from psychometrics.resampling.formula_intervals import fisher_interval


class Difference(NamedTuple):
    """first - second, the test statistic (t or z), its two-sided p value, and the limits; arrays of one shape."""

    estimate: np.ndarray
    statistic: np.ndarray
    p: np.ndarray
    lower: np.ndarray
    upper: np.ndarray


def overlapping(r12, r13, r23, n, level=0.95):
    r"""r12 - r13 of the same people, with one score in both.

    .. math:: t = (r_{12} - r_{13}) \sqrt{\frac{(n - 1)(1 + r_{23})}
              {2 \frac{n - 1}{n - 3} |R| + \bar r^2 (1 - r_{23})^3}}, \quad n - 3 \text{ degrees of freedom}

    Parameters
    ----------
    r12, r13 : the two correlations; r23 : that of the two scores they do not share. Any one shape.
    n : people with all three scores.

    Notes
    -----
    Williams's (1959) test, which Steiger (1980), Psychol. Bull. 87, eq. 7, recommends. Limits: Zou (2007), Psychol.
    Methods 12, from Fisher's limits and the large-sample correlation of the two. Agrees with psych::r.test.
    """
    r12, r13, r23, n = np.broadcast_arrays(*(np.asarray(value, float) for value in (r12, r13, r23, n)))
    determinant = 1 - r12**2 - r13**2 - r23**2 + 2 * r12 * r13 * r23
    with np.errstate(divide="ignore", invalid="ignore"):
        below = 2 * (n - 1) / (n - 3) * determinant + ((r12 + r13) / 2) ** 2 * (1 - r23) ** 3
        t = (r12 - r13) * np.sqrt((n - 1) * (1 + r23) / below)
        together = ((r23 - r12 * r13 / 2) * (1 - r12**2 - r13**2 - r23**2) + r23**3) / ((1 - r12**2) * (1 - r13**2))
    p = 2 * stdtr(np.maximum(n - 3, 1), -np.abs(t))
    return _difference(r12, r13, t, p, n, n, together, level)


def nonoverlapping(r12, r34, r13, r14, r23, r24, n, level=0.95):
    r"""r12 - r34 of the same people, without a score in both.

    .. math:: z = (z_{12} - z_{34}) \sqrt{n - 3} \big/ \sqrt{2 - 2 c}

    with c the large-sample correlation of the two under equality, at their mean.

    Parameters
    ----------
    r12, r34 : the two correlations; r13, r14, r23, r24 : those between their scores.
    n : people with all four scores.

    Notes
    -----
    Steiger (1980), eq. 15; limits: Zou (2007), for c at the two correlations themselves. Agrees with psych::r.test.
    """
    values = np.broadcast_arrays(*(np.asarray(value, float) for value in (r12, r34, r13, r14, r23, r24, n)))
    r12, r34, *others, n = values
    middle = (r12 + r34) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.arctanh(r12) - np.arctanh(r34)) * np.sqrt((n - 3) / (2 - 2 * _together(middle, middle, *others)))
        together = _together(r12, r34, *others)
    return _difference(r12, r34, z, 2 * ndtr(-np.abs(z)), n, n, together, level)


def independent(r, n, r_2, n_2, level=0.95):
    """r - r_2 of different people.

    Notes
    -----
    Fisher's z; limits: Zou (2007). Agrees with psych::r.test.
    """
    r, n, r_2, n_2 = np.broadcast_arrays(*(np.asarray(value, float) for value in (r, n, r_2, n_2)))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (np.arctanh(r) - np.arctanh(r_2)) / np.sqrt(1 / (n - 3) + 1 / (n_2 - 3))
    return _difference(r, r_2, z, 2 * ndtr(-np.abs(z)), n, n_2, 0.0, level)


def _together(r12, r34, r13, r14, r23, r24):
    """Large-sample correlation of two correlations that share no score (Pearson & Filon 1898)."""
    covariance = (
        r12 * r34 * (r13**2 + r14**2 + r23**2 + r24**2) / 2
        + r13 * r24
        + r14 * r23
        - (r12 * r13 * r14 + r12 * r23 * r24 + r13 * r23 * r34 + r14 * r24 * r34)
    )
    return covariance / ((1 - r12**2) * (1 - r34**2))


def _difference(r, s, statistic, p, n, n_2, together, level):
    """Zou's limits: the distances of each correlation to its own limits, combined."""
    (lower, upper), (lower_2, upper_2) = fisher_interval(r, n, level), fisher_interval(s, n_2, level)
    with np.errstate(invalid="ignore"):
        down, up = r - lower, upper - r
        down_2, up_2 = s - lower_2, upper_2 - s
        low = r - s - np.sqrt(down**2 + up_2**2 - 2 * together * down * up_2)
        high = r - s + np.sqrt(up**2 + down_2**2 - 2 * together * up * down_2)
    return Difference(r - s, statistic, p, low, high)
