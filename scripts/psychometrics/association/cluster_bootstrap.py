"""Intervals of what was measured on clients who may share a therapist: whole units are resampled."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from psychometrics.association.pairs import NEEDS_ANSWERS
from psychometrics.resampling.bootstrap_intervals import with_intervals
from psychometrics.resampling.weights import jackknife_error, resample_weights


@dataclass(frozen=True)
class UnitResamples:
    """weights : (m, n clients) how often each client enters each resample, or None and the `reason` why there are none;
    codes : (n,) the unit of each client as 0, 1, ...; nested : True where a unit holds several clients."""

    weights: np.ndarray | None
    reason: str
    codes: np.ndarray
    nested: bool

    def units(self, used: np.ndarray) -> np.ndarray:
        """(p,) number of units behind each column of (n, p) flags of the clients used."""
        if not len(self.codes):
            return np.zeros(used.shape[1], dtype=int)
        order = np.argsort(self.codes, kind="stable")
        starts = np.flatnonzero(np.diff(self.codes[order], prepend=-1))
        return np.logical_or.reduceat(used[order], starts, axis=0).sum(axis=0)


def resample_units(units, draws: int, seed: int) -> UnitResamples:
    """Resamples of whole units.

    Parameters
    ----------
    units : (n,) the unit of each client, for example the therapist.
    draws : number of resamples; 0 draws none.
    seed : integer >= 0. The same seed and units give the same resamples to every analysis.
    """
    codes, names = pd.factorize(np.asarray(units), sort=True)
    reason = "fewer than three units to resample" if len(names) < 3 else "" if draws else "no resamples were drawn"
    weights = None if reason else resample_weights(units, 0, draws, seed).astype(float)
    return UnitResamples(weights, reason, codes, len(names) < len(codes))


def no_resamples(people: int) -> UnitResamples:
    """What a matrix has in place of resamples: nobody to draw, and the reason that its rows then give."""
    return UnitResamples(None, f"the interval {NEEDS_ANSWERS}", np.arange(people), False)


def cluster_bootstrap_intervals(
    rows, draws, used, resamples: UnitResamples, level: float, *, kind: str
) -> pd.DataFrame:
    """Rows with bootstrap intervals where they have an estimate.

    Parameters
    ----------
    rows : p tidy rows with estimate, method and note.
    draws : (m, p) resampled values, or None where nothing was resampled.
    used : (n, p) True for the clients behind each row.
    kind : scale of the interval, see :func:`psychometrics.resampling.bootstrap_intervals.with_intervals`.

    Returns
    -------
    The rows with se, lower, upper, level. Student's t has the degrees of freedom of the units behind the row.
    """
    known = rows["estimate"].notna().to_numpy()
    counts = resamples.units(used)
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
        lost = [] if draws is None or few else (~np.isfinite(draws[:, here])).sum(axis=0)
        for position, missing in enumerate(lost):
            if missing:
                said = f"{found.loc[position, 'note']}; undefined in {missing} of {len(draws)} resamples"
                found.loc[position, "note"] = said.removeprefix("; ")
        parts.append(found.set_axis(rows.index[here]))
    return pd.concat([part for part in parts if len(part)]).sort_index()


def jackknife_intervals(rows, left_out, n_units: int, level: float) -> pd.DataFrame:
    """Rows with intervals around their estimates, on their own scale, from values without a part of the units.

    Parameters
    ----------
    rows : p tidy rows with estimate, method and note.
    left_out : (parts, p) values without each unit, or each of fewer parts of them: see
        :func:`psychometrics.resampling.weights.leave_out_weights`.
    n_units : how many units there are.

    Returns
    -------
    The rows with se, lower, upper, level: Student's t with parts - 1 degrees of freedom times the jackknife's standard
    error (Efron & Stein 1981, Ann. Statist. 9). Where a value without a part is missing there is no interval.
    """
    parts = len(left_out)
    known = rows["estimate"].notna() & np.isfinite(left_out).all(axis=0) & (parts > 2)
    why = "fewer than three units: no interval" if parts < 3 else "undefined without some of the units: no interval"
    se = np.where(known, jackknife_error(left_out), np.nan)
    half = stdtrit(max(parts - 1, 1), (1 + level) / 2) * se
    note = np.where(known | rows["estimate"].isna(), rows["note"], _joined(rows["note"], why))
    how = f"jackknife interval, {n_units} units" + (f" in {parts} parts" if parts < n_units else "")
    return rows.assign(
        se=se,
        lower=rows["estimate"] - half,
        upper=rows["estimate"] + half,
        level=level,
        note=note,
        method=_joined(rows["method"], how),
    )


def shown_and_other(
    rows, formula, draws, used, resamples: UnitResamples, level: float, *, kind: str, name: str, doubt: str = ""
):
    """Two rows for every estimate: with the interval to be shown, and with the other one.

    Where clients share therapists the bootstrap by therapist is shown, because a formula that takes clients as
    independent is too narrow, and so is a bootstrap where something else speaks against the formula; elsewhere, and
    where nothing was resampled, the formula's interval is.

    Parameters
    ----------
    rows, draws, used, level, kind : as for :func:`cluster_bootstrap_intervals`.
    formula : (2, p) limits by formula.
    name : of the formula, such as "Fisher".
    doubt : what speaks against it, for the note of its interval.

    Returns
    -------
    Two frames of p rows, in the order of `rows`. In the second the statistics end in `_bootstrap` or in the formula's
    name in lower case.
    """
    lower, upper = formula
    by_formula = rows.assign(lower=lower, upper=upper, level=level, method=_joined(rows["method"], f"{name} interval"))
    resampled = cluster_bootstrap_intervals(rows, draws, used, resamples, level, kind=kind)
    if not (resamples.nested or doubt):
        return by_formula, resampled.assign(statistic=rows["statistic"] + "_bootstrap")
    warning = [doubt] * len(rows)
    if resamples.nested:
        nested = [
            f"the interval treats the {clients} clients as independent although they belong to {count} units"
            for clients, count in zip(used.sum(axis=0), resamples.units(used), strict=True)
        ]
        warning = _joined(warning, nested)
    by_formula["note"] = np.where(rows["estimate"].notna(), _joined(rows["note"], warning), rows["note"])
    if resamples.weights is None:
        return by_formula, resampled.assign(statistic=rows["statistic"] + "_bootstrap")
    return resampled, by_formula.assign(statistic=rows["statistic"] + f"_{name.split('-')[0].lower()}")


def p_of_interval(lower, upper, level: float, n_units, *, z: bool = True):
    """Two-sided p value that goes with a bias-corrected bootstrap interval: of zero, by t with n_units - 1 degrees.

    Parameters
    ----------
    lower, upper : limits, symmetric on the scale of the interval.
    z : True where that scale is Fisher's z.
    """
    lower, upper = np.asarray(lower, dtype=float), np.asarray(upper, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if z:
            lower, upper = np.arctanh(lower), np.arctanh(upper)
        freedom = np.maximum(np.asarray(n_units) - 1.0, 1)
        t = (lower + upper) / (upper - lower) * stdtrit(freedom, (1 + level) / 2)
    return np.where(np.isfinite(t), 2 * stdtr(freedom, -np.abs(np.nan_to_num(t))), np.nan)


def adjust_holm(p):
    """Holm's adjusted p values; missing ones stay missing and do not count.

    Notes
    -----
    Holm (1979), Scand. J. Stat. 6, 65-70. Agrees with stats::p.adjust(method = "holm").
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p))
    order = known[np.argsort(p[known], kind="stable")]
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)))
    return adjusted


def _joined(texts, more):
    more = [more] * len(texts) if isinstance(more, str) else more
    return [f"{text}; {addition}".removeprefix("; ") for text, addition in zip(texts, more, strict=True)]
