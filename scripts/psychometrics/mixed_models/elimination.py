r"""Eliminate random effects level by level from the normal equations, many sets of parameters at once.

The cross-products of the columns of all random effects, the fixed effects and the outcome are factored as Bates et al.
(2015), J. Stat. Softw. 67(1), section 3, do, but by groups: those of the lowest level are small blocks that do not
touch each other. What they leave behind belongs to the groups above them, so that nested designs cost as much as they
have groups. Random effects that cross each other are one block of their own at the top.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from psychometrics.mixed_models.cross_products import Level, Products


class Eliminated(NamedTuple):
    """What elimination leaves, and what is needed on the way back.

    Attributes
    ----------
    log_determinant : numpy.ndarray of shape (m,)
        Of the random effects' part.
    rest : numpy.ndarray of shape (m, p + 1, p + 1)
        Cross-products of fixed effects and outcome in the metric of the inverse covariance.
    products : list of numpy.ndarray, each (m, groups, width, columns)
        What each level held when its turn came.
    inverse : list of numpy.ndarray, each (m, groups, width, width)
        Inverse of each level's block.
    solved : list of numpy.ndarray, each (m, groups, width, columns behind)
        Each level's block solved for the columns behind.
    """

    log_determinant: np.ndarray
    rest: np.ndarray
    products: list[np.ndarray]
    inverse: list[np.ndarray]
    solved: list[np.ndarray]


def weighted_rest(products: Products, weights: np.ndarray | None) -> np.ndarray:
    """Sum the cross-products of fixed effects and outcome over the clusters.

    Parameters
    ----------
    products : Products
        Cross-products of :func:`psychometrics.mixed_models.cross_products.cross_products`.
    weights : numpy.ndarray of shape (m, clusters) or None
        How often each cluster counts.

    Returns
    -------
    numpy.ndarray of shape (m, p + 1, p + 1) or (p + 1, p + 1)
        Sums.
    """
    return products.rest.sum(axis=-3) if weights is None else (weights[..., None, None] * products.rest).sum(axis=-3)


def eliminate(
    held: Sequence[np.ndarray],
    rest: np.ndarray,
    factors: Sequence[np.ndarray],
    levels: Sequence[Level],
    weights: np.ndarray | None,
) -> Eliminated:
    """Eliminate the random effects.

    Parameters
    ----------
    held : sequence of numpy.ndarray, each (..., groups, width, columns)
        Cross-products of the columns of each level.
    rest : numpy.ndarray of shape (..., p + 1, p + 1)
        Cross-products of fixed effects and outcome, of :func:`weighted_rest`.
    factors : sequence of numpy.ndarray, each (m, width, width)
        Relative Cholesky factor of each level's own effects.
    levels : sequence of Level
        Levels from the lowest.
    weights : numpy.ndarray of shape (m, clusters) or None
        How often each group of the highest level counts.

    Returns
    -------
    Eliminated
        What is left.
    """
    held = list(held)
    log_determinant: np.ndarray | float = 0.0
    inverses, solved = [], []
    for number, (level, factor) in enumerate(zip(levels, factors, strict=True)):
        factor = factor[:, None]
        turned = np.swapaxes(factor, -1, -2) @ held[number]
        block = turned[..., : level.width] @ factor + np.eye(level.width)
        behind = turned[..., level.width :]
        inverse, logs = _inverted(block)
        solution = inverse @ behind
        counts = _of_groups(level, levels, weights)
        log_determinant = log_determinant + (logs if counts is None else logs * counts).sum(axis=-1)
        for above in range(number + 1, len(levels)):
            upper = levels[above]
            own, on = slice(upper.first - level.end, upper.end - level.end), slice(upper.first - level.end, None)
            held[above] = held[above] - _summed(behind[..., own], solution[..., on], level, upper)
        left = behind[..., levels[-1].end - level.end :]
        taken = solution[..., levels[-1].end - level.end :]
        taken = taken if counts is None else taken * counts[..., None, None]
        rest = rest - _all_together(left, taken)
        inverses.append(inverse)
        solved.append(solution)
    return Eliminated(np.asarray(log_determinant), rest, held, inverses, solved)


def way_back(
    done: Eliminated,
    slope: np.ndarray,
    factors: Sequence[np.ndarray],
    levels: Sequence[Level],
    weights: np.ndarray | None,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Carry the derivatives by what is left back to the factors and to the cross-products.

    Parameters
    ----------
    done : Eliminated
        Result of :func:`eliminate`.
    slope : numpy.ndarray of shape (m, p + 1, p + 1)
        Derivative of a function by `rest`; the function is that plus the log determinant.
    factors : sequence of numpy.ndarray
        As given to :func:`eliminate`.
    levels : sequence of Level
        Levels from the lowest.
    weights : numpy.ndarray of shape (m, clusters) or None
        As given to :func:`eliminate`.

    Returns
    -------
    of_factors : list of numpy.ndarray, each (m, width, width)
        Derivatives by the factors.
    of_products : list of numpy.ndarray, each (m, groups, width, columns)
        Derivatives by the cross-products as a symmetric matrix has them: half of those off the diagonal block.
    """
    of_factors: list[np.ndarray] = [np.empty(0)] * len(levels)
    of_products: list[np.ndarray] = [np.empty(0)] * len(levels)
    for number in reversed(range(len(levels))):
        level, factor = levels[number], factors[number][:, None]
        solution, inverse, held = done.solved[number], done.inverse[number], done.products[number]
        counts = _of_groups(level, levels, weights)
        through = times_slope(solution, level.end, level.starts, number + 1, of_products, slope, levels, counts)
        of_behind = -2 * through
        of_block = through @ np.swapaxes(solution, -1, -2)
        of_block = of_block + (inverse if counts is None else inverse * counts[..., None, None])
        own, behind = held[..., : level.width], held[..., level.width :]
        by_factor = 2 * own @ factor @ of_block + behind @ np.swapaxes(of_behind, -1, -2)
        of_factors[number] = by_factor.sum(axis=1)
        diagonal = factor @ of_block @ np.swapaxes(factor, -1, -2)
        of_products[number] = np.concatenate([diagonal, factor @ of_behind / 2], axis=-1)
    return of_factors, of_products


