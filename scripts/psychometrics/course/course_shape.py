"""The shape of each dyad's course in a few numbers, and how far odd and even sessions agree on them."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from psychometrics.association.cluster_bootstrap import UnitResamples, cluster_bootstrap_intervals, resample_units
from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.course.courses import Courses, centred_sessions, trend_of
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import ClusterWeights

# rated sessions without which a descriptor says nothing
FEWEST = {
    "mean": 1,
    "lowest": 1,
    "highest": 1,
    "range": 2,
    "sessions_between": 2,
    "slope": 2,
    "curvature": 4,
    "sd_around_trend": 3,
}
FEWEST_DYADS = 10  # of which both halves have the descriptor
COLUMNS = ["statistic", "descriptor", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
AVERAGES = ("mean", "slope", "curvature")  # for which doubling the sessions halves the error variance
FLAT = 1e-12  # variance below which a descriptor is the same in all dyads


def descriptors_of(courses: Courses) -> pd.DataFrame:
    """Describe the course of each dyad.

    Parameters
    ----------
    courses : Courses
        Ratings.

    Returns
    -------
    pandas.DataFrame
        Indexed by dyad: mean, lowest, highest, range, sessions_between (session of the highest rating minus session of
        the lowest, the first of each where there are several), slope (points a session), curvature (coefficient of the
        squared session number) and sd_around_trend (around the straight line, divisor n - 2); missing where there are
        too few sessions.

    Examples
    --------
    >>> from psychometrics.course.courses import courses_of
    >>> ratings = pd.DataFrame({"dyad": "a", "session": [1, 2, 3, 4], "rating": [4.0, 3.0, 5.0, 6.0]})
    >>> descriptors_of(courses_of(ratings)).loc["a"].drop(["sessions_between", "sd_around_trend"]).round(2).to_dict()
    {'mean': 4.5, 'lowest': 3.0, 'highest': 6.0, 'range': 3.0, 'slope': 0.8, 'curvature': 0.5}
    """
    count, column = courses.lengths, np.arange(len(courses.dyads))
    if not courses.ratings.size:  # no dyads, or no session: of dyads with one each, none is even
        return pd.DataFrame(columns=list(FEWEST), index=pd.Index(courses.dyads, name="dyad"), dtype=float)
    line = trend_of(courses.ratings, courses, line=True)
    low = np.argmin(np.where(courses.rated, courses.ratings, np.inf), axis=0)
    high = np.argmax(np.where(courses.rated, courses.ratings, -np.inf), axis=0)
    lowest, highest = courses.ratings[low, column], courses.ratings[high, column]
    time = centred_sessions(courses)
    squared = _squared_sessions(courses, time)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "mean": courses.ratings.sum(axis=0) / count,
            "lowest": lowest,
            "highest": highest,
            "range": highest - lowest,
            "sessions_between": courses.sessions[high, column] - courses.sessions[low, column],
            "slope": (time * courses.ratings).sum(axis=0) / (time**2).sum(axis=0),
            "curvature": (squared * courses.ratings).sum(axis=0) / (squared**2).sum(axis=0),
            "sd_around_trend": np.sqrt(line.squares / np.where(line.freedom > 0, line.freedom, np.nan)),
        }
    known = {name: np.where(count >= FEWEST[name], value, np.nan) for name, value in found.items()}
    return pd.DataFrame(known, index=pd.Index(courses.dyads, name="dyad"))


def _squared_sessions(courses: Courses, time: np.ndarray) -> np.ndarray:
    """Squares of the centred session numbers without their mean and what is linear in them, for each dyad."""
    count, spread = np.maximum(courses.lengths, 1), (time**2).sum(axis=0)
    square = time**2
    linear = (time**3).sum(axis=0) / np.where(spread > 0, spread, 1.0)
    return np.where(courses.rated, square - square.sum(axis=0) / count - linear * time, 0.0)


def halves_of(courses: Courses) -> list[Courses]:
    """Part the rated sessions of each dyad into the first, third, ... and the second, fourth, ...

    Parameters
    ----------
    courses : Courses
        Ratings.

    Returns
    -------
    list of Courses
        The odd and the even ones, in the order of the dyads.
    """
    return [
        Courses(courses.ratings[part], courses.sessions[part], courses.rated[part], courses.dyads)
        for part in (slice(0, None, 2), slice(1, None, 2))
    ]


def course_shape(
    courses: Courses,
    *,
    units: np.ndarray | None = None,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
    resamples: UnitResamples | None = None,
) -> pd.DataFrame:
    r"""Describe the courses, and say how reliable each descriptor is.

    .. math:: \rho = \frac{2 r}{1 + r}, \qquad r = \text{correlation of odd and even sessions over dyads}

    Parameters
    ----------
    courses : Courses
        Ratings.
    units : numpy.ndarray of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    draws : int, default 1000
        Number of resamples of whole units; 0 leaves the intervals of reliabilities out.
    seed : int, default 0
        Seed of the resamples, 0 or more.
    resamples : UnitResamples, optional
        Resamples of the dyads, instead of `draws` and `seed`.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, descriptor, estimate, se, lower, upper, level, n (dyads), method, note. For each
        descriptor shape_mean and shape_sd over the dyads, shape_split_r, the correlation of odd and even sessions, and
        shape_reliability, stepped up to all sessions.

    Notes
    -----
    The Spearman-Brown formula is right for what averages over sessions: mean, slope, curvature. The lowest of sixteen
    ratings is not the mean of the lowest of two times eight, so that for the other descriptors it is a guide.
    Descriptors as of Prince et al. (2016). The correlation agrees with stats::cor.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import course_shape, courses_of
    >>> rng = np.random.default_rng(1)
    >>> ratings = 5 + 0.6 * rng.normal(size=(40, 1)) + 0.4 * rng.normal(size=(40, 10))
    >>> rows = pd.DataFrame({"dyad": np.repeat(np.arange(40), 10), "session": np.tile(np.arange(1, 11), 40)})
    >>> found = course_shape(courses_of(rows.assign(rating=ratings.ravel())), draws=100)
    >>> found = found[found["statistic"] == "shape_reliability"].set_index("descriptor")["estimate"]
    >>> found[["mean", "lowest"]].round(1).tolist()
    [0.9, 0.9]
    """
    check_level(level)
    own = resamples or resample_units(np.arange(len(courses.dyads)) if units is None else units, draws, seed)
    whole = descriptors_of(courses)
    odd, even = (descriptors_of(half) for half in halves_of(courses))
    made: list[_Made] = []
    for name in FEWEST:
        made += _over_dyads(whole[name].to_numpy(), name, own)
        made += _split(odd[name].to_numpy(), even[name].to_numpy(), name, own)
    return _table(made, own, level)


class _Made(NamedTuple):
    """A row, and what its interval is made of: values without each unit, or of each resample; for which dyads."""

    row: dict
    kind: str = ""
    moved: np.ndarray | None = None
    used: np.ndarray = np.empty(0)


JACKKNIFE = {"mean": ("", (-np.inf, np.inf)), "sd": ("log", (0.0, np.inf))}  # scale and bounds
BOOTSTRAP = {"split_r": "normal z", "reliability": "normal log(1 - x)"}


def _table(made: list[_Made], units: UnitResamples, level: float) -> pd.DataFrame:
    """Rows with their intervals, those of one kind at once."""
    frame = pd.DataFrame([one.row for one in made]).reindex(columns=COLUMNS)
    frame = frame.assign(**frame[["method", "note"]].astype(object).fillna(""))
    parts = [frame[[not one.kind for one in made]]]
    for kind in (*JACKKNIFE, *BOOTSTRAP):
        places = [place for place, one in enumerate(made) if one.kind == kind]
        if not places:
            continue
        used = np.stack([made[place].used for place in places], axis=1)
        given = [moved for place in places if (moved := made[place].moved) is not None]
        values = np.stack(given, axis=1) if given else None
        if kind in JACKKNIFE and values is not None:
            scale, bounds = JACKKNIFE[kind]
            behind = units.parts_behind(used), units.units_behind(used)
            parts.append(jackknife_intervals(frame.loc[places], values, *behind, level, scale=scale, bounds=bounds))
        else:
            rows = frame.loc[places].reset_index(drop=True)
            found = cluster_bootstrap_intervals(rows, values, used, units, level, kind=BOOTSTRAP[kind])
            parts.append(found.set_axis(places))
    return pd.concat([part for part in parts if len(part)]).sort_index().reset_index(drop=True).reindex(columns=COLUMNS)


def _over_dyads(values: np.ndarray, name: str, units: UnitResamples) -> list[_Made]:
    """Mean and standard deviation over dyads."""
    known = np.isfinite(values)
    n = int(known.sum())
    rows = [{"statistic": f"shape_{what}", "descriptor": name, "n": n} for what in JACKKNIFE]
    if n < 2:
        note = f"fewer than two dyads have the {FEWEST[name]} rated sessions that it needs"
        return [_Made(rows[0] | {"note": note})]
    centre = values[known].mean()
    filled = np.where(known, values - centre, 0.0)
    columns = np.column_stack([known, filled, filled**2]).astype(float)
    _, sd = _moments(columns.sum(axis=0)[None])
    left_mean, left_sd = _moments(units.parts @ columns)
    rows[0] |= {"estimate": centre, "method": "mean over dyads"}
    rows[1] |= {"estimate": sd[0], "method": "standard deviation over dyads"}
    return [_Made(rows[0], "mean", left_mean + centre, known), _Made(rows[1], "sd", left_sd, known)]


def _moments(sums: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[:, 1] / sums[:, 0]
        return mean, np.sqrt(np.maximum(sums[:, 2] - sums[:, 0] * mean**2, 0.0) / (sums[:, 0] - 1))


def _split(one: np.ndarray, two: np.ndarray, name: str, units: UnitResamples) -> list[_Made]:
    """Correlation of both halves and the reliability that follows from it."""
    known = np.isfinite(one) & np.isfinite(two)
    n = int(known.sum())
    common = {"descriptor": name, "n": n}
    half = "odd and even sessions"
    note = ""
    pair = np.column_stack([one, two])[known]
    if n < FEWEST_DYADS:
        note = f"{n} dyads have {FEWEST[name]} odd and as many even sessions: {FEWEST_DYADS} are needed"
    elif (pair.var(axis=0) < FLAT).any():
        note = "the descriptor is the same in all dyads"
    if note:
        return [_Made(common | {"statistic": "shape_reliability", "note": note})]
    r = _correlations(pair, np.ones((1, n)))
    drawn = None if units.weights is None else _correlations(pair, units.weights[:, known])
    stepped = None if drawn is None else _stepped(drawn)
    how = half if name in AVERAGES else f"{half}; a guide, since it is no average over sessions"
    rows = (
        common | {"statistic": "shape_split_r", "estimate": r[0], "method": half},
        common | {"statistic": "shape_reliability", "estimate": _stepped(r)[0], "method": f"Spearman-Brown, {how}"},
    )
    return [_Made(rows[0], "split_r", drawn, known), _Made(rows[1], "reliability", stepped, known)]


def _stepped(r: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):  # halves that are each other's mirror
        return 2 * r / (1 + r)


def _correlations(pair: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Correlation of two columns under many weightings of the rows."""
    x, y = (pair - pair.mean(axis=0)).T
    sums = weights @ np.column_stack([np.ones(len(x)), x, y, x * x, y * y, x * y])
    n, sx, sy, sxx, syy, sxy = sums.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return (sxy - sx * sy / n) / np.sqrt((sxx - sx**2 / n) * (syy - sy**2 / n))
