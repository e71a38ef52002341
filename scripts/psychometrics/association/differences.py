"""Which differences between correlations of total scores are tested, and their rows."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.difference_tests import independent, nonoverlapping, overlapping
from psychometrics.association.jackknife import shown_intervals
from psychometrics.association.pairs import PAIR, score_values, smallest_n
from psychometrics.association.rows import in_order, test_rows
from psychometrics.association.units import Units
from psychometrics.association.weighted import weighted_matrices
from psychometrics.resampling.formula_intervals import check_level

SECOND = [f"{name}_{position}" for name in ("perspective", "form", "scale") for position in (3, 4)]
COLUMNS = [
    *PAIR,
    "group",
    "statistic",
    "estimate",
    "se",
    "lower",
    "upper",
    "level",
    "n",
    "method",
    *SECOND,
    "group_2",
    "note",
]
NOTHING = (
    "no two correlations to compare: needs three totals of one perspective, two totals from two perspectives, "
    "or two totals and an outcome"
)
FEW = "fewer than five clients have all scores of the two correlations"


class Comparison(NamedTuple):
    """Two correlations to compare.

    Attributes
    ----------
    first : tuple of str
        Names of the two scores of the first correlation.
    second : tuple of str
        Names of the two scores of the second correlation.
    groups : tuple of str or None
        For correlations of different people, the variable and its two groups.
    """

    first: tuple[str, str]
    second: tuple[str, str]
    groups: tuple[str, str, str] | None = None

    @property
    def scores(self) -> list[str]:
        """Name the scores of both, each once, those of the first correlation in front.

        Returns
        -------
        list of str
            Three names where a score is in both, otherwise four; two where groups are compared.
        """
        return list(dict.fromkeys((*self.first, *self.second)))


def compared_correlations(columns: pd.DataFrame, groups: pd.DataFrame | None = None) -> list[Comparison]:
    """List the correlations of a data set that are compared.

    Parameters
    ----------
    columns : pandas.DataFrame
        One row per score (its index), with columns perspective, form, scale; the variables of the clients have no
        perspective. Scores other than totals are left out.
    groups : pandas.DataFrame, optional
        Clients x variables that name groups.

    Returns
    -------
    list of Comparison
        Every two correlations of totals within a perspective; those of one pair of forms from two perspectives; the
        agreement of two perspectives on one form with that on another; the correlations of two totals of a
        perspective, or of one form from two perspectives, with an outcome or baseline; and between any two groups of
        clients, every correlation of two totals of a perspective and of a total with an outcome.
    """
    totals = columns[columns["scale"].eq("total") & columns["perspective"].notna()]
    variables = list(columns.index[columns["perspective"].isna()])
    outcomes = [name for name in variables if columns.loc[name, "form"] == "outcome"]
    by_view = {
        view: dict(zip(part["form"], part.index, strict=True))
        for view, part in totals.groupby("perspective", sort=False)
    }
    found, within = [], []
    for forms in by_view.values():
        pairs = list(combinations(forms.values(), 2))
        found += [Comparison(*both) for both in combinations(pairs, 2)]
        found += [Comparison((x, v), (y, v)) for v in variables for x, y in pairs]
        within += pairs + [(x, v) for v in outcomes for x in forms.values()]
    for one, two in combinations(by_view.values(), 2):
        shared = list(combinations([form for form in one if form in two], 2))
        found += [Comparison((one[a], one[b]), (two[a], two[b])) for a, b in shared]
        found += [Comparison((one[a], two[a]), (one[b], two[b])) for a, b in shared]
        found += [Comparison((one[form], v), (two[form], v)) for v in variables for form in one if form in two]
    if groups is not None:
        for variable in groups.columns:
            levels = sorted(groups[variable].dropna().unique())
            found += [Comparison(pair, pair, (variable, a, b)) for a, b in combinations(levels, 2) for pair in within]
    return found


def score_differences(
    scores: pd.DataFrame,
    columns: pd.DataFrame,
    *,
    groups: pd.DataFrame | None = None,
    level: float = 0.95,
    units: ArrayLike | None = None,
) -> pd.DataFrame:
    """Test differences between correlations of totals, from one row of scores per client.

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x score columns.
    columns : pandas.DataFrame
        One row per score, see :func:`compared_correlations`.
    groups : pandas.DataFrame, optional
        Clients x variables that name groups.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    units : array_like of shape (n clients,), optional
        Units that are independent, such as therapists; by default each client is one.

    Returns
    -------
    pandas.DataFrame
        Tidy rows per comparison, on the clients who have all its scores: r_first and r_second; difference, with the
        jackknife interval over the units; difference_zou, the same with Zou's; p_difference, p_difference_holm. The
        first correlation is named by perspective, perspective_2, form, form_2, scale, scale_2, the second by the same
        with _3 and _4; group and group_2 are the groups compared.

    Notes
    -----
    Intervals: :func:`psychometrics.association.jackknife.shown_intervals`; in 21 simulated designs, 19 of them with a
    ceiling, Zou's held the truth in 82 to 96% of 400 samples each, the jackknife's in 92 to 96%.

    Tests and Zou's limits: :mod:`psychometrics.association.difference_tests`. Where clients share units the test is
    that of the jackknife interval. Holm's family is the table.
    """
    check_level(level)
    values = score_values(scores, columns)
    own = Units.of(units, len(values))
    place = {name: k for k, name in enumerate(columns.index)}
    results, used, left_out = [], [], []
    for comparison in compared_correlations(columns, groups):
        chosen = values[:, [place[name] for name in comparison.scores]]
        complete = np.isfinite(chosen).all(axis=1)
        members = [complete] * 2
        if comparison.groups is not None and groups is not None:
            variable, *named = comparison.groups
            members = [complete & (groups[variable] == name).to_numpy() for name in named]
        used.append(members[0] | members[1])
        results.append(
            _result(
                comparison, [_matrix(chosen[rows]) for rows in members], [int(rows.sum()) for rows in members], level
            )
        )
        without = [np.full(len(own.parts), np.nan)] * 2
        if np.isfinite(results[-1]["difference"]):
            without = [
                _both(comparison, weighted_matrices(chosen[rows], own.parts[:, rows]))[side]
                for side, rows in enumerate(members)
            ]
        left_out.append(without[0] - without[1])
    return _rows(results, columns, used, np.column_stack(left_out) if left_out else None, level, own)


def composite_differences(
    correlation: pd.DataFrame, columns: pd.DataFrame, n: int | pd.DataFrame, *, level: float = 0.95
) -> pd.DataFrame:
    """Test the differences of :func:`score_differences` for data that are a correlation matrix.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Score x score.
    columns : pandas.DataFrame
        One row per score, see :func:`compared_correlations`.
    n : int or pandas.DataFrame
        Number of people, or a frame score x score; then a comparison counts the smallest n of any two of its scores.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        The rows of :func:`score_differences`, with Zou's interval: nobody can be left out.
    """
    check_level(level)
    compared = compared_correlations(columns)
    sizes = [smallest_n(n, comparison.scores) for comparison in compared]
    results = [
        _result(
            comparison,
            [correlation.loc[comparison.scores, comparison.scores].to_numpy(dtype=float)] * 2,
            [size, size],
            level,
        )
        for comparison, size in zip(compared, sizes, strict=True)
    ]
    people = np.arange(max(sizes, default=0))
    return _rows(results, columns, [people < size for size in sizes], None, level, Units(people, nested=False))


def _matrix(values: np.ndarray) -> np.ndarray:
    if len(values) < 5 or not (np.ptp(values, axis=0) > 0).all():
        return np.full((values.shape[1],) * 2, np.nan)
    return np.corrcoef(values, rowvar=False)


def _both(comparison: Comparison, matrices: np.ndarray) -> list[np.ndarray]:
    """The two correlations from (..., scores, scores) matrices of the comparison's scores."""
    at = comparison.scores.index
    return [matrices[..., at(x), at(y)] for x, y in (comparison.first, comparison.second)]


