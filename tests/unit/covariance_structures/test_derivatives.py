"""Derivatives against differences of what they are derivatives of."""

import numpy as np
import pytest

from psychometrics.covariance_structures import normal_likelihood
from psychometrics.covariance_structures.moments import group_structures
from psychometrics.covariance_structures.normal_likelihood import NormalLikelihood
from psychometrics.covariance_structures.ordinal_moments import OrdinalMoments
from psychometrics.covariance_structures.parameter_table import parameter_table
from psychometrics.covariance_structures.parameters import Options
from psychometrics.covariance_structures.syntax import parse_model
from psychometrics.covariance_structures.weighted_least_squares import OrdinalStructure, WeightedLeastSquares

MODEL = "f =~ x1 + a*x2 + a*x3; g =~ x4 + x5 + x6; g ~ f; x6 ~ x1; x2 ~~ x5; f ~ 1; x1 ~ 0*1"


def slopes(function, parameters, step=1e-5):
    moves = step * np.eye(len(parameters))
    return np.array([(function(parameters + move) - function(parameters - move)) / (2 * step) for move in moves])


@pytest.fixture
def likelihood():
    rng = np.random.default_rng(3)
    table = parameter_table(parse_model(MODEL), Options(groups=2, means=True, equal=("loadings",)))
    values = [rng.normal(size=(40, 6)), rng.normal(size=(30, 6))]
    values[1][rng.random((30, 6)) < 0.2] = np.nan
    likelihood = NormalLikelihood(group_structures(table), values, True)
    return likelihood, 0.7 + 0.2 * rng.random(table.n_free)


def test_gradient_of_the_likelihood(likelihood):
    function, parameters = likelihood
    gradient = function.gradient(parameters)
    np.testing.assert_allclose(gradient, slopes(function.value, parameters), atol=1e-5)
    np.testing.assert_allclose(-sum(part.sum(axis=0) for part in function.scores(parameters)), gradient, atol=1e-9)


def test_observed_information(likelihood):
    function, parameters = likelihood
    wanted = slopes(function.gradient, parameters)
    np.testing.assert_allclose(function.observed_information(parameters), wanted, atol=1e-5)


def test_information_of_many_patterns_is_that_of_each_by_itself(monkeypatch):
    table = parameter_table(parse_model(MODEL), Options(means=True))
    rng = np.random.default_rng(7)
    values = rng.normal(size=(300, 6))
    values[rng.random((300, 6)) < 0.3] = np.nan
    structures, parameters = group_structures(table), 0.7 + 0.2 * rng.random(table.n_free)
    together = NormalLikelihood(structures, [values], True)
    monkeypatch.setattr(normal_likelihood, "AT_ONCE", 100)  # batches of two patterns
    monkeypatch.setattr(normal_likelihood, "LARGEST", 0)  # each pattern by itself
    alone = NormalLikelihood(structures, [values], True)
    found = alone.value(parameters), alone.observed_information(parameters), alone.expected_information(parameters)
    monkeypatch.undo()
    assert together.value(parameters) == pytest.approx(found[0], rel=1e-12)
    np.testing.assert_allclose(together.observed_information(parameters), found[1], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(together.expected_information(parameters), found[2], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(found[1], slopes(together.gradient, parameters), atol=1e-4)


def test_expected_information_is_the_observed_one_at_the_models_moments():
    table = parameter_table(parse_model("f =~ x1 + x2 + x3; f ~ x4"), Options(means=True, fixed_x=False))
    structures = group_structures(table)
    parameters = 0.7 + 0.2 * np.random.default_rng(4).random(table.n_free)
    implied = structures[0].at(parameters)
    noise = np.random.default_rng(5).normal(size=(50, 4))
    noise -= noise.mean(axis=0)
    noise = np.linalg.solve(np.linalg.cholesky(noise.T @ noise / 50), noise.T).T
    values = implied.mu + noise @ np.linalg.cholesky(implied.sigma).T
    function = NormalLikelihood(structures, [values], True)
    np.testing.assert_allclose(function.gradient(parameters), 0, atol=1e-9)
    np.testing.assert_allclose(
        function.observed_information(parameters), function.expected_information(parameters), atol=1e-8
    )


@pytest.mark.parametrize("parameterization", ["delta", "theta"])
def test_gradient_of_weighted_least_squares(parameterization):
    rng = np.random.default_rng(6)
    names = [f"x{j}" for j in range(1, 7)]
    options = Options(
        groups=2,
        means=True,
        categories=dict.fromkeys(names, 3),
        parameterization=parameterization,
        equal=("loadings", "thresholds"),
    )
    table = parameter_table(parse_model("f =~ x1 + x2 + x3; g =~ x4 + x5 + x6; x1 ~~ x4"), options)
    item, number = np.divmod(np.arange(12), 2)
    samples = [
        OrdinalMoments(50, rng.normal(size=(6, 2)), np.eye(6), item, number, np.empty((0, 27)), 1 + rng.random(27))
        for _ in range(2)
    ]
    structures = group_structures(table)
    groups = [
        OrdinalStructure(structure, table, group, sample)
        for group, (structure, sample) in enumerate(zip(structures, samples, strict=True))
    ]
    function = WeightedLeastSquares(groups)
    parameters = 0.5 + 0.3 * rng.random(table.n_free)
    np.testing.assert_allclose(function.gradient(parameters), slopes(function.value, parameters), atol=1e-6)
    jacobian = slopes(lambda x: np.concatenate([group.residual(x) for group in groups]), parameters)
    weights = np.concatenate([49 * sample.weights for sample in samples])
    np.testing.assert_allclose(function.information(parameters), (jacobian * weights) @ jacobian.T, atol=1e-6)
