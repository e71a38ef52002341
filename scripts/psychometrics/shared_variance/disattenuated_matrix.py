"""Correlation matrices in which some of the variables are corrected for unreliability."""

from collections.abc import Sequence

import numpy as np

from psychometrics.reliability.coefficients import coefficient_alpha
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.resampling.weights import ClusterWeights

NO_ALPHA = "alpha is undefined, zero or negative for one of the instruments: nothing to correct by"
NOT_DEFINITE = (
    "the correlations corrected for unreliability are not positive definite: together they are larger than "
    "correlations of true scores can be"
)


def alphas_of(answers: Sequence[ItemCovariances], weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Compute the alphas of several sets of keyed items under many weightings of the people.

    Parameters
    ----------
    answers : sequence of ItemCovariances
        The m sets of keyed items.
    weights : numpy.ndarray or ClusterWeights, (draws, n)
        How often each person counts.

    Returns
    -------
    numpy.ndarray of shape (draws, m)
        Alphas; missing where undefined.
    """
    found = np.full((len(weights), len(answers)), np.nan)
    for column, data in enumerate(answers):
        if not data.reason:
            found[:, column] = coefficient_alpha(data.resampled(weights[:, data.people]))
    return found


def disattenuated_matrices(correlations: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """Correct the first variables of correlation matrices for unreliability by their alphas.

    Parameters
    ----------
    correlations : numpy.ndarray of shape (draws, k, k)
        Correlations.
    alphas : numpy.ndarray of shape (draws, m)
        Alphas of the first m variables.

    Returns
    -------
    numpy.ndarray of shape (draws, k, k)
        Disattenuated correlations. A matrix that is not positive definite any more, or has no
        alpha, is all missing: no regression is possible on it.
    """
    root = np.ones(correlations.shape[:2])
    root[:, : alphas.shape[1]] = np.sqrt(np.where(alphas > 0, alphas, np.nan))
    corrected = correlations / (root[:, :, None] * root[:, None, :])
    corrected[:, range(corrected.shape[1]), range(corrected.shape[1])] = 1.0
    sound = np.all(np.isfinite(corrected), axis=(1, 2))
    sound[sound] = np.linalg.eigvalsh(corrected[sound])[:, 0] > 1e-9
    return np.where(sound[:, None, None], corrected, np.nan)
