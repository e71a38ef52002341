"""Scoring: worked by hand, the minimum share, and moments of composites against the scores themselves."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.items.scoring import composite_moments, describe_scores, reverse_key, score_scales


@pytest.fixture
def answers():
    frame = pd.DataFrame(
        {"i01": [1, 7, 4, pd.NA], "i02": [2, 6, pd.NA, pd.NA], "i03": [7, 1, 4, pd.NA], "i04": [3, 5, 4, 2]},
        index=pd.MultiIndex.from_tuples([("a", 1), ("b", 1), ("c", 1), ("d", 2)], names=["client", "session"]),
    )
    return frame.astype("Int64")


def test_reversing_turns_the_named_items_only(answers):
    keyed = reverse_key(answers, ["i03"], 1, 7)
    assert keyed["i03"].tolist()[:3] == [1, 7, 4]
    assert keyed["i03"].isna().tolist() == [False, False, False, True]
    pd.testing.assert_frame_equal(keyed.drop(columns="i03"), answers.drop(columns="i03"))
    pd.testing.assert_frame_equal(reverse_key(keyed, ["i03"], 1, 7), answers)


def test_scores_by_hand(answers):
    scores = score_scales(answers, {"all": ["i01", "i02", "i03", "i04"]}, low=1, high=7, minimum_share=0.75)
    assert scores.columns.tolist() == ["client", "session", "scale", "n_items", "n_answered", "mean", "total", "pomp"]
    assert scores.client.tolist() == ["a", "b", "c", "d"]
    assert scores.n_answered.tolist() == [4, 4, 3, 1]
    np.testing.assert_allclose(scores["mean"], [13 / 4, 19 / 4, 4, np.nan])
    np.testing.assert_allclose(scores["total"], [13, 19, 16, np.nan])  # the third is 4 x the mean of three answers
    np.testing.assert_allclose(scores["pomp"], [37.5, 62.5, 50, np.nan])


def test_totals_of_complete_answers_only(answers):
    scores = score_scales(answers, {"all": list(answers)}, low=1, high=7, minimum_share=0.5, total_rule="complete")
    np.testing.assert_allclose(scores["total"], [13, 19, np.nan, np.nan])
    np.testing.assert_allclose(scores["mean"], [13 / 4, 19 / 4, 4, np.nan])


def test_minimum_share_is_met_exactly():
    five = pd.DataFrame([[1, 2, 3, 4, np.nan], [1, 2, 3, np.nan, np.nan]], columns=list("abcde"))
    scores = score_scales(five, {"s": list("abcde")}, low=1, high=5, minimum_share=0.8)
    np.testing.assert_allclose(scores["mean"], [2.5, np.nan])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"scales": {"s": ["i09"]}}, "lists i09"),
        ({"scales": {"s": []}}, "lists no item"),
        ({"low": 7, "high": 1}, "not below"),
        ({"minimum_share": 0}, "minimum_share"),
        ({"total_rule": "sum"}, "total_rule"),
    ],
)
def test_bad_arguments(answers, change, reason):
    arguments = {"scales": {"s": ["i01"]}, "low": 1, "high": 7} | change
    with pytest.raises(ValueError, match=reason):
        score_scales(answers, **arguments)


def test_reversing_an_unknown_item(answers):
    with pytest.raises(ValueError, match="i12"):
        reverse_key(answers, ["i12"], 1, 7)


def test_description_by_hand():
    scores = pd.DataFrame({"scale": ["s"] * 6 + ["t"] * 4, "mean": [1, 2, 3, 10, 4, np.nan, 2.0, 3, 4, 5]})
    rows = describe_scores(scores, ["scale"]).set_index(["scale", "statistic"])
    assert rows.estimate["s", "mean"] == 4
    assert rows.n["s", "mean"] == 5
    assert rows.estimate["s", "sd"] == pytest.approx(np.sqrt(50 / 4))
    # deviations -3 -2 -1 6 0: m2 = 10, m3 = 36, G1 = sqrt(20) / 3 x 36 / 10^1.5
    assert rows.estimate["s", "skewness"] == pytest.approx(np.sqrt(20) / 3 * 36 / 10**1.5)
    assert rows.estimate["s", "skewness"] == pytest.approx(pd.Series([1, 2, 3, 10, 4]).skew())
    # t(.975, 4) = 2.776445
    assert rows.upper["s", "mean"] == pytest.approx(4 + 2.776445105 * np.sqrt(50 / 4) / np.sqrt(5), abs=1e-6)
    # of fewer than five people not even their number shows
    assert rows.loc["t", "estimate"].isna().all() and rows.loc["t", ["se", "lower", "upper"]].isna().all(axis=None)
    assert set(rows.loc["t", "note"]) == {"fewer than 5 people"} and rows.loc["t", "n"].isna().all()


def test_no_single_score_stands_at_an_end():
    scores = pd.DataFrame({"scale": ["s"] * 11 + ["t"] * 9, "mean": [*range(1, 12), *range(9)]})
    rows = describe_scores(scores, ["scale"]).set_index(["scale", "statistic"])
    assert (rows.estimate["s", "fifth_lowest"], rows.estimate["s", "fifth_highest"]) == (5, 7)
    assert np.isnan(rows.estimate["t", "fifth_lowest"]) and rows.note["t", "fifth_lowest"] == "fewer than 10 people"


def test_composite_moments_equal_those_of_the_scores():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(30, 1)) + rng.normal(size=(30, 6)) * np.arange(1, 7) + 3
    frame = pd.DataFrame(values, columns=list("abcdef"))
    scales = {"one": ["a", "b", "f"], "two": ["c", "d", "e"], "total": list("abcdef")}
    scores = pd.DataFrame({name: frame[items].mean(axis=1) for name, items in scales.items()})
    moments = composite_moments(frame.corr(), frame.mean(), frame.std(), scales)
    pd.testing.assert_series_equal(moments.mean, scores.mean())
    pd.testing.assert_series_equal(moments.sd, scores.std())
    pd.testing.assert_frame_equal(moments.correlation, scores.corr())
