"""Correlations under many weightings are those of the rows written out."""

import numpy as np

from psychometrics.correlation.product_moment import batched_correlations


def test_a_weight_is_so_many_rows():
    rng = np.random.default_rng(2)
    values = 50 + rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3))
    weights = rng.integers(3, size=(5, 30))
    for own, found in zip(weights, batched_correlations(values, weights), strict=True):
        np.testing.assert_allclose(found, np.corrcoef(values.repeat(own, axis=0), rowvar=False), atol=1e-13)  # rounding


def test_a_score_that_does_not_vary_among_the_rows_that_count_is_missing():
    values = np.array([[1.0, 5.0], [2.0, 5.0], [3.0, 6.0]])
    found = batched_correlations(values, np.array([[1, 1, 1], [1, 1, 0]]))
    assert np.isfinite(found[0]).all() and np.isnan(found[1, 1]).all() and found[1, 0, 0] == 1
