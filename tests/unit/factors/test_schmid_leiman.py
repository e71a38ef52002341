"""Schmid-Leiman: hand-worked numbers, a known hierarchy."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.schmid_leiman import equal_loadings, orthogonalised, schmid_leiman
from psychometrics.factors.solution import fit_solution

GAMMA = np.array([0.8, 0.7, 0.6])


@pytest.fixture
def matrix():
    """A second-order structure, exactly: three groups of four items, factors loading .8, .7, .6 on the general one."""
    pattern = np.kron(np.eye(3), np.array([[0.8], [0.7], [0.6], [0.5]]))
    phi = np.outer(GAMMA, GAMMA)
    np.fill_diagonal(phi, 1)
    common = pattern @ phi @ pattern.T
    items = [f"i{j + 1:02d}" for j in range(12)]
    return pd.DataFrame(common + np.diag(1 - np.diag(common)), index=items, columns=items)


def test_known_hierarchy(matrix):
    sl = schmid_leiman(fit_solution(matrix, 100, 3))
    np.testing.assert_allclose(np.sort(sl.second_order_loadings)[::-1], GAMMA, atol=1e-4)
    # .8 of the item times .8, .7, .6 of its factor; the group loading is .8 sqrt(1 - .64) = .48 and so on
    np.testing.assert_allclose(sl.general[["i01", "i05", "i09"]], [0.64, 0.56, 0.48], atol=1e-4)
    assert sl.group.loc["i01"].max() == pytest.approx(0.48, abs=1e-4)
    common = np.outer(sl.general, sl.general) + sl.group.to_numpy() @ sl.group.to_numpy().T
    np.testing.assert_allclose(common + np.diag(sl.uniqueness), matrix, atol=1e-4)
    assert sl.notes == ()


def test_two_factors_load_equally_and_it_is_told(matrix):
    eight = matrix.iloc[:8, :8]
    solution = fit_solution(eight, 100, 2)
    sl = schmid_leiman(solution)
    np.testing.assert_allclose(sl.second_order_loadings, np.sqrt(0.56), atol=1e-4)
    assert "set equal" in sl.notes[0]


def test_one_or_uncorrelated_factors_have_no_general_factor(matrix):
    with pytest.raises(ValueError, match="one factor"):
        schmid_leiman(fit_solution(matrix, 100, 1))
    with pytest.raises(ValueError, match="uncorrelated"):
        schmid_leiman(fit_solution(matrix, 100, 3, rotation="varimax"))


def test_heywood_case_of_the_second_order_is_told(matrix):
    solution = fit_solution(matrix, 100, 3)
    phi = pd.DataFrame([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]], index=solution.labels, columns=solution.labels)
    sl = schmid_leiman(replace(solution, phi=phi))
    assert sl.notes[0].startswith("second order: Heywood case") and "F1" in sl.notes[0]
    assert np.isfinite(sl.group.to_numpy()).all()


def test_the_formula_by_hand_and_for_a_batch():
    pattern, gamma = np.array([[0.8, 0.0], [0.1, 0.5]]), np.array([0.6, 1.1])
    general, group = orthogonalised(pattern, gamma)
    # .8 x .6 and .1 x .6 + .5 x 1.1; sqrt(1 - .36) = .8 and nothing is left of the second factor
    np.testing.assert_allclose(general, [0.48, 0.61])
    np.testing.assert_allclose(group, [[0.64, 0], [0.08, 0]])
    batch = orthogonalised(np.stack([pattern, 2 * pattern]), np.stack([gamma, gamma]))
    np.testing.assert_allclose(batch[0], [general, 2 * general])
    np.testing.assert_allclose(batch[1], [group, 2 * group])


def test_two_factors_reproduce_their_correlation_whatever_its_sign():
    for r in (0.49, -0.49):
        gamma = equal_loadings(np.array([[1, r], [r, 1]]))
        assert gamma[0] == pytest.approx(0.7) and gamma[0] * gamma[1] == pytest.approx(r)
