"""Correlation matrices in which some of the variables are freed from their unreliability."""

import numpy as np

from psychometrics.reliability.coefficients import coefficient_alpha
from psychometrics.reliability.item_covariances import ItemCovariances

NO_ALPHA = "alpha is undefined, zero or negative for one of the instruments: nothing to correct by"
NOT_DEFINITE = (
    "the correlations corrected for unreliability are not positive definite: together they are larger than "
    "correlations of true scores can be"
)


def alphas_of(answers: list[ItemCovariances], weights: np.ndarray) -> np.ndarray:
    """(draws, m) alphas of m sets of keyed items under (draws, n) weights of the people; missing where undefined."""
    found = np.full((len(weights), len(answers)), np.nan)
    for column, data in enumerate(answers):
        if not data.reason:
            found[:, column] = coefficient_alpha(data.resampled(weights[:, data.people]))
    return found


def disattenuated_matrices(correlations: np.ndarray, alphas: np.ndarray) -> np.ndarray:
    """(draws, k, k) correlations whose first variables are corrected for unreliability by their (draws, m) alphas.

    A matrix that is then not positive definite, or has no alpha, is all missing: no regression is possible on it.
    """
    root = np.ones(correlations.shape[:2])
    root[:, : alphas.shape[1]] = np.sqrt(np.where(alphas > 0, alphas, np.nan))
    corrected = correlations / (root[:, :, None] * root[:, None, :])
    corrected[:, range(corrected.shape[1]), range(corrected.shape[1])] = 1.0
    sound = np.isfinite(corrected).all(axis=(1, 2))
    sound[sound] = np.linalg.eigvalsh(corrected[sound])[:, 0] > 1e-9
    return np.where(sound[:, None, None], corrected, np.nan)
