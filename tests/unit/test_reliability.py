"""Reliability: the formula as a loop, cases by hand, invariances, and what cannot be computed."""
import numpy as np
import pandas as pd
import pytest

from psychometrics.omega import omega_total, one_factor_minres
from psychometrics.reliability import alpha_from_covariance, reliability, reliability_from_matrix
from psychometrics.resampling import resample_weights


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
    rows = scale(reliability(answers, draws=10))
    expected = alpha_by_definition(answers.to_numpy().tolist())
    assert rows.estimate["alpha"] == pytest.approx(expected, abs=1e-12)
    assert rows.estimate["sem"] == pytest.approx(answers.mean(axis=1).std() * np.sqrt(1 - expected), abs=1e-12)


def test_alpha_by_hand():
    # items (1,2,3) and (1,3,2): variances 1 and 1, total (2,5,5) has variance 3, so alpha = 2 (1 - 2/3)
    rows = scale(reliability(pd.DataFrame({"a": [1, 2, 3], "b": [1, 3, 2]}), draws=10))
    assert rows.estimate["alpha"] == pytest.approx(2 / 3)
    assert rows.estimate["mean_inter_item_r"] == pytest.approx(0.5)
    assert rows.estimate["spearman_brown"] == pytest.approx(2 / 3)


def test_standardized_alpha_is_spearman_brown_of_the_mean_correlation(answers):
    rows = scale(reliability(answers, draws=10))
    r = rows.estimate["mean_inter_item_r"]
    assert rows.estimate["alpha_standardized"] == pytest.approx(5 * r / (1 + 4 * r), abs=1e-12)


def test_bootstrap_agrees_with_a_loop_over_repeated_rows(answers):
    rows = scale(reliability(answers, draws=40, seed=3, level=0.8))
    omegas = []
    for weights in resample_weights(np.arange(60), 0, 40, seed=3):
        sample = answers.iloc[np.repeat(np.arange(60), weights)]
        omegas.append(omega_total(one_factor_minres(sample.corr().to_numpy()), sample.std().to_numpy()))
    limits = np.quantile(omegas, [0.1, 0.9])
    assert [rows.lower["omega_total"], rows.upper["omega_total"]] == pytest.approx(limits, abs=1e-7)


def test_order_and_seed(answers):
    first = reliability(answers, draws=50, seed=1)
    pd.testing.assert_frame_equal(first, reliability(answers, draws=50, seed=1))
    other = reliability(answers, draws=50, seed=2)
    np.testing.assert_array_equal(first.estimate, other.estimate)
    assert scale(first).lower["omega_total"] != scale(other).lower["omega_total"]
    turned = reliability(answers[list("edcba")], draws=50, seed=1)
    np.testing.assert_allclose(scale(turned).lower.dropna(), scale(first).lower.dropna(), atol=1e-8)


def test_incomplete_rows_are_left_out(answers):
    empty = pd.DataFrame(np.nan, index=range(300), columns=answers.columns)
    with_empty = pd.concat([answers, empty], ignore_index=True).astype("Int64")
    pd.testing.assert_frame_equal(reliability(with_empty, draws=20), reliability(answers, draws=20))


def test_nested_clients_are_resampled_by_unit(answers):
    repeated = pd.concat([answers] * 4, ignore_index=True)
    alone = scale(reliability(repeated, draws=200, seed=1))
    nested = scale(reliability(repeated, draws=200, seed=1, units=np.tile(np.arange(60), 4)))
    width = (nested.upper - nested.lower) / (alone.upper - alone.lower)
    assert width["omega_total"] > 1.5  # four copies of a client are one unit: half the precision
    assert "belong to 60 units" in nested.note["alpha"]


def test_matrix_gives_the_estimates_of_the_answers(answers):
    raw = reliability(answers, draws=0)
    matrix = reliability_from_matrix(answers.corr(), answers.std(), 60)
    np.testing.assert_allclose(matrix.estimate, raw.estimate, atol=1e-9)
    assert scale(matrix).note["omega_total"] == "the interval needs raw answers"
    assert scale(raw).note["omega_total"] == "no resamples were drawn"


def test_alpha_from_a_correlation_matrix_is_standardized(answers):
    found = alpha_from_covariance(answers.corr(), 60)
    assert found.estimate == pytest.approx(scale(reliability(answers, draws=0)).estimate["alpha_standardized"])
    assert found.lower < found.estimate < found.upper


def test_negative_alpha_is_reported(answers):
    rows = scale(reliability(answers.assign(a=8 - answers["a"], b=8 - answers["b"]), draws=10))
    assert rows.estimate["alpha"] < 0
    assert "check the keying" in rows.note["alpha"]


def test_a_heywood_case_is_named():
    # r12 r13 / r23 = 1.2: the first loading is above 1
    matrix = pd.DataFrame([[1, 0.6, 0.6], [0.6, 1, 0.3], [0.6, 0.3, 1]], index=list("abc"), columns=list("abc"))
    rows = scale(reliability_from_matrix(matrix, pd.Series(1.0, index=list("abc")), 100))
    assert "Heywood case, no unique variance: a" in rows.note["omega_total"]
    assert np.isfinite(rows.estimate["omega_total"])


@pytest.mark.parametrize(("frame", "reason"), [
    ({"a": [1, 2, 3]}, "one item"),
    ({"a": [1.0, np.nan], "b": [np.nan, 2.0]}, "fewer than three people"),
    ({"a": [4, 4, 4, 4], "b": [2, 2, 2, 2]}, "does not vary"),
    ({"a": [1, 2, 3, 4], "b": [4, 3, 2, 1]}, "does not vary"),
])
def test_what_cannot_be_computed_says_why(frame, reason):
    rows = scale(reliability(pd.DataFrame(frame), draws=10))
    assert rows.estimate.isna().all()
    assert rows.note.str.contains(reason).all()


def test_an_item_without_variance_spares_alpha(answers):
    rows = reliability(answers.assign(c=4.0), draws=10)
    assert np.isfinite(scale(rows).estimate["alpha"])
    assert scale(rows).note["omega_total"] == "without variance: c"
    assert (rows.note[rows.estimate.isna()] != "").all()


def test_two_items_have_no_omega(answers):
    rows = reliability(answers[["a", "b"]], draws=10)
    assert "not identified" in scale(rows).note["omega_total"]
    assert (rows.note[rows.estimate.isna()] != "").all()
