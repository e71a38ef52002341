"""Reliability of a sum score from splits of its items into halves: all of them, and the greatest (lambda 4)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike

MOST_ITEMS = 24  # all splits are tried up to here: 1,352,078 of them
SAMPLES = 10_000
STARTS = 100


@dataclass(frozen=True)
class SplitHalves:
    """Reliabilities by splits of the items into halves.

    Attributes
    ----------
    coefficients : numpy.ndarray of shape (splits,)
        Reliability by each split.
    split : numpy.ndarray of shape (k,)
        True for the items of one half of the greatest split.
    greatest : float
        Reliability by that split.
    all_splits : bool
        False for a sample of splits, where a search found the greatest.
    """

    coefficients: np.ndarray
    split: np.ndarray
    greatest: float
    all_splits: bool


def split_reliability(covariance: ArrayLike, split: np.ndarray) -> np.ndarray:
    r"""Compute the reliability of a sum by one split of its items.

    .. math:: 4 \sigma_{AB} / \sigma_X^2

    Parameters
    ----------
    covariance : array_like of shape (..., k, k)
        Covariances of keyed items.
    split : numpy.ndarray of shape (k,)
        True for the items of one half.

    Returns
    -------
    numpy.ndarray of shape (...)
        The reliability.

    Notes
    -----
    Guttman (1945), Psychometrika 10, 255-282; Flanagan's formula. With halves of equal variance it is Spearman-Brown's.
    """
    sign = np.where(split, 1.0, -1.0)
    covariance = np.asarray(covariance, dtype=float)
    return 1 - np.einsum("...ij,i,j->...", covariance, sign, sign) / covariance.sum(axis=(-2, -1))


def split_half_reliabilities(covariance: ArrayLike, *, seed: int = 0) -> SplitHalves:
    """Try every split of the items into two halves, whose sizes differ by one item at most.

    Up to 24 items all splits are tried: signs of the first and of the second part of the items are combined through one
    matrix product. Beyond, 10,000 random splits describe the distribution, and the greatest is the best that exchanges
    of one item for one reach from the best 100 of them: it may miss the true maximum.

    Parameters
    ----------
    covariance : array_like of shape (k, k)
        Covariances of keyed items, k >= 2, whose sum varies.
    seed : int, default 0
        Seed of the random splits, at least 0.

    Returns
    -------
    SplitHalves
        The reliabilities, and the split with the greatest.

    Notes
    -----
    Greatest: lambda 4 of Guttman (1945). The mean over all splits is alpha for an even number of items, and alpha times
    (k^2 - 1) / k^2 for an odd one (Cronbach 1951, Psychometrika 16, for the even number). Agrees with
    psych::splitHalf(covar = TRUE, brute = TRUE) for even numbers of items. For odd ones psych 2.2.9 goes through half
    of the splits only, because it takes every split to come up twice. Beyond 10,000 splits psych takes the best of a
    random sample.

    Examples
    --------
    >>> covariance = np.full((4, 4), 0.5) + np.diag([0.5, 0.5, 0.5, 0.5])
    >>> found = split_half_reliabilities(covariance)
    >>> found.coefficients.round(2), found.split
    (array([0.8, 0.8, 0.8]), array([ True, False,  True, False]))
    """
    covariance = np.asarray(covariance, dtype=float)
    k = len(covariance)
    total = covariance.sum()
    if k <= MOST_ITEMS:
        lowest, split, parts = np.inf, np.zeros(k, dtype=bool), []
        for first, second, values in _all_splits(covariance):
            row, column = np.unravel_index(values.argmin(), values.shape)
            if values[row, column] < lowest:
                lowest, split = values[row, column], np.concatenate([first[row], second[column]]) > 0
            parts.append(values.ravel())
        return SplitHalves(1 - np.concatenate(parts) / total, split, float(1 - lowest / total), True)
    signs = np.where(np.arange(k) < k // 2, 1.0, -1.0)
    signs = np.random.default_rng(seed).permuted(np.tile(signs, (SAMPLES, 1)), axis=1)
    values = np.einsum("si,si->s", signs @ covariance, signs)
    found = [_exchange(covariance, signs[start]) for start in np.argsort(values, kind="stable")[:STARTS]]
    best = min(found, key=lambda sign: sign @ covariance @ sign)
    return SplitHalves(1 - values / total, best > 0, float(1 - best @ covariance @ best / total), False)


def _all_splits(covariance: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Signs of the first part of the items, of the second, and v' C v of every combination with halves of one size."""
    k = len(covariance)
    middle = k // 2
    one, two = covariance[:middle, :middle], covariance[middle:, middle:]
    for here in range(middle + 1):
        first, second = _signs(middle, here), _signs(k - middle, k // 2 - here)
        if k % 2 == 0:
            first = first[first[:, 0] > 0]  # the mirror image of a split is the same split
        if len(first):
            yield (
                first,
                second,
                (
                    np.einsum("si,ij,sj->s", first, one, first, optimize=True)[:, None]
                    + np.einsum("si,ij,sj->s", second, two, second, optimize=True)
                    + 2 * first @ covariance[:middle, middle:] @ second.T
                ),
            )


def _signs(size: int, positive: int) -> np.ndarray:
    chosen = np.array(list(combinations(range(size), positive)), dtype=int).reshape(comb(size, positive), positive)
    signs = np.full((len(chosen), size), -1.0)
    np.put_along_axis(signs, chosen, 1.0, axis=1)
    return signs


def _exchange(covariance: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Exchange one item for one between the halves, the best pair each time, until none makes v' C v smaller."""
    sign, variance = sign.copy(), np.diag(covariance)
    while True:
        plus, minus = np.flatnonzero(sign > 0), np.flatnonzero(sign < 0)
        pull = covariance @ sign
        change = (variance[plus] - pull[plus])[:, None] + variance[minus] + pull[minus]
        change -= 2 * covariance[np.ix_(plus, minus)]
        i, j = np.unravel_index(change.argmin(), change.shape)
        if change[i, j] >= -1e-12 * variance.sum():
            return sign
        sign[plus[i]], sign[minus[j]] = -1.0, 1.0
