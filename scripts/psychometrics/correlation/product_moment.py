"""Pearson and Spearman correlations of all pairs of items, with missing answers and with weighted people."""

import numpy as np

from psychometrics.correlation.scaling import to_correlations
from psychometrics.resampling.weights import ClusterWeights


def weighted_correlations(
    values: np.ndarray, answered: np.ndarray, n: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Compute Pearson correlations by weighted sums over the people who answered both items.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Answers.
    answered : numpy.ndarray of bool, shape (n, p)
        Which of them count.
    n : numpy.ndarray of shape (p, p)
        Weighted pair counts.
    weights : numpy.ndarray of shape (n,), optional
        How often each person counts; by default once.

    Returns
    -------
    numpy.ndarray of shape (p, p)
        Correlations, NaN where an item is constant.
    """
    weight = 1.0 if weights is None else weights[:, None]
    present = answered.astype(float)
    filled = np.where(answered, values, 0.0)
    # centring on all answers keeps the sums of squares small; the result does not depend on it
    centre = (filled * weight).sum(axis=0) / np.diag(n)
    filled = np.where(answered, values - centre, 0.0)
    weighted = filled * weight
    products = weighted.T @ filled
    raw = (weighted * filled).T @ present  # squares of the row's item, over the people who also answered the column's
    sums = weighted.T @ present
    products = products - sums * sums.T / n
    squares = raw - sums * sums / n
    # the sum of squares of a constant item is rounding error
    scale = np.where(squares > 1e-12 * (raw + n * centre[:, None] ** 2), squares, np.nan)
    matrix = np.clip(products / np.sqrt(scale * scale.T), -1, 1)
    matrix[np.diag_indices_from(matrix)] = np.where(np.isnan(np.diag(scale)), np.nan, 1.0)
    return matrix


def batched_correlations(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Compute Pearson correlations of complete rows under many weightings at once, as in a bootstrap.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores without missing values, each of which varies.
    weights : numpy.ndarray of shape (m, n)
        How often each row counts.

    Returns
    -------
    numpy.ndarray of shape (m, p, p)
        Correlations, missing where a score does not vary among the rows that count.

    Examples
    --------
    The correlation of all four rows, and without the last:

    >>> import numpy as np
    >>> values = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 4.0], [4.0, 0.0]])
    >>> batched_correlations(values, np.array([[1, 1, 1, 1], [1, 1, 1, 0]]))[:, 0, 1].round(2).tolist()
    [-0.38, 1.0]
    """
    p = values.shape[1]
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    first, second = np.triu_indices(p)
    count = weights.sum(axis=1, keepdims=True)
    means = weights @ values / count
    covariance = np.empty((len(weights), p, p))
    products = weights @ (values[:, first] * values[:, second]) / count - means[:, first] * means[:, second]
    covariance[:, first, second] = covariance[:, second, first] = products
    return to_correlations(covariance)[0]


def midranks(counts: np.ndarray) -> np.ndarray:
    """Compute the mean rank of each value from how often it occurs.

    Parameters
    ----------
    counts : numpy.ndarray
        Counts of the values, ascending along the last axis.

    Returns
    -------
    numpy.ndarray
        Mean ranks, in the same shape.

    Examples
    --------
    >>> midranks(np.array([2, 1, 3]))
    array([1.5, 3. , 5. ])
    """
    return np.cumsum(counts, axis=-1) - (counts - 1) / 2


def spearman_of_tables(tables: np.ndarray) -> np.ndarray:
    """Compute Spearman's rho of all pairs, each with its own ranks, from the tables of all pairs.

    Parameters
    ----------
    tables : numpy.ndarray of shape (p, c, p, c)
        Counts, as from `psychometrics.correlation.polychoric.pair_tables`.

    Returns
    -------
    numpy.ndarray of shape (p, p)
        Rank correlations, NaN where an item is constant.
    """
    margins = tables.sum(axis=3).transpose(0, 2, 1)  # [i, j, a]: people who chose a of item i and answered item j
    n = margins.sum(axis=2)
    ranks = midranks(margins) - (n[:, :, None] + 1) / 2
    variance = (margins * ranks * ranks).sum(axis=2)
    products = np.einsum("iajb,ija,jib->ij", tables, ranks, ranks, optimize=True)
    scale = np.where(variance > 0, variance, np.nan)
    return products / np.sqrt(scale * scale.T)


def spearman_of_pairs(codes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute Spearman's rho pair by pair, for items with many different values.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n, p)
        Numbers of the values in ascending order, -1 where missing.
    weights : numpy.ndarray of shape (n,)
        How often each person counts.

    Returns
    -------
    numpy.ndarray of shape (p, p)
        Rank correlations, NaN where an item is constant; as those of `spearman_of_tables`.
    """
    p = codes.shape[1]
    matrix = np.eye(p)
    for i in range(p):
        for j in range(i + 1):
            both = (codes[:, i] >= 0) & (codes[:, j] >= 0)
            weight = weights[both]
            middle = (weight.sum() + 1) / 2
            x, y = (midranks(np.bincount(code, weight))[code] - middle for code in (codes[both, i], codes[both, j]))
            scale = (weight * x * x).sum() * (weight * y * y).sum()
            matrix[i, j] = matrix[j, i] = (weight * x * y).sum() / np.sqrt(scale) if scale > 0 else np.nan
    return matrix
