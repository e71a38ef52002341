"""Comparison data: populations by the published loop, draws that do not depend on their split, planted truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import mannwhitneyu

from psychometrics.factors.retention import comparison_data
from psychometrics.factors.retention.comparison_data import (
    comparison_fits,
    comparison_population,
    comparison_record,
    rank_sum_p,
)


def likert_factors(n, k, per_factor, seed, loading=0.75):
    rng = np.random.default_rng(seed)
    p = k * per_factor
    scores = np.repeat(rng.normal(size=(n, k)), per_factor, axis=1)
    latent = loading * scores + np.sqrt(1 - loading**2) * rng.normal(size=(n, p))
    cuts = np.array([-1.5, -0.8, 0.0, 0.8])
    return pd.DataFrame((latent[:, :, None] > cuts).sum(axis=2) + 1.0, columns=[f"i{j}" for j in range(p)])


@pytest.fixture
def few_people(monkeypatch):
    """A small population, for loops."""
    monkeypatch.setattr(comparison_data, "POPULATION", 400)


def principal_axes(matrix, k):
    """Iterated principal axes, until the communalities stay."""
    reduced = matrix.copy()
    before = np.full(len(matrix), 99.0)
    for _ in range(20_000):
        values, vectors = np.linalg.eigh(reduced)
        loadings = vectors[:, ::-1][:, :k] * np.sqrt(np.maximum(values[::-1][:k], 0))
        communality = (loadings**2).sum(axis=1)
        if np.abs(communality - before).max() < 1e-12:
            break
        before = communality
        np.fill_diagonal(reduced, communality)
    return loadings


def published_population(answers, k, seed):
    """GenData, step by step and person by person (Ruscio & Kaczetow 2008, pp. 364-365), on the same random numbers."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(k,)))
    size, p = comparison_data.POPULATION, answers.shape[1]
    distributions = [sorted(rng.choice(answers.iloc[:, i].dropna().to_numpy(), size)) for i in range(p)]
    shared, unique = rng.standard_normal((k, size)), rng.standard_normal((p, size))
    target = answers.corr().to_numpy()
    wanted, best, failures = target.copy(), np.inf, 0
    while failures < 5:
        loadings = np.clip(principal_axes(wanted, k), -1, 1)
        loadings *= np.where(loadings.sum(axis=0) < 0, -1, 1)
        data = np.zeros((size, p))
        for i in range(p):
            rest = np.sqrt(max(0.0, 1 - sum(loadings[i] ** 2)))
            score = [
                sum(loadings[i, f] * shared[f, person] for f in range(k)) + rest * unique[i, person]
                for person in range(size)
            ]
            for rank, person in enumerate(sorted(range(size), key=score.__getitem__)):
                data[person, i] = distributions[i][rank]
        residual = target - np.corrcoef(data, rowvar=False)
        error = np.sqrt(np.mean([residual[i, j] ** 2 for i in range(p) for j in range(i)]))
        if error < best:
            best, kept, best_wanted, best_residual, failures = error, data, wanted, residual, 0
            wanted = wanted + residual
        else:
            failures += 1
            wanted = best_wanted + 0.5**failures * best_residual
    return kept


@pytest.mark.parametrize("k", [1, 2])
def test_population_by_the_published_loop(few_people, k):
    answers = likert_factors(120, 2, 4, seed=3)
    got = comparison_population(answers.to_numpy(), answers.corr().to_numpy(), k, seed=5)
    wanted = published_population(answers, k, seed=5)
    # loadings that differ in the ninth decimal may swap two people with all but equal scores
    assert np.mean(got != wanted) < 0.005


