"""Extraction of unrotated common factors from a correlation matrix."""
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

SMALLEST_UNIQUENESS = 0.005  # the bound of stats::factanal and psych::fa
LARGEST_UNIQUENESS = 1.0


@dataclass(frozen=True)
class Extraction:
    """Unrotated loadings (p, k), uniqueness (p,), the value of the discrepancy function and how the search ended.

    `heywood` holds the positions of the items whose uniqueness is improper: at the bound for minres and ml, at or
    below zero for principal axis.
    """

    loadings: np.ndarray
    uniqueness: np.ndarray
    method: str
    objective: float
    converged: bool
    iterations: int
    heywood: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())


def degrees_of_freedom(p: int, k: int) -> int:
    """Correlations less free parameters of k factors of p items: ((p - k)^2 - (p + k)) / 2."""
    return ((p - k) ** 2 - (p + k)) // 2


def extract(
    matrix: np.ndarray,
    k: int,
    *,
    method: str = "minres",
    start: np.ndarray | None = None,
    labels: Sequence[str] | None = None,
) -> Extraction:
    r"""Unrotated loadings of k common factors.

    Parameters
    ----------
    matrix : (p, p) correlation matrix R. It need not be positive definite for `minres` and `pa`.
    k : number of factors; the model must have no fewer than zero degrees of freedom.
    method : `minres` (unweighted least squares: half the sum of squared residuals, Harman & Jones 1966, Joreskog
        1977), `ml` (maximum likelihood, Joreskog 1967) or `pa` (iterated principal axis, which seeks the least squares
        solution by fixed-point steps).
    start : (p,) uniquenesses to start from; squared multiple correlations give them otherwise. A bootstrap starts
        from the solution of the whole sample.
    labels : p names of the items for the notes; positions from 1 otherwise.

    Returns
    -------
    Extraction. Columns are ordered by their sum of squares and turned so that they sum to a positive number. Heywood
    cases and a search that did not converge are told in `notes`.

    Raises
    ------
    ValueError : the matrix is not a correlation matrix, k does not fit the number of items, the method is unknown, or
        `ml` meets a matrix that is not positive definite.

    Notes
    -----
    For minres and ml the loadings are profiled out, so that the discrepancy is a function of the uniquenesses alone:

    .. math:: F_{ULS} = \tfrac12 \sum_{m>k} \lambda_m^2(R - \Psi), \qquad
              F_{ML} = \sum_{m>k} \bigl(\lambda_m - \ln\lambda_m - 1\bigr)(\Psi^{-1/2} R \Psi^{-1/2})

    with the uniquenesses bounded to .005-1. Both are minimised by Newton's method with exact second derivatives
    (Joreskog 1977, "Factor analysis by least-squares and maximum-likelihood methods"), which takes some five to ten
    eigendecompositions. Agrees with psych::fa(fm = "minres", "ml", "pa") and stats::factanal, which minimise the same
    functions by L-BFGS-B.
    """
    matrix = np.asarray(matrix, dtype=float)
    _check(matrix, k, method)
    p = len(matrix)
    psi = initial_uniqueness(matrix) if start is None else np.asarray(start, dtype=float)
    psi = np.clip(psi, SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS)
    if method == "pa":
        loadings, psi, objective, converged, iterations = _principal_axis(matrix, k, psi)
        heywood = np.flatnonzero(psi <= 0)
    elif method == "minres":
        discrepancy = _least_squares(matrix, k)
        psi, objective, converged, iterations = _newton(discrepancy, psi, SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS)
        loadings = _least_squares_loadings(matrix, psi, k)
        heywood = np.flatnonzero(psi <= SMALLEST_UNIQUENESS)
    else:
        discrepancy = _likelihood(matrix, k)
        bounds = np.log([SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS])
        theta, objective, converged, iterations = _newton(discrepancy, np.log(psi), *bounds)
        psi = np.exp(theta)
        loadings = _likelihood_loadings(matrix, psi, k)
        heywood = np.flatnonzero(theta <= bounds[0])
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    names = list(range(1, p + 1)) if labels is None else list(labels)
    notes = []
    if len(heywood):
        limit = "at or below 0" if method == "pa" else f"at the bound {SMALLEST_UNIQUENESS}"
        notes.append(f"Heywood case: uniqueness {limit} for {', '.join(str(names[i]) for i in heywood)}")
    if not converged:
        notes.append(f"extraction by {method} did not converge in {iterations} iterations")
    improper = tuple(int(i) for i in heywood)
    return Extraction(loadings, psi, method, float(objective), converged, iterations, improper, tuple(notes))


