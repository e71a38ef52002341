"""Split halves: every split written out, the mean that is alpha, and the search beyond."""

from itertools import combinations

import numpy as np
import pytest

from psychometrics.reliability import split_half as module
from psychometrics.reliability.split_half import split_half_reliabilities, split_reliability


def covariance(k, seed=1):
    rng = np.random.default_rng(seed)
    return np.cov(rng.normal(size=(1, 120)) * rng.uniform(0.3, 1, (k, 1)) + rng.normal(size=(k, 120)))


def by_definition(matrix):
    k = len(matrix)
    found = {}
    for half in combinations(range(k), k // 2):
        rest = tuple(sorted(set(range(k)) - set(half)))
        between = sum(matrix[i][j] for i in half for j in rest)
        found[frozenset([half, rest])] = 4 * between / sum(sum(row) for row in matrix.tolist())
    return sorted(found.values())


@pytest.mark.parametrize("k", [2, 3, 4, 7, 8])
def test_agrees_with_every_split_written_out(k):
    matrix = covariance(k)
    found = split_half_reliabilities(matrix)
    np.testing.assert_allclose(np.sort(found.coefficients), by_definition(matrix), atol=1e-12)
    assert found.greatest == pytest.approx(found.coefficients.max())
    assert split_reliability(matrix, found.split) == pytest.approx(found.greatest)


def test_by_hand():
    # items a, b correlate .5, c, d correlate .5, others 0: the halves {a, c} and {b, d} have the covariance 1, total 6
    matrix = np.kron(np.eye(2), [[1, 0.5], [0.5, 1]])
    found = split_half_reliabilities(matrix)
    assert found.greatest == pytest.approx(4 / 6)
    assert np.sort(found.coefficients) == pytest.approx([0, 4 / 6, 4 / 6])


def test_the_order_of_the_items_does_not_matter():
    matrix, order = covariance(9), np.random.default_rng(3).permutation(9)
    one, two = split_half_reliabilities(matrix), split_half_reliabilities(matrix[np.ix_(order, order)])
    assert one.greatest == pytest.approx(two.greatest)
    np.testing.assert_allclose(np.sort(one.coefficients), np.sort(two.coefficients), atol=1e-12)


@pytest.mark.parametrize("k", [11, 12, 19])
def test_the_search_finds_the_greatest_split_where_all_are_known(monkeypatch, k):
    exact = split_half_reliabilities(covariance(k)).greatest
    monkeypatch.setattr(module, "MOST_ITEMS", 1)
    found = split_half_reliabilities(covariance(k))
    assert not found.all_splits and len(found.coefficients) == 10_000
    assert found.greatest == pytest.approx(exact, abs=1e-12)
    assert (found.coefficients <= found.greatest + 1e-12).all()
    assert abs(found.split.sum() - k / 2) < 1
    np.testing.assert_array_equal(found.coefficients, split_half_reliabilities(covariance(k)).coefficients)
