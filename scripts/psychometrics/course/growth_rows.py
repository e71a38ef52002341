"""The rows on growth: which shape, how much change is expected, how dyads differ, and how reliably that is told."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units
from psychometrics.course.growth import FIRST, INTERCEPTS, LAST, OF_DYADS, Candidate, Growth, fit_growth
from psychometrics.course.levels import DYAD, curvature_intervals
from psychometrics.course.own_changes import OwnChanges, beyond_chance, own_changes, slope_reliability
from psychometrics.course.serial_growth import serial_rows, with_warnings
from psychometrics.mixed_models.component_bootstrap import Derived, bootstrap_components
from psychometrics.mixed_models.component_values import Covariances
from psychometrics.mixed_models.variance_test import variance_test
from psychometrics.not_computable import NotComputable
from psychometrics.perspectives.sampled import sample_therapists
from psychometrics.resampling.bootstrap_intervals import SHIFTED, joined
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = (
    "model bound random time statistic term estimate se lower upper level df p n dyads therapists method note".split()
)
MOST_DYADS = 5_000


def growth_of_scores(
    scores: pd.DataFrame,
    *,
    bounds: Sequence[float] = (),
    origin: str | float = FIRST,
    unit: str = "session",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[pd.DataFrame, Growth | None]:
    r"""Describe how scores grow over a course.

    .. math:: y_{tdi} = x_i'\beta + z_i'a_t + z_i'b_{td} + e_{tdi}

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per dyad and session: columns client, therapist (missing where none is named), dyad, session, time
        (missing where it is not known) and score.
    bounds : sequence of float, optional
        Times at which a phase ends, where a second piece may begin.
    origin : {'first', 'last'} or float, default 'first'
        Time of which levels speak: that of the first rating, the end of the median course, or a time.
    unit : str, default "session"
        Unit of the time, for the method.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples of whole therapists.
    seed : int, default 0
        Seed of the resamples, 0 or more.

    Returns
    -------
    rows : pandas.DataFrame
        Tidy rows: model (the shape), bound, random (which levels have slopes), time, statistic, term, estimate, se,
        lower, upper, level, df, p, n (ratings), dyads, therapists, method, note. growth_aicc_difference and
        growth_weight of each shape; slopes_aicc_difference and slope_variance_test of slopes; of the chosen shape
        growth_level at the origin, growth_change over the median course in points and growth_change_d in standard
        deviations of the first session, growth_expected by time; level_sd and slope_sd (per unit of time) of dyads and
        therapists and level_slope_r; slope_reliability; increase_beyond_chance and decrease_beyond_chance, shares of
        dyads.
        With AR(1) residuals, where dyads have enough sessions: growth_serial_correlation, serial_aicc_difference,
        slope_sd_ar1 and slope_reliability_ar1, see :func:`psychometrics.course.serial_growth.serial_rows`.
    growth : Growth or None
        The models; None where there are none.

    Notes
    -----
    Models: :func:`psychometrics.course.growth.fit_growth`. Intervals of the mean course are cluster-robust (CR2 by the
    highest level, Satterthwaite), those of standard deviations and of the reliability by resampling whole therapists;
    those of shares leave out one therapist at a time. The standard deviation of the first session is taken as known.
    Changes of a dyad by itself: :func:`psychometrics.course.own_changes.own_changes`; where nothing changes, one share
    in twenty of either direction together is beyond chance at 95%. Agrees with ``lme4::lmer``.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> dyad, session = np.repeat(np.arange(60), 6), np.tile(np.arange(1, 7), 60)
    >>> slope = 0.3 + 0.2 * rng.normal(size=60)
    >>> score = rng.normal(size=60)[dyad] + slope[dyad] * session + 0.5 * rng.normal(size=360)
    >>> frame = pd.DataFrame({"client": dyad, "dyad": dyad.astype(str), "session": session, "score": score})
    >>> frame = frame.assign(therapist=(dyad // 5).astype(str), time=session.astype(float))
    >>> rows, _ = growth_of_scores(frame, draws=0)
    >>> found = rows[rows["term"].isin(["", "dyad"])].groupby("statistic")["estimate"].first()
    >>> found[["growth_change", "slope_sd"]].round(2).tolist()
    [1.51, 0.15]
    """
    check_level(level)
    scores, sampled = sample_therapists(scores, seed, most=MOST_DYADS)
    try:
        growth = fit_growth(scores, bounds)
    except NotComputable as failure:
        row = {"statistic": "growth_change", "estimate": np.nan, "n": len(scores), "note": str(failure)}
        return pd.DataFrame([row]).reindex(columns=COLUMNS).assign(term="", random=""), None
    own = own_changes(growth) if growth.slopes_of(DYAD) else None
    parts = [_compared(growth), _of_slopes(growth)]
    found = [_mean_course(growth, origin, unit, level), _spread(growth, own, origin, unit, level, draws, seed)]
    found.append(_beyond(growth, own, level))
    found.append(serial_rows(growth, own, unit, level))
    shape, bound, random = growth.chosen.shape.name, _bound(growth.chosen, growth), growth.chosen.random
    parts += [part.assign(model=shape, bound=bound, random=random) for part in found]
    table = with_warnings(pd.concat(parts, ignore_index=True).astype({"term": object}).fillna({"term": ""}))
    table = table.reindex(columns=COLUMNS).fillna({"term": "", "random": "", "method": "", "note": ""})
    dyads, therapists = growth.frame["dyad"].nunique(), np.nan
    if "therapist" in growth.levels:
        therapists = growth.frame["therapist"].nunique()
    said = "; ".join(part for part in (growth.note, sampled) if part)
    table = table.assign(
        dyads=table["dyads"].fillna(dyads), therapists=therapists, n=table["n"].fillna(len(growth.frame))
    )
    return table.assign(note=joined(table["note"], said)), growth


def _bound(candidate: Candidate, growth: Growth) -> float:
    return candidate.shape.bound + growth.start


def _compared(growth: Growth) -> pd.DataFrame:
    """Differences of AICc from the best shape, and weights."""
    aicc = np.array([np.nan if one.fit is None else one.fit.aicc for one in growth.shapes])
    difference = aicc - np.nanmin(aicc)
    weight = np.exp(-difference / 2) / np.nansum(np.exp(-difference / 2))
    rows = []
    for one, delta, share in zip(growth.shapes, difference, weight, strict=True):
        about = {"model": one.shape.name, "bound": _bound(one, growth), "random": one.random, "note": one.reason}
        about["method"] = "maximum likelihood"
        rows.append(about | {"statistic": "growth_aicc_difference", "estimate": delta})
        if not one.reason:
            rows.append(about | {"statistic": "growth_weight", "estimate": share})
    return pd.DataFrame(rows)


def _of_slopes(growth: Growth) -> pd.DataFrame:
    """The chosen shape with fewer and more slopes, and tests of their variances."""
    known = [one for one in growth.slopes if one.fit is not None]
    best = min(one.fit.aicc for one in known if one.fit is not None)
    about = {"model": growth.chosen.shape.name, "bound": _bound(growth.chosen, growth)}
    rows = []
    for one in growth.slopes:
        aicc = np.nan if one.fit is None else one.fit.aicc - best
        row = about | {"random": one.random, "statistic": "slopes_aicc_difference", "estimate": aicc}
        rows.append(row | {"method": "REML", "note": one.reason})
        if one.fit is None or one.random == INTERCEPTS:
            continue
        level = DYAD if one.random == OF_DYADS else "therapist"
        # several slopes of therapists at once take long to take out one by one; their AICc says as much
        for term in one.shape.random if level == DYAD or len(one.shape.random) == 1 else ():
            test = variance_test(one.fit, level, term).iloc[0]
            row = about | {"random": one.random, "statistic": "slope_variance_test", "term": _named(level, term)}
            row |= {name: test[name] for name in ("estimate", "df", "p", "method", "note")}
            rows.append(row)
    return pd.DataFrame(rows)


def _named(level: str, term: str) -> str:
    return f"{level}, {term} the bound" if term in ("before", "after") else level


def _mean_course(growth: Growth, origin: str | float, unit: str, level: float) -> pd.DataFrame:
    """Level at the origin, change over the median course, and expected scores."""
    shape, fit = growth.chosen.shape, growth.fit
    last = growth.frame["elapsed"].max()
    times = shape.points(float(last))
    here = _elapsed(growth, origin)
    points = np.concatenate([[here, 0.0, growth.horizon], times])
    columns = shape.columns(points)
    columns.insert(0, "1", 1.0)
    columns.loc[len(columns)] = columns.iloc[2] - columns.iloc[1]
    names = ["growth_level", "", "", *["growth_expected"] * len(times), "growth_change"]
    rows = fit.contrasts(columns.set_axis(range(len(columns)), axis=0), level)
    rows = rows.assign(statistic=names, time=[*(points + growth.start), growth.horizon + growth.start], term="")
    rows = rows[rows["statistic"] != ""]
    span = f"over the median course, {unit}s {growth.start:g} to {growth.start + growth.horizon:g}"
    at = f"{unit} {here + growth.start:g}"
    extra = rows["statistic"].map({"growth_level": f", at {at}", "growth_change": f", {span}"}).fillna("")
    rows["method"] = "REML; " + rows["method"] + extra
    change = rows[rows["statistic"] == "growth_change"]
    length = pd.DataFrame([{"statistic": "median_course", "estimate": growth.horizon, "term": ""}])
    length = length.assign(method=f"{unit}s from the first rating to the last, median of the dyads")
    standard = _in_standard_deviations(change, growth)
    return pd.concat([change, standard, length, rows[rows["statistic"] != "growth_change"]], ignore_index=True)


def _in_standard_deviations(change: pd.DataFrame, growth: Growth) -> pd.DataFrame:
    """The change in standard deviations of the first session, whose error counts as well (delta method)."""
    row = change.assign(statistic="growth_change_d")
    row["method"] += f"; divided by the SD of the first session, {growth.first_sd:.3f}"
    if not growth.first_sd > 0:
        row[["estimate", "se", "lower", "upper"]] = np.nan
        return row.assign(note="the scores of the first session do not vary")
    times = (change["upper"] - change["estimate"]) / change["se"]
    row["estimate"] = change["estimate"] / growth.first_sd
    row["se"] = np.hypot(change["se"] / growth.first_sd, row["estimate"] * growth.first_sd_error)
    return row.assign(lower=row["estimate"] - times * row["se"], upper=row["estimate"] + times * row["se"])


def _elapsed(growth: Growth, origin: str | float) -> float:
    named = {FIRST: 0.0, LAST: growth.horizon}
    return named[origin] if isinstance(origin, str) else float(origin) - growth.start


def _spread(
    growth: Growth, own: OwnChanges | None, origin: str | float, unit: str, level: float, draws: int, seed: int
) -> pd.DataFrame:
    """How dyads and therapists differ in level and slope, and how reliably slopes are told."""
    at = growth.chosen.shape.columns(np.array([_elapsed(growth, origin)]))
    derived, squares = [], []
    for name in growth.levels:
        terms = growth.slopes_of(name)
        here = np.concatenate([[1.0], at[terms].to_numpy()[0]])
        derived.append(_variance(f"level_sd {name}", name, here))
        squares.append(len(derived) - 1)
        if terms:
            slope = np.concatenate([[0.0], growth.step(terms) / growth.horizon])
            derived.append(_variance(f"slope_sd {name}", name, slope))
            squares.append(len(derived) - 1)
            if name == DYAD:
                derived.append(_correlation(f"level_slope_r {name}", name, here, slope))
    if own is not None:
        derived.append(Derived("slope_reliability", slope_reliability(growth, own)))
    if draws:
        rows = bootstrap_components(growth.fit, derived=derived, draws=draws, seed=seed, level=level)
        rows = rows[rows["statistic"].isin([one.name for one in derived])].reset_index(drop=True)
    else:
        normal = [one._replace(kind="normal z") if one.kind == SHIFTED else one for one in derived]
        rows = curvature_intervals(growth.fit, normal, level).assign(se=np.nan)
    ends = ["estimate", "lower", "upper"]
    rows.loc[squares, ends] = np.sqrt(rows.loc[squares, ends].clip(lower=0))
    with np.errstate(divide="ignore", invalid="ignore"):
        rows.loc[squares, "se"] = rows.loc[squares, "se"] / (2 * rows.loc[squares, "estimate"])
    names = rows["statistic"].str.partition(" ")
    rows = rows.assign(statistic=names[0], term=names[2]).drop(columns="group", errors="ignore")
    rows.loc[rows["se"].abs() == np.inf, "se"] = np.nan
    of_slopes = rows["statistic"] == "slope_sd"
    rows.loc[of_slopes, "method"] += f"; points per {unit}"
    if own is None:
        why = growth.slopes[-1].reason or "slopes of dyads are not in the model"
        missing = [{"statistic": name, "term": DYAD, "note": why} for name in ("slope_sd", "slope_reliability")]
        rows = pd.concat([rows, pd.DataFrame(missing)], ignore_index=True)
    else:
        rows.loc[rows["statistic"] == "slope_reliability", "dyads"] = len(own.dyads)
    return rows.drop(columns=["groups", "n"], errors="ignore")


def _variance(name: str, level: str, weights: np.ndarray) -> Derived:
    def of(found: Covariances) -> np.ndarray:
        return np.maximum(np.einsum("i,mij,j->m", weights, found.blocks[level], weights), 0.0)

    return Derived(name, of, 0.0, np.inf, "normal cube root")


def _correlation(name: str, level: str, one: np.ndarray, two: np.ndarray) -> Derived:
    def of(found: Covariances) -> np.ndarray:
        matrix = found.blocks[level]
        both, first, second = (np.einsum("i,mij,j->m", a, matrix, b) for a, b in ((one, two), (one, one), (two, two)))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.clip(both / np.sqrt(first * second), -1.0, 1.0)

    return Derived(name, of, -1.0, 1.0, SHIFTED)


def _beyond(growth: Growth, own: OwnChanges | None, level: float) -> pd.DataFrame:
    """Shares of dyads whose own change is more than chance."""
    if own is None:
        why = growth.slopes[-1].reason or "slopes of dyads are not in the model"
        return pd.DataFrame([{"statistic": "increase_beyond_chance", "estimate": np.nan, "note": why}])
    side = beyond_chance(growth, own, level)
    of_dyad = growth.frame.drop_duplicates("dyad").set_index("dyad").reindex(own.dyads)
    named = of_dyad["therapist"] if "therapist" in growth.levels else pd.Series(own.dyads, index=own.dyads)
    units = Units.of(named.astype(str).to_numpy(), len(own.dyads))
    flags = np.column_stack([side > 0, side < 0]).astype(float)
    used = np.ones_like(flags, dtype=bool)
    left_out = (units.parts @ flags) / units.parts.sum(axis=1)[:, None]
    rows = pd.DataFrame({"statistic": ["increase_beyond_chance", "decrease_beyond_chance"]})
    each = f"own least-squares change with {100 * level:g}% interval apart from 0"
    rows = rows.assign(estimate=flags.mean(axis=0), dyads=len(own.dyads), method=each, note="")
    behind = units.parts_behind(used), units.units_behind(used)
    return jackknife_intervals(rows, left_out, *behind, level, scale="", bounds=(0.0, 1.0))
