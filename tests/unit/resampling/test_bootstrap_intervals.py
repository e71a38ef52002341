"""Intervals of estimates from their resampled values."""

from math import erfc, sqrt

import numpy as np
import pandas as pd
import pytest

from psychometrics.resampling.bootstrap_intervals import KINDS, SHIFTED, with_intervals

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


def test_a_loading_beyond_one_stays_on_its_own_scale():
    draws = np.column_stack([[0.3, 0.4, 0.5], [0.9, 1.0, 1.1]])
    own = with_intervals(ROWS, draws, 0.95, kind="bias-corrected")
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected z")
    assert found["upper"][1] == own["upper"][1] and found["upper"][0] != own["upper"][0]
    assert [method.split(",")[0] for method in found["method"]] == [
        "minres; bias-corrected z bootstrap", "minres; bias-corrected bootstrap"
    ]  # fmt: skip


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
    draws = np.column_stack([np.arange(101) / 100, np.arange(101)])
    found = with_intervals(ROWS, draws, 0.90, kind="percentile")
    assert found["lower"].tolist() == pytest.approx([0.05, 5]) and found["upper"].tolist() == pytest.approx([0.95, 95])


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


def test_standard_error_of_the_jackknife_by_hand():
    # left out: z of a .53, .55, .57, so that the standard error is sqrt(2 / 3 * .0008) = .0231; b has no values
    draws = np.column_stack([np.tanh([0.4, 0.5, 0.6]), np.tanh([0.4, 0.5, 0.6])])
    left_out = np.column_stack([np.tanh([0.53, 0.55, 0.57]), [np.nan] * 3])
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected z", left_out=left_out)
    widths = (np.arctanh(found["upper"]) - np.arctanh(found["lower"])) / 2 / 1.959964
    assert widths.tolist() == pytest.approx([0.0230940, 0.1], abs=1e-6)
    middle = (np.arctanh(found["upper"]) + np.arctanh(found["lower"])) / 2
    assert middle.tolist() == pytest.approx(2 * np.arctanh([0.5, 0.2]) - 0.5)


def test_bias_of_another_population_by_hand():
    # it has .7 and shows .6 on average: .1 is added to the estimate; the length stays that of the resamples
    draws = np.column_stack([[0.3, 0.4, 0.5], [0.1, 0.2, 0.3]])
    around = (np.array([[0.55, np.nan], [0.65, np.nan]]), np.array([0.7, 0.7]))
    found = with_intervals(ROWS, draws, 0.95, kind="bias-corrected", around=around)
    assert (found["lower"][0], found["upper"][0]) == pytest.approx((0.6 - 0.1959964, 0.6 + 0.1959964), abs=1e-7)
    # where nothing of it is known the bias is that of the resamples
    assert found["lower"][1] == pytest.approx(0.2 - 0.1959964, abs=1e-7)


def test_percentiles_less_bias_are_wider_with_few_units():
    draws = np.linspace(0, 1, 10001)[:, None] ** 2  # mean 1/3; its p-quantile is p squared
    rows = pd.DataFrame({"estimate": [0.3]})
    bias = 1 / 3 - 0.3
    plain = with_intervals(rows, draws, 0.95, kind=SHIFTED).iloc[0]
    assert [plain["lower"], plain["upper"]] == pytest.approx([0.025**2 - bias, 0.975**2 - bias], abs=1e-4)
    few = with_intervals(rows, draws, 0.95, kind=SHIFTED, n_units=11).iloc[0]
    tail = erfc(2.228138851986273 * sqrt(1.1) / sqrt(2)) / 2  # qt(.975, 10)
    assert [few["lower"], few["upper"]] == pytest.approx([tail**2 - bias, (1 - tail) ** 2 - bias], abs=1e-4)
    assert few["method"] == "percentile less bias bootstrap, 10001 of 10001 resamples of clients"
