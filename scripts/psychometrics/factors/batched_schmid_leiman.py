"""Schmid-Leiman solutions of many correlation matrices at once, each in the order and direction of one solution."""

import numpy as np

from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.batched_minres import stacked_minres, stacked_oblimin


def stacked_hierarchy(
    matrices: np.ndarray, uniqueness: np.ndarray, pattern: np.ndarray, second_order: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Minres, oblimin and Schmid-Leiman of m correlation matrices, starting from a solution of the whole sample.

    Parameters
    ----------
    matrices : (m, p, p), missing where undefined.
    uniqueness : (p,), pattern : (p, k), second_order : (k,) loadings of the factors on the general factor, all of the
        whole sample.

    Returns
    -------
    Loadings on the general factor (m, p) and on the group factors (m, p, k); missing where there is no solution.

    Notes
    -----
    The solutions of `fit_solution` and `general_factor.schmid_leiman`, without further starts of the rotation.
    """
    k = pattern.shape[1]
    loadings, _ = stacked_minres(matrices, k, uniqueness)
    patterns, phi = stacked_oblimin(loadings, pattern)
    products = np.abs(np.einsum("mij,ik->mjk", patterns, pattern))
    for i in np.flatnonzero((products.argmax(axis=1) != np.arange(k)).any(axis=1) & np.isfinite(patterns[:, 0, 0])):
        patterns[i], phi[i], _ = align_arrays(patterns[i], phi[i], pattern)
    if k == 2:
        size = np.sqrt(np.abs(phi[:, 0, 1]))
        gamma = np.column_stack([size, np.sign(phi[:, 0, 1]) * size])
    else:
        gamma = stacked_minres(phi, 1, 1 - second_order**2)[0][:, :, 0]
        gamma *= np.where(gamma.sum(axis=1, keepdims=True) < 0, -1.0, 1.0)
    return np.matvec(patterns, gamma), patterns * np.sqrt(np.maximum(1 - gamma**2, 0))[:, None, :]
