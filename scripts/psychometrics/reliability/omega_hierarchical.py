"""Omega of a scale with subscales: hierarchical, of the subscales, categorical, and what goes with them."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.assignment import best_pairs
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.general_factor_indices import schmid_leiman_indices
from psychometrics.factors.one_factor import OF_GROUP_FACTOR, reaching_to_one_factor
from psychometrics.factors.schmid_leiman import SchmidLeiman, schmid_leiman
from psychometrics.factors.solution import FactorSolution, fit_solution
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.reliability.omega_categorical import METHOD as CATEGORICAL
from psychometrics.reliability.omega_categorical import categorical_omega
from psychometrics.reliability.omega_resamples import resample_solution
from psychometrics.resampling.bootstrap_intervals import bias_on, of_few, spread_on, with_intervals, within_range
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import cluster_resamples

COLUMNS = [
    "item",
    "factor",
    "statistic",
    "estimate",
    "uncorrected",
    "se",
    "lower",
    "upper",
    "level",
    "n",
    "method",
    "note",
]
GROUP_FACTORS = 3  # without subscales, as psych::omega
MODEL = "Schmid-Leiman of {} group factors, minres, oblimin, Pearson r"
# cor(use = "pairwise"), which psych::omega takes, has the variances of the people who answered both items instead
PAIRWISE = ", standardized by the variances of all who answered the item"
OF_SCALE = {
    "omega_hierarchical": "standardized items, over the observed variance",
    "omega_total_schmid_leiman": "standardized items, over the observed variance",
    "relative_omega": "omega hierarchical over omega total of the same model",
    "ecv": "share of the general factor in the common variance",
    "puc": "share of the pairs of items that no subscale has in common",
    "construct_h_general": "general factor",
}
OF_SUBSCALES = {
    "omega_subscale": "general and own group factor, standardized items, over the observed variance",
    "omega_subscale_general": "general factor, standardized items, over the observed variance",
    "omega_hierarchical_subscale": "own group factor, standardized items, over the observed variance",
    "ecv_subscale": "share of the general factor in the common variance of the subscale's items",
    "construct_h_subscale": "group factor, over the subscale's items",
}

Subscales = Mapping[str, Sequence[str]]

# the group factor of a resample can vanish, which has no logit
KINDS = dict.fromkeys(OF_GROUP_FACTOR, "bias-corrected root z")
# a loading of the second order that comes out near 1, mostly where factors correlate little, makes these far too large
UNSTABLE, NEAR_ONE = ("ecv", "construct_h_general"), 0.95


def omega_rows(
    answers: pd.DataFrame,
    *,
    subscales: Subscales | None = None,
    missing: str = "pairwise",
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    units: ArrayLike | None = None,
    categorical: bool = True,
) -> pd.DataFrame:
    """Compute omega hierarchical, its companions and categorical omega of one scale from keyed answers.

    Parameters
    ----------
    answers : pandas.DataFrame
        Keyed answers, people x items (one row per client).
    subscales : Mapping[str, Sequence[str]], optional
        Subscale -> its items, each among the columns. There are as many group factors as subscales; with fewer than two
        there are three, if there are three items for each, and an item counts to the group factor of its largest
        loading.
    missing : {"pairwise", "listwise", "em"}, optional
        Rule for missing answers, see :class:`psychometrics.reliability.item_covariances.ItemCovariances`.
    level : float, optional
        Coverage of the intervals, in (0, 1).
    draws : int, optional
        Number of bootstrap resamples; 0 leaves bootstrap intervals out.
    seed : int, optional
        Seed of the resamples, 0 or more.
    units : array_like, optional
        The unit to resample, for example the therapist, one per person; by default each row is one.
    categorical : bool, optional
        False leaves categorical omega out, which takes most of the time.

    Returns
    -------
    pandas.DataFrame
        Rows with item (""), factor (the subscale or group factor, "" for the whole scale), statistic, estimate,
        uncorrected, se, lower, upper, level, n, method, note. Statistics of the scale: omega_hierarchical,
        omega_total_schmid_leiman, relative_omega, ecv, puc, construct_h_general, omega_categorical; of each subscale:
        omega_subscale, omega_subscale_general, omega_hierarchical_subscale, ecv_subscale, construct_h_subscale. What is
        undefined has no estimate and a note.

    Raises
    ------
    ValueError
        A subscale names an item that is not among the columns.

    Notes
    -----
    The model: Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70, by minres, oblimin and minres of the factors'
    correlations as psych::omega does; the indices: :mod:`psychometrics.factors.general_factor_indices`, where it says
    what agrees. Subscales of the key may differ from the group factors that the answers show: a note counts the items
    that load highest on another subscale's factor. Every resample starts from the solution of the whole sample.

    Rotation pulls the correlations of factors towards zero, and omega hierarchical with them, most in small samples and
    where group factors are weak. Resamples of the answers show little of it, because chance loadings on other factors
    count as real in them. So the estimate is the sample's value (`uncorrected`) minus its bias in the likely
    population (:func:`psychometrics.factors.simple_structure.likely_structure`), which has the cross-loadings that are
    beyond chance. Which population the answers are from is not known, and the interval reaches over three: with that
    bias, with that of a simple structure by the subscales, and without any. Its standard error is the largest that
    resamples of the answers or of one of these populations have, on the scale of the logit (what belongs to a single
    group factor: of Fisher's z of the root). Where a loading of the second order is near 1, the bias is added to it for
    ECV and H of the general factor. Where one factor alone fits as well
    (:mod:`psychometrics.reliability.omega_resamples`), the intervals of what is 0 or 1 then, such as ECV, reach to that
    value. Coverage: docs/recovery_intervals.md.
    Categorical omega: :mod:`psychometrics.reliability.omega_categorical`.

    Examples
    --------
    >>> from psychometrics import example_answers, omega_rows
    >>> subscales = {
    ...     "task": ["wai_01", "wai_02", "wai_08", "wai_12"],
    ...     "bond": ["wai_03", "wai_05", "wai_07", "wai_09"],
    ...     "goal": ["wai_04", "wai_06", "wai_10", "wai_11"],
    ... }
    >>> answers = example_answers().filter(regex="^wai_[0-9]")
    >>> rows = omega_rows(answers, subscales=subscales, draws=0, categorical=False)
    >>> rows.set_index("statistic")["estimate"][["omega_hierarchical", "ecv", "puc"]].round(2).tolist()
    [0.69, 0.51, 0.73]
    """
    check_level(level)
    data = ItemCovariances(answers, missing=missing)
    units = np.arange(len(answers)) if units is None else np.asarray(units)
    used = units[data.people]
    n_units = len(pd.unique(used))
    reason = data.reason
    covariances = None
    if reason:
        rows = _undefined(_names(answers.columns, subscales), data.n, level, reason)
    else:
        if draws and n_units >= 3:
            covariances = data.resampled(cluster_resamples(used, 0, draws, seed))
        why_not = "fewer than three units to resample" if n_units < 3 else "no resamples were drawn"
        items = list(answers.columns)
        rows = _hierarchical(data.matrix(), data.n, items, subscales, level, covariances, n_units, why_not)
        if data.method != "covariances":
            rows["method"] += f"; {data.method}{PAIRWISE if 'pairwise' in data.method else ''}"
    if not categorical:
        return rows
    ordinal = pd.DataFrame([categorical_omega(answers, missing=missing, level=level, units=units, seed=seed)])
    return _joined(rows, ordinal)


def omega_rows_from_matrix(
    correlation: pd.DataFrame, n: int, *, subscales: Subscales | None = None, level: float = 0.95
) -> pd.DataFrame:
    """Compute the rows of :func:`omega_rows` for data that are a matrix.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Correlations of keyed items, item x item.
    n : int
        Number of people behind them.
    subscales : Mapping[str, Sequence[str]], optional
        Subscale -> its items.
    level : float, optional
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The same rows; what needs raw answers is missing, and the note says so.
    """
    check_level(level)
    rows = _hierarchical(
        correlation.to_numpy(dtype=float),
        n,
        list(correlation.columns),
        subscales,
        level,
        None,
        None,
        "the interval needs raw answers",
    )
    ordinal = pd.DataFrame(
        [
            {
                "item": "",
                "statistic": "omega_categorical",
                "level": level,
                "n": n,
                "method": CATEGORICAL,
                "note": "needs raw answers",
            }
        ]
    )
    return _joined(rows, ordinal)


def _joined(rows: pd.DataFrame, ordinal: pd.DataFrame) -> pd.DataFrame:
    table = pd.concat([rows, ordinal.assign(factor="")], ignore_index=True).reindex(columns=COLUMNS)
    return table.astype({"estimate": float, "uncorrected": float, "se": float, "lower": float, "upper": float})


def _names(items: Iterable[str], subscales: Subscales | None) -> list[str]:
    """Subscales by which the rows go; group factors F1, F2, ... without at least two of them."""
    if subscales is not None and len(subscales) > 1:
        if strange := [item for own in subscales.values() for item in own if item not in list(items)]:
            raise ValueError(f"the subscales name {strange[0]}, which is no item of the scale")
        return list(subscales)
    return [f"F{j + 1}" for j in range(GROUP_FACTORS)]


def _hierarchical(
    covariance: np.ndarray,
    n: int,
    items: list[str],
    subscales: Subscales | None,
    level: float,
    covariances: np.ndarray | None,
    n_units: int | None,
    why_not: str,
) -> pd.DataFrame:
    names = _names(items, subscales)
    p, k = len(items), len(names)
    constant = [item for item, variance in zip(items, np.diag(covariance), strict=True) if not variance > 0]
    if p < 2:
        return _undefined(names, n, level, "one item: internal consistency is not defined")
    keyed = subscales if subscales is not None and len(subscales) > 1 else None
    if k >= p or degrees_of_freedom(p, k) < 0 or (p < 3 * k and keyed is None):
        return _undefined(names, n, level, f"{p} items are too few for {k} group factors")
    if constant:
        return _undefined(names, n, level, f"without variance: {', '.join(constant)}")
    matrix = np.clip(to_correlations(covariance)[0], -1, 1)
    solution = fit_solution(pd.DataFrame(matrix, items, items), n, k)
    if not solution.converged:
        return _undefined(names, n, level, "; ".join(solution.notes))
    belongs = None
    if keyed is not None:
        belongs = np.array([[item in keyed[name] for name in names] for item in items])
        if ((solution.pattern**2).sum() < 1e-9).any():
            return _undefined(names, n, level, f"the items repeat each other: no loading on one of {k} factors")
        solution = _matched(solution, belongs, names)
    if np.allclose(solution.phi, np.eye(k), atol=1e-12):
        return _undefined(names, n, level, "the group factors are uncorrelated: there is no general factor")
    sl = schmid_leiman(solution)
    if belongs is None:
        belongs = np.abs(sl.group.to_numpy()).argmax(axis=1)[:, None] == np.arange(k)
    notes = "; ".join([*solution.notes, *sl.notes, *_remarks(sl, belongs)])
    general, group = sl.general.to_numpy(), sl.group.to_numpy()
    found = schmid_leiman_indices(general[None], group[None], sl.uniqueness.to_numpy()[None], matrix[None], belongs)
    rows = _undefined(names, n, level, notes)
    rows["estimate"] = _flat(found)[0]
    rows.loc[rows["estimate"].isna(), "note"] = f"no unique variance is left; {notes}".removesuffix("; ")
    rows.loc[rows["statistic"] == "puc", "note"] = "follows from which items are of which subscale: no interval"
    rows = within_range(rows, 0, 1)
    wanted = ((rows["statistic"] != "puc") & rows["estimate"].notna()).to_numpy()
    if covariances is None:
        rows.loc[wanted, "note"] = [f"{note}; {why_not}".removeprefix("; ") for note in rows.loc[wanted, "note"]]
        return rows
    sd = np.sqrt(np.diag(covariance))
    drawn = resample_solution(solution, sl, matrix, covariances / np.outer(sd, sd), belongs)
    values = _flat(drawn.indices)
    populations = [(_flat(found), _flat(known)[0]) for found, known in drawn.populations]
    parts = [rows[~wanted]]
    kinds = rows["statistic"].map(KINDS).fillna("bias-corrected logit")
    unstable = rows["statistic"].isin(UNSTABLE) & (sl.second_order_loadings.max() > NEAR_ONE)
    for kind, widened in sorted(set(zip(kinds[wanted], unstable[wanted], strict=True))):
        here = wanted & ((kinds == kind) & (unstable == widened)).to_numpy()
        scale = kind.removeprefix("bias-corrected ")
        samples = [values[:, here], *(found[:, here] for found, _ in populations)]
        biases = [bias_on(found[:, here], known[here], scale) for found, known in populations]
        parts.append(
            with_intervals(
                rows[here],
                values[:, here],
                level,
                kind=kind,
                units=f"{n_units} units, bias at the likely population",
                n_units=n_units,
                reaching=True,
                widened=widened,
                bias=np.array(biases) if biases else None,
                errors=of_few(n_units) * np.fmax.reduce([spread_on(found, scale) for found in samples]),
            ).set_axis(rows.index[here])
        )
    rows = pd.concat([part for part in parts if len(part)]).sort_index()
    return reaching_to_one_factor(rows, drawn.p_one_factor)


def _matched(solution: FactorSolution, belongs: np.ndarray, names: list[str]) -> FactorSolution:
    """The solution with its factors in the order of the subscales that hold the largest share of their variance."""
    squares = solution.pattern.to_numpy() ** 2
    share = squares.T @ belongs / squares.sum(axis=0)[:, None]
    order = best_pairs(-share.T)[1]
    return solution.permuted(order, np.ones(len(names)), labels=names)


def _remarks(sl: SchmidLeiman, belongs: np.ndarray) -> list[str]:
    """Sentences on items that the group factors place otherwise than the key does."""
    remarks = []
    group = np.abs(sl.group.to_numpy())
    strange = int((~belongs[np.arange(len(group)), group.argmax(axis=1)] & belongs.any(axis=1)).sum())
    if strange:
        remarks.append(f"{strange} of {len(group)} items load highest on the group factor of another subscale")
    if negative := [str(item) for item in sl.general.index[sl.general < 0]]:
        remarks.append(f"negative loading on the general factor, check the keying: {', '.join(negative)}")
    return remarks


def _undefined(names: list[str], n: int, level: float, reason: str) -> pd.DataFrame:
    """The rows without estimates, all with one note."""
    model = MODEL.format(len(names))
    rows = [("", statistic, what) for statistic, what in OF_SCALE.items()]
    rows += [(name, statistic, what) for name in names for statistic, what in OF_SUBSCALES.items()]
    return pd.DataFrame(
        [
            {
                "item": "",
                "factor": factor,
                "statistic": statistic,
                "estimate": np.nan,
                "uncorrected": np.nan,
                "se": np.nan,
                "lower": np.nan,
                "upper": np.nan,
                "level": level,
                "n": n,
                "method": f"{model}; {what}",
                "note": reason,
            }
            for factor, statistic, what in rows
        ]
    )


def _flat(found: dict[str, np.ndarray]) -> np.ndarray:
    """(m, rows) indices in the order of the rows."""
    of_subscales = np.stack([found[statistic] for statistic in OF_SUBSCALES], axis=2)  # (m, k, statistics)
    return np.column_stack([*(found[statistic] for statistic in OF_SCALE), of_subscales.reshape(len(of_subscales), -1)])
