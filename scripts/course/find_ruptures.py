"""How many ruptures does each criterion see, how many would it see without any, and who sees the same ones?"""

from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd

from course.rated_courses import SCORE, RatedCourses, rated_courses
from course.scales import NO_TOTAL, reason_row, why_no_course
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, with_text, write_table
from psychometrics.course.courses import courses_of, trend_of
from psychometrics.course.rupture_agreement import Seen, criteria_agreement, shared_ruptures
from psychometrics.course.rupture_criteria import Flags, flag_sessions, numbers_of_ruptures
from psychometrics.course.rupture_false_alarms import NO_RELIABILITY, rupture_rates
from psychometrics.course.rupture_outcome import ruptures_and_outcome

NO_OUTCOME = "no variable of the clients has the role outcome: there is no outcome to relate ruptures to"
FEWEST_SHOWN = 5  # as of all figures of single people
NOT_SHOWN = f"single courses are not shown: fewer than {FEWEST_SHOWN} dyads have enough sessions"
CODES = "codes"  # in place of a criterion, and of a perspective


def main(
    responses: Path,
    scores: Path,
    reliability_sessions: Path,
    course_ruptures: Path,
    course_rupture_agreement: Path,
    course_rupture_outcome: Path,
    course_examples: Path,
    *,
    level: float,
    seed: int,
    ruptures: dict,
) -> None:
    dataset = Dataset(responses)
    reason = why_no_course(dataset)
    rated: list[RatedCourses] = []
    if not reason:
        rated = rated_courses(dataset, pd.read_parquet(scores), read_table(reliability_sessions), ruptures)
        reason = "" if rated else NO_TOTAL
    flags = [list(flag_sessions(own.courses.ratings, own.courses, own.rules)) for own in rated]
    tables = {
        course_ruptures: (rates(rated, level, seed, ruptures["sets"]), "rupture_ratio"),
        course_rupture_agreement: (agreement(dataset, rated, flags, level, seed, ruptures["window"]), "rupture_kappa"),
        course_rupture_outcome: (outcome(dataset, rated, flags, level), "rupture_outcome_r"),
        course_examples: (examples(rated, flags, ruptures["examples"]), "example_rating"),
    }
    settings = {"level": level, "seed": seed, "score": SCORE, **ruptures}
    for path, (frame, statistic) in tables.items():
        table = reason_row(statistic, reason) if reason else dataset.mark_provisional(frame)
        inputs = [responses, scores, reliability_sessions]
        write_table(table.assign(dataset=dataset.name), path, settings=settings, inputs=inputs)


