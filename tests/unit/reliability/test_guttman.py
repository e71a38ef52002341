"""Guttman's bounds against regressions and loops, and where they are undefined."""

import numpy as np
import pytest

from psychometrics.reliability.guttman import lambda_2, lambda_6


@pytest.fixture
def values():
    rng = np.random.default_rng(5)
    return rng.normal(size=(80, 1)) + rng.normal(size=(80, 5)) * [1, 2, 1, 1, 3]


def test_lambda_2_as_a_loop(values):
    c = np.cov(values.T).tolist()
    off = [c[i][j] for i in range(5) for j in range(5) if i != j]
    total = sum(map(sum, c))
    expected = (sum(off) + (5 / 4 * sum(value**2 for value in off)) ** 0.5) / total
    assert lambda_2(np.cov(values.T)) == pytest.approx(expected, abs=1e-14)


def test_lambda_6_from_regressions(values):
    centred = values - values.mean(axis=0)
    error = 0.0
    for j in range(5):
        others = np.delete(centred, j, axis=1)
        left = centred[:, j] - others @ np.linalg.lstsq(others, centred[:, j], rcond=None)[0]
        error += left @ left / 79
    assert lambda_6(np.cov(values.T)) == pytest.approx(1 - error / values.sum(axis=1).var(ddof=1), abs=1e-12)


def test_a_stack_gives_what_its_matrices_give(values):
    one, two = np.cov(values.T), np.cov(values[:40].T)
    for bound in (lambda_2, lambda_6):
        np.testing.assert_allclose(bound(np.array([one, two])), [bound(one), bound(two)], atol=1e-14)


def test_lambda_6_of_a_singular_or_improper_matrix_is_missing(values):
    twice = np.cov(np.column_stack([values, values[:, 0]]).T)
    improper = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    assert np.isnan(lambda_6(twice)) and np.isnan(lambda_6(improper))
    assert np.isnan(lambda_6(np.full((2, 3, 3), np.nan))).all()
