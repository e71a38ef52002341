"""Factor loadings by diagonally weighted least squares: every residual correlation with a weight of its own."""

import numpy as np
from scipy.linalg import LinAlgError, solve

MOST_ITERATIONS = 500
CONVERGED = 1e-8  # largest element of the gradient, with weights of mean one


def weighted_least_squares(
    matrix: np.ndarray, weights: np.ndarray, loadings: np.ndarray, largest_communality: float
) -> tuple[np.ndarray, float, bool, int]:
    r"""Minimise the weighted sum of squared residuals over the loadings.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlations.
    weights : numpy.ndarray of shape (p, p)
        Symmetric and not negative.
    loadings : numpy.ndarray of shape (p, k)
        Loadings to start from.
    largest_communality : float
        Bound on the sum of squares of each row.

    Returns
    -------
    loadings : numpy.ndarray of shape (p, k)
        Loadings on their principal axes.
    objective : float
        The discrepancy F.
    converged : bool
        Whether the search converged.
    iterations : int
        The number of iterations.

    Notes
    -----
    .. math:: F = \sum_{i<j} w_{ij} \bigl(r_{ij} - \lambda_i' \lambda_j\bigr)^2, \qquad
              \frac{\partial F}{\partial \lambda_i} = -2 \sum_j w_{ij} (r_{ij} - \lambda_i' \lambda_j) \lambda_j

    Muthen, du Toit & Spisic (1997). With weights there is no eigenproblem that profiles the loadings out, as there is
    for minres. So the search is over all of them: Newton steps with exact second derivatives, damped
    (Levenberg-Marquardt) until F falls; the damping also settles the position of the axes, which F leaves open. Rows
    whose communality is at its bound and that F pulls outwards move on the sphere (Bertsekas 1982).
    """
    weights = weights * (1 - np.eye(len(weights)))
    unit = weights.sum() / (len(weights) * (len(weights) - 1))
    weights = weights / unit
    radius = np.sqrt(largest_communality)
    loadings = _inside(loadings, radius)
    value, residual = _discrepancy(matrix, weights, loadings)
    damping, converged, iteration = 1e-3, False, 0
    while iteration < MOST_ITERATIONS and not converged:
        iteration += 1
        slope = -2 * (weights * residual) @ loadings
        outward = -np.sum(slope * loadings, axis=1) / largest_communality  # the multiplier of the bound
        held = (np.sum(loadings**2, axis=1) >= largest_communality * (1 - 1e-12)) & (outward > 0)
        normal = np.where(held[:, None], loadings / radius, 0.0)
        slope -= normal * np.sum(slope * normal, axis=1, keepdims=True)
        if np.max(np.abs(slope)) < CONVERGED:
            converged = True
            break
        hessian = _second_derivatives(weights, residual, loadings, np.where(held, outward, 0.0), normal)
        for _ in range(40):
            candidate = _inside(loadings + _step(hessian, slope, damping), radius, held)
            new, new_residual = _discrepancy(matrix, weights, candidate)
            # near the minimum the fall is smaller than the rounding of the sum
            if new <= value + 1e-14 * max(1.0, value):
                break
            damping = max(10 * damping, 1e-6)
        else:
            converged = bool(np.max(np.abs(slope)) < 100 * CONVERGED)
            break
        loadings, value, residual, damping = candidate, new, new_residual, max(damping / 10, 1e-10)
    _, axes = np.linalg.eigh(loadings.T @ loadings)
    return loadings @ axes[:, ::-1], value * unit, converged, iteration


def _discrepancy(matrix: np.ndarray, weights: np.ndarray, loadings: np.ndarray) -> tuple[float, np.ndarray]:
    residual = matrix - loadings @ loadings.T
    return float(0.5 * np.sum(weights * residual**2)), residual


def _inside(loadings: np.ndarray, radius: float, held: np.ndarray | None = None) -> np.ndarray:
    """Rows longer than the radius cut to it; held rows brought back to it."""
    length = np.sqrt(np.sum(loadings**2, axis=1))
    cut = length > radius if held is None else (length > radius) | held
    return loadings * np.where(cut, radius / np.maximum(length, 1e-300), 1.0)[:, None]


def _second_derivatives(
    weights: np.ndarray, residual: np.ndarray, loadings: np.ndarray, multiplier: np.ndarray, normal: np.ndarray
) -> np.ndarray:
    """(p k, p k) second derivatives; of held rows those along the sphere, with ones for the direction off it."""
    p, k = loadings.shape
    blocks = 2 * np.einsum("ij,jm,il->iljm", weights, loadings, loadings).transpose(0, 3, 2, 1)
    # [i, m, j, l]: derivative of the slope of loading im by loading jl
    across, items = np.arange(k), np.arange(p)
    blocks[:, across, :, across] -= 2 * (weights * residual)
    blocks[items, :, items, :] += 2 * np.einsum("ij,jm,jl->iml", weights, loadings, loadings)
    blocks[items[:, None], across, items[:, None], across] += multiplier[:, None]
    for i in np.flatnonzero(normal.any(axis=1)):
        along = np.eye(k) - np.outer(normal[i], normal[i])
        blocks[i] = np.tensordot(along, blocks[i], axes=1)
        blocks[:, :, i] = blocks[:, :, i] @ along
        blocks[i, :, i] += np.outer(normal[i], normal[i])
    return blocks.reshape(p * k, p * k)


def _step(hessian: np.ndarray, slope: np.ndarray, damping: float) -> np.ndarray:
    """Newton step with as much damping as makes the second derivatives positive definite."""
    size = np.trace(hessian) / len(hessian)
    while True:
        try:
            step = solve(hessian + damping * size * np.eye(len(hessian)), -slope.ravel(), assume_a="pos")
        except LinAlgError:
            damping = max(10 * damping, 1e-6)
            continue
        return step.reshape(slope.shape)
