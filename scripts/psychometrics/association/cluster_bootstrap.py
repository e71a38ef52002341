"""Intervals for estimates of clients who may share a therapist: whole units (clusters) are resampled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from psychometrics.association.pairs import NEEDS_ANSWERS
from psychometrics.resampling.bootstrap_intervals import TOO_WIDE, is_too_wide, with_intervals
from psychometrics.resampling.weights import ClusterWeights, cluster_resamples, jackknife_error


@dataclass(frozen=True)
class UnitResamples:
    """Resamples of whole units of clients.

    Attributes
    ----------
    weights : ClusterWeights (m, n clients) or None
        How often each client enters each resample. None where nothing was resampled.
    reason : str
        Why there are no resamples; "" where there are.
    codes : numpy.ndarray of shape (n,)
        The unit of each client as 0, 1, ...
    nested : bool
        True where a unit holds several clients.
    """

    weights: ClusterWeights | None
    reason: str
    codes: np.ndarray
    nested: bool

    def units_behind(self, used: np.ndarray) -> np.ndarray:
        """Count the units behind estimates that use different clients.

        Parameters
        ----------
        used : numpy.ndarray of shape (n, p)
            True for the clients behind each of p estimates.

        Returns
        -------
        numpy.ndarray of shape (p,)
            Number of units with at least one client.
        """
        if not len(self.codes):
            return np.zeros(used.shape[1], dtype=int)
        order = np.argsort(self.codes, kind="stable")
        starts = np.flatnonzero(np.diff(self.codes[order], prepend=-1))
        return np.logical_or.reduceat(used[order], starts, axis=0).sum(axis=0)


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
    return UnitResamples(weights, reason, codes, len(names) < len(codes))


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
    return UnitResamples(None, f"the interval {NEEDS_ANSWERS}", np.arange(people), False)


def cluster_bootstrap_intervals(
    rows: pd.DataFrame,
    draws: np.ndarray | None,
    used: np.ndarray,
    resamples: UnitResamples,
    level: float,
    *,
    kind: str,
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
        )
        if draws is not None and not few:
            for position, lost in enumerate((~np.isfinite(draws[:, here])).sum(axis=0)):
                if lost:
                    said = f"{found['note'][position]}; undefined in {lost} of {len(draws)} resamples"
                    found.loc[position, "note"] = said.removeprefix("; ")
        parts.append(found.set_axis(rows.index[here]))
    return pd.concat([part for part in parts if len(part)]).sort_index()


def jackknife_intervals(rows: pd.DataFrame, left_out: np.ndarray, n_units: int, level: float) -> pd.DataFrame:
    """Add jackknife intervals to rows of ratios of correlations, centred on the estimates and on their scale.

    Parameters
    ----------
    rows : pandas.DataFrame
        The p tidy rows with estimate, method and note.
    left_out : numpy.ndarray of shape (parts, p)
        Values without each unit, or without each of fewer parts of the units; see
        :func:`psychometrics.resampling.weights.leave_out_weights`.
    n_units : int
        Number of units.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The rows with se, lower, upper and level; limits are cut at 0, and a note says where the interval is wider than
        is of use. Where a value without a part is missing there is no interval.

    Notes
    -----
    Student's t with parts - 1 degrees of freedom times the jackknife standard error (Efron & Stein 1981, Ann.
    Statist. 9).
    """
    parts = len(left_out)
    known = rows["estimate"].notna() & np.isfinite(left_out).all(axis=0) & (parts > 2)
    why = "fewer than three units: no interval" if parts < 3 else "undefined without some of the units: no interval"
    se = np.where(known, jackknife_error(left_out), np.nan)
    half = stdtrit(max(parts - 1, 1), (1 + level) / 2) * se
    note = np.where(known | rows["estimate"].isna(), rows["note"], _joined(rows["note"], why))
    how = f"jackknife interval, {n_units} units" + (f" in {parts} parts" if parts < n_units else "")
    lower, upper = (rows["estimate"] - half).clip(lower=0), rows["estimate"] + half
    wide = [TOO_WIDE if is_too_wide(*limits, (0, 1)) else "" for limits in zip(lower, upper, strict=True)]
    return rows.assign(
        se=se,
        lower=lower,
        upper=upper,
        level=level,
        note=[text.removesuffix("; ") for text in _joined(list(note), wide)],
        method=_joined(rows["method"], how),
    )


def shown_and_other(
    rows: pd.DataFrame,
    limits: np.ndarray | tuple[np.ndarray, np.ndarray],
    draws: np.ndarray | None,
    used: np.ndarray,
    resamples: UnitResamples,
    level: float,
    *,
    kind: str,
    formula: str,
    doubt: str = "",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Make two rows for every estimate: one with the interval to be shown, one with the other interval.

    Where clients share therapists the cluster bootstrap by therapist is shown, because a formula that takes clients as
    independent is too narrow; so is the bootstrap where something else speaks against the formula. Elsewhere, and where
    nothing was resampled, the formula's interval is shown.

    Parameters
    ----------
    rows : pandas.DataFrame
        The p tidy rows with statistic, estimate, method and note.
    limits : numpy.ndarray or tuple of numpy.ndarray
        Lower and upper limits by formula, each of shape (p,).
    draws : numpy.ndarray of shape (m, p) or None
        Resampled values; None where nothing was resampled.
    used : numpy.ndarray of shape (n, p)
        True for the clients behind each row.
    resamples : UnitResamples
        The resamples that `draws` come from.
    level : float
        Coverage of the intervals, in (0, 1).
    kind : str
        Scale of the bootstrap interval, as for :func:`cluster_bootstrap_intervals`.
    formula : str
        Name of the formula, such as "Fisher".
    doubt : str, default ""
        What speaks against the formula, for the note of its interval.

    Returns
    -------
    shown : pandas.DataFrame
        The p rows with the interval to be shown.
    other : pandas.DataFrame
        The p rows with the other interval, in the same order; their statistics end in `_bootstrap` or in the formula's
        name in lower case.
    """
    lower, upper = limits
    by_formula = rows.assign(
        lower=lower, upper=upper, level=level, method=_joined(rows["method"], f"{formula} interval")
    )
    resampled = cluster_bootstrap_intervals(rows, draws, used, resamples, level, kind=kind)
    if not (resamples.nested or doubt):
        return by_formula, resampled.assign(statistic=rows["statistic"] + "_bootstrap")
    warning = [doubt] * len(rows)
    if resamples.nested:
        nested = [
            f"the interval treats the {clients} clients as independent although they belong to {count} units"
            for clients, count in zip(used.sum(axis=0), resamples.units_behind(used), strict=True)
        ]
        warning = _joined(warning, nested)
    by_formula["note"] = np.where(rows["estimate"].notna(), _joined(rows["note"], warning), rows["note"])
    if resamples.weights is None:
        return by_formula, resampled.assign(statistic=rows["statistic"] + "_bootstrap")
    return resampled, by_formula.assign(statistic=rows["statistic"] + f"_{formula.split('-')[0].lower()}")