def _result(comparison: Comparison, matrices: Sequence[np.ndarray], sizes: Sequence[int], level: float) -> dict:
    one, two = _both(comparison, matrices[0])[0], _both(comparison, matrices[1])[1]
    at, r = comparison.scores.index, matrices[0]
    if comparison.groups is not None:
        found, method = independent(one, sizes[0], two, sizes[1], level), "Fisher's z, different clients"
    elif len(comparison.scores) == 3:
        shared = next(name for name in comparison.first if name in comparison.second)
        rest = [name for name in comparison.scores if name != shared]
        found = overlapping(one, two, r[at(rest[0]), at(rest[1])], sizes[0], level)
        method = "Williams's t, a score shared"
    else:
        (a, b), (c, d) = comparison.first, comparison.second
        r13, r14, r23, r24 = (r[at(x), at(y)] for x, y in ((a, c), (a, d), (b, c), (b, d)))
        found, method = nonoverlapping(one, two, r13, r14, r23, r24, sizes[0], level), "Steiger's z, no score shared"
    reason = "" if np.isfinite(one) and np.isfinite(two) else FEW if min(sizes) < 5 else "a score does not vary"
    return {
        "comparison": comparison,
        "r": (one, two),
        "sizes": sizes,
        "difference": float(found.estimate),
        "note": reason,
        "p": float(found.p),
        "limits": (float(found.lower), float(found.upper)),
        "method": method,
    }


def _rows(
    results: Sequence[dict],
    columns: pd.DataFrame,
    used: Sequence[np.ndarray],
    left_out: np.ndarray | None,
    level: float,
    units: Units,
) -> pd.DataFrame:
    if not results:
        return pd.DataFrame([{"statistic": "difference", "note": NOTHING}], columns=COLUMNS)
    flags = np.column_stack(used)
    rows = pd.DataFrame([_names(result["comparison"], columns) for result in results]).assign(
        statistic="difference",
        estimate=[result["difference"] for result in results],
        n=flags.sum(axis=0),
        method="",
        note=[result["note"] for result in results],
    )
    limits = np.array([result["limits"] for result in results]).T
    both = shown_intervals(
        rows, (limits[0], limits[1]), left_out, flags, units, level, formula="Zou", scale="", bounds=(-2.0, 2.0)
    )
    known = rows["estimate"].notna().to_numpy()
    p, how = np.array([result["p"] for result in results]), [result["method"] for result in results]
    tests = test_rows(
        "difference",
        rows,
        both,
        p,
        how,
        known,
        flags,
        units,
        level,
        by_interval=units.nested,
        z=False,
        of="differences",
    )
    each = [
        rows.assign(
            statistic=name,
            estimate=[result["r"][side] for result in results],
            n=[result["sizes"][side] for result in results],
            method="Pearson",
        )
        for side, name in enumerate(("r_first", "r_second"))
    ]
    return in_order([*(part[known] for part in each), both.shown, both.formula, *tests], COLUMNS)


def _names(comparison: Comparison, columns: pd.DataFrame) -> dict[str, object]:
    described = columns[["perspective", "form", "scale"]].to_dict("index")
    named: dict[str, object] = {}
    for suffix, name in zip(("", "_2", "_3", "_4"), (*comparison.first, *comparison.second), strict=True):
        named |= {f"{key}{suffix}": value for key, value in described[name].items()}
    if comparison.groups is not None:
        variable, one, two = comparison.groups
        named |= {"group": f"{variable}: {one}", "group_2": f"{variable}: {two}"}
    return named
