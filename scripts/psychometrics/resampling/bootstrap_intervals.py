"""Intervals of estimates from their resampled values: they hold the estimate beside them and nothing impossible."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit, ndtr, ndtri, stdtrit

from psychometrics.resampling.formula_intervals import percentile_interval
from psychometrics.resampling.weights import jackknife_error

Transform = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Scale:
    """A scale on which estimates are about normal and on which no limit is impossible.

    Attributes
    ----------
    there : callable
        Values to the scale; not finite for values that are impossible or on the edge of the possible.
    back : callable
        From the scale to possible values.
    range : tuple of float
        The possible values.
    """

    there: Transform
    back: Transform
    range: tuple[float, float]


SCALES: dict[str, Scale] = {
    "": Scale(lambda value: value, lambda value: value, (-np.inf, np.inf)),
    "z": Scale(np.arctanh, np.tanh, (-1.0, 1.0)),
    "root z": Scale(lambda value: np.arctanh(np.sqrt(value)), lambda z: np.tanh(np.maximum(z, 0)) ** 2, (0.0, 1.0)),
    "log": Scale(np.log, np.exp, (0.0, np.inf)),
    "cube root": Scale(np.cbrt, lambda root: np.maximum(root, 0) ** 3, (0.0, np.inf)),
    "logit": Scale(lambda value: np.log(value) - np.log1p(-value), expit, (0.0, 1.0)),
    "log(1 - x)": Scale(lambda value: -np.log1p(-value), lambda value: -np.expm1(-value), (-np.inf, 1.0)),
}
NORMAL, CORRECTED = (tuple(f"{kind} {scale}".rstrip() for scale in SCALES) for kind in ("normal", "bias-corrected"))
PERCENTILE, SHIFTED = "percentile", "percentile minus bias"
SCALED = (*NORMAL, *CORRECTED)
KINDS = (*SCALED, PERCENTILE, SHIFTED)
# Resamples outside the scale are left out. Up to this share of them that shortens a normal interval by a tenth at most:
# without the outer 5% on one side a normal distribution has .90 of its standard deviation. Beyond, there is none.
MOST_OUTSIDE = 0.05
WIDEST = 0.5  # of the possible range: a reliability from .4 to .9 is no knowledge of it
WIDEST_RATIO = 10  # of the limits of what is positive and has no highest value
TOO_WIDE = "interval wider than is of use"
LONGER = {"": 1.0, "a twentieth": 1.05, "a tenth": 1.1}


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
    reaching: bool = False,
    jackknife: bool = False,
    bias: np.ndarray | None = None,
    errors: np.ndarray | None = None,
    bounds: tuple[float, float] | None = None,
    longer: str = "",
) -> pd.DataFrame:
    r"""Add standard errors and bootstrap intervals to tidy rows.

    Every interval holds the value in the column `estimate` and lies in the range that its scale makes possible.

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
        The interval: ``normal`` around the sample's own value; ``bias-corrected`` around that value minus its bias,
        which becomes the estimate; either followed by its scale: ``z`` for correlations, ``root z`` for squared ones,
        ``logit`` for reliabilities and shares, ``log(1 - x)`` for reliabilities that can be negative, ``log`` for what
        is positive, ``cube root`` for variances that can be 0, nothing for values without a bound. ``percentile`` for
        counts; ``percentile minus bias`` for skewed sums and differences of shares.
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
    reaching : bool, default False
        Whether a normal or corrected interval reaches over both the sample's own value and that without its bias.
    jackknife : bool, default False
        Whether the draws are values with one part of the units left out at a time; for normal and corrected kinds.
    bias : numpy.ndarray of shape (m,) or (ways, m), optional
        The bias on the scale, where it is known from elsewhere; missing where it is that of the resamples. Where it is
        estimated in several ways, the first makes the estimate, and the interval reaches over those of all.
    errors : numpy.ndarray of shape (m,), optional
        The standard errors on the scale, where they are known from elsewhere; missing where they are those of the
        resamples.
    bounds : tuple of float, optional
        Possible values, where they are narrower than those of the scale: limits and corrected
        estimates are cut there.
    longer : {"", "a twentieth", "a tenth"}, default ""
        By how much both halves of the interval, on its scale, are longer than the resamples make them, where they were
        measured to hold less than they should.

    Returns
    -------
    pandas.DataFrame
        The rows with se, lower, upper and level, and for a corrected kind `uncorrected`, the sample's own value where
        `estimate` is corrected. The method says which interval it is and how many resamples were usable; the note says
        why there is none, or that it is wider than is of use.

    Raises
    ------
    ValueError
        If the number of rows differs from the number of columns of the draws, the kind is unknown, or percentiles of a
        jackknife are asked for.

    Notes
    -----
    Normal: :math:`\hat\theta \pm z\, s(\theta^*)` on the scale. Bias-corrected: the same around the estimate minus its
    bootstrap bias, as R's boot::boot.ci(type = "norm") (Davison & Hinkley 1997, eq. 5.5):

    .. math:: \hat\theta - (\bar\theta^* - \hat\theta) \pm z\, s(\theta^*)

    Oblique rotation of a sample pulls correlations of factors towards zero, because chance cross-loadings take over a
    part of them. A resample repeats that pull on top of the sample's own; the middle of the corrected interval is what
    is left without it, and that is the estimate to read. Percentile: Efron and Tibshirani (1993), chapter 13; where the
    resamples leave the estimate out on one side, that limit is the estimate. Less bias: moved
    by it, so that they are about the estimate, and with few units wider (Hesterberg 2015, Am. Stat. 69, 371-386).

    In small samples of skewed answers resamples understate standard errors of sums of squares, and a few resamples
    without a proper solution inflate those of factor models; the jackknife, biased upwards (Efron & Stein 1981, Ann.
    Statist. 9), does neither. Its bias is the mean of the values with parts left out minus the estimate, times the
    parts minus one.

    A resample that is impossible on the scale, or on its edge, is left out and counted. Where these are more than 5%
    there is no interval.

    Examples
    --------
    >>> rows = pd.DataFrame({"statistic": ["r"], "estimate": [0.5]})
    >>> draws = np.array([[0.35], [0.45], [0.52], [0.58], [0.61]])
    >>> found = with_intervals(rows, draws, 0.95, kind="normal z")
    >>> found[["estimate", "se", "lower", "upper"]].round(2)
       estimate   se  lower  upper
    0       0.5  0.1   0.27   0.68
    >>> found["method"][0]
    'normal z bootstrap, 5 of 5 resamples of clients'
    """
    if kind not in KINDS:
        raise ValueError(f"the interval is one of {', '.join(KINDS)}, not {kind!r}")
    rows = rows.reset_index(drop=True).copy()
    notes = rows["note"].fillna("").tolist() if "note" in rows else [""] * len(rows)
    own = rows["estimate"].to_numpy(dtype=float)
    if kind in CORRECTED:
        rows["uncorrected"] = np.nan
    if draws is None:
        rows["note"] = joined(notes, reason)
        return rows.assign(se=np.nan, lower=np.nan, upper=np.nan, level=level)
    if jackknife and kind in (PERCENTILE, SHIFTED):
        raise ValueError("values with parts left out have no percentiles to take")
    if draws.shape[1] != len(rows):
        raise ValueError(f"{len(rows)} rows cannot take the intervals of {draws.shape[1]} resampled values")
    scale = SCALES[kind.removeprefix("normal").removeprefix("bias-corrected").strip()] if kind in SCALED else SCALES[""]
    finite = np.isfinite(draws)
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = finite & np.isfinite(scale.there(draws))
        why = _why_none(own, np.isfinite(scale.there(own)), finite.sum(axis=0), inside.sum(axis=0))
    low, high = bounds or scale.range
    here = np.isfinite(own) & (np.array(why, dtype=object) == "")
    usable, lower, upper, se = inside.sum(axis=0), *np.full((3, len(rows)), np.nan)
    values = np.where(inside, draws, np.nan)[:, here]
    few = of_few(n_units)
    se[here] = jackknife_error(values) if jackknife else np.nanstd(values, axis=0, ddof=1)
    if kind in (PERCENTILE, SHIFTED):
        lower[here], upper[here] = _percentiles(values, own[here], level, n_units, shifted=kind == SHIFTED)
        lower, upper = own - LONGER[longer] * (own - lower), own + LONGER[longer] * (upper - own)
    else:
        quantile = float(ndtri((1 + level) / 2) if n_units is None else stdtrit(n_units - 1, (1 + level) / 2))
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled, middle = scale.there(values), scale.there(own[here])
        shift = np.nanmean(scaled, axis=0) - middle
        if jackknife:
            shift *= usable[here] - 1
        ways = shift[None] if bias is None else np.atleast_2d(bias)[:, here]
        ways = np.where(np.isfinite(ways), ways, shift)
        spread = jackknife_error(scaled) if jackknife else few * np.nanstd(scaled, axis=0, ddof=1)
        if errors is not None:
            spread = np.where(np.isfinite(errors[here]), errors[here], spread)
        half = quantile * (np.hypot(spread, np.abs(ways).max(axis=0)) if widened else spread)
        half *= LONGER[longer]
        if reaching:
            ways = np.vstack([ways, np.zeros(len(shift))])
        if kind in CORRECTED or reaching:
            middle = middle - ways
        if kind in CORRECTED:
            rows.loc[here, "uncorrected"], rows.loc[here, "estimate"] = (
                own[here],
                np.clip(scale.back(middle[0]), low, high),
            )
        lower[here], upper[here] = (
            scale.back(np.atleast_2d(middle).min(axis=0) - half),
            scale.back(np.atleast_2d(middle).max(axis=0) + half),
        )
    lower, upper = np.clip(lower, low, high), np.clip(upper, low, high)
    wide = [TOO_WIDE if is_too_wide(*limits, (low, high)) else "" for limits in zip(lower, upper, strict=True)]
    rows["note"] = joined(joined(notes, why), wide)
    method = rows["method"] if "method" in rows else [""] * len(rows)
    drawn = ("jackknife", "parts") if jackknife else ("bootstrap", "resamples")
    by = f"{kind} {drawn[0]}{f', {longer} longer' if longer else ''}"
    how = [f"{by}, {count} of {len(draws)} {drawn[1]} of {units}" for count in usable]
    return rows.assign(
        se=se,
        lower=lower,
        upper=upper,
        level=level,
        method=joined(method, how),
    )


def on_scale(values: np.ndarray, scale: str) -> np.ndarray:
    """Carry values to a scale.

    Parameters
    ----------
    values : numpy.ndarray
        Of any shape.
    scale : str
        A key of `SCALES`.

    Returns
    -------
    numpy.ndarray
        In the shape of the values; missing where they are not on the scale, or on its edge.

    Examples
    --------
    >>> on_scale(np.array([0.5, 1.0]), "logit").tolist()
    [0.0, nan]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = SCALES[scale].there(values)
    return np.where(np.isfinite(scaled), scaled, np.nan)


