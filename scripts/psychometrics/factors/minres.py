"""Minres: factors by unweighted least squares, of one correlation matrix or of thousands at once.

The one place where the project fits factors by least squares, under one policy for improper solutions: a uniqueness
lies between .005 and 1, as in psych::fa and stats::factanal. Reliability is the share of error in a score, and a
negative error variance (which lavaan allows) has no share: without the bound omega could exceed 1, H would be
undefined, and for some resamples no finite loadings exist at all. An item at the bound is a Heywood case, and whoever
reports the solution says so. Its loadings can still exceed 1 a little (an ultra-Heywood case in psych's words): they
weigh the misfit of the item's communality against that of its correlations.
"""

from typing import NamedTuple

import numpy as np

from psychometrics.factors.discrepancy import least_squares, newton

SMALLEST_UNIQUENESS = 0.005
LARGEST_UNIQUENESS = 1.0
AT_BOUND = SMALLEST_UNIQUENESS * (1 + 1e-8)
GRADIENT = 1e-7  # of batches: slope of half the sum of squared residuals by a uniqueness
TOLERANCE = 1e-10  # of the loadings of one factor
SWEEPS = 1000
RUN_AWAY = 2.0  # a loading beyond it is on its way to a Heywood case
AT_ONCE = 500_000  # numbers in a slice of the batch, so that it stays in the processor's cache


class Minres(NamedTuple):
    """Least squares solutions of m correlation matrices.

    Attributes
    ----------
    loadings : numpy.ndarray of shape (m, p, k)
        Unrotated loadings by descending sum of squares.
    uniqueness : numpy.ndarray of shape (m, p)
        Uniquenesses, from .005 to 1.
    objective : numpy.ndarray of shape (m,)
        Half the sum of the squared residuals.
    converged : numpy.ndarray of shape (m,)
        True where the search converged.
    iterations : numpy.ndarray of shape (m,)
        Points that each search went through.
    """

    loadings: np.ndarray
    uniqueness: np.ndarray
    objective: np.ndarray
    converged: np.ndarray
    iterations: np.ndarray


