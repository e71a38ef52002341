"""What several measures explain of an outcome: alone, in common, and how important each is."""
from itertools import chain, combinations
from math import comb

import numpy as np
import pandas as pd

from psychometrics.intervals import check_level
from psychometrics.resampling import resample_weights
from psychometrics.stability import with_intervals

MOST = 8  # predictors: 255 subsets


def commonality_analysis(
    predictors: pd.DataFrame, outcome: pd.Series, *, units: np.ndarray, level: float = 0.95, draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Commonality and dominance analysis of an outcome.

    Parameters
    ----------
    predictors : (n, m) scores, for example the totals of m instruments; outcome : (n,), same index. People with a
        missing value are left out.
    units : (n,) the unit to resample: the therapist, or the client where none is known.
    level : coverage of the intervals, in (0, 1).
    draws : bootstrap resamples; seed : integer >= 0.

    Returns
    -------
    Tidy rows group (names of predictors, joined by ", "), statistic, estimate, se, lower, upper, level, n, method,
    note. `r2`, `r2_adjusted`; `commonality` for every subset of the predictors: what exactly these have in common with
    the outcome (of a single predictor: its unique part); they sum to R^2, and one below 0 means suppression.
    `general_dominance` of each predictor: the mean rise of R^2 when it enters, over all orders; they sum to R^2.
    `complete_dominance` of each pair, "a over b": 1 when a raises R^2 more than b beside every subset of the others, 0
    when b does, else 0.5; `complete_dominance_reproduced`: share of the resamples with the same value.

    Notes
    -----
    .. math:: C_S = \sum_{T \subseteq S} (-1)^{|T|+1} R^2_{T \cup \bar S}, \qquad \bar S = \text{all others}

    Nimon (2010), Multiple Linear Regression Viewpoints 36; Seibold & McPhee (1979), Human Commun. Res. 5, 355-365.
    Dominance: Budescu (1993), Psychol. Bull. 114, 542-551; Azen & Budescu (2003), Psychol. Methods 8, 129-148.
    Agrees with yhat::commonalityCoefficients and relaimpo's lmg by definition; checked against stats::lm.
    """
    check_level(level)
    names = list(predictors.columns)
    values = np.column_stack([predictors.to_numpy(dtype=float, na_value=np.nan),
                              outcome.to_numpy(dtype=float, na_value=np.nan)])
    kept = np.isfinite(values).all(axis=1)
    values, units, m = values[kept], np.asarray(units)[kept], len(names)
    n = len(values)
    reason = _why_not(values, m)
    if reason:
        return pd.DataFrame([{"group": "", "statistic": "r2", "estimate": np.nan, "n": n, "method": "",
                              "note": reason}])
    one = analyse(_correlations(values, np.ones((1, n))), n)
    rows = pd.DataFrame({**_labels(names), "estimate": one[0], "n": n, "note": ""})
    rows["method"] = np.where(rows["statistic"].str.contains("dominance"), "dominance analysis", "commonality analysis")
    same = rows["statistic"] == "complete_dominance"
    if len(set(units)) < 3:
        return rows.assign(note=np.where(same, "", "fewer than three units to resample: no interval"))
    drawn = analyse(_correlations(values, resample_weights(units, 0, draws, seed).astype(float)), n)
    how = {"level": level, "n_units": len(set(units)), "units": "therapists" if len(set(units)) < n else "clients"}
    parts = [with_intervals(rows[:1], drawn[:, :1], kind="bias-corrected root z", **how)]
    # both R^2 estimate one number, and the interval allows for what chance adds
    parts.append(rows[1:2].assign(**parts[0].iloc[0][["se", "lower", "upper", "level", "method"]]))
    rest = np.flatnonzero(~same)[2:]
    parts.append(with_intervals(rows.iloc[rest], drawn[:, rest], kind="bias-corrected", **how))
    again = rows[same].assign(statistic="complete_dominance_reproduced",
                              estimate=np.mean(drawn[:, same] == one[:, same], axis=0),
                              method=f"share of {draws} resamples with the same dominance")
    return pd.concat([*parts, rows[same], again], ignore_index=True)


def commonality_of_matrix(correlations: pd.DataFrame, n: int) -> pd.DataFrame:
    """The rows of `commonality_analysis` from correlations of the predictors and, last, the outcome; no intervals."""
    names = list(correlations.columns[:-1])
    rows = pd.DataFrame({**_labels(names), "estimate": analyse(correlations.to_numpy(dtype=float)[None], n)[0], "n": n})
    return rows.assign(method="from the matrix", note="the interval needs raw answers")


def squared_multiple(correlations: np.ndarray) -> dict[tuple[int, ...], np.ndarray]:
    """R^2 of the last variable on every subset of the others, each (draws,), from (draws, m + 1, m + 1)."""
    m = correlations.shape[-1] - 1
    found = {(): np.zeros(len(correlations))}
    for subset in _subsets(m):
        x, xy = correlations[:, subset][:, :, subset], correlations[:, subset, -1]
        found[subset] = np.sum(xy * np.linalg.solve(x, xy[..., None])[..., 0], axis=1)
    return found


def analyse(correlations: np.ndarray, n: int) -> np.ndarray:
    """Estimates in the order of the rows, (draws, rows), from correlations (draws, m + 1, m + 1) of n people."""
    m, r2 = correlations.shape[-1] - 1, squared_multiple(correlations)
    whole = tuple(range(m))
    full = r2[whole]
    columns = [full, 1 - (1 - full) * (n - 1) / (n - m - 1)]
    for subset in _subsets(m):
        others = tuple(j for j in whole if j not in subset)
        parts = [(-1) ** (len(part) + 1) * r2[tuple(sorted(part + others))] for part in _subsets_of(subset)]
        columns.append(np.sum(parts, axis=0))
    for j in whole:
        rest = tuple(i for i in whole if i != j)
        rises = [(r2[tuple(sorted((*part, j)))] - r2[part]) / (m * comb(m - 1, len(part)))
                 for part in _subsets_of(rest)]
        columns.append(np.sum(rises, axis=0))
    for a, b in combinations(whole, 2):
        rest = tuple(i for i in whole if i not in (a, b))
        gains = np.array([r2[tuple(sorted((*part, a)))] - r2[tuple(sorted((*part, b)))] for part in _subsets_of(rest)])
        columns.append(0.5 * ((gains > 0).all(axis=0).astype(float) - (gains < 0).all(axis=0)) + 0.5)
    return np.column_stack(columns)


def _subsets(m):
    return [subset for subset in _subsets_of(tuple(range(m))) if subset]


def _subsets_of(items):
    return list(chain.from_iterable(combinations(items, size) for size in range(len(items) + 1)))


def _labels(names):
    m = len(names)
    labels = [("", "r2"), ("", "r2_adjusted")]
    labels += [(", ".join(names[j] for j in subset), "commonality") for subset in _subsets(m)]
    labels += [(name, "general_dominance") for name in names]
    labels += [(f"{a} over {b}", "complete_dominance") for a, b in combinations(names, 2)]
    return dict(zip(("group", "statistic"), map(list, zip(*labels, strict=True)), strict=True))


def _correlations(values, weights):
    """(draws, k, k) correlations under (draws, n) weights; one matrix product."""
    k = values.shape[1]
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    total = weights.sum(axis=1, keepdims=True)
    means = weights @ values / total
    products = weights @ (values[:, :, None] * values[:, None, :]).reshape(-1, k * k) / total
    covariance = products.reshape(-1, k, k) - means[:, :, None] * means[:, None, :]
    sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    return covariance / (sd[:, :, None] * sd[:, None, :])


def _why_not(values, m):
    if m > MOST:
        return f"{m} predictors; at most {MOST} can be analysed"
    if len(values) < max(10, m + 3):
        return f"{len(values)} clients have the outcome and all predictors; at least {max(10, m + 3)} are needed"
    if (np.ptp(values, axis=0) == 0).any():
        return "a predictor or the outcome does not vary"
    if np.linalg.eigvalsh(np.corrcoef(values, rowvar=False)[:m, :m])[0] < 1e-9:
        return "a predictor is a sum of others"
    return ""
