"""The multitrait-multimethod matrix: its cells, and the four criteria of Campbell and Fiske, counted."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals
from psychometrics.association.difference_tests import overlapping
from psychometrics.association.pairs import PAIR, all_pairs, pair_names
from psychometrics.resampling.bootstrap_intervals import with_intervals

VALIDITY, WITHIN, ACROSS = "validity", "heterotrait_monomethod", "heterotrait_heteromethod"
OTHER = {2: ACROSS, 3: WITHIN}  # criterion -> what validities are compared with
CRITERIA = {
    1: "validity above 0, by its interval",
    2: "validity above the correlations of different traits across the same two methods, in its row and column",
    3: "validity above the correlations of either measure with other traits of its method",
    4: "pairs of triangles whose correlations have like order: Spearman above 0",
}
COLUMNS = [
    *PAIR,
    *(f"{name}_{end}" for end in (3, 4) for name in ("perspective", "form", "scale")),
    "block",
    "block_2",
    "criterion",
    "statistic",
    "estimate",
    "se",
    "lower",
    "upper",
    "level",
    "n",
    "method",
    "holds",
    "certain",
    "comparisons",
    "note",
]


def cell_kinds(measures: pd.DataFrame) -> pd.Series:
    """Say what the correlation of each pair of measures is.

    Parameters
    ----------
    measures : pandas.DataFrame
        One row per measure, with columns perspective (the method) and trait.

    Returns
    -------
    pandas.Series
        "validity", "heterotrait_monomethod" or "heterotrait_heteromethod" for each pair, in the order of
        :func:`psychometrics.association.pairs.all_pairs`.
    """
    first, second = (measures.iloc[side].reset_index(drop=True) for side in all_pairs(measures).T)
    kinds = np.where(first["perspective"] == second["perspective"], WITHIN, ACROSS)
    return pd.Series(np.where(first["trait"] == second["trait"], VALIDITY, kinds), dtype=object)


def discriminant_comparisons(measures: pd.DataFrame) -> pd.DataFrame:
    """List every comparison of criteria 2 and 3, of a validity with a correlation of different traits.

    Parameters
    ----------
    measures : pandas.DataFrame
        One row per measure, with columns perspective and trait.

    Returns
    -------
    pandas.DataFrame
        Columns criterion, validity, other; the last two are positions in
        :func:`psychometrics.association.pairs.all_pairs`. With t traits and two methods each criterion has
        2 t (t - 1) comparisons.
    """
    pairs, kinds = all_pairs(measures), cell_kinds(measures)
    methods = [set(measures["perspective"].iloc[list(pair)]) for pair in pairs]
    rows = []
    for validity in np.flatnonzero(kinds == VALIDITY):
        for other in np.flatnonzero(kinds != VALIDITY):
            criterion = 3 if kinds[other] == WITHIN else 2
            if set(pairs[validity]) & set(pairs[other]) and methods[other] <= methods[validity]:
                rows.append((criterion, validity, other))
    found = pd.DataFrame(rows, columns=["criterion", "validity", "other"], dtype=int)
    return found.sort_values("criterion", kind="stable", ignore_index=True)


def triangles(measures: pd.DataFrame) -> dict[str, list[int]]:
    """Find the heterotrait triangles over the traits that every method has.

    Parameters
    ----------
    measures : pandas.DataFrame
        One row per measure, with columns perspective and trait.

    Returns
    -------
    dict of str to list of int
        Name of the triangle -> positions in :func:`psychometrics.association.pairs.all_pairs`. There is one for each
        method; of the block of two methods there is one below and one above the validity diagonal, where the rows are
        those of the later method. The traits have the same order in all.
    """
    methods = list(dict.fromkeys(measures["perspective"]))
    place = {(row.perspective, row.trait): i for i, row in enumerate(measures.itertuples())}
    traits = [trait for trait in dict.fromkeys(measures["trait"]) if all((who, trait) in place for who in methods)]
    position = {frozenset(pair): k for k, pair in enumerate(all_pairs(measures).tolist())}

    def _triangle(method: str, other: str) -> list[int]:
        """The later trait by `method`, the earlier by `other`."""
        return [position[frozenset((place[other, one], place[method, two]))] for one, two in combinations(traits, 2)]

    found = {method: _triangle(method, method) for method in methods}
    for one, two in combinations(methods, 2):
        found |= {f"{two} by {one}, below": _triangle(two, one), f"{two} by {one}, above": _triangle(one, two)}
    return found


def kendall_w(values: np.ndarray) -> np.ndarray:
    """Compute Kendall's coefficient of concordance, corrected for ties.

    Parameters
    ----------
    values : numpy.ndarray of shape (..., triangles, cells)
        What is ranked within each triangle.

    Returns
    -------
    numpy.ndarray of shape (...)
        W between 0 and 1; missing where all are tied or a value is missing.

    Notes
    -----
    Kendall & Babington Smith (1939), Ann. Math. Stat. 10; Siegel & Castellan (1988), chapter 9. Agrees with the
    statistic of stats::friedman.test divided by triangles x (cells - 1).

    Examples
    --------
    >>> round(float(kendall_w(np.array([[0.1, 0.3, 0.5], [0.2, 0.3, 0.6], [0.3, 0.1, 0.4]]))), 2)
    0.78
    """
    ranks, judges, objects = _ranks(values), values.shape[-2], values.shape[-1]
    spread = np.square(ranks.sum(axis=-2) - judges * (objects + 1) / 2).sum(axis=-1)
    # the sum of squared ranks carries the correction for ties
    possible = judges * np.square(ranks - (objects + 1) / 2).sum(axis=(-2, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.isnan(values).any(axis=(-2, -1)), np.nan, spread / possible)


def rank_correlations(values: np.ndarray) -> np.ndarray:
    """Compute Spearman's rho of every two triangles.

    Parameters
    ----------
    values : numpy.ndarray of shape (..., triangles, cells)
        Correlations in each triangle.

    Returns
    -------
    numpy.ndarray of shape (..., pairs of triangles)
        Missing where a correlation is missing or all of a triangle are equal.
    """
    ranks = _ranks(values)
    ranks = ranks - ranks.mean(axis=-1, keepdims=True)
    size = np.sqrt(np.square(ranks).sum(axis=-1))
    first, second = np.triu_indices(values.shape[-2], 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (ranks[..., first, :] * ranks[..., second, :]).sum(axis=-1) / (size[..., first] * size[..., second])
    missing = np.isnan(values[..., first, :] + values[..., second, :]).any(axis=-1)
    return np.where(missing, np.nan, np.clip(r, -1, 1))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Ranks along the last axis, ties at their mean; scipy.stats takes half a second to import."""
    cells = pd.DataFrame(values.reshape(-1, values.shape[-1]))
    return cells.rank(axis=1).to_numpy().reshape(values.shape)


