"""Intervals: formulas worked out, and what happens at the edges."""

import math
from statistics import NormalDist

import numpy as np
import pytest

from psychometrics.resampling.formula_intervals import (
    feldt_interval,
    fisher_interval,
    percentile_interval,
    spearman_interval,
    squared_interval,
)


def test_fisher_is_symmetric_in_z():
    lower, upper = fisher_interval(0.5, 103, 0.95)
    half = NormalDist().inv_cdf(0.975) / math.sqrt(100)
    assert lower == pytest.approx(math.tanh(math.atanh(0.5) - half), abs=1e-12)
    assert upper == pytest.approx(math.tanh(math.atanh(0.5) + half), abs=1e-12)


def test_spearman_is_wider_by_bonett_and_wrights_factor():
    r, n = 0.6, 50
    half = NormalDist().inv_cdf(0.95) * math.sqrt((1 + r**2 / 2) / (n - 3))
    expected = math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half)
    assert spearman_interval(r, n, 0.90) == pytest.approx(expected, abs=1e-12)


def test_fisher_on_arrays_and_at_the_edges():
    lower, upper = fisher_interval([0.3, 1.0, -0.3, 0.4], [30, 30, 30, 3])
    assert lower[0] == pytest.approx(-upper[2])
    assert (lower[1], upper[1]) == (1, 1)
    assert np.isnan(lower[3])
    assert np.isnan(upper[3])


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ((0.3, 0.5), (0.09, 0.25)),
        ((-0.5, -0.3), (0.09, 0.25)),
        ((-0.1, 0.4), (0, 0.16)),
        ((-0.4, 0.1), (0, 0.16)),
    ],
)
def test_squares(limits, expected):
    assert squared_interval(*limits) == pytest.approx(expected)


def test_squares_keep_missing_missing():
    assert np.isnan(squared_interval(np.nan, np.nan)).all()


def test_feldt_narrows_with_n_and_holds_alpha():
    few, many = feldt_interval(0.8, 50, 10), feldt_interval(0.8, 500, 10)
    assert few[0] < many[0] < 0.8 < many[1] < few[1]
    assert np.isnan(feldt_interval(0.8, 50, 1)).all()


@pytest.mark.parametrize(
    "alpha, n, k, level, limits",
    [
        (0.80, 100, 5, 0.95, (0.730558204179339, 0.855886748665993)),
        (0.62, 25, 3, 0.90, (0.336385915990837, 0.796520584238216)),
    ],
)
def test_feldt_as_psych(alpha, n, k, level, limits):
    # psych::alpha.ci(alpha, n, k, p.val = 1 - level), psych 2.2.9: quantiles of F in both, to 1e-12
    np.testing.assert_allclose(feldt_interval(alpha, n, k, level), limits, rtol=1e-12)


def test_percentiles_leave_missing_draws_out():
    draws = np.array([[np.nan, np.nan], *[[value, np.nan] for value in range(101)]])
    lower, upper = percentile_interval(draws, 0.9)
    assert lower[0] == pytest.approx(5)
    assert upper[0] == pytest.approx(95)
    assert np.isnan(lower[1])
    assert percentile_interval(np.arange(101.0), 0.9) == pytest.approx((5, 95))


def test_level_must_be_a_share():
    with pytest.raises(ValueError, match="between 0 and 1"):
        fisher_interval(0.5, 30, 95)
