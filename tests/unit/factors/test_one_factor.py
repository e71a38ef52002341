"""The test of one factor against several, and intervals that reach to what one factor makes of an index."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.one_factor import UNDER_ONE_FACTOR, p_one_factor, reaching_to_one_factor


def moments_of(matrix: np.ndarray, n: int = 200, draws: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Correlations of a sample of normal answers, and covariances of its resamples in units of its deviations."""
    rng = np.random.default_rng(4)
    answers = rng.multivariate_normal(np.zeros(len(matrix)), matrix, size=n)
    answers = (answers - answers.mean(axis=0)) / answers.std(axis=0, ddof=1)
    drawn = np.array([np.cov(answers[rng.integers(0, n, n)].T) for _ in range(draws)])
    return np.corrcoef(answers.T), drawn


def population(between: float) -> np.ndarray:
    """Six items that load .7 on two factors."""
    phi = np.array([[1, between], [between, 1]])
    pattern = np.kron(np.eye(2), np.full((3, 1), 0.7))
    matrix = pattern @ phi @ pattern.T
    np.fill_diagonal(matrix, 1.0)
    return matrix


def test_one_factor_is_rejected_where_there_are_two_and_not_where_there_is_one():
    assert p_one_factor(*moments_of(population(1.0))) > 0.05
    assert p_one_factor(*moments_of(population(0.3))) == pytest.approx(1 / 61)  # the smallest that 60 resamples give


def test_correlations_that_nobody_s_answers_have_are_not_tested():
    matrix, drawn = moments_of(population(0.3))
    matrix[:2] = matrix[:, :2] = 1.0
    assert p_one_factor(matrix, drawn) == 0


def test_intervals_reach_to_the_edge_only_where_one_factor_is_not_rejected():
    names = [*UNDER_ONE_FACTOR, "omega_hierarchical", "ecv"]
    rows = pd.DataFrame({"statistic": names, "lower": 0.3, "upper": 0.6, "note": ""})
    rows.loc[len(rows) - 1, ["lower", "upper"]] = np.nan
    pd.testing.assert_frame_equal(reaching_to_one_factor(rows, 0.05), rows)
    found = reaching_to_one_factor(rows, 0.06)
    assert found["upper"][:3].tolist() == [1, 1, 1] and found["lower"][3:5].tolist() == [0, 0]
    pd.testing.assert_frame_equal(found.iloc[5:], rows.iloc[5:])
    said = "one factor fits as well (p = 0.06): the interval reaches to "
    assert found["note"][0] == f"{said}1; interval wider than is of use"
    assert found["note"][3] == f"{said}0; interval wider than is of use"  # 0 to .6 is more than half of the range
