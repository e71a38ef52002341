"""Whether factors come back in another perspective, another data set or a published table."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.factors.alignment import congruences, match_factors
from psychometrics.resampling.bootstrap_intervals import with_intervals

COLUMNS = [
    "item",
    "factor",
    "factor_2",
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


def compare_solutions(
    a: pd.DataFrame,
    b: pd.DataFrame,
    *,
    items: Mapping[str, str] | None = None,
    a_draws: np.ndarray | None = None,
    b_draws: np.ndarray | None = None,
    level: float = 0.95,
    units: str = "clients",
) -> pd.DataFrame:
    """Compare two solutions: congruence of their factors, and the items that change factor.

    Parameters
    ----------
    a : pandas.DataFrame
        Items x factors, pattern loadings of one perspective, data set or published table. A loading that a table does
        not print is missing; it is left out of the congruence, and counts as 0 where an item's largest loading is
        sought.
    b : pandas.DataFrame
        Items x factors of another one. The number of factors may differ from that of `a`.
    items : mapping of str to str, optional
        Name of an item of `b` -> its name in `a`, where they differ.
    a_draws : numpy.ndarray, optional
        Resampled patterns of `a`, (draws, p, k), aligned to it and missing where a resample failed; see
        `bootstrap.resample_solution`. The draws of the two solutions are paired one by one, so that resamples of the
        same people stay together; a solution without draws is taken as fixed.
    b_draws : numpy.ndarray, optional
        Resampled patterns of `b`, likewise.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : str, default "clients"
        What was resampled, for the method.

    Returns
    -------
    pandas.DataFrame
        Columns item, factor (of `a`), factor_2 (of `b`), statistic, estimate, uncorrected, se, lower, upper, level, n,
        method, note; n is the number of items in common. Statistics: `congruence`, per matched pair of factors, in
        absolute size, and for each factor without a counterpart its largest congruence with any factor of the other
        solution, named in the note; `items_stay`, the share of items whose largest loadings are on matched factors; per
        item `changes_factor`, 1 or 0, and with draws `changes_factor_in_resamples`, the share of them in which it does;
        `items_compared`, with the items left out.

    Raises
    ------
    ValueError
        No item in common, two items under one name, a factor without any loading in common, or draws of another shape.

    Notes
    -----
    Factors are matched so that the sum of absolute congruences is the largest (Hungarian method). Tucker (1951); agrees
    with psych::factor.congruence.

    Sampling error of the loadings draws congruence down, and a resample repeats that on top of the sample's own error:
    percentile intervals of congruences near 1 hardly ever cover the population's value. The intervals are
    bias-corrected normal ones (`bootstrap_intervals.with_intervals`), cut at 1. On the scale of Fisher's z they would
    miss it as well, because the bias is about the same from sample to sample on the scale of the congruence but not on
    that of z.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics.factors.comparison import compare_solutions
    >>> ours = pd.DataFrame({"F1": [0.7, 0.6, 0.1, 0.0], "F2": [0.0, 0.1, 0.8, 0.6]}, index=list("abcd"))
    >>> published = pd.DataFrame({"bond": [0.1, 0.5, 0.7, 0.7], "task": [0.6, 0.4, 0.0, 0.1]}, index=list("abcd"))
    >>> compare_solutions(ours, published)[["item", "factor", "factor_2", "statistic", "estimate"]].round(2)
      item factor factor_2       statistic  estimate
    0  NaN     F1     task      congruence      0.98
    1  NaN     F2     bond      congruence      0.92
    2  NaN    NaN      NaN      items_stay      0.75
    3    a     F1     task  changes_factor      0.00
    4    b     F1     bond  changes_factor      1.00
    5    c     F2     bond  changes_factor      0.00
    6    d     F2     bond  changes_factor      0.00
    7  NaN    NaN      NaN  items_compared      4.00
    """
    b = b.rename(index=dict(items or {}))
    common = _common_items(a, b)
    a_values, a_draws = _of_items(a, a_draws, common)
    b_values, b_draws = _of_items(b, b_draws, common)
    congruence = congruences(a_values, b_values)
    if np.isnan(congruence).any():
        raise ValueError("a factor has no loading other than 0 on the items in common")
    matching = _match(congruence, a.columns, b.columns)
    drawn = _paired(a_values, a_draws, b_values, b_draws)
    left_out = [
        f"only in the {place}: {', '.join(map(str, extra))}"
        for place, pattern in (("first", a), ("second", b))
        if len(extra := pattern.index.difference(common, sort=False))
    ]
    compared = {"statistic": "items_compared", "estimate": float(len(common)), "note": "; ".join(left_out)}
    table = pd.concat(
        [
            _matched_rows(congruence, matching, drawn, level, units),
            *_unmatched_rows(congruence, matching),
            *_item_rows(common, a_values, b_values, matching, drawn, level, units),
            pd.DataFrame([compared]),
        ],
        ignore_index=True,
    ).reindex(columns=COLUMNS)
    return table.assign(n=len(common), **table[["method", "note"]].fillna(""))


@dataclass(frozen=True)
class _Matching:
    """The matched factors of two solutions.

    Attributes
    ----------
    a : numpy.ndarray
        Their positions in the first solution, ascending.
    b : numpy.ndarray
        The positions of their counterparts in the second solution.
    signs : numpy.ndarray
        The signs of their congruences.
    a_labels : pandas.Index
        Names of all factors of the first solution.
    b_labels : pandas.Index
        Names of all factors of the second solution.
    """

    a: np.ndarray
    b: np.ndarray
    signs: np.ndarray
    a_labels: pd.Index
    b_labels: pd.Index

    def changes(self, a_values: np.ndarray, b_values: np.ndarray) -> np.ndarray:
        """Return whether items have their largest loadings on factors that do not match."""
        counterpart = np.full(len(self.a_labels), -1)
        counterpart[self.a] = self.b
        return counterpart[_home(a_values)] != _home(b_values)


def _home(values: np.ndarray) -> np.ndarray:
    """Position of each item's largest absolute loading, (..., p)."""
    return np.abs(np.nan_to_num(values)).argmax(axis=-1)


