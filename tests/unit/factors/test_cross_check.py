"""The witness agrees with sound solutions and protests against a wrong one."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.cross_check import witness_difference
from psychometrics.factors.solution import fit_solution


@pytest.fixture
def matrix():
    """Three factors, unequal in size so that the order after rotation differs from that before."""
    rng = np.random.default_rng(12)
    phi = [[1, 0.4, 0.2], [0.4, 1, -0.3], [0.2, -0.3, 1]]
    factors = rng.multivariate_normal([0, 0, 0], phi, size=300)
    people = factors[:, [0] * 3 + [1] * 5 + [2] * 4] + rng.normal(size=(300, 12))
    return pd.DataFrame(people, columns=[f"i{j:02d}" for j in range(12)]).corr()


@pytest.mark.parametrize("rotation", ["oblimin", "varimax", "quartimax", "geomin_q", "geomin_t", "none"])
@pytest.mark.parametrize("extraction", ["minres", "ml"])
def test_agrees(matrix, rotation, extraction):
    rows = witness_difference(matrix, fit_solution(matrix, 300, 3, extraction=extraction, rotation=rotation))
    assert (rows["estimate"] < 1e-3).all() and (rows["note"] == "").all()


def test_one_factor(matrix):
    assert (witness_difference(matrix, fit_solution(matrix, 300, 1))["estimate"] < 1e-3).all()


def test_protests_against_factor_correlations_in_the_wrong_order(matrix):
    solution = fit_solution(matrix, 300, 3)
    wrong = solution.phi.iloc[[1, 0, 2], [1, 0, 2]].set_axis(solution.labels).set_axis(solution.labels, axis=1)
    rows = witness_difference(matrix, replace(solution, phi=wrong))
    assert rows["note"].str.startswith("THE WITNESS DISAGREES").all()


def test_a_rotation_it_does_not_know_is_told(matrix):
    rows = witness_difference(matrix, fit_solution(matrix, 300, 3, rotation="bifactor_t")).set_index("statistic")
    assert rows.estimate["witness_largest_difference_reproduced"] < 1e-3
    assert np.isnan(rows.estimate["witness_largest_difference"])
    assert "no bifactor_t rotation" in rows.note["witness_largest_difference"]
