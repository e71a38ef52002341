"""Phases of a therapy: means, change, reliable change, stability, and the reliability of the scores of a phase."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units
from psychometrics.reliability.coefficients import coefficient_alpha
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import ClusterWeights

COLUMNS = "phase phase_2 statistic estimate se lower upper level n method note".split()
FEWEST = 3
FEW = "fewer than three dyads have ratings in both phases"
NO_R_C = "needs the reliability of change (R_C): answers to items at several sessions"


class Pair(NamedTuple):
    """Scores of two phases of the same dyads.

    Attributes
    ----------
    means : numpy.ndarray of shape (n, 2)
        Mean score of each dyad in either phase.
    counts : numpy.ndarray of shape (n, 2)
        Sessions behind them.
    units : Units
        The units of the dyads.
    """

    means: np.ndarray
    counts: np.ndarray
    units: Units


def phases_of_course(
    scores: pd.DataFrame,
    phases: Sequence[str],
    *,
    units: pd.Series | None = None,
    error_variance: float = np.nan,
    level: float = 0.95,
    possible: tuple[float, float] = (-np.inf, np.inf),
) -> pd.DataFrame:
    r"""Describe the scores of the phases of a therapy.

    .. math:: |\bar y_{i2} - \bar y_{i1}| > z\,\sqrt{s_w^2 (1 - R_C)\,(1/m_{i1} + 1/m_{i2})}, \qquad
              s_w^2 (1 - R_C) = \sigma_e^2 / k

    Parameters
    ----------
    scores : pandas.DataFrame
        One row per dyad and session: columns dyad, phase (missing outside all phases) and score.
    phases : sequence of str
        The phases in their order.
    units : pandas.Series, optional
        Dyad -> unit that is independent, such as the therapist; by default each dyad is one.
    error_variance : float, optional
        Error variance of the score of one session: the within-client variance times one minus the reliability of change
        within clients (R_C of Cranford et al., 2006), which is the residual variance of the items over their number.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    possible : tuple of float, optional
        Lowest and highest score.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: phase, phase_2, statistic, estimate, se, lower, upper, level, n (dyads), method, note. Of each phase
        phase_mean; of each phase (phase_2) and the one before, and of the last and the first: phase_change in points,
        phase_change_d in standard deviations of the earlier phase, phase_stability (r), reliable_increase and
        reliable_decrease, shares of dyads, and reliable_change_within, the change in points that is reliable for half
        of the dyads.

    Notes
    -----
    Changes are of dyads with ratings in both phases, so that none is one of who is left. A change is reliable where it
    exceeds what error of measurement makes of two phases alike: the error variance of one session, divided by the
    sessions of the phase. Alpha of one session is not used: it speaks of differences between clients (Jacobson &
    Truax 1991, J. Consult. Clin. Psychol. 59, 12-19, with the reliability of Cranford et al. 2006, Pers. Soc. Psychol.
    Bull. 32, 917-929). Intervals leave out one unit at a time. Agrees with base::mean, stats::cor.

    Examples
    --------
    >>> scores = pd.DataFrame({"dyad": list("aabbcc") * 2, "phase": ["early"] * 6 + ["late"] * 6})
    >>> scores["score"] = [4.0, 5, 5, 5, 3, 4, 5, 6, 5, 6, 4, 5]
    >>> rows = phases_of_course(scores, ["early", "late"], error_variance=0.1)
    >>> rows.set_index("statistic")["estimate"].round(2)[["phase_change", "reliable_increase"]].tolist()
    [0.83, 0.67]
    """
    check_level(level)
    known = scores.dropna(subset=["score", "phase"])
    by_dyad = known.groupby(["dyad", "phase"])["score"]
    means = by_dyad.mean().unstack("phase").reindex(columns=list(phases))
    counts = by_dyad.size().unstack("phase").reindex(columns=list(phases))
    unit_of = means.index.to_series() if units is None else units.reindex(means.index)
    parts = [_mean(means[phase], unit_of, phase, level, possible) for phase in phases]
    pairs = [*pairwise(phases), *([(phases[0], phases[-1])] if len(phases) > 2 else [])]
    for one, two in pairs:
        both = means[[one, two]].notna().all(axis=1)
        pair = Pair(
            means.loc[both, [one, two]].to_numpy(),
            counts.loc[both, [one, two]].to_numpy(),
            Units.of(unit_of[both].astype(str).to_numpy(), int(both.sum())),
        )
        rows = _of_pair(pair, error_variance, level, possible)
        parts.append(rows.assign(phase=one, phase_2=two))
    table = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    return table.astype({"phase_2": object}).fillna({"phase_2": "", "method": "", "note": ""})


def alpha_by_phase(
    answers: Mapping[str, pd.DataFrame], units: Mapping[str, pd.Series], level: float = 0.95
) -> pd.DataFrame:
    """Compute the reliability of the scores of each phase.

    Parameters
    ----------
    answers : mapping of str to pandas.DataFrame
        Phase -> clients x items, means of the keyed answers over the sessions of the phase.
    units : mapping of str to pandas.Series
        Phase -> unit of each row.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        One row per phase: phase, statistic (phase_alpha), estimate, se, lower, upper, level, n, method, note.

    Notes
    -----
    Coefficient alpha of the means over the sessions; intervals leave out one unit at a time, on the scale of log(1 -
    alpha). Agrees with psych::alpha on the means.

    Examples
    --------
    >>> answers = pd.DataFrame({"i1": [1.0, 2, 4, 5], "i2": [2.0, 2, 4, 4], "i3": [1.0, 3, 3, 5]})
    >>> rows = alpha_by_phase({"early": answers}, {"early": pd.Series(range(4))})
    >>> rows["estimate"].round(2).tolist()
    [0.93]
    """
    parts = []
    for phase, table in answers.items():
        own = table.dropna()
        row = {"phase": phase, "statistic": "phase_alpha", "n": len(own), "estimate": np.nan}
        row["method"] = "alpha of the items' means over the sessions of the phase"
        if len(own) < FEWEST or own.shape[1] < 2:
            parts.append(pd.DataFrame([row | {"note": "needs three clients and two items"}]))
            continue
        unit = Units.of(units[phase].reindex(own.index).astype(str).to_numpy(), len(own))
        values = own.to_numpy() - own.to_numpy().mean(axis=0)
        whole, left_out = (_alpha(values, weights) for weights in (np.ones((1, len(own))), unit.parts))
        note = "" if np.isfinite(whole[0]) else "the items have no variance in common"
        # the interval of log(1 - alpha), turned back
        turned = pd.DataFrame([row | {"estimate": 1 - whole[0], "note": note}])
        behind = np.ones((len(own), 1), dtype=bool)
        of_units = unit.parts_behind(behind), unit.units_behind(behind)
        found = jackknife_intervals(turned, 1 - left_out[:, None], *of_units, level, scale="log", bounds=(0.0, None))
        ends = {"estimate": 1 - found["estimate"], "lower": 1 - found["upper"], "upper": 1 - found["lower"]}
        parts.append(found.assign(**ends))
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS).assign(phase_2="").fillna({"note": ""})


def _alpha(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    k = values.shape[1]
    total = weights.sum(axis=1)[:, None]
    means = (weights @ values) / total
    first, second = np.triu_indices(k)
    products = (weights @ (values[:, first] * values[:, second])) / total
    covariance = np.empty((len(means), k, k))
    covariance[:, first, second] = products - means[:, first] * means[:, second]
    covariance[:, second, first] = covariance[:, first, second]
    return coefficient_alpha(covariance)


def _mean(
    values: pd.Series, unit_of: pd.Series, phase: str, level: float, possible: tuple[float, float]
) -> pd.DataFrame:
    own = values.dropna()
    row = {"phase": phase, "statistic": "phase_mean", "estimate": own.mean() if len(own) else np.nan, "n": len(own)}
    row |= {"method": "mean of the dyads' means", "note": "" if len(own) else "nobody was rated in this phase"}
    if len(own) < FEWEST:
        return pd.DataFrame([row])
    units = Units.of(unit_of[own.index].astype(str).to_numpy(), len(own))
    return _jackknifed(
        row, own.to_numpy()[:, None], units, lambda w, v: (w @ v)[:, 0] / w.sum(axis=1), level, "", possible
    )


def _jackknifed(
    row: dict,
    values: np.ndarray,
    units: Units,
    compute: Callable[[np.ndarray | ClusterWeights, np.ndarray], np.ndarray],
    level: float,
    scale: str,
    bounds: tuple[float, float],
) -> pd.DataFrame:
    behind = np.ones((len(values), 1), dtype=bool)
    left_out = compute(units.parts, values)[:, None]
    of_units = units.parts_behind(behind), units.units_behind(behind)
    return jackknife_intervals(pd.DataFrame([row]), left_out, *of_units, level, scale=scale, bounds=bounds)


def _of_pair(pair: Pair, error: float, level: float, possible: tuple[float, float]) -> pd.DataFrame:
    """Rows of the later minus the earlier phase."""
    n = len(pair.means)
    if n < FEWEST:
        return pd.DataFrame([{"statistic": "phase_change", "estimate": np.nan, "n": n, "note": FEW}])
    most = possible[1] - possible[0]
    whole = np.ones((1, n))
    kinds = {
        "phase_change": (_change, "", (-most, most), "later minus earlier"),
        "phase_change_d": (_change_d, "", (-np.inf, np.inf), "divided by the SD of the earlier phase"),
        "phase_stability": (_r, "z", (-1.0, 1.0), "r of the dyads' means in both phases"),
    }
    parts = []
    for name, (compute, scale, bounds, how) in kinds.items():
        value = float(compute(whole, pair.means)[0])
        note = "" if np.isfinite(value) else "the scores of a phase do not vary"
        row = {"statistic": name, "estimate": value, "n": n, "method": how, "note": note}
        parts.append(_jackknifed(row, pair.means, pair.units, compute, level, scale, bounds))
    if not np.isfinite(error):
        parts.append(pd.DataFrame([{"statistic": "reliable_increase", "estimate": np.nan, "n": n, "note": NO_R_C}]))
        return pd.concat(parts, ignore_index=True)
    limit = ndtri((1 + level) / 2) * np.sqrt(error * (1 / pair.counts).sum(axis=1))
    difference = pair.means[:, 1] - pair.means[:, 0]
    how = f"beyond {100 * level:g}% limits of error of measurement"
    for name, flag in (("reliable_increase", difference > limit), ("reliable_decrease", difference < -limit)):
        row = {"statistic": name, "estimate": float(flag.mean()), "n": n, "method": how, "note": ""}
        share = flag.astype(float)[:, None]
        parts.append(
            _jackknifed(row, share, pair.units, lambda w, v: (w @ v)[:, 0] / w.sum(axis=1), level, "", (0.0, 1.0))
        )
    row = {"statistic": "reliable_change_within", "estimate": float(np.median(limit)), "n": n, "note": ""}
    parts.append(pd.DataFrame([row | {"method": how + ", median of the dyads"}]))
    return pd.concat(parts, ignore_index=True)


def _change(weights: np.ndarray | ClusterWeights, values: np.ndarray) -> np.ndarray:
    return (weights @ (values[:, 1:] - values[:, :1]))[:, 0] / weights.sum(axis=1)


def _change_d(weights: np.ndarray | ClusterWeights, values: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)
    first = values[:, :1] - values[:, :1].mean()
    variance = ((weights @ first**2)[:, 0] / total - ((weights @ first)[:, 0] / total) ** 2) * total / (total - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 1e-12, _change(weights, values) / np.sqrt(np.maximum(variance, 0)), np.nan)


def _r(weights: np.ndarray | ClusterWeights, values: np.ndarray) -> np.ndarray:
    total = weights.sum(axis=1)[:, None]
    centred = values - values.mean(axis=0)
    products = np.column_stack([centred, centred**2, centred[:, :1] * centred[:, 1:]])
    found = (weights @ products) / total
    variance = found[:, 2:4] - found[:, :2] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (found[:, 4] - found[:, 0] * found[:, 1]) / np.sqrt(np.maximum(variance, 0).prod(axis=1))
    return np.where((variance > 1e-12).all(axis=1), np.clip(r, -1, 1), np.nan)
