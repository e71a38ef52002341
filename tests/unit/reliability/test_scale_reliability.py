"""Reliability: the formula as a loop, cases by hand, invariances, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from psychometrics.correlation.em_moments import em_moments
from psychometrics.factors.minres import one_factor_minres
from psychometrics.reliability.omega_total import omega_total
from psychometrics.reliability.scale_reliability import (
    alpha_from_covariance,
    reliability_coefficients,
    reliability_from_matrix,
)
from psychometrics.resampling.bootstrap_intervals import sample_values
from psychometrics.resampling.weights import leave_out_weights


@pytest.fixture
def answers():
    """Sixty people, five items on 1-7 with one common source."""
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(60, 1)) + rng.normal(size=(60, 5))
    return pd.DataFrame(np.clip(np.round(4 + latent), 1, 7), columns=list("abcde"))


def scale(rows):
    return rows[rows["item"] == ""].set_index("statistic")


def alpha_by_definition(rows):
    def variance(values):
        return sum((v - sum(values) / len(values)) ** 2 for v in values) / (len(values) - 1)

    k = len(rows[0])
    items = [variance([row[j] for row in rows]) for j in range(k)]
    return k / (k - 1) * (1 - sum(items) / variance([sum(row) for row in rows]))


def test_alpha_agrees_with_the_definition(answers):
    rows = scale(reliability_coefficients(answers, draws=10))
    expected = alpha_by_definition(answers.to_numpy().tolist())
    assert rows.estimate["alpha"] == pytest.approx(expected, abs=1e-12)
    assert rows.estimate["sem"] == pytest.approx(answers.mean(axis=1).std() * np.sqrt(1 - expected), abs=1e-12)


def test_alpha_by_hand():
    # items (1,2,3) and (1,3,2): variances 1 and 1, total (2,5,5) has variance 3, so alpha = 2 (1 - 2/3)
    rows = scale(reliability_coefficients(pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2]}), draws=10))
    assert rows.estimate["alpha"] == pytest.approx(2 / 3)
    assert rows.estimate["mean_inter_item_r"] == pytest.approx(0.5)
    assert rows.estimate["spearman_brown"] == pytest.approx(2 / 3)


def test_standardized_alpha_is_spearman_brown_of_the_mean_correlation(answers):
    rows = scale(reliability_coefficients(answers, draws=10))
    r = rows.estimate["mean_inter_item_r"]
    assert rows.estimate["alpha_standardized"] == pytest.approx(5 * r / (1 + 4 * r), abs=1e-12)


def test_jackknife_agrees_with_a_loop_over_repeated_rows(answers):
    rows = scale(reliability_coefficients(answers, draws=40, seed=3, level=0.8))
    without = []
    # no more than 40 parts: twenty of two clients each
    for weights in leave_out_weights(np.arange(60), 40, seed=3):
        sample = answers[weights == 1]
        without.append(
            [
                omega_total(one_factor_minres(sample.corr().to_numpy()), sample.std().to_numpy()),
                alpha_by_definition(sample.to_numpy().tolist()),
            ]
        )
    left = logit(np.array(without))
    jackknife = np.sqrt(39 / 40 * ((left - left.mean(axis=0)) ** 2).sum(axis=0))
    for number, statistic in enumerate(("omega_total", "alpha_jackknife")):
        estimate = logit(rows.estimate[statistic])
        bias = 39 * (left[:, number].mean() - estimate)
        half = 1.296066 * np.hypot(jackknife[number], bias)  # t of 59 degrees of freedom at .9
        # over the estimate and the estimate without its bias
        limits = expit([min(estimate, estimate - bias) - half, max(estimate, estimate - bias) + half])
        # loadings of resamples are followed to 1e-6, and the bias is 39 times that
        assert [rows.lower[statistic], rows.upper[statistic]] == pytest.approx(limits, abs=1e-4)


def test_order_and_seed(answers):
    first = reliability_coefficients(answers, draws=50, seed=1)
    pd.testing.assert_frame_equal(first, reliability_coefficients(answers, draws=50, seed=1))
    other = reliability_coefficients(answers, draws=50, seed=2)
    np.testing.assert_array_equal(sample_values(first), sample_values(other))
    assert scale(first).lower["omega_total"] != scale(other).lower["omega_total"]
    turned = reliability_coefficients(answers[list("edcba")], draws=50, seed=1)
    # loadings of resamples are followed to 1e-6, in the order of the items
    np.testing.assert_allclose(scale(turned).lower.dropna(), scale(first).lower.dropna(), atol=5e-6)


def test_incomplete_rows_are_left_out(answers):
    empty = pd.DataFrame(np.nan, index=range(300), columns=answers.columns)
    with_empty = pd.concat([answers, empty], ignore_index=True).astype("Int64")
    found = reliability_coefficients(with_empty, draws=20, missing="listwise")
    assert "listwise: 300 left out" in found.method[0]
    expected = reliability_coefficients(answers, draws=20)
    pd.testing.assert_frame_equal(found.drop(columns="method"), expected.drop(columns="method"))
    pd.testing.assert_frame_equal(
        reliability_coefficients(with_empty, draws=20), expected
    )  # nobody has a part of the answers


@pytest.mark.parametrize("missing", ["pairwise", "listwise", "em"])
def test_the_rule_for_missing_answers(answers, missing):
    gaps = answers.mask(np.random.default_rng(4).random(answers.shape) < 0.05)
    rows = scale(reliability_coefficients(gaps, draws=30, missing=missing))
    if missing == "listwise":
        expected, n = gaps.dropna().cov(), len(gaps.dropna())
    elif missing == "pairwise":
        expected, answered = gaps.cov(), gaps.notna().to_numpy(dtype=float)
        n = int(1e-9 + 10 / np.sum(1 / (answered.T @ answered)[np.triu_indices(5, 1)]))
    else:
        expected, n = em_moments(gaps.to_numpy()).covariance, 60
    assert rows.estimate["alpha"] == pytest.approx(alpha_from_covariance(expected, n).estimate, abs=1e-10)
    assert rows.n["alpha"] == n
    assert missing in rows.method["alpha"].lower()
    assert rows.lower["alpha_jackknife"] < rows.estimate["alpha"] < rows.upper["alpha_jackknife"]


def test_all_rules_agree_where_nothing_is_missing(answers):
    pairwise, listwise, em = (
        reliability_coefficients(answers, draws=20, missing=rule) for rule in ("pairwise", "listwise", "em")
    )
    pd.testing.assert_frame_equal(pairwise, listwise)
    pd.testing.assert_frame_equal(pairwise, em)


def test_a_pair_that_nobody_answered(answers):
    rows = scale(reliability_coefficients(answers.assign(a=answers["a"][:30], b=answers["b"][30:]), draws=10))
    assert rows.estimate.isna().all()
    assert (rows.note == "fewer than three people answered both a and b").all()


def test_nested_clients_are_resampled_by_unit(answers):
    repeated = pd.concat([answers] * 4, ignore_index=True)
    alone = scale(reliability_coefficients(repeated, draws=200, seed=1))
    nested = scale(reliability_coefficients(repeated, draws=200, seed=1, units=np.tile(np.arange(60), 4)))
    width = (nested.upper - nested.lower) / (alone.upper - alone.lower)
    assert width["omega_total"] > 1.5  # four copies of a client are one unit: half the precision
    assert "belong to 60 units" in nested.note["alpha"]
    items = reliability_coefficients(repeated, draws=200, seed=1, units=np.tile(np.arange(60), 4)).query("item != ''")
    assert items.method.str.contains("jackknife").all()


def test_matrix_gives_the_estimates_of_the_answers(answers):
    raw = reliability_coefficients(answers, draws=0)
    matrix = reliability_from_matrix(answers.corr(), answers.std(), 60)
    needs_answers = matrix.statistic == "alpha_ordinal"
    assert (matrix.note[needs_answers] == "needs raw answers").all()
    np.testing.assert_allclose(matrix.estimate[~needs_answers], raw.estimate[~needs_answers], atol=1e-9)
    assert scale(matrix).note["omega_total"] == "the interval needs raw answers"
    assert scale(raw).note["omega_total"] == "no resamples were drawn"


def test_alpha_from_a_correlation_matrix_is_standardized(answers):
    found = alpha_from_covariance(answers.corr(), 60)
    assert found.estimate == pytest.approx(
        scale(reliability_coefficients(answers, draws=0)).estimate["alpha_standardized"]
    )
    assert found.lower < found.estimate < found.upper


def test_negative_alpha_is_reported(answers):
    rows = scale(reliability_coefficients(answers.assign(a=8 - answers["a"], b=8 - answers["b"]), draws=10))
    assert rows.estimate["alpha"] < 0
    assert "check the keying" in rows.note["alpha"]


def test_a_heywood_case_is_named():
    # r12 r13 / r23 = 1.2: the first loading is above 1
    matrix = pd.DataFrame([[1, 0.6, 0.6], [0.6, 1, 0.3], [0.6, 0.3, 1]], index=list("abc"), columns=list("abc"))
    rows = scale(reliability_from_matrix(matrix, pd.Series(1.0, index=list("abc")), 100))
    assert "Heywood case, no unique variance: a" in rows.note["omega_total"]
    assert np.isfinite(rows.estimate["omega_total"])


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        ({"a": [1, 2, 3]}, "one item"),
        ({"a": [1.0, np.nan], "b": [np.nan, 2.0]}, "fewer than three people"),
        ({"a": [4, 4, 4, 4], "b": [2, 2, 2, 2]}, "does not vary"),
        ({"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, "does not vary"),
    ],
)
def test_what_cannot_be_computed_says_why(frame, reason):
    rows = scale(reliability_coefficients(pd.DataFrame(frame), draws=10))
    assert rows.estimate.isna().all()
    assert rows.note.str.contains(reason).all()


def test_an_item_without_variance_spares_alpha(answers):
    rows = reliability_coefficients(answers.assign(c=4.0), draws=10)
    assert np.isfinite(scale(rows).estimate["alpha"])
    assert scale(rows).note["omega_total"] == "without variance: c"
    assert (rows.note[rows.estimate.isna()] != "").all()


def test_two_items_have_no_omega(answers):
    rows = reliability_coefficients(answers[["a", "b"]], draws=10)
    assert "not identified" in scale(rows).note["omega_total"]
    assert (rows.note[rows.estimate.isna()] != "").all()


def test_standard_error_and_reliable_change_by_hand():
    # items (1,2,3) and (1,3,2): alpha 2/3, the total has variance 3, so the mean has sd sqrt(3) / 2
    rows = scale(reliability_coefficients(pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2]}), draws=10))
    assert rows.estimate["sem"] == pytest.approx(np.sqrt(3) / 2 * np.sqrt(1 / 3))
    assert rows.estimate["reliable_change"] == pytest.approx(1.96 * np.sqrt(2) * 0.5)


def test_the_mean_split_is_alpha(answers):
    for frame, share in ((answers[list("abcd")], 1), (answers, 24 / 25)):
        rows = scale(reliability_coefficients(frame, draws=0))
        assert rows.estimate["split_half_mean"] == pytest.approx(share * rows.estimate["alpha"], abs=1e-12)
        assert rows.estimate["split_half_maximum"] == pytest.approx(rows.estimate["guttman_lambda_4"], abs=1e-12)
        assert rows.estimate["guttman_lambda_2"] >= rows.estimate["alpha"]


def test_rows_of_items_can_be_left_out(answers):
    whole = reliability_coefficients(answers, draws=20, items=False)
    pd.testing.assert_frame_equal(whole, reliability_coefficients(answers, draws=20).query("item == ''"))
