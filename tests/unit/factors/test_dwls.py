"""Diagonally weighted least squares: its derivatives, its minimum by a slow search, bounds, and several starts."""

import numpy as np
import pytest
from scipy.optimize import minimize

from psychometrics.factors.dwls import _discrepancy, _second_derivatives
from psychometrics.factors.extraction import extract_factors


@pytest.fixture
def sample():
    """Correlations of 150 people to eight items with two factors, and weights that differ tenfold."""
    rng = np.random.default_rng(3)
    people = rng.normal(size=(150, 2))[:, [0] * 4 + [1] * 4] + rng.normal(size=(150, 8))
    weights = rng.uniform(0.2, 2, (8, 8))
    return np.corrcoef(people, rowvar=False), weights + weights.T


def slow_discrepancy(matrix, weights, loadings):
    total = 0.0
    for i in range(len(matrix)):
        for j in range(i):
            total += weights[i, j] * (matrix[i, j] - loadings[i] @ loadings[j]) ** 2
    return total


def test_objective_is_the_weighted_sum_of_squared_residuals(sample):
    got = extract_factors(sample[0], 2, method="dwls", weights=sample[1])
    assert got.converged and got.notes == ()
    assert got.objective == pytest.approx(slow_discrepancy(*sample, got.loadings), rel=1e-10)


def test_minimum_is_that_of_a_slow_search(sample):
    got = extract_factors(sample[0], 2, method="dwls", weights=sample[1])
    start = np.random.default_rng(0).normal(size=16)
    slow = minimize(lambda x: slow_discrepancy(*sample, x.reshape(8, 2)), start, method="BFGS", tol=1e-10)
    assert got.objective == pytest.approx(slow.fun, abs=1e-8)
    wanted = slow.x.reshape(8, 2)
    np.testing.assert_allclose(got.loadings @ got.loadings.T, wanted @ wanted.T, atol=1e-4)


def test_derivatives(sample):
    matrix, weights = sample
    weights = weights * (1 - np.eye(8))
    x = np.random.default_rng(1).uniform(-0.7, 0.7, (8, 2))

    def at(loadings):
        value, residual = _discrepancy(matrix, weights, loadings)
        return value, -2 * (weights * residual) @ loadings, residual

    step = 1e-5 * np.eye(16).reshape(16, 8, 2)
    _, gradient, residual = at(x)
    slope = [(at(x + h)[0] - at(x - h)[0]) / 2e-5 for h in step]
    np.testing.assert_allclose(gradient.ravel(), slope, atol=1e-7)
    curvature = [(at(x + h)[1] - at(x - h)[1]).ravel() / 2e-5 for h in step]
    free = np.zeros((8, 2))
    np.testing.assert_allclose(_second_derivatives(weights, residual, x, free[:, 0], free), curvature, atol=1e-6)


def test_equal_weights_are_minres(sample):
    got = extract_factors(sample[0], 2, method="dwls", weights=np.full((8, 8), 3.0))
    minres = extract_factors(sample[0], 2)
    np.testing.assert_allclose(got.loadings, minres.loadings, atol=1e-6)
    assert got.objective == pytest.approx(3 * minres.objective, rel=1e-8)


def test_unit_of_the_weights_does_not_matter(sample):
    one, other = (extract_factors(sample[0], 2, method="dwls", weights=c * sample[1]) for c in (1, 1e4))
    np.testing.assert_allclose(other.loadings, one.loadings, atol=1e-7)


def test_order_of_items_does_not_matter(sample):
    order = np.random.default_rng(0).permutation(8)
    one = extract_factors(sample[0], 2, method="dwls", weights=sample[1])
    other = extract_factors(
        *(square[np.ix_(order, order)] for square in sample[:1]),
        2,
        method="dwls",
        weights=sample[1][np.ix_(order, order)],
    )
    np.testing.assert_allclose(other.loadings, one.loadings[order], atol=1e-6)


