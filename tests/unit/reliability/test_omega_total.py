"""One-factor minres: exact recovery, the optimum of its own objective, and what has no solution."""

import numpy as np
import pytest
from scipy.optimize import minimize

from psychometrics.reliability.omega_total import omega_total, omega_total_standardized, one_factor_minres


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


def test_no_finite_solution_is_missing():
    # the product of the three correlations is negative: no real loadings reproduce it, and least squares runs away
    matrix = np.array([[1, 0.5, 0.4], [0.5, 1, -0.3], [0.4, -0.3, 1]])
    assert np.isnan(one_factor_minres(matrix)).all()


def test_omega_by_hand():
    loadings, sd = np.array([0.8, 0.6]), np.array([1.0, 2.0])
    # common (0.8 + 1.2)^2 = 4; unique 1 x 0.36 + 4 x 0.64 = 2.92
    assert omega_total(loadings, sd) == pytest.approx(4 / 6.92)
    # unique 0.36 + 0.64 = 1 over the observed 2 + 2 x 0.5 = 3
    assert omega_total_standardized(loadings, np.array([[1, 0.5], [0.5, 1]])) == pytest.approx(2 / 3)


def test_the_two_omegas_meet_where_the_model_fits():
    loadings = np.array([0.9, 0.7, 0.5])
    assert omega_total(loadings, np.ones(3)) == pytest.approx(omega_total_standardized(loadings, implied(loadings)))
