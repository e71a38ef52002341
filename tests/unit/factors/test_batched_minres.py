"""Factors of many matrices at once are those of one matrix after the other."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.batched_minres import stacked_minres, stacked_oblimin
from psychometrics.factors.batched_schmid_leiman import stacked_hierarchy
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.rotation import rotate
from psychometrics.factors.schmid_leiman import schmid_leiman
from psychometrics.factors.solution import fit_solution


@pytest.fixture(scope="module")
def stack():
    """Correlations of twelve items in 40 small samples: three correlated factors, some Heywood cases."""
    rng = np.random.default_rng(4)
    belongs = np.arange(12) // 4
    matrices = []
    for _ in range(40):
        factors = 0.6 * rng.normal(size=(30, 1)) + 0.8 * rng.normal(size=(30, 3))
        answers = factors[:, belongs] * np.tile([0.9, 0.8, 0.6, 0.5], 3) + 0.6 * rng.normal(size=(30, 12))
        matrices.append(np.corrcoef(answers, rowvar=False))
    return np.array(matrices)


def test_minres_is_that_of_each_matrix(stack):
    start = extract_factors(stack.mean(axis=0), 3).uniqueness
    loadings, uniqueness = stacked_minres(stack, 3, start)
    single = [extract_factors(matrix, 3, start=start) for matrix in stack]
    assert any(found.heywood for found in single)
    # both stop at a small gradient; along flat directions the uniquenesses agree less than the discrepancy does
    np.testing.assert_allclose(uniqueness, [found.uniqueness for found in single], atol=1e-4)
    common = [found.loadings @ found.loadings.T for found in single]
    np.testing.assert_allclose(loadings @ loadings.mT, common, atol=1e-4)


def test_one_factor(stack):
    loadings, _ = stacked_minres(stack, 1, np.full(12, 0.5))
    for own, matrix in zip(loadings[:, :, 0], stack, strict=True):
        np.testing.assert_allclose(np.abs(own), np.abs(extract_factors(matrix, 1).loadings[:, 0]), atol=1e-6)


def test_oblimin_is_that_of_each_matrix_in_the_order_and_direction_of_the_pattern(stack):
    whole = rotate(extract_factors(stack.mean(axis=0), 3).loadings, method="oblimin")
    target = whole.pattern[:, [2, 0, 1]] * [1, -1, 1]
    loadings, _ = stacked_minres(stack, 3, np.full(12, 0.5))
    patterns, phi = stacked_oblimin(loadings, target)
    for own, correlations, unrotated in zip(patterns, phi, loadings, strict=True):
        np.testing.assert_allclose(own @ correlations @ own.T, unrotated @ unrotated.T, atol=1e-10)
        np.testing.assert_allclose(np.diag(correlations), 1)
        start = np.linalg.inv(np.linalg.lstsq(unrotated, target, rcond=None)[0]).T
        single = rotate(unrotated, method="oblimin", start=start / np.linalg.norm(start, axis=0))
        np.testing.assert_allclose(own, single.pattern, atol=1e-4)
    mean = patterns.mean(axis=0)
    assert ((mean * target).sum(axis=0) > 0.9 * (target**2).sum(axis=0)).all()


@pytest.mark.parametrize("k", [2, 3])
def test_hierarchy_is_schmid_leiman_of_each_matrix(stack, k):
    items = [f"i{j + 1:02d}" for j in range(12)]
    whole = fit_solution(pd.DataFrame(stack.mean(axis=0), items, items), 50, k)
    sl = schmid_leiman(whole)
    start = whole.uniqueness.to_numpy(), whole.pattern.to_numpy(), sl.second_order_loadings.to_numpy()
    general, group = stacked_hierarchy(stack.mean(axis=0)[None], *start)
    np.testing.assert_allclose(general[0], sl.general, atol=1e-5)
    np.testing.assert_allclose(group[0], sl.group, atol=1e-5)
    shuffled = np.random.default_rng(1).permutation(40)
    one, other = stacked_hierarchy(stack, *start), stacked_hierarchy(stack[shuffled], *start)
    np.testing.assert_allclose(one[0][shuffled], other[0], atol=1e-8)


def test_an_undefined_matrix_is_missing_and_leaves_the_others_alone(stack):
    spoilt = stack[:3].copy()
    spoilt[1, 0, 1] = np.nan
    loadings, uniqueness = stacked_minres(spoilt, 3, np.full(12, 0.5))
    assert np.isnan(loadings[1]).all() and np.isnan(uniqueness[1]).all()
    assert np.isfinite(loadings[[0, 2]]).all()
    patterns, phi = stacked_oblimin(loadings, loadings[0])
    assert np.isnan(patterns[1]).all() and np.isfinite(phi[[0, 2]]).all()
