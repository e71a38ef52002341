"""Covariances of ordinal scores whose underlying normal variables have given correlations."""

import numpy as np
from scipy.special import ndtr

from psychometrics.correlation.bivariate_normal import FAR, distribution, series_terms, tetrachoric_coefficients

SERIES_LIMIT = 0.9  # beyond it the series needs so many terms that integration is faster


def score_covariances(correlations: np.ndarray, thresholds: np.ndarray, steps: np.ndarray) -> float:
    r"""Add up the covariances of p ordinal scores with each other and with themselves.

    A score rises by a step at each threshold that its normal variable passes, so that

    .. math:: \operatorname{cov}(X_i, X_j) = \sum_{c} \sum_{d} s_{ic} s_{jd}
              \bigl(\Phi_2(\tau_{ic}, \tau_{jd}; \rho_{ij}) - \Phi(\tau_{ic})\Phi(\tau_{jd})\bigr)

    Parameters
    ----------
    correlations : numpy.ndarray of shape (p, p)
        Correlations of the normal variables. A diagonal of 1 gives the variances of the scores; a smaller value gives
        the covariance of an item with a parallel item.
    thresholds : numpy.ndarray of shape (p, c - 1)
        Thresholds, ascending.
    steps : numpy.ndarray of shape (p, c - 1)
        By how much the score rises at each threshold; 0 at a threshold that is not in use.

    Returns
    -------
    float
        The sum of the p x p covariances.

    Notes
    -----
    Green & Yang (2009), Psychometrika 74, eq. 12-21. Agrees with semTools:::omegaCat, where all steps are one.
    """
    cuts = np.clip(thresholds, -FAR, FAR)
    p = len(cuts)
    strong = np.abs(correlations) > SERIES_LIMIT
    moderate = np.where(strong, 0.0, correlations)
    scores = np.concatenate([np.zeros((p, 1)), steps.cumsum(axis=1)], axis=1)
    moments = np.einsum("pc,pcm->mp", scores, tetrachoric_coefficients(cuts, series_terms(np.abs(moderate).max())))
    powers = np.cumprod(np.broadcast_to(moderate, (len(moments) - 1, p, p)), axis=0)
    total = ((powers @ moments[1:, :, None])[..., 0] * moments[1:]).sum()
    below = ndtr(cuts)
    for i, j in np.argwhere(np.triu(strong)):
        if correlations[i, j] == 1 and i == j:
            joint = np.minimum(below[i][:, None], below[i])
        else:
            joint = distribution(cuts[i][:, None], cuts[j], correlations[i, j])
        covariance = np.outer(steps[i], steps[j]) * (joint - np.outer(below[i], below[j]))
        total += covariance.sum() * (1 if i == j else 2)
    return float(total)
