r"""Intervals of variance ratios in designs of any sizes: exact where a pivot exists, else generalized pivots.

All rest on one equation. Independent contrasts :math:`z_i` of a factor have variances :math:`d_i + \lambda_i\sigma^2`,
so that :math:`\sum_i z_i^2 / (d_i + \lambda_i\sigma^2)` is a chi-square variable that falls as :math:`\sigma^2` rises:
set equal to a quantile (or to a drawn chi-square) it is solved for :math:`\sigma^2`.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import fdtri

from psychometrics.resampling.formula_intervals import check_level

STEPS = 100


class Contrasts(NamedTuple):
    """Contrasts of a factor free of another one.

    Attributes
    ----------
    z : numpy.ndarray of shape (q,)
        Contrasts.
    weight : numpy.ndarray of shape (q,)
        Their weights.
    residual : float
        Residual sum of squares.
    df : int
        Its degrees of freedom.
    other : numpy.ndarray of int, shape (q,)
        The level of the other factor that a contrast lies in, where the factor is nested in it.
    """

    z: np.ndarray
    weight: np.ndarray
    residual: float
    df: int
    other: np.ndarray


def contrasts_of(values: ArrayLike, factor: np.ndarray, other: np.ndarray | None = None) -> Contrasts:
    r"""Form independent contrasts of one random factor, free of another factor (of the grand mean without one).

    With Q the projection that removes the other factor, Z of the factor and eigenvectors u and eigenvalues
    :math:`\lambda > 0` of Z'QZ: :math:`z = u'Z'Qy/\sqrt\lambda` has variance :math:`\sigma^2_e + \lambda\sigma^2`,
    and what is left of Qy has the variance of the residual only.

    Parameters
    ----------
    values : array_like of shape (N,)
        Scores.
    factor : numpy.ndarray of int, shape (N,)
        The level of each score, 0, 1, ..., every level at least once.
    other : numpy.ndarray of int, shape (N,), optional
        The same of the other factor.

    Returns
    -------
    Contrasts
        Contrasts, weights, and what is left for the residual.

    Notes
    -----
    Seely & El-Bassiouni (1983), Ann. Statist. 11, 197-201, whose interval of one ratio goes back to Wald (1940).
    """
    values = np.asarray(values, dtype=float)
    other = np.zeros(len(values), dtype=int) if other is None else np.asarray(other)
    size = np.bincount(other)
    free = values - (np.bincount(other, values) / size)[other]
    n_factor, n_other = factor.max() + 1, len(size)
    links = coo_matrix((np.ones(len(values)), (factor, n_factor + other)), shape=(n_factor + n_other,) * 2)
    _, block = connected_components(links, directed=False)
    sums = np.bincount(factor, free)
    parts = []
    for label in np.unique(block):  # each block on its own: clients of one therapist, or one design of raters
        rows, levels = block[factor] == label, np.flatnonzero(block[:n_factor] == label)
        others = np.flatnonzero(block[n_factor:] == label)
        cells = np.zeros((len(levels), len(others)))
        np.add.at(cells, (np.searchsorted(levels, factor[rows]), np.searchsorted(others, other[rows])), 1)
        inside = np.diag(cells.sum(axis=1)) - (cells / size[others]) @ cells.T
        found, vectors = np.linalg.eigh(inside)
        keep = found > 1e-9 * max(1.0, found[-1])
        parts.append(
            (vectors[:, keep].T @ sums[levels] / np.sqrt(found[keep]), found[keep], np.full(keep.sum(), others[0]))
        )
    z, weight, inside_of = (np.concatenate(part) for part in zip(*parts, strict=True))
    residual = max(float(free @ free - z @ z), 0.0)
    return Contrasts(z, weight, residual, len(values) - n_other - len(z), inside_of)


def solve_component(square: np.ndarray, weight: np.ndarray, rest: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Solve :math:`\sum_i z_i^2 / (d_i + \lambda_i s) = t` for the variance s >= 0.

    Parameters
    ----------
    square : numpy.ndarray of shape (q,)
        Squared contrasts.
    weight : numpy.ndarray of shape (q,)
        Weights of the contrasts.
    rest : numpy.ndarray of shape (m, 1) or (m, q)
        Variances d without the component, positive.
    target : numpy.ndarray of shape (m,)
        Values of t, positive.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Variances; 0 where the sum is below t already at 0.

    Notes
    -----
    The sum is convex and falls, so that Newton's steps from 0 rise to the root without passing it.

    Examples
    --------
    >>> solve_component(np.array([8.0]), np.ones(1), np.ones((1, 1)), np.array([2.0])).round(6)
    array([3.])
    """
    solution = np.zeros(len(target))
    for _ in range(STEPS):
        inner = rest + weight * solution[:, None]
        gap = (square / inner).sum(axis=1) - target
        slope = (square * weight / inner**2).sum(axis=1)
        step = np.maximum(gap, 0) / np.maximum(slope, 1e-300)
        solution += step
        if (step <= 1e-10 * solution).all():
            break
    return solution


