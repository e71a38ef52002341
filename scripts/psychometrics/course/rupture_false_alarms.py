"""How many ruptures a criterion sees, and how many it would see if nothing ruptured."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.rows import adjust_holm
from psychometrics.association.units import Units
from psychometrics.course.courses import Courses
from psychometrics.course.ratios import Ratio, ratio_rows
from psychometrics.course.rupture_criteria import RELIABLE_FALL, Rules, criteria_of, flag_sessions, numbers_of_ruptures
from psychometrics.course.rupture_repairs import Repairs, levels_before, repair_lengths, repairs_of
from psychometrics.course.steady_courses import RatingScale, SteadyModel, draw_steady, evened, fit_steady, matched
from psychometrics.not_computable import NotComputable
from psychometrics.resampling.formula_intervals import check_level
from psychometrics.resampling.weights import generator_of

LENGTHS = (4, 8, 12, 16, 24)  # rated sessions at which a class of lengths begins
ALL = "all"
NUMBERS_AT_ONCE = 100_000  # ratings drawn at once: they stay in the processor's cache
COLUMNS = ["statistic", "criterion", "length", "estimate", "se", "lower", "upper", "level", "p", "p_holm", "n"]
COLUMNS += ["sessions", "method", "note"]
NO_RELIABILITY = "needs the reliability of change within clients: answers to the items of the scale in two sessions"
RATINGS = "steady courses from a growth model with the same sessions rated"


class _Counted(NamedTuple):
    """Ruptures of the dyads by criterion, observed and in steady courses."""

    observed: dict[str, np.ndarray]  # (n,)
    judged: dict[str, np.ndarray]  # (n,) sessions
    repairs: dict[str, Repairs]
    drawn: dict[str, np.ndarray]  # (sets, classes of length)
    shares: dict[str, np.ndarray]  # (classes of length,): dyads with a rupture
    expected: dict[str, np.ndarray]  # (n,) mean over the sets
    repaired: dict[str, float]


def rupture_rates(
    courses: Courses,
    scale: RatingScale,
    rules: Rules | None = None,
    *,
    units: ArrayLike | None = None,
    level: float = 0.95,
    sets: int = 500,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Count ruptures by every criterion and hold them against data sets in which nothing ruptures.

    .. math:: \text{ratio} = \frac{\text{ruptures seen}}{\text{mean number in steady courses}}, \qquad
        p = \frac{1 + \#\{\text{sets with as many or more}\}}{\text{sets} + 1}

    Parameters
    ----------
    courses : Courses
        Ratings of all dyads.
    scale : RatingScale
        Ratings that are possible.
    rules : Rules, optional
        What the criteria are made of.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    sets : int, default 500
        Number of data sets of steady courses.
    seed : int, default 0
        Seed of the draws, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: statistic, criterion, length (rated sessions of the dyads, or ``all``), estimate, se, lower, upper,
        level, p, p_holm (over criteria), n (dyads, or ruptures), sessions (judged), method, note. For every criterion
        and length
        ruptures_seen, ruptures_expected, rupture_ratio with its one-sided p, and ruptured_share, ruptured_expected, the
        share of dyads with a rupture. For every criterion rupture_magnitude, rupture_repaired, what is repaired in
        steady courses (repaired_expected) and rupture_length. First, dyads_judged and dyads_too_short; last, what the
        steady courses are drawn from: steady_slope, steady_slope_sd, steady_serial, steady_exponent,
        steady_unevenness, and the share of ratings at the highest one, observed (rating_ceiling) and in steady courses
        (steady_ceiling).

    Notes
    -----
    Steady courses: :mod:`psychometrics.course.steady_courses`. Each dyad has a straight line of its own; residuals
    carry over to the next session, are smaller near the ends of the scale, and differ between dyads; ratings are
    rounded and have a highest value. Its parameters are taken as known. A rupture is a run of rated sessions that a
    criterion flags. Intervals of ratios and means leave out one unit at a time:
    :func:`psychometrics.association.jackknife.jackknife_intervals`.

    Examples
    --------
    Ten sessions of forty dyads, half of which fall by two points at the seventh:

    >>> import numpy as np
    >>> import pandas as pd
    >>> from psychometrics import RatingScale, courses_of, rupture_rates
    >>> rng = np.random.default_rng(1)
    >>> ratings = 5.5 + 0.6 * rng.normal(size=(40, 1)) + 0.4 * rng.normal(size=(40, 10))
    >>> ratings = ratings.clip(1, 7).round(1)
    >>> ratings[:20, 6] -= 2
    >>> rows = pd.DataFrame({"dyad": np.repeat(np.arange(40), 10), "session": np.tile(np.arange(1, 11), 40)})
    >>> courses = courses_of(rows.assign(rating=ratings.ravel()))
    >>> found = rupture_rates(courses, RatingScale(1, 7, 0.1), sets=50)
    >>> found = found[(found["length"] == "all") & (found["criterion"] == "drop_2sd_pooled")].set_index("statistic")
    >>> found.loc[["ruptures_seen", "ruptures_expected", "rupture_ratio"], "estimate"].round(1).tolist()
    [18.0, 8.2, 2.2]
    """
    check_level(level)
    rules = rules or Rules()
    long = courses.lengths >= rules.fewest
    people = {"criterion": "", "length": ALL, "n": len(long), "method": f"{rules.fewest} rated sessions or more"}
    rows = [Ratio(people | {"statistic": "dyads_judged", "estimate": int(long.sum())})]
    rows.append(Ratio(people | {"statistic": "dyads_too_short", "estimate": int((~long).sum()), "method": "fewer"}))
    own = Units.of(None if units is None else np.asarray(units)[long], int(long.sum()))
    courses = courses.of(long)
    if not long.any():
        reason = f"no dyad has {rules.fewest} rated sessions, and a rupture cannot be seen in fewer"
        rows.append(Ratio(people | {"statistic": "rupture_ratio", "n": 0, "note": reason, "method": ""}))
        return ratio_rows(rows, own, level, COLUMNS)
    counted, model, reason = _count(courses, scale, rules, sets, seed)
    people |= {"n": len(courses.dyads), "method": ""}
    for criterion in criteria_of(rules):
        if criterion == RELIABLE_FALL and not np.isfinite(rules.reliability):
            row = {"statistic": "rupture_ratio", "criterion": criterion, "note": NO_RELIABILITY}
            rows.append(Ratio(people | row))
            continue
        for position, (length, chosen) in enumerate(_lengths(courses)):
            rows += _rates(counted, criterion, length, position, chosen, reason, sets)
        rows += _of_repairs(counted, criterion, len(courses.dyads), rules)
    if model is None:
        rows.append(Ratio(people | {"statistic": "steady_slope", "note": reason}))
    else:
        rows += [Ratio(row) for row in _of_model(model, courses, scale, seed)]
    return _adjusted(ratio_rows(rows, own, level, COLUMNS))


