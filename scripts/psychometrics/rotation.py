"""Rotation of factor loadings by gradient projection."""
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ORTHOGONAL = ("varimax", "quartimax", "geomin_t", "bifactor_t")
OBLIQUE = ("promax", "oblimin", "geomin_q", "target_q", "bifactor_q")
METHODS = ("none", *ORTHOGONAL, *OBLIQUE)

GRADIENT_TOLERANCE = 1e-8  # length of the projected gradient; GPArotation stops at 1e-5
MAX_ITERATIONS = 10_000


@dataclass(frozen=True)
class Rotation:
    """Rotated loadings.

    pattern (p, k) = loadings inv(T)', phi (k, k) = T'T for the transformation T (k, k); `value` is the criterion at the
    best of `starts` starts and `starts_at_best` says how many of them reached it.
    """

    pattern: np.ndarray
    phi: np.ndarray
    transformation: np.ndarray
    value: float
    converged: bool
    starts: int
    starts_at_best: int
    notes: tuple[str, ...] = ()


def rotate(
    loadings: np.ndarray,
    *,
    method: str,
    normalize: bool | None = None,
    gamma: float = 0.0,
    delta: float = 0.01,
    power: int = 4,
    target: np.ndarray | None = None,
    starts: int = 1,
    seed: int | np.random.SeedSequence = 0,
    start: np.ndarray | None = None,
) -> Rotation:
    r"""Rotate (p, k) loadings to simple structure.

    Parameters
    ----------
    loadings : (p, k) unrotated, orthogonal loadings.
    method : none; orthogonal: varimax, quartimax, geomin_t, bifactor_t; oblique: promax, oblimin, geomin_q, target_q,
        bifactor_q. Bifactor leaves the first column, the general factor, out of the criterion.
    normalize : Kaiser normalization, rows of length one while rotating. By default as the field does it: for varimax
        only. Promax always starts from a normalized varimax; with `normalize` its target is built from normalized rows.
    gamma : of oblimin; 0 is quartimin, negative is less oblique, positive may have no minimum.
    delta : of geomin, above 0.
    power : of promax.
    target : (p, k) wanted loadings for target_q, missing where the loading is free.
    starts : number of starts: the first is the identity (or `start`), the others are random orthogonal matrices.
    seed : of the random starts.
    start : (k, k) transformation to begin with.

    Raises
    ------
    ValueError : unknown method, a target that is missing or misplaced, bifactor with fewer than three factors.

    Notes
    -----
    Gradient projection for orthogonal (Jennrich 2001, Psychometrika 66) and oblique rotation (Jennrich 2002,
    Psychometrika 67), with the criteria of Bernaards and Jennrich (2005, Educ. Psychol. Meas. 65); bifactor: Jennrich
    and Bentler (2011, Psychometrika 76; 2012, Psychometrika 77). The step length is that of Barzilai and Borwein (1988)
    with a line search that allows the criterion to rise for a moment (Grippo, Lampariello & Lucidi 1986); it needs far
    fewer steps than halving and doubling. Agrees with GPArotation (oblimin, geominQ, geominT, pstQ, bifactorT,
    bifactorQ, Varimax, quartimax), stats::varimax, stats::promax (= psych's `Promax`, factanal's `promax`) and, with
    `normalize`, psych's `promax`.
    """
    loadings = np.asarray(loadings, dtype=float)
    p, k = loadings.shape
    _check(method, p, k, target, starts, delta)
    identity = np.eye(k)
    if method == "none" or k == 1:
        return Rotation(loadings.copy(), identity, identity, 0.0, True, 1, 1)
    weight = np.ones((p, 1))
    if normalize or (normalize is None and method == "varimax"):
        length = np.sqrt(np.sum(loadings**2, axis=1, keepdims=True))
        weight = np.where(length > 0, length, 1.0)
    scaled = loadings / weight
    if method == "promax":
        return _promax(loadings, scaled, weight, power, starts, seed, start)

    criterion = _criterion(method, p, k, gamma, delta, target)
    search = _orthogonal_search if method in ORTHOGONAL else _oblique_search
    generator = np.random.default_rng(seed)
    results = []
    for number in range(starts):
        first = identity if start is None else np.asarray(start, dtype=float)
        transformation = first if number == 0 else _random_orthogonal(generator, k)
        results.append(search(scaled, transformation, criterion))
    values = np.array([value for _, value, _ in results])
    at_best = values <= np.nanmin(values) + 1e-6 * max(1.0, abs(np.nanmin(values)))
    # the first of the equally good ones, so that more starts change nothing when all agree
    transformation, value, converged = results[int(np.argmax(at_best))]
    phi = identity if method in ORTHOGONAL else transformation.T @ transformation
    pattern = weight * (scaled @ np.linalg.inv(transformation).T)
    notes = _notes(method, converged, starts, int(at_best.sum()), phi)
    return Rotation(pattern, phi, transformation, float(value), converged, starts, int(at_best.sum()), notes)


def _check(method, p, k, target, starts, delta) -> None:
    if method not in METHODS:
        raise ValueError(f"unknown rotation {method!r}: choose one of {', '.join(METHODS)}")
    if starts < 1:
        raise ValueError(f"at least one start is needed, not {starts}")
    if delta <= 0:
        raise ValueError(f"geomin's delta must be above 0, not {delta}")
    if method.startswith("bifactor") and k == 2:
        raise ValueError("a bifactor rotation needs a general and at least two group factors, not two factors in all")
    if method == "target_q" and (target is None or np.shape(target) != (p, k)):
        raise ValueError(f"target_q needs a target of shape ({p}, {k})")