def test_a_pair_without_weight_is_left_out(sample):
    matrix, weights = sample[0].copy(), sample[1].copy()
    weights[0, 1] = weights[1, 0] = 0
    one = extract_factors(matrix, 2, method="dwls", weights=weights)
    matrix[0, 1] = matrix[1, 0] = -0.5
    other = extract_factors(matrix, 2, method="dwls", weights=weights)
    np.testing.assert_allclose(other.loadings @ other.loadings.T, one.loadings @ one.loadings.T, atol=1e-6)


@pytest.mark.parametrize(("k", "improper"), [(1, (0,)), (2, (0, 3))])
def test_heywood_case_is_held_at_the_bound(k, improper):
    matrix = np.array(
        [
            [1, 0.9, 0.9, 0.2, 0.3],
            [0.9, 1, 0.7, 0.3, 0.2],
            [0.9, 0.7, 1, 0.2, 0.2],
            [0.2, 0.3, 0.2, 1, 0.5],
            [0.3, 0.2, 0.2, 0.5, 1],
        ]
    )
    weights = np.random.default_rng(1).uniform(0.5, 1.5, (5, 5))
    weights = weights + weights.T
    got = extract_factors(matrix, k, method="dwls", weights=weights, labels=list("abcde"))
    assert got.converged and got.heywood == improper
    assert got.uniqueness[list(improper)] == pytest.approx(0.005)
    assert got.notes == (f"Heywood case: uniqueness at the bound 0.005 for {', '.join('abcde'[i] for i in improper)}",)
    inside = {"type": "ineq", "fun": lambda x: 0.995 - np.sum(x.reshape(5, k) ** 2, axis=1)}
    found = []
    for seed in range(5):
        start = np.random.default_rng(seed).normal(size=5 * k)
        found.append(
            minimize(
                lambda x: slow_discrepancy(matrix, weights, x.reshape(5, k)),
                start,
                method="SLSQP",
                constraints=[inside],
                options={"maxiter": 500, "ftol": 1e-12},
            ).fun
        )
    assert got.objective == pytest.approx(min(found), abs=1e-7)


@pytest.mark.parametrize("method", ["minres", "dwls"])
def test_several_starts_find_a_lower_minimum_and_tell(method):
    # twenty people, no structure: the search from squared multiple correlations ends in a local minimum
    matrix = np.corrcoef(np.random.default_rng(4).normal(size=(20, 7)), rowvar=False)
    weights = np.ones((7, 7)) if method == "dwls" else None
    one = extract_factors(matrix, 2, method=method, weights=weights)
    ten = extract_factors(matrix, 2, method=method, weights=weights, starts=10, seed=1)
    assert ten.objective < one.objective - 0.005
    assert (ten.starts, ten.starts_at_best) == (10, 3)
    assert "3 of 10 starts of the extraction reached the lowest discrepancy" in ten.notes
    assert (one.starts, one.starts_at_best) == (1, 1)


def test_starts_that_agree_change_nothing(sample):
    one, many = (extract_factors(sample[0], 2, starts=starts, seed=5) for starts in (1, 8))
    np.testing.assert_array_equal(one.loadings, many.loadings)
    assert many.starts_at_best == 8 and many.notes == ()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (dict(method="dwls"), "needs the weights"),
        (dict(method="dwls", weights=np.ones((7, 7))), "symmetric matrix of 8 by 8"),
        (dict(method="dwls", weights=np.full((8, 8), np.nan)), "symmetric|finite"),
        (dict(method="dwls", weights=-np.ones((8, 8))), "finite and not negative"),
        (dict(method="minres", weights=np.ones((8, 8))), "weights are for extraction by dwls, not minres"),
        (dict(starts=0), "at least one start"),
    ],
)
def test_bad_arguments(sample, arguments, reason):
    with pytest.raises(ValueError, match=reason):
        extract_factors(sample[0], 2, **arguments)
