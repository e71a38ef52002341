"""Minres factors, oblimin and second-order factors of many correlation matrices at once, for a bootstrap.

Every step is one operation over the whole stack. The few matrices for which the plain steps do not lead to the minimum
are handed to `extraction.extract` and `rotation.rotate`, which search with more care.
"""

import numpy as np

from psychometrics.factors.discrepancy import least_squares_loadings
from psychometrics.factors.extraction import LARGEST_UNIQUENESS, SMALLEST_UNIQUENESS, extract_factors
from psychometrics.factors.gradient_projection import oblique_search
from psychometrics.factors.rotation_criteria import criterion

BOUNDS = (SMALLEST_UNIQUENESS, LARGEST_UNIQUENESS)
NEWTON_STEPS = 30
CONVERGED = 1e-7  # gradient of half the sum of squared residuals by the uniquenesses
ROTATION_STEPS = 500
ROTATED = 1e-6  # length of the projected gradient; GPArotation stops at 1e-5
AT_ONCE = 4_000_000  # numbers in a slice of the stack, so that it stays in the processor's cache


def stacked_minres(matrices: np.ndarray, k: int, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Minres loadings (m, p, k) and uniquenesses (m, p) of m correlation matrices; missing where the search fails.

    Parameters
    ----------
    matrices : (m, p, p) correlation matrices, missing where they are undefined.
    k : number of factors.
    start : (p,) uniquenesses to start from, those of the whole sample.

    Notes
    -----
    The minimum of `extract(method="minres")`, with the same bounds on the uniquenesses and the same exact second
    derivatives (`psychometrics.factors.discrepancy.least_squares`).
    """
    m, p, _ = matrices.shape
    loadings, uniqueness = np.full((m, p, k), np.nan), np.full((m, p), np.nan)
    defined = np.flatnonzero(np.isfinite(matrices).all(axis=(1, 2)))
    size = max(1, AT_ONCE // (8 * p * p))
    for first in range(0, len(defined), size):
        part = defined[first : first + size]
        loadings[part], uniqueness[part] = _newton(matrices[part], k, np.clip(start, *BOUNDS))
        for i in part[np.isnan(uniqueness[part, 0])]:
            found = extract_factors(matrices[i], k, start=start)
            usable = found.converged
            uniqueness[i] = found.uniqueness if usable else np.nan
            loadings[i] = least_squares_loadings(matrices[i], found.uniqueness, k) if usable else np.nan
    return loadings, uniqueness


def _newton(matrices, k, start):
    """Loadings and uniquenesses by Newton steps, halved where they do not lead down; missing without a minimum."""
    m, p, _ = matrices.shape
    items = np.arange(p)
    psi, loadings, found = np.repeat(start[None], m, axis=0), np.full((m, p, k), np.nan), np.full((m, p), np.nan)
    active, best = np.arange(m), np.full(m, np.inf)
    before, step = psi.copy(), np.zeros((m, p))
    for _ in range(NEWTON_STEPS):
        values, vectors = np.linalg.eigh(matrices[active] - psi[active][:, :, None] * np.eye(p))
        residual = values[:, :-k]
        value = 0.5 * (residual * residual).sum(axis=1)
        # near the minimum the fall is smaller than the rounding of the sum
        down = (value <= best[active] + 1e-13) & (values[:, -k] > 0)
        short = active[~down]
        step[short] /= 2
        psi[short] = np.clip(before[short] + step[short], *BOUNDS)
        here, values, vectors, residual = active[down], values[down], vectors[down], residual[down]
        best[here] = value[down]
        now, small = psi[here], vectors[:, :, :-k]
        gradient = -np.matvec(small * small, residual)
        held = ((now <= SMALLEST_UNIQUENESS) & (gradient > 0)) | ((now >= LARGEST_UNIQUENESS) & (gradient < 0))
        gradient[held] = 0.0
        done = np.abs(gradient).max(axis=1, initial=0.0) < CONVERGED
        found[here[done]] = now[done]
        loadings[here[done]] = vectors[done][:, :, : -k - 1 : -1] * np.sqrt(values[done][:, None, : -k - 1 : -1])
        going = ~done
        onward = here[going]
        if len(onward):
            hessian = _second_derivatives(values[going], vectors[going], k)
            free = ~held[going]
            hessian *= free[:, :, None] & free[:, None, :]
            hessian[:, items, items] += ~free
            before[onward] = now[going]
            step[onward] = -np.linalg.solve(hessian, gradient[going][:, :, None])[:, :, 0]
            psi[onward] = np.clip(now[going] + step[onward], *BOUNDS)
        active = np.concatenate([short, onward])
        if not active.size:
            break
    return loadings, found


def _second_derivatives(values, vectors, k):
    """Exact second derivatives where they are positive definite, else their positive part with a ridge; (m, p, p)."""
    p = vectors.shape[1]
    small, large, residual = vectors[:, :, :-k], vectors[:, :, -k:], values[:, :-k]
    basis = np.eye(p) - large @ large.mT
    positive = basis * basis
    exact = positive.copy()
    for j in range(k):
        scaled = small * large[:, :, [j]]
        weights = 2 * residual / (residual - values[:, [j - k]])
        exact += (scaled * weights[:, None, :]) @ scaled.mT
    try:
        np.linalg.cholesky(exact)
    except np.linalg.LinAlgError:  # it does not say which
        indefinite = np.linalg.eigvalsh(exact)[:, 0] < 1e-6
        exact[indefinite] = positive[indefinite] + 1e-6 * np.eye(p)
    return exact


def stacked_oblimin(loadings: np.ndarray, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Oblimin (gamma 0) of m loading matrices from the position closest to a given pattern, in its order and direction.

    Parameters
    ----------
    loadings : (m, p, k) unrotated loadings, missing where there are none; pattern : (p, k) of the whole sample.

    Returns
    -------
    Patterns (m, p, k) and correlations of the factors (m, k, k); missing where the search fails.

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


def _unit_columns(transformation):
    return transformation / np.sqrt((transformation * transformation).sum(axis=-2, keepdims=True))


def _slope(loadings, transformation):
    """Value of oblimin and its gradient along the manifold of transformations with columns of length one."""
    inverse = np.linalg.inv(transformation)
    rotated = loadings @ inverse.mT
    squares = rotated * rotated
    others = squares.sum(axis=-1, keepdims=True) - squares
    gradient = -((rotated.mT @ (rotated * others)) @ inverse).mT
    gradient -= transformation * (transformation * gradient).sum(axis=-2, keepdims=True)
    return 0.25 * (squares * others).sum(axis=(1, 2)), gradient


def _descend(loadings, transformation):
    """Projected gradient steps of all matrices together, each with a step length of its own."""
    m = len(loadings)
    settled = np.zeros(m, dtype=bool)
    result = transformation.copy()
    active = np.arange(m)
    value, gradient = _slope(loadings, transformation)
    recent = np.repeat(value[:, None], 8, axis=1)
    step = np.ones(m)
    for number in range(ROTATION_STEPS):
        length = (gradient * gradient).sum(axis=(1, 2))
        done = length < ROTATED**2
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
