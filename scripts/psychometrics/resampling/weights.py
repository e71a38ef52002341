"""Seeded resampling of the independent unit, as weights: the cluster bootstrap and the jackknife."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

NUMBERS_AT_ONCE = 20_000_000


def generator_of(seed: int, draw: int) -> np.random.Generator:
    """Make the random generator of one draw, so that any division of the draws into pieces gives the same numbers.

    Parameters
    ----------
    seed : int
        Seed of the analysis, 0 or more.
    draw : int
        Number of the draw, counted from 0.

    Returns
    -------
    numpy.random.Generator
        The same for the same seed and draw.

    Examples
    --------
    >>> bool(generator_of(7, draw=3).random() == generator_of(7, draw=3).random())
    True
    """
    return np.random.default_rng(np.random.SeedSequence([seed, draw]))


class ClusterWeights:
    """How often each row enters each of many resamples, kept for the clusters of rows that always enter together.

    A thousand resamples of a million people are eight gigabytes of weights, and their sums over the people as many
    products. Here either is that of the clusters, such as therapists.

    Parameters
    ----------
    counts : numpy.ndarray of int, shape (m, clusters)
        How often each cluster enters each resample.
    codes : numpy.ndarray of int, shape (n,)
        The cluster of each row, 0, 1, ...

    Examples
    --------
    >>> weights = ClusterWeights(np.array([[2, 0], [1, 1]]), np.array([0, 0, 1]))
    >>> np.asarray(weights)
    array([[2, 2, 0],
           [1, 1, 1]])
    >>> weights @ np.array([1.0, 2.0, 4.0])
    array([6., 7.])
    """

    def __init__(self, counts: np.ndarray, codes: np.ndarray) -> None:
        self.counts, self.codes = counts, codes

    @property
    def shape(self) -> tuple[int, int]:
        """Give the numbers of resamples and of rows.

        Returns
        -------
        tuple of int
            As of an array.
        """
        return len(self.counts), len(self.codes)

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[np.ndarray]:
        return (count[self.codes] for count in self.counts)

    def __array__(self, dtype: type | None = None, copy: bool | None = None) -> np.ndarray:
        return self.counts[:, self.codes].astype(np.int64 if dtype is None else dtype)

    def __getitem__(self, key: slice | tuple[slice, np.ndarray]) -> "ClusterWeights":
        resamples, rows = key if isinstance(key, tuple) else (key, slice(None))
        return ClusterWeights(self.counts[resamples], self.codes[rows])

    def __matmul__(self, columns: np.ndarray | csr_array) -> np.ndarray:
        n = len(self.codes)
        summed = csr_array((np.ones(n), (self.codes, np.arange(n))), shape=(self.counts.shape[1], n)) @ columns
        found = np.empty((len(self.counts), *columns.shape[1:]))
        at_once = max(1, NUMBERS_AT_ONCE // max(self.counts.shape[1], 1))
        for start in range(0, len(self.counts), at_once):
            found[start : start + at_once] = self.counts[start : start + at_once].astype(float) @ summed
        return found

    def sum(self, axis: int, *, keepdims: bool = False) -> np.ndarray:
        """Count the rows that enter each resample, as often as they do.

        Parameters
        ----------
        axis : {1}
            Over the rows; another axis has no use.
        keepdims : bool, default False
            As of an array.

        Returns
        -------
        numpy.ndarray of shape (m,) or (m, 1)
            Numbers.
        """
        found = self @ np.ones(len(self.codes))
        return found[:, None] if keepdims else found


def cluster_resamples(
    units: ArrayLike, first_draw: int, n_draws: int, seed: int, *, among: ArrayLike | None = None
) -> ClusterWeights:
    """Count how often each row enters each cluster bootstrap resample, a resample of whole units.

    Units are therapists where clients are nested in them, otherwise clients. All rows of a drawn unit enter together.
    A statistic that is a function of moments then costs one matrix product: ``weights @ columns``.

    Parameters
    ----------
    units : array_like of shape (n_rows,)
        The unit of each row.
    first_draw : int
        The first of the draws wanted, counted from 0.
    n_draws : int
        How many draws are wanted.
    seed : int
        Seed of the generators, 0 or more.
    among : array_like, optional
        All units to draw from, where there are others than those of the rows, such as therapists who answered from
        another perspective only. Analyses that draw among the same units take the same of them in the same draw; the
        weights of a draw then need not sum to the number of rows' units.

    Returns
    -------
    ClusterWeights
        Weights (n_draws, n_rows), whole numbers of 0 or more.

    Raises
    ------
    ValueError
        If a row has no unit, or one that is not among those to draw from.

    Notes
    -----
    Each draw has its own generator, seeded by (seed, draw): any split into chunks gives the same draws. Units are taken
    in sorted order, so that the order of the rows does not matter either.
    Davison & Hinkley (1997), Bootstrap methods and their application, section 3.8 (resampling of whole clusters).

    Examples
    --------
    >>> np.asarray(cluster_resamples(["ann", "ann", "ben", "cleo"], first_draw=0, n_draws=3, seed=1))
    array([[0, 0, 2, 1],
           [1, 1, 2, 0],
           [0, 0, 2, 1]])
    """
    if pd.isna(np.asarray(units)).any():
        raise ValueError("Every row needs a unit to resample; at least one row has none.")
    unique = pd.Index(np.unique(np.asarray(units if among is None else among)))
    code = unique.get_indexer(np.asarray(units))
    if (code < 0).any():
        raise ValueError("Every row's unit must be among those to draw from; at least one is not.")
    return ClusterWeights(_counts_of_units(len(unique), first_draw, n_draws, seed), code)


@lru_cache(maxsize=2)  # every scale of a data set is resampled in the same way
def _counts_of_units(size: int, first_draw: int, n_draws: int, seed: int) -> np.ndarray:
    """How often each of so many units is drawn, (n_draws, size); read only, and never near 127."""
    counts = np.empty((n_draws, size), dtype=np.int8)
    for row, draw in enumerate(range(first_draw, first_draw + n_draws)):
        counts[row] = np.bincount(generator_of(seed, draw).integers(size, size=size), minlength=size)
    counts.flags.writeable = False
    return counts


def resample_weights(
    units: ArrayLike, first_draw: int, n_draws: int, seed: int, *, among: ArrayLike | None = None
) -> np.ndarray:
    """Count how often each row enters each cluster bootstrap resample, as an array.

    Parameters
    ----------
    units : array_like of shape (n_rows,)
        The unit of each row.
    first_draw : int
        The first of the draws wanted, counted from 0.
    n_draws : int
        How many draws are wanted.
    seed : int
        Seed of the generators, 0 or more.
    among : array_like, optional
        All units to draw from, see `cluster_resamples`.

    Returns
    -------
    numpy.ndarray of int, shape (n_draws, n_rows)
        The weights of `cluster_resamples`.

    Examples
    --------
    >>> resample_weights(["ann", "ann", "ben", "cleo"], first_draw=0, n_draws=3, seed=1)
    array([[0, 0, 2, 1],
           [1, 1, 2, 0],
           [0, 0, 2, 1]])
    """
    return np.asarray(cluster_resamples(units, first_draw, n_draws, seed, among=among))


def leave_out_resamples(units: ArrayLike, parts: int, seed: int) -> ClusterWeights:
    """Make weights that leave out each unit in turn, for a jackknife, or each of a number of parts of the units.

    Parameters
    ----------
    units : array_like of shape (n_rows,)
        The unit of each row.
    parts : int
        The largest number of parts; more units than that are put together at random.
    seed : int
        Seed of the random parts, 0 or more.

    Returns
    -------
    ClusterWeights
        Zeros and ones, parts (or units) x rows.

    Examples
    --------
    >>> np.asarray(leave_out_resamples(["ann", "ann", "ben"], parts=100, seed=0))
    array([[0, 0, 1],
           [1, 1, 0]])
    """
    code = np.unique(np.asarray(units), return_inverse=True)[1].ravel()
    size = code.max() + 1
    part = np.arange(size) if size <= parts else np.random.default_rng(seed).permutation(size) % parts
    return ClusterWeights(1 - np.eye(part.max() + 1, dtype=np.int8), part[code])


def leave_out_weights(units: ArrayLike, parts: int, seed: int) -> np.ndarray:
    """Make weights that leave out each unit, or each of a number of parts of the units, in turn, as an array.

    Parameters
    ----------
    units : array_like of shape (n_rows,)
        The unit of each row.
    parts : int
        The largest number of parts; more units than that are put together at random.
    seed : int
        Seed of the random parts, 0 or more.

    Returns
    -------
    numpy.ndarray of int, shape (parts or units, n_rows)
        Those of `leave_out_resamples`.

    Examples
    --------
    >>> leave_out_weights(["ann", "ann", "ben"], parts=100, seed=0)
    array([[0, 0, 1],
           [1, 1, 0]])
    """
    return np.asarray(leave_out_resamples(units, parts, seed))


def jackknife_error(left_out: np.ndarray) -> np.ndarray:
    """Compute jackknife standard errors from values with one part left out at a time.

    Parameters
    ----------
    left_out : numpy.ndarray of shape (parts, ...)
        Values without one part at a time; missing values are left out.

    Returns
    -------
    numpy.ndarray of shape (...)
        Standard errors, missing where fewer than two parts have a value.

    Notes
    -----
    Efron & Stein (1981), Ann. Statist. 9.

    Examples
    --------
    >>> round(float(jackknife_error(np.array([2.0, 3.0, 4.0]))), 4)
    1.1547
    """
    known = np.isfinite(left_out)
    parts = known.sum(axis=0)
    mean = np.where(known, left_out, 0.0).sum(axis=0) / np.maximum(parts, 1)
    squares = np.where(known, left_out - mean, 0.0) ** 2
    return np.where(parts > 1, np.sqrt((parts - 1) / np.maximum(parts, 1) * squares.sum(axis=0)), np.nan)
