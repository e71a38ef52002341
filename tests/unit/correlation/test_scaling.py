"""Covariances as correlations: by hand, a batch, and variables without variance."""

import numpy as np
import pytest

from psychometrics.correlation.scaling import to_correlations

# sd 2, 1 and 3: r12 = 1 / 2, r13 = -3 / 6, r23 = .6 / 3
COVARIANCE = np.array([[4, 1, -3], [1, 1, 0.6], [-3, 0.6, 9]])


def test_by_hand():
    correlation, sd = to_correlations(COVARIANCE)
    np.testing.assert_allclose(correlation, [[1, 0.5, -0.5], [0.5, 1, 0.2], [-0.5, 0.2, 1]], rtol=1e-15)
    assert sd.tolist() == [2, 1, 3]


def test_each_matrix_of_a_batch_has_a_scale_of_its_own():
    small = COVARIANCE * 1e-20  # all its variances would be rounding error beside those of the other
    batch, sd = to_correlations(np.stack([COVARIANCE, small]))
    np.testing.assert_allclose(batch[1], batch[0], rtol=1e-14)
    np.testing.assert_allclose(sd[1], sd[0] * 1e-10, rtol=1e-14)


@pytest.mark.parametrize("variance", [0.0, 1e-13, -1e-13])
def test_without_variance_all_correlations_are_missing_and_the_others_stay(variance):
    spoilt = COVARIANCE.copy()
    spoilt[1] = spoilt[:, 1] = 0
    spoilt[1, 1] = variance
    correlation, sd = to_correlations(spoilt)
    assert np.isnan(correlation[1]).all() and np.isnan(correlation[:, 1]).all() and np.isnan(sd[1])
    assert correlation[0, 2] == -0.5


def test_what_counts_as_rounding_error_can_be_stated():
    tiny = np.diag([1.0, 1e-10])
    assert np.isfinite(to_correlations(tiny)[1]).all()
    assert np.isnan(to_correlations(tiny, rounding=1e-9)[1]).tolist() == [False, True]
