r"""Intervals of variance ratios in designs of any sizes: exact where a pivot exists, else generalized pivots.

All rest on one equation. Independent contrasts :math:`z_i` of a factor have variances :math:`d_i + \lambda_i\sigma^2`,
so that :math:`\sum_i z_i^2 / (d_i + \lambda_i\sigma^2)` is a chi-square variable that falls as :math:`\sigma^2` rises:
set equal to a quantile (or to a drawn chi-square) it is solved for :math:`\sigma^2`.
"""

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.sparse.csgraph import connected_components
from scipy.special import fdtri

from psychometrics.resampling.formula_intervals import check_level

STEPS = 100
NUMBERS_AT_ONCE = 1_000_000


class Contrasts(NamedTuple):
    """Contrasts of a factor free of another one, summed up where they have the same variance.

    Attributes
    ----------
    square : numpy.ndarray of shape (c,)
        Sums of squares of contrasts that have the same weight.
    number : numpy.ndarray of int, shape (c,)
        How many contrasts a sum has.
    weight : numpy.ndarray of shape (c,)
        Their weight.
    residual : float
        Residual sum of squares.
    df : int
        Its degrees of freedom.
    other : numpy.ndarray of int, shape (c,)
        The level of the other factor that the contrasts lie in, where the factor is nested in it.
    """

    square: np.ndarray
    number: np.ndarray
    weight: np.ndarray
    residual: float
    df: int
    other: np.ndarray

    @property
    def q(self) -> int:
        """Count the contrasts.

        Returns
        -------
        int
            Number of all contrasts.
        """
        return int(self.number.sum())


