"""Minres of many matrices is that of each alone; sweeps for one factor end at the same minimum under the same bound."""

import numpy as np
import pytest
from scipy.optimize import minimize

from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.minres import heywood_cases, minres, one_factor_minres, uniquenesses


def test_minres_is_that_of_each_matrix(stack):
    start = extract_factors(stack.mean(axis=0), 3).uniqueness
    loadings, uniqueness, *_ = minres(stack, 3, start)
    single = [extract_factors(matrix, 3, start=start) for matrix in stack]
    assert any(found.heywood for found in single)
    # both stop at a small gradient; along flat directions the uniquenesses agree less than the discrepancy does
    np.testing.assert_allclose(uniqueness, [found.uniqueness for found in single], atol=1e-4)
    common = [found.loadings @ found.loadings.T for found in single]
    np.testing.assert_allclose(loadings @ loadings.mT, common, atol=1e-4)


def test_one_factor(stack):
    loadings = minres(stack, 1, np.full(12, 0.5)).loadings
    for own, matrix in zip(loadings[:, :, 0], stack, strict=True):
        np.testing.assert_allclose(np.abs(own), np.abs(extract_factors(matrix, 1).loadings[:, 0]), atol=1e-6)


def test_an_undefined_matrix_is_missing_and_leaves_the_others_alone(stack):
    spoilt = stack[:3].copy()
    spoilt[1, 0, 1] = np.nan
    loadings, uniqueness, _, converged, _ = minres(spoilt, 3, np.full(12, 0.5))
    assert np.isnan(loadings[1]).all() and np.isnan(uniqueness[1]).all()
    assert np.isfinite(loadings[[0, 2]]).all() and converged.tolist() == [True, False, True]


def implied(loadings):
    matrix = np.outer(loadings, loadings)
    np.fill_diagonal(matrix, 1)
    return matrix


@pytest.fixture
def correlation():
    rng = np.random.default_rng(5)
    return np.corrcoef(rng.normal(size=(60, 1)) * [1, 0.8, 0.5, 0.3, -0.6] + rng.normal(size=(60, 5)), rowvar=False)


def test_recovers_loadings_that_fit_exactly():
    loadings = np.array([0.9, 0.7, 0.5, 0.3, -0.2])
    np.testing.assert_allclose(one_factor_minres(implied(loadings)), loadings, atol=1e-9)


def test_three_items_have_a_closed_form():
    r12, r13, r23 = 0.5, 0.4, 0.3
    matrix = np.array([[1, r12, r13], [r12, 1, r23], [r13, r23, 1]])
    expected = np.sqrt([r12 * r13 / r23, r12 * r23 / r13, r13 * r23 / r12])
    np.testing.assert_allclose(one_factor_minres(matrix), expected, atol=1e-8)


def test_is_the_least_squares_optimum(correlation):
    def residual(loadings):
        return sum((correlation[i, j] - loadings[i] * loadings[j]) ** 2 for i in range(5) for j in range(i))

    best = min(
        (minimize(residual, start, tol=1e-14) for start in np.random.default_rng(1).normal(size=(20, 5))),
        key=lambda found: found.fun,
    )
    found = one_factor_minres(correlation)
    assert residual(found) <= best.fun + 1e-12
    np.testing.assert_allclose(np.abs(found), np.abs(best.x), atol=1e-4)  # finite-difference gradients


def test_a_stack_gives_the_solutions_of_its_members(correlation):
    stack = np.stack([correlation, implied(np.array([0.8, 0.7, 0.6, 0.5, 0.4])), np.full((5, 5), np.nan)])
    together = one_factor_minres(stack)
    for one, matrix in zip(together[:2], stack[:2], strict=True):
        np.testing.assert_allclose(one, one_factor_minres(matrix), atol=1e-9)
    assert np.isnan(together[2]).all()


def test_order_of_items_does_not_matter(correlation):
    order = [3, 0, 4, 1, 2]
    found = one_factor_minres(correlation[np.ix_(order, order)])
    np.testing.assert_allclose(found, one_factor_minres(correlation)[order], atol=1e-8)


def small_samples(p, n):
    """Correlations of p items in 300 resamples of a small sample, many with Heywood cases."""
    rng = np.random.default_rng(11)
    answers = 0.6 * rng.normal(size=(n, 1)) + 0.8 * rng.normal(size=(n, p))
    return np.array([np.corrcoef(answers[rng.integers(n, size=n)], rowvar=False) for _ in range(300)])


@pytest.mark.parametrize("p", [3, 4, 6])
def test_sweeps_and_newton_share_one_minimum_also_with_heywood_cases(p):
    matrices = small_samples(p, 20)
    swept = one_factor_minres(matrices)
    found = minres(matrices, 1, np.full(p, 0.5))
    improper = heywood_cases(swept).any(axis=1)
    assert 20 < improper.sum() < 300 and found.converged.all()
    residual = matrices - swept[:, :, None] * swept[:, None, :]
    residual[:, np.arange(p), np.arange(p)] -= uniquenesses(swept)
    # sweeps end at a change of 1e-10 of a loading
    same = np.abs(0.5 * (residual**2).sum(axis=(1, 2)) - found.objective) < 1e-9
    assert same.mean() >= 0.99  # of so few people a discrepancy can have two minima
    np.testing.assert_array_equal(improper[same], (found.uniqueness <= 0.005 * (1 + 1e-8)).any(axis=1)[same])


def test_a_matrix_without_a_finite_unbounded_solution_has_a_heywood_case():
    # the product of the three correlations is negative: no real loadings reproduce it, and without a bound one runs off
    matrix = np.array([[1, 0.5, 0.4], [0.5, 1, -0.3], [0.4, -0.3, 1]])
    found = one_factor_minres(matrix)
    assert np.isfinite(found).all() and heywood_cases(found).sum() == 1
    single = extract_factors(matrix, 1, start=np.full(3, 0.5))
    np.testing.assert_allclose(found, single.loadings[:, 0], atol=1e-6)
    assert single.heywood == tuple(np.flatnonzero(heywood_cases(found)))
