"""Omegas, ECV, PUC and H of a general factor: definitions as loops and numbers by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.general_factor_indices import (
    construct_h,
    general_factor_indices,
    schmid_leiman_indices,
    share_of_uncontaminated_pairs,
)
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


def test_rows_by_definition(matrix, forms):
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


def test_every_item_needs_a_form(matrix, forms):
    with pytest.raises(ValueError, match="item i01"):
        general_factor_indices(schmid_leiman(fit_solution(matrix, 100, 3)), forms[1:])


def test_indices_by_definition():
    rng = np.random.default_rng(3)
    general, group = rng.uniform(0.2, 0.7, (2, 6)), rng.uniform(-0.2, 0.5, (2, 6, 2))
    answers = rng.normal(size=(2, 30, 6)) + rng.normal(size=(2, 30, 1))
    matrices = np.array([np.corrcoef(own, rowvar=False) for own in answers])
    belongs = np.array([[True, False]] * 3 + [[False, True]] * 3)
    unexplained = 1 - general**2 - (group**2).sum(axis=2)
    found = schmid_leiman_indices(general, group, unexplained, matrices, belongs)
    for m in range(2):
        g, s, r = general[m], group[m], matrices[m]
        total = sum(r[i, j] for i in range(6) for j in range(6))
        h2 = [g[i] ** 2 + s[i, 0] ** 2 + s[i, 1] ** 2 for i in range(6)]
        assert found["omega_hierarchical"][m] == pytest.approx(sum(g) ** 2 / total)
        assert found["omega_total_schmid_leiman"][m] == pytest.approx(1 - sum(1 - h for h in h2) / total)
        assert found["relative_omega"][m] == pytest.approx(sum(g) ** 2 / (total - sum(1 - h for h in h2)))
        assert found["ecv"][m] == pytest.approx(sum(x * x for x in g) / sum(h2))
        assert found["construct_h_general"][m] == pytest.approx(1 / (1 + 1 / sum(x * x / (1 - x * x) for x in g)))
        for k, own in enumerate(([0, 1, 2], [3, 4, 5])):
            part = sum(r[i, j] for i in own for j in own)
            of_general, of_group = sum(g[i] for i in own) ** 2, sum(s[i, k] for i in own) ** 2
            assert found["omega_subscale_general"][m, k] == pytest.approx(of_general / part)
            assert found["omega_hierarchical_subscale"][m, k] == pytest.approx(of_group / part)
            assert found["omega_subscale"][m, k] == pytest.approx((of_general + of_group) / part)
            assert found["ecv_subscale"][m, k] == pytest.approx(sum(g[i] ** 2 for i in own) / sum(h2[i] for i in own))
    assert share_of_uncontaminated_pairs(belongs) == pytest.approx(9 / 15)


def test_construct_reliability_by_hand():
    # loadings .8 and .6: .64 / .36 + .36 / .64 = 2.340278; H = 2.340278 / 3.340278
    assert construct_h(np.array([0.8, 0.6])) == pytest.approx(0.700624, abs=1e-6)
    assert np.isnan(construct_h(np.array([0.8, 1.1])))


def test_pairs_that_share_a_group_factor_are_contaminated():
    # six pairs: 12 share the first factor, 23 the second; the last item is of no factor
    belongs = np.array([[1, 0], [1, 1], [0, 1], [0, 0]], dtype=bool)
    assert share_of_uncontaminated_pairs(belongs) == pytest.approx(4 / 6)


def test_with_four_group_factors_omega_total_takes_the_uniquenesses_of_the_correlated_factors():
    """One second-order factor does not reproduce six correlations of factors; psych keeps it out of omega.tot."""
    pattern = np.kron(np.eye(4), np.array([[0.6], [0.5], [0.4]]))
    pattern[0, 2], pattern[3, 3], pattern[6, 0] = 0.4, 0.4, -0.3  # else the definitions agree
    phi = np.array([[1, 0.8, 0.2, 0.2], [0.8, 1, 0.2, 0.2], [0.2, 0.2, 1, 0.8], [0.2, 0.2, 0.8, 1]])
    matrix = pattern @ phi @ pattern.T
    communality = np.diag(matrix).sum()  # whatever the rotation
    np.fill_diagonal(matrix, 1)
    items = [f"i{j:02d}" for j in range(12)]
    sl = schmid_leiman(fit_solution(pd.DataFrame(matrix, items, items), 100, 4))
    wanted = 1 - (12 - communality) / matrix.sum()
    parts = sl.general.to_numpy(), sl.group.to_numpy(), sl.uniqueness.to_numpy(), matrix
    found = schmid_leiman_indices(*(part[None] for part in parts), np.kron(np.eye(4), np.ones((3, 1))).astype(bool))
    rows = general_factor_indices(sl, pd.Series("wai", items), correlations=pd.DataFrame(matrix, items, items))
    # the search ends at a slope of 1e-9
    assert found["omega_total_schmid_leiman"][0] == pytest.approx(wanted, abs=1e-6)
    assert rows["estimate"][1] == pytest.approx(wanted, abs=1e-6)
    own = sl.general**2 + (sl.group**2).sum(axis=1)
    assert abs(1 - (1 - own).sum() / matrix.sum() - wanted) > 1e-3
