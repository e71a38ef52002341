"""Oblimin of many matrices is that of each alone."""

import numpy as np

from psychometrics.factors.batched_oblimin import batched_oblimin
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.minres import minres
from psychometrics.factors.rotation import rotate


def test_oblimin_is_that_of_each_matrix_in_the_order_and_direction_of_the_pattern(stack):
    whole = rotate(extract_factors(stack.mean(axis=0), 3).loadings, method="oblimin")
    target = whole.pattern[:, [2, 0, 1]] * [1, -1, 1]
    loadings = minres(stack, 3, np.full(12, 0.5)).loadings
    patterns, phi = batched_oblimin(loadings, target)
    for own, correlations, unrotated in zip(patterns, phi, loadings, strict=True):
        np.testing.assert_allclose(own @ correlations @ own.T, unrotated @ unrotated.T, atol=1e-10)
        np.testing.assert_allclose(np.diag(correlations), 1)
        start = np.linalg.inv(np.linalg.lstsq(unrotated, target, rcond=None)[0]).T
        single = rotate(unrotated, method="oblimin", start=start / np.linalg.norm(start, axis=0))
        np.testing.assert_allclose(own, single.pattern, atol=1e-4)
    mean = patterns.mean(axis=0)
    assert ((mean * target).sum(axis=0) > 0.9 * (target**2).sum(axis=0)).all()


def test_missing_loadings_are_missing_and_leave_the_others_alone(stack):
    loadings = minres(stack[:3], 3, np.full(12, 0.5)).loadings
    loadings[1, 0, 1] = np.nan
    patterns, phi = batched_oblimin(loadings, loadings[0])
    assert np.isnan(patterns[1]).all() and np.isfinite(phi[[0, 2]]).all()