def mean_of_known(values: np.ndarray) -> np.ndarray:
    """Compute means over the first axis of what is not missing.

    Parameters
    ----------
    values : numpy.ndarray of shape (m, ...)
        Resampled values.

    Returns
    -------
    numpy.ndarray
        Without the first axis; missing where all are.

    Examples
    --------
    >>> mean_of_known(np.array([[1.0, np.nan], [2.0, np.nan]])).tolist()
    [1.5, nan]
    """
    known = np.isfinite(values)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def bias_on(values: np.ndarray, known: np.ndarray, scale: str) -> np.ndarray:
    """Compute biases on a scale.

    Parameters
    ----------
    values : numpy.ndarray of shape (m, q)
        Resampled values.
    known : numpy.ndarray of shape (q,)
        What they estimate.
    scale : str
        A key of `SCALES`.

    Returns
    -------
    numpy.ndarray of shape (q,)
        Mean of the values on the scale minus what they estimate; missing where either is not on the scale.

    Examples
    --------
    >>> bias_on(np.array([[0.5], [1.0]]), np.array([0.25]), "").tolist()
    [0.5]
    """
    return mean_of_known(on_scale(values, scale)) - on_scale(known, scale)


def spread_on(values: np.ndarray, scale: str) -> np.ndarray:
    """Compute standard deviations on a scale.

    Parameters
    ----------
    values : numpy.ndarray of shape (m, q)
        Resampled values.
    scale : str
        A key of `SCALES`.

    Returns
    -------
    numpy.ndarray of shape (q,)
        Of the values that are on the scale; missing where these are fewer than two.

    Examples
    --------
    >>> spread_on(np.array([[0.0, 0.5], [0.5, 0.5], [1.0, 0.5]]), "").round(2).tolist()
    [0.5, 0.0]
    """
    scaled = on_scale(values, scale)
    few = np.isfinite(scaled).sum(axis=0) < 2
    return np.where(few, np.nan, np.nanstd(np.where(few, 0.0, scaled), axis=0, ddof=1))