def contrasts_of(values: ArrayLike, factor: np.ndarray, other: np.ndarray | None = None) -> Contrasts:
    r"""Form independent contrasts of one random factor, free of another factor (of the grand mean without one).

    With Q the projection that removes the other factor, Z of the factor and eigenvectors u and eigenvalues
    :math:`\lambda > 0` of Z'QZ: :math:`z = u'Z'Qy/\sqrt\lambda` has variance :math:`\sigma^2_e + \lambda\sigma^2`,
    and what is left of Qy has the variance of the residual only.

    Levels that meet the same levels of the other factor equally often are alike, such as clients of one therapist with
    equally many sessions. Contrasts among k alike levels of size m are k - 1 eigenvectors with the eigenvalue m, so
    that only one vector for each kind of levels is left to be found.

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
    size_other = np.bincount(other)
    free = values - (np.bincount(other, values) / size_other)[other]
    sums = np.bincount(factor, free)
    cells = csr_array(coo_array((np.ones(len(values)), (factor, other)), shape=(len(sums), len(size_other))))
    kind = alike(cells)
    _, first, number = np.unique(kind, return_index=True, return_counts=True)
    mean = np.bincount(kind, sums) / number
    rows = cells[first]
    size = rows.sum(axis=1)
    among = np.bincount(kind, (sums - mean[kind]) ** 2) / size
    links = rows.tocoo()
    links = coo_array((links.data, (links.row, len(first) + links.col)), shape=(len(first) + len(size_other),) * 2)
    block = connected_components(links, directed=False)[1][: len(first)]
    in_block = np.full(block.max() + 1, len(size_other))
    np.minimum.at(in_block, block, rows.indices[rows.indptr[:-1]])
    several = number > 1
    parts = [(among[several], number[several] - 1, size[several], in_block[block[several]])]
    # one vector for each kind of levels; each block on its own: clients of one therapist, or one design of raters
    scaled = diags_array(np.sqrt(number)) @ rows
    inside = (diags_array(size) - scaled @ diags_array(1 / size_other) @ scaled.T).tocoo()
    kinds = np.bincount(block)
    place = np.empty(len(block), dtype=int)
    order = np.argsort(block, kind="stable")
    place[order] = np.arange(len(block)) - np.repeat(np.cumsum(kinds) - kinds, kinds)
    for m in np.unique(kinds):
        blocks = np.flatnonzero(kinds == m)
        position = np.zeros(len(kinds), dtype=int)
        position[blocks] = np.arange(len(blocks))
        mine = kinds[block[inside.row]] == m
        row, column = inside.row[mine], inside.col[mine]
        matrices, totals = np.zeros((len(blocks), m, m)), np.zeros((len(blocks), m))
        matrices[position[block[row]], place[row], place[column]] = inside.data[mine]
        mine = kinds[block] == m
        totals[position[block[mine]], place[mine]] = (np.sqrt(number) * mean)[mine]
        found, vectors = np.linalg.eigh(matrices)
        keep = found > 1e-9 * np.maximum(1.0, found[:, -1:])
        square = np.vecmat(totals, vectors)[keep] ** 2 / found[keep]
        parts.append((square, np.ones(len(square), dtype=int), found[keep], np.repeat(in_block[blocks], keep.sum(1))))
    square, count, weight, inside_of = (np.concatenate(part) for part in zip(*parts, strict=True))
    residual = max(float(free @ free - square.sum()), 0.0)
    return Contrasts(square, count, weight, residual, len(values) - len(size_other) - int(count.sum()), inside_of)


def alike(cells: csr_array) -> np.ndarray:
    """Number the rows of a table of counts so that equal rows have the same number.

    Parameters
    ----------
    cells : scipy.sparse.csr_array of shape (levels, others)
        How often each level meets each level of another factor; every level at least once.

    Returns
    -------
    numpy.ndarray of int, shape (levels,)
        Numbers 0, 1, ...

    Examples
    --------
    >>> alike(csr_array([[2, 0], [0, 2], [2, 0]])).tolist()
    [0, 1, 0]
    """
    cells.sort_indices()
    if cells.nnz == cells.shape[0]:
        counts = cells.data.astype(np.int64)
        return np.unique(cells.indices * (counts.max() + 1) + counts, return_inverse=True)[1]
    known: dict[bytes, int] = {}
    edges = cells.indptr.tolist()
    rows = (
        cells.indices[start:end].tobytes() + cells.data[start:end].tobytes() for start, end in itertools.pairwise(edges)
    )
    return np.fromiter((known.setdefault(row, len(known)) for row in rows), dtype=int, count=cells.shape[0])


def solve_component(square: np.ndarray, weight: np.ndarray, rest: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Solve :math:`\sum_i z_i^2 / (d_i + \lambda_i s) = t` for the variance s >= 0.

    Parameters
    ----------
    square : numpy.ndarray of shape (c,)
        Sums of squared contrasts.
    weight : numpy.ndarray of shape (c,)
        Weights of the contrasts.
    rest : numpy.ndarray of shape (m, 1) or (m, c)
        Variances d without the component, positive.
    target : numpy.ndarray of shape (m,)
        Values of t, positive.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Variances; 0 where the sum is below t already at 0.

    Notes
    -----
    The sum is convex and falls, so that Newton's steps rise to the root without passing it from where one term with the
    mean d and :math:`\lambda`, weighted by the squares, would have it: the sum is no less than that (Jensen).

    Examples
    --------
    >>> solve_component(np.array([8.0]), np.ones(1), np.ones((1, 1)), np.array([2.0])).round(6)
    array([3.])
    """
    solution = np.zeros(len(target))
    at_once = max(1, NUMBERS_AT_ONCE // max(len(square), 1))
    for start in range(0, len(target), at_once):
        part = slice(start, start + at_once)
        least = square.sum() ** 2 / target[part] - (rest[part] * square).sum(axis=1)
        solution[part] = np.maximum(least, 0) / max(square @ weight, 1e-300)
        for _ in range(STEPS):
            inner = rest[part] + weight * solution[part, None]
            share = square / inner
            gap = share.sum(axis=1) - target[part]
            slope = (share * weight / inner).sum(axis=1)
            step = np.maximum(gap, 0) / np.maximum(slope, 1e-300)
            solution[part] += step
            if (step <= 1e-10 * solution[part]).all():
                break
    return solution


def solve_between(count: np.ndarray, moments: np.ndarray, rest: np.ndarray, target: np.ndarray) -> np.ndarray:
    r"""Solve :math:`\sum_i (\bar y_i - \hat\mu(s))^2 / (d_i + s) = t` for the variance s >= 0.

    The mean is weighted by 1 / (d + s). Groups whose means have the same variance d are summed up.

    Parameters
    ----------
    count : numpy.ndarray of shape (q,)
        How many groups have each variance.
    moments : numpy.ndarray of shape (2, q) or (2, m, q)
        Sums of their means, and of the squares of these.
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
    means, squares = moments
    for _ in range(STEPS):
        weight = 1 / (rest + solution[:, None])
        middle = (weight * means).sum(axis=1, keepdims=True) / (weight * count).sum(axis=1, keepdims=True)
        square = weight * (squares - 2 * middle * means + count * middle**2)
        gap = square.sum(axis=1) - target
        step = np.maximum(gap, 0) / np.maximum((square * weight).sum(axis=1), 1e-300)
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
    q, df = contrasts.q, contrasts.df
    quantiles = fdtri(q, df, np.array([(1 + level) / 2, (1 - level) / 2])) ** stretch
    target = q * contrasts.residual / df * quantiles
    lower, upper = solve_component(contrasts.square, contrasts.weight, np.ones((2, 1)), target)
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
    q, df = contrasts.q, contrasts.df
    ratio = solve_component(
        contrasts.square, contrasts.weight, np.ones((1, 1)), np.array([q * contrasts.residual / df])
    )
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
        solve_component(part.square, part.weight, residual[:, None], rng.chisquare(part.q, draws))
        for part in (one, two)
    )
    return of_first, of_second, residual
