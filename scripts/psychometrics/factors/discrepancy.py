"""Discrepancy functions of the uniquenesses, their derivatives, and the search for their minimum.

Each is profiled: for given uniquenesses the best loadings are known from an eigendecomposition. All is batched: one
function holds many matrices, and each takes its own steps, so that a single matrix is a batch of one.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

GRADIENT = 1e-9  # largest slope by a free parameter at which a search has converged
NEARLY = 1e-6  # and where no smaller step leads down
MOST_STEPS = 200
MOST_HALVINGS = 30


class Evaluation(NamedTuple):
    """A discrepancy of m matrices, each at parameters of its own.

    Attributes
    ----------
    value : numpy.ndarray of shape (m,)
        Discrepancies.
    gradient : numpy.ndarray of shape (m, p)
        Slopes by the parameters.
    loadings : numpy.ndarray of shape (m, p, k)
        The best loadings.
    second_derivatives : Callable
        Of a boolean array (m,): the second derivatives of the marked matrices in two parts, shape (marked, p, p) each,
        the first positive semidefinite.
    """

    value: np.ndarray
    gradient: np.ndarray
    loadings: np.ndarray
    second_derivatives: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


class Minimum(NamedTuple):
    """Where the searches of m matrices ended.

    Attributes
    ----------
    parameters : numpy.ndarray of shape (m, p)
        The parameters of the discrepancy.
    loadings : numpy.ndarray of shape (m, p, k)
        The best loadings there.
    value : numpy.ndarray of shape (m,)
        Discrepancies.
    converged : numpy.ndarray of shape (m,)
        True where the search converged.
    iterations : numpy.ndarray of shape (m,)
        Points that each search went through.
    """

    parameters: np.ndarray
    loadings: np.ndarray
    value: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray


Discrepancy = Callable[[np.ndarray, np.ndarray], Evaluation]


def least_squares(matrices: np.ndarray, k: int) -> Discrepancy:
    """Half the sum of the squared small eigenvalues of R - Psi, as a function of the uniquenesses.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, p, p)
        Correlation matrices R.
    k : int
        Number of factors.

    Returns
    -------
    Discrepancy
        Function of uniquenesses (a, p) and of the positions (a,) of the matrices that they belong to.

    Notes
    -----
    Minres: Harman and Jones (1966), Psychometrika 31, 351-368; derivatives: Joreskog (1977), "Factor analysis by
    least-squares and maximum-likelihood methods".
    """
    p = matrices.shape[-1]
    identity = np.eye(p)

    def _at(psi: np.ndarray, of: np.ndarray) -> Evaluation:
        values, vectors = np.linalg.eigh(matrices[of] - psi[:, :, None] * identity)
        vectors = np.ascontiguousarray(vectors.mT).mT  # each vector in one piece
        small, residual, large = vectors[:, :, :-k], values[:, :-k], vectors[:, :, -k:]
        if (values[:, -k] <= 0).any():  # a negative eigenvalue cannot belong to a factor: it counts as residual
            discarded = (np.arange(p) < p - k) | (values <= 0)
            small, residual, large = vectors * discarded[:, None], values * discarded, large * ~discarded[:, None, -k:]

        def _second_derivatives(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            own, rest = small[chosen], residual[chosen, :, None]
            gap = rest - values[chosen, None, -k:]
            # with a factor too many a kept and a discarded eigenvalue can be equal, where this has no value
            weights = np.divide(2 * rest, gap, out=np.zeros_like(gap), where=gap != 0)
            basis = own @ own.mT
            return basis * basis, _cross_terms(own, large[chosen], weights)

        value = np.vecdot(0.5 * residual, residual)
        gradient = np.matvec(-(small**2), residual)
        return Evaluation(value, gradient, _principal_axes(values, vectors, k), _second_derivatives)

    return _at


def likelihood(matrices: np.ndarray, k: int) -> Discrepancy:
    """Concentrated likelihood discrepancy as a function of the logarithms of the uniquenesses.

    In the logarithms it is closer to a quadratic function than in the uniquenesses.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, p, p)
        Positive definite correlation matrices R.
    k : int
        Number of factors.

    Returns
    -------
    Discrepancy
        Function of the logarithms (a, p) and of the positions (a,) of the matrices that they belong to.

    Notes
    -----
    Joreskog (1967), Psychometrika 32, 443-482.
    """

    def _at(theta: np.ndarray, of: np.ndarray) -> Evaluation:
        scale = np.exp(-theta / 2)
        values, vectors = np.linalg.eigh(matrices[of] * (scale[:, :, None] * scale[:, None, :]))
        small, residual, large, factors = vectors[:, :, :-k], values[:, :-k], vectors[:, :, -k:], values[:, -k:]

        def _second_derivatives(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            own, rest, kept = small[chosen], residual[chosen, :, None], factors[chosen, None]
            # with a factor too many a kept and a discarded eigenvalue can be equal, where this has no value
            gap = np.minimum(rest - kept, -1e-10)
            weights = (rest - 1) * (rest + kept) / gap
            positive = (own @ own.mT) * ((own * rest.mT) @ own.mT)
            return positive, _cross_terms(own, large[chosen], weights)

        with np.errstate(divide="ignore", invalid="ignore"):
            value = np.sum(residual - np.log(residual) - 1, axis=1)
        gradient = np.matvec(small**2, 1 - residual)
        loadings = _principal_axes(values - 1, vectors, k) / scale[:, :, None]
        return Evaluation(value, gradient, loadings, _second_derivatives)

    return _at


def _principal_axes(values: np.ndarray, vectors: np.ndarray, k: int) -> np.ndarray:
    """Loadings (m, p, k) from ascending eigenvalues (m, p) and their vectors (m, p, p)."""
    return vectors[:, :, : -k - 1 : -1] * np.sqrt(np.maximum(values[:, None, : -k - 1 : -1], 0))


def _cross_terms(small: np.ndarray, large: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over discarded m and kept n of weights[m, n] (v_m v_m') * (v_n v_n'), of each matrix."""
    total = np.zeros((len(small), small.shape[1], small.shape[1]))
    for n in range(large.shape[2]):
        scaled = small * large[:, :, [n]]
        total += (scaled * weights[:, None, :, n]) @ scaled.mT
    return total


