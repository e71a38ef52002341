"""By hand, and where there is nothing to compute."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.perspectives.level import FEW, level_and_agreement, levels_of_difference
from psychometrics.variance.raters import rater_agreement
from psychometrics.variance.two_ratings import TwoRatings

CLIENT, THERAPIST = [5.0, 6.0, 4.0, 7.0], [4.0, 6.0, 3.0, 5.0]


def found(*ratings, **how) -> pd.DataFrame:
    return level_and_agreement(*ratings, **how).drop_duplicates("statistic").set_index("statistic")


def test_four_dyads_by_hand():
    """Differences 1, 0, 1, 2; variances 5/3 and 5/3, covariance 4/3."""
    rows = found(CLIENT, THERAPIST)["estimate"]
    assert rows["mean_difference"] == pytest.approx(1)
    assert rows["d_pooled"] == pytest.approx(1 / np.sqrt(5 / 3))
    assert rows["d_difference"] == pytest.approx(1 / np.sqrt(2 / 3))
    assert rows["sd_ratio"] == pytest.approx(1)
    assert rows["r_pearson"] == rows["icc_c1"] == pytest.approx(0.8)
    # Lin with divisor n: 2 * 1 / (5/4 + 5/4 + 1)
    assert rows["concordance"] == pytest.approx(2 / 3.5)
    assert rows["agreement_limit_upper"] == pytest.approx(1 + 1.959964 * np.sqrt(2 / 3), rel=1e-6)


def test_intraclass_correlations_are_those_of_raters():
    rng = np.random.default_rng(3)
    ratings = pd.DataFrame(rng.normal(5, 1, (40, 1)) + rng.normal([0, 0.5], 0.7, (40, 2)))
    wanted = rater_agreement(ratings).set_index("statistic")["estimate"]
    rows = found(ratings[0], ratings[1])["estimate"]
    # two ways to sum the same squares
    assert rows[["icc_a1", "icc_c1"]].to_numpy() == pytest.approx(wanted[["icc_a1", "icc_c1"]].to_numpy(), rel=1e-12)


def test_a_linear_change_of_both_ratings_changes_nothing_but_points():
    one, two = found(CLIENT, THERAPIST), found(*(100 * (np.array(x) - 1) / 6 for x in (CLIENT, THERAPIST)))
    same = ["d_pooled", "d_difference", "sd_ratio", "r_pearson", "icc_a1", "icc_c1", "concordance"]
    assert one.loc[same, "estimate"].to_numpy() == pytest.approx(two.loc[same, "estimate"].to_numpy(), rel=1e-12)
    assert two.loc["mean_difference", "estimate"] == pytest.approx(100 / 6)


def test_therapists_with_many_clients_do_not_hide_the_others():
    """One therapist with twelve clients and a difference of 0, eight with two clients and 1: 16/28 against 8/9."""
    units = np.repeat(np.arange(9), [12] + [2] * 8)
    noise = np.tile([-0.1, 0.1], 14)
    difference = np.where(units == 0, 0.0, 1.0) + noise
    rows = found(5 + difference, np.full(28, 5.0), units=units)["estimate"]
    assert rows["mean_difference"] == pytest.approx(16 / 28)
    assert rows["mean_difference_of_therapists"] == pytest.approx(8 / 9)
    assert "mean_difference_of_therapists" not in found(5 + difference, np.full(28, 5.0)).index


def test_limits_of_means_are_possible_answers():
    rows = level_and_agreement([7, 7, 6.5, 7, 3], [7, 5, 7, 6, 7], possible=(1, 7))
    assert rows.loc[rows["statistic"] == "paired_mean", "upper"].max() == 7


@pytest.mark.parametrize(
    ("client", "therapist", "statistic", "note"),
    [
        ([1, 2], [1, 2], "mean_difference", FEW),
        ([1, 2, np.nan], [1, 2, 3], "icc_a1", FEW),
        ([], [], "d_pooled", FEW),
        ([0.1] * 9, [1, 2, 3] * 3, "r_pearson", "a rating does not vary"),
        ([0.1] * 9, [0.3] * 9, "d_pooled", "neither rating varies"),
        ([0.1, 0.2, 0.4] * 3, [0.2, 0.3, 0.5] * 3, "d_difference", "both ratings of every dyad differ alike"),
    ],
)
def test_what_cannot_be_computed_says_why(client, therapist, statistic, note):
    row = found(client, therapist).loc[statistic]
    assert np.isnan(row["estimate"])
    assert row["note"] == note


def test_no_limits_without_an_estimate():
    for spoilt in ([0.1] * 9, [0.1, 0.2, 0.4] * 3):
        rows = level_and_agreement(spoilt, [0.3] * 9)
        assert rows.loc[rows["estimate"].isna(), ["lower", "upper"]].isna().all(axis=None)
        assert rows.loc[rows["lower"].isna(), "note"].ne("").all()


def test_where_the_differences_lie():
    rows = levels_of_difference([1.0, 2, 3, 4, 5, 7], list("abcdef"), list("xxyyzz"), sessions=False)
    assert set(rows["statistic"]) == {
        "difference_icc_therapist",
        "difference_variance_therapist",
        "difference_variance_client",
    }


@pytest.mark.filterwarnings("error")
def test_one_therapist_of_all_leaves_nobody_when_left_out():
    rows = level_and_agreement(CLIENT, THERAPIST, units=["t"] * 4)
    assert rows["estimate"].notna().all()
    assert rows["note"].eq("fewer than three units: no jackknife interval").all()


def test_moments_count_people_as_often_as_they_were_drawn():
    values = np.array([[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]])
    drawn = TwoRatings.of(values, np.array([[2, 0, 1]]))
    same = TwoRatings.of(values[[0, 0, 2]], np.ones((1, 3)))
    for one, two in zip(drawn, same, strict=True):
        assert one == pytest.approx(two)
