"""Rotation of factor loadings by gradient projection."""

from dataclasses import dataclass

import numpy as np

from psychometrics.factors.assignment import best_pairs
from psychometrics.factors.gradient_projection import oblique_search, orthogonal_search
from psychometrics.factors.rotation_criteria import criterion

ORTHOGONAL = ("varimax", "quartimax", "geomin_t", "target_t", "bifactor_t")
OBLIQUE = ("promax", "oblimin", "geomin_q", "target_q", "bifactor_q")
METHODS = ("none", *ORTHOGONAL, *OBLIQUE)


@dataclass(frozen=True)
class Rotation:
    """Rotated loadings, and how the search for them ended.

    Attributes
    ----------
    pattern : numpy.ndarray
        Rotated pattern loadings (p, k): loadings inv(T)'.
    phi : numpy.ndarray
        Correlations of the factors (k, k): T'T.
    transformation : numpy.ndarray
        The transformation T, (k, k).
    value : float
        The criterion at the best start.
    converged : bool
        Whether the search from the best start converged.
    starts : int
        Number of starts.
    starts_at_best : int
        How many of the starts reached the best value.
    notes : tuple of str
        What to mind: no convergence, starts that ended elsewhere, factors that collapsed into one.
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
    r"""Rotate loadings to simple structure.

    Parameters
    ----------
    loadings : numpy.ndarray
        Unrotated, orthogonal loadings (p, k).
    method : str
        `none`; orthogonal: `varimax`, `quartimax`, `geomin_t`, `target_t`, `bifactor_t`; oblique: `promax`, `oblimin`,
        `geomin_q`, `target_q`, `bifactor_q`. Bifactor leaves the first column, the general factor, out of the
        criterion.
    normalize : bool, optional
        Kaiser normalization: rows of length one while rotating. By default as is customary: for varimax only. Promax
        always starts from a normalized varimax; with `normalize` its target is built from normalized rows.
    gamma : float, default 0.0
        Of oblimin: 0 is quartimin, a negative value makes factors less oblique, a positive one may have no minimum.
    delta : float, default 0.01
        Of geomin, above 0.
    power : int, default 4
        Of promax.
    target : numpy.ndarray, optional
        Wanted loadings (p, k) for `target_t` and `target_q`, NaN where the loading is free; see
        `psychometrics.factors.target`. With `normalize` it is compared with the normalized loadings.
    starts : int, default 1
        Number of starts: the first is the identity (or `start`; for a target varimax), the others are random orthogonal
        matrices. For a target their columns are put in its order and direction.
    seed : int or numpy.random.SeedSequence, default 0
        Seed of the random starts.
    start : numpy.ndarray, optional
        Transformation (k, k) to begin with.

    Returns
    -------
    Rotation
        The rotation from the start with the lowest criterion; of equally good ones, the first.

    Raises
    ------
    ValueError
        Unknown method, fewer than one start, a delta of 0 or less, a target that is missing, of another shape or fixes
        too little, bifactor with two factors.

    Notes
    -----
    Gradient projection for orthogonal (Jennrich 2001, Psychometrika 66) and oblique rotation (Jennrich 2002,
    Psychometrika 67), with the criteria of Bernaards and Jennrich (2005, Educ. Psychol. Meas. 65); bifactor: Jennrich
    and Bentler (2011, Psychometrika 76; 2012, Psychometrika 77); the search itself: `gradient_projection`. Agrees with
    GPArotation (oblimin, geominQ, geominT, pstQ, pstT, bifactorT, bifactorQ, Varimax, quartimax), stats::varimax,
    stats::promax (= psych's `Promax`, factanal's `promax`) and, with `normalize`, psych's `promax`.

    Examples
    --------
    >>> import numpy as np
    >>> from psychometrics import rotate
    >>> unrotated = np.array([[0.6, 0.5], [0.6, 0.4], [0.7, 0.5], [0.6, -0.5], [0.5, -0.4], [0.7, -0.4]])
    >>> found = rotate(unrotated, method="oblimin", starts=10)
    >>> found.pattern.round(2)
    array([[ 0.79,  0.04],
           [ 0.71, -0.04],
           [ 0.85, -0.02],
           [-0.06, -0.8 ],
           [-0.03, -0.65],
           [ 0.09, -0.77]])
    >>> found.phi.round(2)
    array([[ 1. , -0.3],
           [-0.3,  1. ]])
    >>> found.converged, found.starts_at_best
    (True, 10)
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
        return _promax(scaled, weight, power, starts, seed, start)

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


def _check(method: str, p: int, k: int, target: np.ndarray | None, starts: int, delta: float) -> None:
    """Refuse a method, options and numbers of factors that do not go together."""
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


def _check_target(method: str, p: int, k: int, target: np.ndarray | None) -> None:
    """Refuse a target that does not fit the loadings or leaves the rotation undetermined."""
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


def _notes(method: str, converged: bool, starts: int, at_best: int, phi: np.ndarray) -> tuple[str, ...]:
    """What to mind about a rotation."""
    notes = []
    if not converged:
        notes.append(f"rotation by {method} did not converge")
    if at_best < starts:
        notes.append(f"{at_best} of {starts} starts of the rotation reached the best value")
    largest = np.max(np.abs(phi - np.diag(np.diag(phi))))
    if largest > 0.99:
        notes.append(f"rotation by {method} collapsed: two factors correlate {largest:.3f}")
    return tuple(notes)


def _promax(
    scaled: np.ndarray,
    weight: np.ndarray,
    power: int,
    starts: int,
    seed: int | np.random.SeedSequence,
    start: np.ndarray | None,
) -> Rotation:
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


def _towards_target(scaled: np.ndarray, transformation: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Columns of an orthogonal transformation in the order and direction that suit the target best.

    The search itself cannot change these, because there are ridges between them.
    """
    loadings = scaled @ transformation
    fixed = np.isfinite(target)
    wanted = np.where(fixed, target, 0.0)
    squares = (loadings**2).T @ fixed + (wanted**2).sum(axis=0)
    products = 2 * loadings.T @ wanted
    order = best_pairs(squares - np.abs(products))[1].argsort()
    signs = np.where(products[order, np.arange(len(order))] < 0, -1.0, 1.0)
    return transformation[:, order] * signs


def _random_orthogonal(generator: np.random.Generator, k: int) -> np.ndarray:
    """Orthogonal matrix (k, k), uniformly distributed."""
    q, r = np.linalg.qr(generator.normal(size=(k, k)))
    return q * np.sign(np.diag(r))
