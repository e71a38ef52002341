"""The courses of dyads side by side: the sessions that were rated, in their order, one column for each dyad."""

from typing import NamedTuple

import numpy as np
import pandas as pd


class Courses(NamedTuple):
    """Ratings of dyads over their sessions.

    Attributes
    ----------
    ratings : numpy.ndarray of shape (t, n)
        The ratings of each dyad in the order of its sessions; sessions without a rating are passed over. 0 below the
        last one.
    sessions : numpy.ndarray of shape (t, n)
        The numbers of the sessions; 0 below the last one.
    rated : numpy.ndarray of bool, shape (t, n)
        Where there is a rating.
    dyads : numpy.ndarray of shape (n,)
        Names of the dyads, in sorted order.
    """

    ratings: np.ndarray
    sessions: np.ndarray
    rated: np.ndarray
    dyads: np.ndarray

    @property
    def lengths(self) -> np.ndarray:
        """Count the rated sessions of each dyad.

        Returns
        -------
        numpy.ndarray of shape (n,)
            Numbers.
        """
        return self.rated.sum(axis=0)

    def of(self, chosen: np.ndarray) -> "Courses":
        """Keep some of the dyads.

        Parameters
        ----------
        chosen : numpy.ndarray
            Flags or positions.

        Returns
        -------
        Courses
            Theirs.
        """
        rated = self.rated[:, chosen]
        most = int(rated.sum(axis=0).max(initial=0))
        return Courses(self.ratings[:most, chosen], self.sessions[:most, chosen], rated[:most], self.dyads[chosen])


def courses_of(ratings: pd.DataFrame) -> Courses:
    """Put the ratings of each dyad in the order of its sessions.

    Parameters
    ----------
    ratings : pandas.DataFrame
        Columns dyad, session and rating, one row for each rated session; rows without a session or rating are left out.

    Returns
    -------
    Courses
        One column for each dyad with a rating.

    Raises
    ------
    ValueError
        If a dyad has two ratings of one session.

    Examples
    --------
    >>> ratings = pd.DataFrame({"dyad": list("aab"), "session": [4, 1, 2], "rating": [5.0, 6.0, 7.0]})
    >>> courses = courses_of(ratings)
    >>> courses.ratings.tolist(), courses.sessions.tolist()
    ([[6.0, 7.0], [5.0, 0.0]], [[1.0, 2.0], [4.0, 0.0]])
    """
    known = ratings.dropna(subset=["session", "rating"]).sort_values(["dyad", "session"], kind="stable")
    if known.duplicated(["dyad", "session"]).any():
        raise ValueError("a dyad has two ratings of one session")
    code, dyads = pd.factorize(known["dyad"], sort=True)
    place = known.groupby(code, sort=False).cumcount().to_numpy()
    shape = (int(place.max(initial=-1)) + 1, len(dyads))
    values, sessions, rated = np.zeros(shape), np.zeros(shape), np.zeros(shape, dtype=bool)
    values[place, code] = known["rating"].to_numpy(dtype=float)
    sessions[place, code] = known["session"].to_numpy(dtype=float)
    rated[place, code] = True
    return Courses(values, sessions, rated, np.asarray(dyads))


class Trend(NamedTuple):
    """The straight line through the ratings of each dyad, or its mean.

    Attributes
    ----------
    level : numpy.ndarray of shape (t, ..., n)
        What the line says of each session.
    squares : numpy.ndarray of shape (..., n)
        Sum of the squared distances from it.
    freedom : numpy.ndarray of shape (n,)
        Rated sessions minus 1 for a mean, minus 2 for a line.
    """

    level: np.ndarray
    squares: np.ndarray
    freedom: np.ndarray


def trend_of(values: np.ndarray, courses: Courses, *, line: bool) -> Trend:
    r"""Fit a straight line, or the mean, to the ratings of each dyad by least squares.

    .. math:: \hat y_t = \bar y + b (t - \bar t), \qquad b = \sum_t (t - \bar t) y_t / \sum_t (t - \bar t)^2

    Parameters
    ----------
    values : numpy.ndarray of shape (t, ..., n)
        Ratings, 0 where there is none; any number of data sets between sessions and dyads.
    courses : Courses
        Which sessions were rated.
    line : bool
        False for the mean.

    Returns
    -------
    Trend
        Level, squares and degrees of freedom. A dyad with one session has its rating as level.

    Examples
    --------
    >>> ratings = pd.DataFrame({"dyad": "a", "session": [1, 2, 3], "rating": [4.0, 6.0, 5.0]})
    >>> courses = courses_of(ratings)
    >>> trend = trend_of(courses.ratings, courses, line=True)
    >>> trend.level[:, 0].tolist(), trend.squares.tolist()
    ([4.5, 5.0, 5.5], [1.5])
    """
    rated = over(courses.rated, values)
    count = courses.lengths
    level = values.sum(axis=0) / np.maximum(count, 1)
    if line:
        apart = centred_sessions(courses)
        spread = (apart**2).sum(axis=0)
        slope = (over(apart, values) * values).sum(axis=0) / np.where(spread > 0, spread, 1.0)
        level = level + slope * over(apart, values)
    else:
        level = np.broadcast_to(level, values.shape)
    squares = (np.where(rated, values - level, 0.0) ** 2).sum(axis=0)
    return Trend(level, squares, count - (2 if line else 1))


def centred_sessions(courses: Courses) -> np.ndarray:
    """Give the numbers of the sessions minus the mean of the dyad's rated ones.

    Parameters
    ----------
    courses : Courses
        Which sessions were rated.

    Returns
    -------
    numpy.ndarray of shape (t, n)
        Differences, 0 where there is no rating.
    """
    mean = courses.sessions.sum(axis=0) / np.maximum(courses.lengths, 1)
    return np.where(courses.rated, courses.sessions - mean, 0.0)


def over(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Give sessions x dyads the axes of many data sets, over which it is the same.

    Parameters
    ----------
    columns : numpy.ndarray of shape (t, n)
        Sessions x dyads.
    values : numpy.ndarray of shape (t, ..., n)
        Many data sets.

    Returns
    -------
    numpy.ndarray of shape (t, 1, ..., n)
        The same, to be broadcast.
    """
    return columns.reshape(columns.shape[0], *(1,) * (values.ndim - 2), columns.shape[1])