def _match(congruence: np.ndarray, a_labels: pd.Index, b_labels: pd.Index) -> _Matching:
    """Match the factors of the smaller solution with as many of the larger one."""
    if congruence.shape[0] >= congruence.shape[1]:
        a, signs = match_factors(congruence)
        b = np.arange(congruence.shape[1])
    else:
        b, signs = match_factors(congruence.T)
        a = np.arange(congruence.shape[0])
    order = np.argsort(a)
    return _Matching(a[order], b[order], signs[order], a_labels, b_labels)


def _common_items(a: pd.DataFrame, b: pd.DataFrame) -> list[str]:
    """Items of both, in the order of the first; refuse an item that stands twice."""
    for place, pattern in (("first", a), ("second", b)):
        if pattern.index.has_duplicates:
            raise ValueError(f"item {pattern.index[pattern.index.duplicated()][0]} is twice in the {place} solution")
    common = [item for item in a.index if item in b.index]
    if not common:
        raise ValueError("the two solutions share no item")
    return common


def _of_items(
    pattern: pd.DataFrame, draws: np.ndarray | None, common: list[str]
) -> tuple[np.ndarray, np.ndarray | None]:
    """The pattern (p, k) and the draws (draws, p, k) of the items in common."""
    where = pattern.index.get_indexer(pd.Index(common))
    if draws is not None and draws.shape[1:] != pattern.shape:
        raise ValueError(f"resampled patterns of shape {draws.shape[1:]} do not belong to one of shape {pattern.shape}")
    return pattern.to_numpy(dtype=float)[where], None if draws is None else draws[:, where]


