"""Covariances of ordinal scores whose underlying normal variables have given correlations, and their derivatives."""
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from psychometrics.bivariate_normal import FAR, density, distribution


class ScoreCovariances(NamedTuple):
    """Sum over all pairs of items of the covariances of their scores; its derivatives by the correlation of each pair
    (p, p), both orders counted, and by each threshold (p, c - 1)."""

    total: float
    by_correlation: np.ndarray
    by_threshold: np.ndarray


def score_covariances(correlations: np.ndarray, thresholds: np.ndarray, steps: np.ndarray) -> ScoreCovariances:
    r"""Sum of the covariances of p ordinal scores.

    A score rises by a step at each threshold that its normal variable passes, so that

    .. math:: \operatorname{cov}(X_i, X_j) = \sum_{c} \sum_{d} s_{ic} s_{jd}
              \bigl(\Phi_2(\tau_{ic}, \tau_{jd}; \rho_{ij}) - \Phi(\tau_{ic})\Phi(\tau_{jd})\bigr)

    Parameters
    ----------
    correlations : (p, p); 1 on the diagonal gives the variances of the scores, less the covariance of parallel items.
    thresholds : (p, c - 1) ascending; steps : (p, c - 1) by which the score rises there, 0 at a threshold not in use.

    Notes
    -----
    Green & Yang (2009), Psychometrika 74, eq. 12-21.
    """
    cuts = np.clip(thresholds, -FAR, FAR)
    below, height = ndtr(cuts), np.exp(-cuts**2 / 2) / np.sqrt(2 * np.pi)
    means = (steps * below).sum(axis=1)
    perfect = np.diag(correlations) == 1
    rho = correlations - np.diag(perfect.astype(float))  # variances have a formula of their own
    total = -np.sum(np.outer(means, means))
    by_correlation = np.zeros(rho.shape)
    by_threshold = -2 * steps * height * means.sum()
    for i in range(len(rho)):
        r = rho[i][:, None, None]
        own, others = cuts[i][:, None], cuts[:, None, :]
        weights = steps[i][:, None] * steps[:, None, :]
        joint = weights * distribution(own, others, r)
        by_correlation[i] = (weights * density(own, others, r)).sum(axis=(1, 2))
        conditional = steps[:, None, :] * ndtr((others - r * own) / np.sqrt((1 - r) * (1 + r)))
        if perfect[i]:
            passed = steps[i][:, None] * steps[i]
            joint[i] = passed * np.minimum(below[i][:, None], below[i])
            conditional[i] = steps[i] * (np.triu(np.ones(passed.shape), 1) + 0.5 * np.eye(len(passed)))
            by_correlation[i, i] = 0.0
        total += joint.sum()
        by_threshold[i] += 2 * steps[i] * height[i] * conditional.sum(axis=(0, 2))
    return ScoreCovariances(float(total), by_correlation, by_threshold)
