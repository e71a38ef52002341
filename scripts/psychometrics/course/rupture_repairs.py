"""Is a rupture repaired? How deep it is, and how long it takes until the level before it is reached again."""

from typing import NamedTuple

import numpy as np

from psychometrics.course.courses import Courses
from psychometrics.course.rupture_criteria import Rules, change_error, first_sessions, level_before


class Repairs(NamedTuple):
    """The ruptures that one criterion sees, in one or many data sets.

    Attributes
    ----------
    dyad : numpy.ndarray of shape (r,)
        Position of the dyad.
    session : numpy.ndarray of shape (r,)
        Session with which the rupture begins.
    magnitude : numpy.ndarray of shape (r,)
        Level before minus the lowest rating of the flagged sessions; missing where nothing was rated before.
    repaired : numpy.ndarray of shape (r,)
        1 where the level before, minus one standard error, is reached again in time, 0 where it is not; missing where
        the course ends too early to say, or nothing was rated before.
    length : numpy.ndarray of shape (r,)
        Sessions from the first of the rupture to that of the repair; missing where there is none.
    """

    dyad: np.ndarray
    session: np.ndarray
    magnitude: np.ndarray
    repaired: np.ndarray
    length: np.ndarray


class Before(NamedTuple):
    """The level before each session, and the level that counts as back there.

    Attributes
    ----------
    level : numpy.ndarray of shape (t, ..., n)
        Mean of the last rated sessions before; 0 at the first session.
    wanted : numpy.ndarray of shape (t, ..., n)
        That level minus one standard error of the difference of a rating from it.
    """

    level: np.ndarray
    wanted: np.ndarray


def levels_before(values: np.ndarray, courses: Courses, rules: Rules) -> Before:
    r"""Give the level before each session, to which a rupture that begins there has to return.

    .. math:: \bar y_{\text{before}} - s_e\sqrt{1 + 1/m}

    Parameters
    ----------
    values : numpy.ndarray of shape (t, ..., n)
        Ratings, 0 where there is none; any number of data sets between sessions and dyads.
    courses : Courses
        Which sessions were rated.
    rules : Rules
        Among them how many sessions make the level before.

    Returns
    -------
    Before
        Levels.
    """
    level, number = level_before(values, rules.before)
    error = change_error(values, courses, rules)
    return Before(level, level - error * np.sqrt(1 + 1 / np.maximum(number, 1)))


class _Starts(NamedTuple):
    """Where ruptures begin."""

    start: np.ndarray  # position of the session
    column: np.ndarray  # data set and dyad
    dyad: np.ndarray
    began: np.ndarray  # number of the session
    last: np.ndarray  # position of the dyad's last session

    @classmethod
    def of(cls, below: np.ndarray, courses: Courses) -> "_Starts":
        start, column = np.nonzero(first_sessions(below).reshape(len(below), -1))
        dyad = column % below.shape[-1]
        return cls(start, column, dyad, courses.sessions[start, dyad], courses.lengths[dyad] - 1)


def repair_lengths(
    values: np.ndarray, below: np.ndarray, before: Before, courses: Courses, rules: Rules
) -> tuple[np.ndarray, np.ndarray]:
    r"""Look whether the level before is reached again in time after each rupture.

    .. math:: y_{t+h} \ge \bar y_{\text{before}} - s_e\sqrt{1 + 1/m} \quad\text{for a session at most `repair` later}

    Parameters
    ----------
    values : numpy.ndarray of shape (t, ..., n)
        Ratings, 0 where there is none; any number of data sets between sessions and dyads.
    below : numpy.ndarray of bool, shape (t, ..., n)
        Sessions that the criterion flags.
    before : Before
        Levels before.
    courses : Courses
        Which sessions were rated.
    rules : Rules
        Among them within how many sessions a rupture is to be repaired.

    Returns
    -------
    repaired : numpy.ndarray of shape (r,)
        1, 0 or missing, as of :class:`Repairs`.
    length : numpy.ndarray of shape (r,)
        Sessions until the repair.
    """
    at = _Starts.of(below, courses)
    y = values.reshape(len(values), -1)
    wanted = before.wanted.reshape(len(values), -1)[at.start, at.column]
    known = at.start > 0
    length = np.full(len(wanted), np.nan)
    # sessions are whole numbers apart: no more rated ones than these can lie within the time
    for step in range(1, min(int(rules.repair), len(values) - 1) + 1):
        here = np.minimum(at.start + step, at.last)
        passed = courses.sessions[here, at.dyad] - at.began
        back = (passed > 0) & (passed <= rules.repair) & (y[here, at.column] >= wanted) & known & np.isnan(length)
        length[back] = passed[back]
    seen = known & (courses.sessions[at.last, at.dyad] - at.began >= rules.repair)
    return np.where(np.isfinite(length), 1.0, np.where(seen, 0.0, np.nan)), length


def repairs_of(values: np.ndarray, below: np.ndarray, courses: Courses, rules: Rules) -> Repairs:
    """Describe each rupture of one data set, and look what follows it.

    Parameters
    ----------
    values : numpy.ndarray of shape (t, n)
        Ratings, 0 where there is none.
    below : numpy.ndarray of bool, shape (t, n)
        Sessions that the criterion flags.
    courses : Courses
        Which sessions were rated.
    rules : Rules
        What the level before and a repair are.

    Returns
    -------
    Repairs
        One element for each rupture.

    Notes
    -----
    The level before is the mean of the last rated sessions before the rupture, and the standard error that of the
    difference of one rating from this mean. Sessions are counted by their numbers, so that a session without a rating
    takes time, but nothing can be seen in it.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics.course.courses import courses_of
    >>> ratings = pd.DataFrame({"dyad": "a", "session": range(1, 7), "rating": [6.0, 6.0, 6.0, 3.0, 4.0, 6.0]})
    >>> courses = courses_of(ratings)
    >>> found = repairs_of(courses.ratings, courses.ratings < 5, courses, Rules())
    >>> found.session.tolist(), found.magnitude.tolist(), found.repaired.tolist(), found.length.tolist()
    ([4.0], [3.0], [1.0], [2.0])
    """
    before, at = levels_before(values, courses, rules), _Starts.of(below, courses)
    repaired, length = repair_lengths(values, below, before, courses, rules)
    lowest, running = values[at.start, at.column].copy(), np.ones(len(at.start), dtype=bool)
    for step in range(1, len(values)):
        here = at.start + step
        running &= here <= at.last
        if not running.any():
            break
        here = np.where(running, here, 0)
        running &= below[here, at.column]
        lowest = np.where(running, np.minimum(lowest, values[here, at.column]), lowest)
    magnitude = np.where(at.start > 0, before.level[at.start, at.column] - lowest, np.nan)
    return Repairs(at.dyad, at.began, magnitude, repaired, length)