def _paired(
    a_values: np.ndarray, a_draws: np.ndarray | None, b_values: np.ndarray, b_draws: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """As many draws of both as there are of either, missing in both where one failed; None without any."""
    counts = [len(draws) for draws in (a_draws, b_draws) if draws is not None]
    if not counts:
        return None
    a, b = (
        np.repeat(values[None], min(counts), axis=0) if draws is None else draws[: min(counts)].copy()
        for values, draws in ((a_values, a_draws), (b_values, b_draws))
    )
    failed = np.isnan(a).all(axis=(1, 2)) | np.isnan(b).all(axis=(1, 2))
    a[failed] = b[failed] = np.nan
    return a, b


def _matched_rows(
    congruence: np.ndarray,
    matching: _Matching,
    drawn: tuple[np.ndarray, np.ndarray] | None,
    level: float,
    units: str,
) -> pd.DataFrame:
    """The congruence of each matched pair, with its interval where there are draws."""
    size = np.abs(congruence[matching.a, matching.b])
    rows = pd.DataFrame(
        {
            "factor": matching.a_labels[matching.a],
            "factor_2": matching.b_labels[matching.b],
            "statistic": "congruence",
            "estimate": size,
            "method": "Tucker congruence",
            "note": np.where(matching.signs < 0, "the second factor points in the other direction", ""),
        }
    )
    if drawn is None:
        return rows
    values = congruences(*drawn)[:, matching.a, matching.b] * matching.signs
    return with_intervals(rows, values, level, kind="bias-corrected", units=units, bounds=(-1.0, 1.0))


def _unmatched_rows(congruence: np.ndarray, matching: _Matching) -> list[pd.DataFrame]:
    """The factors of the larger solution that have no counterpart."""
    size = np.abs(congruence)
    sides = [
        ("factor", matching.a_labels, matching.b_labels, size, matching.a),
        ("factor_2", matching.b_labels, matching.a_labels, size.T, matching.b),
    ]
    rows = [
        {
            column: labels[j],
            "statistic": "congruence",
            "estimate": sizes[j].max(),
            "method": "Tucker congruence",
            "note": f"no counterpart; the closest is {others[sizes[j].argmax()]}",
        }
        for column, labels, others, sizes, taken in sides
        for j in np.setdiff1d(np.arange(len(labels)), taken)
    ]
    return [pd.DataFrame(rows)] if rows else []


def _item_rows(
    common: list[str],
    a_values: np.ndarray,
    b_values: np.ndarray,
    matching: _Matching,
    drawn: tuple[np.ndarray, np.ndarray] | None,
    level: float,
    units: str,
) -> list[pd.DataFrame]:
    """Whether items change factor: all together and one by one, in the solutions and in their draws."""
    changes = matching.changes(a_values, b_values)
    method = "factor of the largest absolute loading"
    overall = pd.DataFrame([{"statistic": "items_stay", "estimate": 1 - changes.mean(), "method": method, "note": ""}])
    place = {
        "item": common,
        "factor": matching.a_labels[_home(a_values)],
        "factor_2": matching.b_labels[_home(b_values)],
    }
    items = pd.DataFrame(place | {"statistic": "changes_factor", "estimate": changes.astype(float), "method": method})
    if drawn is None:
        return [overall, items]
    usable = np.isfinite(drawn[0]).any(axis=(1, 2))
    changed = matching.changes(*drawn)[usable]
    stays = np.full((len(usable), 1), np.nan)
    stays[usable, 0] = 1 - changed.mean(axis=1)
    often = pd.DataFrame(
        place
        | {
            "statistic": "changes_factor_in_resamples",
            "estimate": changed.mean(axis=0) if len(changed) else np.nan,
            "method": f"{method}; {usable.sum()} of {len(usable)} resamples of {units}",
        }
    )
    return [with_intervals(overall, stays, level, kind="percentile", units=units), items, often]