def _adjusted(rows: pd.DataFrame) -> pd.DataFrame:
    """P values over all lengths, adjusted for the number of criteria."""
    whole = (rows["statistic"] == "rupture_ratio") & (rows["length"] == ALL)
    return rows.assign(p_holm=pd.Series(adjust_holm(rows.loc[whole, "p"]), index=rows.index[whole]))


def steady_model(courses: Courses, scale: RatingScale, seed: int) -> tuple[SteadyModel, RatingScale]:
    """Find what steady courses are to be drawn from.

    Parameters
    ----------
    courses : Courses
        Courses that are long enough.
    scale : RatingScale
        Ratings that are possible.
    seed : int
        Seed of the draws, 0 or more.

    Returns
    -------
    model : SteadyModel
        The growth model.
    scale : RatingScale
        With the exponent of the variance.

    Raises
    ------
    NotComputable
        If there are too few dyads, or the ratings do not vary.
    """
    stretched = evened(courses, scale)
    return matched(fit_steady(courses, stretched), courses, stretched, seed), stretched


def steady_sets(model: SteadyModel, courses: Courses, scale: RatingScale, sets: int, seed: int) -> Iterator[np.ndarray]:
    """Draw data sets of steady courses, a few at a time.

    Parameters
    ----------
    model : SteadyModel
        What they are drawn from.
    courses : Courses
        Which sessions were rated.
    scale : RatingScale
        Ratings that are possible.
    sets : int
        Number of data sets.
    seed : int
        Seed of the draws, 0 or more.

    Yields
    ------
    numpy.ndarray of shape (t, some, n)
        Ratings.
    """
    at_once = max(1, NUMBERS_AT_ONCE // max(courses.rated.size, 1))
    for first in range(0, sets, at_once):
        yield draw_steady(model, courses, scale, min(at_once, sets - first), generator_of(seed, 1 + first))


def _count(
    courses: Courses, scale: RatingScale, rules: Rules, sets: int, seed: int
) -> tuple[_Counted, tuple[SteadyModel, RatingScale] | None, str]:
    """Ruptures observed and in steady courses; the model, or the reason why there is none."""
    counted = _Counted({}, {}, {}, {}, {}, {}, {})
    for flags in flag_sessions(courses.ratings, courses, rules):
        counted.observed[flags.criterion] = numbers_of_ruptures(flags)
        counted.judged[flags.criterion] = flags.judged.sum(axis=0)
        counted.repairs[flags.criterion] = repairs_of(courses.ratings, flags.below, courses, rules)
    try:
        model, stretched = steady_model(courses, scale, seed)
    except NotComputable as error:
        return counted, None, str(error)
    classes = np.array([chosen for _, chosen in _lengths(courses)], dtype=float).T
    names = criteria_of(rules)
    drawn: dict[str, list[np.ndarray]] = {name: [] for name in names}
    shares, expected = ({name: np.zeros(size) for name in names} for size in (classes.shape[1], len(classes)))
    outcomes = {name: np.zeros(2) for name in names}  # ruptures repaired, and judged
    for values in steady_sets(model, courses, stretched, sets, seed):
        before = levels_before(values, courses, rules)
        for flags in flag_sessions(values, courses, rules):
            name, numbers = flags.criterion, numbers_of_ruptures(flags)
            drawn[name].append(numbers @ classes)
            shares[name] += (numbers > 0).sum(axis=0) @ classes
            expected[name] += numbers.sum(axis=0)
            repaired, _ = repair_lengths(values, flags.below, before, courses, rules)
            outcomes[name] += np.nansum(repaired), np.isfinite(repaired).sum()
    for name in names:
        counted.drawn[name] = np.concatenate(drawn[name])
        counted.shares[name] = shares[name] / (sets * classes.sum(axis=0))
        counted.expected[name] = expected[name] / sets
        counted.repaired[name] = outcomes[name][0] / outcomes[name][1] if outcomes[name][1] else np.nan
    return counted, (model, stretched), ""


def _lengths(courses: Courses) -> list[tuple[str, np.ndarray]]:
    """Classes of lengths that occur, the first of all dyads."""
    found = [(ALL, np.ones(len(courses.dyads), dtype=bool))]
    ends = [*(start - 1 for start in LENGTHS[1:]), None]
    for start, end in zip(LENGTHS, ends, strict=True):
        chosen = (courses.lengths >= start) & (True if end is None else courses.lengths <= end)
        if chosen.any() and not chosen.all():
            found.append((f"{start} or more" if end is None else f"{start} to {end}", chosen))
    return found


def _rates(
    counted: _Counted, criterion: str, length: str, position: int, chosen: np.ndarray, reason: str, sets: int
) -> list[Ratio]:
    """Rows of one criterion and one class of lengths."""
    observed, sessions = counted.observed[criterion] * chosen, int((counted.judged[criterion] * chosen).sum())
    common = {"criterion": criterion, "length": length, "n": int(chosen.sum()), "sessions": sessions}
    total = int(observed.sum())
    seen = Ratio(common | {"statistic": "ruptures_seen", "estimate": total, "method": "runs of flagged sessions"})
    share = Ratio(common | {"statistic": "ruptured_share", "method": "dyads with a rupture"}, observed > 0, chosen)
    share = share._replace(bounds=(0.0, 1.0))
    if reason or not sessions:
        note = reason or "the criterion can judge no session of these courses"
        return [seen, Ratio(common | {"statistic": "rupture_ratio", "note": note}), share]
    expected, drawn = counted.expected[criterion] * chosen, counted.drawn[criterion][:, position]
    how = f"mean over {sets} data sets; {RATINGS}"
    of_dyads = counted.shares[criterion][position]
    ratio = common | {"statistic": "rupture_ratio", "method": f"seen / expected; p from {sets} data sets"}
    ratio["p"] = (1 + (drawn >= total).sum()) / (sets + 1)
    if drawn.sum():
        last = Ratio(ratio, observed, expected, scale="log")
    else:
        last = Ratio(ratio | {"note": "no rupture is expected in steady courses: the ratio is not defined"})
    return [
        seen,
        Ratio(common | {"statistic": "ruptures_expected", "estimate": drawn.mean(), "method": how}),
        last,
        share,
        Ratio(common | {"statistic": "ruptured_expected", "estimate": of_dyads, "method": how}),
    ]


def _of_repairs(counted: _Counted, criterion: str, people: int, rules: Rules) -> list[Ratio]:
    """Rows on depth, repair and length of the ruptures that one criterion sees."""
    repairs, rows = counted.repairs[criterion], []
    for statistic, values, how, bounds in (
        ("rupture_magnitude", repairs.magnitude, "level before minus the lowest rating, in points", (-np.inf, np.inf)),
        ("rupture_repaired", repairs.repaired, f"within {rules.repair} sessions", (0.0, 1.0)),
        ("rupture_length", repairs.length, "sessions until the repair, of those repaired", (0.0, np.inf)),
    ):
        known = np.isfinite(values)
        row = {"statistic": statistic, "criterion": criterion, "length": ALL, "n": int(known.sum()), "method": how}
        if not known.any():
            rows.append(Ratio(row | {"note": "no such rupture was seen", "method": ""}))
            continue
        sums, counts = (
            np.bincount(repairs.dyad[known], weights=weights, minlength=people) for weights in (values[known], None)
        )
        rows.append(Ratio(row, sums, counts, bounds=bounds))
        if statistic == "rupture_repaired" and criterion in counted.repaired:
            own = {"statistic": "repaired_expected", "estimate": counted.repaired[criterion], "n": people}
            rows.append(Ratio(row | own | {"method": f"{how}; {RATINGS}"}))
    return rows


def _of_model(
    model: tuple[SteadyModel, RatingScale], courses: Courses, scale: RatingScale, seed: int
) -> list[dict[str, object]]:
    """What steady courses are drawn from."""
    steady, stretched = model
    highest = courses.rated & (courses.ratings > scale.highest - scale.step / 2)
    drawn = next(steady_sets(steady, courses, stretched, 20, seed))
    at_top = ((drawn > scale.highest - scale.step / 2) & courses.rated[:, None]).sum() / drawn.shape[1]
    number = courses.rated.sum()
    # on the stretched scale, put back into points where the mean rating lies
    place = (courses.ratings.sum() / number - scale.lowest) / (scale.highest - scale.lowest)
    unit = (scale.highest - scale.lowest) * (place * (1 - place)) ** (stretched.exponent / 2)
    values = {
        "steady_slope": (steady.slope * unit, "points a session, at the mean rating"),
        "steady_slope_sd": (np.sqrt(max(steady.covariance[1, 1], 0.0)) * unit, "of the dyads' slopes"),
        "steady_serial": (steady.serial, "residuals one session apart, REML"),
        "steady_residual_sd": (np.sqrt(steady.residual) * unit, "points, at the mean rating"),
        "steady_exponent": (stretched.exponent, "variance within dyads by (p (1 - p)) to this power"),
        "steady_unevenness": (steady.uneven, "variance of the logarithm of the dyads' residual variances"),
        "rating_ceiling": (highest.sum() / number, "ratings at the highest value"),
        "steady_ceiling": (at_top / number, f"ratings at the highest value; {RATINGS}"),
    }
    common = {"criterion": "", "length": ALL, "n": len(courses.dyads), "sessions": int(number)}
    return [
        common | {"statistic": name, "estimate": float(value), "method": method}
        for name, (value, method) in values.items()
    ]
