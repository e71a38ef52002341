"""Other numbers of factors: each number by hand or by the function that makes it for the solution extracted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.bootstrap import CommonFactorRule
from psychometrics.factors.schmid_leiman import schmid_leiman
from psychometrics.factors.solution import fit_solution
from psychometrics.shared_variance.numbers_of_factors import compare_numbers_of_factors
from psychometrics.shared_variance.split import TotalScores, VarianceSplit

ITEMS = [f"{form}_{i}" for form in ("wai", "haq") for i in range(6)]
INSTRUMENTS = pd.Series([item[:3] for item in ITEMS], index=ITEMS)
RULE = CommonFactorRule(INSTRUMENTS, salient=0.4, minimum_share=0.05, markers=None)
MEMBERS = {form: [item for item in ITEMS if item.startswith(form)] for form in ("wai", "haq")}
TOTALS = TotalScores.of(MEMBERS, {"wai": "WAI", "haq": "HAQ"}, pd.Index(ITEMS))


@pytest.fixture(scope="module")
def correlations():
    """Three factors correlated .5: one of three items of either instrument, one of each instrument's other items."""
    pattern = np.zeros((12, 3))
    pattern[[0, 1, 2, 6, 7, 8], 0], pattern[3:6, 1], pattern[9:, 2] = [0.8, 0.75, 0.7] * 2, [0.8, 0.7, 0.6], 0.7
    matrix = pattern @ (0.5 + 0.5 * np.eye(3)) @ pattern.T
    np.fill_diagonal(matrix, 1.0)
    return pd.DataFrame(matrix, ITEMS, ITEMS)


@pytest.fixture(scope="module")
def solutions(correlations):
    return {k: fit_solution(correlations, 300, k) for k in (1, 2, 3)}


@pytest.fixture(scope="module")
def table(solutions):
    return compare_numbers_of_factors(solutions, 3, RULE, TOTALS)


def of(table, k, statistic, **where):
    rows = table[(table["factors"] == k) & (table["statistic"] == statistic)]
    for column, value in where.items():
        rows = rows[rows[column] == value]
    assert len(rows) == 1, rows
    return rows.iloc[0]


def test_the_solution_extracted(table, solutions):
    # exact correlations: the planted factor is found, and six of twelve items mark it, half of each instrument's
    assert of(table, 3, "breadth")["estimate"] == pytest.approx(1, abs=1e-6)
    assert of(table, 3, "salient_items")["estimate"] == 6
    assert of(table, 3, "salient_share", group="wai")["estimate"] == 0.5
    assert of(table, 3, "common_factor_congruence")["estimate"] == pytest.approx(1)
    assert of(table, 3, "salient_items_kept")["estimate"] == 1
    # the factors correlate .5: half of the common variance is general
    assert of(table, 3, "ecv")["estimate"] == pytest.approx(0.5, abs=1e-4)
    sl = schmid_leiman(solutions[3])
    split = VarianceSplit(pd.concat([sl.general, sl.group], axis=1), sl.uniqueness, TOTALS).table()
    wanted = split[split["statistic"] == "common_share"].set_index("form")["estimate"]
    for form in wanted.index:
        assert of(table, 3, "common_share", form=form)["estimate"] == wanted[form]


@pytest.mark.parametrize("k", [1, 2])
def test_congruence_by_hand(table, solutions, k):
    row = of(table, k, "common_factor_congruence")
    a = solutions[k].pattern[row["factor"]].to_numpy()
    b = solutions[3].pattern[of(table, 3, "breadth")["factor"]].to_numpy()
    assert row["estimate"] == pytest.approx(abs(sum(a * b)) / np.sqrt(sum(a**2) * sum(b**2)))
    marking = np.flatnonzero(abs(b) >= 0.4)
    kept = np.mean([abs(a[i]) >= 0.4 for i in marking])
    assert of(table, k, "salient_items_kept")["estimate"] == kept


