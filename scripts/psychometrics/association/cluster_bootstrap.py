"""Intervals for estimates of clients who may share a therapist: whole units (clusters) are resampled."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.pairs import NEEDS_ANSWERS
from psychometrics.association.units import Units
from psychometrics.resampling.bootstrap_intervals import with_intervals
from psychometrics.resampling.weights import ClusterWeights, cluster_resamples


@dataclass(frozen=True)
class UnitResamples(Units):
    """Resamples of whole units of clients.

    Attributes
    ----------
    weights : ClusterWeights (m, n clients) or None
        How often each client enters each resample. None where nothing was resampled.
    reason : str
        Why there are no resamples; "" where there are.
    """

    weights: ClusterWeights | None
    reason: str


def resample_units(units: ArrayLike, n_draws: int, seed: int) -> UnitResamples:
    """Resample whole units.

    Parameters
    ----------
    units : array_like of shape (n,)
        The unit of each client, for example the therapist.
    n_draws : int
        Number of resamples; 0 draws none.
    seed : int
        At least 0. The same seed and units give the same resamples to every analysis.

    Returns
    -------
    UnitResamples
        The resamples; without weights where there are fewer than three units or `n_draws` is 0.
    """
    codes, names = pd.factorize(np.asarray(units), sort=True)
    reason = "fewer than three units to resample" if len(names) < 3 else "" if n_draws else "no resamples were drawn"
    weights = None if reason else cluster_resamples(units, 0, n_draws, seed)
    return UnitResamples(codes, len(names) < len(codes), weights, reason)


def given_or_none(resamples: UnitResamples | None, people: int) -> UnitResamples:
    """Return the resamples that were given; without any, none of people who are each a unit of their own.

    Parameters
    ----------
    resamples : UnitResamples, optional
        As an analysis was given them.
    people : int
        Number of people.

    Returns
    -------
    UnitResamples
        Without weights where none were given.
    """
    return resample_units(np.arange(people), 0, 0) if resamples is None else resamples


def no_resamples(people: int) -> UnitResamples:
    """Stand in for resamples where the data are a matrix: nobody can be drawn.

    Parameters
    ----------
    people : int
        Number of people behind the matrix.

    Returns
    -------
    UnitResamples
        Without weights; its reason says that raw answers are needed.
    """
    return UnitResamples(np.arange(people), False, None, f"the interval {NEEDS_ANSWERS}")


def cluster_bootstrap_intervals(
    rows: pd.DataFrame,
    draws: np.ndarray | None,
    used: np.ndarray,
    resamples: UnitResamples,
    level: float,
    *,
    kind: str,
    reaching: bool = False,
    longer: str = "",
) -> pd.DataFrame:
    """Add cluster bootstrap intervals to the rows that have an estimate.

    Parameters
    ----------
    rows : pandas.DataFrame
        The p tidy rows with estimate, method and note.
    draws : numpy.ndarray of shape (m, p) or None
        Resampled values; None where nothing was resampled.
    used : numpy.ndarray of shape (n, p)
        True for the clients behind each row.
    resamples : UnitResamples
        The resamples that `draws` come from.
    level : float
        Coverage of the intervals, in (0, 1).
    kind : str
        Scale of the interval, see :func:`psychometrics.resampling.bootstrap_intervals.with_intervals`.
    reaching : bool, default False
        As there.
    longer : str, default ""
        As there.

    Returns
    -------
    pandas.DataFrame
        The rows with se, lower, upper and level. Student's t has the degrees of freedom of the units behind the row.
    """
    known = rows["estimate"].notna().to_numpy()
    counts = resamples.units_behind(used)
    rows = rows.assign(se=np.nan, lower=np.nan, upper=np.nan, level=level)
    parts = [rows[~known]]
    for count in np.unique(counts[known]):
        here = known & (counts == count)
        few = "fewer than three units to resample" if count < 3 else ""
        found = with_intervals(
            rows[here],
            None if draws is None or few else draws[:, here],
            level,
            kind=kind,
            reason=resamples.reason or few,
            units=f"{count} units",
            n_units=int(count),
            reaching=reaching,
            longer=longer,
        )
        if draws is not None and not few:
            for position, lost in enumerate((~np.isfinite(draws[:, here])).sum(axis=0)):
                if lost:
                    said = f"{found['note'][position]}; undefined in {lost} of {len(draws)} resamples"
                    found.loc[position, "note"] = said.removeprefix("; ")
        parts.append(found.set_axis(rows.index[here]))
    return pd.concat([part for part in parts if len(part)]).sort_index()
