"""Polychoric correlations of all pairs of ordinal items at once: two-step maximum likelihood from their tables."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.correlation.bivariate_normal import FAR
from psychometrics.correlation.polychoric_search import PairTables, first_guess, maximise

MOST_CATEGORIES = 20
MOST_COUNTED = 1_000  # width of whole numbers that are counted instead of sorted
ROWS_OF_PRODUCT = 4_096
ROWS_OF_COUNTS = 200_000
PEOPLE_TO_COUNT = 3_500  # fewer are multiplied
MOST_STATES = 512  # of a group of items: a table of two groups stays in the processor's cache


@dataclass(frozen=True)
class Polychoric:
    """Polychoric correlations of p items.

    Attributes
    ----------
    rho : numpy.ndarray of shape (p, p)
        Correlations, diagonal 1.
    se : numpy.ndarray of shape (p, p)
        First-order standard errors, from the expected information on rho with the thresholds as known; diagonal 0.
    thresholds : numpy.ndarray of shape (p, c - 1)
        Cutting points of each item; +-inf beyond the categories in use.
    n : numpy.ndarray of shape (p, p)
        Number of people who answered both items.
    bounded : numpy.ndarray of bool, shape (p, p)
        True where the likelihood has no maximum inside +-BOUND; the standard error is NaN there.
    unfinished : numpy.ndarray of bool, shape (p, p)
        True where the search did not converge.
    """

    rho: np.ndarray
    se: np.ndarray
    thresholds: np.ndarray
    n: np.ndarray
    bounded: np.ndarray
    unfinished: np.ndarray


def encode(answers: pd.DataFrame) -> tuple[np.ndarray, list[np.ndarray]]:
    """Turn answers into category numbers 0, 1, ... in ascending order of the values in use, -1 where missing.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x p items; missing answers missing.

    Returns
    -------
    codes : numpy.ndarray of int, shape (n, p)
        Category numbers.
    values : list of numpy.ndarray
        For each item its values in ascending order.

    Examples
    --------
    >>> codes, values = encode(pd.DataFrame({"one": [5, 1, None, 5]}))
    >>> codes.ravel().tolist(), values
    ([1, 0, -1, 1], [array([1., 5.])])
    """
    found = [_codes_of(answers.iloc[:, j]) for j in range(answers.shape[1])]
    values = [value for _, value in found]
    small = max((len(value) for value in values), default=0) <= np.iinfo(np.int8).max
    codes = np.empty(answers.shape, dtype=np.int8 if small else np.int64, order="F")
    for j, (code, _) in enumerate(found):
        codes[:, j] = code
    return codes, values


def _codes_of(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Category numbers of one item, and its values: whole numbers near each other are counted instead of sorted."""
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype) and len(column):
        whole = isinstance(column.dtype, np.dtype) and column.dtype.kind == "i"
        x = column.to_numpy(dtype=np.int64) if whole else column.to_numpy(dtype=float, na_value=np.nan)
        low, high = np.fmin.reduce(x), np.fmax.reduce(x)
        if float(high) - float(low) < MOST_COUNTED:
            step = x - low
            if not whole:
                step[np.isnan(step)] = -1
            place = step.astype(np.int64)
            if whole or np.array_equal(place, step):
                used = np.bincount(place + 1)[1:] > 0
                number = np.append(np.cumsum(used) - 1, -1)  # the last is that of -1
                values = (low + np.flatnonzero(used)).astype(getattr(column.dtype, "numpy_dtype", column.dtype))
                return place if used.all() else number[place], values
    codes, values = pd.factorize(column, sort=True)
    return codes, np.asarray(values)


def pair_tables(codes: np.ndarray, categories: int, weights: np.ndarray | None = None) -> np.ndarray:
    """Count how many people chose category a of item i and b of item j, for all pairs of items.

    Tables of parts of the people add up to the tables of all, so that any number of people fits in memory.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n, p)
        Category numbers 0 ... categories - 1, -1 where missing.
    categories : int
        Number of categories.
    weights : numpy.ndarray of shape (n,), optional
        How often each person counts; by default once.

    Returns
    -------
    numpy.ndarray of shape (p, categories, p, categories)
        Counts. ``tables[i, :, i, :]`` is diagonal and holds the margin of item i.

    Examples
    --------
    >>> tables = pair_tables(np.array([[0, 1], [0, 1], [1, 0]]), categories=2)
    >>> tables[0, :, 1, :]
    array([[0., 2.],
           [1., 0.]])
    """
    if weights is not None:
        counted = weights > 0
        codes, weights = codes[counted], weights[counted]
    by = _tables_by_product if len(codes) < PEOPLE_TO_COUNT else _tables_by_counting
    return by(codes, categories, weights)


