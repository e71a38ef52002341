"""Intervals of estimates from their resampled values."""
import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.intervals import percentile_interval

SCALES = {  # kind of normal interval -> smallest value it is for, to its scale, back
    "bias-corrected": (-np.inf, lambda value: value, lambda value: value),
    "bias-corrected z": (-1.0, np.arctanh, np.tanh),
    "bias-corrected root z": (0.0, lambda value: np.arctanh(np.sqrt(value)), lambda z: np.tanh(np.maximum(z, 0)) ** 2),
}
KINDS = (*SCALES, "percentile")


def with_intervals(
    rows: pd.DataFrame, draws: np.ndarray | None, level: float, *, kind: str, reason: str = "", units: str = "clients"
) -> pd.DataFrame:
    r"""Tidy rows with standard errors and bootstrap intervals.

    Parameters
    ----------
    rows : m tidy rows with an estimate, a note where there is something to say, and a method.
    draws : (n_draws, m) resampled values in the order of the rows, missing where a resample failed; None where
        nothing could be resampled.
    level : coverage of the intervals, in (0, 1).
    kind : `bias-corrected z` for loadings and correlations, `bias-corrected root z` for communalities,
        `bias-corrected` for other coefficients of a model, `percentile` for counts and shares with a bound.
    reason : why nothing could be resampled; goes into the note of every row.
    units : what was resampled, for the method.

    Returns
    -------
    The rows with se, lower, upper and level; the method says which interval it is and how many resamples were usable.

    Raises
    ------
    ValueError : the number of rows and of columns of the draws differ, or an unknown kind.

    Notes
    -----
    Bias-corrected: the normal interval around the estimate less its bootstrap bias, as R's boot::boot.ci(type =
    "norm") (Davison & Hinkley 1997, eq. 5.5):

    .. math:: \hat\theta - (\bar\theta^* - \hat\theta) \pm z\, s(\theta^*)

    `z` does this on the scale of Fisher's z, atanh(theta), and `root z` on that of the root of a squared correlation,
    where the distributions are closer to normal: in simulations (docs/recovery.md) intervals of communalities on their
    own scale are too short. A pattern loading is no correlation and can pass 1; where it or a resample does, the
    interval is on its own scale, and the method says so by leaving out the z.

    Oblique rotation of a sample pulls correlations of factors towards zero, because chance cross-loadings take over a
    part of them. A resample repeats that pull on top of the sample's own, so that percentile intervals lie too low and
    can even leave the estimate out; correcting moves the interval back, which is why it need not be centred on the
    estimate. Percentile: Efron and Tibshirani (1993), chapter 13.
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
    se[enough] = np.nanstd(draws[:, enough], axis=0, ddof=1)
    estimates, scaled = rows["estimate"].to_numpy(dtype=float), np.full(len(rows), kind)
    if kind == "percentile":
        lower, upper = percentile_interval(draws, level)
    else:
        lowest = SCALES[kind][0]
        inside = np.all(np.isnan(draws) | ((draws >= lowest) & (np.abs(draws) < 1)), axis=0)
        inside &= (estimates >= lowest) & (np.abs(estimates) < 1)
        scaled[~inside] = "bias-corrected"
        lower, upper = np.full((2, len(rows)), np.nan)
        for scale in np.unique(scaled):
            here = enough & (scaled == scale)
            lower[here], upper[here] = _normal_interval(estimates[here], draws[:, here], level, *SCALES[scale][1:])
    method = rows["method"] if "method" in rows else pd.Series("", index=rows.index)
    how = [f"{scale} bootstrap, {count} of {len(draws)} resamples of {units}"
           for scale, count in zip(scaled, usable, strict=True)]
    return rows.assign(
        se=se, lower=lower, upper=upper, level=level, note=notes,
        method=[f"{first}; {second}".removeprefix("; ") for first, second in zip(method, how, strict=True)],
    )


def _normal_interval(estimates, draws, level, there, back):
    values, estimates = there(draws), there(estimates)
    middle = 2 * estimates - np.nanmean(values, axis=0)
    half = ndtri((1 + level) / 2) * np.nanstd(values, axis=0, ddof=1)
    return back(middle - half), back(middle + half)
