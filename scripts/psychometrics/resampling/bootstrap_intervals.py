"""Intervals of estimates from their resampled values."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri, stdtrit

from psychometrics.resampling.formula_intervals import percentile_interval
from psychometrics.resampling.weights import jackknife_error

Transform = Callable[[np.ndarray], np.ndarray]
# kind of normal interval -> transformation to its scale, which is not finite outside the admissible values, and back
SCALES: dict[str, tuple[Transform, Transform]] = {
    "bias-corrected": (lambda value: value, lambda value: value),
    "bias-corrected z": (np.arctanh, np.tanh),
    "bias-corrected root z": (lambda value: np.arctanh(np.sqrt(value)), lambda z: np.tanh(np.maximum(z, 0)) ** 2),
    "bias-corrected log": (np.log, np.exp),
    "bias-corrected logit": (lambda value: np.log(value) - np.log1p(-value), expit),
}
SHIFTED = "percentile less bias"
KINDS = (*SCALES, "percentile", SHIFTED)


def with_intervals(
    rows: pd.DataFrame,
    draws: np.ndarray | None,
    level: float,
    *,
    kind: str,
    reason: str = "",
    units: str = "clients",
    n_units: int | None = None,
    widened: bool = False,
    left_out: np.ndarray | None = None,
    around: tuple[np.ndarray, np.ndarray] | None = None,
) -> pd.DataFrame:
    r"""Add standard errors and bootstrap intervals to tidy rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of m estimates, with a note where there is something to say, and a method.
    draws : numpy.ndarray of shape (n_draws, m) or None
        Resampled values in the order of the rows, missing where a resample failed; None where nothing could be
        resampled.
    level : float
        Coverage of the intervals, in (0, 1).
    kind : str
        The interval: ``bias-corrected z`` for loadings and correlations, ``bias-corrected root z`` for communalities,
        ``bias-corrected log`` for standard errors of measurement, ``bias-corrected logit`` for reliabilities and for
        shares that are biased far from 1, such as omega hierarchical, ``bias-corrected`` for other coefficients of a
        model, ``percentile`` for counts and shares with a bound, ``percentile less bias`` for skewed sums and
        differences of shares.
    reason : str, default ""
        Why nothing could be resampled; goes into the note of every row.
    units : str, default "clients"
        What was resampled, for the method.
    n_units : int, optional
        How many units there are, where that may be few: a normal interval then takes Student's t with n_units - 1
        degrees of freedom, and the standard deviation of the resamples is multiplied by
        sqrt(n_units / (n_units - 1)), because resampling G units understates a variance by (G - 1) / G.
    widened : bool, default False
        Whether a normal interval adds the squared bias to the variance: where the bias is large, the resamples show
        only a part of it.
    left_out : numpy.ndarray of shape (parts, m), optional
        Values with one part of the units left out at a time. A normal interval then takes the jackknife standard
        error, and of the resamples the bias only.
    around : tuple of numpy.ndarray, optional
        Values (n_draws, m) resampled from a population in which the m values are known, and these. A normal interval
        then takes the bias from there.

    Returns
    -------
    pandas.DataFrame
        The rows with se, lower, upper and level; the method says which interval it is and how many resamples were
        usable.

    Raises
    ------
    ValueError
        If the number of rows differs from the number of columns of the draws, or the kind is unknown.

    Notes
    -----
    Bias-corrected: the normal interval around the estimate minus its bootstrap bias, as R's boot::boot.ci(type =
    "norm") (Davison & Hinkley 1997, eq. 5.5):

    .. math:: \hat\theta - (\bar\theta^* - \hat\theta) \pm z\, s(\theta^*)

    ``z`` does this on the scale of Fisher's z, atanh(theta), and ``root z`` on that of the root of a squared
    correlation, where the distributions are closer to normal: in simulations (docs/recovery.md) intervals of
    communalities on their own scale are too short. A pattern loading is no correlation and can exceed 1; where it or a
    resample does, the interval is on its own scale, and the method says so by leaving out the z. In small samples of
    skewed answers resamples understate standard errors of sums of squares, and a few resamples without a proper
    solution inflate those of factor models; the jackknife, biased upwards (Efron & Stein 1981, Ann. Statist. 9), does
    neither.

    Oblique rotation of a sample pulls correlations of factors towards zero, because chance cross-loadings take over a
    part of them. A resample repeats that pull on top of the sample's own, so that percentile intervals lie too low and
    can even leave the estimate out; correcting moves the interval back, which is why it need not be centred on the
    estimate. Percentile: Efron and Tibshirani (1993), chapter 13. ``percentile less bias`` moves it by the bias of the
    resamples, and where there are few units takes wider percentiles (Hesterberg 2015, Am. Stat. 69, 371-386).

    Examples
    --------
    >>> rows = pd.DataFrame({"statistic": ["r"], "estimate": [0.5]})
    >>> draws = np.array([[0.35], [0.45], [0.52], [0.58], [0.61]])
    >>> found = with_intervals(rows, draws, 0.95, kind="bias-corrected z")
    >>> found[["estimate", "se", "lower", "upper"]].round(2)
       estimate   se  lower  upper
    0       0.5  0.1   0.26   0.67
    >>> found["method"][0]
    'bias-corrected z bootstrap, 5 of 5 resamples of clients'
    """
    if kind not in KINDS:
        raise ValueError(f"the interval is one of {', '.join(KINDS)}, not {kind!r}")
    rows = rows.reset_index(drop=True).copy()
    notes = rows["note"].fillna("") if "note" in rows else pd.Series("", index=rows.index)
    if draws is None:
        rows["note"] = [f"{note}; {reason}".removeprefix("; ") for note in notes]
        return rows.assign(se=np.nan, lower=np.nan, upper=np.nan, level=level)
    if draws.shape[1] != len(rows):
        raise ValueError(f"{len(rows)} rows cannot take the intervals of {draws.shape[1]} resampled values")
    usable = np.isfinite(draws).sum(axis=0)
    enough = usable > 1
    se = np.full(len(rows), np.nan)
    se[enough] = _standard_error(draws[:, enough], None if left_out is None else left_out[:, enough])
    estimates, scaled = rows["estimate"].to_numpy(dtype=float), np.full(len(rows), kind)
    if kind == "percentile":
        lower, upper = percentile_interval(draws, level)
    elif kind == SHIFTED:
        tail = (1 - level) / 2 if n_units is None else ndtr(stdtrit(n_units - 1, (1 - level) / 2) * _of_few(n_units))
        lower, upper = np.full((2, len(rows)), np.nan)
        bias = np.nanmean(draws[:, enough], axis=0) - estimates[enough]
        lower[enough], upper[enough] = np.array(percentile_interval(draws[:, enough], float(1 - 2 * tail))) - bias
    else:
        there = SCALES[kind][0]
        with np.errstate(divide="ignore", invalid="ignore"):
            inside = np.isfinite(there(estimates))
            for values in (draws, left_out, *(around or ())):
                if values is not None:
                    inside &= np.all(np.isnan(values) | np.isfinite(there(values)), axis=0)
        scaled[~inside] = "bias-corrected"
        lower, upper = np.full((2, len(rows)), np.nan)
        for scale in np.unique(scaled):
            here = enough & (scaled == scale)
            lower[here], upper[here] = _normal_interval(
                estimates[here],
                draws[:, here],
                level,
                n_units,
                widened,
                *SCALES[scale],
                left_out=None if left_out is None else left_out[:, here],
                around=None if around is None else (around[0][:, here], around[1][here]),
            )
    method = rows["method"] if "method" in rows else pd.Series("", index=rows.index)
    how = [
        f"{scale} bootstrap, {count} of {len(draws)} resamples of {units}"
        for scale, count in zip(scaled, usable, strict=True)
    ]
    return rows.assign(
        se=se,
        lower=lower,
        upper=upper,
        level=level,
        note=notes,
        method=[f"{first}; {second}".removeprefix("; ") for first, second in zip(method, how, strict=True)],
    )


def _normal_interval(
    estimates: np.ndarray,
    draws: np.ndarray,
    level: float,
    n_units: int | None,
    widened: bool,
    there: Transform,
    back: Transform,
    left_out: np.ndarray | None,
    around: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    values, estimates = there(draws), there(estimates)
    bias = np.nanmean(values, axis=0) - estimates
    if around is not None:
        found = there(around[0])
        usable = np.isfinite(found)
        known = np.sum(np.where(usable, found, 0.0), axis=0) / np.maximum(usable.sum(axis=0), 1) - there(around[1])
        bias = np.where(usable.any(axis=0) & np.isfinite(known), known, bias)
    quantile, few = float(ndtri((1 + level) / 2)), 1.0
    if n_units is not None:
        quantile, few = float(stdtrit(n_units - 1, (1 + level) / 2)), _of_few(n_units)
    se = _standard_error(values, None if left_out is None else there(left_out), few)
    half = quantile * (np.hypot(se, bias) if widened else se)
    middle = estimates - bias
    return back(middle - half), back(middle + half)


def _of_few(n_units: int) -> float:
    """Return the factor by which a standard deviation over resamples of so few units is too small."""
    return float(np.sqrt(n_units / (n_units - 1)))


def _standard_error(values: np.ndarray, left_out: np.ndarray | None, few: float = 1.0) -> np.ndarray:
    """Jackknife standard error of values left out (parts, m), if any; else that of resamples (n_draws, m) times few."""
    se = few * np.nanstd(values, axis=0, ddof=1)
    if left_out is None:
        return se
    jackknife = jackknife_error(left_out)
    return np.where(np.isfinite(jackknife), jackknife, se)
