"""Refitting a solution from other weights of the people."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.bootstrap import refit
from psychometrics.factors.solution import fit_solution


@pytest.fixture
def answers():
    """Two hundred people, eight items on 1-4, two factors."""
    rng = np.random.default_rng(1)
    latent = rng.normal(size=(200, 2))[:, [0] * 4 + [1] * 4] + rng.normal(size=(200, 8))
    return pd.DataFrame(np.digitize(latent, [-1, 0, 1]), columns=list("abcdefgh"))


@pytest.mark.parametrize("extraction", ["minres", "dwls"])
def test_the_same_people_give_the_same_solution(answers, extraction):
    correlator = Correlator(answers, variances=True)
    found = correlator()
    weights = diagonal_weights(found.variance, list(answers))[0] if extraction == "dwls" else None
    solution = fit_solution(found.matrix, 200, 2, extraction=extraction, weights=weights)
    pattern, phi, uniqueness, congruence, _ = refit(correlator, np.ones(200), solution)
    np.testing.assert_allclose(pattern, solution.pattern, atol=1e-5)
    np.testing.assert_allclose(phi, solution.phi, atol=1e-5)
    np.testing.assert_allclose(uniqueness, solution.uniqueness, atol=1e-6)
    np.testing.assert_allclose(congruence, 1, atol=1e-8)


def test_an_item_that_does_not_vary_leaves_no_solution(answers):
    correlator = Correlator(answers)
    solution = fit_solution(correlator().matrix, 200, 2)
    assert refit(correlator, (answers["a"] == 1).astype(int).to_numpy(), solution) is None


def test_weighted_least_squares_needs_variances(answers):
    correlator = Correlator(answers, variances=True)
    found = correlator()
    weights, _ = diagonal_weights(found.variance, list(answers))
    solution = fit_solution(found.matrix, 200, 2, extraction="dwls", weights=weights)
    with pytest.raises(ValueError, match="only with the variances of the correlations"):
        refit(Correlator(answers), np.ones(200), solution)
