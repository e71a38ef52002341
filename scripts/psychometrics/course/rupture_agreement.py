"""Whether criteria, and whether client and therapist, see ruptures in the same sessions more often than by chance."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.association.jackknife import jackknife_intervals
from psychometrics.association.units import Units
from psychometrics.course.courses import Courses
from psychometrics.course.ratios import Ratio, ratio_rows
from psychometrics.course.rupture_criteria import Flags
from psychometrics.resampling.formula_intervals import check_level

COLUMNS = ["statistic", "criterion", "criterion_2", "estimate", "se", "lower", "upper", "level", "p", "n", "sessions"]
COLUMNS += ["method", "note"]
FEWEST_DYADS = 3
NEVER = "one of the two flags no session, or every one: agreement beyond chance is not defined"


def criteria_agreement(flags: Sequence[Flags], *, units: ArrayLike | None = None, level: float = 0.95) -> pd.DataFrame:
    r"""Say how far criteria flag the same sessions.

    .. math:: \kappa = \frac{p_o - p_e}{1 - p_e}

    Parameters
    ----------
    flags : sequence of Flags
        What each criterion says about the same courses.
    units : array_like of shape (n,), optional
        Units that are independent, such as therapists; by default each dyad is one.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows rupture_kappa for each pair: statistic, criterion, criterion_2, estimate, se, lower, upper, level, p
        (missing), n (dyads), sessions (judged by both), method, note.

    Notes
    -----
    Cohen (1960), Educ. Psychol. Meas. 20, 37-46, over the sessions that both criteria judge; intervals leave out one
    unit at a time. Agrees with the unweighted estimate of psych::cohen.kappa.
    """
    check_level(level)
    rows, parts, used = [], [], []
    own = Units.of(units, flags[0].judged.shape[1] if flags else 0)
    for one, two in combinations(flags, 2):
        both = one.judged & two.judged
        columns = np.stack([both, both & one.below, both & two.below, both & one.below & two.below]).sum(axis=1).T
        estimate = float(_kappa(columns.sum(axis=0)[None])[0])
        sessions = int(both.sum())
        note = "" if np.isfinite(estimate) else NEVER if sessions else "no session is judged by both"
        row: dict[str, object] = {
            "statistic": "rupture_kappa",
            "criterion": one.criterion,
            "criterion_2": two.criterion,
        }
        row |= {"estimate": estimate, "n": int(both.any(axis=0).sum()), "sessions": sessions, "note": note}
        rows.append(row | {"method": "Cohen's kappa over sessions"})
        parts.append(_kappa(own.parts @ columns.astype(float)))
        used.append(columns[:, 0] > 0)
    if not rows:
        return _tidy([])
    behind = np.stack(used, axis=1)
    return jackknife_intervals(
        _tidy(rows),
        np.stack(parts, axis=1),
        own.parts_behind(behind),
        own.units_behind(behind),
        level,
        scale="z",
        bounds=(-1.0, 1.0),
    )


def _kappa(sums: np.ndarray) -> np.ndarray:
    """Kappa from numbers of sessions judged, flagged by one, by the other, by both; (m, 4)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        one, two, both = (sums[:, place] / sums[:, 0] for place in (1, 2, 3))
        by_chance = one * two + (1 - one) * (1 - two)
        observed = 1 - one - two + 2 * both
        return np.where(by_chance < 1 - 1e-12, (observed - by_chance) / (1 - by_chance), np.nan)


class Seen(NamedTuple):
    """What one rater's ratings say by one criterion.

    Attributes
    ----------
    courses : Courses
        Ratings.
    flags : Flags
        What the criterion says about them.
    """

    courses: Courses
    flags: Flags


