"""A table of wanted loadings becomes the target of a rotation, or one sentence says why not."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.solution import fit_solution
from psychometrics.factors.target import target_from_table

ITEMS = ["wai_s_01", "wai_s_02", "haq2_01", "haq2_02"]


@pytest.fixture
def table():
    return pd.DataFrame({"item": ITEMS, "bond": [0.7, None, 0, 0], "helping": [0, 0, None, None]})


def test_rows_follow_the_items_of_the_analysis(table):
    wanted = [[0.7, 0], [np.nan, 0], [0, np.nan], [0, np.nan]]
    np.testing.assert_array_equal(target_from_table(table, ITEMS), wanted)
    np.testing.assert_array_equal(target_from_table(table.iloc[::-1], ITEMS), wanted)
    np.testing.assert_array_equal(target_from_table(table.set_index("item"), ITEMS[::-1]), wanted[::-1])


def test_blanks_in_text_are_free(table):
    text = table.astype(str).replace("nan", " ")
    np.testing.assert_array_equal(target_from_table(text, ITEMS), target_from_table(table, ITEMS))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda t: t.iloc[:3], "no row for item haq2_02"),
        (lambda t: t.replace("haq2_01", "haq2_19"), "a row for haq2_19, which is not an item of the analysis"),
        (lambda t: t.replace("haq2_01", "wai_s_01"), "two rows for item wai_s_01"),
        (lambda t: t.astype(object).replace(0.7, "high"), "the target of item wai_s_01 on bond is not a number: high"),
        (lambda t: t.replace(0.7, 7), "the target of item wai_s_01 on bond lies outside -1 to 1: 7"),
        (lambda t: t.replace(0.7, -1.2), "the target of item wai_s_01 on bond lies outside -1 to 1: -1.2"),
        (lambda t: t[["item"]], "no factor"),
        (lambda t: t.set_axis(["item", "bond", "bond"], axis=1), "two columns named bond"),
    ],
)
def test_mistakes_are_named(table, change, reason):
    with pytest.raises(ValueError, match=reason):
        target_from_table(change(table), ITEMS)


def test_factors_stay_in_the_order_and_direction_of_the_target():
    pattern = np.zeros((8, 2))
    pattern[:5, 0], pattern[5:, 1] = 0.7, 0.6
    common = pattern @ np.array([[1, 0.3], [0.3, 1]]) @ pattern.T
    items = [f"i{j + 1:02d}" for j in range(8)]
    matrix = pd.DataFrame(common + np.diag(1 - np.diag(common)), index=items, columns=items)
    table = pd.DataFrame({"weak": [0.0] * 5 + [-0.5, np.nan, np.nan], "strong": [np.nan] * 5 + [0.0] * 3}, index=items)
    target = target_from_table(table, items)
    solution = fit_solution(matrix, 100, 2, rotation="target_q", target=target)
    # the target of -.5 for a loading of -.6 pulls the solution a little
    np.testing.assert_allclose(solution.pattern["F1"], [0.0] * 5 + [-0.6] * 3, atol=0.05)
    np.testing.assert_allclose(solution.pattern["F2"], [0.7] * 5 + [0.0] * 3, atol=0.05)
    assert solution.phi.loc["F1", "F2"] == pytest.approx(-0.3, abs=0.05)
