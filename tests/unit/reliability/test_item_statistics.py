"""Item statistics against their definitions on the answers themselves."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f, norm

from psychometrics.reliability.item_statistics import item_statistics


@pytest.fixture
def answers():
    rng = np.random.default_rng(2)
    return pd.DataFrame(rng.normal(size=(40, 1)) + rng.normal(size=(40, 4)) * [1, 2, 1, 3], columns=list("abcd"))


def alpha_by_definition(frame):
    k = frame.shape[1]
    return k / (k - 1) * (1 - frame.var().sum() / frame.sum(axis=1).var())


def test_agrees_with_the_definitions(answers):
    rows = item_statistics(answers.cov(), 40, answers.columns).set_index(["item", "statistic"])
    for item in answers:
        rest = answers.drop(columns=item)
        expected = np.corrcoef(answers[item], rest.sum(axis=1))[0, 1]
        assert rows.estimate[item, "item_rest_r"] == pytest.approx(expected, abs=1e-12)
        assert rows.estimate[item, "alpha_if_dropped"] == pytest.approx(alpha_by_definition(rest), abs=1e-12)


def test_intervals_are_those_of_what_is_left(answers):
    """Feldt's interval of three items and Fisher's of a correlation, both of forty people."""
    rows = item_statistics(answers.cov(), 40, answers.columns).set_index(["item", "statistic"])
    alpha, r = rows.loc[("b", "alpha_if_dropped")], rows.loc[("b", "item_rest_r")]
    high, low = f.ppf([0.975, 0.025], 39, 39 * 2)
    assert [alpha.lower, alpha.upper] == pytest.approx([1 - (1 - alpha.estimate) * q for q in (high, low)])
    half = norm.ppf(0.975) / np.sqrt(37)
    assert [r.lower, r.upper] == pytest.approx(np.tanh(np.arctanh(r.estimate) + np.array([-half, half])))


def test_a_wrong_key_is_pointed_out(answers):
    rows = item_statistics(answers.assign(a=-answers["a"]).cov(), 40, answers.columns)
    assert "check the keying" in rows.note[(rows["item"] == "a") & (rows.statistic == "item_rest_r")].item()


def test_two_items_leave_no_alpha(answers):
    rows = item_statistics(answers[["a", "b"]].cov(), 40, ["a", "b"])
    dropped = rows[rows.statistic == "alpha_if_dropped"]
    assert dropped.estimate.isna().all()
    assert (dropped.note == "fewer than two items are left").all()


def test_items_without_variance(answers):
    rows = item_statistics(answers.assign(a=1.0).cov(), 40, answers.columns).set_index(["item", "statistic"])
    assert np.isnan(rows.estimate["a", "item_rest_r"])
    assert rows.note["a", "item_rest_r"] == "the item does not vary"
    assert np.isfinite(rows.estimate["b", "item_rest_r"])


def test_a_rest_without_variance():
    values = np.array([1.0, 2, 3, 4])
    cancelling = pd.DataFrame({"a": values, "b": [1.0, 3, 2, 4], "c": [4.0, 2, 3, 1]})  # b + c is 5 throughout
    rows = item_statistics(cancelling.cov(), 4, list("abc")).set_index(["item", "statistic"])
    assert rows.note["a", "item_rest_r"] == "the other items' sum does not vary"
    assert rows.note["a", "alpha_if_dropped"] == "the other items' sum does not vary"
