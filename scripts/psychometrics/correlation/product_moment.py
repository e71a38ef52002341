"""Pearson and Spearman correlations of all pairs of items, with missing answers and with weighted people."""

import numpy as np


def weighted_correlations(values, answered, n, weights=None):
    """Pearson correlations by weighted sums over the people who answered both items; NaN where an item is constant.

    values (n, p), answered (n, p) booleans, n (p, p) weighted pair counts, weights (n,) or None.
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
    # what is left of a constant item is rounding
    scale = np.where(squares > 1e-12 * (raw + n * centre[:, None] ** 2), squares, np.nan)
    matrix = np.clip(products / np.sqrt(scale * scale.T), -1, 1)
    matrix[np.diag_indices_from(matrix)] = np.where(np.isnan(np.diag(scale)), np.nan, 1.0)
    return matrix


def midranks(counts):
    """Mean rank of each value from how often it occurs, values ascending along the last axis."""
    return np.cumsum(counts, axis=-1) - (counts - 1) / 2


def spearman_of_tables(tables):
    """Spearman correlations with each pair's own ranks, from the (p, c, p, c) tables of all pairs."""
    margins = tables.sum(axis=3).transpose(0, 2, 1)  # [i, j, a]: people who chose a of item i and answered item j
    n = margins.sum(axis=2)
    ranks = midranks(margins) - (n[:, :, None] + 1) / 2
    variance = (margins * ranks * ranks).sum(axis=2)
    products = np.einsum("iajb,ija,jib->ij", tables, ranks, ranks, optimize=True)
    scale = np.where(variance > 0, variance, np.nan)
    return products / np.sqrt(scale * scale.T)


def spearman_of_pairs(codes, weights):
    """As `spearman_of_tables`, for items with many different values: pair by pair."""
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
