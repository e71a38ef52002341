"""Extraction: the discrepancy as a loop, its derivatives, known populations, and what cannot be extracted."""

import numpy as np
import pytest

from psychometrics.factors.discrepancy import least_squares, likelihood
from psychometrics.factors.extraction import degrees_of_freedom, extract_factors


def population(p=12, k=3, seed=0):
    """Loadings, uniquenesses and the correlations they imply exactly."""
    rng = np.random.default_rng(seed)
    loadings = np.where(np.arange(p)[:, None] % k == np.arange(k), 0.7, 0.1) + rng.uniform(-0.1, 0.1, (p, k))
    matrix = loadings @ loadings.T
    uniqueness = 1 - np.diag(matrix)
    return loadings, uniqueness, matrix + np.diag(uniqueness)


@pytest.fixture
def sample():
    """Correlations of 200 people: the model fits, but not exactly."""
    rng = np.random.default_rng(3)
    loadings, uniqueness, _ = population()
    people = rng.normal(size=(200, 3)) @ loadings.T + rng.normal(size=(200, 12)) * np.sqrt(uniqueness)
    return np.corrcoef(people, rowvar=False)


def squared_residuals(matrix, loadings):
    p = len(matrix)
    total = 0.0
    for i in range(p):
        for j in range(i):
            total += (matrix[i][j] - sum(a * b for a, b in zip(loadings[i], loadings[j], strict=True))) ** 2
    return total


@pytest.mark.parametrize("method", ["minres", "pa"])
def test_objective_is_the_sum_of_squared_residuals(sample, method):
    got = extract_factors(sample, 3, method=method)
    assert got.objective == pytest.approx(squared_residuals(sample.tolist(), got.loadings.tolist()), abs=1e-10)


def test_objective_of_maximum_likelihood(sample):
    got = extract_factors(sample, 3, method="ml")
    model = got.loadings @ got.loadings.T + np.diag(got.uniqueness)
    value = np.log(np.linalg.det(model)) - np.log(np.linalg.det(sample)) + np.trace(sample @ np.linalg.inv(model)) - 12
    assert got.objective == pytest.approx(value, abs=1e-10)


@pytest.mark.parametrize("function", [least_squares, likelihood])
def test_derivatives(sample, function):
    batch = function(sample[None], 3)

    def at(x):
        return batch(x[None], np.array([0]))

    x = np.linspace(0.3, 0.7, 12) if function is least_squares else np.log(np.linspace(0.3, 0.7, 12))
    found = at(x)
    step = 1e-5 * np.eye(12)
    slope = [(at(x + h).value[0] - at(x - h).value[0]) / 2e-5 for h in step]
    np.testing.assert_allclose(found.gradient[0], slope, atol=1e-7)
    curvature = [(at(x + h).gradient[0] - at(x - h).gradient[0]) / 2e-5 for h in step]
    np.testing.assert_allclose(sum(found.second_derivatives(np.array([True])))[0], curvature, atol=1e-6)


@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_recovers_a_population(method):
    loadings, uniqueness, matrix = population()
    got = extract_factors(matrix, 3, method=method)
    assert got.converged and got.notes == ()
    np.testing.assert_allclose(got.uniqueness, uniqueness, atol=1e-6)
    np.testing.assert_allclose(got.loadings @ got.loadings.T, loadings @ loadings.T, atol=1e-6)


@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_three_items_by_hand(method):
    # one factor of three items fits exactly: loading 1 is sqrt(r12 r13 / r23) = sqrt(.56 .48 / .42) = .8, and so on
    matrix = np.array([[1, 0.56, 0.48], [0.56, 1, 0.42], [0.48, 0.42, 1]])
    got = extract_factors(matrix, 1, method=method)
    np.testing.assert_allclose(got.loadings[:, 0], [0.8, 0.7, 0.6], atol=1e-6)


def test_no_other_uniqueness_is_better(sample):
    got = extract_factors(sample, 3)
    others = np.clip(got.uniqueness + np.random.default_rng(0).normal(scale=0.02, size=(200, 12)), 0.005, 1)
    batch = np.repeat(sample[None], 200, axis=0)
    assert (least_squares(batch, 3)(others, np.arange(200)).value >= got.objective).all()


@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_order_of_items_does_not_matter(sample, method):
    order = np.random.default_rng(0).permutation(12)
    one = extract_factors(sample, 3, method=method)
    other = extract_factors(sample[np.ix_(order, order)], 3, method=method)
    np.testing.assert_allclose(other.loadings, one.loadings[order], atol=1e-6)


def test_start_does_not_matter(sample):
    one, other = extract_factors(sample, 3), extract_factors(sample, 3, start=np.full(12, 0.9))
    np.testing.assert_allclose(other.loadings, one.loadings, atol=1e-7)


@pytest.mark.parametrize("method", ["minres", "ml"])
def test_heywood_case_is_told(method):
    # .9 * .9 / .5 = 1.62 would be the communality of the first item
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]])
    got = extract_factors(matrix, 1, method=method, labels=["a", "b", "c"])
    assert got.converged and got.heywood == (0,)
    assert got.uniqueness[0] == pytest.approx(0.005)
    assert got.notes == ("Heywood case: uniqueness at the bound 0.005 for a",)


def test_principal_axis_tells_of_a_communality_above_one():
    matrix = np.array([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]])
    assert "Heywood case: uniqueness at or below 0 for 1" in extract_factors(matrix, 1, method="pa").notes[0]


def test_least_squares_takes_a_matrix_that_is_not_positive_definite():
    _, _, matrix = population()
    matrix[0, 1] = matrix[1, 0] = -0.9
    assert np.linalg.eigvalsh(matrix)[0] < 0
    assert np.isfinite(extract_factors(matrix, 3).loadings).all()
    with pytest.raises(ValueError, match="positive definite"):
        extract_factors(matrix, 3, method="ml")


def test_degrees_of_freedom():
    assert [degrees_of_freedom(p, k) for p, k in [(12, 3), (6, 3), (5, 3), (79, 6)]] == [33, 0, -2, 2622]


@pytest.mark.parametrize(
    ("matrix", "k", "method", "reason"),
    [
        (np.eye(5), 3, "minres", "3 factors of 5 items"),
        (np.eye(5), 0, "minres", "0 factors"),
        (np.eye(5), 1, "pca", "choose one of minres"),
        (np.full((3, 3), np.nan), 1, "minres", "missing values"),
        (np.ones((2, 3)), 1, "minres", "square"),
        (2 * np.eye(4), 1, "minres", "ones on the diagonal"),
    ],
)
def test_bad_arguments(matrix, k, method, reason):
    with pytest.raises(ValueError, match=reason):
        extract_factors(matrix, k, method=method)


@pytest.mark.parametrize("method", ["ml", "minres", "pa"])
def test_a_factor_too_many_of_an_exactly_fitting_matrix(method):
    """The third factor has nothing to explain; kept and discarded eigenvalues are equal."""
    loadings = np.zeros((9, 2))
    loadings[:5, 0], loadings[5:, 1] = 0.7, 0.6
    matrix = loadings @ loadings.T
    np.fill_diagonal(matrix, 1)
    found = extract_factors(matrix, 3, method=method).loadings
    reproduced = found @ found.T
    off = ~np.eye(9, dtype=bool)
    assert np.abs(reproduced - matrix)[off].max() < 1e-3