def times_slope(
    columns: np.ndarray,
    first: int,
    rows: np.ndarray,
    number: int,
    of_products: Sequence[np.ndarray],
    slope: np.ndarray,
    levels: Sequence[Level],
    counts: np.ndarray | None,
) -> np.ndarray:
    """Multiply columns by the symmetric derivative by all cross-products of them.

    Parameters
    ----------
    columns : numpy.ndarray of shape (m, groups, k, columns)
        Columns from `first` on.
    first : int
        Number of the first of the columns.
    rows : numpy.ndarray of int, shape (groups,)
        A row of the data in each group.
    number : int
        The level that starts at `first`.
    of_products : sequence of numpy.ndarray
        Derivatives of :func:`way_back` from that level on.
    slope : numpy.ndarray of shape (m, p + 1, p + 1)
        Derivative by what is left.
    levels : sequence of Level
        Levels from the lowest.
    counts : numpy.ndarray of shape (m, groups) or None
        How often each group counts.

    Returns
    -------
    numpy.ndarray of shape (m, groups, k, columns)
        Product.
    """
    found = np.zeros(columns.shape)
    for above in range(number, len(levels)):
        upper = levels[above]
        of_upper = of_products[above]
        if not upper.single:
            of_upper = of_upper[:, upper.codes[rows]]
        own, on = slice(upper.first - first, upper.end - first), slice(upper.end - first, None)
        found[..., upper.first - first :] += columns[..., own] @ of_upper
        found[..., own] += columns[..., on] @ np.swapaxes(of_upper[..., upper.width :], -1, -2)
    rest = slice((levels[-1].end if levels else 0) - first, None)
    last = columns[..., rest] @ slope[:, None]
    found[..., rest] += last if counts is None else last * counts[..., None, None]
    return found


def _of_groups(level: Level, levels: Sequence[Level], weights: np.ndarray | None) -> np.ndarray | None:
    """The weights of the groups of a level: those of the groups of the highest level in which they lie."""
    return None if weights is None else weights[:, levels[-1].codes[level.starts]]


def _inverted(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Inverse and log determinant of symmetric positive definite matrices."""
    if block.shape[-1] == 1:
        return 1 / block, np.log(block[..., 0, 0])
    if block.shape[-1] == 2:
        a, b, c = block[..., 0, 0], block[..., 0, 1], block[..., 1, 1]
        determinant = a * c - b * b
        return np.stack([np.stack([c, -b], -1), np.stack([-b, a], -1)], -2) / determinant[..., None, None], np.log(
            determinant
        )
    return np.linalg.inv(block), np.linalg.slogdet(block)[1]


def _summed(left: np.ndarray, right: np.ndarray, level: Level, upper: Level) -> np.ndarray:
    """Sum left' right over the groups of a level in each group of the upper one."""
    if upper.single:
        return _all_together(left, right)[:, None]
    each = np.swapaxes(left, -1, -2) @ right
    if len(level.starts) == len(upper.starts):
        return each
    starts = np.searchsorted(level.starts, upper.starts)
    return np.add.reduceat(each, starts, axis=1)


def _all_together(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Sum left' right over all groups, in one product."""
    flat = [part.reshape(part.shape[0], -1, part.shape[-1]) for part in (left, right)]
    return np.swapaxes(flat[0], -1, -2) @ flat[1]
