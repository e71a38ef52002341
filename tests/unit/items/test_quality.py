"""Quality: counts by hand, and wrong keys that must be seen."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.items.quality import answer_quality, audit_signs, audit_signs_from_matrix
from psychometrics.items.scoring import reverse_key


def form(rows, statistic):
    return rows[(rows["item"] == "") & (rows.statistic == statistic)].iloc[0]


def item(rows, name, statistic):
    return rows[(rows["item"] == name) & (rows.statistic == statistic)].iloc[0]


@pytest.fixture
def small():
    return pd.DataFrame(
        [[1, 5, 3, 3]] * 3 + [[4, 4, 4, 4]] * 2 + [[2, np.nan, 2, 2], [5, 1, np.nan, np.nan]],
        columns=["i01", "i02", "i03", "i04"],
    )


def test_form_by_hand(small):
    rows = answer_quality(small, low=1, high=5, reverse=["i02"])
    assert form(rows, "n").estimate == 7
    assert form(rows, "complete_share").estimate == pytest.approx(5 / 7)
    assert form(rows, "missing_answers_mean").estimate == pytest.approx(3 / 7)
    few = form(rows, "missing_answers_fifth_highest")
    assert np.isnan(few.estimate) and few.note == "fewer than 10 administrations"
    assert form(rows, "duplicate_answer_rows").estimate == 2  # the two constant rows are not counted
    assert form(rows, "straight_lining_share").estimate == pytest.approx(2 / 5)
    assert np.isnan(form(rows, "longest_run_share_fifth_highest").estimate)
    assert form(rows, "longest_run_share_mean").estimate == pytest.approx((2 + 2 + 2 + 4 + 4 + 2 + 1) / 4 / 7)


def test_items_by_hand(small):
    rows = answer_quality(small, low=1, high=5, reverse=["i02"])
    assert item(rows, "i02", "missing_share").estimate == pytest.approx(1 / 7)
    assert item(rows, "i01", "floor_share").estimate == pytest.approx(3 / 7)
    assert item(rows, "i02", "ceiling_share").estimate == pytest.approx(3 / 6)
    assert item(rows, "i01", "categories_used").estimate == 4
    assert item(rows, "i01", "mean").estimate == pytest.approx(18 / 7)
    assert item(rows, "i01", "sd").estimate == pytest.approx(small["i01"].std())


def test_no_item_shows_an_answer_that_fewer_than_five_gave(small):
    rows = answer_quality(small, low=1, high=5, reverse=["i02"])
    few = item(rows, "i04", "fifth_highest")
    assert np.isnan(few.estimate) and few.note == "fewer than 10 answers"
    rows = answer_quality(pd.concat([small, small], ignore_index=True), low=1, high=5, reverse=["i02"])
    # i04 twice: 2 2 3 3 3 3 3 3 4 4 4 4; i01 twice: 1 1 1 1 1 1 2 2 4 4 4 4 5 5
    assert [item(rows, "i04", f"fifth_{end}").estimate for end in ("lowest", "highest")] == [3, 3]
    assert [item(rows, "i01", f"fifth_{end}").estimate for end in ("lowest", "highest")] == [1, 4]
    assert not {"minimum", "maximum"} & set(rows["statistic"])
    # of the 14 rows: 0 missing answers ten times, then 1 1 2 2; longest runs of 1, 1, 2 (eight times), 4, 4, 4, 4
    assert form(rows, "missing_answers_fifth_highest").estimate == 0
    assert form(rows, "longest_run_share_fifth_highest").estimate == 0.5
    four = answer_quality(small.head(4), low=1, high=5, reverse=["i02"])
    for statistic in ("mean", "sd", "floor_share", "ceiling_share", "fifth_lowest"):
        of_four = item(four, "i01", statistic)
        assert np.isnan(of_four.estimate) and of_four.note == "fewer than 5 answers"


def test_straight_lining_is_not_judged_without_reversed_items(small):
    row = form(answer_quality(small, low=1, high=5, reverse=[]), "straight_lining_share")
    assert np.isnan(row.estimate)
    assert "without reversed items" in row.note


def test_no_rows_and_no_ids_of_people(small):
    named = small.set_axis(pd.Index([f"client {i}" for i in range(7)], name="client"))
    rows = answer_quality(named, low=1, high=5, reverse=["i02"])
    assert "client" not in rows.columns
    assert not rows.astype(str).apply(lambda column: column.str.contains("client ")).to_numpy().any()


def test_an_empty_form_says_so(small):
    rows = answer_quality(small.iloc[:0], low=1, high=5, reverse=["i02"])
    assert (rows.note[rows.estimate.isna()] != "").all()


@pytest.fixture
def keyed():
    """Answers of 200 to twelve items of one source, all keyed the same way."""
    rng = np.random.default_rng(3)
    latent = rng.normal(size=(200, 1)) + rng.normal(size=(200, 12))
    return pd.DataFrame(np.clip(np.round(4 + latent), 1, 7), columns=[f"i{j:02d}" for j in range(1, 13)])


HALF = ["i02", "i04", "i06", "i08", "i10", "i12"]


@pytest.mark.parametrize("reverse", [["i02", "i04"], HALF, ["i01", *HALF, "i03"]])
def test_data_that_are_turned_already_are_found(keyed, reverse):
    rows = answer_quality(keyed, low=1, high=7, reverse=reverse)
    audit = form(rows, "sign_audit")
    assert audit.estimate == 1
    assert "declare reverse: []" in audit.note
    signs = rows[rows.statistic == "item_rest_r_keyed"].set_index("item")
    assert signs.note[reverse].str.contains("reversed already").all()
    assert (signs.note.drop(reverse) == "").all()


def test_a_right_key_raises_nothing(keyed):
    raw = reverse_key(keyed, HALF, 1, 7)
    rows = answer_quality(raw, low=1, high=7, reverse=HALF)
    assert form(rows, "sign_audit").estimate == 0
    assert (rows.note[rows.statistic.isin(["sign_audit", "item_rest_r_keyed"])] == "").all()


def test_an_item_the_key_forgot(keyed):
    raw = reverse_key(keyed, ["i05"], 1, 7)
    rows = answer_quality(raw, low=1, high=7, reverse=[])
    assert "although the key does not reverse it" in item(rows, "i05", "item_rest_r_keyed").note
    assert form(rows, "sign_audit").note == "the key reverses no item"


def test_matrix_agrees_with_standardized_answers(keyed):
    standard = (keyed - keyed.mean()) / keyed.std()
    standard[HALF] *= -1
    pd.testing.assert_frame_equal(
        audit_signs_from_matrix(standard.corr(), 200, reverse=HALF), audit_signs(standard, reverse=HALF)
    )


def test_missing_answers_take_the_mean_of_the_rest(keyed):
    # one answer missing in the rest of i01: the rest is then the mean of the other ten
    holed = keyed.copy()
    holed.loc[0, "i06"] = np.nan
    rest = holed.drop(columns="i01").mean(axis=1)
    found = item(audit_signs(holed, reverse=[]), "i01", "item_rest_r_keyed")
    assert found.estimate == pytest.approx(np.corrcoef(holed["i01"], rest)[0, 1], abs=1e-12)
    assert found.n == 200


@pytest.mark.parametrize(("r", "seen"), [(0.1, False), (-0.1, False), (-0.19, False), (-0.21, True), (-0.5, True)])
def test_an_item_runs_against_the_others_only_where_its_whole_interval_does(r, seen):
    # two rest items that are one: r of their sum is r. Of 100 people its limit is 0 at tanh(1.96 / sqrt(97)) = .1965
    matrix = pd.DataFrame(np.eye(3), list("abc"), list("abc"))
    matrix.loc["a", "b"] = matrix.loc["b", "a"] = 1.0
    matrix.loc["c", ["a", "b"]] = matrix.loc[["a", "b"], "c"] = r
    rows = audit_signs_from_matrix(matrix, 100, reverse=["c"])
    found = item(rows, "c", "item_rest_r_keyed")
    assert found.estimate == pytest.approx(r, abs=1e-12)
    assert ("looks reversed already" in found.note) == seen
    assert form(rows, "sign_audit").estimate == seen
    plain = audit_signs_from_matrix(matrix, 100, reverse=[])
    assert ("although the key does not reverse it" in item(plain, "c", "item_rest_r_keyed").note) == seen
