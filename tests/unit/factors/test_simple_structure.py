"""Populations that show the bias of rotation."""

import numpy as np
import pytest

from psychometrics.factors.simple_structure import as_if_from, likely_structure, simple_structure

FACTOR_OF = np.repeat(np.arange(3), 3)
LOADINGS = np.array([0.8, 0.7, 0.6, 0.9, 0.7, 0.5, 0.6, 0.6, 0.7])
GAMMA = np.array([0.9, 0.8, 0.7])


@pytest.fixture
def population():
    phi = np.outer(GAMMA, GAMMA)
    np.fill_diagonal(phi, 1)
    matrix = np.outer(LOADINGS, LOADINGS) * phi[np.ix_(FACTOR_OF, FACTOR_OF)]
    np.fill_diagonal(matrix, 1)
    return matrix


def test_a_population_of_simple_structure_is_its_own_model(population):
    found = simple_structure(population, FACTOR_OF, 3)
    np.testing.assert_allclose(found.matrix, population, atol=1e-6)
    np.testing.assert_allclose(found.second_order, GAMMA, atol=1e-6)
    np.testing.assert_allclose(found.general, LOADINGS * GAMMA[FACTOR_OF], atol=1e-6)
    own = LOADINGS * np.sqrt(1 - GAMMA[FACTOR_OF] ** 2)
    np.testing.assert_allclose(found.group, own[:, None] * (FACTOR_OF[:, None] == np.arange(3)), atol=1e-6)
    np.testing.assert_allclose(found.general**2 + (found.group**2).sum(axis=1) + found.uniqueness, 1, atol=1e-9)


def test_two_groups_share_the_general_factor_equally(population):
    found = simple_structure(population[:6, :6], FACTOR_OF[:6], 2)
    assert found.second_order == pytest.approx(np.sqrt([0.72, 0.72]), abs=1e-6)


def test_a_group_of_one_item_has_no_model(population):
    assert simple_structure(population, np.array([0, 0, 0, 0, 1, 1, 1, 1, 2]), 3) is None


def test_a_perfect_scale_leaves_unique_variance():
    found = simple_structure(np.ones((6, 6)), np.repeat([0, 1, 2], 2), 3)
    assert (found.uniqueness > 0).all() and np.isfinite(found.group).all()


def loadings_of(cross):
    pattern = LOADINGS[:, None] * (FACTOR_OF[:, None] == np.arange(3))
    phi = np.outer(GAMMA, GAMMA)
    np.fill_diagonal(phi, 1)
    return np.where(pattern == 0, cross, pattern), phi


def test_what_is_no_larger_than_chance_is_not_in_the_likely_population(population):
    chance = np.random.default_rng(2).normal(0, 0.1, (9, 3))
    pattern, phi = loadings_of(chance)
    found = likely_structure(pattern, phi, np.full((9, 3), 0.01), np.zeros((3, 3)))
    np.testing.assert_allclose(found.matrix, population, atol=1e-9)
    np.testing.assert_allclose(found.pattern, loadings_of(0)[0], atol=1e-6)
    np.testing.assert_allclose(found.second_order, GAMMA, atol=1e-5)


def test_what_is_beyond_chance_stays_by_the_share_that_is():
    cross = np.zeros((9, 3))
    cross[[2, 5], [1, 2]] = 0.3
    pattern, phi = loadings_of(cross)
    variances = np.full((9, 3), 0.0005)
    # their mean square is 2 x .09 / 18 = .01, less .0005 (1 + 2 sqrt(2 / 18)); shrunk by that over that plus .0005
    spare = 0.01 - 0.0005 * (1 + 2 * np.sqrt(2 / 18))
    expected, _ = loadings_of(cross * spare / (spare + 0.0005))
    implied = expected @ phi @ expected.T
    np.fill_diagonal(implied, 1)
    found = likely_structure(pattern, phi, variances, np.zeros((3, 3)))
    np.testing.assert_allclose(found.matrix, implied, atol=1e-9)
    np.testing.assert_allclose(found.uniqueness, 1 - np.diag(expected @ phi @ expected.T), atol=1e-9)


def test_the_bias_of_the_correlations_of_factors_is_taken_away():
    pattern, phi = loadings_of(0)
    bias = np.arctanh(phi - np.eye(3)) - np.arctanh(0.5 * (1 - np.eye(3)))
    found = likely_structure(pattern, phi, np.zeros((9, 3)), bias)
    np.testing.assert_allclose(found.second_order, np.sqrt(0.5), atol=1e-5)


def test_a_factor_that_is_no_more_than_chance_leaves_no_population():
    pattern, phi = loadings_of(0.1)
    pattern[6:, 0] = 0.7  # the items of the third factor load on the first
    pattern[6:, 2] = 0.1
    assert likely_structure(pattern, phi, np.full((9, 3), 0.01), np.zeros((3, 3))) is None


def test_turned_answers_have_the_correlations_of_the_population(population):
    rng = np.random.default_rng(1)
    answers = rng.normal(size=(40, 9)) @ rng.normal(size=(9, 9))
    z = (answers - answers.mean(axis=0)) / answers.std(axis=0)
    sample = z.T @ z / 40
    np.testing.assert_allclose(as_if_from(sample[None], sample, population)[0], population, atol=1e-9)
    # a resample of the turned answers is the turned resample
    values, vectors = np.linalg.eigh(sample)
    there, axes = np.linalg.eigh(population)
    turned = z @ vectors @ np.diag(values**-0.5) @ vectors.T @ axes @ np.diag(there**0.5) @ axes.T
    drawn = rng.integers(40, size=40)
    again = as_if_from((z[drawn].T @ z[drawn] / 40)[None], sample, population)[0]
    np.testing.assert_allclose(again, turned[drawn].T @ turned[drawn] / 40, atol=1e-9)


def test_a_singular_sample_cannot_be_turned(population):
    assert as_if_from(population[None], np.ones((9, 9)), population) is None


def test_factors_without_a_second_order_factor_have_no_likely_population(monkeypatch):
    pattern, phi = loadings_of(0)
    monkeypatch.setattr(
        "psychometrics.factors.simple_structure._one_factor", lambda matrix: np.full(len(matrix), np.nan)
    )
    assert likely_structure(pattern, phi, np.full((9, 3), 0.01), np.zeros((3, 3))) is None