def _tables_by_product(codes: np.ndarray, categories: int, weights: np.ndarray | None) -> np.ndarray:
    """One product of a matrix of zeros and ones, a column for each category of each item, with itself."""
    n, p = codes.shape
    products = np.zeros((categories * p, categories * p))
    for start in range(0, n, ROWS_OF_PRODUCT):
        rows = slice(start, start + ROWS_OF_PRODUCT)
        part = np.ascontiguousarray(codes[rows].T)
        # single precision holds the counts of one slice exactly, and multiplies twice as fast
        chosen = np.empty((categories, *part.shape), dtype=np.float32)
        for category in range(categories):
            np.equal(part, category, out=chosen[category])
        flat = chosen.reshape(categories * p, -1)
        products += (flat if weights is None else flat * weights[rows].astype(np.float32)) @ flat.T
    return np.ascontiguousarray(products.reshape(categories, p, categories, p).transpose(1, 0, 3, 2))


class _Group(NamedTuple):
    """Neighbouring items first, ..., last - 1, whose answers are counted together as states 0, 1, ....

    sizes : how many different answers each item has, a missing one among them as the last.
    chosen : states x (items x categories), one where a state has this answer.
    """

    items: slice
    sizes: np.ndarray
    chosen: np.ndarray

    def states(self, codes: np.ndarray) -> np.ndarray:
        state = np.zeros(len(codes), dtype=np.int64)
        for code, size in zip(codes[:, self.items].T, self.sizes.tolist(), strict=True):
            state *= size
            state += np.where(code < 0, size - 1, code)
        return state


def _groups_of_items(codes: np.ndarray, categories: int, most: int) -> list[_Group]:
    """As many neighbours together as have no more than that many states."""
    some_missing = codes.min(axis=0) < 0
    sizes = codes.max(axis=0).astype(np.int64) + 1 + some_missing
    groups, first = [], 0
    while first < len(sizes):
        last = first + 1
        while last < len(sizes) and np.prod(sizes[first : last + 1]) <= most:
            last += 1
        answers = np.array(np.unravel_index(np.arange(np.prod(sizes[first:last])), sizes[first:last])).T
        answered = answers < sizes[first:last] - some_missing[first:last]
        chosen = (answers[:, :, None] == np.arange(categories)) & answered[:, :, None]
        groups.append(_Group(slice(first, last), sizes[first:last], chosen.reshape(len(answers), -1).astype(float)))
        first = last
    return groups


def _tables_by_counting(codes: np.ndarray, categories: int, weights: np.ndarray | None) -> np.ndarray:
    """Tables of pairs of groups of items, from which those of all their pairs of items are summed up.

    For many people each pair of groups takes one pass over the people, which is far less than the product takes. A
    table has at most twice as many cells as there are people.
    """
    n, p = codes.shape
    tables = np.zeros((p, categories, p, categories))
    groups = _groups_of_items(codes, categories, int(min(np.sqrt(2 * n), MOST_STATES)))
    stride = max(len(group.chosen) for group in groups)
    for start in range(0, n, ROWS_OF_COUNTS):
        rows = slice(start, start + ROWS_OF_COUNTS)
        weight = None if weights is None else weights[rows]
        states = [group.states(codes[rows]) for group in groups]
        for a, one in enumerate(groups):
            scaled = states[a] * stride
            for b, other in enumerate(groups[: a + 1]):
                if a == b:
                    own = np.bincount(states[a], weight, minlength=len(one.chosen))
                    cells = (one.chosen.T * own) @ one.chosen
                else:
                    counts = np.bincount(scaled + states[b], weight, minlength=len(one.chosen) * stride)
                    counts = counts.reshape(-1, stride)[:, : len(other.chosen)].astype(float)
                    cells = one.chosen.T @ counts @ other.chosen
                tables[one.items, :, other.items] += cells.reshape(len(one.sizes), categories, -1, categories)
    # only pairs of a group and an earlier one are filled
    for one in groups:
        rest = slice(one.items.stop, p)
        tables[one.items, :, rest] = tables[rest, :, one.items].transpose(2, 3, 0, 1)
    return tables