def initial_uniqueness(matrix: np.ndarray) -> np.ndarray:
    """One minus the squared multiple correlation of each item, 1 / diag(R^-1); from the largest correlation of the item
    where R is not positive definite. Returns (p,) values between .005 and 1."""
    values, vectors = np.linalg.eigh(matrix)
    if values[0] > 1e-8:
        psi = 1 / np.sum(vectors**2 / values, axis=1)
    else:
        psi = 1 - np.max(np.abs(matrix - np.diag(np.diag(matrix))), axis=1) ** 2
    return np.clip(psi, SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS)


def _check(matrix: np.ndarray, k: int, method: str) -> None:
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise ValueError(f"a square correlation matrix of at least two items is needed, not shape {matrix.shape}")
    if not np.isfinite(matrix).all():
        raise ValueError("the correlation matrix has missing values")
    if not np.allclose(matrix, matrix.T, atol=1e-8) or not np.allclose(np.diag(matrix), 1, atol=1e-8):
        raise ValueError("the matrix is not a correlation matrix: it must be symmetric with ones on the diagonal")
    if method not in {"minres", "ml", "pa"}:
        raise ValueError(f"unknown extraction {method!r}: choose minres, ml or pa")
    p = len(matrix)
    # two items and one factor have -1 degrees of freedom, as any other model that asks for more than the data hold
    if k < 1 or k >= p or degrees_of_freedom(p, k) < 0:
        raise ValueError(f"{k} factors of {p} items leave fewer than zero degrees of freedom")
    if method == "ml" and np.linalg.eigvalsh(matrix)[0] <= 1e-10:
        raise ValueError("maximum likelihood needs a positive definite correlation matrix; use minres or smooth it")


Discrepancy = Callable[[np.ndarray], tuple[float, np.ndarray, Callable[[], tuple[np.ndarray, np.ndarray]]]]


def _least_squares(matrix: np.ndarray, k: int) -> Discrepancy:
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


def _likelihood(matrix: np.ndarray, k: int) -> Discrepancy:
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
            weights = (residual[:, None] - 1) * (residual[:, None] + factors) / (residual[:, None] - factors)
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


def _newton(discrepancy: Discrepancy, x: np.ndarray, lower: float, upper: float):
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


def _least_squares_loadings(matrix: np.ndarray, psi: np.ndarray, k: int) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix - np.diag(psi))
    return vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0))


def _likelihood_loadings(matrix: np.ndarray, psi: np.ndarray, k: int) -> np.ndarray:
    scale = np.sqrt(psi)
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    return scale[:, None] * vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k] - 1, 0))


def _principal_axis(matrix: np.ndarray, k: int, psi: np.ndarray):
    """Communalities on the diagonal, k principal axes, new communalities, until they stay (5,000 rounds at most)."""
    converged, iteration = False, 0
    while iteration < 5000:
        iteration += 1
        loadings = _least_squares_loadings(matrix, psi, k)
        new = 1 - np.sum(loadings**2, axis=1)
        change = np.max(np.abs(new - psi))
        psi = new
        if change < 1e-9:
            converged = True
            break
        if psi.min() < -1:
            break
    residual = matrix - loadings @ loadings.T
    off_diagonal = residual - np.diag(np.diag(residual))
    return loadings, psi, 0.5 * np.sum(off_diagonal**2), converged, iteration
