"""Discrepancy functions of the uniquenesses, their derivatives, and the search for their minimum.

Each is profiled: for given uniquenesses the best loadings are known from an eigendecomposition. A discrepancy gives its
value, its gradient, and a function for its second derivatives in two parts, the first positive semidefinite.
"""

from collections.abc import Callable

import numpy as np

Discrepancy = Callable[[np.ndarray], tuple[float, np.ndarray, Callable[[], tuple[np.ndarray, np.ndarray]]]]


def least_squares(matrix: np.ndarray, k: int) -> Discrepancy:
    """Half the sum of the squared small eigenvalues of R - Psi, as a function of the uniquenesses."""

    def at(psi):
        values, vectors = np.linalg.eigh(matrix - np.diag(psi))
        # a negative eigenvalue cannot belong to a factor: it counts as residual
        kept = np.arange(len(psi)) >= len(psi) - k
        kept &= values > 0
        small, large = vectors[:, ~kept], vectors[:, kept]
        residual = values[~kept]
        value = 0.5 * residual @ residual
        gradient = -(small**2) @ residual

        def second_derivatives():
            weights = 2 * residual[:, None] / (residual[:, None] - values[kept])
            basis = small @ small.T
            return basis * basis, _cross_terms(small, large, weights)

        return value, gradient, second_derivatives

    return at


def likelihood(matrix: np.ndarray, k: int) -> Discrepancy:
    """Concentrated likelihood discrepancy as a function of the logarithms of the uniquenesses, in which it is closer to
    a quadratic function."""

    def at(theta):
        scale = np.exp(-theta / 2)
        values, vectors = np.linalg.eigh(matrix * np.outer(scale, scale))
        small, large = vectors[:, :-k], vectors[:, -k:]
        residual = values[:-k]
        value = np.sum(residual - np.log(residual) - 1)
        gradient = (small**2) @ (1 - residual)

        def second_derivatives():
            factors = values[-k:]
            # with a factor too many a kept and a discarded eigenvalue can be equal, where this has no value
            gap = np.minimum(residual[:, None] - factors, -1e-10)
            weights = (residual[:, None] - 1) * (residual[:, None] + factors) / gap
            return (small @ small.T) * ((small * residual) @ small.T), _cross_terms(small, large, weights)

        return value, gradient, second_derivatives

    return at


def _cross_terms(small: np.ndarray, large: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum over discarded m and kept n of weights[m, n] (v_m v_m') * (v_n v_n')."""
    total = np.zeros((len(small), len(small)))
    for n in range(large.shape[1]):
        scaled = small * large[:, [n]]
        total += (scaled * weights[:, n]) @ scaled.T
    return total


def newton(discrepancy: Discrepancy, x: np.ndarray, lower: float, upper: float):
    """Minimise within bounds: Newton steps for the items that are free, halved until the discrepancy falls.

    Bertsekas (1982), SIAM J. Control Optim. 20: items at a bound whose gradient points outwards are held there.
    """
    value, gradient, second = discrepancy(x)
    for iteration in range(1, 201):
        held = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))
        free = ~held
        if np.max(np.abs(gradient[free]), initial=0.0) < 1e-9:
            return x, value, True, iteration
        step = np.zeros_like(x)
        positive_part, cross_part = second()
        step[free] = -_solve(positive_part[np.ix_(free, free)], cross_part[np.ix_(free, free)], gradient[free])
        for halving in range(30):
            candidate = np.clip(x + step * 0.5**halving, lower, upper)
            expected = gradient @ (candidate - x)
            new = discrepancy(candidate)
            # near the minimum the fall is smaller than the rounding of the sum
            if np.isfinite(new[0]) and new[0] <= value + 1e-4 * min(expected, 0.0) + 1e-14 * max(1.0, abs(value)):
                break
        else:
            return x, value, bool(np.max(np.abs(gradient[free])) < 1e-6), iteration
        x, (value, gradient, second) = candidate, new
    return x, value, False, iteration


def _solve(positive_part: np.ndarray, cross_part: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Newton direction; without the cross part where the exact second derivatives are not positive definite."""
    for hessian in (positive_part + cross_part, positive_part):
        try:
            np.linalg.cholesky(hessian)
        except np.linalg.LinAlgError:
            continue
        return np.linalg.solve(hessian, gradient)
    ridge = 1e-3 * np.trace(positive_part) / len(gradient)
    return np.linalg.solve(positive_part + ridge * np.eye(len(gradient)), gradient)


def least_squares_loadings(matrix: np.ndarray, psi: np.ndarray, k: int) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix - np.diag(psi))
    return vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0))


def likelihood_loadings(matrix: np.ndarray, psi: np.ndarray, k: int) -> np.ndarray:
    scale = np.sqrt(psi)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    return scale[:, None] * vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k] - 1, 0))
