"""Schmid-Leiman: hand-worked numbers, a known hierarchy, the indices as loops."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.schmid_leiman import schmid_leiman
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


@pytest.fixture
def forms(matrix):
    return pd.Series(["wai"] * 6 + ["haq"] * 6, index=matrix.index)


def test_known_hierarchy(matrix):
    sl = schmid_leiman(fit_solution(matrix, 100, 3))
    np.testing.assert_allclose(np.sort(sl.second_order_loadings)[::-1], GAMMA, atol=1e-4)
    # .8 of the item times .8, .7, .6 of its factor; the group loading is .8 sqrt(1 - .64) = .48 and so on
    np.testing.assert_allclose(sl.general[["i01", "i05", "i09"]], [0.64, 0.56, 0.48], atol=1e-4)
    assert sl.group.loc["i01"].max() == pytest.approx(0.48, abs=1e-4)
    common = np.outer(sl.general, sl.general) + sl.group.to_numpy() @ sl.group.to_numpy().T
    np.testing.assert_allclose(common + np.diag(sl.uniqueness), matrix, atol=1e-4)
    assert sl.notes == ()


def test_indices_by_definition(matrix, forms):
    sl = schmid_leiman(fit_solution(matrix, 100, 3))
    g, s, u = sl.general.tolist(), sl.group.to_numpy().tolist(), sl.uniqueness.tolist()
    total = matrix.to_numpy().sum()
    squares = sum(x * x for x in g)
    group_squares = sum(x * x for row in s for x in row)
    pairs = [(i, j) for i in range(12) for j in range(i)]
    wanted = {
        "omega_hierarchical": sum(g) ** 2 / total,
        "omega_total": 1 - sum(u) / total,
        "ecv": squares / (squares + group_squares),
        "puc": sum(i // 4 != j // 4 for i, j in pairs) / len(pairs),
    }
    rows = general_factor_indices(sl, forms, correlations=matrix)
    overall = rows[rows["group"].isna()].set_index("statistic")["estimate"]
    for statistic, value in wanted.items():
        assert overall[statistic] == pytest.approx(value, abs=1e-10), statistic
    assert wanted["puc"] == 48 / 66
    share = rows[rows["statistic"] == "share_of_general_variance"].set_index("group")["estimate"]
    assert share["wai"] == pytest.approx(sum(x * x for x in g[:6]) / squares)
    assert share.sum() == pytest.approx(1)


def test_variance_from_the_model_equals_the_observed_where_the_model_holds(matrix, forms):
    sl = schmid_leiman(fit_solution(matrix, 100, 3))
    one, other = general_factor_indices(sl, forms), general_factor_indices(sl, forms, correlations=matrix)
    np.testing.assert_allclose(one["estimate"], other["estimate"], atol=1e-6)
    assert "from the model" in one["method"][0] and "observed" in other["method"][0]


def test_two_factors_load_equally_and_it_is_told(matrix, forms):
    eight = matrix.iloc[:8, :8]
    solution = fit_solution(eight, 100, 2)
    sl = schmid_leiman(solution)
    np.testing.assert_allclose(sl.second_order_loadings, np.sqrt(0.56), atol=1e-4)
    assert "set equal" in general_factor_indices(sl, forms)["note"][0]


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


def test_every_item_needs_a_form(matrix, forms):
    with pytest.raises(ValueError, match="item i01"):
        general_factor_indices(schmid_leiman(fit_solution(matrix, 100, 3)), forms[1:])
