"""How closely two sets of scores hang together: canonical correlations and redundancies with tests and intervals."""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.association.pairs import NEEDS_ANSWERS
from psychometrics.correlation.scaling import to_correlations
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import generator_of, jackknife_error
from psychometrics.shared_variance.canonical import (
    Canonical,
    canonical_correlations,
    permutation_p,
    shrunken_square,
    wilks_tests,
)

MULTIPLIERS = 400
# pairs are ordered by their correlations, which keeps near ones apart: their jackknife errors alone covered 90 to 92%
OF_LATER = 1.2
STATISTICS = [
    "canonical_r",
    "canonical_r_shrunken",
    "p_permutation",
    "wilks_lambda",
    "p_wilks",
    "p_bartlett",
    "redundancy_1_by_2",
    "redundancy_1_by_2_shrunken",
    "redundancy_2_by_1",
    "redundancy_2_by_1_shrunken",
]


def relate_sets(
    x: pd.DataFrame, y: pd.DataFrame, *, units: np.ndarray, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> pd.DataFrame:
    r"""Compute canonical correlations and redundancies of two sets of scores of the same people.

    Parameters
    ----------
    x : pandas.DataFrame of shape (n, p)
        One set of scores; people with a missing score are left out.
    y : pandas.DataFrame of shape (n, q)
        The other set, with the index of `x`.
    units : numpy.ndarray of shape (n,)
        The independent unit of each person: the therapist, or the client where none is known.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of permutations.
    seed : int, default 0
        Seed of the permutations, at least 0.

    Returns
    -------
    pandas.DataFrame
        Tidy rows factor (number of the pair of variates), statistic, estimate, uncorrected, se, lower, upper, level, n,
        method, note. Per pair of variates `canonical_r`, `canonical_r_shrunken`, `p_permutation`, `wilks_lambda`,
        `p_wilks`, `p_bartlett` (this and all later pairs); `redundancy_1_by_2`, the share of the variance of x that y
        explains, and `redundancy_2_by_1`, both also shrunken (`..._shrunken`). The shrunken rows have the interval, and
        the sample's own value in `uncorrected`.

    Notes
    -----
    Chance makes canonical correlations and redundancies too large. Therefore the intervals stand with the shrunken
    values, which are their middle, and not with the sample's own: Student's t with G - 1 degrees of freedom for G
    units, times the jackknife standard error without one unit at a time (Efron & Stein 1981, Ann. Statist. 9), on the
    scale of Fisher's z of a canonical correlation and of the root of a redundancy. A redundancy's standard error is
    multiplied by (n - 1) / (n - k - 1), as shrinking does, and carried to that scale halfway between value and shrunken
    value.

    The k-th canonical correlation is the largest that what the pairs before leave can show, so that chance alone makes
    it large where nothing is left, and the more so the more variables there are. Its lower limit is 0 unless it exceeds
    the 95th percentile of the largest singular value of the sampling error of these correlations (multiplier bootstrap
    of the units). Of the second and later pairs the upper limit is taken around the sample's own value, because
    shrinking often leaves 0, and the standard error is multiplied by 1.2.

    Clients of one therapist need not be independent; the tests take them as independent. Coverage:
    docs/recovery_association.md and docs/recovery_factor_intervals.md.
    """
    check_level(level)
    values = np.hstack([part.to_numpy(dtype=float, na_value=np.nan) for part in (x, y)])
    kept = np.isfinite(values).all(axis=1)
    values = values[kept]
    n, p, q = len(values), x.shape[1], y.shape[1]
    units = np.asarray(units)[kept]
    groups = len(set(units))
    if n < p + q + 2:
        return _reason(f"{n} clients have all {p + q} scores; at least {p + q + 2} are needed", n)
    if (np.ptp(values, axis=0) == 0).any():
        return _reason("a score does not vary", n)
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    try:
        found = canonical_correlations(values.T @ values / n, p)
    except NotComputable as reason:
        return _reason(str(reason), n)
    rows = pd.DataFrame(_rows(found, n, p, q)).assign(n=n, note=_few(n, p + q))
    tests = rows["statistic"] == "p_permutation"
    nested = "; clients count as independent" if groups < n else ""
    rows.loc[tests, "estimate"] = permutation_p(values[:, :p], values[:, p:], draws, seed)
    rows.loc[tests, "method"] = f"{draws} permutations of the clients (Winkler et al. 2020){nested}"
    if groups < 3:
        return rows.assign(
            note=rows["note"].where(
                ~rows["statistic"].str.contains("^canonical|^redundancy"), "fewer than three units: no interval"
            )
        )
    try:
        left_out = canonical_correlations(_without_each(values, units), p)
    except NotComputable as reason:
        return rows.assign(
            note=rows["note"].where(
                ~rows["statistic"].str.contains("^canonical|^redundancy"),
                f"no interval: without one of the units {reason}",
            )
        )
    predictors = {"redundancy_1_by_2": q, "redundancy_2_by_1": p}
    chance = _by_chance(values[:, :p] @ found.x_weights, values[:, p:] @ found.y_weights, found.r, units, seed)
    return _with_intervals(rows, left_out, level, float(stdtrit(groups - 1, (1 + level) / 2)), predictors, chance)


def relate_sets_of_matrix(correlations: pd.DataFrame, p: int, n: int) -> pd.DataFrame:
    """Make the rows of :func:`relate_sets` for data that are a matrix.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlations of all scores, those of the first set in front.
    p : int
        Number of scores of the first set.
    n : int
        Number of people behind the matrix.

    Returns
    -------
    pandas.DataFrame
        The same rows. What needs the answers of the people, permutations and intervals, is missing with this reason.
    """
    q = len(correlations) - p
    if n < p + q + 2:
        return _reason(f"{n} clients for {p + q} scores; at least {p + q + 2} are needed", n)
    try:
        found = canonical_correlations(correlations.to_numpy(dtype=float), p)
    except NotComputable as reason:
        return _reason(str(reason), n)
    rows = pd.DataFrame(_rows(found, n, p, q)).assign(n=n, note="")
    rows.loc[rows["statistic"] == "p_permutation", "note"] = f"a permutation {NEEDS_ANSWERS}"
    rows.loc[rows["statistic"].str.contains("^canonical|^redundancy"), "note"] = f"the interval {NEEDS_ANSWERS}"
    return rows


def _rows(found: Canonical, n: int, p: int, q: int) -> list[dict]:
    tests = wilks_tests(found.r, n, p, q)
    rows = []
    for k, r in enumerate(found.r):
        # the pairs before have used up k variates of each set
        shrunken = np.sqrt(shrunken_square(r**2, n, p + q - 2 * k - 1))
        values = [
            (r, ""),
            (shrunken, "Ezekiel's correction, one predictor less than the sets have left"),
            (np.nan, ""),
            (tests["wilks_lambda"][k], "this and all later pairs"),
            (tests["p_wilks"][k], "Rao's F"),
            (tests["p_bartlett"][k], "Bartlett's chi-square"),
        ]
        rows += [
            {"factor": str(k + 1), "statistic": name, "estimate": value, "method": method}
            for name, (value, method) in zip(STATISTICS, values, strict=False)
        ]
    for name, redundancy, predictors in zip(("1_by_2", "2_by_1"), (found.x_by_y, found.y_by_x), (q, p), strict=True):
        rows.append(
            {
                "factor": "",
                "statistic": f"redundancy_{name}",
                "estimate": float(redundancy),
                "method": "Stewart and Love",
            }
        )
        rows.append(
            {
                "factor": "",
                "statistic": f"redundancy_{name}_shrunken",
                "estimate": float(shrunken_square(redundancy, n, predictors)),
                "method": "Stewart and Love, Ezekiel's correction",
            }
        )
    return rows


def _without_each(values: np.ndarray, units: np.ndarray) -> np.ndarray:
    """(G, k, k) correlations without one unit at a time."""
    k = values.shape[1]
    products = (values[:, :, None] * values[:, None, :]).reshape(-1, k * k)
    columns = np.hstack([np.ones((len(values), 1)), values, products])
    code = np.unique(units, return_inverse=True)[1]
    of_unit = np.zeros((code.max() + 1, columns.shape[1]))
    np.add.at(of_unit, code, columns)
    rest = columns.sum(axis=0) - of_unit
    means = rest[:, 1 : k + 1] / rest[:, :1]
    covariance = (rest[:, k + 1 :] / rest[:, :1]).reshape(-1, k, k) - means[:, :, None] * means[:, None, :]
    return to_correlations(covariance)[0]


def _by_chance(one: np.ndarray, two: np.ndarray, r: np.ndarray, units: np.ndarray, seed: int) -> np.ndarray:
    """(m,) the 95th percentile of the largest canonical correlation that sampling error alone makes of what the pairs
    before leave.

    one, two : (n, >= m) canonical variates of both sets.
    """
    m, n = len(r), len(one)
    products = (one[:, :m, None] * two[:, None, :m] - np.diag(r)).reshape(n, m * m)
    code = np.unique(units, return_inverse=True)[1]
    groups = code.max() + 1
    of_unit = np.zeros((groups, m * m))
    np.add.at(of_unit, code, products)
    # normal multipliers of the units have this covariance, however many units there are
    values, vectors = np.linalg.eigh(of_unit.T @ of_unit * (groups / (groups - 1) / n**2))
    drawn = generator_of(seed, 0).normal(size=(MULTIPLIERS, m * m)) * np.sqrt(np.maximum(values, 0.0))
    errors = (drawn @ vectors.T).reshape(-1, m, m)
    largest = [np.linalg.svd(errors[:, k:, k:], compute_uv=False)[:, 0] for k in range(m)]
    return np.quantile(largest, 0.95, axis=1)


def _with_intervals(
    rows: pd.DataFrame,
    left_out: Canonical,
    level: float,
    quantile: float,
    predictors: dict[str, int],
    chance: np.ndarray,
) -> pd.DataFrame:
    """Intervals of the shrunken values.

    predictors : of each redundancy; chance : how large each canonical correlation is by chance.
    """
    place = {key: position for position, key in enumerate(zip(rows["statistic"], rows["factor"], strict=True))}
    estimates, n, found = rows["estimate"].to_numpy(), rows["n"].iloc[0], np.full((len(rows), 5), np.nan)
    parts = [("canonical_r", str(k + 1), r) for k, r in enumerate(left_out.r.T)]
    parts += [("redundancy_1_by_2", "", left_out.x_by_y), ("redundancy_2_by_1", "", left_out.y_by_x)]
    for statistic, factor, values in parts:
        both = [place[statistic, factor], place[f"{statistic}_shrunken", factor]]
        own, shrunken = estimates[both]
        if statistic == "canonical_r":
            power, half = 1, quantile * jackknife_error(_z(values))
        else:
            # shrinking enlarges the spread; the slope of the scale is taken halfway between the two values
            larger, halfway = (n - 1) / (n - predictors[statistic] - 1), estimates[both].mean()
            slope = max(2 * np.sqrt(halfway) * (1 - halfway), 1e-9)  # 0 where one set determines the other
            power, half = 2, quantile * jackknife_error(values) * larger / slope
        lower = upper = _z(shrunken ** (1 / power))
        if statistic == "canonical_r" and factor != "1":
            upper = _z(own)
            half *= OF_LATER
        limits = np.tanh(np.maximum([lower - half, upper + half], 0)) ** power
        if statistic == "canonical_r" and own < chance[int(factor) - 1]:
            limits[0] = 0.0
        found[both[1]] = [own, jackknife_error(values), *limits, level]
    described = dict(zip(("uncorrected", "se", "lower", "upper", "level"), found.T, strict=True))
    plain = rows["statistic"].isin(["canonical_r", *predictors])
    how = np.where(plain, "the interval stands with the shrunken value", "")
    how = np.where(np.isfinite(found[:, 0]), "jackknife interval around the shrunken value", how)
    method = [
        f"{text}; {more}".removeprefix("; ").removesuffix("; ") for text, more in zip(rows["method"], how, strict=True)
    ]
    return rows.assign(**described, method=method)


def _z(r: np.ndarray) -> np.ndarray:
    return np.arctanh(np.minimum(r, 1 - 1e-12))


def _few(n: int, scores: int) -> str:
    """A warning where there are fewer than five people per score."""
    return f"only {n} clients for {scores} scores" if n < 5 * scores else ""


def _reason(why: str, n: int) -> pd.DataFrame:
    return pd.DataFrame(
        [{"factor": "", "statistic": "canonical_r", "estimate": np.nan, "n": n, "method": "", "note": why}]
    )
