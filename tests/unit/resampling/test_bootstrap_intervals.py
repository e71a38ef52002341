"""Intervals of estimates from their resampled values."""

from math import erfc, sqrt

import numpy as np
import pandas as pd
import pytest

from psychometrics.resampling.bootstrap_intervals import (
    KINDS,
    SCALES,
    SHIFTED,
    TOO_WIDE,
    is_too_wide,
    sample_values,
    with_intervals,
)

ROWS = pd.DataFrame(
    {"statistic": "loading", "item": ["a", "b"], "estimate": [0.5, 0.2], "method": "minres", "note": ""}
)


def test_bias_corrected_by_hand():
    # draws of a: mean .4, sd .1; twice the estimate minus the mean is .6, and 1.959964 sd on either side
    draws = np.column_stack([[0.3, 0.4, 0.5], [0.2, 0.2, 0.2]])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected", units="therapists")
    assert found["se"][0] == pytest.approx(0.1)
    assert (found["lower"][0], found["upper"][0]) == pytest.approx((0.6 - 0.1959964, 0.6 + 0.1959964), abs=1e-7)
    assert found["method"][0] == "minres; bias-corrected bootstrap, 3 of 3 resamples of therapists"


def test_on_the_scale_of_z_by_hand():
    # z of a: .3, .4, .5 around atanh(.5) = .5493; of b: roots with z .1, .2, .3 around atanh(sqrt(.2)) = .4812
    draws = np.column_stack([np.tanh([0.3, 0.4, 0.5]), np.tanh([0.1, 0.2, 0.3]) ** 2])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected z")
    middle = 2 * 0.5493061 - 0.4
    assert (found["lower"][0], found["upper"][0]) == pytest.approx(
        (np.tanh(middle - 0.1959964), np.tanh(middle + 0.1959964)), abs=1e-6
    )
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected root z")
    middle = 2 * 0.4812118 - 0.2
    assert (found["lower"][1], found["upper"][1]) == pytest.approx(
        (np.tanh(middle - 0.1959964) ** 2, np.tanh(middle + 0.1959964) ** 2), abs=1e-6
    )


