"""Populations like the sample at hand, to show the bias of estimates in their samples."""

from dataclasses import dataclass

import numpy as np

from psychometrics.factors.batched_oblimin import batched_oblimin
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.schmid_leiman import equal_loadings, orthogonalised

LARGEST, SMALLEST = 0.99, 0.02  # of loadings and of correlations of factors
MOST_COMMON = 0.98  # communality of an item in a likely population
LEAST_OF_FACTOR = 0.01  # singular value of its loadings: below, a factor is gone


@dataclass(frozen=True)
class SecondOrderModel:
    """Second-order model of a population, with its Schmid-Leiman solution.

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


def simple_structure(matrix: np.ndarray, factor_of: np.ndarray, k: int) -> SecondOrderModel | None:
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
    SecondOrderModel or None
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
    return SecondOrderModel(model, *orthogonalised(pattern, gamma), pattern, 1 - loadings**2, gamma)


def likely_structure(
    pattern: np.ndarray, phi: np.ndarray, variances: np.ndarray, phi_bias: np.ndarray
) -> SecondOrderModel | None:
    r"""Free a rotated solution from what chance made of it.

    Parameters
    ----------
    pattern : numpy.ndarray of shape (p, k)
        Loadings of the sample.
    phi : numpy.ndarray of shape (k, k)
        Correlations of the factors.
    variances : numpy.ndarray of shape (p, k)
        Sampling variances of the loadings.
    phi_bias : numpy.ndarray of shape (k, k)
        Bias of the correlations of the factors on the scale of Fisher's z.

    Returns
    -------
    SecondOrderModel or None
        The likely population, rotated by oblimin; None where a factor is left without loadings, or where the rotation
        or the second-order factor cannot be found.

    Notes
    -----
    Of each item the loadings other than the largest are shrunk as in empirical Bayes estimation (Efron & Morris 1973,
    J. Am. Stat. Assoc. 68), :math:`\lambda\,\tau^2 / (\tau^2 + s^2)`, with their mean square minus the mean of their
    sampling variances and two standard errors of it for :math:`\tau^2`, as in
    `psychometrics.factors.standard_errors.bias_correction`. So a sample from a simple structure has one for its likely
    population, and one with true cross-loadings keeps them.
    """
    small = np.abs(pattern) < np.abs(pattern).max(axis=1, keepdims=True)
    spare = np.mean(pattern[small] ** 2) - np.mean(variances[small]) * (1 + 2 * np.sqrt(2 / small.sum()))
    kept = spare / (spare + variances) if spare > 0 else np.zeros(variances.shape)
    pattern = np.where(small, pattern * kept, pattern)
    between = np.tanh(np.arctanh(np.clip(phi - np.eye(len(phi)), -LARGEST, LARGEST)) - phi_bias)
    gamma = np.clip(_second_order(between + np.eye(len(phi))), -LARGEST, LARGEST)
    phi = np.outer(gamma, gamma)
    np.fill_diagonal(phi, 1.0)
    common = np.einsum("ij,jk,ik->i", pattern, phi, pattern)
    pattern = pattern * np.sqrt(np.minimum(1, MOST_COMMON / np.maximum(common, SMALLEST)))[:, None]
    model = pattern @ phi @ pattern.T
    uniqueness = 1 - np.diag(model)
    if not np.isfinite(model).all():  # a sampling variance or a loading of the second order is unknown
        return None
    loadings = pattern @ np.linalg.cholesky(phi)
    if np.linalg.svd(loadings, compute_uv=False)[-1] < LEAST_OF_FACTOR:
        return None
    rotated, between = (found[0] for found in batched_oblimin(loadings[None], pattern))
    if not np.isfinite(rotated).all():
        return None
    gamma = np.clip(_second_order(between), -LARGEST, LARGEST)
    if not np.isfinite(gamma).all():
        return None
    np.fill_diagonal(model, 1.0)
    return SecondOrderModel(model, *orthogonalised(rotated, gamma), rotated, uniqueness, gamma)


def _second_order(phi: np.ndarray) -> np.ndarray:
    """Loadings of the factors on the general one; of two as `schmid_leiman` has them."""
    return equal_loadings(phi) if len(phi) == 2 else _one_factor(phi)


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
