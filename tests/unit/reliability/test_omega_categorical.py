"""Categorical omega: the formula as a loop, perfect cases, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import multivariate_normal, norm

from psychometrics.reliability.categorical_scores import score_covariances
from psychometrics.reliability.omega_categorical import categorical_omega
from psychometrics.resampling.bootstrap_intervals import TOO_WIDE

THRESHOLDS = np.array([[-1.0, 0.2, 1.1], [-0.5, 0.7, np.inf], [-1.5, -0.4, 0.8]])
STEPS = np.array([[1.0, 1, 1], [1, 1, 0], [1, 2, 1]])


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(2)
    latent = rng.normal(size=(200, 1)) * [0.8, 0.7, 0.6, 0.7, 0.5] + rng.normal(size=(200, 5)) * 0.7
    return pd.DataFrame(1 + np.searchsorted([-1.2, -0.5, 0.1, 0.9], latent), columns=list("abcde"))


def below(h, k, r):
    if np.isinf(h) or np.isinf(k):
        return norm.cdf(min(h, k))
    return norm.cdf(min(h, k)) if r == 1 else multivariate_normal.cdf([h, k], cov=[[1, r], [r, 1]])


@pytest.mark.parametrize("diagonal", [1.0, 0.5])
def test_covariances_by_definition(diagonal):
    correlations = np.array([[0, 0.6, 0.3], [0.6, 0, -0.4], [0.3, -0.4, 0]]) + diagonal * np.eye(3)
    total = 0.0
    for i in range(3):
        for j in range(3):
            for c, s in zip(THRESHOLDS[i], STEPS[i], strict=True):
                for d, t in zip(THRESHOLDS[j], STEPS[j], strict=True):
                    total += s * t * (below(c, d, correlations[i, j]) - norm.cdf(c) * norm.cdf(d))
    # scipy's bivariate normal probabilities are good to about 1e-8
    assert score_covariances(correlations, THRESHOLDS, STEPS) == pytest.approx(total, abs=1e-6)


def test_variances_are_those_of_the_scores():
    share = np.diff(np.concatenate([[0], norm.cdf(THRESHOLDS[2]), [1]]))
    score = np.array([0, 1, 3, 4])
    variance = share @ score**2 - (share @ score) ** 2
    assert score_covariances(np.ones((1, 1)), THRESHOLDS[2:], STEPS[2:]) == pytest.approx(variance)


def test_interval_and_order(answers):
    row = categorical_omega(answers)
    assert 0 < row["lower"] < row["estimate"] < row["upper"] < 1
    turned = categorical_omega(answers.iloc[::-1, ::-1])
    # DWLS in another order of the items stops elsewhere near the same minimum
    assert turned["estimate"] == pytest.approx(row["estimate"], abs=1e-7)
    assert "DWLS" in row["method"] and "polychoric" in row["method"]
    assert row["n"] == 200 and row["note"] == ""


def test_interval_by_definition(answers):
    """Four units, each left out: bias and standard error of the logit of omega, t (3), a twentieth longer."""
    units = np.arange(200) % 4
    row = categorical_omega(answers, units=units)
    left = [categorical_omega(answers[units != unit])["estimate"] for unit in range(4)]
    whole, values = logit(row["estimate"]), logit(np.array(left))
    bias = 3 * (values.mean() - whole)
    se = np.sqrt(3 / 4 * np.sum((values - values.mean()) ** 2))
    half = 1.05 * 3.182446305284263 * np.sqrt(se**2 + bias**2)
    limits = expit(whole - half), expit(whole + half)
    # the searches for the polychoric correlations and loadings start elsewhere
    assert (row["lower"], row["upper"]) == pytest.approx(limits, abs=1e-6)
    assert row["se"] == pytest.approx(np.sqrt(3 / 4 * np.sum((np.array(left) - np.mean(left)) ** 2)), abs=1e-6)


def test_values_are_scores(answers):
    omega = categorical_omega(answers)["estimate"]
    assert categorical_omega(10 * answers)["estimate"] == pytest.approx(omega, abs=1e-9)
    assert abs(categorical_omega(answers.replace(5, 9))["estimate"] - omega) > 1e-3


def test_missing_answers_are_told(answers):
    holes = answers.astype(float).mask(np.random.default_rng(1).random(answers.shape) < 0.05)
    row = categorical_omega(holes)
    assert "pairwise: n the harmonic mean" in row["method"] and row["n"] < 200
    assert categorical_omega(holes, missing="listwise")["n"] == holes.dropna().shape[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda x: x[["a"]], "one item"),
        (lambda x: x[["a", "b"]], "two items"),
        (lambda x: x.assign(b=3), "all answers are the same in: b"),
        (lambda x: x.iloc[:2], "fewer than 3 people"),
        (lambda x: x.assign(b=np.arange(200) % 50), "at most 20 categories"),
    ],
)
def test_what_cannot_be_computed_says_why(answers, change, reason):
    row = categorical_omega(change(answers))
    assert "estimate" not in row and reason in row["note"]


def test_few_units_have_no_interval(answers):
    row = categorical_omega(answers, units=np.arange(200) % 2)
    assert "lower" not in row and "fewer than three units" in row["note"]


def test_where_one_factor_makes_more_covariance_than_there_is_the_reason_stands_for_the_estimate():
    # nearly perfect doublets draw all the weight: what one factor makes of them is more than the answers have
    rng = np.random.default_rng(0)
    groups = rng.normal(size=(300, 3)) + 0.5 * rng.normal(size=(300, 1))
    latent = groups[:, [0, 0, 1, 1, 2, 2]] + 0.35 * rng.normal(size=(300, 6))
    row = categorical_omega(pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=list("abcdef")))
    assert "estimate" not in row and "lower" not in row
    assert row["note"].startswith("one factor does not fit these answers: it implies 1.")


def test_limits_stay_possible_with_few_people_and_a_ceiling():
    """On the scale of log(1 - omega) one of these samples had a lower limit of -5 and another of -20."""
    rng = np.random.default_rng(3)
    for _ in range(3):
        latent = 0.9 * rng.normal(size=(25, 1)) + 0.7 * rng.normal(size=(25, 10))
        row = categorical_omega(pd.DataFrame(np.searchsorted([-2.0, -1.0, 0.0], latent)).rename(columns="i{}".format))
        if "lower" in row:
            assert 0 <= row["lower"] <= row["estimate"] <= row["upper"] <= 1
            assert (TOO_WIDE in row["note"]) == (row["upper"] - row["lower"] > 0.5)
        else:
            assert row["note"]