def test_one_factor_shares_by_construction(table):
    assert np.isnan(of(table, 1, "ecv")["estimate"])
    row = of(table, 1, "common_share", form="wai")
    assert row["estimate"] > 0.5 and row["note"].startswith("one factor: common by construction")


def test_neither_order_nor_names_of_the_factors_matter(table, solutions):
    turned = {k: solutions[k].permuted(range(k)[::-1], [-1] * k) for k in (2, 3)}
    other = compare_numbers_of_factors(turned, 3, RULE, TOTALS)
    for k in (2, 3):
        for statistic in ("common_factor_congruence", "closest_factor_congruence"):
            assert of(other, k, statistic)["estimate"] == pytest.approx(of(table, k, statistic)["estimate"])


def test_another_factor_may_be_closer(solutions):
    """Two factors whose second is the planted common one; the markers name the first."""
    planted = solutions[3].pattern[["F1", "F2", "F3"]]
    marked = CommonFactorRule(INSTRUMENTS, 0.4, 0.05, ["wai_3"])
    chosen = marked.find(solutions[3], None).name
    rest = [name for name in planted if name != chosen]
    labels = ["F1", "F2"]
    two = replace(
        solutions[2],
        pattern=planted[[rest[0], chosen]].set_axis(labels, axis="columns"),
        phi=pd.DataFrame(np.eye(2), labels, labels),
    )
    other = CommonFactorRule(INSTRUMENTS, 0.4, 0.05, [planted[rest[0]].idxmax()])
    reference = compare_numbers_of_factors({3: solutions[3], 2: two}, 3, marked, TOTALS)
    assert of(reference, 2, "closest_factor_congruence")["factor"] == "F2"
    assert of(reference, 2, "closest_factor_congruence")["estimate"] == pytest.approx(1)
    swapped = compare_numbers_of_factors({3: solutions[3], 2: two}, 3, other, TOTALS)
    assert of(swapped, 2, "common_factor_congruence")["factor"] == "F1"


def test_what_cannot_be_said_has_a_reason(solutions):
    alone = CommonFactorRule(INSTRUMENTS.replace("haq", "wai"), 0.4, 0.05, None)
    table = compare_numbers_of_factors(solutions, 3, alone, "one instrument")
    missing = table[table["estimate"].isna()]
    assert set(missing["statistic"]) == {
        "breadth", "common_factor_congruence", "closest_factor_congruence", "salient_items_kept", "ecv", "common_share",
    }  # fmt: skip
    assert (missing["note"] != "").all()
    assert of(table, 2, "common_share")["note"] == "one instrument"


def test_no_common_factor_in_the_solution_extracted(correlations, solutions):
    # no factor of one item pair reaches a share of .95
    strict = CommonFactorRule(INSTRUMENTS, 0.4, 0.95, None)
    table = compare_numbers_of_factors(solutions, 3, strict, TOTALS)
    assert of(table, 3, "breadth")["note"].startswith("no common factor: ")
    assert of(table, 1, "common_factor_congruence")["note"] == "no common factor with 3 factors to compare with"
    assert np.isnan(of(table, 1, "common_factor_congruence")["estimate"])


def test_orthogonal_and_bifactor_rotations(correlations):
    varimax = {k: fit_solution(correlations, 300, k, rotation="varimax") for k in (2, 3)}
    table = compare_numbers_of_factors(varimax, 3, RULE, TOTALS)
    assert of(table, 2, "ecv")["note"].startswith("uncorrelated factors")
    assert of(table, 3, "common_share", form="wai")["estimate"] > 0
    bifactor = {3: fit_solution(correlations, 300, 3, rotation="bifactor_q")}
    row = of(compare_numbers_of_factors(bifactor, 3, RULE, TOTALS), 3, "common_share")
    assert np.isnan(row["estimate"]) and row["note"].startswith("the group factors of bifactor_q correlate")
