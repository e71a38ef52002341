"""Polychoric correlations of all pairs of ordinal items at once: two-step maximum likelihood from their tables."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.correlation.bivariate_normal import FAR
from psychometrics.correlation.polychoric_search import PairTables, first_guess, maximise

MOST_CATEGORIES = 20
ROWS_AT_ONCE = 20_000


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
    >>> codes.ravel(), values
    (array([ 1,  0, -1,  1]), [array([1., 5.])])
    """
    codes = np.empty(answers.shape, dtype=np.intp)
    values = []
    for j in range(answers.shape[1]):
        codes[:, j], found = pd.factorize(answers.iloc[:, j], sort=True)
        values.append(np.asarray(found))
    return codes, values


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
    n, p = codes.shape
    tables = np.zeros((p * categories, p * categories))
    chosen = np.arange(categories)
    for start in range(0, n, ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        # single precision holds the counts of one slice exactly, and multiplies twice as fast
        indicators = (codes[rows, :, None] == chosen).reshape(-1, p * categories).astype(np.float32)
        if weights is None:
            tables += indicators.T @ indicators
        else:
            tables += (indicators * weights[rows, None].astype(np.float32)).T @ indicators
    return tables.reshape(p, categories, p, categories)


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
