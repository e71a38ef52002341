"""What several measures explain of an outcome: alone, in common, and how important each is."""

from collections.abc import Mapping, Sequence
from itertools import chain, combinations
from math import comb

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.correlation.product_moment import batched_correlations
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.resampling.bootstrap_intervals import SHIFTED, with_intervals
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import (
    ClusterWeights,
    cluster_resamples,
    jackknife_error,
    leave_out_resamples,
)
from psychometrics.shared_variance.disattenuated_matrix import NO_ALPHA, NOT_DEFINITE, alphas_of, disattenuated_matrices

MOST = 8  # predictors: 255 subsets
PARTS = 200  # of the jackknife, at most
ROOTED = ("r2", "r2_increment")  # intervals on the scale of the root; others: the widest of three
SHARES = ("r2_baseline", "unique_to_baseline", "general_dominance")  # increments of R^2 are not below 0
ADJUSTED = ("r2_adjusted", "r2_increment_adjusted")


def commonality_analysis(
    predictors: pd.DataFrame,
    outcome: pd.Series,
    *,
    units: np.ndarray,
    baseline: pd.DataFrame | None = None,
    answers: Mapping[str, pd.DataFrame] | None = None,
    missing: str = "pairwise",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Run a commonality and dominance analysis of an outcome.

    Parameters
    ----------
    predictors : pandas.DataFrame of shape (n, m)
        Scores, for example the totals of m instruments. People with a missing value are left out.
    outcome : pandas.Series of shape (n,)
        The outcome, with the index of `predictors`.
    units : numpy.ndarray of shape (n,)
        The unit to resample: the therapist, or the client where none is known.
    baseline : pandas.DataFrame of shape (n, b), optional
        What was known before, such as symptoms; entered beside the predictors.
    answers : mapping of str to pandas.DataFrame, optional
        Name of a predictor -> its keyed items, (n, k). With them the predictors are corrected for unreliability: their
        correlations with each other and with everything else are divided by the roots of their alphas, of the same
        people. The outcome and the baseline stay as observed.
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        Rule for missing answers in alpha.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of bootstrap resamples. Each resample estimates the alphas again.
    seed : int, default 0
        Seed of the resamples, at least 0.

    Returns
    -------
    pandas.DataFrame
        Tidy rows group (names of predictors, joined by ", "), statistic, estimate, se, lower, upper, level, n, method,
        note. `r2`, `r2_adjusted`; `commonality` for every subset of the predictors: what exactly these have in common
        with the outcome (of a single predictor: its unique part); they sum to R^2, and one below 0 means suppression.
        `general_dominance` of each predictor: the mean rise of R^2 when it enters, over all orders; they sum to R^2.
        `complete_dominance` of each pair, "a over b": 1 when a raises R^2 more than b beside every subset of the
        others, 0 when b does, else 0.5; `complete_dominance_reproduced`: share of the resamples with the same value.

        With a baseline it counts as predictor in all of these, and there are `r2_baseline`, what it explains alone;
        `r2_increment`, what the instruments together explain beyond it, and the same of the adjusted values;
        `unique_to_baseline`, what it explains beyond them; `common_with_baseline`, what either explains of the same.
        Increment, unique and common part sum to R^2. Corrected analyses have no adjusted values.

    Notes
    -----
    .. math:: C_S = \sum_{T \subseteq S} (-1)^{|T|+1} R^2_{T \cup \bar S}, \qquad \bar S = \text{all others}

    Nimon (2010), Multiple Linear Regression Viewpoints 36; Seibold & McPhee (1979), Human Commun. Res. 5, 355-365.
    Dominance: Budescu (1993), Psychol. Bull. 114, 542-551; Azen & Budescu (2003), Psychol. Methods 8, 129-148.
    Agrees with yhat::commonalityCoefficients and relaimpo's lmg by definition; checked against stats::lm and against
    printed output of yhat. Corrected: regression on a matrix of the correlations of psych::correct.cor.

    Intervals are around the sample's own values. Those of R^2 and the increment lie on the scale of their root and are
    widened by the bias. Those of the other parts and of dominances, which are skewed, reach as far as the widest of
    three: percentiles minus the bias, the normal interval, and that with the jackknife's standard error; with few
    people or units each of these is too short for some part (docs/recovery_factor_intervals.md). Shares end at 0; where
    the interval of a part reaches below 0, it cannot be told apart from nothing.

    Examples
    --------
    >>> from psychometrics import commonality_analysis, example_answers
    >>> answers = example_answers()
    >>> totals = answers.assign(
    ...     wai=answers.filter(regex="wai_[0-9]").mean(axis=1), haq=answers.filter(regex="haq_[0-9]").mean(axis=1)
    ... )[["wai", "haq"]]
    >>> rows = commonality_analysis(totals, answers["outcome"], units=answers["therapist"].to_numpy(), draws=200)
    >>> rows[["group", "statistic", "estimate", "lower", "upper"]].head(5).round(2)
          group    statistic  estimate  lower  upper
    0                     r2      0.14   0.06   0.25
    1            r2_adjusted      0.13   0.06   0.25
    2       wai  commonality      0.02  -0.02   0.07
    3       haq  commonality      0.03  -0.02   0.09
    4  wai, haq  commonality      0.09   0.03   0.17
    """
    check_level(level)
    baseline = predictors[[]] if baseline is None else baseline
    names = [*predictors.columns, *baseline.columns]
    values = np.column_stack([part.to_numpy(dtype=float, na_value=np.nan) for part in (predictors, baseline, outcome)])
    kept = np.isfinite(values).all(axis=1)
    values, units, m = values[kept], np.asarray(units)[kept], len(names)
    n, instruments = len(values), predictors.shape[1]
    items = (
        None
        if answers is None
        else [ItemCovariances(answers[name][kept], missing=missing) for name in predictors.columns]
    )
    kind = "" if items is None else ", instruments corrected by alpha"

    def _estimates(weights: np.ndarray | ClusterWeights) -> np.ndarray:
        matrices = batched_correlations(values, weights)
        if items is not None:
            matrices = disattenuated_matrices(matrices, alphas_of(items, weights))
        return analyse(matrices, n, instruments)

    once, reason = np.ones((1, n)), _why_not(values, m)
    if not reason and items is not None and not (alphas_of(items, once) > 0).all():
        reason = NO_ALPHA
    one = np.full((1, 1), np.nan) if reason else _estimates(once)
    if not reason and np.isnan(one[0, 0]):
        reason = NOT_DEFINITE
    if reason:
        return pd.DataFrame(
            [
                {
                    "group": "",
                    "statistic": "r2",
                    "estimate": np.nan,
                    "n": n,
                    "method": kind.removeprefix(", "),
                    "note": reason,
                }
            ]
        )
    rows = pd.DataFrame({**_labels(names, instruments), "estimate": one[0], "n": n, "note": ""})
    dominance = rows["statistic"].str.contains("dominance")
    rows["method"] = np.where(dominance, "dominance analysis", "commonality analysis") + kind
    kept = np.ones(len(rows), dtype=bool) if items is None else ~rows["statistic"].str.endswith("adjusted")
    rows, one = rows[kept].reset_index(drop=True), one[:, kept]
    same = rows["statistic"] == "complete_dominance"
    if len(set(units)) < 3:
        return rows.assign(note=np.where(same, "", "fewer than three units to resample: no interval"))
    drawn = _estimates(cluster_resamples(units, 0, draws, seed))[:, kept]
    left_out = _estimates(leave_out_resamples(units, PARTS, seed))[:, kept]
    return _with_intervals(rows, one, drawn, left_out, level, units)


def commonality_of_matrix(
    correlations: pd.DataFrame, n: int, *, instruments: int | None = None, reliability: np.ndarray | None = None
) -> pd.DataFrame:
    """Run the analysis of :func:`commonality_analysis` on correlations, without intervals.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlations of the predictors and, last, the outcome.
    n : int
        Number of people behind the matrix.
    instruments : int, optional
        How many predictors in front are instruments, by default all; the others are the baseline.
    reliability : numpy.ndarray of shape (instruments,), optional
        Reliabilities that the instruments are corrected by and that count as known; by default
        nothing is corrected.

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`commonality_analysis`.
    """
    names = list(correlations.columns[:-1])
    instruments = len(names) if instruments is None else instruments
    matrix, kind = correlations.to_numpy(dtype=float)[None], ""
    reason = _why_not_of_matrix(matrix[0], n)
    if reliability is not None:
        kind = ", instruments corrected by given reliabilities that count as known"
        if np.isnan(reliability).any():
            reason = reason or "no reliability was given for one of the instruments"
        matrix = matrix if reason else disattenuated_matrices(matrix, reliability[None])
        reason = reason or (NOT_DEFINITE if np.isnan(matrix).any() else "")
    if reason:
        return pd.DataFrame(
            [
                {
                    "group": "",
                    "statistic": "r2",
                    "estimate": np.nan,
                    "n": n,
                    "method": f"from the matrix{kind}",
                    "note": reason,
                }
            ]
        )
    rows = pd.DataFrame({**_labels(names, instruments), "estimate": analyse(matrix, n, instruments)[0], "n": n})
    rows = rows.assign(
        se=np.nan,
        lower=np.nan,
        upper=np.nan,
        level=np.nan,
        method=f"from the matrix{kind}",
        note="the interval needs raw answers",
    )
    return rows if reliability is None else rows[~rows["statistic"].str.endswith("adjusted")].reset_index(drop=True)


def squared_multiple(correlations: np.ndarray) -> dict[tuple[int, ...], np.ndarray]:
    """Compute R^2 of the last variable on every subset of the others.

    Parameters
    ----------
    correlations : numpy.ndarray of shape (draws, m + 1, m + 1)
        Correlations.

    Returns
    -------
    dict of tuple to numpy.ndarray
        Positions of the predictors -> R^2, shape (draws,).
    """
    m = correlations.shape[-1] - 1
    found: dict[tuple[int, ...], np.ndarray] = {(): np.zeros(len(correlations))}
    for subset in _subsets(m):
        x, xy = correlations[:, subset][:, :, subset], correlations[:, subset, -1]
        found[subset] = np.sum(xy * np.linalg.solve(x, xy[..., None])[..., 0], axis=1)
    return found


def analyse(correlations: np.ndarray, n: int, instruments: int | None = None) -> np.ndarray:
    """Compute the estimates of :func:`commonality_analysis` for many correlation matrices.

    Parameters
    ----------
    correlations : numpy.ndarray of shape (draws, m + 1, m + 1)
        The last variable is the outcome.
    n : int
        Number of people.
    instruments : int, optional
        How many variables in front are instruments, by default all m; the others are the baseline.

    Returns
    -------
    numpy.ndarray of shape (draws, rows)
        Estimates in the order of the rows.
    """
    m, r2 = correlations.shape[-1] - 1, squared_multiple(correlations)
    whole = tuple(range(m))
    full = r2[whole]
    columns = [full, _adjusted(full, n, m)]
    if instruments is not None and instruments < m:
        alone, before = r2[whole[:instruments]], r2[whole[instruments:]]
        adjusted = columns[1] - _adjusted(before, n, m - instruments)
        columns += [before, full - before, adjusted, full - alone, alone + before - full]
    for subset in _subsets(m):
        others = tuple(j for j in whole if j not in subset)
        parts = [(-1) ** (len(part) + 1) * r2[tuple(sorted(part + others))] for part in _subsets_of(subset)]
        columns.append(np.sum(parts, axis=0))
    for j in whole:
        rest = tuple(i for i in whole if i != j)
        rises = [
            (r2[tuple(sorted((*part, j)))] - r2[part]) / (m * comb(m - 1, len(part))) for part in _subsets_of(rest)
        ]
        columns.append(np.sum(rises, axis=0))
    for a, b in combinations(whole, 2):
        rest = tuple(i for i in whole if i not in (a, b))
        gains = np.array([r2[tuple(sorted((*part, a)))] - r2[tuple(sorted((*part, b)))] for part in _subsets_of(rest)])
        columns.append(0.5 * ((gains > 0).all(axis=0).astype(float) - (gains < 0).all(axis=0)) + 0.5)
    return np.column_stack(columns)


def _subsets(m: int) -> list[tuple[int, ...]]:
    return [subset for subset in _subsets_of(tuple(range(m))) if subset]


def _subsets_of(items: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(chain.from_iterable(combinations(items, size) for size in range(len(items) + 1)))


def _adjusted(r2: np.ndarray, n: int, predictors: int) -> np.ndarray:
    return 1 - (1 - r2) * (n - 1) / (n - predictors - 1)


def _labels(names: Sequence[str], instruments: int) -> dict[str, list[str]]:
    m = len(names)
    labels = [("", "r2"), ("", "r2_adjusted")]
    if instruments < m:
        before = ", ".join(names[instruments:])
        labels += [
            (before, "r2_baseline"),
            (", ".join(names[:instruments]), "r2_increment"),
            (", ".join(names[:instruments]), "r2_increment_adjusted"),
            (before, "unique_to_baseline"),
            (before, "common_with_baseline"),
        ]
    labels += [(", ".join(names[j] for j in subset), "commonality") for subset in _subsets(m)]
    labels += [(name, "general_dominance") for name in names]
    labels += [(f"{a} over {b}", "complete_dominance") for a, b in combinations(names, 2)]
    return dict(zip(("group", "statistic"), map(list, zip(*labels, strict=True)), strict=True))


def _with_intervals(
    rows: pd.DataFrame, one: np.ndarray, drawn: np.ndarray, left_out: np.ndarray, level: float, units: np.ndarray
) -> pd.DataFrame:
    """The rows with intervals, and how often the resamples find the same dominance."""
    count = len(set(units))
    names = "therapists" if count < len(units) else "clients"
    usable = np.isfinite(drawn[:, 0])
    lost = np.count_nonzero(~usable)
    rows = rows.assign(note=f"undefined in {lost} of {len(drawn)} resamples" if lost else "")
    statistic = rows["statistic"]
    same, adjusted = (statistic == "complete_dominance").to_numpy(), statistic.isin(ADJUSTED).to_numpy()
    rooted, shares = statistic.isin(ROOTED).to_numpy(), statistic.isin(SHARES).to_numpy()
    told = with_intervals(
        rows[rooted],
        drawn[:, rooted],
        level,
        kind="normal root z",
        units=names,
        n_units=count,
        widened=True,
        reaching=True,  # R^2 of a sample is too high
    )
    parts = [told.set_axis(np.flatnonzero(rooted))]
    for chosen, bounds in ((shares, (0.0, 1.0)), (~(same | adjusted | rooted | shares), (-1.0, 1.0))):
        here = np.flatnonzero(chosen)
        told = _widest(rows.iloc[here], drawn[:, here], left_out[:, here], level, names, count, bounds)
        parts.append(told.set_axis(here))
    found = pd.concat(parts)
    for place in np.flatnonzero(adjusted):
        # both estimate the same quantity, and the interval already allows for chance
        plain = found[found["statistic"] == statistic[place].removesuffix("_adjusted")].iloc[0]
        row = rows.loc[[place]].assign(**plain[["se", "lower", "upper", "level", "method"]])
        parts.append(row.assign(lower=row[["lower", "estimate"]].min(axis=1)))
    again = rows[same].assign(
        statistic="complete_dominance_reproduced",
        estimate=np.mean(drawn[usable][:, same] == one[:, same], axis=0) if usable.any() else np.nan,
        method=f"share of {len(drawn)} resamples with the same dominance",
    )
    return pd.concat([pd.concat(parts).sort_index(), rows[same], again], ignore_index=True)


def _widest(
    rows: pd.DataFrame,
    drawn: np.ndarray,
    left_out: np.ndarray,
    level: float,
    units: str,
    n_units: int,
    bounds: tuple[float, float],
) -> pd.DataFrame:
    """Rows with the limits that are farthest out: percentiles minus bias, normal, normal by the jackknife."""
    found, normal = (
        with_intervals(rows, drawn, level, kind=kind, units=units, n_units=n_units, bounds=bounds)
        for kind in (SHIFTED, "normal")
    )
    half = float(stdtrit(n_units - 1, (1 + level) / 2)) * jackknife_error(left_out)
    lower = np.fmin.reduce([found["lower"], normal["lower"], np.clip(rows["estimate"] - half, *bounds)])
    upper = np.fmax.reduce([found["upper"], normal["upper"], np.clip(rows["estimate"] + half, *bounds)])
    method = found["method"].str.replace(SHIFTED, f"widest of {SHIFTED}, normal and jackknife")
    return found.assign(lower=lower, upper=upper, method=method)


def _why_not(values: np.ndarray, m: int) -> str:
    if m > MOST:
        return f"{m} predictors; at most {MOST} can be analysed"
    if len(values) < max(10, m + 3):
        return f"{len(values)} clients have the outcome and all predictors; at least {max(10, m + 3)} are needed"
    if (np.ptp(values, axis=0) == 0).any():
        return "a predictor or the outcome does not vary"
    if np.linalg.eigvalsh(np.corrcoef(values, rowvar=False)[:m, :m])[0] < 1e-9:
        return "a predictor is a sum of others"
    return ""


def _why_not_of_matrix(correlations: np.ndarray, n: int) -> str:
    m = len(correlations) - 1
    if m > MOST:
        return f"{m} predictors; at most {MOST} can be analysed"
    if n < max(10, m + 3):
        return f"{n} clients; at least {max(10, m + 3)} are needed"
    if np.linalg.eigvalsh(correlations[:m, :m])[0] < 1e-9:
        return "a predictor is a sum of others"
    if np.linalg.eigvalsh(correlations)[0] < -1e-9:
        return "the rounded correlations are not positive definite: R^2 would be above 1"
    return ""
