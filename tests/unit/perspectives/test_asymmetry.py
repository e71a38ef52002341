"""What tells two perspectives apart, where the answer is planted."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.perspectives.asymmetry import asymmetry_by_content, item_asymmetry, item_measures, phase_asymmetry


def planted(n=400, inferring=0.6, seed=1):
    """Eight items; on the first four the second rates lower by `inferring`."""
    rng = np.random.default_rng(seed)
    general = rng.normal(size=(n, 1))
    names = [f"wai_s_{number:02d}" for number in range(1, 9)]
    first = 5 + general + rng.normal(size=(n, 8))
    second = 5 + general - np.where(np.arange(8) < 4, inferring, 0) + rng.normal(size=(n, 8))
    return pd.DataFrame(first, columns=names), pd.DataFrame(second, columns=names)


def test_gaps_and_their_spread():
    first, second = planted()
    rows = item_asymmetry(first, second).set_index(["statistic", "item"])
    gap = rows.loc["item_gap"]
    assert gap["estimate"].tolist() == pytest.approx((first - second).mean().tolist())
    assert (gap["lower"].iloc[:4] > 0).all()
    mean, spread = rows.loc["mean_item_gap"].iloc[0], rows.loc["item_gap_spread"].iloc[0]
    assert mean["estimate"] == pytest.approx(gap["estimate"].mean())
    # planted: four gaps of .6 and four of 0, whose SD is .32; the SD of its estimate is about .03
    assert spread["estimate"] == pytest.approx(0.32, abs=0.1)
    assert spread["lower"] > 0.1


def test_equal_gaps_have_no_spread():
    first, second = planted(inferring=0)
    spread = item_asymmetry(first, second).set_index("statistic").loc["item_gap_spread"]
    assert spread["estimate"] < 0.08
    assert spread["lower"] == 0


def test_weights_count_as_rows_that_stand_there_twice():
    first, second = (frame.iloc[:30].to_numpy() for frame in planted())
    first = np.where(np.random.default_rng(0).random(first.shape) < 0.1, np.nan, first)
    weights = np.random.default_rng(3).integers(0, 3, size=(1, 30))
    twice = np.repeat(np.arange(30), weights[0])
    one = item_measures(first, second, weights)
    other = item_measures(first[twice], second[twice], np.ones((1, len(twice))))
    for name in ("gap", "sd_ratio", "r", "rest_gap"):
        assert getattr(one, name) == pytest.approx(getattr(other, name)), name


def test_an_answer_that_does_not_vary_says_so():
    first, second = planted(n=40)
    rows = item_asymmetry(first.assign(wai_s_01=7.0), second)
    lost = rows[(rows["item"] == "wai_s_01") & rows["estimate"].isna()]
    assert set(lost["statistic"]) == {"item_sd_ratio", "item_r", "item_rest_gap"}
    assert lost["note"].eq("an answer does not vary").all()


def test_items_that_ask_for_an_inference_differ_more():
    first, second = planted()
    codes = pd.DataFrame({"form": "wai_s", "item": range(1, 9), "coder": "A"})
    codes["voice"] = ["inference about other"] * 4 + ["first person"] * 4
    rows = asymmetry_by_content(codes, first, second, draws=200)
    row = rows[(rows["statistic"] == "difference_item_gap") & (rows["category"] == "inference about other")].iloc[0]
    assert row["estimate"] == pytest.approx(
        (first - second).mean().iloc[:4].mean() - (first - second).mean()[4:].mean()
    )
    assert 0 < row["lower"] < 0.6 < row["upper"]


def test_content_takes_four_items():
    first, second = planted()
    with pytest.raises(ValueError, match="2 items were rated from both perspectives"):
        asymmetry_by_content(pd.DataFrame(), first.iloc[:, :2], second.iloc[:, :2])


def test_only_dyads_with_all_four_ratings_count():
    rng = np.random.default_rng(2)
    early, late = (pd.DataFrame(rng.normal(5, 1, size=(20, 2)), columns=["first", "second"]) for _ in range(2))
    early.iloc[:5, 0] = 100.0
    late.iloc[:5, 1] = np.nan
    rows = phase_asymmetry(early, late).set_index(["statistic", "phase"])
    assert set(rows["n"]) == {15}
    assert rows.loc[("phase_gap", "early"), "estimate"] == pytest.approx(
        (early["first"] - early["second"]).iloc[5:].mean()
    )


def test_asymmetry_that_eases():
    rng = np.random.default_rng(4)
    client, noise = rng.normal(5, 1, size=(300, 1)), rng.normal(size=(300, 2))
    early = pd.DataFrame(np.hstack([client, client - 0.8]) + 0.9 * noise, columns=["first", "second"])
    late = pd.DataFrame(np.hstack([client, client - 0.2]) + 0.3 * noise[::-1], columns=["first", "second"])
    rows = phase_asymmetry(early, late, possible=(-3, 13)).set_index(["phase", "statistic"]).loc["late against early"]
    assert (rows.loc[["phase_gap_size", "phase_distance"], "upper"] < 0).all()
    assert rows.loc["phase_r", "lower"] > 0


def test_nobody_stayed():
    early = pd.DataFrame({"first": [1.0, 2, 3, 4], "second": [2.0, 2, 2, 1]})
    rows = phase_asymmetry(early, early * np.nan)
    assert rows["note"].tolist() == ["fewer than three dyads have both ratings early and late (0)"]


@pytest.mark.parametrize(
    ("items", "units", "reason"),
    [(1, None, "needs two items with a gap: there is 1"), (8, np.zeros(400), "fewer than three units")],
)
def test_a_spread_that_cannot_be_told_says_why(items, units, reason):
    first, second = (frame.iloc[:, :items] for frame in planted())
    rows = item_asymmetry(first, second, units=units)
    spread = rows[rows["statistic"] == "item_gap_spread"].iloc[0]
    assert np.isnan(spread["estimate"]) and spread["note"] == reason
