"""Rotation of factor loadings by gradient projection."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from psychometrics.factors.gradient_projection import oblique_search, orthogonal_search
from psychometrics.factors.rotation_criteria import criterion

ORTHOGONAL = ("varimax", "quartimax", "geomin_t", "target_t", "bifactor_t")
OBLIQUE = ("promax", "oblimin", "geomin_q", "target_q", "bifactor_q")
METHODS = ("none", *ORTHOGONAL, *OBLIQUE)


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
    method : none; orthogonal: varimax, quartimax, geomin_t, target_t, bifactor_t; oblique: promax, oblimin, geomin_q,
        target_q, bifactor_q. Bifactor leaves the first column, the general factor, out of the criterion.
    normalize : Kaiser normalization, rows of length one while rotating. By default as the field does it: for varimax
        only. Promax always starts from a normalized varimax; with `normalize` its target is built from normalized rows.
    gamma : of oblimin; 0 is quartimin, negative is less oblique, positive may have no minimum.
    delta : of geomin, above 0.
    power : of promax.
    target : (p, k) wanted loadings for target_t and target_q, missing where the loading is free; see
        `psychometrics.factors.target`. With `normalize` it is compared with the normalized loadings.
    starts : number of starts: the first is the identity (or `start`; for a target varimax), the others are random
        orthogonal matrices. For a target their columns are put in its order and direction.
    seed : of the random starts.
    start : (k, k) transformation to begin with.

    Raises
    ------
    ValueError : unknown method, a target that is missing, of another shape or fixes too little, bifactor with two
        factors.

    Notes
    -----
    Gradient projection for orthogonal (Jennrich 2001, Psychometrika 66) and oblique rotation (Jennrich 2002,
    Psychometrika 67), with the criteria of Bernaards and Jennrich (2005, Educ. Psychol. Meas. 65); bifactor: Jennrich
    and Bentler (2011, Psychometrika 76; 2012, Psychometrika 77); the search itself: `gradient_projection`. Agrees with
    GPArotation (oblimin, geominQ, geominT, pstQ, pstT, bifactorT, bifactorQ, Varimax, quartimax), stats::varimax,
    stats::promax (= psych's `Promax`, factanal's `promax`) and, with `normalize`, psych's `promax`.
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

    wanted = criterion(method, p, k, gamma=gamma, delta=delta, target=target)
    search = orthogonal_search if method in ORTHOGONAL else oblique_search
    generator = np.random.default_rng(seed)
    results = []
    for number in range(starts):
        first = identity if start is None else np.asarray(start, dtype=float)
        transformation = first if number == 0 else _random_orthogonal(generator, k)
        if method.startswith("target") and (number > 0 or start is None):
            if number == 0:
                transformation = rotate(scaled, method="varimax", normalize=False).transformation
            transformation = _towards_target(scaled, transformation, np.asarray(target, dtype=float))
        results.append(search(scaled, transformation, wanted))
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
    if method.startswith("target"):
        _check_target(method, p, k, target)


def _check_target(method, p, k, target) -> None:
    if target is None or np.shape(target) != (p, k):
        given = "none" if target is None else f"one of {' x '.join(map(str, np.shape(target)))}"
        raise ValueError(f"{method} needs a target of {p} items x {k} factors, and {given} was given")
    fixed = np.isfinite(np.asarray(target, dtype=float))
    # fewer leave a factor free to turn without any change of the criterion (Browne 2001, Multivar. Behav. Res. 36)
    needed = k - 1 if method == "target_q" else 0
    if (fixed.sum(axis=0) < needed).any():
        short = int(np.argmin(fixed.sum(axis=0)))
        raise ValueError(
            f"the target fixes {fixed.sum(axis=0)[short]} loadings of its factor {short + 1}: "
            f"an oblique rotation of {k} factors needs at least {needed} for each"
        )
    if fixed.sum() < k * (k - 1) // 2:
        raise ValueError(
            f"the target fixes {fixed.sum()} loadings: an orthogonal rotation of {k} factors needs at "
            f"least {k * (k - 1) // 2}"
        )


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
        pattern,
        transformation.T @ transformation,
        transformation,
        varimax.value,
        varimax.converged,
        starts,
        varimax.starts_at_best,
        tuple(note.replace("varimax", "promax") for note in varimax.notes),
    )


def _towards_target(scaled, transformation, target) -> np.ndarray:
    """The columns of an orthogonal transformation in the order and direction that suit the target best, which the
    search itself cannot change: between them lie hills."""
    loadings = scaled @ transformation
    fixed = np.isfinite(target)
    wanted = np.where(fixed, target, 0.0)
    squares = (loadings**2).T @ fixed + (wanted**2).sum(axis=0)
    products = 2 * loadings.T @ wanted
    order = linear_sum_assignment(squares - np.abs(products))[1].argsort()
    signs = np.where(products[order, np.arange(len(order))] < 0, -1.0, 1.0)
    return transformation[:, order] * signs


def _random_orthogonal(generator, k: int) -> np.ndarray:
    q, r = np.linalg.qr(generator.normal(size=(k, k)))
    return q * np.sign(np.diag(r))
