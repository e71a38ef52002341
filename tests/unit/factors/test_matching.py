"""The assignment problem, against another solver and by hand."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from psychometrics.factors.matching import best_matching


def test_agrees_with_the_dense_solver():
    rng = np.random.default_rng(3)
    for shape in [(1, 1), (2, 2), (3, 5), (6, 6), (8, 9)] * 20:
        cost = rng.normal(size=shape)
        np.testing.assert_array_equal(best_matching(cost), linear_sum_assignment(cost)[1])


def test_costs_of_zero_are_costs():
    """Rows 1 and 2 both want column 1; giving it to row 2 costs 0 + 0."""
    np.testing.assert_array_equal(
        best_matching(np.array([[-1.0, 0.0, 3.0], [-5.0, 0.0, 3.0], [9.0, 9.0, 0.0]])), [1, 0, 2]
    )
