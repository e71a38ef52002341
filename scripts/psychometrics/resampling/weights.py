"""Seeded resampling of the independent unit, as weights: the cluster bootstrap and the jackknife."""

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike


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


def resample_weights(
    units: ArrayLike, first_draw: int, n_draws: int, seed: int, *, among: ArrayLike | None = None
) -> np.ndarray:
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
    numpy.ndarray of int, shape (n_draws, n_rows)
        Weights, whole numbers of 0 or more.

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
    >>> resample_weights(["ann", "ann", "ben", "cleo"], first_draw=0, n_draws=3, seed=1)
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
    return _counts_of_units(len(unique), first_draw, n_draws, seed)[:, code]


@lru_cache(maxsize=4)  # every scale of a data set is resampled in the same way
def _counts_of_units(size: int, first_draw: int, n_draws: int, seed: int) -> np.ndarray:
    """How often each of so many units is drawn, (n_draws, size); read only."""
    counts = np.empty((n_draws, size), dtype=np.int64)
    for row, draw in enumerate(range(first_draw, first_draw + n_draws)):
        counts[row] = np.bincount(generator_of(seed, draw).integers(size, size=size), minlength=size)
    counts.flags.writeable = False
    return counts


def leave_out_weights(units: ArrayLike, parts: int, seed: int) -> np.ndarray:
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
    numpy.ndarray of int, shape (parts or units, n_rows)
        Zeros and ones.

    Examples
    --------
    >>> leave_out_weights(["ann", "ann", "ben"], parts=100, seed=0)
    array([[0, 0, 1],
           [1, 1, 0]])
    """
    code = np.unique(np.asarray(units), return_inverse=True)[1].ravel()
    size = code.max() + 1
    part = np.arange(size) if size <= parts else np.random.default_rng(seed).permutation(size) % parts
    return (part[code] != np.arange(part.max() + 1)[:, None]).astype(np.int64)


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
