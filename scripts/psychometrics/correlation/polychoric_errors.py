"""Sampling errors of polychoric correlations, and how the errors of several go together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from psychometrics.correlation.bivariate_normal import FAR, rectangles
from psychometrics.correlation.polychoric import Polychoric
from psychometrics.correlation.polychoric_search import PAIRS_AT_ONCE, UNLIKELY

PEOPLE_AT_ONCE = 2_000


@dataclass(frozen=True)
class PolychoricVariance:
    """Asymptotic distribution of the two-step polychoric correlations of p items.

    Attributes
    ----------
    variance : numpy.ndarray of shape (p, p)
        Variance of sqrt(n) times each correlation: divided by n it is the squared standard error, which unlike
        `Polychoric.se` allows for the estimation of the thresholds. NaN where undefined; diagonal 0.
    undefined : numpy.ndarray of bool, shape (p, p)
        True where the likelihood has no maximum, or the search for it did not end.
    n : int
        Number of people.
    cells : numpy.ndarray of shape (p (p - 1) / 2, c + 1, c + 1)
        Influence on the correlation of pair ij, in the order of `np.triu_indices(p, 1)`, of a person who chose category
        a of item i and b of item j; the last category is a missing answer.
    """

    variance: np.ndarray
    undefined: np.ndarray
    n: int
    cells: np.ndarray

    def influence(self, codes: np.ndarray) -> np.ndarray:
        """Look up the influence of every person on every correlation.

        Parameters
        ----------
        codes : numpy.ndarray of int, shape (people, p)
            Category numbers, c for a missing answer.

        Returns
        -------
        numpy.ndarray of shape (people, p (p - 1) / 2)
            Influences G in the order of `np.triu_indices(p, 1)`, with column means zero over the people whom the
            correlations come from; the asymptotic covariance matrix of sqrt(n) times the correlations is G'G / n.
        """
        first, second = np.triu_indices(codes.shape[1], 1)
        categories = self.cells.shape[1]
        flat = self.cells.reshape(len(first), -1)
        result = np.empty((len(codes), len(first)))
        for start in range(0, len(codes), PEOPLE_AT_ONCE):
            part = codes[start : start + PEOPLE_AT_ONCE].astype(np.intp)
            result[start : start + PEOPLE_AT_ONCE] = flat[
                np.arange(len(first)), part[:, first] * categories + part[:, second]
            ]
        return result


def polychoric_variance(fit: Polychoric, tables: np.ndarray, *, expected: bool = False) -> PolychoricVariance:
    r"""Compute asymptotic variances and influences of polychoric correlations from the tables of all pairs of items.

    Parameters
    ----------
    fit : Polychoric
        Result of `polychoric`, p items with at most c categories.
    tables : numpy.ndarray of shape (p, c + 1, p, c + 1)
        Counts as from `pair_tables`, in which the last category is a missing answer. Without it they are the tables
        that `fit` was estimated from.
    expected : bool, default False
        Whether the two kinds of information A and B below are what the model expects instead of sums over the people.

    Returns
    -------
    PolychoricVariance
        Variances and influences.

    Notes
    -----
    The estimates solve two sets of equations: each item's thresholds those of its own margin, then each correlation
    :math:`\sum s_{ij} = 0`, with the thresholds in place. So one person r changes the correlation by 1/n times

    .. math:: g_{ij}(r) = \frac{n}{A_{ij}} \Bigl( s_{ij}(r) - \sum_{t \in \{i, j\}} B_t' \,\Delta\tau_t(r) \Bigr),
              \quad A_{ij} = \sum_r s_{ij}^2, \quad B_t = \sum_r s_{ij} \frac{\partial \log p}{\partial \tau_t}

    with s the score of the correlation, A and B as sums over the people, and
    :math:`\Delta\tau_k(r) = (1[a_r \le k] - F_k) / (n_t \phi(\tau_k))` over the n_t people who answered the item.

    Muthen (1984), Psychometrika 49, 115-132; Joreskog (1994), Psychometrika 59, 381-389. Agrees with the NACOV and
    WLS.VD of lavaan (estimator = "WLSMV", also missing = "pairwise"), zero.add = c(0, 0).

    With rare categories the sums are unsteady, and standard errors from them are too small: of correlations of sums of
    eight items with a ceiling by an eighth in samples of 200. Expected information, n times :math:`p s^2` and
    :math:`s\, \partial p / \partial \tau` summed over the cells, is the same in large samples and right in small ones.
    """
    p, categories = len(tables), tables.shape[1] - 1
    i, j = np.triu_indices(p, 1)
    cuts = np.clip(fit.thresholds, -FAR, FAR)
    # (p, c - 1, c): derivative of the share below threshold k by one more answer in category a, times n
    margins = np.einsum("iaia->ia", tables)[:, :categories]
    n_items = margins.sum(axis=1)
    below = (margins.cumsum(axis=1)[:, :-1] / n_items[:, None])[:, :, None]
    below = (np.arange(categories) <= np.arange(categories - 1)[:, None]) - below
    n = round(float(tables[0, :, 0, :].sum()))
    cells = np.zeros((len(i), categories + 1, categories + 1))
    undefined = (fit.bounded | fit.unfinished)[i, j]
    # pairs with correlations of similar size together: the largest of a slice sets the nodes of its integration
    order = np.argsort(np.abs(fit.rho[i, j]), kind="stable")
    for start in range(0, len(order), PAIRS_AT_ONCE):
        part = order[start : start + PAIRS_AT_ONCE]
        a, b = i[part], j[part]
        rho, counts = fit.rho[a, b], tables[a, :categories, b, :categories]
        cell, slope, _ = rectangles(cuts[a], cuts[b], rho)
        undefined[part] |= ((cell < UNLIKELY) & (counts > 0)).any(axis=(1, 2))
        likely = cell >= UNLIKELY
        score = np.divide(slope, cell, out=np.zeros_like(cell), where=likely)
        of_cells = counts.sum(axis=(1, 2), keepdims=True) * cell if expected else counts
        weight = np.divide(of_cells * score, cell, out=np.zeros_like(cell), where=likely)
        information = np.vecdot(of_cells * score, score).sum(axis=1)
        undefined[part] |= information <= 0
        here = np.zeros((len(part), categories + 1, categories + 1))
        here[:, :-1, :-1] = score
        here[:, :-1, :] -= _of_thresholds(cuts[a], cuts[b], rho, weight, below[a] / n_items[a, None, None])[:, :, None]
        turned = weight.transpose(0, 2, 1)
        here[:, :, :-1] -= _of_thresholds(cuts[b], cuts[a], rho, turned, below[b] / n_items[b, None, None])[:, None, :]
        cells[part] = here * (n / np.where(information > 0, information, np.nan))[:, None, None]
    cells[undefined] = np.nan
    variance = np.zeros((p, p))
    for start in range(0, len(i), PAIRS_AT_ONCE):
        a, b = i[start : start + PAIRS_AT_ONCE], j[start : start + PAIRS_AT_ONCE]
        influence = cells[start : start + PAIRS_AT_ONCE]
        variance[a, b] = np.sum(tables[a, :, b, :] * influence**2, axis=(1, 2)) / n
    square = np.zeros((p, p), dtype=bool)
    square[i, j] = undefined
    return PolychoricVariance(variance + variance.T, square | square.T, n, cells)


def _of_thresholds(
    own: np.ndarray, other: np.ndarray, rho: np.ndarray, weight: np.ndarray, moved: np.ndarray
) -> np.ndarray:
    """(B, c) sum over an item's thresholds of B_t times what an answer in each category moves them.

    own, other : (B, c - 1) thresholds of the item and its partner; weight : (B, c, c) counts times the score over the
    probability, the item's categories in rows; moved : (B, c - 1, c) phi times the change of the thresholds.
    """
    edges = np.pad(other, ((0, 0), (1, 1)), constant_values=((0, 0), (-FAR, FAR)))
    rest = np.sqrt((1 - rho) * (1 + rho))
    conditional = ndtr((edges[:, None, :] - rho[:, None, None] * own[:, :, None]) / rest[:, None, None])
    # moving a threshold up adds to the category below it what it takes from the one above
    by_threshold = np.vecdot(np.diff(conditional, axis=2), weight[:, :-1] - weight[:, 1:])
    return np.matvec(moved.transpose(0, 2, 1), by_threshold)


def diagonal_weights(variance: ArrayLike, names: Sequence[str]) -> tuple[np.ndarray, tuple[str, ...]]:
    """Compute the weights of diagonally weighted least squares, the inverse variances of the correlations.

    A pair whose variance is undefined gets the smallest weight of all others, so that a correlation of unknown
    precision does not steer the solution.

    Parameters
    ----------
    variance : array_like of shape (p, p)
        Variances of the correlations, NaN where undefined.
    names : sequence of str
        Names of the items, for the notes.

    Returns
    -------
    weights : numpy.ndarray of shape (p, p)
        Inverse variances, diagonal 0.
    notes : tuple of str
        Which pairs took the smallest weight.

    Raises
    ------
    ValueError
        If no pair has a variance.
    """
    variance = np.asarray(variance, dtype=float)
    off = ~np.eye(len(variance), dtype=bool)
    known = off & np.isfinite(variance) & (variance > 0)
    if not known.any():
        raise ValueError("no pair of items has a variance of its correlation to weight it by")
    weights = np.divide(1.0, variance, out=np.zeros_like(variance), where=known)
    unknown = off & ~known
    if not unknown.any():
        return weights, ()
    weights[unknown] = weights[known].min()
    rows, columns = np.nonzero(np.triu(unknown))
    pairs = ", ".join(f"{names[a]} with {names[b]}" for a, b in zip(rows.tolist(), columns.tolist(), strict=True))
    return weights, (f"the variance of the correlation is undefined, and the smallest weight is taken, in: {pairs}",)
