"""Gradient projection: from one start to the transformation that minimises a criterion of simple structure.

The step length is that of Barzilai and Borwein (1988, IMA J. Numer. Anal. 8) with a line search that lets the criterion
rise for a moment (Grippo, Lampariello & Lucidi 1986, SIAM J. Numer. Anal. 23); it needs far fewer steps than the
halving and doubling of GPArotation, and ends at the same place.
"""

from collections import deque
from collections.abc import Callable

import numpy as np

from psychometrics.factors.rotation_criteria import Criterion

GRADIENT_TOLERANCE = 1e-8  # length of the projected gradient; GPArotation stops at 1e-5
MAX_ITERATIONS = 10_000

Found = tuple[np.ndarray, float, bool]


def oblique_search(loadings: np.ndarray, start: np.ndarray, wanted: Criterion) -> Found:
    """Minimise Q(A inv(T)') over transformations T with columns of length one.

    Parameters
    ----------
    loadings : numpy.ndarray
        Unrotated loadings A, (p, k).
    start : numpy.ndarray
        Transformation (k, k) to begin with.
    wanted : Criterion
        Q, from `rotation_criteria.criterion`.

    Returns
    -------
    transformation : numpy.ndarray
        T, (k, k).
    value : float
        Q at T.
    converged : bool
        Whether the search converged.

    Notes
    -----
    Jennrich (2002), Psychometrika 67, section 2. Agrees with GPArotation::GPFoblq.
    """

    def _at(transformation: np.ndarray) -> tuple[float, np.ndarray]:
        try:
            inverse = np.linalg.inv(transformation)
        except np.linalg.LinAlgError:  # two factors fell onto each other: the line search steps back
            return np.inf, np.zeros_like(transformation)
        rotated = loadings @ inverse.T
        value, slope = wanted(rotated)
        gradient = -((rotated.T @ slope) @ inverse).T
        return value, gradient - transformation * (transformation * gradient).sum(axis=0)

    def _onto_the_manifold(transformation: np.ndarray) -> np.ndarray:
        return transformation / np.sqrt((transformation * transformation).sum(axis=0))

    return _descend(_at, _onto_the_manifold, _onto_the_manifold(start))


def orthogonal_search(loadings: np.ndarray, start: np.ndarray, wanted: Criterion) -> Found:
    """Minimise Q(A T) over orthogonal transformations T.

    Parameters
    ----------
    loadings : numpy.ndarray
        Unrotated loadings A, (p, k).
    start : numpy.ndarray
        Transformation (k, k) to begin with.
    wanted : Criterion
        Q, from `rotation_criteria.criterion`.

    Returns
    -------
    transformation : numpy.ndarray
        T, (k, k).
    value : float
        Q at T.
    converged : bool
        Whether the search converged.

    Notes
    -----
    Jennrich (2001), Psychometrika 66, section 3. Agrees with GPArotation::GPForth.
    """

    def _at(transformation: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = wanted(loadings @ transformation)
        gradient = loadings.T @ slope
        product = transformation.T @ gradient
        return value, gradient - transformation @ (product + product.T) / 2

    def _onto_the_manifold(transformation: np.ndarray) -> np.ndarray:
        left, _, right = np.linalg.svd(transformation)
        return left @ right

    return _descend(_at, _onto_the_manifold, _onto_the_manifold(start))


def _descend(at: Criterion, onto_the_manifold: Callable[[np.ndarray], np.ndarray], transformation: np.ndarray) -> Found:
    """Projected gradient steps until the projected gradient vanishes."""
    value, gradient = at(transformation)
    recent = deque([value], maxlen=8)
    step = 1.0
    for _ in range(MAX_ITERATIONS):
        length = np.vdot(gradient, gradient)
        if length < GRADIENT_TOLERANCE**2:
            return transformation, value, True
        ceiling = max(recent)
        for _ in range(40):
            candidate = onto_the_manifold(transformation - step * gradient)
            new_value, new_gradient = at(candidate)
            # close to the minimum the fall is below the rounding of the criterion
            if new_value <= ceiling - 1e-4 * step * length + 1e-14 * max(1.0, abs(ceiling)):
                break
            step /= 4
        else:
            return transformation, value, bool(length < (100 * GRADIENT_TOLERANCE) ** 2)
        moved, turned = candidate - transformation, new_gradient - gradient
        curvature = np.vdot(moved, turned)
        step = np.vdot(moved, moved) / abs(curvature) if curvature != 0 else 1.0
        step = min(max(step, 1e-6), 1e6)
        transformation, value, gradient = candidate, new_value, new_gradient
        recent.append(value)
    return transformation, value, False