def item_thresholds(margins: np.ndarray) -> np.ndarray:
    """Compute the standard normal quantiles of the cumulative shares of each item's answers.

    Parameters
    ----------
    margins : numpy.ndarray of shape (p, c)
        Counts of the answers in each category.

    Returns
    -------
    numpy.ndarray of shape (p, c - 1)
        Thresholds, +-inf beyond the categories in use.

    Examples
    --------
    >>> item_thresholds(np.array([[25, 50, 25]])).round(3)
    array([[-0.674,  0.674]])
    """
    cumulative = margins.cumsum(axis=1)
    return ndtri(cumulative[:, :-1] / cumulative[:, -1:])


def polychoric(tables: np.ndarray) -> Polychoric:
    r"""Estimate polychoric correlations from the tables of all pairs of items.

    Each pair of items is two standard normal variables cut at thresholds. The thresholds come from each item's own
    margin over all its answers (Olsson's two-step estimate); then the correlation maximises
    :math:`\sum_{ab} n_{ab} \log p_{ab}(\rho)`, by Newton steps on atanh(rho) for all pairs together.
    Empty cells are left empty. Where the likelihood rises up to the edge, as in a table with all answers on its
    diagonal or a 2 x 2 table with an empty cell, the estimate is +-BOUND and marked as bounded.

    Parameters
    ----------
    tables : numpy.ndarray of shape (p, c, p, c)
        Counts, from `pair_tables`. In every pair both items need answers in at least two categories. An item with
        fewer categories than c has empty ones.

    Returns
    -------
    Polychoric
        Correlations, standard errors and thresholds.

    Notes
    -----
    Olsson (1979), Psychometrika 44, section 3. Agrees with lavaan::lavCor(ordered=), also with missing answers
    (missing = "pairwise"), and on complete answers with psych::polychoric(correct = 0, global = TRUE) and
    polycor::polychor(ML = FALSE). With missing answers psych also takes thresholds from all answers but polycor
    those of the pair. For 2 x 2 tables with an empty cell lavaan adds 0.5 to it unless zero.add = c(0, 0).

    Examples
    --------
    Two items split at the median, with 40 of 60 people on the diagonal: sin(2 pi (20 / 60 - 1 / 4)) = 0.5.

    >>> codes = np.repeat([[0, 0], [0, 1], [1, 0], [1, 1]], [20, 10, 10, 20], axis=0)
    >>> polychoric(pair_tables(codes, categories=2)).rho.round(4)
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    p = len(tables)
    margins = np.einsum("iaia->ia", tables)
    thresholds = item_thresholds(margins)
    cuts = np.clip(thresholds, -FAR, FAR)
    n = tables.sum(axis=(1, 3))
    upper = np.triu_indices(p, 1)
    guess = first_guess(tables, cuts, n)[upper]
    z, information, bounded, unfinished = maximise(PairTables(tables, cuts, *upper), np.arctanh(guess))
    rho = np.tanh(z)
    # information is per unit of z; d rho = (1 - rho^2) dz
    se = np.divide(1 - rho**2, np.sqrt(information), out=np.full(len(rho), np.nan), where=~bounded)

    return Polychoric(
        rho=_square(rho, 1, p),
        se=_square(se, 0, p),
        thresholds=thresholds,
        n=n,
        bounded=_square(bounded, False, p),
        unfinished=_square(unfinished, False, p),
    )


def _square(values: np.ndarray, diagonal: float, p: int) -> np.ndarray:
    """Symmetric matrix (p, p) from its upper triangle and its diagonal."""
    matrix = np.zeros((p, p), dtype=values.dtype)
    matrix[np.triu_indices(p, 1)] = values
    matrix += matrix.T
    np.fill_diagonal(matrix, diagonal)
    return matrix