def campbell_fiske(
    measures: pd.DataFrame,
    cells: pd.DataFrame,
    draws: np.ndarray | None,
    used: np.ndarray,
    resamples: UnitResamples,
    level: float,
) -> pd.DataFrame:
    """Judge the four criteria, with one row for each comparison and one for each criterion that counts them.

    Parameters
    ----------
    measures : pandas.DataFrame
        One row per measure in the order of the matrix, with columns perspective, form, scale, trait.
    cells : pandas.DataFrame
        One tidy row per pair: the correlations with their intervals, in the order of
        :func:`psychometrics.association.pairs.all_pairs`.
    draws : numpy.ndarray of shape (m, pairs) or None
        Resampled correlations; None where nothing was resampled.
    used : numpy.ndarray of shape (n, pairs)
        True for the clients behind each correlation.
    resamples : UnitResamples
        The resamples that `draws` come from.
    level : float
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows `comparison` (the validity for criterion 1, the validity minus the other correlation for 2 and 3,
        Spearman's rho of two triangles for 4; holds is 1 or 0, certain is 1 where the interval lies above 0),
        `criterion` (the share that holds; holds, certain and comparisons are counts), and `kendall_w` of all triangles.
        The columns that end in _3 and _4 name the other correlation.

    Notes
    -----
    Campbell & Fiske (1959), Psychol. Bull. 56, 81-105. They compared the values as they are; the intervals of the
    differences are added, from the resamples of the correlations, or Zou's (2007) where there is nothing to resample.
    """
    kinds, names = cell_kinds(measures), pair_names(measures, all_pairs(measures))
    validity = cells[(kinds == VALIDITY).to_numpy()].assign(criterion=1)
    unjudged = validity["estimate"].notna() & validity["lower"].isna()
    validity["note"] = np.where(
        unjudged, [f"{note}; no interval to judge by".removeprefix("; ") for note in validity["note"]], validity["note"]
    )
    validity["holds"] = np.where(validity["lower"].notna(), validity["lower"] > 0, np.nan)
    validity["certain"] = validity["holds"]
    found = discriminant_comparisons(measures)
    by_formula = None if draws is not None or resamples.nested else _formula_limits(measures, found, cells, level)
    differences = _differences(found, names, cells, draws, used, resamples, level, by_formula)
    order, concordance = _pattern(triangles(measures), cells, draws, used, resamples, level)
    rows = _joined([validity, differences, order]).assign(statistic="comparison")
    counted = pd.DataFrame([_count(number, rows) for number in CRITERIA])
    return _joined([rows, concordance, counted]).reindex(columns=COLUMNS).fillna({"note": ""})


def _formula_limits(measures: pd.DataFrame, found: pd.DataFrame, cells: pd.DataFrame, level: float) -> np.ndarray:
    """(2, comparisons) limits of Zou: two correlations that are compared share one measure."""
    pairs = all_pairs(measures).tolist()
    position = {frozenset(pair): k for k, pair in enumerate(pairs)}
    apart = [
        position[frozenset(set(pairs[one]) ^ set(pairs[two]))]
        for one, two in zip(found["validity"], found["other"], strict=True)
    ]
    r, n = cells["estimate"].to_numpy(dtype=float), cells["n"].to_numpy(dtype=float)
    if not len(found):
        return np.empty((2, 0))
    one, two = found["validity"].to_numpy(), found["other"].to_numpy()
    limits = overlapping(r[one], r[two], r[apart], np.min([n[one], n[two], n[apart]], axis=0), level)
    return np.array([limits.lower, limits.upper])


