"""Jackknife intervals: how much an estimate varies when each independent unit is left out in turn."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtr, stdtrit

from psychometrics.association.units import Units
from psychometrics.resampling.bootstrap_intervals import SCALES, TOO_WIDE, is_too_wide, joined, on_scale
from psychometrics.resampling.weights import jackknife_error

FEW = "fewer than three units: no jackknife interval"
EDGE = "a correlation of 1 or -1: no jackknife interval"
NOTHING = "a value of 0: no jackknife interval"
LOST = "undefined (or 1 or -1) without some of the units: no jackknife interval"
SAME = "the same without any of the units: no jackknife interval"
NAMES = {
    "": "jackknife interval",
    "z": "jackknife interval on the scale of Fisher's z",
    "log": "jackknife interval on the scale of logarithms",
}
TOO_SHORT = "more than a tenth shorter than the jackknife interval: the formula assumes normal scores"
SHORTER = 0.9  # of the standard error: a normal interval of this length covers 92 instead of 95%


class ShownIntervals(NamedTuple):
    """Estimates with the interval to be shown, and with that of a formula.

    Attributes
    ----------
    shown : pandas.DataFrame
        A row for every estimate.
    formula : pandas.DataFrame
        The estimates whose interval is not the formula's, once more with the formula's; under an index of `shown`.
    by_jackknife : numpy.ndarray of shape (p,)
        True where the interval that is shown is the jackknife's.
    """

    shown: pd.DataFrame
    formula: pd.DataFrame
    by_jackknife: np.ndarray


def shown_intervals(
    rows: pd.DataFrame,
    limits: tuple[np.ndarray, np.ndarray],
    left_out: np.ndarray | None,
    used: np.ndarray,
    units: Units,
    level: float,
    *,
    formula: str,
    scale: str,
    bounds: tuple[float, float],
    doubt: str = "",
) -> ShownIntervals:
    """Show the jackknife interval of every estimate that has one, and that of a formula beside it.

    With answers that pile up at the top, a formula for normal scores is too short, and so it is where clients who share
    a therapist count as independent. The jackknife holds the
    truth about as often as it should in either case (docs/recovery_association.md).

    Parameters
    ----------
    rows : pandas.DataFrame
        The p tidy rows with statistic, estimate, method and note.
    limits : tuple of numpy.ndarray
        Lower and upper limits by formula, each of shape (p,).
    left_out : numpy.ndarray of shape (parts, p) or None
        Values without each part of the units; None where only the formula is wanted, or nothing can be left out.
    used : numpy.ndarray of shape (n, p)
        True for the clients behind each row.
    units : Units
        The units of the clients.
    level : float
        Coverage of the intervals, in (0, 1).
    formula : str
        Name of the formula, such as "Fisher"; its first word ends the name of the statistic in lower case.
    scale : {'', 'z'}
        Scale of the jackknife interval.
    bounds : tuple of float
        The possible values.
    doubt : str, default ""
        What speaks against the formula whatever the data.

    Returns
    -------
    ShownIntervals
        Where there is no jackknife interval the formula's is shown, and the note says why.
    """
    lower, upper = limits
    by_formula = rows.assign(
        lower=lower, upper=upper, level=level, method=joined(rows["method"], f"{formula} interval")
    )
    if left_out is None:
        return ShownIntervals(by_formula, by_formula[:0], np.zeros(len(rows), dtype=bool))
    behind, n_units = units.parts_behind(used), units.units_behind(used)
    jackknife = jackknife_intervals(rows, left_out, behind, n_units, level, scale=scale, bounds=bounds)
    found, known = jackknife["lower"].notna().to_numpy(), rows["estimate"].notna().to_numpy()
    warning = [doubt] * len(rows)
    if units.nested:
        warning = joined(warning, units.taken_as_independent("interval", used))
    elif not doubt:
        normal, student = ndtri((1 + level) / 2), stdtrit(np.maximum(behind.sum(axis=0) - 1, 1), (1 + level) / 2)
        own, wanted = (
            np.subtract(*(on_scale(limit.to_numpy(dtype=float), scale) for limit in (part["upper"], part["lower"])))
            for part in (by_formula, jackknife)
        )
        warning = np.where(own / normal < SHORTER * wanted / student, TOO_SHORT, "").tolist()
    by_formula["note"] = np.where(known, joined(jackknife["note"].where(~found, rows["note"]), warning), rows["note"])
    shown = pd.concat([part for part in (jackknife[found], by_formula[~found]) if len(part)]).sort_index()
    name = f"_{formula.split('-')[0].lower()}"
    other = by_formula[found].assign(statistic=rows["statistic"] + name)
    return ShownIntervals(shown, other[other["lower"].notna()], found)


def jackknife_intervals(
    rows: pd.DataFrame,
    left_out: np.ndarray,
    behind: np.ndarray,
    n_units: ArrayLike,
    level: float,
    *,
    scale: str,
    bounds: tuple[float, float | None],
) -> pd.DataFrame:
    r"""Add jackknife intervals to tidy rows.

    .. math:: g(\hat\theta) \pm t_{G-1} \sqrt{\frac{G - 1}{G} \sum_{i=1}^{G} (g(\hat\theta_{-i}) - \bar g)^2}

    Parameters
    ----------
    rows : pandas.DataFrame
        The p tidy rows with estimate, method and note.
    left_out : numpy.ndarray of shape (parts, p)
        Values without each unit, or without each of fewer parts of the units; see
        :func:`psychometrics.resampling.weights.leave_out_resamples`.
    behind : numpy.ndarray of shape (parts, p)
        True for the parts that hold a client behind the estimate; the others do not count.
    n_units : int or array_like of shape (p,)
        Number of units behind each row, for the method.
    level : float
        Coverage of the intervals, in (0, 1).
    scale : {'', 'z', 'log'}
        The scale g: the estimate's own, Fisher's z, or the logarithm of what is positive.
    bounds : tuple of float
        The possible values, at which limits are cut; the second is None where there is no highest, and an interval is
        then judged as too wide as if it were 1.

    Returns
    -------
    pandas.DataFrame
        The rows with se (of the estimate itself), lower, upper and level. A note says why there is no interval, or that
        it is wider than is of use.

    Notes
    -----
    G is the number of parts behind the row. Efron & Stein (1981), Ann. Statist. 9. The interval is centred on the
    estimate.

    Examples
    --------
    >>> rows = pd.DataFrame({"estimate": [0.5], "method": "r", "note": ""})
    >>> left_out = np.array([[0.4], [0.45], [0.5], [0.55], [0.6]])
    >>> found = jackknife_intervals(rows, left_out, left_out > 0, 5, 0.95, scale="z", bounds=(-1, 1))
    >>> found[["estimate", "se", "lower", "upper"]].round(2)
       estimate    se  lower  upper
    0       0.5  0.14   0.02   0.79
    >>> found["method"][0]
    "r; jackknife interval on the scale of Fisher's z, 5 units"
    """
    own = rows["estimate"].to_numpy(dtype=float)
    left_out, parts = np.where(behind, left_out, np.nan), behind.sum(axis=0)
    scaled, middle = on_scale(left_out, scale), on_scale(own, scale)
    error = jackknife_error(scaled)
    why = np.select(
        [np.isnan(own), parts < 3, np.isnan(middle), (behind & np.isnan(scaled)).any(axis=0), error < 1e-9],
        ["", FEW, NOTHING if scale == "log" else EDGE, LOST, SAME],  # the same but for rounding
        "",
    )
    usable = ~np.isnan(own) & (why == "")
    half = np.where(usable, stdtrit(np.maximum(parts - 1, 1), (1 + level) / 2) * error, np.nan)
    lower, upper = (np.clip(SCALES[scale].back(limit), *bounds) for limit in (middle - half, middle + half))
    judged = (bounds[0], 1.0 if bounds[1] is None else bounds[1])
    wide = [TOO_WIDE if is_too_wide(*limits, judged) else "" for limits in zip(lower, upper, strict=True)]
    how = [
        f"{NAMES[scale]}, {units} units" + (f" in {count} parts" if count < units else "")
        for units, count in zip(np.broadcast_to(n_units, len(rows)), parts, strict=True)
    ]
    return rows.assign(
        se=np.where(usable, jackknife_error(left_out), np.nan),
        lower=lower,
        upper=upper,
        level=level,
        note=joined(joined(rows["note"], why), wide),
        method=joined(rows["method"], how),
    )


def p_of_interval(
    lower: ArrayLike, upper: ArrayLike, level: float, n_units: ArrayLike, *, z: bool = True
) -> np.ndarray:
    """Compute the two-sided p value of zero that goes with an interval.

    Parameters
    ----------
    lower : array_like
        Lower limits, symmetric with the upper ones on the scale of the interval.
    upper : array_like
        Upper limits.
    level : float
        Coverage of the interval, in (0, 1).
    n_units : array_like
        Number of units (or parts of them) behind each interval; Student's t has n_units - 1 degrees of freedom.
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