def rates(rated: list[RatedCourses], level: float, seed: int, sets: int) -> pd.DataFrame:
    """Ruptures seen and expected, of every total."""
    parts = [
        rupture_rates(own.courses, own.scale, own.rules, units=own.units, level=level, sets=sets, seed=seed).assign(
            **own.keys
        )
        for own in rated
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def agreement(
    dataset: Dataset, rated: list[RatedCourses], flags: list[list[Flags]], level: float, seed: int, window: int
) -> pd.DataFrame:
    """Kappa of the criteria, and ruptures that two perspectives, or a perspective and codes, share."""
    parts = []
    how = {"window": window, "level": level, "seed": seed}
    for own, seen in zip(rated, flags, strict=True):
        known = [flag for flag in seen if own.sees(flag.criterion)]
        if not own.long.any():
            parts.append(pd.DataFrame([{"statistic": "rupture_kappa", "note": too_short(own)}]).assign(**own.keys))
            continue
        parts.append(criteria_agreement(known, units=own.units, level=level).assign(**own.keys))
        parts += [part.assign(**own.keys) for part in with_codes(dataset, own, known, how)]
    for (one, two), (of_one, of_two) in zip(permutations(rated, 2), permutations(flags, 2), strict=True):
        if one.form.name != two.form.name or one.keys["scale"] != two.keys["scale"]:
            continue
        keys = one.keys | {"perspective_2": two.who, "form_2": two.form.name}
        short = [own for own in (one, two) if not own.long.any()]
        if short:
            parts.append(pd.DataFrame([{"statistic": "rupture_shared", "note": too_short(short[0])}]).assign(**keys))
            continue
        units = pd.Series(one.units, index=one.courses.dyads)
        for first, second in zip(of_one, of_two, strict=True):
            if not (one.sees(first.criterion) and two.sees(first.criterion)):
                row = {"statistic": "rupture_shared", "criterion": first.criterion, "note": NO_RELIABILITY}
                parts.append(pd.DataFrame([row]).assign(**keys))
                continue
            given = Seen(one.courses, first), Seen(two.courses, second)
            parts.append(shared_ruptures(*given, units=units, **how).assign(**keys))
    return tidy(parts, ["criterion", "criterion_2", "method", "note", "perspective_2", "form_2"])


def with_codes(dataset: Dataset, own: RatedCourses, flags: list[Flags], how: dict) -> list[pd.DataFrame]:
    """Ruptures that a criterion sees and that somebody coded, both ways."""
    parts = []
    units = pd.Series(own.units, index=own.courses.dyads)
    for name, label in dataset.rupture_codes.items():
        coded = coded_courses(dataset, own, name)
        for flag in flags:
            seen = Seen(own.courses, flag)
            for first, second in ((seen, coded), (coded, seen)):
                rows = shared_ruptures(first, second, units=units, **how)
                parts.append(rows.replace({"criterion": {CODES: label}, "criterion_2": {CODES: label}}))
                parts[-1]["perspective_2"] = CODES
    return parts


def coded_courses(dataset: Dataset, own: RatedCourses, name: str) -> Seen:
    """The sessions that were coded, as courses of the same dyads; flagged where a rupture was seen."""
    codes = dataset.coded_ruptures[["client", "session", name]].rename(columns={name: "rating"})
    dyads = pd.DataFrame({"client": own.client, "dyad": own.courses.dyads}).drop_duplicates("client")
    coded = courses_of(codes.merge(dyads, on="client"))
    return Seen(coded, Flags(CODES, (coded.ratings == 1) & coded.rated, coded.rated))


def outcome(dataset: Dataset, rated: list[RatedCourses], flags: list[list[Flags]], level: float) -> pd.DataFrame:
    """Numbers of ruptures and every outcome, baselines held constant."""
    parts = []
    for own, seen in zip(rated, flags, strict=True):
        if not dataset.variables_of("outcome") or not own.long.any():
            note = too_short(own) if dataset.variables_of("outcome") else NO_OUTCOME
            parts.append(pd.DataFrame([{"statistic": "rupture_outcome_r", "note": note}]).assign(**own.keys))
            continue
        clients = dataset.clients.reindex(own.client)
        judged = own.judged
        held = {
            dataset.variables[name]["label"]: clients[name].to_numpy(dtype=float)[own.long]
            for name in dataset.variables_of("baseline")
        }
        numbers = {flag.criterion: numbers_of_ruptures(flag)[own.long] for flag in seen if own.sees(flag.criterion)}
        mean = judged.ratings.sum(axis=0) / judged.lengths
        for name in dataset.variables_of("outcome"):
            values = clients[name].to_numpy(dtype=float)[own.long]
            rows = ruptures_and_outcome(
                numbers, judged.lengths, mean, values, held, units=own.units[own.long], level=level
            )
            parts.append(rows.assign(outcome=name, **own.keys))
    return tidy(parts, ["criterion", "method", "note", "outcome"])


def examples(rated: list[RatedCourses], flags: list[list[Flags]], number: int) -> pd.DataFrame:
    """Single courses without names, and in which sessions which criteria flag them.

    Of the dyads with the median number of rated sessions or more, put in the order of how far the lowest rating lies
    below their own level, those at even distances in this order.
    """
    parts = []
    for own, seen in zip(rated, flags, strict=True):
        if own.long.sum() < FEWEST_SHOWN or not number:
            note = NOT_SHOWN if own.long.any() else too_short(own)
            note = note if number else "no single courses are wanted (`ruptures: examples: 0`)"
            parts.append(pd.DataFrame([{"statistic": "example_rating", "note": note}]).assign(**own.keys))
            continue
        given = own.courses
        level = trend_of(given.ratings, given, line=own.rules.line).level
        shown = chosen(own, np.where(given.rated, level - given.ratings, -np.inf).max(axis=0), number)
        for course, dyad in enumerate(shown, 1):
            rated_here = given.rated[:, dyad]
            flagged = [
                " ".join(flag.criterion for flag in seen if flag.below[place, dyad])
                for place in np.flatnonzero(rated_here)
            ]
            rows = {
                "statistic": "example_rating",
                "course": course,
                "session": given.sessions[rated_here, dyad],
                "estimate": given.ratings[rated_here, dyad],
                "own_level": level[rated_here, dyad],
                "flagged_by": flagged,
            }
            parts.append(pd.DataFrame(rows).assign(**own.keys))
    return tidy(parts, ["flagged_by", "note"])


def chosen(own: RatedCourses, depth: np.ndarray, number: int) -> np.ndarray:
    """Positions of the dyads to be shown, from the shallowest to the deepest."""
    lengths = own.courses.lengths
    enough = np.flatnonzero(own.long & (lengths >= np.median(lengths[own.long])))
    order = enough[np.lexsort((own.courses.dyads[enough], depth[enough]))]
    return order[np.unique(np.linspace(0, len(order) - 1, min(number, len(order))).round().astype(int))]


def too_short(own: RatedCourses) -> str:
    """Why no rupture can be looked for."""
    return f"no dyad has {own.rules.fewest} sessions that the {own.who} rated, and fewer do not make a course"


def tidy(parts: list[pd.DataFrame], text: list[str]) -> pd.DataFrame:
    """One table of the parts, with empty text where one of them lacks a column."""
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return with_text(frame, *(name for name in text if name in frame))


if __name__ == "__main__":
    job(main, snakemake)
