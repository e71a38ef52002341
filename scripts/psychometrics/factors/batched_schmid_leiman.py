"""Schmid-Leiman solutions of many correlation matrices at once, each in the order and direction of one solution."""

from typing import NamedTuple

import numpy as np

from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.batched_oblimin import batched_oblimin
from psychometrics.factors.minres import minres
from psychometrics.factors.schmid_leiman import equal_loadings, orthogonalised


class SecondOrderSolutions(NamedTuple):
    """Solutions of m correlation matrices, missing where there is none.

    Attributes
    ----------
    pattern : numpy.ndarray of shape (m, p, k)
        Loadings on the correlated factors.
    phi : numpy.ndarray of shape (m, k, k)
        Correlations of the factors.
    general : numpy.ndarray of shape (m, p)
        Loadings on the general factor.
    group : numpy.ndarray of shape (m, p, k)
        Loadings on the group factors.
    uniqueness : numpy.ndarray of shape (m, p)
        One minus the communalities.
    """

    pattern: np.ndarray
    phi: np.ndarray
    general: np.ndarray
    group: np.ndarray
    uniqueness: np.ndarray


def batched_schmid_leiman(
    matrices: np.ndarray, uniqueness: np.ndarray, pattern: np.ndarray, second_order: np.ndarray
) -> SecondOrderSolutions:
    """Find the minres, oblimin and Schmid-Leiman solutions of m correlation matrices from that of the whole sample.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, p, p)
        Correlation matrices, missing where undefined.
    uniqueness : numpy.ndarray of shape (p,)
        Uniquenesses of the whole sample.
    pattern : numpy.ndarray of shape (p, k)
        Pattern of the whole sample.
    second_order : numpy.ndarray of shape (k,)
        Loadings of the factors on the general factor in the whole sample.

    Returns
    -------
    SecondOrderSolutions
        In the order of the matrices.

    Notes
    -----
    The solutions of `fit_solution` and `psychometrics.factors.schmid_leiman.schmid_leiman`, without further starts of
    the rotation.
    """
    k = pattern.shape[1]
    patterns, phi, loadings = batched_factors(matrices, uniqueness, pattern)
    if k == 2:
        gamma = equal_loadings(phi)
    else:
        second = minres(phi, 1, 1 - second_order**2)
        gamma = np.where(second.converged[:, None], second.loadings[:, :, 0], np.nan)
        gamma *= np.where(gamma.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    general, group = orthogonalised(patterns, gamma)
    return SecondOrderSolutions(patterns, phi, general, group, 1 - (loadings**2).sum(axis=2))


def batched_factors(
    matrices: np.ndarray, uniqueness: np.ndarray, pattern: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the minres and oblimin solutions of m correlation matrices, in the order and direction of one pattern.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, p, p)
        Correlation matrices, missing where undefined.
    uniqueness : numpy.ndarray of shape (p,)
        Uniquenesses to start from.
    pattern : numpy.ndarray of shape (p, k)
        Pattern to start from.

    Returns
    -------
    patterns : numpy.ndarray of shape (m, p, k)
        Missing where there is no solution.
    phi : numpy.ndarray of shape (m, k, k)
        Correlations of the factors.
    loadings : numpy.ndarray of shape (m, p, k)
        Unrotated loadings.
    """
    k = pattern.shape[1]
    extracted = minres(matrices, k, uniqueness)
    loadings = np.where(extracted.converged[:, None, None], extracted.loadings, np.nan)
    patterns, phi = batched_oblimin(loadings, pattern)
    products = np.abs(np.einsum("mij,ik->mjk", patterns, pattern))
    for i in np.flatnonzero((products.argmax(axis=1) != np.arange(k)).any(axis=1) & np.isfinite(patterns[:, 0, 0])):
        patterns[i], phi[i], _ = align_arrays(patterns[i], phi[i], pattern)
    return patterns, phi, loadings
