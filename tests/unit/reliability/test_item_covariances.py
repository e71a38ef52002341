"""Item covariances under each rule for missing answers, and under weights."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.reliability.item_covariances import ItemCovariances, harmonic_n
from psychometrics.resampling.weights import resample_weights


@pytest.fixture
def answers():
    rng = np.random.default_rng(6)
    values = pd.DataFrame(rng.normal(size=(50, 1)) + rng.normal(size=(50, 4)) + 100, columns=list("abcd"))
    return values.mask(rng.random(values.shape) < 0.1)


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_weights_are_repeated_rows(answers, missing):
    data = ItemCovariances(answers, missing=missing)
    used = answers[data.people]
    weights = resample_weights(np.arange(len(used)), 0, 5, seed=1)
    for row, found in zip(weights, data.resampled(weights), strict=True):
        repeated = used.iloc[np.repeat(np.arange(len(used)), row)]
        np.testing.assert_allclose(found, repeated.cov(), atol=1e-10)


def test_em_weights_are_repeated_rows(answers):
    data = ItemCovariances(answers, missing="em")
    weights = resample_weights(np.arange(data.people.sum()), 0, 2, seed=1)
    repeated = answers[data.people].iloc[np.repeat(np.arange(data.people.sum()), weights[1])]
    expected = ItemCovariances(repeated.reset_index(drop=True), missing="em").matrix()
    np.testing.assert_allclose(data.resampled(weights)[1], expected, atol=1e-4)  # EM stops at 1e-5


def test_people_without_any_answer_do_not_count(answers):
    empty = pd.concat([answers, answers.iloc[:7] * np.nan], ignore_index=True)
    for missing in ("pairwise", "em"):
        one, two = ItemCovariances(answers, missing=missing), ItemCovariances(empty, missing=missing)
        assert one.n == two.n
        np.testing.assert_allclose(one.matrix(), two.matrix(), atol=1e-12)


def test_a_resample_without_answers_to_an_item_is_missing(answers):
    data = ItemCovariances(answers.assign(a=answers["a"].where(answers.index < 5)), missing="em")
    weights = np.where(np.arange(data.people.sum()) < 5, 0, 1)[None]
    assert np.isnan(data.resampled(weights)).all()


def test_pairwise_n_is_the_harmonic_mean_rounded_down():
    rng = np.random.default_rng(3)
    answers = pd.DataFrame(rng.normal(size=(12, 3)), columns=["a", "b", "c"])
    answers.loc[6:, "b"] = np.nan
    answers.loc[3:, "c"] = np.nan
    # pairs of 6, 3 and 3 people: 3 / (1/6 + 1/3 + 1/3) = 3.6; the arithmetic mean would be 4
    assert ItemCovariances(answers, missing="pairwise").n == 3
    assert harmonic_n(np.array([100, 50])) == 66


def test_equal_pairwise_n_stay_as_they_are():
    for pairs in range(1, 80):
        for people in range(3, 200):
            assert harmonic_n(np.full(pairs, people)) == people


def test_an_unknown_rule_is_refused(answers):
    with pytest.raises(ValueError, match="one of pairwise, listwise, em, not 'mean'"):
        ItemCovariances(answers, missing="mean")
