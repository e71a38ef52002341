"""Pearson and rank correlations of scores under many weightings of the clients at once."""

import numpy as np
from scipy.sparse import csr_array

from psychometrics.correlation.product_moment import midranks
from psychometrics.correlation.scaling import to_correlations
from psychometrics.resampling.weights import ClusterWeights

NUMBERS_AT_ONCE = 20_000_000


def used_by(values: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Flag the clients who have both scores of each pair.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores, missing as NaN.
    pairs : numpy.ndarray of shape (q, 2)
        Positions of scores.

    Returns
    -------
    numpy.ndarray of shape (n, q)
        True for the clients who have both.
    """
    known = np.isfinite(values)
    return known[:, pairs[:, 0]] & known[:, pairs[:, 1]]


def weighted_pair_correlations(
    values: np.ndarray, weights: np.ndarray | ClusterWeights, pairs: np.ndarray
) -> np.ndarray:
    """Compute Pearson correlations of complete pairs.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores, missing as NaN.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each client counts.
    pairs : numpy.ndarray of shape (q, 2)
        Positions of scores.

    Returns
    -------
    numpy.ndarray of shape (m, q)
        Correlations, missing where a score does not vary.

    Notes
    -----
    Agrees with stats::cor(use = "pairwise").

    Examples
    --------
    >>> scores = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 4.0], [4.0, 3.0]])
    >>> weights = np.array([[1, 1, 1, 1], [2, 0, 1, 1]])
    >>> weighted_pair_correlations(scores, weights, np.array([[0, 1]])).round(2)
    array([[0.6 ],
           [0.75]])
    """
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        centred = np.where(known, values - np.nansum(values, axis=0) / np.maximum(known.sum(axis=0), 1), 0.0)
    at_once = max(1, NUMBERS_AT_ONCE // max(len(values), 1))
    parts = [pairs[start : start + at_once] for start in range(0, len(pairs), at_once)]
    return np.concatenate([_pearson(centred, known, weights, part) for part in parts], axis=1)


def _pearson(
    centred: np.ndarray, known: np.ndarray, weights: np.ndarray | ClusterWeights, pairs: np.ndarray
) -> np.ndarray:
    both = (known[:, pairs[:, 0]] & known[:, pairs[:, 1]]).astype(float)
    x, y = centred[:, pairs[:, 0]] * both, centred[:, pairs[:, 1]] * both
    count = weights @ both
    sum_x, sum_y = weights @ x, weights @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        xx, yy = weights @ x**2 - sum_x**2 / count, weights @ y**2 - sum_y**2 / count
        r = (weights @ (x * y) - sum_x * sum_y / count) / np.sqrt(xx * yy)
        # a constant score leaves rounding error only
        varies = (xx > 1e-12 * (x**2).sum(axis=0)) & (yy > 1e-12 * (y**2).sum(axis=0))
    return np.where(varies, np.clip(r, -1, 1), np.nan)


def weighted_rank_correlations(
    values: np.ndarray, weights: np.ndarray | ClusterWeights, pairs: np.ndarray
) -> np.ndarray:
    """Compute Spearman's rho of complete pairs.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores, missing as NaN.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each client counts.
    pairs : numpy.ndarray of shape (q, 2)
        Positions of scores.

    Returns
    -------
    numpy.ndarray of shape (m, q)
        Correlations, missing where a score does not vary.

    Notes
    -----
    In every resample and pair the clients drawn who have both scores are ranked again; ties have their mean rank.
    Agrees with stats::cor(method = "spearman") of the repeated rows.
    """
    known = np.isfinite(values)
    result = np.full((len(weights), len(pairs)), np.nan)
    codes = np.zeros(values.shape, dtype=np.int64)
    for column, present in enumerate(known.T):
        codes[present, column] = np.unique(values[present, column], return_inverse=True)[1]
    for column, (i, j) in enumerate(pairs):
        both = known[:, i] & known[:, j]
        if not both.any():
            continue
        # clients with the same two scores have the same two ranks: counted together, they are a few thousand cells
        width = codes[both, j].max() + 1
        cells, cell = np.unique(codes[both, i] * width + codes[both, j], return_inverse=True)
        belongs = csr_array((np.ones(len(cell)), (np.arange(len(cell)), cell)), shape=(len(cell), len(cells)))
        values_of = [_flags(cells // width), _flags(cells % width)]
        drawn = weights[:, both]
        at_once = max(1, NUMBERS_AT_ONCE // len(cells))
        for start in range(0, len(weights), at_once):
            part = slice(start, start + at_once)
            count = drawn[part] @ belongs
            x, y = (_centred_ranks(count, of) for of in values_of)
            with np.errstate(divide="ignore", invalid="ignore"):
                squares = np.vecdot(count * x, x) * np.vecdot(count * y, y)
                r = np.vecdot(count * x, y) / np.sqrt(squares)
            result[part, column] = np.where(squares > 1e-6, np.clip(r, -1, 1), np.nan)
    return result


def _flags(codes: np.ndarray) -> csr_array:
    """Cells x values, one where a cell has the value."""
    found, code = np.unique(codes, return_inverse=True)
    return csr_array((np.ones(len(code)), (np.arange(len(code)), code)), shape=(len(code), len(found)))


def _centred_ranks(count: np.ndarray, flags: csr_array) -> np.ndarray:
    """Mid-ranks minus their mean in each draw, of every cell: that of its value."""
    ranks = midranks(count @ flags)[:, flags.indices]
    # the mean of mid-ranks is that of 1 ... n, whatever the ties
    return ranks - (count.sum(axis=1, keepdims=True) + 1) / 2


def weighted_products(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Compute sums of products of all pairs of columns under many weightings of the rows.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Columns without missing values.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each row counts.

    Returns
    -------
    numpy.ndarray of shape (m, p, p)
        Sums.
    """
    first, second = np.triu_indices(values.shape[1])
    found = np.empty((len(weights), values.shape[1], values.shape[1]))
    found[:, first, second] = found[:, second, first] = weights @ (values[:, first] * values[:, second])
    return found


def weighted_matrices(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Compute Pearson correlation matrices of complete rows.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores without missing values.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each client counts.

    Returns
    -------
    numpy.ndarray of shape (m, p, p)
        Correlations, missing where a score does not vary.
    """
    values = values - values.mean(axis=0)
    count, sums = weights.sum(axis=1, keepdims=True), weights @ values
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = weighted_products(values, weights) - sums[:, :, None] * sums[:, None, :] / count[:, :, None]
    return np.clip(to_correlations(covariance)[0], -1, 1)
