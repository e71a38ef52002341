"""Pearson and rank correlations of scores under many weightings of the clients at once."""

import numpy as np

from psychometrics.correlation.scaling import to_correlations

DRAWS_AT_ONCE = 100


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


def weighted_pair_correlations(values: np.ndarray, weights: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Compute Pearson correlations of complete pairs.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores, missing as NaN.
    weights : numpy.ndarray of shape (m, n)
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
    both = used_by(values, pairs).astype(float)
    x, y = centred[:, pairs[:, 0]] * both, centred[:, pairs[:, 1]] * both
    count = weights @ both
    sum_x, sum_y = weights @ x, weights @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        xx, yy = weights @ x**2 - sum_x**2 / count, weights @ y**2 - sum_y**2 / count
        r = (weights @ (x * y) - sum_x * sum_y / count) / np.sqrt(xx * yy)
        # a constant score leaves rounding error only
        varies = (xx > 1e-12 * (x**2).sum(axis=0)) & (yy > 1e-12 * (y**2).sum(axis=0))
    return np.where(varies, np.clip(r, -1, 1), np.nan)


def weighted_rank_correlations(values: np.ndarray, weights: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Compute Spearman's rho of complete pairs.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores, missing as NaN.
    weights : numpy.ndarray of shape (m, n)
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
    for start in range(0, len(weights), DRAWS_AT_ONCE):
        part = weights[start : start + DRAWS_AT_ONCE]
        ranks = _Ranks(values, part)
        for column, (i, j) in enumerate(pairs):
            both = known[:, i] & known[:, j]
            if not both.any():
                continue
            drawn = part[:, both]
            x, y = ranks.centred(i, both), ranks.centred(j, both)
            weighted = drawn * x
            with np.errstate(divide="ignore", invalid="ignore"):
                squares = np.vecdot(weighted, x) * np.vecdot(drawn * y, y)
                r = np.vecdot(weighted, y) / np.sqrt(squares)
            result[start : start + len(part), column] = np.where(squares > 1e-6, np.clip(r, -1, 1), np.nan)
    return result


def weighted_matrices(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Compute Pearson correlation matrices of complete rows.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores without missing values.
    weights : numpy.ndarray of shape (m, n)
        How often each client counts.

    Returns
    -------
    numpy.ndarray of shape (m, p, p)
        Correlations, missing where a score does not vary.
    """
    values = values - values.mean(axis=0)
    first, second = np.triu_indices(values.shape[1])
    count, sums = weights.sum(axis=1, keepdims=True), weights @ values
    covariance = np.empty((len(weights), values.shape[1], values.shape[1]))
    with np.errstate(divide="ignore", invalid="ignore"):
        moments = weights @ (values[:, first] * values[:, second]) - sums[:, first] * sums[:, second] / count
        covariance[:, first, second] = covariance[:, second, first] = moments
    return np.clip(to_correlations(covariance)[0], -1, 1)


class _Ranks:
    """Weighted mid-ranks minus their mean, kept for every score and set of clients that was asked for."""

    def __init__(self, values: np.ndarray, weights: np.ndarray) -> None:
        self._values, self._weights = values, weights
        self._found: dict[tuple[int, bytes], np.ndarray] = {}

    def centred(self, column: int, both: np.ndarray) -> np.ndarray:
        key = column, both.tobytes()
        if key not in self._found:
            values, drawn = self._values[both, column], self._weights[:, both]
            order = np.argsort(values, kind="stable")
            # the last place of each run of equal values, and which run each client is in
            ends = np.append(np.flatnonzero(np.diff(values[order])), len(values) - 1)
            run = np.empty(len(values), dtype=int)
            run[order] = np.searchsorted(ends, np.arange(len(values)))
            reached = drawn[:, order].cumsum(axis=1)[:, ends]
            ranks = (reached - (np.diff(reached, axis=1, prepend=0) - 1) / 2)[:, run]
            # the mean of mid-ranks is that of 1 ... n, whatever the ties
            self._found[key] = ranks - (drawn.sum(axis=1, keepdims=True) + 1) / 2
        return self._found[key]
