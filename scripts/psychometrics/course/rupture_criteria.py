"""In which sessions does a criterion see a rupture? Control charts, drops below the own level, unreliable falls."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from psychometrics.course.courses import Courses, over, trend_of

MOVING_RANGE = 1.128  # mean range of two normal values in standard deviations: d2 of control charts for two
RELIABLE = 1.96  # standard errors: Jacobson and Truax
ROUNDING = 1e-9  # points: a rating on the limit is not below it
RELIABLE_FALL = "reliable_fall"  # the criterion that needs the reliability of change
WITHIN, POOLED, STRICTER = "within", "pooled", "stricter"
SPREADS = (WITHIN, POOLED, STRICTER)


class Rules(NamedTuple):
    """What the criteria are made of.

    Attributes
    ----------
    limit : float
        Of control charts, in standard deviations by the moving range.
    depths : tuple of float
        Of drops below the own level, in standard deviations.
    line : bool
        Whether the own level is a straight line over the sessions; otherwise it is the mean.
    before : int
        How many rated sessions make the level before a session.
    fewest : int
        Rated sessions from which a course is judged.
    repair : int
        Sessions within which a rupture is to be repaired.
    reliability : float
        Reliability of change within clients of one rating, missing where it is not known.
    """

    limit: float = 3.0
    depths: tuple[float, ...] = (1.0, 2.0)
    line: bool = True
    before: int = 3
    fewest: int = 4
    repair: int = 3
    reliability: float = np.nan


class Flags(NamedTuple):
    """What one criterion says.

    Attributes
    ----------
    criterion : str
        Its name.
    below : numpy.ndarray of bool, shape (t, ..., n)
        Sessions that it sees as part of a rupture.
    judged : numpy.ndarray of bool, shape (t, n)
        Sessions that it can judge.
    """

    criterion: str
    below: np.ndarray
    judged: np.ndarray


def criteria_of(rules: Rules) -> list[str]:
    """Name the criteria in their order.

    Parameters
    ----------
    rules : Rules
        What they are made of.

    Returns
    -------
    list of str
        Names.

    Examples
    --------
    >>> criteria_of(Rules(depths=(2,)))
    ['chart_all', 'chart_preceding', 'drop_2sd_within', 'drop_2sd_pooled', 'drop_2sd_stricter', 'reliable_fall']
    """
    drops = [f"drop_{depth:g}sd_{spread}" for depth in rules.depths for spread in SPREADS]
    return ["chart_all", "chart_preceding", *drops, RELIABLE_FALL]


def flag_sessions(values: np.ndarray, courses: Courses, rules: Rules) -> Iterator[Flags]:
    r"""Say which sessions each criterion sees as part of a rupture.

    .. math::

        \text{chart:}\quad y_t < \bar y - L\,\overline{MR}/1.128, \qquad \overline{MR} = \text{mean of } |y_t - y_{t-1}|

        \text{drop:}\quad y_t < \hat y_t - c\,s, \qquad
        \text{fall:}\quad \bar y_{\text{before}} - y_t > 1.96 \sqrt{s_e^2 (1 + 1/m)}

    Parameters
    ----------
    values : numpy.ndarray of shape (t, ..., n)
        Ratings, 0 where there is none; any number of data sets between sessions and dyads.
    courses : Courses
        Which sessions were rated.
    rules : Rules
        What the criteria are made of.

    Yields
    ------
    Flags
        One criterion after the other. ``chart_all``: the centre and the mean moving range are those of all sessions;
        ``chart_preceding``: those of all sessions before the judged one, at least `before` of them.
        ``drop_{c}sd_{spread}``: level is the dyad's own line (or mean), s the standard deviation around it of the dyad
        (within), of all dyads (pooled), or the larger of both (stricter). ``reliable_fall``: the level is the mean of
        the last m rated sessions before, m up to `before`; the error variance is the pooled variance within dyads times
        one minus the reliability of change within clients. Without this reliability nothing is judged.

    Notes
    -----
    Individuals and moving range chart: Montgomery, Introduction to statistical quality control, chapter on control
    charts for variables; as a way to find ruptures it is among those of Eubanks-Carter, Gorman & Muran (2012),
    Psychother. Res. 22, 621-637, of which only the abstract could be read. Drops: Gumz, Brähler, Geyer & Erices (2012),
    BMC Med. Res. Methodol. 12:10, propose both thresholds, 1 and 2 standard deviations, and the stricter of the
    variability within a person and between persons; only their discussion could be read, so that the level and the
    standard deviations are defined here. Reliable fall: Jacobson & Truax (1991), J. Consult. Clin. Psychol. 59, 12-19,
    with the reliability of change (Cranford et al. 2006, Pers. Soc. Psychol. Bull. 32, 917-929) in place of that of
    differences between people. The control limits agree with those of qcc::qcc(type = "xbar.one") written out.

    A dyad of n sessions can never lie more than (n - 1) / sqrt(n) of its own standard deviations below its mean: two
    standard deviations within need six sessions.
    """
    long = courses.rated & (courses.lengths >= rules.fewest)
    position = np.arange(len(values)).reshape(-1, *(1,) * (values.ndim - 1))
    moves = np.zeros(values.shape)
    moves[1:] = np.where(over(courses.rated[1:], values), np.abs(np.diff(values, axis=0)), 0.0)
    count = courses.lengths
    centre = values.sum(axis=0) / np.maximum(count, 1)
    spread = moves.sum(axis=0) / np.maximum(count - 1, 1) / MOVING_RANGE
    yield _flags("chart_all", values < centre - rules.limit * spread - ROUNDING, long)

    earlier = np.maximum(position, 1)
    total = np.cumsum(values, axis=0) - values
    spread = (np.cumsum(moves, axis=0) - moves) / np.maximum(position - 1, 1) / MOVING_RANGE
    late = long & (np.arange(len(values)) >= max(rules.before, 2))[:, None]
    yield _flags("chart_preceding", values < total / earlier - rules.limit * spread - ROUNDING, late)

    trend = trend_of(values, courses, line=rules.line)
    usable = count >= rules.fewest
    own = np.sqrt(trend.squares / np.maximum(trend.freedom, 1))
    freedom = trend.freedom[usable].sum()
    pooled = np.sqrt(trend.squares[..., usable].sum(axis=-1, keepdims=True) / max(freedom, 1))
    spreads = {WITHIN: own, POOLED: pooled, STRICTER: np.maximum(own, pooled)}
    fallen = trend.level - values
    for depth in rules.depths:
        for name in SPREADS:
            yield _flags(f"drop_{depth:g}sd_{name}", fallen > depth * spreads[name] + ROUNDING, long)

    level, number = level_before(values, rules.before)
    error = change_error(values, courses, rules)
    limit = RELIABLE * error * np.sqrt(1 + 1 / np.maximum(number, 1))
    known = long & (np.arange(len(values)) >= 1)[:, None] & np.isfinite(rules.reliability)
    yield _flags(RELIABLE_FALL, level - values > limit + ROUNDING, known)


def _flags(criterion: str, below: np.ndarray, judged: np.ndarray) -> Flags:
    return Flags(criterion, below & over(judged, below), judged)


def level_before(values: np.ndarray, before: int) -> tuple[np.ndarray, np.ndarray]:
    """Give the mean of the last rated sessions before each session.

    Parameters
    ----------
    values : numpy.ndarray of shape (t, ..., n)
        Ratings in the order of the sessions.
    before : int
        How many sessions make the level; at the beginning there are fewer.

    Returns
    -------
    level : numpy.ndarray of shape (t, ..., n)
        Means, 0 at the first session.
    number : numpy.ndarray of shape (t, 1, ..., 1)
        How many sessions are behind them.

    Examples
    --------
    >>> level, number = level_before(np.array([[4.0], [6.0], [5.0], [1.0]]), before=2)
    >>> level[:, 0].tolist(), number[:, 0].tolist()
    ([0.0, 4.0, 5.0, 5.5], [0, 1, 2, 2])
    """
    total = np.cumsum(values, axis=0)
    sums = np.zeros(values.shape)
    sums[1:] = total[:-1]
    sums[before + 1 :] -= total[: -before - 1]
    number = np.minimum(np.arange(len(values)), before).reshape(-1, *(1,) * (values.ndim - 1))
    return sums / np.maximum(number, 1), number


def change_error(values: np.ndarray, courses: Courses, rules: Rules) -> np.ndarray:
    """Compute the standard error of one rating that measures change within a dyad.

    Parameters
    ----------
    values : numpy.ndarray of shape (t, ..., n)
        Ratings.
    courses : Courses
        Which sessions were rated.
    rules : Rules
        With the reliability of change within clients.

    Returns
    -------
    numpy.ndarray of shape (..., 1)
        Root of the pooled variance around the dyads' means times one minus the reliability; 0 where that is missing.
    """
    mean = trend_of(values, courses, line=False)
    usable = courses.lengths >= rules.fewest
    variance = mean.squares[..., usable].sum(axis=-1, keepdims=True) / max(mean.freedom[usable].sum(), 1)
    return np.sqrt(variance * max(0.0, 1 - np.nan_to_num(rules.reliability, nan=1.0)))


def numbers_of_ruptures(flags: Flags) -> np.ndarray:
    """Count the ruptures of each dyad: runs of rated sessions that a criterion flags.

    Parameters
    ----------
    flags : Flags
        What the criterion says.

    Returns
    -------
    numpy.ndarray of shape (..., n)
        Numbers.

    Examples
    --------
    >>> below = np.array([[False], [True], [True], [False], [True]])
    >>> numbers_of_ruptures(Flags("a", below, np.ones((5, 1), dtype=bool))).tolist()
    [2]
    """
    return first_sessions(flags.below).sum(axis=0)


def first_sessions(below: np.ndarray) -> np.ndarray:
    """Flag the session with which each rupture begins.

    Parameters
    ----------
    below : numpy.ndarray of bool, shape (t, ..., n)
        Flagged sessions.

    Returns
    -------
    numpy.ndarray of bool, shape (t, ..., n)
        The first of each run.
    """
    found = below.copy()
    found[1:] &= ~below[:-1]
    return found