def of_few(n_units: int | None) -> float:
    """Compute the factor by which a standard deviation over resamples of few units is too small.

    Parameters
    ----------
    n_units : int or None
        Number of units, two or more; None where there are many.

    Returns
    -------
    float
        The root of n_units / (n_units - 1), or 1.

    Examples
    --------
    >>> round(of_few(5), 3)
    1.118
    """
    return 1.0 if n_units is None else float(np.sqrt(n_units / (n_units - 1)))


def tail_of_few(tail: float, n_units: int) -> float:
    """Compute the share of resamples to leave out at an end where few units were resampled.

    Parameters
    ----------
    tail : float
        Share to leave out with many units.
    n_units : int
        Number of units, two or more.

    Returns
    -------
    float
        A smaller share: that at which a normal distribution reaches as far as Student's t, whose standard deviation is
        multiplied by :func:`of_few`.

    Notes
    -----
    Hesterberg (2015), Am. Stat. 69, 371-386.

    Examples
    --------
    >>> round(tail_of_few(0.025, 12), 4)
    0.0108
    """
    return float(ndtr(stdtrit(n_units - 1, tail) * of_few(n_units)))


def sample_values(rows: pd.DataFrame) -> pd.Series:
    """Take the sample's own values, which other programs compute, of rows whose estimates may be corrected.

    Parameters
    ----------
    rows : pandas.DataFrame
        With the column estimate, and uncorrected where rows can be corrected.

    Returns
    -------
    pandas.Series
        Uncorrected where there is such a value, otherwise the estimate.

    Examples
    --------
    >>> sample_values(pd.DataFrame({"estimate": [0.6, 0.3], "uncorrected": [0.5, float("nan")]})).tolist()
    [0.5, 0.3]
    """
    return rows["uncorrected"].fillna(rows["estimate"]) if "uncorrected" in rows else rows["estimate"]


