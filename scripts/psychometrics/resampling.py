"""Seeded resampling of the independent unit, as weights."""
import numpy as np
import pandas as pd


def resample_weights(units, first_draw, n_draws, seed):
    """How often each row enters each bootstrap resample of whole units.

    Units are therapists where clients are nested in them, otherwise clients. All rows of a drawn unit enter together.
    A statistic that is a function of moments then costs one matrix product: ``weights @ columns``.

    Parameters
    ----------
    units : (n_rows,) the unit of each row.
    first_draw, n_draws : the draws wanted, counted from 0.
    seed : integer >= 0.

    Returns
    -------
    (n_draws, n_rows) integers.

    Raises
    ------
    ValueError : a row has no unit.

    Notes
    -----
    Each draw has its own generator, seeded by (seed, draw): any split into chunks gives the same draws. Units are taken
    in sorted order, so that the order of the rows does not matter either.
    Davison & Hinkley (1997), Bootstrap methods and their application, section 3.8 (resampling of whole clusters).
    """
    code, unique = pd.factorize(np.asarray(units), sort=True)
    if (code < 0).any():
        raise ValueError("Every row needs a unit to resample; at least one row has none.")
    size = len(unique)
    counts = np.empty((n_draws, size), dtype=np.int64)
    for row, draw in enumerate(range(first_draw, first_draw + n_draws)):
        generator = np.random.default_rng(np.random.SeedSequence([seed, draw]))
        counts[row] = np.bincount(generator.integers(size, size=size), minlength=size)
    return counts[:, code]
