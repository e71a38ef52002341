"""Omega total by hand, from one factor that fits and from one that does not, and of a Heywood case."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.minres import one_factor_minres
from psychometrics.factors.solution import fit_solution
from psychometrics.reliability.omega_total import omega_total, omega_total_standardized


def test_omega_by_hand():
    loadings, sd = np.array([0.8, 0.6]), np.array([1.0, 2.0])
    # common (0.8 + 1.2)^2 = 4; unique 1 x 0.36 + 4 x 0.64 = 2.92
    assert omega_total(loadings, sd) == pytest.approx(4 / 6.92)
    # unique 0.36 + 0.64 = 1 over the observed 2 + 2 x 0.5 = 3
    assert omega_total_standardized(loadings, np.array([[1, 0.5], [0.5, 1]])) == pytest.approx(2 / 3)


def test_the_two_omegas_meet_where_the_model_fits():
    loadings = np.array([0.9, 0.7, 0.5])
    model = np.outer(loadings, loadings) + np.diag(1 - loadings**2)
    assert omega_total(loadings, np.ones(3)) == pytest.approx(omega_total_standardized(loadings, model))


def test_omega_of_a_heywood_case_is_that_of_the_factor_solution_of_the_same_items():
    # r12 r13 / r23 = 1.2: without a bound the first loading would be above 1 and its unique variance negative
    matrix = pd.DataFrame([[1, 0.6, 0.6], [0.6, 1, 0.3], [0.6, 0.3, 1]], index=list("abc"), columns=list("abc"))
    solution = fit_solution(matrix, 100, 1)
    loadings, uniqueness = solution.pattern["F1"].to_numpy(), solution.uniqueness.to_numpy()
    assert uniqueness[0] == pytest.approx(0.005)
    wanted = loadings.sum() ** 2 / (loadings.sum() ** 2 + uniqueness.sum())
    # both searches stop at a slope of 1e-7 or less
    assert omega_total(one_factor_minres(matrix), np.ones(3)) == pytest.approx(wanted, abs=1e-6)
