"""What another number of factors would change: the common factor, the general share, what totals have in common."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from psychometrics.factors.alignment import congruence_array
from psychometrics.factors.bootstrap import CommonFactorRule
from psychometrics.factors.common_factor import CommonFactor
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.schmid_leiman import general_factor_of, uncorrelated_factors
from psychometrics.factors.solution import FactorSolution
from psychometrics.shared_variance.split import BY_CONSTRUCTION, TotalScores, VarianceSplit

COLUMNS = ["factors", "factor", "group", "form", "statistic", "estimate", "n", "method", "note"]
OF_COMMON_FACTOR = ("salient_items", "share_of_common_variance", "breadth", "salient_share")


def compare_numbers_of_factors(
    solutions: Mapping[int, FactorSolution], chosen: int, rule: CommonFactorRule, totals: TotalScores | str
) -> pd.DataFrame:
    r"""Describe what solutions with other numbers of factors make of the common factor and of shared variance.

    Parameters
    ----------
    solutions : mapping of int to FactorSolution
        Number of factors -> solution of the same items.
    chosen : int
        The number that the analysis rests on, one of these.
    rule : CommonFactorRule
        How the common factor of each solution is found.
    totals : TotalScores or str
        The totals whose variance is split, or the reason why there is no split.

    Returns
    -------
    pandas.DataFrame
        Columns factors (their number), factor, group, form, statistic, estimate, n, method, note. Per number of factors

        * of its common factor (named in `factor`) `salient_items`, `share_of_common_variance`, `breadth` and, per
          instrument (`group`), `salient_share`, see `common_factor`;
        * `common_factor_congruence`, Tucker's congruence of the common factor with that of the chosen solution, in
          absolute size, `closest_factor_congruence`, that of the factor most like it, and `salient_items_kept`, the
          share of the salient items of the chosen one that are salient on it;
        * `ecv`, see `general_factor_indices`;
        * per total (`form`) `common_share`, see `split.VarianceSplit`.

        What cannot be said is a missing estimate with its reason in the note.

    Notes
    -----
    .. math:: c = \frac{|\sum_i a_i b_i|}{\sqrt{\sum_i a_i^2 \sum_i b_i^2}}

    with the pattern loadings a and b of the two common factors. Tucker (1951); from .85 on factors count as similar,
    from .95 on as equal (Lorenzo-Seva & ten Berge 2006, Methodology 2). No interval is given: the numbers show what
    rests on the number of factors, not how sure they are.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, fit_solution
    >>> from psychometrics.factors.bootstrap import CommonFactorRule
    >>> from psychometrics.shared_variance.numbers_of_factors import compare_numbers_of_factors
    >>> found = correlate(example_answers().filter(regex="_[0-9]+$"))
    >>> solutions = {k: fit_solution(found.matrix, 200, k) for k in (3, 4)}
    >>> instruments = found.matrix.index.to_series().str.split("_").str[0]
    >>> rule = CommonFactorRule(instruments, salient=0.4, minimum_share=0.05, markers=None)
    >>> table = compare_numbers_of_factors(solutions, 4, rule, "no totals")
    >>> table.query("statistic == 'common_factor_congruence'")[["factors", "factor", "estimate"]].round(2)
        factors factor  estimate
    5         3     F2      0.11
    15        4     F1      1.00
    """
    found, rows = {k: _common(solution, rule) for k, solution in solutions.items()}, []
    reference = _loadings(solutions[chosen], found[chosen])
    for k, solution in solutions.items():
        own = [
            *_common_factor_rows(solution, found[k], reference, rule.salient, chosen),
            *_general_rows(solution, rule.instruments),
            *_common_share_rows(solution, totals),
        ]
        rows += [{"factors": k, "n": solution.n, "method": solution.method, "note": ""} | row for row in own]
    return pd.DataFrame(rows).reindex(columns=COLUMNS)


def _common(solution: FactorSolution, rule: CommonFactorRule) -> CommonFactor:
    """The common factor of a solution."""
    sl = general_factor_of(solution)
    return rule.find(solution, None if sl is None else sl.general)


def _loadings(solution: FactorSolution, common: CommonFactor) -> np.ndarray | None:
    """Loadings of the items on the common factor, if there is one."""
    return None if common.name is None else solution.pattern[common.name].to_numpy()


def _common_factor_rows(
    solution: FactorSolution, common: CommonFactor, reference: np.ndarray | None, salient: float, chosen: int
) -> list[dict[str, object]]:
    """Rows of the common factor, and how like that of the chosen solution it is."""
    compared = ("common_factor_congruence", "closest_factor_congruence", "salient_items_kept")
    if common.name is None:
        return [
            {"statistic": name, "estimate": np.nan, "note": f"no common factor: {common.note}"}
            for name in ("breadth", *compared)
        ]
    own = common.table[(common.table["factor"] == common.name) & common.table["statistic"].isin(OF_COMMON_FACTOR)]
    columns = ["factor", "group", "statistic", "estimate", "note"]
    rows: list[dict[str, object]] = [
        dict(zip(columns, row, strict=True)) for row in own[columns].itertuples(index=False)
    ]
    if reference is None:
        note = f"no common factor with {chosen} factors to compare with"
        return rows + [
            {"factor": common.name, "statistic": name, "estimate": np.nan, "note": note} for name in compared
        ]
    congruence = np.abs(congruence_array(solution.pattern.to_numpy(), reference[:, None])[:, 0])
    closest = int(congruence.argmax())
    marking = np.abs(reference) >= salient
    kept = np.abs(solution.pattern[common.name].to_numpy()[marking]) >= salient
    found = [
        (common.name, "common_factor_congruence", congruence[solution.labels.index(common.name)]),
        (solution.labels[closest], "closest_factor_congruence", congruence[closest]),
        (common.name, "salient_items_kept", kept.mean() if marking.any() else np.nan),
    ]
    note = "" if marking.any() else f"no loading of the common factor extracted reaches {salient:g}"
    return rows + [
        {
            "factor": name,
            "statistic": statistic,
            "estimate": float(estimate),
            "note": note if np.isnan(estimate) else "",
        }
        for name, statistic, estimate in found
    ]


def _general_rows(solution: FactorSolution, instruments: pd.Series) -> list[dict[str, object]]:
    """The row of the general factor's share in the common variance."""
    sl = general_factor_of(solution)
    if sl is None:
        one = len(solution.labels) == 1
        note = (
            "one factor has no general factor above it" if one else "uncorrelated factors: nothing general above them"
        )
        return [{"statistic": "ecv", "estimate": np.nan, "note": note}]
    indices = general_factor_indices(sl, instruments)
    row = indices[(indices["statistic"] == "ecv") & indices["group"].isna()].iloc[0]
    return [{"statistic": "ecv", "estimate": row["estimate"], "method": row["method"], "note": row["note"]}]


def _common_share_rows(solution: FactorSolution, totals: TotalScores | str) -> list[dict[str, object]]:
    """The share of each total that is common to all instruments."""
    try:
        if isinstance(totals, str):
            raise ValueError(totals)
        whole = VarianceSplit(*uncorrelated_factors(solution), totals)
    except ValueError as reason:
        return [{"statistic": "common_share", "estimate": np.nan, "note": str(reason)}]
    note = BY_CONSTRUCTION if len(solution.labels) == 1 else ""
    table = whole.table()
    rows = table[table["statistic"] == "common_share"]
    return [
        {"form": form, "statistic": "common_share", "estimate": estimate, "method": method, "note": note}
        for form, estimate, method in zip(rows["form"], rows["estimate"], rows["method"], strict=True)
    ]