def _notes(method, converged, starts, at_best, phi) -> tuple[str, ...]:
    notes = []
    if not converged:
        notes.append(f"rotation by {method} did not converge")
    if at_best < starts:
        notes.append(f"{at_best} of {starts} starts of the rotation reached the best value")
    largest = np.max(np.abs(phi - np.diag(np.diag(phi))))
    if largest > 0.99:
        notes.append(f"rotation by {method} collapsed: two factors correlate {largest:.3f}")
    return tuple(notes)


def _promax(loadings, scaled, weight, power, starts, seed, start) -> Rotation:
    """Hendrickson and White (1964): regress the powered varimax loadings on the varimax loadings."""
    varimax = rotate(scaled, method="varimax", normalize=True, starts=starts, seed=seed, start=start)
    wanted = varimax.pattern * np.abs(varimax.pattern) ** (power - 1)
    inverse = np.linalg.lstsq(varimax.pattern, wanted, rcond=None)[0]
    inverse *= np.sqrt(np.diag(np.linalg.inv(inverse.T @ inverse)))  # unit variances of the factors
    inverse = varimax.transformation @ inverse
    transformation = np.linalg.inv(inverse).T
    pattern = weight * (scaled @ inverse)
    return Rotation(
        pattern, transformation.T @ transformation, transformation, varimax.value, varimax.converged, starts,
        varimax.starts_at_best, tuple(note.replace("varimax", "promax") for note in varimax.notes),
    )


def _random_orthogonal(generator, k: int) -> np.ndarray:
    q, r = np.linalg.qr(generator.normal(size=(k, k)))
    return q * np.sign(np.diag(r))


Criterion = Callable[[np.ndarray], tuple[float, np.ndarray]]


def _criterion(method, p, k, gamma, delta, target) -> Criterion:
    """The criterion Q of a method: loadings -> (value, gradient with respect to the loadings)."""

    def oblimin(loadings):
        squares = loadings * loadings
        others = squares.sum(axis=1, keepdims=True) - squares
        if gamma:
            others -= gamma / p * others.sum(axis=0)
        return 0.25 * np.vdot(squares, others), loadings * others

    def varimax(loadings):
        squares = loadings * loadings
        centred = squares - squares.mean(axis=0)
        return -0.25 * np.vdot(centred, centred), -loadings * centred

    def quartimax(loadings):
        squares = loadings * loadings
        return -0.25 * np.vdot(squares, squares), -loadings * squares

    def geomin(loadings):
        squares = loadings * loadings + delta
        product = np.exp(np.log(squares).sum(axis=1, keepdims=True) / k)
        return product.sum(), (2 / k) * product * loadings / squares

    def bifactor(loadings):
        group = loadings.copy()
        group[:, 0] = 0.0
        squares = group * group
        others = squares.sum(axis=1, keepdims=True) - squares
        return np.vdot(squares, others), 4 * group * others

    if method == "target_q":
        wanted = np.asarray(target, dtype=float)
        fixed = np.isfinite(wanted)
        wanted = np.where(fixed, wanted, 0.0)

    def partial_target(loadings):
        difference = fixed * (loadings - wanted)
        return np.vdot(difference, difference), 2 * difference

    return {
        "oblimin": oblimin, "varimax": varimax, "quartimax": quartimax, "geomin_q": geomin, "geomin_t": geomin,
        "bifactor_q": bifactor, "bifactor_t": bifactor, "target_q": partial_target,
    }[method]


def _oblique_search(loadings: np.ndarray, start: np.ndarray, criterion: Criterion):
    """Minimise Q(A inv(T)') over T with columns of length one (Jennrich 2002, section 2)."""

    def at(transformation):
        try:
            inverse = np.linalg.inv(transformation)
        except np.linalg.LinAlgError:  # two factors fell onto each other: the line search steps back
            return np.inf, np.zeros_like(transformation)
        rotated = loadings @ inverse.T
        value, slope = criterion(rotated)
        gradient = -((rotated.T @ slope) @ inverse).T
        return value, gradient - transformation * (transformation * gradient).sum(axis=0)

    def onto_the_manifold(transformation):
        return transformation / np.sqrt((transformation * transformation).sum(axis=0))

    return _descend(at, onto_the_manifold, onto_the_manifold(start))


def _orthogonal_search(loadings: np.ndarray, start: np.ndarray, criterion: Criterion):
    """Minimise Q(A T) over orthogonal T (Jennrich 2001, section 3)."""

    def at(transformation):
        value, slope = criterion(loadings @ transformation)
        gradient = loadings.T @ slope
        product = transformation.T @ gradient
        return value, gradient - transformation @ (product + product.T) / 2

    def onto_the_manifold(transformation):
        left, _, right = np.linalg.svd(transformation)
        return left @ right

    return _descend(at, onto_the_manifold, onto_the_manifold(start))


def _descend(at, onto_the_manifold, transformation):
    """Projected gradient steps until the projected gradient vanishes: (transformation, value, converged)."""
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
            return transformation, value, length < (100 * GRADIENT_TOLERANCE) ** 2
        moved, turned = candidate - transformation, new_gradient - gradient
        curvature = np.vdot(moved, turned)
        step = np.vdot(moved, moved) / abs(curvature) if curvature != 0 else 1.0
        step = min(max(step, 1e-6), 1e6)
        transformation, value, gradient = candidate, new_value, new_gradient
        recent.append(value)
    return transformation, value, False
