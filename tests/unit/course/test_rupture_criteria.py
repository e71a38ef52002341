"""Every criterion on a series of six sessions, worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.course.courses import courses_of
from psychometrics.course.rupture_criteria import (
    Rules,
    change_error,
    criteria_of,
    first_sessions,
    flag_sessions,
    level_before,
    numbers_of_ruptures,
)

A = [6, 6, 5, 6, 3, 6]
FLAT = [5] * 6
MEAN = Rules(line=False, reliability=0.75, limit=1.0)


def courses(*series):
    rows = [
        {"dyad": name, "session": session, "rating": float(rating)}
        for name, ratings in enumerate(series)
        for session, rating in enumerate(ratings, 1)
        if rating is not None
    ]
    return courses_of(pd.DataFrame(rows))


def flagged(rules, *series, dyad=0):
    """Numbers of the sessions that each criterion flags."""
    given = courses(*series)
    found = {}
    for flags in flag_sessions(given.ratings, given, rules):
        assert not (flags.below & ~flags.judged).any()
        found[flags.criterion] = given.sessions[flags.below[:, dyad], dyad].tolist()
    assert list(found) == criteria_of(rules)
    return found


def test_control_charts():
    # mean 32/6 = 5.333; moving ranges 0, 1, 1, 3, 3 with mean 1.6, divided by 1.128: 1.418
    # limit at L = 1: 3.915, at L = 3: 1.078
    assert flagged(MEAN, A)["chart_all"] == [5]
    assert flagged(MEAN._replace(limit=3.0), A)["chart_all"] == []
    # before session 4: mean 5.667, ranges 0, 1: limit 5.667 - 3 x .443 = 4.337, rating 6
    # before session 5: mean 5.75, ranges 0, 1, 1: limit 5.75 - 3 x .591 = 3.977, rating 3
    # before session 6: mean 5.2, ranges 0, 1, 1, 3: limit 5.2 - 3 x 1.108 = 1.876, rating 6
    assert flagged(MEAN._replace(limit=3.0), A)["chart_preceding"] == [5]
    # with two sessions before, session 3 is judged: mean 6, range 0, so that 5 lies below the limit
    assert flagged(MEAN._replace(limit=3.0, before=2), A)["chart_preceding"] == [3, 5]


def test_drops_below_the_mean():
    # squares around 5.333: 7.333; within: root of 7.333 / 5 = 1.211; limits 4.122 and 2.911
    found = flagged(MEAN, A, FLAT)
    assert found["drop_1sd_within"] == [5] and found["drop_2sd_within"] == []
    # pooled with a dyad that never changes: root of 7.333 / 10 = .856; limits 4.477 and 3.621
    assert found["drop_1sd_pooled"] == [5] and found["drop_2sd_pooled"] == [5]
    # the stricter is the dyad's own here
    assert found["drop_1sd_stricter"] == [5] and found["drop_2sd_stricter"] == []


def test_drops_below_the_own_line():
    # slope = -4 / 17.5 = -.2286; squares 7.333 - 16 / 17.5 = 6.419; within: root of 6.419 / 4 = 1.267
    # session 5: line 4.990, so that 3 lies 1.990 below: 1.57 standard deviations
    found = flagged(MEAN._replace(line=True, depths=(1.5, 1.6)), A)
    assert found["drop_1.5sd_within"] == [5] and found["drop_1.6sd_within"] == []


def test_a_course_that_falls_all_the_time_has_no_drop_from_its_line():
    falling = [7, 6.5, 6, 5.5, 5, 4.5]
    assert flagged(MEAN._replace(line=True), falling)["drop_1sd_within"] == []
    # squares around 5.75: 4.375; root of 4.375 / 5 = .935; limit 4.815
    assert flagged(MEAN, falling)["drop_1sd_within"] == [6]


def test_reliable_falls():
    # variance around the means: 7.333 / 10 = .7333, of error .25 of it: .1833
    given = courses(A, FLAT)
    assert change_error(given.ratings, given, MEAN) == pytest.approx(np.sqrt(7.333333 / 10 * 0.25))
    # session 3 after 6, 6: fall 1, limit 1.96 x root(.1833 x 3/2) = 1.028
    # session 5 after 6, 5, 6: fall 2.667, limit 1.96 x root(.1833 x 4/3) = .969
    assert flagged(MEAN, A, FLAT)["reliable_fall"] == [5]
    # with reliability .77 the first limit is 1.96 x root(.7333 x .23 x 3/2) = .986
    assert flagged(MEAN._replace(reliability=0.77), A, FLAT)["reliable_fall"] == [3, 5]
    assert flagged(MEAN._replace(reliability=np.nan), A, FLAT)["reliable_fall"] == []


def test_sessions_that_were_not_rated_are_passed_over():
    with_gap = [6, None, 6, 5, None, 6, 3, 6]
    for name, sessions in flagged(MEAN, A).items():
        place = {1: 1, 2: 3, 3: 4, 4: 6, 5: 7, 6: 8}
        assert flagged(MEAN, with_gap)[name] == [place[session] for session in sessions]


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_courses_are_not_judged(length):
    given = courses([6, 1, 6][:length], A)
    for flags in flag_sessions(given.ratings, given, MEAN._replace(line=True)):
        assert not flags.judged[:, 0].any() and not flags.below[:, 0].any()


def test_four_sessions_are_judged():
    given = courses([6, 6, 6, 1])
    found = {
        flags.criterion: flags for flags in flag_sessions(given.ratings, given, Rules(line=False, reliability=0.8))
    }
    # four ratings cannot lie further below their mean than 3 / root(4) = 1.5 of their standard deviations
    assert found["drop_1sd_within"].below[:, 0].tolist() == [False, False, False, True]
    assert not found["drop_2sd_within"].below.any()
    assert found["chart_preceding"].judged[:, 0].tolist() == [False, False, False, True]
    assert found["reliable_fall"].judged[:, 0].tolist() == [False, True, True, True]


def test_constant_ratings_have_no_rupture():
    assert not any(flagged(Rules(reliability=0.8), FLAT, [7] * 8).values())


def test_many_data_sets_at_once_are_the_same_as_one_by_one():
    rng = np.random.default_rng(2)
    given = courses(*rng.integers(1, 8, size=(5, 9)).tolist(), A, [4, None, 5, 5, 2])
    sets = np.where(given.rated[:, None], rng.normal(5, 1, size=(given.ratings.shape[0], 3, 7)), 0)
    rules = Rules(reliability=0.7)
    together = list(flag_sessions(sets, given, rules))
    for number in range(3):
        for many, one in zip(together, flag_sessions(sets[:, number], given, rules), strict=True):
            assert (many.below[:, number] == one.below).all()
    assert (numbers_of_ruptures(together[2]).shape) == (3, 7)


def test_ruptures_are_runs():
    below = np.array([[1, 1, 0, 1, 0, 0, 1]], dtype=bool).T
    assert first_sessions(below)[:, 0].tolist() == [True, False, False, True, False, False, True]


def test_the_level_before():
    level, number = level_before(np.array([[6.0], [6.0], [5.0], [6.0], [3.0]]), before=3)
    assert level[:, 0] == pytest.approx([0, 6, 6, 17 / 3, 17 / 3])
    assert number[:, 0].tolist() == [0, 1, 2, 3, 3]