def _differences(
    found: pd.DataFrame,
    names: Sequence[dict[str, object]],
    cells: pd.DataFrame,
    draws: np.ndarray | None,
    used: np.ndarray,
    resamples: UnitResamples,
    level: float,
    by_formula: np.ndarray | None,
) -> pd.DataFrame:
    one, two = found["validity"].to_numpy(), found["other"].to_numpy()
    if not len(found):
        return pd.DataFrame()
    r, n = cells["estimate"].to_numpy(dtype=float), cells["n"].to_numpy(dtype=float)
    difference = r[one] - r[two]
    others = [
        {f"{key.removesuffix('_2')}_{4 if key.endswith('_2') else 3}": value for key, value in names[k].items()}
        for k in two
    ]
    rows = (
        pd.DataFrame([names[k] for k in one])
        .join(pd.DataFrame(others))
        .assign(
            criterion=found["criterion"],
            estimate=difference,
            n=np.fmin(n[one], n[two]),
            method="validity minus the other",
            note=np.where(np.isnan(difference), "one of the two correlations has no value", ""),
        )
    )
    drawn = None if draws is None else draws[:, one] - draws[:, two]
    rows = cluster_bootstrap_intervals(rows, drawn, used[:, one] | used[:, two], resamples, level, kind="normal")
    if by_formula is not None:
        rows = rows.assign(
            lower=by_formula[0],
            upper=by_formula[1],
            method="validity minus the other; Zou interval",
            note=np.where(rows["estimate"].isna(), rows["note"], ""),
        )
    return _judged(rows)


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """With what holds, and what does with an interval above 0."""
    return rows.assign(
        holds=np.where(rows["estimate"].notna(), rows["estimate"] > 0, np.nan),
        certain=np.where(rows["lower"].notna(), rows["lower"] > 0, np.nan),
    )


def _pattern(
    found: Mapping[str, list[int]],
    cells: pd.DataFrame,
    draws: np.ndarray | None,
    used: np.ndarray,
    resamples: UnitResamples,
    level: float,
) -> list[pd.DataFrame]:
    """Rows of criterion 4, and of Kendall's W; rows with the reason where there are fewer than three traits."""
    where = np.array(list(found.values()), dtype=int)
    if where.shape[1] < 3:
        note = "fewer than three traits with every method: a triangle has no pattern"
        return [pd.DataFrame([{"criterion": 4, "statistic": name, "note": note}]) for name in ("", "kendall_w")]
    values = cells["estimate"].to_numpy(dtype=float)[where]
    drawn = None if draws is None else draws[:, where]
    names, pairs = list(found), list(combinations(range(len(found)), 2))
    parts = []
    for statistic, measure, blocks in (
        ("", rank_correlations, [(names[i], names[j]) for i, j in pairs]),
        ("kendall_w", kendall_w, [(None, None)]),
    ):
        estimates = np.atleast_1d(measure(values))
        how = f"Kendall's W of {len(where)} triangles" if statistic else "Spearman of two triangles"
        rows = pd.DataFrame(blocks, columns=["block", "block_2"]).assign(
            criterion=4,
            statistic=statistic,
            estimate=estimates,
            n=cells["n"].min(),
            method=f"{how}, {where.shape[1]} cells each",
            note=np.where(np.isnan(estimates), "a correlation has no value, or all are equal", ""),
        )
        again = None if drawn is None else measure(drawn).reshape(len(drawn), -1)
        units = int(resamples.units_behind(np.any(used, axis=1, keepdims=True))[0]) if len(used) else 0
        rows = with_intervals(rows, again, level, kind="percentile", reason=resamples.reason, units=f"{units} units")
        rows.loc[rows["estimate"].isna(), ["se", "lower", "upper"]] = np.nan
        parts.append(rows)
    return [_judged(parts[0]), parts[1]]


def _joined(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Rows of several tables that have different columns."""
    return pd.concat([part.dropna(axis=1, how="all") for part in parts if len(part)], ignore_index=True)


def _count(number: int, rows: pd.DataFrame) -> dict[str, object]:
    """The row of one criterion."""
    own = rows.reindex(columns=COLUMNS)[rows["criterion"] == number]
    known = own["holds"].dropna()
    row = {"criterion": number, "statistic": "criterion", "method": CRITERIA[number], "comparisons": len(known)}
    if not len(known):
        return row | {"note": own["note"].iloc[0] if len(own) else "one trait: there is no other to compare with"}
    left = len(own) - len(known)
    certain = own["certain"].dropna()
    return row | {
        "estimate": known.mean(),
        "holds": known.sum(),
        "n": own["n"].min(),
        "certain": certain.sum() if len(certain) else np.nan,
        "note": f"{left} more could not be compared" if left else "",
    }
