"""Skewness and kurtosis: the sums written out, invariances, normal answers, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.items.normality import normality


@pytest.fixture
def answers():
    """Forty people, three skewed items, a few answers missing."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.exponential(size=(40, 3)) @ rng.normal(size=(3, 3)), columns=list("abc"))
    return frame.mask(rng.random(frame.shape) < 0.05)


def whole(rows):
    return rows[rows["item"] == ""].set_index("statistic")["estimate"]


def test_mardia_by_definition(answers):
    x = answers.dropna().to_numpy()
    n, p = x.shape
    inverse = np.linalg.inv(np.cov(x, rowvar=False))
    skewness = kurtosis = 0.0
    for r in range(n):
        for s in range(n):
            d = (x[r] - x.mean(axis=0)) @ inverse @ (x[s] - x.mean(axis=0))
            skewness += d**3 / n**2
            if r == s:
                kurtosis += d**2 / n
    found = whole(normality(answers))
    assert found["mardia_skewness"] == pytest.approx(skewness, rel=1e-10)
    assert found["mardia_kurtosis"] == pytest.approx(kurtosis, rel=1e-10)
    assert found["mardia_skewness_df"] == p * (p + 1) * (p + 2) / 6
    assert found["mardia_kurtosis_z"] == pytest.approx((kurtosis - 15) / np.sqrt(120 / n), rel=1e-10)


@pytest.mark.parametrize(("people", "items"), [(40, 3), (300, 20), (700, 20), (900, 1)])
def test_skewness_by_people_or_by_items(monkeypatch, people, items):
    # fewer or more people than squared items, in one block or in many: the same as all pairs of people at once
    x = np.random.default_rng(people).exponential(size=(people, items))
    deviation = x - x.mean(axis=0)
    pairs = deviation @ np.linalg.inv(np.atleast_2d(np.cov(x, rowvar=False))) @ deviation.T
    for at_once in (4_000_000, 7 * people):
        monkeypatch.setattr("psychometrics.items.normality.NUMBERS_AT_ONCE", at_once)
        found = whole(normality(pd.DataFrame(x)))
        # rounding of sums of 490,000 products in another order
        assert found["mardia_skewness"] == pytest.approx(np.mean(pairs**3), rel=1e-10)
        assert found["mardia_kurtosis"] == pytest.approx(np.mean(np.diag(pairs) ** 2), rel=1e-10)


def test_many_people_need_no_matrix_of_people():
    # 200,000 people with each other would be 320 GB; of independent normal answers Mardia's kurtosis is p (p + 2)
    found = whole(normality(pd.DataFrame(np.random.default_rng(8).normal(size=(200_000, 4)))))
    assert found["mardia_kurtosis"] == pytest.approx(24, abs=5 * np.sqrt(8 * 24 / 200_000))
    assert abs(found["mardia_kurtosis_z"]) < 5 and found["mardia_skewness_p"] > 1e-6


def test_univariate_by_hand():
    # 1, 2, 3, 4, 10: mean 4, central moments 10, 36, 278.8
    rows = normality(pd.DataFrame({"a": [1, 2, 3, 4, 10]})).set_index(["item", "statistic"])
    assert rows.estimate["a", "skewness"] == pytest.approx(np.sqrt(20) / 3 * 36 / 10**1.5)
    assert rows.estimate["a", "kurtosis"] == pytest.approx(4 / 6 * (6 * (278.8 / 100 - 3) + 6))
    assert rows.se["a", "skewness"] == pytest.approx(np.sqrt(6 * 5 * 4 / (3 * 6 * 8)))


def test_linear_changes_do_not_matter(answers):
    turned = answers @ np.array([[1.0, 2, 0], [0, -3, 1], [5, 0, 1]]) + [1, 2, 3]
    np.testing.assert_allclose(whole(normality(turned)), whole(normality(answers)), rtol=1e-8)


def test_normal_answers_are_rejected_at_the_level():
    rng = np.random.default_rng(3)
    p_values = [
        whole(normality(pd.DataFrame(rng.normal(size=(60, 3)))))[["mardia_skewness_p", "mardia_kurtosis_p"]]
        for _ in range(200)
    ]
    share = np.mean(np.array(p_values) < 0.05, axis=0)
    assert (share < 0.10).all() and share[0] > 0.01


def test_each_item_uses_all_its_answers(answers):
    rows = normality(answers)
    counted = rows[rows["statistic"] == "skewness"].set_index("item")["n"]
    assert counted.to_dict() == answers.notna().sum().to_dict()
    assert (rows.loc[rows["item"] == "", "n"] == len(answers.dropna())).all()
    assert (rows["note"] == "").all()


@pytest.mark.parametrize(
    ("change", "item", "reason"),
    [
        (dict(a=2.0), "a", "all answers are the same"),
        (dict(a=np.nan), "a", "fewer than 4 answers"),
        (dict(a=2.0), "", "the covariance matrix of the complete answers is singular"),
        (dict(a=np.nan), "", "0 people answered every one of the 3 items: too few"),
    ],
)
def test_reasons(answers, change, item, reason):
    rows = normality(answers.assign(**change))
    rows = rows[rows["item"] == item]
    assert rows["estimate"].isna().all() and set(rows["note"]) == {reason}


def test_a_sum_of_other_items_makes_it_singular(answers):
    rows = normality(answers.assign(d=answers.a + answers.b))
    assert "singular" in rows.loc[rows["item"] == "", "note"].iloc[0]
