"""Correlation matrices: weights as repeated people, ranks per pair, smoothing, and one sentence per fault."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

from psychometrics.correlation.correlator import METHODS, MISSING, Correlator, correlate
from psychometrics.correlation.matrix import given_matrix
from psychometrics.correlation.polychoric import encode, pair_tables
from psychometrics.correlation.product_moment import spearman_of_pairs, spearman_of_tables
from psychometrics.correlation.smoothing import smooth


@pytest.fixture
def answers():
    """Eighty people, five items on 1-5 with one common source and some missing answers."""
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(80, 1)) + rng.normal(size=(80, 5))
    values = np.clip(np.round(3 + latent), 1, 5)
    values[rng.random(values.shape) < 0.08] = np.nan
    return pd.DataFrame(values, columns=list("abcde")).astype("Int64")


@pytest.mark.parametrize(
    ("method", "missing"),
    [
        *[(method, missing) for method in METHODS for missing in MISSING if missing != "em"],
        ("pearson", "em"),
    ],
)
def test_weights_are_repeated_people(answers, method, missing):
    weights = np.random.default_rng(2).multinomial(80, np.full(80, 1 / 80))
    weighted = Correlator(answers, method=method, missing=missing)(weights)
    repeated = correlate(answers.iloc[np.repeat(np.arange(80), weights)], method=method, missing=missing)
    pd.testing.assert_frame_equal(weighted.matrix, repeated.matrix, rtol=0, atol=1e-12)
    pd.testing.assert_frame_equal(weighted.n, repeated.n)
    assert weighted.n_total == repeated.n_total


def test_people_left_out_are_as_if_they_had_never_answered(answers):
    """The variances rest on the tables of all people less those of the people left out."""
    weights = np.ones(len(answers))
    weights[3:11] = 0
    correlator = Correlator(answers, variances=True)
    for _ in range(2):  # the tables of everyone stay as they are
        left = correlator(weights)
        without = Correlator(answers[weights > 0], variances=True)()
        assert left.matrix.equals(without.matrix) and left.variance.equals(without.variance)
    shuffled = correlator.shuffled(np.random.default_rng(1))
    assert shuffled().variance.equals(shuffled(np.ones(len(answers))).variance)
    assert not shuffled().variance.equals(correlator().variance)


@pytest.mark.parametrize("method, transform", [("pearson", lambda x: x), ("spearman", rankdata)])
def test_pairwise_takes_each_pair_on_its_own(answers, method, transform):
    result = correlate(answers, method=method)
    for i in answers:
        for j in answers:
            both = answers[[i, j]].dropna().to_numpy(float)
            expected = np.corrcoef(transform(both[:, 0]), transform(both[:, 1]))[0, 1]
            assert result.matrix.loc[i, j] == pytest.approx(expected, abs=1e-12)
            assert result.n.loc[i, j] == len(both)


@pytest.mark.parametrize("method", METHODS)
def test_listwise_is_the_matrix_of_the_complete_people(answers, method):
    result = correlate(answers, method=method, missing="listwise")
    complete = correlate(answers.dropna(), method=method)
    pd.testing.assert_frame_equal(result.matrix, complete.matrix, rtol=0, atol=1e-12)
    assert result.n_total == len(answers.dropna()) and "people left out" in result.notes[0]


def test_both_ways_to_rank_agree(answers):
    codes, _ = encode(answers)
    weights = np.random.default_rng(0).integers(0, 4, 80)
    np.testing.assert_allclose(
        spearman_of_pairs(codes, weights), spearman_of_tables(pair_tables(codes, 5, weights)), atol=1e-12
    )


def test_many_values_rank_too(answers):
    rng = np.random.default_rng(4)
    scales = pd.DataFrame(rng.normal(size=(60, 3))).mask(rng.random((60, 3)) < 0.1)
    expected = scales.corr(method="spearman").to_numpy()
    np.testing.assert_allclose(correlate(scales, method="spearman").matrix, expected, atol=1e-12)


def test_n_total_counts_people_with_an_answer(answers):
    with_empty_rows = pd.concat([answers, pd.DataFrame(pd.NA, index=range(9), columns=answers.columns)])
    assert correlate(with_empty_rows).n_total == correlate(answers).n_total == 80


@pytest.mark.parametrize("method", METHODS)
def test_shuffled_answers_keep_margins_and_lose_association(answers, method):
    correlator = Correlator(answers, method=method)
    before = correlator()
    shuffled = correlator.shuffled(np.random.default_rng(0))()
    assert np.diag(shuffled.n).tolist() == np.diag(before.n).tolist()
    assert np.abs(shuffled.matrix.to_numpy() - np.eye(5)).max() < np.abs(before.matrix.to_numpy() - np.eye(5)).max()
    pd.testing.assert_frame_equal(correlator().matrix, before.matrix)


def test_smoothing_is_told():
    # three items that cannot correlate so: if the first goes with both others, these go together
    impossible = pd.DataFrame([[1, 0.9, 0.9], [0.9, 1, 0.1], [0.9, 0.1, 1]], list("abc"), list("abc"))
    result = given_matrix(impossible, 100)
    assert np.linalg.eigvalsh(result.matrix)[0] > 0
    np.testing.assert_array_equal(np.diag(result.matrix), 1)
    change = np.abs(result.matrix - impossible).to_numpy().max()
    assert f"largest change is {change:.2g}" in result.notes[0]


def test_positive_definite_matrices_are_left_alone():
    matrix = np.array([[1, 0.5], [0.5, 1]])
    smoothed, notes = smooth(matrix)
    assert smoothed is matrix and notes == []


def test_perfect_dependence_is_noted(answers):
    result = correlate(answers.assign(f=answers.a))
    assert len(result.notes) == 1 and "bounded at 0.9999, in: a with f" in result.notes[0]


@pytest.mark.parametrize(
    "change, reason",
    [
        (dict(a=3), "all answers are the same in: a"),
        (dict(a=pd.NA, b=pd.NA), "no answers to: a, b"),
    ],
)
@pytest.mark.parametrize("method", METHODS)
def test_faulty_items_are_named(answers, method, change, reason):
    with pytest.raises(ValueError, match=reason):
        correlate(answers.assign(**change).astype("Int64"), method=method)


@pytest.mark.parametrize("method", METHODS)
def test_faulty_pairs_are_named(answers, method):
    apart = answers.copy()
    apart.iloc[:40, 0] = pd.NA
    apart.iloc[40:, 1] = pd.NA
    with pytest.raises(ValueError, match="fewer than 3 people answered both items of: a with b"):
        correlate(apart, method=method)
    apart.iloc[40:50, 1] = 2
    apart.iloc[40:50, 0] = [1, 2, 3, 4, 5] * 2
    with pytest.raises(ValueError, match="one of them does not vary in: a with b"):
        correlate(apart, method=method)


def test_other_faults(answers):
    with pytest.raises(ValueError, match="at least two items"):
        correlate(answers[["a"]])
    with pytest.raises(ValueError, match="pearson, spearman, polychoric, mixed, not 'kendall'"):
        correlate(answers, method="kendall")
    with pytest.raises(ValueError, match="pairwise, listwise, em, not 'fiml'"):
        correlate(answers, missing="fiml")
    with pytest.raises(ValueError, match="for pearson correlations, not spearman"):
        correlate(answers, method="spearman", missing="em")
    with pytest.raises(ValueError, match="79 weights were given for 80 people"):
        correlate(answers, weights=np.ones(79))
    with pytest.raises(ValueError, match="whole and not negative"):
        correlate(answers, weights=np.full(80, 0.5))
    with pytest.raises(ValueError, match="fewer than 3 people answered every item"):
        correlate(answers.assign(f=[1, 2, *[pd.NA] * 78]), missing="listwise")
    with pytest.raises(ValueError, match="at most 20 categories, and there are more in: z"):
        correlate(answers.assign(z=range(80)))


def test_given_matrix_faults():
    good = pd.DataFrame([[1, 0.5], [0.5, 1]], ["a", "b"], ["a", "b"])
    result = given_matrix(good, 40)
    assert result.n_total == 40 and (result.n == 40).all(axis=None) and result.notes == ()
    for faulty, reason in [
        (good.iloc[:1], "square, not 1 by 2"),
        (good.rename(index={"a": "x"}), "labels"),
        (good.mask(good == 0.5), "missing value at a, b"),
        (pd.DataFrame([[1, 0.5], [0.4, 1]], ["a", "b"], ["a", "b"]), "not symmetric at a, b"),
        (pd.DataFrame([[1, 0.5], [0.5, 2]], ["a", "b"], ["a", "b"]), "diagonal that is not 1 at b, b"),
        (pd.DataFrame([[1, 1.5], [1.5, 1]], ["a", "b"], ["a", "b"]), "outside .* at a, b"),
    ]:
        with pytest.raises(ValueError, match=reason):
            given_matrix(faulty, 40)
    with pytest.raises(ValueError, match="at least 3 people"):
        given_matrix(good, 2)


def test_a_message_names_a_few_of_many_pairs():
    answers = pd.DataFrame(np.where(np.eye(12, dtype=bool).repeat(2, axis=0), 1.0, np.nan))
    with pytest.raises(ValueError, match=r"both items of: 0 with 1, .*, 0 with 8 and 58 more$"):
        Correlator(answers)()
