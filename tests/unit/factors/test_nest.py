"""NEST: a slow transcription of the paper, populations with a known number of factors, and what it cannot do."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.retention.nest import nest_record


def likert(n, pattern, seed, cuts=(-2.0, -1.4, -0.8, 0.0), phi=0.0):
    """Answers on 1-5 with half of the people at the top."""
    rng = np.random.default_rng(seed)
    p, k = pattern.shape
    factors = np.sqrt(phi) * rng.normal(size=(n, 1)) + np.sqrt(1 - phi) * rng.normal(size=(n, k))
    latent = factors @ pattern.T + rng.normal(size=(n, p)) * np.sqrt(1 - (pattern**2).sum(axis=1))
    return pd.DataFrame(1 + np.searchsorted(cuts, latent), columns=[f"i{j}" for j in range(p)])


def blocks(k, per_factor, loading=0.7):
    return np.kron(np.eye(k), np.full((per_factor, 1), loading))


def principal_axes(matrix, k):
    reduced = matrix.copy()
    for _ in range(5000):
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0))
        before = np.diag(reduced).copy()
        np.fill_diagonal(reduced, (loadings**2).sum(axis=1))
        if np.abs(before - np.diag(reduced)).max() < 1e-12:
            break
    return loadings * np.where(loadings.sum(axis=0) < 0, -1, 1)


def achim(matrix, n, draws, seed):
    """The steps of Achim (2017), one sample after the other, on the same random numbers; all draws at every step."""
    p, k = len(matrix), 0
    observed = sorted(np.linalg.eigvals(matrix).real, reverse=True)
    while True:
        loadings = principal_axes(matrix, k) if k else np.zeros((p, 0))
        unique = np.sqrt(1 - (loadings**2).sum(axis=1))
        nexts = []
        for draw in range(draws):
            rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k, draw)))
            shared, own = rng.standard_normal((n, k)), rng.standard_normal((n, p))
            people = np.array([[loadings[i] @ shared[r] + unique[i] * own[r, i] for i in range(p)] for r in range(n)])
            nexts.append(sorted(np.linalg.eigvals(pd.DataFrame(people).corr()).real, reverse=True)[k])
        if (1 + sum(value >= observed[k] for value in nexts)) / (draws + 1) > 0.05:
            return k
        k += 1


@pytest.mark.parametrize("seed", range(4))
def test_by_a_slow_transcription(seed):
    # weak factors and few people: not every sample has its two factors
    answers = likert(60, blocks(2, 3, 0.6), seed, cuts=np.linspace(-3, 3, 200), phi=0.3)
    correlations = given_matrix(answers.corr(), 60)
    assert nest_record(correlations, draws=39, seed=seed)["estimate"] == achim(answers.corr().to_numpy(), 60, 39, seed)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_planted_factors_are_found_in_skewed_answers(k):
    answers = likert(500, blocks(k, 5), seed=k, phi=0.3)
    correlations = Correlator(answers)()
    assert nest_record(correlations, answers, seed=1) == {
        "estimate": k,
        "note": "",
        "method": "up to 100 samples from the solution with each number of factors, "
        "cut as the answers are; Pearson correlations",
    }
    gaps = answers.mask(np.random.default_rng(9).random(answers.shape) < 0.1)
    assert nest_record(Correlator(gaps)(), gaps, seed=1)["estimate"] == k


def test_independent_items_are_rejected_at_the_level_of_the_test():
    found = [
        nest_record(Correlator(answers, method="pearson")(), draws=19, seed=seed)["estimate"]
        for seed in range(200)
        for answers in [pd.DataFrame(np.random.default_rng(seed).normal(size=(50, 5)))]
    ]
    # 19 draws make an exact test at .05: 10 of 200 expected, more than 20 in one run of a thousand
    assert 1 <= np.count_nonzero(found) <= 20


def test_the_difficulty_of_items_is_no_factor():
    """Easy and hard items: Pearson correlations have a factor of difficulty, NEST with cut data has none."""
    rng = np.random.default_rng(2)
    latent = 0.9 * rng.normal(size=(1500, 1)) + np.sqrt(0.19) * rng.normal(size=(1500, 10))
    answers = pd.DataFrame((latent > np.repeat([-1.5, 1.5], 5)).astype(int))
    pearson = Correlator(answers, method="pearson")()
    assert nest_record(pearson, answers, seed=1)["estimate"] >= 2
    assert nest_record(Correlator(answers)(), answers, seed=1)["estimate"] == 1


def test_what_cannot_be_tested_has_a_reason():
    correlations = given_matrix(pd.DataFrame([[1, 0.9], [0.9, 1]]), 100)
    assert np.isnan(nest_record(correlations)["estimate"]) and nest_record(correlations)["note"] == "too few items"
    few = nest_record(correlations, draws=18)
    assert np.isnan(few["estimate"]) and few["note"] == "a test at 0.05 needs 19 samples"
    answers = likert(100, blocks(1, 4), seed=1)
    constant = nest_record(Correlator(answers)(), answers.assign(i0=3))
    assert np.isnan(constant["estimate"]) and constant["note"] == "all answers are the same in: i0"


def test_it_ends_where_no_degree_of_freedom_is_left():
    # among so many people any residual correlation is one too many: five items with no simple structure
    rng = np.random.default_rng(1)
    loadings = rng.uniform(-0.6, 0.6, size=(5, 4))
    matrix = loadings @ loadings.T
    np.fill_diagonal(matrix, 1.0)
    found = nest_record(given_matrix(pd.DataFrame(matrix), 100_000), draws=19)
    assert found["estimate"] == 2 and found["note"] == "more than 2 factors, which leave no degree of freedom"
