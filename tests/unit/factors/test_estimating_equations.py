"""What the equations collect: by derivatives of the reproduced matrix, put together one by one."""

import numpy as np
import pytest

from psychometrics.factors.standard_errors.estimating_equations import Layout, collected, information, score, weighted

P, K = 26, 4  # 136 parameters: more than are taken at once


@pytest.fixture
def theta():
    rng = np.random.default_rng(3)
    pattern = rng.uniform(-0.3, 0.7, (P, K))
    layout = Layout(P, K, oblique=True)
    return layout, layout.pack(pattern, 0.3 + 0.7 * np.eye(K), rng.uniform(0.3, 0.8, P))


def derivatives(layout, theta):
    """Of the reproduced matrix, (q, p, p), by the complex step."""
    return np.imag(layout.reproduced(theta + 1e-30j * np.eye(len(theta)))) / 1e-30


@pytest.mark.parametrize("estimator", ["minres", "ml", "dwls"])
def test_information_by_every_pair_of_derivatives(theta, estimator):
    layout, theta = theta
    weights = None
    if estimator == "dwls":
        weights = np.random.default_rng(1).uniform(0.5, 2, (P, P))
        weights = weights + weights.T
    slopes = derivatives(layout, theta)
    got = information(layout, theta, estimator, weights)
    inverse = np.linalg.inv(layout.reproduced(theta))
    for a in (0, 1, 60, 104, 107, 109, 110, 135):  # loadings, correlations of factors, uniquenesses
        change = weighted(estimator, layout.reproduced(theta), slopes[a], weights)
        if estimator == "ml":
            np.testing.assert_allclose(change, inverse @ slopes[a] @ inverse, atol=1e-12)
        wanted = [np.sum(change * slope) for slope in slopes]
        np.testing.assert_allclose(got[a], wanted, atol=1e-11)
        np.testing.assert_allclose(got[:, a], wanted, atol=1e-11)
        np.testing.assert_allclose(collected(layout, theta, change), wanted, atol=1e-11)


def test_score_is_the_slope_of_the_discrepancy(theta):
    layout, theta = theta
    matrix = np.eye(P)
    wanted = [
        0.5 * np.imag(np.sum((layout.reproduced(theta + 1e-30j * step) - matrix) ** 2)) / 1e-30
        for step in np.eye(len(theta))
    ]
    np.testing.assert_allclose(score(layout, theta, matrix, "minres", None), wanted, atol=1e-11)
