"""Test-retest of two sessions: by hand, and the reasons where there is nothing to tell."""

import numpy as np
import pytest

from psychometrics.variance.retest import retest

FIRST, SECOND = [1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 4.0, 3.0, 5.0]


def of(rows, statistic):
    return rows.set_index("statistic").loc[statistic]


def test_both_coefficients_by_hand():
    """Means of the rows 1.5, 1.5, 3.5, 3.5, 5; of the sessions 3 and 3.

    r = 8 / 10. Mean squares: rows 2 * 9 / 4 = 4.5, sessions 0, residual (20 - 18) / 4 = 0.5, so that
    ICC(A,1) = (4.5 - 0.5) / (4.5 + 0.5 + 2 * (0 - 0.5) / 5) = 4 / 4.8 (McGraw & Wong 1996, table 4).
    """
    rows = retest([*FIRST, np.nan, 2.0], [*SECOND, 1.0, np.nan], draws=0)
    assert of(rows, "retest_r")["estimate"] == pytest.approx(0.8)
    assert of(rows, "retest_icc")["estimate"] == pytest.approx(4 / 4.8)
    assert (rows["n"] == 5).all() and rows["lower"].isna().all()
    assert rows["note"].str.contains("no resamples were drawn").all()


def test_an_interval_holds_the_estimate():
    first, noise = np.random.default_rng(1).normal(size=(2, 40))
    rows = retest(first, first + noise, draws=200, seed=1)
    assert (rows["lower"] <= rows["estimate"]).all() and (rows["estimate"] <= rows["upper"]).all()


def test_too_few_units_are_a_reason_beside_the_estimate():
    rows = retest(FIRST, SECOND, units=["a", "a", "b", "b", "b"])
    assert rows["estimate"].notna().all() and rows["lower"].isna().all()
    assert rows["note"].str.contains("fewer than three units to resample").all()


@pytest.mark.parametrize(
    "first, second, reason",
    [
        ([1.0, 2.0, np.nan], [2.0, np.nan, 1.0], "fewer than three clients have a score in both sessions"),
        ([2.0, 2.0, 2.0], [1.0, 2.0, 3.0], "a score without variance in one of the sessions"),
    ],
)
def test_what_cannot_be_told_says_why(first, second, reason):
    rows = retest(first, second)
    assert rows["estimate"].isna().all() and (rows["note"] == reason).all()