def newton(
    discrepancy: Discrepancy, start: np.ndarray, lower: float, upper: float, *, gradient: float = GRADIENT
) -> Minimum:
    """Minimise within bounds: Newton steps for the items that are free, halved until the discrepancy falls.

    Parameters
    ----------
    discrepancy : Discrepancy
        Made by `least_squares` or `likelihood` of m matrices.
    start : numpy.ndarray of shape (m, p)
        Parameters within the bounds to start from.
    lower : float
        Lower bound of every parameter.
    upper : float
        Upper bound of every parameter.
    gradient : float, optional
        Largest slope by a free parameter at which a search has converged.

    Returns
    -------
    Minimum
        The search of each matrix is the one it would have alone.

    Notes
    -----
    Bertsekas (1982), SIAM J. Control Optim. 20: items at a bound whose gradient points outwards are held there.
    """
    m, p = start.shape
    x, trial, step, slopes = start.copy(), start.copy(), np.zeros((m, p)), np.zeros((m, p))
    value, steepest, converged = np.full(m, np.inf), np.full(m, np.inf), np.zeros(m, dtype=bool)
    halvings, iterations = np.zeros(m, dtype=int), np.zeros(m, dtype=int)
    loadings, active = np.empty((m, p, 0)), np.arange(m)
    while active.size:
        found = discrepancy(trial[active], active)
        if not loadings.size:
            loadings = np.full((m, *found.loadings.shape[1:]), np.nan)
        before, fall = value[active], np.minimum(np.vecdot(slopes[active], trial[active] - x[active]), 0.0)
        # near the minimum the fall is smaller than the rounding of the sum
        with np.errstate(invalid="ignore"):
            down = found.value <= before + 1e-4 * fall + 1e-14 * np.maximum(1.0, np.abs(before))
        down &= np.isfinite(found.value)
        here, short = active[down], active[~down]
        now, slope = trial[here], found.gradient[down]
        x[here], slopes[here], value[here], loadings[here] = now, slope, found.value[down], found.loadings[down]
        iterations[here] += 1
        free = ~(((now <= lower) & (slope > 0)) | ((now >= upper) & (slope < 0)))
        steepest[here] = np.max(np.abs(slope) * free, axis=1, initial=0.0)
        converged[here] = steepest[here] < gradient
        going = ~converged[here] & (iterations[here] < MOST_STEPS)
        onward = here[going]
        if onward.size:
            chosen = np.zeros(len(active), dtype=bool)
            chosen[np.flatnonzero(down)[going]] = True
            step[onward] = -_directions(*found.second_derivatives(chosen), free[going], slope[going])
        halvings[onward] = 0
        halvings[short] += 1
        stuck = short[halvings[short] >= MOST_HALVINGS]
        converged[stuck] = steepest[stuck] < NEARLY
        active = np.concatenate([short[halvings[short] < MOST_HALVINGS], onward])
        trial[active] = np.clip(x[active] + step[active] * 0.5 ** halvings[active][:, None], lower, upper)
    return Minimum(x, loadings, value, converged, iterations)


def _directions(
    positive_part: np.ndarray, cross_part: np.ndarray, free: np.ndarray, gradient: np.ndarray
) -> np.ndarray:
    """Newton directions (m, p) of the free items; without the cross part where the exact second derivatives are not
    positive definite."""
    both, on_diagonal = free[:, :, None] & free[:, None, :], np.arange(free.shape[1])
    hessian = np.where(both, positive_part + cross_part, 0.0)
    hessian[:, on_diagonal, on_diagonal] += ~free
    wrong = ~_definite(hessian)
    if wrong.any():
        hessian[wrong] = np.where(both[wrong], positive_part[wrong], 0.0)
        hessian[:, on_diagonal, on_diagonal] += wrong[:, None] & ~free
        wrong &= ~_definite(hessian)
        size = np.trace(hessian[wrong], axis1=1, axis2=2) / np.maximum(free[wrong].sum(axis=1), 1)
        hessian[wrong] += 1e-3 * size[:, None, None] * np.eye(free.shape[1])
    return np.linalg.solve(hessian, np.where(free, gradient, 0.0)[:, :, None])[:, :, 0]


def _definite(matrices: np.ndarray) -> np.ndarray:
    """Which of the matrices (m, p, p) are positive definite."""
    try:
        np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:  # it does not say which
        if len(matrices) == 1:
            return np.zeros(1, dtype=bool)
        return np.concatenate([_definite(half) for half in np.array_split(matrices, 2)])
    return np.ones(len(matrices), dtype=bool)