def minres(matrices: np.ndarray, k: int, start: np.ndarray, *, gradient: float = GRADIENT) -> Minres:
    """Extract unrotated factors of correlation matrices by unweighted least squares.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, p, p)
        Correlation matrices, missing where they are undefined.
    k : int
        Number of factors.
    start : numpy.ndarray of shape (p,) or (m, p)
        Uniquenesses to start from: of a bootstrap those of the whole sample.
    gradient : float, optional
        Largest slope by a free uniqueness at which a search has converged.

    Returns
    -------
    Minres
        All missing where a correlation is missing.

    Notes
    -----
    Harman and Jones (1966), Psychometrika 31, 351-368. The minimum over uniquenesses between .005 and 1, by
    `psychometrics.factors.discrepancy.newton`. Agrees with psych::fa(fm = "minres"), which stops earlier.
    """
    m, p, _ = matrices.shape
    found = Minres(
        np.full((m, p, k), np.nan), np.full((m, p), np.nan), np.full(m, np.nan), np.zeros(m, bool), np.zeros(m, int)
    )
    defined = np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2)))
    size = max(1, AT_ONCE // (p * p))
    begin = np.clip(np.asarray(start, dtype=float), SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS)
    begin = np.broadcast_to(begin, (m, p))
    for first in range(0, len(defined), size):
        part = defined[first : first + size]
        ended = newton(
            least_squares(matrices[part], k),
            begin[part],
            SMALLEST_UNIQUENESS,
            LARGEST_UNIQUENESS,
            gradient=gradient,
        )
        found.loadings[part], found.uniqueness[part], found.objective[part] = ended.loadings, ended[0], ended.value
        found.converged[part], found.iterations[part] = ended.converged, ended.iterations
    return found


def one_factor_minres(
    correlation: np.ndarray, *, start: np.ndarray | None = None, tolerance: float = TOLERANCE, sweeps: int = SWEEPS
) -> np.ndarray:
    r"""Extract one factor by unweighted least squares, of many matrices in the time of one.

    The minimum of `minres` with one factor, by a search that needs no eigenvalues: each loading in turn is set to its
    least squares value given the others,

    .. math:: l_i = \sum_{j \ne i} r_{ij} l_j \Big/ \sum_{j \ne i} l_j^2 ,

    until none moves. All matrices move together, so that a bootstrap costs about as much as one solution.

    Parameters
    ----------
    correlation : numpy.ndarray of shape (..., p, p)
        Correlation matrices, p at least 3.
    start : numpy.ndarray of shape (p,), optional
        Loadings to begin at; by default the first principal axis of each matrix.
    tolerance : float, optional
        Largest change of a loading in the last sweep.
    sweeps : int, optional
        After this many, a matrix is left to `minres`.

    Returns
    -------
    numpy.ndarray of shape (..., p)
        Loadings whose sum is not negative; missing where a correlation is missing or no search settles.

    Notes
    -----
    Harman and Jones (1966), Psychometrika 31, 351-368. Agrees with psych::fa(nfactors = 1, fm = "minres"). The sweeps
    know no bound: where they end at a Heywood case or do not end, `minres` starts anew from uniquenesses of .5, from
    which it reached the lowest of several minima in all of 3,000 small samples.
    """
    matrices = np.asarray(correlation, dtype=float)
    p = matrices.shape[-1]
    stack = matrices.reshape(-1, p, p)
    loadings = np.full((len(stack), p), np.nan)
    active = np.flatnonzero(np.isfinite(stack).all(axis=(1, 2)))
    # the last axis runs over the matrices, so that every step below is one contiguous operation
    off = np.ascontiguousarray(stack[active].transpose(1, 2, 0))
    off[np.arange(p), np.arange(p)] = 0.0
    current = _first_axis(stack[active], start).T.copy()
    left = []
    for _ in range(sweeps):
        if not active.size:
            break
        before = current.copy()
        squares = (current**2).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for i in range(p):
                rest = squares - current[i] ** 2
                current[i] = (off[i] * current).sum(axis=0) / rest
                squares = rest + current[i] ** 2
        settled = np.abs(current - before).max(axis=0) < tolerance
        lost = ~(np.abs(current).max(axis=0) < RUN_AWAY)
        if (settled | lost).any():
            proper = settled & ~heywood_cases(current).any(axis=0)
            loadings[active[proper]] = current[:, proper].T
            left.append(active[(settled | lost) & ~proper])
            going = ~(settled | lost)
            active, current, off = active[going], current[:, going], np.ascontiguousarray(off[:, :, going])
    improper = np.concatenate([*left, active])
    found = minres(stack[improper], 1, np.full(p, 0.5))
    loadings[improper] = np.where(found.converged[:, None], found.loadings[:, :, 0], np.nan)
    loadings *= np.where(loadings.sum(axis=1, keepdims=True) < 0, -1, 1)
    return loadings.reshape(matrices.shape[:-1])


def _first_axis(stack: np.ndarray, start: np.ndarray | None) -> np.ndarray:
    """Loadings (m, p) to begin at."""
    if start is not None:
        return np.broadcast_to(np.asarray(start, dtype=float), stack.shape[:2])
    values, vectors = np.linalg.eigh(stack)
    return vectors[..., -1] * np.sqrt(np.maximum(values[..., -1:], 0))


def uniquenesses(loadings: np.ndarray) -> np.ndarray:
    """Give the uniquenesses of the items of one factor.

    Parameters
    ----------
    loadings : numpy.ndarray
        Loadings of `one_factor_minres`, any shape.

    Returns
    -------
    numpy.ndarray
        One minus the squared loadings, and at least .005; the same shape.
    """
    return np.maximum(1 - loadings**2, SMALLEST_UNIQUENESS)


def heywood_cases(loadings: np.ndarray) -> np.ndarray:
    """Tell which items of one factor have a uniqueness at its lower bound.

    Parameters
    ----------
    loadings : numpy.ndarray
        Loadings of `one_factor_minres`, any shape.

    Returns
    -------
    numpy.ndarray
        True for a Heywood case, the same shape; False where a loading is missing.
    """
    return 1 - loadings**2 <= AT_BOUND
