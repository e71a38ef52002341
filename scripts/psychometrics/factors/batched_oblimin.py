"""Oblimin of many loading matrices at once, for a bootstrap.

Every step is one operation over the whole batch. The few matrices for which the plain steps do not lead to the minimum
are handed to `gradient_projection`, which searches with more care.
"""

import numpy as np

from psychometrics.factors.gradient_projection import oblique_search
from psychometrics.factors.rotation_criteria import criterion

MOST_STEPS = 500
SETTLED = 1e-6  # length of the projected gradient; GPArotation stops at 1e-5
AT_ONCE = 4_000_000  # numbers in a slice of the batch, so that it stays in the processor's cache


def batched_oblimin(loadings: np.ndarray, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotate m loading matrices by oblimin (gamma 0), each from the position closest to a given pattern.

    Parameters
    ----------
    loadings : numpy.ndarray of shape (m, p, k)
        Unrotated loadings, missing where there are none.
    pattern : numpy.ndarray of shape (p, k)
        Pattern of the whole sample, whose order and direction the factors keep.

    Returns
    -------
    patterns : numpy.ndarray of shape (m, p, k)
        Missing where the search fails.
    phi : numpy.ndarray of shape (m, k, k)
        Correlations of the factors.

    Notes
    -----
    Jennrich (2002), Psychometrika 67, with the steps of `psychometrics.factors.gradient_projection`.
    """
    m, p, k = loadings.shape
    patterns, phi = np.full((m, p, k), np.nan), np.full((m, k, k), np.nan)
    defined = np.flatnonzero(np.isfinite(loadings).all(axis=(1, 2)) & ((loadings**2).sum(axis=1) > 1e-12).all(axis=1))
    size = max(1, AT_ONCE // (32 * p * k))
    for first in range(0, len(defined), size):
        part = defined[first : first + size]
        own = loadings[part]
        to_pattern = np.linalg.solve(own.mT @ own, own.mT @ pattern)
        usable = np.abs(np.linalg.det(to_pattern)) > 1e-8
        part, own, to_pattern = part[usable], own[usable], to_pattern[usable]
        transformations, settled = _descend(own, _unit_columns(np.linalg.inv(to_pattern).mT))
        for i in np.flatnonzero(~settled):
            found = oblique_search(own[i], _unit_columns(np.linalg.inv(to_pattern[i]).T), criterion("oblimin", p, k))
            transformations[i] = found[0] if found[2] else np.nan
        patterns[part] = own @ np.linalg.inv(transformations).mT
        phi[part] = transformations.mT @ transformations
    return patterns, phi


def _unit_columns(transformation: np.ndarray) -> np.ndarray:
    return transformation / np.sqrt((transformation * transformation).sum(axis=-2, keepdims=True))


def _slope(loadings: np.ndarray, transformation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value of oblimin and its gradient along the manifold of transformations with columns of length one."""
    inverse = np.linalg.inv(transformation)
    rotated = loadings @ inverse.mT
    squares = rotated * rotated
    others = squares.sum(axis=-1, keepdims=True) - squares
    gradient = -((rotated.mT @ (rotated * others)) @ inverse).mT
    gradient -= transformation * (transformation * gradient).sum(axis=-2, keepdims=True)
    return 0.25 * (squares * others).sum(axis=(1, 2)), gradient


def _descend(loadings: np.ndarray, transformation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Projected gradient steps of all matrices together, each with a step length of its own."""
    m = len(loadings)
    settled = np.zeros(m, dtype=bool)
    result = transformation.copy()
    active = np.arange(m)
    value, gradient = _slope(loadings, transformation)
    recent = np.repeat(value[:, None], 8, axis=1)
    step = np.ones(m)
    for number in range(MOST_STEPS):
        length = (gradient * gradient).sum(axis=(1, 2))
        done = length < SETTLED**2
        if done.any():
            settled[active[done]] = True
            result[active[done]] = transformation[done]
            go = ~done
            active, loadings, transformation = active[go], loadings[go], transformation[go]
            value, gradient, recent, step, length = value[go], gradient[go], recent[go], step[go], length[go]
        if not len(active):
            break
        candidate = _unit_columns(transformation - step[:, None, None] * gradient)
        collapsed = np.abs(np.linalg.det(candidate)) < 1e-12
        candidate[collapsed] = transformation[collapsed]
        new_value, new_gradient = _slope(loadings, candidate)
        down = new_value <= recent.max(axis=1) - 1e-4 * step * length + 1e-14
        down &= ~collapsed
        moved, turned = candidate - transformation, new_gradient - gradient
        curvature = np.abs((moved * turned).sum(axis=(1, 2)))
        longer = np.divide((moved * moved).sum(axis=(1, 2)), curvature, out=np.ones(len(step)), where=curvature > 0)
        step = np.where(down, np.clip(longer, 1e-6, 1e6), step / 4)
        transformation = np.where(down[:, None, None], candidate, transformation)
        gradient = np.where(down[:, None, None], new_gradient, gradient)
        value = np.where(down, new_value, value)
        recent[down, number % 8] = value[down]
    return result, settled
