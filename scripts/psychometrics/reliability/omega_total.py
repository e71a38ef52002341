"""Omega total from a one-factor model, for one correlation matrix or for thousands of resamples at once."""

import numpy as np

from psychometrics.factors.minres import uniquenesses


def omega_total(loadings: np.ndarray, sd: np.ndarray) -> np.ndarray:
    r"""Compute omega total of the raw sum: the share of the model's variance that the factor makes.

    Parameters
    ----------
    loadings : numpy.ndarray of shape (..., k)
        Standardized loadings of one factor.
    sd : numpy.ndarray of shape (..., k)
        Standard deviations of the items.

    Returns
    -------
    numpy.ndarray of shape (...)
        Omega total, below 1.

    Notes
    -----
    .. math:: \omega_t = \frac{(\sum_i s_i l_i)^2}{(\sum_i s_i l_i)^2 + \sum_i s_i^2 u_i^2}

    with the uniquenesses :math:`u_i^2 = 1 - l_i^2`, at least .005 (`psychometrics.factors.minres`: the solution that
    the factor analysis of the same items reports).
    McDonald (1999), Test theory, eq. 6.20b: the variance in the denominator is the model's, not the observed one.
    The formula of semTools::compRelSEM(obs.var = FALSE), which takes its loadings from a fit to the covariances.

    Examples
    --------
    Common variance (.8 + 2 x .6)^2 = 4, unique variance 1 x .36 + 4 x .64 = 2.92:

    >>> import numpy as np
    >>> round(float(omega_total(np.array([0.8, 0.6]), np.array([1.0, 2.0]))), 3)
    0.578
    """
    common = (sd * loadings).sum(axis=-1) ** 2
    return common / (common + (sd**2 * uniquenesses(loadings)).sum(axis=-1))


def omega_total_standardized(loadings: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    r"""Compute omega total of the sum of standardized items, over the observed variance of that sum.

    Parameters
    ----------
    loadings : numpy.ndarray of shape (..., k)
        Standardized loadings of one factor.
    correlation : numpy.ndarray of shape (..., k, k)
        Correlations of the items.

    Returns
    -------
    numpy.ndarray of shape (...)
        Omega total.

    Notes
    -----
    .. math:: \omega_t = 1 - \sum_i u_i^2 \Big/ \sum_{ij} r_{ij}

    with the uniquenesses of :func:`omega_total`.
    Revelle & Zinbarg (2009), Psychometrika 74, 145-154. Agrees with psych::omega(nfactors = 1)$omega.tot, which divides
    by the observed variance; :func:`omega_total` divides by the model's. They differ where one factor does not fit.
    psych takes one minus the communality for the uniqueness, which is negative where a loading exceeds 1.

    Examples
    --------
    >>> import numpy as np
    >>> round(float(omega_total_standardized(np.array([0.8, 0.6]), np.array([[1, 0.5], [0.5, 1]]))), 3)
    0.667
    """
    return 1 - uniquenesses(loadings).sum(axis=-1) / correlation.sum(axis=(-2, -1))
