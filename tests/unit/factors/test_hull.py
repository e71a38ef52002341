"""The Hull method against its published steps as a slow loop, and by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.retention.hull import common_part, hull


def published_steps(fit, df):
    """Steps 3 to 8 of Lorenzo-Seva, Timmerman & Kiers (2011), p. 351, one at a time."""
    solutions = sorted(((df[k], fit[k], k) for k in fit.index if not np.isnan(fit[k])), reverse=True)
    solutions = [s for s in solutions if not any(other[0] > s[0] and other[1] > s[1] for other in solutions)]
    excluded = True
    while excluded:
        excluded = False
        for first, middle, last in zip(solutions, solutions[1:], solutions[2:], strict=False):
            line = first[1] + (last[1] - first[1]) / (last[0] - first[0]) * (middle[0] - first[0])
            if middle[1] <= line:
                solutions.remove(middle)
                excluded = True
                break
    values = {}
    for first, middle, last in zip(solutions, solutions[1:], solutions[2:], strict=False):
        rise = (middle[1] - first[1]) / (middle[0] - first[0])
        values[middle[2]] = rise / ((last[1] - middle[1]) / (last[0] - middle[0]))
    return values


@pytest.mark.parametrize("seed", range(20))
def test_by_the_published_steps(seed):
    rng = np.random.default_rng(seed)
    gains = rng.exponential(size=9) * 0.6 ** np.arange(9) - 0.02
    fit = pd.Series(np.cumsum(gains), index=range(9))
    fit[int(rng.integers(1, 9))] = np.nan
    df = pd.Series([((20 - k) ** 2 - 20 - k) / 2 for k in range(9)])
    wanted, found = published_steps(fit, df), hull(fit, df)
    assert set(found.st.dropna().index) == set(wanted)
    for k, value in wanted.items():
        assert found.st[k] == pytest.approx(value)
    if wanted:
        assert found.k == max(wanted, key=wanted.get)


def test_by_hand():
    # gains per degree of freedom: .4 / 10, .3 / 9, .02 / 8, .015 / 7
    fit, df = pd.Series([0.1, 0.5, 0.8, 0.82, 0.835]), pd.Series([50, 40, 31, 23, 16])
    found = hull(fit, df)
    np.testing.assert_allclose(found.st[1:4], [0.04 / (0.3 / 9), (0.3 / 9) / 0.0025, 0.0025 / (0.015 / 7)])
    assert found.k == 2 and found.note == ""


def test_the_last_triplet_is_tested_too():
    # three factors lie below the line from two to four
    fit, df = pd.Series([0.1, 0.5, 0.8, 0.801, 0.9]), pd.Series([50, 40, 31, 23, 16])
    assert hull(fit, df).st.dropna().index.tolist() == [1, 2]


def test_a_neighbour_on_the_line_is_inside():
    # gains of 1/4, 1/4 and 1/16 per degree of freedom: one factor lies on the line from none to two
    found = hull(pd.Series([0.0, 0.5, 1.0, 1.125]), pd.Series([8, 6, 4, 2]))
    assert found.k == 2 and found.st.dropna().to_dict() == {2: 4.0}


def test_fit_that_cannot_grow():
    fit, df = pd.Series([0.0, 0.4, 1.0, 1.0]), pd.Series([28, 20, 13, 7])
    found = hull(fit, df)
    assert found.k == 2 and found.note == "" and np.isinf(found.st[2])
    # 1 lies below the line from 0 to 2, and 3 is worse than 2
    found = hull(fit - [0, 0, 0, 0.1], df)
    assert found.k == 2 and "with more factors fit worse" in found.note


@pytest.mark.parametrize("fit", [[0.2], [0.2, 0.5], [0.1, 0.2, 0.9], [np.nan] * 3])
def test_no_elbow(fit):
    found = hull(pd.Series(fit), pd.Series([28, 20, 13][: len(fit)]))
    assert found.k is None and "no elbow" in found.note


def test_common_part_by_a_slow_loop():
    rng = np.random.default_rng(4)
    matrix = np.corrcoef(rng.normal(size=(80, 2)) @ rng.normal(size=(2, 6)) + rng.normal(size=(80, 6)), rowvar=False)
    loadings = rng.uniform(-0.4, 0.4, size=(6, 2))
    residual = matrix - loadings @ loadings.T
    np.fill_diagonal(residual, 1)
    inverse = np.linalg.inv(residual)
    r2 = q2 = 0.0
    for i in range(6):
        for j in range(6):
            if i != j:
                r2 += residual[i, j] ** 2
                q2 += inverse[i, j] ** 2 / (inverse[i, i] * inverse[j, j])
    assert common_part(matrix, loadings) == pytest.approx(1 - r2 / (r2 + q2))


def test_common_part_at_the_edges():
    loadings = np.full((4, 1), 0.7)
    matrix = loadings @ loadings.T + 0.51 * np.eye(4)
    assert common_part(matrix, loadings) == 0.5
    assert np.isnan(common_part(matrix, np.full((4, 1), 1.4)))
