"""Root mean square error of approximation."""

import numpy as np
from scipy.special import chndtr, chndtrinc


def rmsea(chi_square: float, df: int, n: int, level: float) -> tuple[float, float, float]:
    """Compute the root mean square error of approximation and its interval.

    Parameters
    ----------
    chi_square : float
        Chi-square of the model.
    df : int
        Its degrees of freedom, at least 1.
    n : int
        Number of people.
    level : float
        Coverage of the interval, in (0, 1).

    Returns
    -------
    estimate : float
        Steiger's (1990) sqrt(max((chi2 - df) / (df (n - 1)), 0)).
    lower : float
        Lower limit, from the noncentral chi-square distribution.
    upper : float
        Upper limit, likewise.

    Examples
    --------
    >>> from psychometrics.factors.rmsea import rmsea
    >>> [round(float(value), 3) for value in rmsea(60.0, df=40, n=200, level=0.90)]
    [0.05, 0.02, 0.075]
    """
    lower, upper = (
        np.sqrt(_noncentrality(chi_square, df, q) / (df * (n - 1))) for q in ((1 + level) / 2, (1 - level) / 2)
    )
    return np.sqrt(max((chi_square - df) / (df * (n - 1)), 0.0)), lower, upper


def _noncentrality(chi_square: float, df: int, quantile: float) -> float:
    """Noncentrality at which chi_square is the given quantile; 0 where the central distribution is beyond it."""
    if chndtr(chi_square, df, 0.0) <= quantile:
        return 0.0
    return float(chndtrinc(chi_square, df, quantile))
