"""Descriptors worked out by hand, and reliabilities where they are known."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.course.test_rupture_criteria import courses

from psychometrics.course.course_shape import FEWEST, course_shape, descriptors_of, halves_of


def test_descriptors_of_one_course():
    # sessions 1, 2, 3, 5: mean 2.75; ratings 5, 3, 6, 6: mean 5
    # slope = sum (t - 2.75)(y - 5) / sum (t - 2.75)^2 = (1.5 + .25 + 2.25) / 8.75
    found = descriptors_of(courses([5, 3, 6, None, 6])).loc[0]
    assert found[["mean", "lowest", "highest", "range"]].tolist() == [5, 3, 6, 3]
    assert found["sessions_between"] == 1  # highest first in session 3, lowest in session 2
    assert found["slope"] == pytest.approx(4 / 8.75)
    # squares around the line: 6 - 16 / 8.75, over 4 - 2
    assert found["sd_around_trend"] == pytest.approx(np.sqrt((6 - 16 / 8.75) / 2))


def test_curvature_is_the_coefficient_of_the_square():
    sessions = np.arange(1, 8)
    curved = 2 + 0.3 * sessions - 0.05 * sessions**2
    curved[3] = np.nan  # a session that was not rated
    series = [None if np.isnan(value) else value for value in curved]
    assert descriptors_of(courses(series)).loc[0, "curvature"] == pytest.approx(-0.05)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_short_courses_lack_what_needs_more_sessions(length):
    found = descriptors_of(courses([4, 5, 4, 6][:length])).loc[0]
    assert set(found.index[found.notna()]) == {name for name, fewest in FEWEST.items() if fewest <= length}


def test_a_constant_course():
    found = descriptors_of(courses([5] * 6)).loc[0]
    assert found[["range", "slope", "curvature", "sd_around_trend"]].to_numpy() == pytest.approx(0)


def test_halves_go_by_the_order_of_what_was_rated():
    odd, even = halves_of(courses([1, None, 3, 4, 5], [9, 8]))
    assert odd.ratings.T.tolist() == [[1, 4], [9, 0]]
    assert even.ratings.T.tolist() == [[3, 5], [8, 0]]


def test_reliability_of_the_mean_is_what_was_planted():
    # true means with variance 1, residuals with variance 4: twelve sessions have reliability 1 / (1 + 4/12) = .75
    rng = np.random.default_rng(3)
    ratings = rng.normal(size=(600, 1)) + 2 * rng.normal(size=(600, 12))
    rows = course_shape(courses(*ratings.tolist()), draws=200).set_index(["statistic", "descriptor"])
    found = rows.loc[("shape_reliability", "mean")]
    # its standard error with 600 dyads is about .02
    assert found["estimate"] == pytest.approx(0.75, abs=0.05)
    assert found["lower"] < 0.75 < found["upper"]
    assert rows.loc[("shape_split_r", "mean"), "estimate"] == pytest.approx(0.6, abs=0.06)
    # nobody has a slope of their own, and nobody fluctuates more than others
    for name in ("slope", "sd_around_trend", "sessions_between"):
        assert abs(rows.loc[("shape_split_r", name), "estimate"]) < 0.13  # three standard errors


def test_means_and_standard_deviations_over_dyads():
    rows = course_shape(courses([4, 5], [6, 7], [5, 8]), draws=0).set_index(["statistic", "descriptor"])
    assert rows.loc[("shape_mean", "mean"), "estimate"] == pytest.approx((4.5 + 6.5 + 6.5) / 3)
    assert rows.loc[("shape_sd", "highest"), "estimate"] == pytest.approx(np.std([5, 7, 8], ddof=1))
    note = rows.loc[("shape_reliability", "slope"), "note"]
    assert note == "0 dyads have 2 odd and as many even sessions: 10 are needed"
    assert "fewer than two dyads have the 3 rated sessions" in rows.loc[("shape_mean", "sd_around_trend"), "note"]


def test_constant_descriptors_have_no_reliability():
    rows = course_shape(courses(*[[5] * 8] * 20), draws=10).set_index(["statistic", "descriptor"])
    assert rows.loc["shape_reliability", "note"].eq("the descriptor is the same in all dyads").all()
    assert rows.loc["shape_reliability", "estimate"].isna().all()


def test_nobody():
    rows = course_shape(courses([5]).of(np.zeros(1, dtype=bool)), draws=10)
    assert rows["estimate"].isna().all() and (rows["note"] != "").all()
    assert isinstance(rows, pd.DataFrame)


def test_dyads_with_one_session_have_no_halves():
    rows = course_shape(courses([5], [3], [4]), draws=10).set_index(["statistic", "descriptor"])
    assert rows.loc[("shape_mean", "mean"), "estimate"] == 4
    reliability = rows.loc["shape_reliability"]
    assert reliability["estimate"].isna().all() and (reliability["note"] != "").all()
