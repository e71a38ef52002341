"""Guttman's bounds, split halves, ordinal alpha, item statistics and covariances of incomplete answers agree with R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.items.category_use import category_use
from psychometrics.reliability.guttman import lambda_2, lambda_6
from psychometrics.reliability.scale_reliability import reliability_coefficients
from psychometrics.reliability.split_half import split_half_reliabilities, split_reliability

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "reliability" / "coefficients.json").read_text())
QUANTILES = ["split_half_percentile_2_5", "split_half_median", "split_half_percentile_97_5"]


def answers(name):
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def whole(rows):
    return rows[rows["item"] == ""].set_index("statistic").estimate


@pytest.mark.parametrize("name", GOLDEN["raw"])
def test_bounds_of_complete_answers(name):
    golden = GOLDEN["raw"][name]
    found = reliability_coefficients(answers(name), draws=0, missing="listwise")
    scale = whole(found)
    # closed forms: rounding only
    assert scale["guttman_lambda_2"] == pytest.approx(golden["covariances"]["lambda2"], abs=1e-10)
    assert scale["guttman_lambda_6"] == pytest.approx(golden["covariances"]["lambda6"], abs=1e-10)
    assert scale["sem"] == pytest.approx(golden["sem"], abs=1e-10)
    correlation = answers(name).dropna().corr().to_numpy()
    for statistic, value in (
        ("guttman_lambda2", lambda_2(correlation)),
        ("guttman_lambda6", lambda_6(correlation)),
        ("alpha_g6", lambda_6(correlation)),
    ):
        assert value == pytest.approx(golden[statistic], abs=1e-10)
    # both searches for a polychoric correlation stop at about 1e-5
    assert scale["alpha_ordinal"] == pytest.approx(golden["alpha_ordinal"], abs=1e-5)
    # R's optimiser stops about 1e-6 short of the loadings
    dropped = found.estimate[found.statistic == "omega_if_dropped"]
    np.testing.assert_allclose(dropped, golden["omega_if_dropped"], atol=1e-6)


@pytest.mark.parametrize("name", ["likert5", "binary", "unequal"])
def test_all_splits(name):
    golden = GOLDEN["raw"][name]["covariances"]
    scale = whole(reliability_coefficients(answers(name), draws=0))
    assert scale["guttman_lambda_4"] == pytest.approx(golden["maximum"], abs=1e-10)
    assert scale["split_half_minimum"] == pytest.approx(golden["minimum"], abs=1e-10)
    assert scale["split_half_mean"] == pytest.approx(golden["mean"], abs=1e-10)
    np.testing.assert_allclose(scale[QUANTILES], golden["quantiles"], atol=1e-10)
    standardized = split_half_reliabilities(answers(name).corr().to_numpy())
    assert standardized.greatest == pytest.approx(GOLDEN["raw"][name]["correlations"]["maximum"], abs=1e-10)


@pytest.mark.parametrize("name", ["likert5", "binary"])
def test_splits_of_psych_where_the_number_of_items_is_even(name):
    golden = GOLDEN["raw"][name]["covariances"]
    splits = split_half_reliabilities(answers(name).cov().to_numpy())
    assert splits.greatest == pytest.approx(golden["psych_maximum"], abs=1e-10)
    assert splits.coefficients.mean() == pytest.approx(golden["psych_mean"], abs=1e-10)


def test_psych_leaves_out_splits_where_the_number_of_items_is_odd():
    # nine items: 126 splits, of which psych 2.2.9 tries 63; ours are all, so the extremes are at least as far out
    golden = GOLDEN["raw"]["unequal"]["covariances"]
    splits = split_half_reliabilities(answers("unequal").cov().to_numpy())
    assert len(splits.coefficients) == 126
    assert splits.greatest >= golden["psych_maximum"] - 1e-12
    assert splits.coefficients.min() <= golden["psych_minimum"] + 1e-12
    assert abs(splits.coefficients.mean() - golden["psych_mean"]) > 1e-4


def test_the_greatest_of_many_splits_is_above_the_sample_of_psych():
    covariance = answers("likert7_missing").dropna().cov().to_numpy()
    splits = split_half_reliabilities(covariance)
    assert splits.all_splits and len(splits.coefficients) == 24310
    assert splits.greatest >= GOLDEN["raw"]["likert7_missing"]["covariances"]["psych_maximum"] - 1e-12
    assert split_reliability(covariance, splits.split) == pytest.approx(splits.greatest, abs=1e-12)


def test_pairwise_covariances():
    golden = GOLDEN["pairwise"]
    found = reliability_coefficients(answers("likert7_missing"), draws=0)
    scale = whole(found)
    for statistic in ("alpha", "alpha_standardized", "mean_inter_item_r"):
        assert scale[statistic] == pytest.approx(golden[statistic], abs=1e-10)
    for statistic in ("item_rest_r", "alpha_if_dropped"):
        np.testing.assert_allclose(found.estimate[found.statistic == statistic], golden[statistic], atol=1e-10)
    assert found.n[0] == int(golden["harmonic_n"])
    # lavaan's searches stop at about 1e-5
    assert scale["alpha_ordinal"] == pytest.approx(golden["alpha_ordinal"], abs=1e-5)


def test_em_covariances():
    alpha = whole(reliability_coefficients(answers("likert7_missing"), draws=0, missing="em"))["alpha"]
    # psych::corFiml maximises the likelihood by nlminb, which stops at about 1e-6 of the covariances
    assert alpha == pytest.approx(GOLDEN["pairwise"]["alpha_em"], abs=1e-5)


def test_response_frequencies():
    found = category_use(answers("likert7_missing"), 1, 7)
    shares = found["estimate"].to_numpy().reshape(18, 7)
    np.testing.assert_allclose(shares, GOLDEN["pairwise"]["response_frequencies"], atol=1e-12)
