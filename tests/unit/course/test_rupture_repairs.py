"""Depth, repair and length of ruptures, worked out by hand."""

import numpy as np
import pytest
from tests.unit.course.test_rupture_criteria import FLAT, A, courses

from psychometrics.course.rupture_criteria import Rules
from psychometrics.course.rupture_repairs import levels_before, repair_lengths, repairs_of

RULES = Rules(reliability=0.75, before=3, repair=3)


def found(below, *series, rules=RULES):
    given = courses(*series)
    marks = np.zeros(given.ratings.shape, dtype=bool)
    for session in below:
        marks[given.sessions[:, 0] == session, 0] = True
    return repairs_of(given.ratings, marks, given, rules)


def test_back_in_the_next_session():
    # level before 17/3, standard error root(.1833 x 4/3) = .494 (see the criteria): 6 is above 5.172
    repairs = found([5], A, FLAT)
    assert repairs.session.tolist() == [5]
    assert repairs.magnitude == pytest.approx([17 / 3 - 3])
    assert (repairs.repaired.tolist(), repairs.length.tolist()) == ([1.0], [1.0])


def test_the_lowest_session_of_several_makes_the_depth():
    repairs = found([4, 5], [6, 6, 6, 4, 2, 5.9, 6, 6])
    assert repairs.magnitude == pytest.approx([4.0])
    assert repairs.length.tolist() == [2.0]


def test_too_late_is_not_repaired():
    repairs = found([4], [6, 6, 6, 3, 3, 3, 3, 6, 6], rules=RULES._replace(reliability=0.999))
    assert (repairs.repaired.tolist(), np.isnan(repairs.length).tolist()) == ([0.0], [True])


def test_a_course_that_ends_too_early_does_not_say():
    for ratings, session, repaired in (([6, 6, 6, 3], 4, np.nan), ([6, 6, 6, 3, 3, 3, 3], 4, 0.0)):
        repairs = found([session], ratings, rules=RULES._replace(reliability=0.999))
        assert repairs.repaired == pytest.approx([repaired], nan_ok=True)


def test_sessions_without_a_rating_take_time():
    # back at session 8, four sessions after the rupture, although it is the next one that was rated
    ratings = [6, 6, 6, 3, None, None, None, 6]
    assert found([4], ratings, rules=RULES._replace(reliability=0.999)).repaired.tolist() == [0.0]
    later = RULES._replace(reliability=0.999, repair=4)
    assert found([4], ratings, rules=later).length.tolist() == [4.0]


def test_nothing_was_rated_before():
    repairs = found([1], [2, 6, 6, 6, 6])
    assert np.isnan(repairs.magnitude).all() and np.isnan(repairs.repaired).all() and np.isnan(repairs.length).all()


def test_many_data_sets_at_once():
    rng = np.random.default_rng(4)
    given = courses(*rng.integers(1, 8, size=(6, 10)).tolist(), [4, None, 5, 5, 2])
    sets = np.where(given.rated[:, None], rng.normal(5, 1, size=(given.ratings.shape[0], 3, 7)), 0)
    below = (sets < 4.5) & given.rated[:, None]
    repaired, length = repair_lengths(sets, below, levels_before(sets, given, RULES), given, RULES)
    alone = [repairs_of(sets[:, number], below[:, number], given, RULES) for number in range(3)]
    # ruptures come in another order: sums are compared, which no order changes
    assert len(repaired) == sum(len(one.repaired) for one in alone)
    assert np.nansum(repaired) == sum(np.nansum(one.repaired) for one in alone)
    assert np.nansum(length) == sum(np.nansum(one.length) for one in alone)