def shared_ruptures(
    first: Seen,
    second: Seen,
    *,
    units: pd.Series | None = None,
    window: int = 1,
    shifts: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Say how many sessions that one rater's ratings flag are flagged by the other's, at about the same time.

    .. math:: \frac{\#\{t \text{ flagged by the first}: \text{the second flags one from } t - w \text{ to } t + w\}}
        {\#\{t \text{ flagged by the first}\}}

    Parameters
    ----------
    first : Seen
        Whose flagged sessions are counted.
    second : Seen
        Who may flag them as well.
    units : pandas.Series, optional
        The unit, such as the therapist, of each dyad (its index); by default each dyad is one.
    window : int, default 1
        Sessions by which both may differ.
    shifts : int, default 1000
        How often the second's series are shifted, for p.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).
    seed : int, default 0
        Seed of the shifts, 0 or more.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: rupture_shared; rupture_shared_by_chance, the mean over all shifts; rupture_shared_beyond_chance, the
        difference, with the one-sided p. n counts dyads that both rated, sessions those that the first flags where the
        second was judged within the window.

    Notes
    -----
    Chance is what is left of the agreement when the second's series is shifted against the first's, in a circle within
    each dyad: it keeps how often and how long each of them flags. Every dyad is shifted by a random number of its
    judged sessions, 0 included.
    """
    check_level(level)
    criterion = first.flags.criterion
    dyads, sessions = _common(first.courses, second.courses)
    common = {"criterion": criterion, "criterion_2": second.flags.criterion, "n": len(dyads)}
    if len(dyads) < FEWEST_DYADS:
        note = f"fewer than three dyads were rated by both ({len(dyads)})"
        return _tidy([common | {"statistic": "rupture_shared", "note": note}])
    one, _ = _on_grid(first, dyads, sessions)
    two, judged = _on_grid(second, dyads, sessions)
    counted = one & _near(judged, sessions, window)
    flagged = counted.sum(axis=0).astype(float)
    common["sessions"] = int(flagged.sum())
    if not flagged.sum() or not two.any():
        note = "no rupture of the first at which the second was judged" if two.any() else "the second sees no rupture"
        return _tidy([common | {"statistic": "rupture_shared", "note": note}])
    hits = _shifted_hits(counted, two, judged, sessions, window)
    length = judged.sum(axis=0)
    possible = np.arange(len(sessions))[:, None] < np.maximum(length, 1)
    by_chance = np.where(possible, hits, 0.0).sum(axis=0) / possible.sum(axis=0)
    rng = np.random.default_rng(seed)
    places = np.floor(rng.random((shifts, len(dyads))) * np.maximum(length, 1)).astype(int)
    drawn = hits[places, np.arange(len(dyads))].sum(axis=1)
    p = (1 + (drawn >= hits[0].sum()).sum()) / (shifts + 1)
    own = Units.of(None if units is None else units.reindex(dyads).to_numpy(), len(dyads))
    within = f"within {window} session{'s' if window != 1 else ''} of each other"
    rows = [
        ("rupture_shared", hits[0], within, (0.0, 1.0), np.nan),
        ("rupture_shared_by_chance", by_chance, f"{within}, the second's series shifted", (0.0, 1.0), np.nan),
        ("rupture_shared_beyond_chance", hits[0] - by_chance, f"{within}, minus the same shifted", (-1.0, 1.0), p),
    ]
    ratios = [
        Ratio(common | {"statistic": statistic, "p": value, "method": method}, above, flagged, bounds=bounds)
        for statistic, above, method, bounds, value in rows
    ]
    return ratio_rows(ratios, own, level, COLUMNS)


def _common(one: Courses, two: Courses) -> tuple[np.ndarray, np.ndarray]:
    """Dyads of both, and the numbers of all their sessions."""
    sessions = [np.unique(courses.sessions[courses.rated]) for courses in (one, two)]
    return np.intersect1d(one.dyads, two.dyads), np.union1d(*sessions)


def _on_grid(seen: Seen, dyads: np.ndarray, sessions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Flagged and judged sessions, numbers of sessions x dyads."""
    chosen = np.searchsorted(seen.courses.dyads, dyads)
    flags, judged = np.zeros((2, len(sessions), len(dyads)), dtype=bool)
    rows, columns = np.nonzero(seen.flags.judged[:, chosen])
    place = np.searchsorted(sessions, seen.courses.sessions[rows, chosen[columns]])
    judged[place, columns] = True
    flags[place, columns] = seen.flags.below[rows, chosen[columns]]
    return flags, judged


def _near(columns: np.ndarray, sessions: np.ndarray, window: int) -> np.ndarray:
    """Whether a session within the window is flagged, for each session; (t, ..., n)."""
    close = np.abs(sessions[:, None] - sessions[None, :]) <= window
    return np.tensordot(close.astype(float), columns.astype(float), axes=1) > 0


def _shifted_hits(
    counted: np.ndarray, two: np.ndarray, judged: np.ndarray, sessions: np.ndarray, window: int
) -> np.ndarray:
    """How many of the first's sessions are shared when the second's series is shifted by 0, 1, ...; (shifts, n)."""
    t, n = two.shape
    hits = np.zeros((t, n))
    # the judged sessions of each dyad in a row, so that a shift passes over those that were not judged
    order = np.argsort(~judged, axis=0, kind="stable")
    length = judged.sum(axis=0)
    column = np.arange(n)
    packed = np.take_along_axis(two, order, axis=0)
    for shift in range(t):
        use = shift < np.maximum(length, 1)
        if not use.any():
            break
        turned = (np.arange(t)[:, None] - shift) % np.maximum(length, 1)
        values = packed[turned, column] & (np.arange(t)[:, None] < length)
        shifted = np.zeros_like(two)
        np.put_along_axis(shifted, order, values, axis=0)
        hits[shift] = np.where(use, (counted & _near(shifted, sessions, window)).sum(axis=0), 0)
    return hits


def _tidy(rows: list[dict]) -> pd.DataFrame:
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS)
    return frame.assign(**frame[["criterion", "criterion_2", "method", "note"]].astype(object).fillna(""))
