"""The solution: order, sign and names of factors, and what moves together."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.solution import FactorSolution, fit_solution


@pytest.fixture
def matrix():
    """Exact correlations of two oblique factors of unequal strength; the weaker one has all its items reversed."""
    pattern = np.zeros((9, 2))
    pattern[:5, 0], pattern[5:, 1] = [0.8, 0.7, 0.7, 0.6, 0.5], [-0.7, -0.6, -0.6, -0.5]
    common = pattern @ np.array([[1, -0.3], [-0.3, 1]]) @ pattern.T
    order = [5, 0, 6, 1, 7, 2, 8, 3, 4]
    full = common + np.diag(1 - np.diag(common))
    items = [f"i{j + 1:02d}" for j in range(9)]
    return pd.DataFrame(full, index=items, columns=items).iloc[order, order]


def test_order_and_sign_of_factors(matrix):
    solution = fit_solution(matrix, 100, 2)
    assert solution.labels == ["F1", "F2"]
    assert solution.variance.is_monotonic_decreasing
    assert (solution.pattern.sum() > 0).all()
    np.testing.assert_allclose(solution.pattern.loc[["i01", "i06"]], [[0.8, 0], [0, 0.7]], atol=1e-5)
    assert solution.phi.loc["F1", "F2"] == pytest.approx(0.3, abs=1e-5)


def test_identities(matrix):
    solution = fit_solution(matrix, 100, 2)
    np.testing.assert_allclose(solution.reproduced, matrix, atol=1e-6)
    np.testing.assert_allclose(solution.structure, solution.pattern @ solution.phi)
    np.testing.assert_allclose(solution.communality + solution.uniqueness, 1, atol=1e-6)
    assert solution.variance.sum() == pytest.approx(solution.communality.sum())


def test_permuted_moves_everything_together(matrix):
    solution = fit_solution(matrix, 100, 2)
    turned = solution.permuted([1, 0], [-1, 1])
    np.testing.assert_allclose(turned.pattern["F1"], -solution.pattern["F2"])
    np.testing.assert_allclose(turned.structure["F1"], -solution.structure["F2"])
    assert turned.phi.loc["F1", "F2"] == pytest.approx(-solution.phi.loc["F1", "F2"])
    pd.testing.assert_frame_equal(turned.reproduced, solution.reproduced)
    back = turned.permuted([1, 0], [1, -1])
    pd.testing.assert_frame_equal(back.pattern, solution.pattern)
    pd.testing.assert_frame_equal(back.phi, solution.phi)


@pytest.mark.parametrize(("order", "signs"), [([0, 0], [1, 1]), ([0], [1]), ([0, 1], [1, 2])])
def test_permuted_refuses_what_is_no_permutation(matrix, order, signs):
    with pytest.raises(ValueError, match="each of the 2 factors once"):
        fit_solution(matrix, 100, 2).permuted(order, signs)


def test_order_of_items_does_not_matter(matrix):
    one, other = fit_solution(matrix, 100, 2), fit_solution(matrix.iloc[::-1, ::-1], 100, 2)
    pd.testing.assert_frame_equal(other.pattern.loc[one.pattern.index], one.pattern, atol=1e-6)
    pd.testing.assert_frame_equal(other.phi, one.phi, atol=1e-6)


def test_general_factor_of_a_bifactor_rotation_stays_first():
    general, group = np.tile([0.2, 0.4, 0.5, 0.25], 3), np.kron(np.eye(3), [[0.7], [0.6], [0.5], [0.7]])
    wanted = np.column_stack([general, group])
    common = wanted @ wanted.T
    frame = pd.DataFrame(common + np.diag(1 - np.diag(common)))
    solution = fit_solution(frame, 100, 4, rotation="bifactor_t", starts=20)
    np.testing.assert_allclose(solution.pattern["F1"], general, atol=1e-4)
    assert solution.variance["F1"] < solution.variance["F2"]


def test_tidy(matrix):
    solution = fit_solution(matrix, 100, 2, rotation="oblimin", gamma=-0.5)
    rows = solution.tidy()
    assert list(rows.columns) == ["item", "factor", "factor_2", "statistic", "estimate", "n", "method", "note"]
    counts = rows["statistic"].value_counts().to_dict()
    assert counts == {
        "loading": 18, "structure": 18, "communality": 9, "uniqueness": 9, "phi": 1, "variance": 2,
        "share_of_common_variance": 2, "converged": 1, "starts": 1, "starts_at_best": 1,
    }  # fmt: skip
    loading = rows[(rows["statistic"] == "loading") & (rows["item"] == "i06") & (rows["factor"] == "F2")]
    assert loading["estimate"].item() == solution.pattern.loc["i06", "F2"]
    assert rows[rows["statistic"] == "share_of_common_variance"]["estimate"].sum() == pytest.approx(1)
    assert set(rows["method"]) == {"minres, oblimin, gamma -0.5"} and set(rows["note"]) == {""}


def test_heywood_case_is_told_by_item():
    items = ["a", "b", "c"]
    matrix = pd.DataFrame([[1, 0.9, 0.9], [0.9, 1, 0.7], [0.9, 0.7, 1]], index=items, columns=items)
    rows = fit_solution(matrix, 50, 1).tidy()
    noted = rows[rows["note"] == "Heywood case"]
    assert noted["item"].tolist() == ["a"] and noted["statistic"].tolist() == ["uniqueness"]
    assert "Heywood case" in rows.loc[rows["statistic"] == "converged", "note"].item()


def test_one_factor(matrix):
    solution = fit_solution(matrix, 100, 1)
    assert solution.phi.shape == (1, 1) and "phi" not in set(solution.tidy()["statistic"])


def test_labels_of_rows_and_columns_must_agree(matrix):
    with pytest.raises(ValueError, match="same order"):
        fit_solution(matrix.iloc[::-1], 100, 2)


def test_a_solution_cannot_be_changed(matrix):
    solution = fit_solution(matrix, 100, 2)
    assert isinstance(solution, FactorSolution)
    with pytest.raises(AttributeError):
        solution.n = 5
