"""Fit: the formulas as loops, a model that fits exactly, and what is not defined."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import chndtr

from psychometrics.factors.fit import fit_indices, residuals
from psychometrics.factors.solution import fit_solution


def frame(matrix):
    items = [f"i{j + 1:02d}" for j in range(len(matrix))]
    return pd.DataFrame(matrix, index=items, columns=items)


@pytest.fixture
def matrix():
    """Correlations of 200 people; two factors and a doublet that two factors cannot take up."""
    rng = np.random.default_rng(6)
    people = rng.normal(size=(200, 2))[:, [0] * 5 + [1] * 5] + rng.normal(size=(200, 10))
    people[:, 9] += 0.8 * people[:, 0]
    return frame(np.corrcoef(people, rowvar=False))


def test_by_definition(matrix):
    n, p, k = 200, 10, 2
    solution = fit_solution(matrix, n, k)
    rows = fit_indices(matrix, solution).set_index("statistic")
    got = rows["estimate"]
    observed, model = matrix.to_numpy(), solution.reproduced.to_numpy()
    df, df_null = 26, 45
    f = np.log(np.linalg.det(model)) - np.log(np.linalg.det(observed)) + np.trace(observed @ np.linalg.inv(model)) - p
    f_null = -np.log(np.linalg.det(observed))
    chi_square, null = f * (n - 1 - (2 * p + 5) / 6 - 2 * k / 3), f_null * (n - 1 - (2 * p + 5) / 6)
    off = [(observed[i, j] - model[i, j]) ** 2 for i in range(p) for j in range(i)]
    wanted = {
        "degrees_of_freedom": df, "chi_square": chi_square, "chi_square_null": null,
        "rmsea": np.sqrt((chi_square - df) / df / (n - 1)),
        "cfi": 1 - (chi_square - df) / (null - df_null),
        "bic": chi_square - df * np.log(n),
        "rmsr": np.sqrt(sum(off) / 45), "srmr": np.sqrt(sum(off) / 55),
    }  # fmt: skip
    for statistic, value in wanted.items():
        assert got[statistic] == pytest.approx(value, abs=1e-9), statistic
    # at the bounds of RMSEA the chi-square found is the 95th and 5th percentile
    for bound, share in (("lower", 0.95), ("upper", 0.05)):
        assert chndtr(chi_square, df, rows.loc["rmsea", bound] ** 2 * df * (n - 1)) == pytest.approx(share)
    assert (rows["note"] == "").all()


def test_a_model_that_fits_exactly():
    loadings = np.array([0.8, 0.7, 0.6, 0.5, 0.4])
    exact = np.outer(loadings, loadings)
    np.fill_diagonal(exact, 1)
    rows = fit_indices(frame(exact), fit_solution(frame(exact), 100, 1)).set_index("statistic")
    for statistic in ("chi_square", "rmsea", "rmsr", "srmr", "largest_residual"):
        assert rows.estimate[statistic] == pytest.approx(0, abs=1e-9)  # minres ends at the exact model
    assert rows.estimate["cfi"] == 1 and rows.estimate["p_value"] == pytest.approx(1)
    assert rows.lower["rmsea"] == rows.upper["rmsea"] == 0


def test_rotation_and_order_of_items_do_not_matter(matrix):
    one = fit_indices(matrix, fit_solution(matrix, 200, 2))
    turned = matrix.iloc[::-1, ::-1]
    other = fit_indices(turned, fit_solution(turned, 200, 2, rotation="varimax"))
    np.testing.assert_allclose(one["estimate"], other["estimate"], atol=1e-9)  # both searches end at the minimum


def test_largest_residuals_find_the_doublet(matrix):
    solution = fit_solution(matrix, 200, 2)
    rows = residuals(matrix, solution, count=3)
    assert rows.loc[0, ["item", "item_2"]].tolist() == ["i01", "i10"]
    assert rows["estimate"].abs().is_monotonic_decreasing and len(rows) == 3
    largest = fit_indices(matrix, solution).set_index("statistic").estimate["largest_residual"]
    assert rows["estimate"][0] == pytest.approx(largest)
    assert rows["estimate"][0] == pytest.approx(matrix.loc["i01", "i10"] - solution.reproduced.loc["i01", "i10"])


def test_other_correlations_are_called_descriptive(matrix):
    rows = fit_indices(matrix, fit_solution(matrix, 200, 2), correlation="polychoric")
    assert rows["method"].str.contains("polychoric; normal-theory chi-square, descriptive").all()


def test_no_degrees_of_freedom_is_told(matrix):
    three = matrix.iloc[:3, :3]
    rows = fit_indices(three, fit_solution(three, 200, 1)).set_index("statistic")
    for statistic in ("p_value", "rmsea", "tli", "cfi", "bic"):
        assert np.isnan(rows.estimate[statistic]) and "no degrees of freedom" in rows.note[statistic]


def test_no_likelihood_is_told(matrix):
    broken = matrix.copy()
    broken.iloc[0, 1] = broken.iloc[1, 0] = -0.95
    rows = fit_indices(broken, fit_solution(broken, 200, 2)).set_index("statistic")
    assert np.isnan(rows.estimate["chi_square"]) and "not positive definite" in rows.note["chi_square"]
    assert rows.estimate["rmsr"] > 0
    solution = fit_solution(matrix, 200, 2)
    improper = replace(solution, pattern=1.5 * solution.pattern)
    rows = fit_indices(matrix, improper).set_index("statistic")
    assert np.isnan(rows.estimate["chi_square"]) and "reproduced matrix is not positive" in rows.note["chi_square"]


def test_too_few_people_are_told(matrix):
    rows = fit_indices(matrix, fit_solution(matrix, 6, 2)).set_index("statistic")
    assert np.isnan(rows.estimate["tli"]) and "too small" in rows.note["tli"]
