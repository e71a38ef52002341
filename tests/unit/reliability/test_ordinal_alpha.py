"""Ordinal alpha: the formula, its standard error against resamples, clusters, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.reliability.ordinal_alpha import ordinal_alpha


@pytest.fixture
def answers():
    rng = np.random.default_rng(7)
    latent = rng.normal(size=(200, 1)) + rng.normal(size=(200, 5))
    return pd.DataFrame(np.digitize(latent, [-1.5, -0.5, 0.5, 1.5]), columns=list("abcde"))


def alpha(matrix):
    k = len(matrix)
    return k / (k - 1) * (1 - k / matrix.to_numpy().sum())


def test_formula_and_standard_error(answers):
    row = ordinal_alpha(answers)
    correlator = Correlator(answers)
    assert row["estimate"] == pytest.approx(alpha(correlator().matrix), abs=1e-12)
    rng = np.random.default_rng(8)
    draws = [alpha(correlator(rng.multinomial(200, np.full(200, 1 / 200))).matrix) for _ in range(200)]
    # the standard deviation of 200 draws is itself known to 5%, and both leave out terms of order 1 / n
    assert row["se"] == pytest.approx(np.std(draws, ddof=1), rel=0.15)
    assert row["lower"] < row["estimate"] < row["upper"]


def test_standard_error_of_few_units_by_definition(answers):
    """Influences on the mean correlation times the slope of alpha, summed within five units, enlarged by 5 / 4."""
    units = np.arange(200) // 40
    correlator = Correlator(answers)
    r = correlator().matrix.to_numpy()[np.triu_indices(5, 1)].mean()
    slope = 5 / (1 + 4 * r) ** 2  # of 5 r / (1 + 4 r)
    influence = correlator.influence(expected=True).mean(axis=1) * slope
    sums = np.array([influence[units == unit].sum() for unit in range(5)])
    row = ordinal_alpha(answers, units=units)
    assert row["se"] == pytest.approx(np.sqrt(5 / 4 * np.sum((sums - sums.mean()) ** 2)) / 200)
    half = 2.7764451051977987 * row["se"] / (1 - row["estimate"] ** 2)  # qt(.975, 4)
    assert row["upper"] == pytest.approx(np.tanh(np.arctanh(row["estimate"]) + half))


def test_copies_of_people_are_one_unit(answers):
    twice = pd.concat([answers, answers], ignore_index=True)
    once, nested = ordinal_alpha(answers), ordinal_alpha(twice, units=np.tile(np.arange(200), 2))
    # leverage is a person's, and that of a copy is half as large
    assert nested["se"] == pytest.approx(once["se"], rel=0.02)
    assert ordinal_alpha(twice)["se"] == pytest.approx(once["se"] / np.sqrt(2), rel=0.03)


def test_missing_answers(answers):
    gaps = answers.astype(float).mask(np.random.default_rng(9).random(answers.shape) < 0.05)
    pairwise, listwise = ordinal_alpha(gaps), ordinal_alpha(gaps, missing="listwise")
    assert pairwise["n"] > listwise["n"] == len(gaps.dropna())
    assert f"listwise: {200 - len(gaps.dropna())} left out" in listwise["method"]
    assert ordinal_alpha(gaps, missing="em") == pairwise


def test_what_cannot_be_computed_says_why(answers):
    assert "all answers are the same in: c" in ordinal_alpha(answers.assign(c=3))["note"]
    assert "estimate" not in ordinal_alpha(answers.assign(c=3))
    many = answers + np.linspace(0, 0.5, 200)[:, None]
    assert "at most 20 categories" in ordinal_alpha(many)["note"]
