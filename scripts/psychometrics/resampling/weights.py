"""Seeded resampling of the independent unit, as weights."""

import numpy as np
import pandas as pd


def resample_weights(units, first_draw, n_draws, seed, *, among=None):
    """How often each row enters each bootstrap resample of whole units.

    Units are therapists where clients are nested in them, otherwise clients. All rows of a drawn unit enter together.
    A statistic that is a function of moments then costs one matrix product: ``weights @ columns``.

    Parameters
    ----------
    units : (n_rows,) the unit of each row.
    first_draw, n_draws : the draws wanted, counted from 0.
    seed : integer >= 0.
    among : all units to draw from, where there are others than those of the rows, such as therapists who answered from
        another perspective only. Analyses that draw among the same units take the same of them in the same draw; the
        weights of a draw then need not sum to the number of rows' units.

    Returns
    -------
    (n_draws, n_rows) integers.

    Raises
    ------
    ValueError : a row has no unit, or one that is not among those to draw from.

    Notes
    -----
    Each draw has its own generator, seeded by (seed, draw): any split into chunks gives the same draws. Units are taken
    in sorted order, so that the order of the rows does not matter either.
    Davison & Hinkley (1997), Bootstrap methods and their application, section 3.8 (resampling of whole clusters).
    """
    if pd.isna(np.asarray(units)).any():
        raise ValueError("Every row needs a unit to resample; at least one row has none.")
    unique = pd.Index(np.unique(np.asarray(units if among is None else among)))
    code = unique.get_indexer(np.asarray(units))
    if (code < 0).any():
        raise ValueError("Every row's unit must be among those to draw from; at least one is not.")
    size = len(unique)
    counts = np.empty((n_draws, size), dtype=np.int64)
    for row, draw in enumerate(range(first_draw, first_draw + n_draws)):
        generator = np.random.default_rng(np.random.SeedSequence([seed, draw]))
        counts[row] = np.bincount(generator.integers(size, size=size), minlength=size)
    return counts[:, code]


def leave_out_weights(units, parts, seed):
    """Weights that leave out each unit in turn, for a jackknife; where there are more units, each of so many parts.

    Parameters
    ----------
    units : (n_rows,) the unit of each row.
    parts : the most parts; more units than that are put together at random.
    seed : integer >= 0.

    Returns
    -------
    (parts or units, n_rows) zeros and ones.
    """
    code = np.unique(np.asarray(units), return_inverse=True)[1].ravel()
    size = code.max() + 1
    part = np.arange(size) if size <= parts else np.random.default_rng(seed).permutation(size) % parts
    return (part[code] != np.arange(part.max() + 1)[:, None]).astype(np.int64)


def jackknife_error(left_out):
    """Standard errors (...,) from values (parts, ...) without one part at a time; missing values are left out.

    Missing where fewer than two parts have a value. Efron & Stein (1981), Ann. Statist. 9.
    """
    known = np.isfinite(left_out)
    parts = known.sum(axis=0)
    mean = np.where(known, left_out, 0.0).sum(axis=0) / np.maximum(parts, 1)
    squares = np.where(known, left_out - mean, 0.0) ** 2
    return np.where(parts > 1, np.sqrt((parts - 1) / np.maximum(parts, 1) * squares.sum(axis=0)), np.nan)
