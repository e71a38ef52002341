"""Order, gaps and lines worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.course.courses import courses_of, trend_of

RATINGS = pd.DataFrame(
    {"dyad": ["b", "a", "a", "a", "b", "c"], "session": [2, 7, 1, 2, 1, 1], "rating": [3, 4, 6, 7, np.nan, np.nan]}
)


def test_sessions_stand_in_their_order_without_what_was_not_rated():
    courses = courses_of(RATINGS)
    assert courses.dyads.tolist() == ["a", "b"]
    assert courses.ratings.T.tolist() == [[6, 7, 4], [3, 0, 0]]
    assert courses.sessions.T.tolist() == [[1, 2, 7], [2, 0, 0]]
    assert courses.lengths.tolist() == [3, 1]


def test_lines_take_the_numbers_of_the_sessions():
    # sessions 1, 2, 7 have mean 10/3, ratings mean 17/3: slope = (-7/9 - 16/9 - 55/9) / (186/9) = -78/186
    courses = courses_of(RATINGS)
    trend = trend_of(courses.ratings, courses, line=True)
    assert trend.level[1, 0] - trend.level[0, 0] == pytest.approx(-78 / 186)
    assert trend.level[:, 0].mean() == pytest.approx(17 / 3)
    assert trend.level[0, 1] == 3  # one session: the rating itself
    assert trend.freedom.tolist() == [1, -1]


def test_two_ratings_of_one_session_are_refused():
    with pytest.raises(ValueError, match="two ratings of one session"):
        courses_of(pd.DataFrame({"dyad": "a", "session": [1, 1], "rating": [1.0, 2.0]}))


def test_some_dyads_of_all():
    courses = courses_of(RATINGS)
    one = courses.of(courses.lengths < 2)
    assert (one.dyads.tolist(), one.ratings.tolist(), one.rated.tolist()) == (["b"], [[3.0]], [[True]])