@pytest.mark.parametrize("share_missing", [0.0, 0.1])
def test_fits_by_a_slow_loop(few_people, share_missing):
    answers = likert_factors(90, 2, 3, seed=1)
    holes = np.random.default_rng(2).random(answers.shape) < share_missing
    answers = answers.mask(holes)
    fits = comparison_fits(answers, largest=2, first_draw=0, n_draws=3, seed=9)
    observed = np.sort(np.linalg.eigvalsh(answers.corr()))
    for k in (1, 2):
        population = comparison_population(answers.to_numpy(), answers.corr().to_numpy(), k, seed=9)
        for draw in range(3):
            rng = np.random.default_rng(np.random.SeedSequence(9, spawn_key=(k, draw)))
            sample = pd.DataFrame(population[rng.integers(400, size=90)]).mask(holes)
            distance = np.linalg.norm(np.sort(np.linalg.eigvalsh(sample.corr())) - observed) / np.sqrt(6)
            assert fits[draw, k - 1] == pytest.approx(distance, abs=1e-10)


def test_draws_do_not_depend_on_how_they_are_split(few_people):
    answers = likert_factors(80, 2, 3, seed=1)
    whole = comparison_fits(answers, largest=2, first_draw=0, n_draws=6, seed=3)
    parts = [comparison_fits(answers, largest=2, first_draw=first, n_draws=3, seed=3) for first in (3, 0)]
    np.testing.assert_array_equal(whole, np.concatenate(parts[::-1]))
    later = comparison_fits(answers, smallest=2, largest=2, first_draw=0, n_draws=6, seed=3)
    np.testing.assert_array_equal(later, whole[:, 1:])


def test_margins_are_kept():
    answers = likert_factors(150, 2, 4, seed=3)
    population = comparison_population(answers.to_numpy(), answers.corr().to_numpy(), 2, seed=5)
    for observed, made in zip(answers.to_numpy().T, population.T, strict=True):
        shares = [[np.mean(column == answer) for answer in range(1, 6)] for column in (observed, made)]
        np.testing.assert_allclose(shares[0], shares[1], atol=0.02)  # four standard errors of 10,000 draws
    assert np.abs(np.corrcoef(population, rowvar=False) - answers.corr()).to_numpy().max() < 0.1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_planted_factors_are_found(k):
    answers = likert_factors(300, k, 5, seed=k)
    fits = comparison_fits(answers, largest=2 if k == 1 else k + 2, first_draw=0, n_draws=60, seed=1)
    assert comparison_record(fits)["estimate"] == k


def test_record_stops_where_no_improvement_follows():
    rng = np.random.default_rng(0)
    fits = np.column_stack([rng.normal(mean, 0.1, 200) for mean in (2, 1, 1.05, 0.1)])
    record = comparison_record(fits)
    assert record["estimate"] == 2 and record["note"] == ""
    assert comparison_record(fits[:, :2])["note"] == "the largest number compared"
    assert comparison_record(fits[:, :1])["estimate"] == 1


def test_record_is_liberal():
    # W = 1 of 9 pairs: z = (1 - 4.5 + .5) / sqrt(9 * 7 / 12) and p = .095, less than .30 but more than .05
    assert comparison_record(np.array([[2.5, 1.0], [4.0, 2.0], [5.0, 3.0]]))["estimate"] == 2


def test_rank_sum_test_as_scipy_has_it():
    rng = np.random.default_rng(0)
    for x, y in ((rng.normal(size=30), rng.normal(size=20)), (rng.integers(5, size=30), rng.integers(5, size=40))):
        wanted = mannwhitneyu(x, y, alternative="less", method="asymptotic").pvalue
        assert rank_sum_p(x, y) == pytest.approx(wanted, abs=1e-12)
    assert rank_sum_p(np.ones(4), np.ones(5)) == 1.0


def test_what_cannot_be_compared():
    answers = likert_factors(50, 2, 3, seed=1)
    with pytest.raises(ValueError, match="all answers are the same in: i2"):
        comparison_fits(answers.assign(i2=3.0), largest=2, first_draw=0, n_draws=1, seed=1)
    with pytest.raises(ValueError, match="4 factors of 6 items"):
        comparison_fits(answers, largest=4, first_draw=0, n_draws=1, seed=1)
    with pytest.raises(ValueError, match="common answers"):
        comparison_fits(answers.assign(i2=np.nan), largest=2, first_draw=0, n_draws=1, seed=1)