def p_of_interval(
    lower: ArrayLike, upper: ArrayLike, level: float, n_units: ArrayLike, *, z: bool = True
) -> np.ndarray:
    """Compute the two-sided p value of zero that goes with a bias-corrected bootstrap interval.

    Parameters
    ----------
    lower : array_like
        Lower limits, symmetric with the upper ones on the scale of the interval.
    upper : array_like
        Upper limits.
    level : float
        Coverage of the interval, in (0, 1).
    n_units : array_like
        Number of units behind each interval; Student's t has n_units - 1 degrees of freedom.
    z : bool, default True
        True where the scale of the interval is Fisher's z.

    Returns
    -------
    numpy.ndarray
        The p values; missing where a limit is missing.
    """
    low, high = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if z:
            low, high = np.arctanh(low), np.arctanh(high)
        freedom = np.maximum(np.asarray(n_units) - 1.0, 1)
        t = (low + high) / (high - low) * stdtrit(freedom, (1 + level) / 2)
    return np.where(np.isfinite(t), 2 * stdtr(freedom, -np.abs(np.nan_to_num(t))), np.nan)


def adjust_holm(p: ArrayLike) -> np.ndarray:
    """Adjust p values by Holm's method; missing ones stay missing and do not count.

    Parameters
    ----------
    p : array_like of shape (m,)
        P values of one family.

    Returns
    -------
    numpy.ndarray of shape (m,)
        Adjusted p values.

    Notes
    -----
    Holm (1979), Scand. J. Stat. 6, 65-70. Agrees with stats::p.adjust(method = "holm").

    Examples
    --------
    >>> adjust_holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _joined(texts: Sequence[str] | pd.Series, more: str | Sequence[str]) -> list[str]:
    more = [more] * len(texts) if isinstance(more, str) else more
    return [f"{text}; {addition}".removeprefix("; ") for text, addition in zip(texts, more, strict=True)]
