"""A population of perfect simple structure like the sample at hand, to show the bias of estimates in its samples."""

from dataclasses import dataclass

import numpy as np

from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.schmid_leiman import orthogonalised

LARGEST, SMALLEST = 0.99, 0.02  # of loadings and of correlations of factors


@dataclass(frozen=True)
class SimpleStructure:
    """Second-order model in which every item has one factor.

    Attributes
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlations of the items.
    general : numpy.ndarray of shape (p,)
        Loadings on the general factor after Schmid and Leiman.
    group : numpy.ndarray of shape (p, k)
        Loadings on the group factors after Schmid and Leiman.
    pattern : numpy.ndarray of shape (p, k)
        Loadings on the correlated factors.
    uniqueness : numpy.ndarray of shape (p,)
        Uniquenesses.
    second_order : numpy.ndarray of shape (k,)
        Loadings of the factors on the general factor.
    """

    matrix: np.ndarray
    general: np.ndarray
    group: np.ndarray
    pattern: np.ndarray
    uniqueness: np.ndarray
    second_order: np.ndarray


def simple_structure(matrix: np.ndarray, factor_of: np.ndarray, k: int) -> SimpleStructure | None:
    r"""Fit the model that lets each item measure the factor it is assigned to and nothing else.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlations.
    factor_of : numpy.ndarray of shape (p,)
        The factor of each item, 0 to k - 1.
    k : int
        Number of factors.

    Returns
    -------
    SimpleStructure or None
        None where a group has fewer than two items or a search fails.

    Notes
    -----
    Loadings are those of one factor (minres) on the items of each group; with :math:`B_{st}` the sum of the
    correlations between two groups and :math:`\Lambda_s` the sum of a group's loadings, two factors correlate

    .. math:: \phi_{st} = B_{st} / (\Lambda_s\Lambda_t),

    and one factor of these (minres) is the general one. Nothing is rotated, so that chance loadings on other factors do
    not pull the correlations of the factors towards zero.
    Multiple-group factors: Holzinger (1944), Psychometrika 9; Guttman (1952), Psychometrika 17.
    """
    own = factor_of[:, None] == np.arange(k)
    if own.sum(axis=0).min() < 2:
        return None
    loadings = np.empty(len(matrix))
    for group in own.T:
        loadings[group] = _one_factor(matrix[np.ix_(group, group)])
    pattern = own * loadings[:, None]
    sums = pattern.sum(axis=0)
    if not np.isfinite(loadings).all() or np.abs(sums).min() < 1e-6:
        return None
    phi = np.clip(own.T.astype(float) @ matrix @ own / np.outer(sums, sums), SMALLEST, LARGEST)
    np.fill_diagonal(phi, 1.0)
    gamma = _one_factor(phi)
    if not np.isfinite(gamma).all():
        return None
    phi = np.outer(gamma, gamma)
    np.fill_diagonal(phi, 1.0)
    model = pattern @ phi @ pattern.T
    np.fill_diagonal(model, 1.0)
    return SimpleStructure(model, *orthogonalised(pattern, gamma), pattern, 1 - loadings**2, gamma)


def _one_factor(matrix: np.ndarray) -> np.ndarray:
    """Loadings of one factor; two variables share theirs. Missing where the search does not converge."""
    if len(matrix) == 2:
        return np.full(2, np.sqrt(np.clip(matrix[0, 1], SMALLEST, LARGEST)))
    found = extract_factors(matrix, 1)
    loadings = np.clip(found.loadings[:, 0], -LARGEST, LARGEST)  # least squares can leave no unique variance
    return loadings * (np.sign(loadings.sum()) or 1.0) if found.converged else np.full(len(matrix), np.nan)


def as_if_from(correlations: np.ndarray, sample: np.ndarray, population: np.ndarray) -> np.ndarray | None:
    """Turn resampled moments into those of a sample whose own correlations were those of a population.

    Parameters
    ----------
    correlations : numpy.ndarray of shape (m, p, p)
        Moments of the resamples in units of the sample's standard deviations.
    sample : numpy.ndarray of shape (p, p)
        Correlations of the sample.
    population : numpy.ndarray of shape (p, p)
        Correlations of the population.

    Returns
    -------
    numpy.ndarray of shape (m, p, p) or None
        None where the sample's matrix is not positive definite.

    Notes
    -----
    Beran & Srivastava (1985), Ann. Statist. 13; Bollen & Stine (1992), Sociol. Methods Res. 21: the answers times
    sample^(-1/2) population^(1/2). What the answers do beyond their correlations (skewness, ceiling) largely stays.
    """
    values, vectors = np.linalg.eigh(sample)
    if values[0] < 1e-6:
        return None
    there, axes = np.linalg.eigh(population)
    turn = (vectors / np.sqrt(values)) @ vectors.T @ (axes * np.sqrt(np.maximum(there, 0))) @ axes.T
    return turn.T @ correlations @ turn