def test_around_the_sample_s_own_value_by_hand():
    # z of a: .3, .4, .5, so that the standard deviation is .1; the middle is the estimate, whatever their mean
    draws = np.column_stack([np.tanh([0.3, 0.4, 0.5]), [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, draws, 0.95, kind="normal z")
    assert (found["lower"][0], found["upper"][0]) == pytest.approx(
        (np.tanh(0.5493061 - 0.1959964), np.tanh(0.5493061 + 0.1959964)), abs=1e-6
    )
    assert found["estimate"].tolist() == [0.5, 0.2] and "uncorrected" not in found


def test_the_middle_of_a_corrected_interval_is_the_estimate():
    draws = np.column_stack([np.tanh([0.3, 0.4, 0.5]), [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected z")
    assert found["estimate"][0] == pytest.approx(np.tanh(2 * 0.5493061 - 0.4), abs=1e-6)
    assert found["uncorrected"].tolist() == [0.5, 0.2]
    assert sample_values(found).tolist() == [0.5, 0.2] and sample_values(ROWS).tolist() == [0.5, 0.2]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("kind", KINDS)
def test_every_interval_holds_the_estimate_beside_it_and_nothing_impossible(kind, seed):
    rng = np.random.default_rng(seed)
    scale = SCALES.get(kind.removeprefix("normal").removeprefix("bias-corrected").strip(), SCALES[""])
    estimates = rng.uniform(0.01, 0.99, 50)
    draws = rng.beta(2 * estimates, 2 * (1 - estimates), size=(100, 50)).clip(1e-9, 1 - 1e-9)
    rows = pd.DataFrame({"estimate": estimates})
    for options in ({}, {"n_units": 6}, {"widened": True}, {"bias": rng.normal(size=50)}, {"reaching": True}):
        found = with_intervals(rows, draws, 0.95, kind=kind, **options)
        assert (found["lower"] <= found["estimate"]).all() and (found["estimate"] <= found["upper"]).all()
        assert found["lower"].min() >= scale.range[0] and found["upper"].max() <= scale.range[1]


def test_few_resamples_outside_the_scale_are_left_out_and_many_are_a_reason():
    draws = np.random.default_rng(0).uniform(0.1, 0.3, size=(100, 2))
    draws[:5, 0] = 1.2
    draws[:6, 1] = 1.0  # on the edge, where z is infinite
    found = with_intervals(ROWS, draws, 0.95, kind="normal z")
    assert np.isfinite(found["upper"][0]) and "95 of 100 resamples" in found["method"][0] and found["note"][0] == ""
    assert np.isnan(found["upper"][1])
    assert found["note"][1] == "no interval: 6 of 100 resampled values lie on the edge of their range or beyond"


@pytest.mark.parametrize("estimate", [0.0, 1.0, 1.03])
def test_an_estimate_on_the_edge_or_beyond_has_no_interval_but_a_reason(estimate):
    rows = ROWS.assign(estimate=[0.5, estimate])
    found = with_intervals(rows, np.random.default_rng(0).uniform(0.1, 0.9, (50, 2)), 0.95, kind="normal logit")
    assert np.isfinite(found["lower"][0]) and np.isnan(found["lower"][1])
    assert found["note"][1] == "no interval: the estimate lies on the edge of its range or beyond"
    assert found["estimate"][1] == estimate


def test_what_is_wider_than_is_of_use_is_said():
    draws = np.column_stack([np.linspace(0.05, 0.95, 41), np.linspace(0.15, 0.25, 41)])
    found = with_intervals(ROWS, draws, 0.95, kind="normal logit")
    assert found["note"].tolist() == [TOO_WIDE, ""]
    assert is_too_wide(-0.2, 0.4, (None, 1)) and not is_too_wide(-0.2, 0.2, (None, 1))


def test_limits_are_cut_at_bounds_and_percentiles_reach_to_the_estimate():
    draws = np.column_stack([np.linspace(0.6, 1.0, 41), np.linspace(0, 0.1, 41)])
    found = with_intervals(ROWS, draws, 0.95, kind="percentile")
    assert found["lower"][0] == 0.5 and found["upper"][1] == 0.2
    found = with_intervals(ROWS, draws, 0.95, kind="normal", bounds=(0.45, 0.55))
    assert (found["lower"][0], found["upper"][0]) == (0.45, 0.55)


def test_few_units_by_hand():
    # z of a: .4, .5, .6 around atanh(.5) = .5493; the t of two degrees of freedom is 4.302653
    draws = np.column_stack([np.tanh([0.4, 0.5, 0.6]), [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected z", n_units=3)
    middle, half = 2 * 0.5493061 - 0.5, 4.302653 * 0.1 * np.sqrt(1.5)
    assert (found["lower"][0], found["upper"][0]) == pytest.approx(
        (np.tanh(middle - half), np.tanh(middle + half)), abs=1e-6
    )


def test_standard_errors_of_measurement_by_hand():
    # logarithms -.7, -.6, -.5 around log(.5) = -.6931
    found = with_intervals(ROWS, np.exp([[-0.7, -1.7], [-0.6, -1.6], [-0.5, -1.5]]), 0.95, kind="bias-corrected log")
    middle = -2 * 0.6931472 + 0.6
    assert (found["lower"][0], found["upper"][0]) == pytest.approx(
        (np.exp(middle - 0.1959964), np.exp(middle + 0.1959964)), abs=1e-6
    )


def test_percentile_by_hand():
    draws = np.column_stack([np.arange(101) / 100, np.arange(101) / 50])
    found = with_intervals(ROWS, draws, 0.90, kind="percentile")
    assert found["lower"].tolist() == pytest.approx([0.05, 0.1]) and found["upper"].tolist() == pytest.approx(
        [0.95, 1.9]
    )


@pytest.mark.parametrize("kind", [*KINDS])
def test_failed_resamples_are_left_out_and_counted(kind):
    draws = np.column_stack([[0.3, np.nan, 0.5, 0.4], [0.1, 0.2, 0.3, np.nan]])
    found = with_intervals(ROWS, draws, 0.95, kind=kind)
    again = with_intervals(ROWS, draws[[0, 2, 3]][:, :1].repeat(2, axis=1), 0.95, kind=kind)
    assert found["lower"][0] == again["lower"][0] and "3 of 4 resamples" in found["method"][0]


def test_without_resamples_every_row_says_why():
    found = with_intervals(
        ROWS.assign(note=["", "Heywood case"]), None, 0.95, kind="percentile", reason="only a matrix"
    )
    assert found["note"].tolist() == ["only a matrix", "Heywood case; only a matrix"]
    assert found[["se", "lower", "upper"]].isna().all(axis=None)


def test_draws_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="2 rows cannot take the intervals of 3"):
        with_intervals(ROWS, np.zeros((5, 3)), 0.95, kind="percentile")


def test_jackknife_by_hand():
    # left out: z of a .53, .55, .57, so that the standard error is sqrt(2 / 3 * .0008) = .0231; the t of 2 is 4.302653
    left_out = np.column_stack([np.tanh([0.53, 0.55, 0.57]), [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, left_out, 0.95, kind="normal z", jackknife=True, n_units=3)
    half = 4.302653 * 0.0230940
    assert [found["lower"][0], found["upper"][0]] == pytest.approx(
        [np.tanh(0.5493061 - half), np.tanh(0.5493061 + half)], abs=1e-6
    )
    assert found["method"][0] == "minres; normal z jackknife, 3 of 3 parts of clients"
    # the bias is twice the difference of the means, .55 - .5493061
    found = with_intervals(ROWS, left_out, 0.95, kind="bias-corrected z", jackknife=True, n_units=3)
    assert found["estimate"][0] == pytest.approx(np.tanh(0.5493061 - 2 * (0.55 - 0.5493061)), abs=1e-6)
    with pytest.raises(ValueError, match="no percentiles"):
        with_intervals(ROWS, left_out, 0.95, kind="percentile", jackknife=True)


def test_a_bias_known_from_elsewhere_by_hand():
    # -.1, so that .1 is added to the estimate; the length stays that of the resamples
    draws = np.column_stack([[0.3, 0.4, 0.5], [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected", bias=np.array([-0.1, np.nan]))
    assert (found["lower"][0], found["upper"][0]) == pytest.approx((0.6 - 0.1959964, 0.6 + 0.1959964), abs=1e-7)
    assert found["estimate"][0] == pytest.approx(0.6)
    # where it is not known it is that of the resamples
    assert found["lower"][1] == pytest.approx(0.2 - 0.1959964, abs=1e-7)


def test_an_interval_reaches_over_several_biases():
    # -.1, .05 and none: middles .6, .45 and .5, of which the first is the estimate
    draws = np.column_stack([[0.3, 0.4, 0.5], [0.1, 0.2, 0.3]])
    biases = np.array([[-0.1, 0.0], [0.05, 0.0], [0.0, 0.0]])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected", bias=biases)
    assert found["estimate"][0] == pytest.approx(0.6) and found["uncorrected"][0] == 0.5
    assert (found["lower"][0], found["upper"][0]) == pytest.approx((0.45 - 0.1959964, 0.6 + 0.1959964), abs=1e-7)


def test_a_normal_interval_may_reach_over_its_bias():
    # the middle .5 and, without a bias of -.1, .6
    draws = np.column_stack([[0.3, 0.4, 0.5], [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, draws, 0.95, kind="normal", reaching=True)
    assert found["estimate"][0] == 0.5 and "uncorrected" not in found
    assert (found["lower"][0], found["upper"][0]) == pytest.approx((0.5 - 0.1959964, 0.6 + 0.1959964), abs=1e-7)


def test_percentiles_less_bias_are_wider_with_few_units():
    draws = np.linspace(0, 1, 10001)[:, None] ** 2  # mean 1/3; its p-quantile is p squared
    rows = pd.DataFrame({"estimate": [0.3]})
    bias = 1 / 3 - 0.3
    plain = with_intervals(rows, draws, 0.95, kind=SHIFTED).iloc[0]
    assert [plain["lower"], plain["upper"]] == pytest.approx([0.025**2 - bias, 0.975**2 - bias], abs=1e-4)
    few = with_intervals(rows, draws, 0.95, kind=SHIFTED, n_units=11).iloc[0]
    tail = erfc(2.228138851986273 * sqrt(1.1) / sqrt(2)) / 2  # qt(.975, 10)
    assert [few["lower"], few["upper"]] == pytest.approx([tail**2 - bias, (1 - tail) ** 2 - bias], abs=1e-4)
    assert few["method"] == "percentile minus bias bootstrap, 10001 of 10001 resamples of clients"


def test_intervals_of_which_coverage_was_too_low_are_longer():
    draws = np.column_stack([[0.4, 0.5, 0.6], [0.1, 0.2, 0.3]])
    found = with_intervals(ROWS, draws, 0.95, kind="normal", longer="a twentieth")
    half = 1.05 * 1.959964 * 0.1
    assert (found["lower"][0], found["upper"][0]) == pytest.approx((0.5 - half, 0.5 + half), abs=1e-6)
    assert "normal bootstrap, a twentieth longer, 3 of 3" in found["method"][0]
    draws = np.linspace(0, 1, 10001)[:, None] ** 2
    plain, longer = (
        with_intervals(pd.DataFrame({"estimate": [0.3]}), draws, 0.95, kind=SHIFTED, longer=longer).iloc[0]
        for longer in ("", "a tenth")
    )
    for end in ("lower", "upper"):
        assert longer[end] - 0.3 == pytest.approx(1.1 * (plain[end] - 0.3))