def solve_between(mean: np.ndarray, rest: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Solve :math:`\sum_i (\bar y_i - \hat\mu(s))^2 / (d_i + s) = t` for the variance s >= 0.

    The mean is weighted by 1 / (d + s).

    Parameters
    ----------
    mean : numpy.ndarray of shape (q,) or (m, q)
        Means of the groups.
    rest : numpy.ndarray of shape (m, q)
        Variances d of the means within their groups, positive.
    target : numpy.ndarray of shape (m,)
        Values of t, positive.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Variances; 0 where the sum is below t already at 0.
    """
    solution = np.zeros(len(target))
    for _ in range(STEPS):
        weight = 1 / (rest + solution[:, None])
        middle = (weight * mean).sum(axis=1, keepdims=True) / weight.sum(axis=1, keepdims=True)
        square = (mean - middle) ** 2
        gap = (square * weight).sum(axis=1) - target
        step = np.maximum(gap, 0) / np.maximum((square * weight**2).sum(axis=1), 1e-300)
        solution += step
        if (step <= 1e-10 * solution).all():
            break
    return solution


def ratio_interval(contrasts: Contrasts, level: float = 0.95, stretch: float = 1.0) -> tuple[float, float]:
    r"""Compute the interval of the ratio of a factor's variance to the residual's; exact for normal scores.

    :math:`\sum_i z_i^2/(1+\lambda_i\gamma)/q` over the residual mean square is F with q and df degrees of freedom.
    Limits below 0 are 0.

    Parameters
    ----------
    contrasts : Contrasts
        Contrasts of the factor, with a positive residual sum of squares and df.
    level : float, default 0.95
        Coverage in (0, 1).
    stretch : float, default 1.0
        Power of the quantiles of F, from :func:`stretch_of_groups`; 1 is the exact interval.

    Returns
    -------
    lower : float
        Lower limit.
    upper : float
        Upper limit.

    Notes
    -----
    Wald (1940), Ann. Math. Statist. 11, 96-100; Seely & El-Bassiouni (1983). With equal sizes it is the interval by F
    of Searle (1971) and of ICC(1) and ICC(C,1) of McGraw & Wong (1996).
    """
    check_level(level)
    q, df = len(contrasts.z), contrasts.df
    quantiles = fdtri(q, df, np.array([(1 + level) / 2, (1 - level) / 2])) ** stretch
    target = q * contrasts.residual / df * quantiles
    lower, upper = solve_component(contrasts.z**2, contrasts.weight, np.ones((2, 1)), target)
    return float(lower), float(upper)


def stretch_of_groups(values: np.ndarray, codes: np.ndarray) -> float:
    """Compute by how much an interval has to be longer because scores are not normal.

    The log of the F ratio of :func:`ratio_interval` has variance 2 / q + 2 / df for normal scores. Here its standard
    error is taken from the groups themselves: from how unequal their shares in both sums of squares are. Scores with a
    ceiling have longer tails between groups, and groups near the ceiling vary less within.

    Parameters
    ----------
    values : numpy.ndarray of shape (N,)
        Scores that vary within groups.
    codes : numpy.ndarray of int, shape (N,)
        The group of each score, 0, 1, ...

    Returns
    -------
    float
        Ratio of the two standard errors, at least 1.

    Notes
    -----
    The sandwich of a smooth function of sums over independent groups (Davison & Hinkley, 1997, section 2.7.2).
    """
    size = np.bincount(codes)
    mean = np.bincount(codes, values) / size
    contrasts = contrasts_of(values, codes)
    q, df = len(contrasts.z), contrasts.df
    ratio = solve_component(contrasts.z**2, contrasts.weight, np.ones((1, 1)), np.array([q * contrasts.residual / df]))
    within = np.bincount(codes, (values - mean[codes]) ** 2)
    influence = _between_influence(mean, ratio[0] + 1 / size) - (within / within.sum() - (size - 1) / df)
    return max(1.0, float(np.sqrt(_sandwich(influence) / (2 / q + 2 / df))))


def _between_influence(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Each group's share in the weighted sum of squares between groups, minus the share it is expected to have."""
    weight = 1 / variance
    square = weight * (mean - weight @ mean / weight.sum()) ** 2
    expected = 1 - weight / weight.sum()
    return square / max(square.sum(), 1e-300) - expected / expected.sum()


def _sandwich(influence: np.ndarray) -> float:
    return len(influence) / (len(influence) - 1) * float(influence @ influence)


def crossed_pivots(
    values: np.ndarray, first: np.ndarray, second: np.ndarray, draws: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw generalized pivots of the variances of two crossed factors and of the residual.

    Parameters
    ----------
    values : numpy.ndarray of shape (N,)
        Scores.
    first : numpy.ndarray of int, shape (N,)
        The level of each score on the first factor, 0, 1, ...
    second : numpy.ndarray of int, shape (N,)
        The level of each score on the second factor, 0, 1, ...
    draws : int
        Number of pivots.
    seed : int
        Seed of the generator, 0 or more.

    Returns
    -------
    first : numpy.ndarray of shape (draws,)
        Variances of the first factor.
    second : numpy.ndarray of shape (draws,)
        Variances of the second factor.
    residual : numpy.ndarray of shape (draws,)
        Variances of the residual.

    Notes
    -----
    Weerahandi (1993), J. Am. Stat. Assoc. 88, 899-905; for such designs Burdick, Borror & Montgomery (2005), Design and
    analysis of gauge R&R studies, chapter 8. The chi-squares of the two factors are drawn independently, which they
    are in complete designs and nearly in incomplete ones.
    """
    rng = np.random.default_rng(seed)
    one, two = contrasts_of(values, first, second), contrasts_of(values, second, first)
    residual = one.residual / rng.chisquare(one.df, draws)
    of_first, of_second = (
        solve_component(part.z**2, part.weight, residual[:, None], rng.chisquare(len(part.z), draws))
        for part in (one, two)
    )
    return of_first, of_second, residual
