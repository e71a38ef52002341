"""Refitting a solution from other weights of the people."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.bootstrap import CommonFactorRule, refit, resample_solution
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import fit_solution
from psychometrics.resampling.weights import resample_weights


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


@pytest.mark.parametrize(
    ("k", "rotation", "markers"),
    [
        (2, "oblimin", None),
        (3, "oblimin", ["a", "e"]),
        (2, "varimax", None),
        (3, "bifactor_t", None),
        (1, "none", None),
    ],
)
def test_what_follows_from_a_resample_is_what_follows_from_its_solution(answers, k, rotation, markers):
    """All resamples at once against the formulas for one solution, in five draws."""
    correlator = Correlator(answers)
    solution = fit_solution(correlator().matrix, 200, k, rotation=rotation)
    instruments = pd.Series(list("xxyyxyzz"), index=list(answers))
    rule = CommonFactorRule(instruments, 0.4, 0.05, markers)
    units = np.arange(200)
    drawn = resample_solution(correlator, units, solution, rule, first_draw=0, n_draws=5, seed=3)
    used = 0
    for draw, weights in enumerate(resample_weights(units, 0, 5, seed=3)):
        again = refit(correlator, weights, solution)
        assert drawn["failed"][draw] == (again is None)
        if again is None:
            continue
        used += 1
        pattern, phi, uniqueness, _, matrix = again
        whole = replace(
            solution,
            pattern=pd.DataFrame(pattern, solution.pattern.index, solution.pattern.columns),
            phi=pd.DataFrame(phi, solution.phi.index, solution.phi.columns),
            uniqueness=pd.Series(uniqueness, solution.uniqueness.index),
        )
        sl = general_factor_of(whole)
        found = rule.find(whole, None if sl is None else sl.general)
        # the same sums in another order
        close = {"rtol": 0, "atol": 1e-12}
        np.testing.assert_allclose(drawn["communality"][draw], whole.communality, **close)
        np.testing.assert_allclose(drawn["breadth"][draw], found.table["estimate"], **close)
        assert drawn["chosen"][draw] == (-1 if found.name is None else whole.labels.index(found.name))
        if sl is None:
            assert drawn["indices"].shape == (5, 0)
            continue
        np.testing.assert_allclose(drawn["general"][draw], sl.general, **close)
        np.testing.assert_allclose(drawn["group"][draw], sl.group, **close)
        np.testing.assert_allclose(drawn["second_order"][draw], sl.second_order_loadings, **close)
        indices = general_factor_indices(sl, instruments, correlations=matrix)["estimate"]
        np.testing.assert_allclose(drawn["indices"][draw], indices, **close)
    assert used
