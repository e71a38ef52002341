"""Agreement of raters: orders that must not matter, and the reason where the design cannot tell."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.variance.raters import rater_agreement


def ratings(n=25, raters=3, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.normal(size=(n, 1)) + [0, 0.5, -0.4, 0.1][:raters] + 0.6 * rng.normal(size=(n, raters)))


def incomplete():
    frame = ratings(raters=4)
    return frame.mask((np.add.outer(np.arange(25), np.arange(4)) % 3) == 0)


@pytest.mark.parametrize("table", [ratings(), incomplete()], ids=["complete", "incomplete"])
def test_order_of_clients_and_raters_and_the_scale_do_not_matter(table):
    one = rater_agreement(table, draws=300)
    two = rater_agreement(10 * table.iloc[::-1, ::-1] + 3, draws=300)
    np.testing.assert_allclose(two["estimate"], one["estimate"], atol=1e-6)
    exact = one["statistic"].isin(["icc_1", "icc_c1", "icc_1k", "icc_ck"])
    np.testing.assert_allclose(two.loc[exact, ["lower", "upper"]], one.loc[exact, ["lower", "upper"]], atol=1e-6)
    assert ((one["lower"] < one["estimate"]) & (one["estimate"] < one["upper"])).all()


def test_the_mean_rating_of_an_incomplete_design():
    table = incomplete()
    rows = rater_agreement(table, draws=100).set_index("statistic")
    k = 25 / (1 / table.notna().sum(axis=1)).sum()
    for single, mean in (("icc_1", "icc_1k"), ("icc_a1", "icc_ak"), ("icc_c1", "icc_ck")):
        r = rows.loc[single, ["estimate", "lower", "upper"]].to_numpy(dtype=float)
        np.testing.assert_allclose(
            rows.loc[mean, ["estimate", "lower", "upper"]].to_numpy(dtype=float), k * r / (1 + (k - 1) * r)
        )
    assert rows["method"].str.contains("harmonic mean").all()


def test_a_constant_difference_between_raters_spares_consistency():
    table = ratings(raters=2)
    apart = table.assign(**{"1": table[1] + 5})[[0, "1"]]
    one, two = (rater_agreement(frame).set_index("statistic")["estimate"] for frame in (table, apart))
    assert two["icc_c1"] == pytest.approx(one["icc_c1"]) and two["icc_a1"] < one["icc_a1"]


def test_raters_of_their_own_for_every_client():
    table = pd.DataFrame(np.full((6, 12), np.nan))
    for client, pair in enumerate(np.random.default_rng(0).normal(size=(6, 2)) + np.arange(6)[:, None]):
        table.iloc[client, 2 * client : 2 * client + 2] = pair
    rows = rater_agreement(table).set_index("statistic")
    assert np.isfinite(rows.loc[["icc_1", "icc_1k"], "estimate"]).all()
    left = rows.loc[["icc_a1", "icc_c1", "icc_ak", "icc_ck"]]
    assert left["estimate"].isna().all() and left["note"].str.contains("overlap too little").all()


@pytest.mark.parametrize(
    "table, reason",
    [
        (ratings()[[0]], "fewer than two raters"),
        (ratings().iloc[:2], "fewer than three clients were rated"),
        (pd.DataFrame({"a": [1, 2, np.nan, np.nan], "b": [np.nan, np.nan, 3, 4]}), "no client was rated by two raters"),
        (ratings() * 0, "the ratings do not vary"),
        (pd.DataFrame(columns=["a", "b"], dtype=float), "fewer than two raters"),
    ],
)
def test_reasons(table, reason):
    rows = rater_agreement(table)
    assert len(rows) == 6 and rows["estimate"].isna().all() and (rows["note"] == reason).all()


def test_raters_who_agree_perfectly():
    table = pd.DataFrame({"a": [1.0, 2, 4, 5], "b": [1.0, 2, 4, 5]})
    rows = rater_agreement(table)
    np.testing.assert_allclose(rows[["estimate", "lower", "upper"]], 1.0)


def test_raters_who_differ_by_a_constant_in_an_incomplete_design():
    table = pd.DataFrame({"a": [1.0, 2, 4, 5, np.nan], "b": [2.0, 3, 5, np.nan, 4], "c": [3.0, np.nan, 6, 7, 5]})
    rows = rater_agreement(table).set_index("statistic")
    assert (rows.loc[["icc_a1", "icc_c1"], "note"] == "there is no residual beside clients and raters").all()
    assert np.isfinite(rows.loc["icc_1", "estimate"])


def test_icc_1_says_that_it_is_not_for_raters_of_several_clients():
    scores = pd.DataFrame(np.random.default_rng(2).normal(size=(20, 3)), columns=list("abc"))
    notes = rater_agreement(scores).set_index("statistic")["note"]
    assert notes[["icc_1", "icc_1k"]].str.contains("see ICC").all() and notes[["icc_a1", "icc_c1"]].eq("").all()
