"""Parallel analysis: eigenvalues as a slow loop or by hand, and draws that do not depend on how they are split."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.factors.retention.parallel_analysis import eigenvalues, parallel_analysis, random_eigenvalues


def test_random_eigenvalues_by_a_slow_loop(two_factors):
    random = random_eigenvalues(Correlator(two_factors, method="pearson"), first_draw=0, n_draws=5, seed=7)
    for draw in range(5):
        rng = np.random.default_rng(np.random.SeedSequence([7, draw]))
        shuffled = rng.permuted(two_factors.to_numpy(), axis=0)
        matrix = np.corrcoef(shuffled, rowvar=False)
        np.testing.assert_allclose(random["component"][draw], sorted(np.linalg.eigvals(matrix))[::-1], atol=1e-10)
        reduced = matrix.copy()
        for i in range(8):  # the squared multiple correlation of each item, as a regression on the others
            others = np.delete(np.arange(8), i)
            reduced[i, i] = matrix[i, others] @ np.linalg.solve(matrix[np.ix_(others, others)], matrix[others, i])
        np.testing.assert_allclose(random["factor"][draw], np.sort(np.linalg.eigvals(reduced))[::-1], atol=1e-10)


@pytest.mark.parametrize("method", ["pearson", "polychoric"])
def test_draws_do_not_depend_on_how_they_are_split(two_factors, method):
    correlator = Correlator(two_factors, method=method)
    whole = random_eigenvalues(correlator, first_draw=0, n_draws=6, seed=3)
    parts = [random_eigenvalues(correlator, first_draw=first, n_draws=3, seed=3) for first in (3, 0)]
    for basis, values in whole.items():
        np.testing.assert_array_equal(values, np.concatenate([parts[1][basis], parts[0][basis]]))


def test_parallel_analysis_finds_the_factors(two_factors, two_blocks):
    correlator = Correlator(two_factors)
    for correlations, source in ((correlator(), correlator), (two_blocks, (200, 8))):
        random = random_eigenvalues(source, first_draw=0, n_draws=60, seed=1)
        found = parallel_analysis(correlations, random)
        assert found.by_basis["component"] == 2 and found.draws == 60
        limits = found.table.query("group == 'component' and statistic == 'eigenvalue_random_percentile'")
        np.testing.assert_allclose(limits["estimate"], np.percentile(random["component"], 95, axis=0))


def test_counting_stops_at_the_first_that_does_not_exceed(two_blocks):
    random = {basis: np.tile([2.0, 2.9, *[0.1] * 6], (3, 1)) for basis in ("factor", "component")}
    assert parallel_analysis(two_blocks, random).by_basis["component"] == 1


def test_shuffles_without_variation_are_drawn_again():
    # one person stands out on each item, and half the answers of the other are missing
    answers = pd.DataFrame({"a": [2, *[1] * 7], "b": [3, 4, 3, 4, *[np.nan] * 4], "c": [1, 2, 3, 4, 4, 3, 2, 1]})
    random = random_eigenvalues(Correlator(answers, method="pearson"), first_draw=0, n_draws=20, seed=0)
    assert np.isfinite(random["component"]).all()


def test_shuffles_end_where_none_has_variation(monkeypatch):
    monkeypatch.setattr("psychometrics.factors.retention.parallel_analysis.MOST_SHUFFLES", 3)
    correlator = Correlator(pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [3.0, 1.0, 2.0]}), method="pearson")
    tried = []

    def without_variation(self, rng):
        tried.append(self)
        return lambda: (_ for _ in ()).throw(ValueError("all answers are the same in: a"))

    monkeypatch.setattr(Correlator, "shuffled", without_variation)
    with pytest.raises(ValueError, match="all answers are the same in: a"):
        random_eigenvalues(correlator, first_draw=0, n_draws=1, seed=0)
    assert len(tried) == 3


def test_eigenvalues_of_the_reduced_matrix(two_blocks):
    # within a block of four at .6 the squared multiple correlation is .6 (.6 * 3) / (1 + .6 * 2) = 1.08 / 2.2
    found = eigenvalues(two_blocks.matrix.to_numpy())
    shared = 1.08 / 2.2
    np.testing.assert_allclose(found["component"], [2.8] * 2 + [0.4] * 6)
    np.testing.assert_allclose(found["factor"], [shared + 1.8] * 2 + [shared - 0.6] * 6)


def test_the_mean_is_exceeded_at_least_as_often_as_the_percentile(two_factors):
    correlator = Correlator(two_factors, method="pearson")
    found = parallel_analysis(correlator(), random_eigenvalues(correlator, first_draw=0, n_draws=40, seed=1))
    assert all(found.by_mean[basis] >= found.by_basis[basis] for basis in ("factor", "component"))
    observed = eigenvalues(correlator().matrix.to_numpy())["component"]
    means = found.table.query("group == 'component' and statistic == 'eigenvalue_random_mean'")["estimate"].to_numpy()
    assert found.by_mean["component"] == next(i for i in range(8) if observed[i] <= means[i])
