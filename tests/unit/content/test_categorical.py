"""Association and similarity over categories: formulas as loops, enumeration, invariances, numbers worked by hand."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from psychometrics.content.categorical import (
    chi_square,
    contingency_association,
    cramers_v_interval,
    expected_counts,
    hellinger_similarity,
    similarity_if_alike,
    tables_with_these_margins,
)

TABLE = np.array([[24, 0, 0], [7, 19, 4], [14, 0, 5]])


def chi_square_by_definition(table):
    rows, columns, n = table.sum(axis=1), table.sum(axis=0), table.sum()
    total = 0.0
    for i in range(len(rows)):
        for j in range(len(columns)):
            expected = rows[i] * columns[j] / n
            total += (table[i, j] - expected) ** 2 / expected
    return total


def estimates(table, **options):
    return contingency_association(table, **options).set_index("statistic")["estimate"]


def test_chi_square_agrees_with_the_definition_also_for_a_stack():
    assert chi_square(TABLE) == pytest.approx(chi_square_by_definition(TABLE), rel=1e-12)
    assert chi_square(np.stack([TABLE, TABLE.T.copy()])) == pytest.approx([chi_square(TABLE), chi_square(TABLE.T)])


def test_worked_by_hand():
    # (10, 0 / 0, 10): every expected count is 5, chi2 = 4 * 25 / 5 = 20, V = sqrt(20 / 20);
    # Bergsma: phi2 = 1 - 1/19 = 18/19, r = 2 - 1/19, V = sqrt((18/19) / (18/19))
    result = estimates([[10, 0], [0, 10]], draws=10)
    assert result[["chi2", "cramers_v", "cramers_v_corrected"]].tolist() == pytest.approx([20, 1, 1])


def test_corrected_v_by_the_published_steps():
    n, rows, columns = TABLE.sum(), 3, 3
    phi2 = max(0, chi_square_by_definition(TABLE) / n - (rows - 1) * (columns - 1) / (n - 1))
    reduced = rows - (rows - 1) ** 2 / (n - 1)
    assert estimates(TABLE, draws=10)["cramers_v_corrected"] == pytest.approx(np.sqrt(phi2 / (reduced - 1)), rel=1e-12)


def test_correction_removes_the_bias_of_independent_tables():
    # rows and columns dealt independently, 40 units in 3 x 6 cells: plain V is far from 0
    margins = np.array([[3, 2, 3, 2, 2, 1], [3, 3, 2, 2, 2, 1], [2, 2, 3, 3, 2, 2]])
    random = tables_with_these_margins(margins, draws=2000, seed=3)
    plain = np.sqrt(chi_square(random) / (40 * 2)).mean()
    corrected = np.mean([estimates(table, draws=1)["cramers_v_corrected"] for table in random[:200]])
    assert plain > 0.30 and corrected < 0.10


def test_random_tables_keep_the_margins_and_depend_on_the_seed_only():
    random = tables_with_these_margins(TABLE, draws=50, seed=1)
    assert (random.sum(axis=2) == TABLE.sum(axis=1)).all() and (random.sum(axis=1) == TABLE.sum(axis=0)).all()
    assert (random == tables_with_these_margins(TABLE, draws=50, seed=1)).all()
    assert (random != tables_with_these_margins(TABLE, draws=50, seed=2)).any()
    # counts have standard deviations of up to 2.1: more than three standard errors of the mean of 50 tables
    assert random.mean(axis=0) == pytest.approx(expected_counts(TABLE), abs=1.0)


def test_permutation_p_is_never_zero():
    """The observed table is one of those that can arise (Phipson & Smyth 2010): none of 99 is as extreme."""
    table = np.diag([10, 10])
    row = contingency_association(table, draws=99, seed=1).set_index("statistic").loc["p_permutation"]
    assert row["estimate"] == pytest.approx(1 / 100) and row["se"] == pytest.approx(np.sqrt(0.01 * 0.99 / 99))


def test_permutation_p_approaches_the_exact_one():
    table = np.array([[3, 1, 0], [0, 1, 3]])
    column_of = np.repeat([0, 1, 2], table.sum(axis=0))
    observed, hits, total = chi_square_by_definition(table), 0, 0
    for order in permutations(range(8)):
        dealt = column_of[list(order)]
        first = np.bincount(dealt[:4], minlength=3)
        hits += chi_square_by_definition(np.array([first, np.bincount(dealt[4:], minlength=3)])) >= observed - 1e-9
        total += 1
    # four Monte Carlo standard errors
    row = contingency_association(table, draws=40_000, seed=5).set_index("statistic").loc["p_permutation"]
    assert row["estimate"] == pytest.approx(hits / total, abs=4 * row["se"])


def test_order_of_rows_and_columns_and_empty_ones_do_not_matter():
    padded = np.pad(TABLE[[2, 0, 1]][:, [1, 2, 0]], ((0, 1), (1, 0)))
    same = ["chi2", "cramers_v", "cramers_v_corrected"]
    assert estimates(padded, draws=10)[same].tolist() == pytest.approx(estimates(TABLE, draws=10)[same].tolist())


def test_interval_holds_the_population_value_as_often_as_it_says():
    # population: 3 x 3 with V = 0.3 by construction of the joint shares
    joint = np.full((3, 3), 1 / 9) + 0.3 / 9 * (3 * np.eye(3) - 1)
    rng = np.random.default_rng(11)
    held = 0
    for _ in range(1000):
        table = rng.multinomial(200, joint.ravel()).reshape(3, 3)
        lower, upper = cramers_v_interval(chi_square(table), 200, 3, 3)
        held += lower <= 0.3 <= upper
    # 1000 intervals of 95%: three standard errors are 2 points
    assert held / 1000 == pytest.approx(0.95, abs=0.021)


def test_small_expected_counts_are_said():
    # margins 24 30 19 and 45 19 9 of 73: 24*9, 30*9, 19*9 and 19*19 are below 5*73
    noted = contingency_association(TABLE, draws=10).set_index("statistic")["note"]
    assert (
        noted["cramers_v_corrected"] == "4 of 9 expected counts below 5: approximate interval" and noted["chi2"] == ""
    )


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ([[3, 0], [4, 0]], "only one column"),
        ([[3, 4], [0, 0]], "only one row"),
        ([[0, 0], [0, 0]], "no counts"),
    ],
)
def test_what_is_undefined_says_why(table, reason):
    frame = contingency_association(table, draws=10)
    assert frame["estimate"].isna().all() and frame["note"].str.contains(reason).all()


@pytest.mark.parametrize(
    ("table", "options", "message"),
    [
        ([[1, -1], [2, 2]], {}, "whole numbers"),
        ([[1, 0.5], [2, 2]], {}, "whole numbers"),
        ([[1, 2], [2, 2]], {"draws": 0}, "at least one draw"),
        ([[1, 2], [2, 2]], {"level": 95}, "level"),
    ],
)
def test_bad_arguments_are_refused(table, options, message):
    with pytest.raises(ValueError, match=message):
        contingency_association(table, **options)


def test_hellinger_similarity_by_definition_and_at_its_ends():
    p, q = np.array([9, 7, 8]) / 24, np.array([10, 6, 14]) / 30
    distance = sum((a**0.5 - b**0.5) ** 2 for a, b in zip(p, q, strict=True)) ** 0.5 / 2**0.5
    assert hellinger_similarity([9, 7, 8], [10, 6, 14]) == pytest.approx(1 - distance, rel=1e-12)
    assert hellinger_similarity([9, 7, 8], [18, 14, 16]) == pytest.approx(1)
    assert hellinger_similarity([4, 0], [0, 3]) == pytest.approx(0)
    # shares (1, 0) and (1/2, 1/2): squared distance = 1 - sqrt(1/2)
    assert hellinger_similarity([2, 0], [1, 1]) == pytest.approx(1 - np.sqrt(1 - np.sqrt(0.5)))


def test_short_forms_are_less_alike_by_chance():
    short = similarity_if_alike([5, 5, 5], [5, 5, 5], draws=500, seed=1)
    long = similarity_if_alike([500, 500, 500], [500, 500, 500], draws=500, seed=1)
    assert short.shape == (500,) and short.mean() < 0.9 < 0.95 < long.mean() <= 1


def test_frame_has_the_tidy_columns():
    wanted = ["statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
    assert (
        isinstance(contingency_association(TABLE, draws=1), pd.DataFrame)
        and list(contingency_association(TABLE, draws=1)) == wanted
    )
