"""Growth where residuals follow each other: slopes are told from what carries over from session to session."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from psychometrics.course.growth import Growth
from psychometrics.course.levels import DYAD, SERIES, check_series, curvature_intervals
from psychometrics.course.own_changes import OwnChanges, change_variance
from psychometrics.mixed_models.component_bootstrap import Derived
from psychometrics.mixed_models.component_values import Covariances
from psychometrics.mixed_models.mixed_model import mixed_model
from psychometrics.mixed_models.specification import Residual
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.bootstrap_intervals import joined

BETTER = -2.0  # of the AICc: residuals follow each other
TOO_HIGH = "too high, because residuals are autocorrelated: see {other}"
TOO_MANY = "more than chance makes of independent residuals, and these are autocorrelated"
PHI, GAIN, SLOPES, RELIABILITY = (
    "growth_serial_correlation",
    "serial_aicc_difference",
    "slope_sd_ar1",
    "slope_reliability_ar1",
)


def serial_rows(growth: Growth, own: OwnChanges | None, unit: str, level: float) -> pd.DataFrame:
    r"""Fit the chosen model with AR(1) residuals.

    .. math:: \operatorname{var}(\hat c_i) = \sigma^2 a_i'R_i a_i, \quad a_i = Z_i(Z_i'Z_i)^{-1}d, \quad
              R_{jk} = \phi^{|t_j - t_k|}

    Parameters
    ----------
    growth : Growth
        Models of the course.
    own : OwnChanges or None
        Changes of the dyads by least squares; None where dyads have no slopes.
    unit : str
        Unit of the time, for the method.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: growth_serial_correlation; serial_aicc_difference, AICc less that of independent residuals; and of
        the slopes of dyads slope_sd_ar1 and slope_reliability_ar1, whose error is that of their own least-squares
        change under these residuals.

    Notes
    -----
    What carries over from one session to the next looks like slopes where it is not in the model: with a correlation of
    .30, six sessions, errors with an SD of 0.5 and slopes with one of 0.10, the SD of slopes is estimated as 0.13.
    Agrees with ``nlme::lme(score ~ time, random = ~ time | dyad, correlation = corAR1(form = ~ time))``.
    """
    terms = growth.slopes_of(DYAD)
    frame = growth.frame
    try:
        check_series(frame, unit, SERIES + len(terms))
        fixed = ["1", *growth.chosen.shape.fixed]
        residual = Residual(within=DYAD, time="time")
        fit = mixed_model(frame, "score", fixed, growth.fit.layout.asked[2], residual=residual)
    except NotComputable as failure:
        return pd.DataFrame([{"statistic": PHI, "estimate": np.nan, "note": str(failure)}])
    derived = [Derived(PHI, lambda found: found.serial, -1.0, 1.0, "normal z")]
    if own is not None:
        variance = change_variance(growth, DYAD)
        per_unit = growth.horizon**2
        derived.append(Derived(SLOPES, lambda found: variance(found) / per_unit, 0.0, np.inf, "normal cube root"))
        derived.append(Derived(RELIABILITY, _reliability(growth, own)))
    rows = curvature_intervals(fit, derived, level)
    slopes = rows["statistic"] == SLOPES
    ends = ["estimate", "lower", "upper"]
    rows.loc[slopes, ends] = np.sqrt(rows.loc[slopes, ends].clip(lower=0))
    gain = {"statistic": GAIN, "estimate": fit.aicc - growth.fit.aicc, "method": "REML", "note": ""}
    rows = pd.concat([rows, pd.DataFrame([gain])], ignore_index=True)
    return rows.assign(
        term=np.where(rows["statistic"] == SLOPES, DYAD, ""),
        method=rows["method"] + f"; AR(1) over {unit}s, gaps kept",
        note=joined(rows["note"], "; ".join(fit.notes)),
    )


def with_warnings(rows: pd.DataFrame) -> pd.DataFrame:
    """Say of slopes with independent residuals that they are too high, where residuals follow each other.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows on growth.

    Returns
    -------
    pandas.DataFrame
        The same with notes.
    """
    gain = rows.loc[rows["statistic"] == GAIN, "estimate"]
    phi = rows.loc[rows["statistic"] == PHI, "estimate"]
    if gain.empty or not gain.iloc[0] < BETTER or not phi.iloc[0] > 0:
        return rows
    counted = rows["statistic"].isin(["increase_beyond_chance", "decrease_beyond_chance"]) & rows["estimate"].notna()
    other = {"slope_sd": SLOPES, "slope_reliability": RELIABILITY}
    rows = rows.copy()
    rows.loc[counted, "note"] = joined(rows.loc[counted, "note"].fillna(""), TOO_MANY)
    for name, corrected in other.items():
        own = rows["statistic"].eq(name) & rows["term"].isin(["", DYAD]) & rows["estimate"].notna()
        rows.loc[own, "note"] = joined(rows.loc[own, "note"].fillna(""), TOO_HIGH.format(other=corrected))
    return rows


def _reliability(growth: Growth, own: OwnChanges) -> Callable[[Covariances], np.ndarray]:
    """Mean reliability of the changes of dyads under AR(1)."""
    terms = growth.slopes_of(DYAD)
    step = np.concatenate([[0.0], growth.step(terms)])
    levels = [level for level in growth.levels if growth.slopes_of(level)]
    variances = [change_variance(growth, level) for level in levels]
    parts = []
    by_dyad = growth.frame.groupby("dyad")
    for dyad in own.dyads:
        rows = by_dyad.get_group(dyad)
        design = np.column_stack([np.ones(len(rows)), rows[terms].to_numpy(float)])
        weights = design @ np.linalg.solve(design.T @ design, step)
        time = rows["time"].to_numpy(float)
        parts.append((np.outer(weights, weights).ravel(), np.abs(time[:, None] - time).ravel()))
    products, gaps = (np.concatenate(pieces) for pieces in zip(*parts, strict=True))
    starts = np.cumsum([0, *(len(piece) for piece, _ in parts)])[:-1]

    def _of(found: Covariances) -> np.ndarray:
        true = np.sum([variance(found) for variance in variances], axis=0)
        sign = np.where(gaps % 2 == 1, np.sign(found.serial)[:, None], 1.0)
        carried = sign * np.abs(found.serial)[:, None] ** gaps
        error = found.residual[:, 0, 0][:, None] * np.add.reduceat(products * carried, starts, axis=1)
        return np.asarray((true[:, None] / (true[:, None] + error)).mean(axis=1))

    return _of
