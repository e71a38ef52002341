"""Robustness value: how strong a confounder that nobody measured would have to be."""

import numpy as np
from numpy.typing import ArrayLike


def robustness_value(t: ArrayLike, df: ArrayLike) -> np.ndarray:
    r"""Compute the robustness value of a slope.

    .. math:: RV = \tfrac12\big(\sqrt{f^4 + 4f^2} - f^2\big), \qquad f = |t| / \sqrt{df}

    Parameters
    ----------
    t : array_like
        Slope divided by the standard error that holds if the model is right.
    df : array_like
        Residual degrees of freedom of the slope, above 0.

    Returns
    -------
    numpy.ndarray
        Share, in [0, 1], of what is left of the variance of predictor and of outcome that a confounder would have to
        explain of each, so that the slope would be 0 with it in the model.

    Notes
    -----
    Cinelli & Hazlett (2020), J. R. Stat. Soc. B 82, 39-67, equation 19, as the authors' package sensemakr names and
    computes it (``robustness_value(t, dof)``, whose source was read, not the article). f² is Cohen's partial f² only
    with the standard error and the residual degrees of freedom of the model, not with cluster-robust ones. Compared
    with the value that the manual of tipr prints.

    Examples
    --------
    >>> robustness_value(5, 102).round(2)
    np.float64(0.39)
    """
    squared = np.square(np.asarray(t, dtype=float)) / np.asarray(df, dtype=float)
    return (np.sqrt(squared**2 + 4 * squared) - squared) / 2
