"""Extraction of unrotated common factors from a correlation matrix."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from psychometrics.correlation.smoothing import SINGULAR
from psychometrics.factors.discrepancy import GRADIENT, least_squares, likelihood, newton
from psychometrics.factors.dwls import weighted_least_squares
from psychometrics.factors.minres import AT_BOUND, LARGEST_UNIQUENESS, SMALLEST_UNIQUENESS, minres

METHODS = ("minres", "ml", "pa", "dwls")


@dataclass(frozen=True)
class Extraction:
    """Unrotated common factors and how the search for them ended.

    Attributes
    ----------
    loadings : numpy.ndarray of shape (p, k)
        Columns by descending sum of squares, each turned so that it sums to a positive number.
    uniqueness : numpy.ndarray of shape (p,)
        Uniquenesses.
    method : str
        One of `METHODS`.
    objective : float
        The value of the discrepancy function.
    converged : bool
        Whether the search converged.
    iterations : int
        In how many iterations the search ended.
    heywood : tuple[int, ...]
        Positions of the items whose uniqueness is improper: at or below zero for principal axis, at the bound for the
        other methods.
    notes : tuple[str, ...]
        Sentences on Heywood cases and convergence.
    starts : int
        Number of starts.
    starts_at_best : int
        How many of the starts reached the lowest discrepancy.
    """

    loadings: np.ndarray
    uniqueness: np.ndarray
    method: str
    objective: float
    converged: bool
    iterations: int
    heywood: tuple[int, ...] = ()
    notes: tuple[str, ...] = field(default=())
    starts: int = 1
    starts_at_best: int = 1


def degrees_of_freedom(p: int, k: int) -> int:
    """Count the correlations minus the free parameters of k factors of p items.

    Parameters
    ----------
    p : int
        Number of items.
    k : int
        Number of factors.

    Returns
    -------
    int
        ((p - k)^2 - (p + k)) / 2.

    Examples
    --------
    >>> degrees_of_freedom(12, 3)
    33
    """
    return ((p - k) ** 2 - (p + k)) // 2


def extract_factors(
    matrix: np.ndarray,
    k: int,
    *,
    method: str = "minres",
    weights: np.ndarray | None = None,
    start: np.ndarray | None = None,
    starts: int = 1,
    seed: int | np.random.SeedSequence = 0,
    labels: Sequence[str] | None = None,
) -> Extraction:
    r"""Extract k unrotated common factors from a correlation matrix.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlation matrix R. It has to be positive definite for `ml` only.
    k : int
        Number of factors; the model must have no fewer than zero degrees of freedom.
    method : {"minres", "ml", "pa", "dwls"}, optional
        Unweighted least squares (half the sum of squared residuals, Harman & Jones 1966, Joreskog 1977), maximum
        likelihood (Joreskog 1967), iterated principal axis, which seeks the least squares solution by fixed-point
        steps, or diagonally weighted least squares (Muthen, du Toit & Spisic 1997).
    weights : numpy.ndarray of shape (p, p), optional
        For `dwls`: the inverse asymptotic variances of the correlations, see
        `psychometrics.correlation.polychoric_errors`.
    start : numpy.ndarray of shape (p,), optional
        Uniquenesses to start from; squared multiple correlations give them by default. A bootstrap starts from the
        solution of the whole sample.
    starts : int, optional
        Number of starts; those after the first have random uniquenesses. The lowest discrepancy is taken, and a note
        says when not all starts reached it.
    seed : int or numpy.random.SeedSequence, optional
        Seed of the random starts.
    labels : Sequence[str], optional
        Names of the items for the notes, p of them; positions from 1 by default.

    Returns
    -------
    Extraction
        Heywood cases and a search that did not converge are told in `notes`.

    Raises
    ------
    ValueError
        The matrix is not a correlation matrix, k does not fit the number of items, the method is unknown, `ml` meets a
        matrix that is not positive definite, or `dwls` has no weights.

    Notes
    -----
    For minres and ml the loadings are profiled out, so that the discrepancy is a function of the uniquenesses alone:

    .. math:: F_{ULS} = \tfrac12 \sum_{m>k} \lambda_m^2(R - \Psi), \qquad
              F_{ML} = \sum_{m>k} \bigl(\lambda_m - \ln\lambda_m - 1\bigr)(\Psi^{-1/2} R \Psi^{-1/2})

    with the uniquenesses bounded to .005-1 (why: `psychometrics.factors.minres`). Both are minimised by Newton's method
    with exact second derivatives (Joreskog 1977, "Factor analysis by least-squares and maximum-likelihood methods"),
    which takes some five to ten eigendecompositions. Agrees with psych::fa(fm = "minres", "ml", "pa") and
    stats::factanal, which minimise the same functions by L-BFGS-B. DWLS: see `psychometrics.factors.dwls`; agrees with
    lavaan::efa(ordered = TRUE, estimator = "WLSMV"), which has no bound.

    Examples
    --------
    One factor of three items fits exactly: the first loading is sqrt(.56 x .48 / .42).

    >>> import numpy as np
    >>> found = extract_factors(np.array([[1, 0.56, 0.48], [0.56, 1, 0.42], [0.48, 0.42, 1]]), 1)
    >>> found.loadings[:, 0].round(3).tolist()
    [0.8, 0.7, 0.6]
    """
    matrix = np.asarray(matrix, dtype=float)
    _check(matrix, k, method)
    if method == "dwls":
        weights = _checked_weights(weights, len(matrix))
    elif weights is not None:
        raise ValueError(f"weights are for extraction by dwls, not {method}")
    if starts < 1:
        raise ValueError(f"at least one start is needed, not {starts}")
    p = len(matrix)
    psi = initial_uniqueness(matrix) if start is None else np.asarray(start, dtype=float)
    generator = np.random.default_rng(seed)
    results = [
        _search(matrix, k, method, weights, psi if number == 0 else generator.uniform(0.1, 0.9, p))
        for number in range(starts)
    ]
    ended = np.array([converged for _, _, _, converged, _ in results])
    values = np.where(ended | ~ended.any(), [objective for _, _, objective, _, _ in results], np.inf)
    at_best = values <= values.min() + 1e-6 * max(1.0, abs(values.min()))
    # the first of the equally good ones, so that more starts change nothing when all agree
    loadings, psi, objective, converged, iterations = results[int(np.argmax(at_best))]
    loadings = loadings * np.where(loadings.sum(axis=0) < 0, -1.0, 1.0)
    heywood = np.flatnonzero(psi <= (0.0 if method == "pa" else AT_BOUND))
    reached = int(at_best.sum())
    names = list(range(1, p + 1)) if labels is None else list(labels)
    notes = _notes(method, [str(names[i]) for i in heywood], converged, iterations, starts, reached)
    improper = tuple(int(i) for i in heywood)
    return Extraction(loadings, psi, method, float(objective), converged, iterations, improper, notes, starts, reached)


def _notes(
    method: str, heywood: list[str], converged: bool, iterations: int, starts: int, reached: int
) -> tuple[str, ...]:
    notes = []
    if heywood:
        limit = "at or below 0" if method == "pa" else f"at the bound {SMALLEST_UNIQUENESS}"
        notes.append(f"Heywood case: uniqueness {limit} for {', '.join(heywood)}")
    if not converged:
        notes.append(f"extraction by {method} did not converge in {iterations} iterations")
    if reached < starts:
        notes.append(f"{reached} of {starts} starts of the extraction reached the lowest discrepancy")
    return tuple(notes)


Found = tuple[np.ndarray, np.ndarray, float, bool, int]


def _search(matrix: np.ndarray, k: int, method: str, weights: np.ndarray | None, psi: np.ndarray) -> Found:
    """Loadings, uniquenesses, discrepancy, whether it converged and in how many iterations, from uniquenesses psi."""
    psi = np.clip(psi, SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS)
    if method == "pa":
        return _principal_axis(matrix, k, psi)
    if weights is not None:
        first = _least_squares_loadings(matrix, psi, k)
        found = weighted_least_squares(matrix, weights, first, 1 - SMALLEST_UNIQUENESS)
        loadings, objective, converged, iterations = found
        return loadings, 1 - np.sum(loadings**2, axis=1), objective, converged, iterations
    if method == "minres":
        loadings, psi, value, ended, steps = (part[0] for part in minres(matrix[None], k, psi, gradient=GRADIENT))
    else:
        bounds = np.log([SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS])
        theta, loadings, value, ended, steps = (
            part[0] for part in newton(likelihood(matrix[None], k), np.log(psi)[None], *bounds)
        )
        psi = np.exp(theta)
    return loadings, psi, float(value), bool(ended), int(steps)


def _least_squares_loadings(matrix: np.ndarray, psi: np.ndarray, k: int) -> np.ndarray:
    """The principal axes of R - Psi, (p, k)."""
    return least_squares(matrix[None], k)(psi[None], np.array([0])).loadings[0]


def initial_uniqueness(matrix: np.ndarray) -> np.ndarray:
    """Give uniquenesses to start from: one minus the squared multiple correlation of each item.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlation matrix R.

    Returns
    -------
    numpy.ndarray of shape (p,)
        The inverse of the diagonal of the inverse of R, between .005 and 1; from the largest correlation of the item
        where R is not positive definite.
    """
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
    if method not in METHODS:
        raise ValueError(f"unknown extraction {method!r}: choose one of {', '.join(METHODS)}")
    p = len(matrix)
    # two items and one factor have -1 degrees of freedom, as any other model that asks for more than the data hold
    if k < 1 or k >= p or degrees_of_freedom(p, k) < 0:
        raise ValueError(f"{k} factors of {p} items leave fewer than zero degrees of freedom")
    if method == "ml" and np.linalg.eigvalsh(matrix)[0] <= SINGULAR:
        raise ValueError(
            "maximum likelihood needs a positive definite correlation matrix, and this one is singular; use minres"
        )


def _checked_weights(weights: np.ndarray | None, p: int) -> np.ndarray:
    if weights is None:
        raise ValueError("extraction by dwls needs the weights of the correlations")
    weights = np.asarray(weights, dtype=float)
    off = ~np.eye(p, dtype=bool)
    if weights.shape != (p, p) or not np.allclose(weights[off], weights.T[off]):
        raise ValueError(f"the weights of {p} items are a symmetric matrix of {p} by {p}")
    if not (np.isfinite(weights[off]).all() and (weights[off] >= 0).all() and (weights[off] > 0).any()):
        raise ValueError("the weights of the correlations must be finite and not negative")
    return weights


def _principal_axis(matrix: np.ndarray, k: int, psi: np.ndarray) -> Found:
    """Communalities on the diagonal, k principal axes, new communalities, until they stay (5,000 rounds at most)."""
    loadings, converged, iteration = _least_squares_loadings(matrix, psi, k), False, 0
    while iteration < 5000:
        iteration += 1
        new = 1 - np.sum(loadings**2, axis=1)
        change = np.max(np.abs(new - psi))
        psi = new
        if change < 1e-9:
            converged = True
            break
        if psi.min() < -1:
            break
        loadings = _least_squares_loadings(matrix, psi, k)
    residual = matrix - loadings @ loadings.T
    off_diagonal = residual - np.diag(np.diag(residual))
    return loadings, psi, 0.5 * np.sum(off_diagonal**2), converged, iteration