def is_too_wide(lower: float, upper: float, possible: tuple[float | None, float | None]) -> bool:
    """Judge whether an interval is wider than is of use.

    Parameters
    ----------
    lower : float
        Lower limit.
    upper : float
        Upper limit.
    possible : tuple
        Lowest and highest possible value, None or infinite for an open end. A reliability, which has no lowest value,
        is judged as if it were 0.

    Returns
    -------
    bool
        True where the interval covers more than half of the possible range, or, of what is positive and has no highest
        value, where the upper limit is more than ten times the lower.

    Examples
    --------
    >>> is_too_wide(0.4, 0.95, (0, 1)), is_too_wide(-0.3, 0.6, (-1, 1)), is_too_wide(3, 20, (0, None))
    (True, False, False)
    """
    low, high = possible
    if high is None or not np.isfinite(high):
        return low == 0 and bool(upper > WIDEST_RATIO * lower > 0)
    low = 0.0 if low is None or not np.isfinite(low) else low
    return bool(upper - lower > WIDEST * (high - low))


def within_range(rows: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """Give the reason instead of an estimate that is impossible, as a Heywood case makes it.

    Parameters
    ----------
    rows : pandas.DataFrame
        Tidy rows with estimate and note.
    low : float
        Lowest possible value.
    high : float
        Highest possible value.

    Returns
    -------
    pandas.DataFrame
        The rows; impossible estimates are missing, and the note tells them.

    Examples
    --------
    >>> within_range(pd.DataFrame({"estimate": [1.03], "note": [""]}), 0, 1)["note"].tolist()
    ['outside its possible range (1.030)']
    """
    value = rows["estimate"]
    outside = (value < low) | (value > high)
    reasons = [f"outside its possible range ({own:.3f})" if no else "" for own, no in zip(value, outside, strict=True)]
    return rows.assign(estimate=value.mask(outside), note=joined(rows["note"], reasons))


def _why_none(own: np.ndarray, possible: np.ndarray, finite: np.ndarray, inside: np.ndarray) -> list[str]:
    """Why there is no interval, by row; empty where there is one or where there is no estimate either."""
    reasons = []
    for value, usable, count, within in zip(own, possible, finite, inside, strict=True):
        reason = ""
        if not np.isfinite(value):
            pass
        elif not usable:
            reason = "no interval: the estimate lies on the edge of its range or beyond"
        elif count - within > MOST_OUTSIDE * count:
            reason = (
                f"no interval: {count - within} of {count} resampled values lie on the edge of their range or beyond"
            )
        elif within < 2:
            reason = "no interval: fewer than two usable resamples"
        reasons.append(reason)
    return reasons


def _percentiles(
    values: np.ndarray, own: np.ndarray, level: float, n_units: int | None, *, shifted: bool
) -> tuple[np.ndarray, np.ndarray]:
    tail = (1 - level) / 2
    if shifted and n_units is not None:
        tail = tail_of_few(tail, n_units)
    lower, upper = percentile_interval(values, 1 - 2 * tail)
    if shifted:
        bias = np.nanmean(values, axis=0) - own if values.shape[1] else 0.0
        lower, upper = lower - bias, upper - bias
    return np.minimum(lower, own), np.maximum(upper, own)


def joined(texts: Sequence[str] | np.ndarray | pd.Series, more: str | Sequence[str] | np.ndarray) -> list[str]:
    """Add to each text another one, after a semicolon where both say something.

    Parameters
    ----------
    texts : sequence of str
        What is said already.
    more : str or sequence of str
        What is added, to all or to each.

    Returns
    -------
    list of str
        As many as there are texts.
    """
    added = [more] * len(texts) if isinstance(more, str) else more
    return ["; ".join(filter(None, both)) for both in zip(texts, added, strict=True)]
