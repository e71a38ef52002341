"""The whole example as a clinic would hold it: raw, incomplete, over the sessions of a therapy, with observers.

The answers at the first two sessions of which the truth speaks and those at all other sessions have random streams of
their own, so that a truth with a course has the same answers there as the truth without.
"""

import numpy as np
import pandas as pd

from psychometrics.content.coding import FACETS
from psychometrics.simulation.answers import (
    check_truth,
    draw_answers,
    draw_outcome,
    draw_scores,
    growth_of,
    item_table,
    random_streams,
    reverse_answers,
    sessions_of,
)
from psychometrics.simulation.observers import draw_observers

NEVER = 10_000  # a session after the last of every therapy
PLANNED, DROPPED = "completed", "dropped out"  # as the clinic's file says


def simulate(truth: dict) -> dict[str, pd.DataFrame]:
    """Draw the whole example.

    Parameters
    ----------
    truth : dict
        The true values, see :mod:`psychometrics.simulation.answers`.

    Returns
    -------
    dict of str to pandas.DataFrame
        ``{form}.{perspective}``: client, therapist, session, i01, ... as stored (reverse items not turned), one row per
        form handed back, missing answers as missing; of observers also observer. `clients`: client, therapist,
        baseline, outcome. `item_codes`: form, item, coder, voice, dimension, domain, theme. Where the truth has a
        course, clients also have ending, and `sessions` has client, session, symptoms.
    """
    check_truth(truth)
    streams, known, every = random_streams(truth["seed"]), list(truth["sessions"]), sessions_of(truth)
    has_course = "course" in truth
    caseloads = np.asarray(truth["caseloads"])
    therapist = streams["order"].permutation(np.repeat(np.arange(len(caseloads)), caseloads))
    n = len(therapist)
    codes = {"client": [f"C{i + 1:03d}" for i in range(n)], "therapist": [f"T{t + 1:02d}" for t in therapist]}
    people = pd.DataFrame(codes)
    scores = draw_scores(truth, therapist, streams["scores"], streams["course"] if has_course else None)
    first = _at(scores, known, every)
    answers = draw_answers(truth, first, streams["answers"])
    baseline, outcome, gain = draw_outcome(truth, first["client"][0], scores["level"], streams["clients"])
    left = streams["missing"].random(n) < truth["missing"]["dropout"]
    last = np.where(left, known[1] - 1, NEVER)
    parts = _returned(truth, people, answers, known, last, streams["missing"])
    clients = people.copy()
    for name, values in (("baseline", baseline), ("outcome", outcome)):
        clients[name] = np.clip(np.round(truth[name]["mean"] + truth[name]["sd"] * values), 0, 100)
        clients[name] = clients[name].astype("Int64")
    clients.loc[left, "outcome"] = pd.NA
    further = {}
    if has_course:
        last, clients["ending"] = draw_endings(truth, left, streams["endings"])
        for key, more in _at_other_sessions(truth, people, scores, last, streams["course"]).items():
            parts[key] += more
        symptoms = draw_symptoms(truth, scores, baseline, gain, streams["symptoms"])
        points = np.clip(np.round(truth["baseline"]["mean"] + truth["baseline"]["sd"] * symptoms), 0, 100)
        further = {"sessions": _symptom_table(people, points.astype(int), every, last)}
        further |= draw_observers(truth, people, scores, last, streams["observers"])
    frames = {".".join(key): _sorted(frame) for key, frame in parts.items()}
    return frames | {"clients": clients, "item_codes": draw_codes(truth, streams["codes"])} | further


def _at(scores: dict[str, np.ndarray], sessions: list[int], every: list[int]) -> dict[str, np.ndarray]:
    """The components of both perspectives at some of the sessions."""
    places = [every.index(session) for session in sessions]
    return {who: scores[who][places] for who in ("client", "therapist")}


def _returned(
    truth: dict,
    people: pd.DataFrame,
    answers: dict[tuple[str, str], np.ndarray],
    sessions: list[int],
    last: np.ndarray,
    rng: np.random.Generator,
) -> dict[tuple[str, str], list[pd.DataFrame]]:
    """Of complete answers the forms that were handed back, a table per session, with answers left out."""
    parts: dict[tuple[str, str], list[pd.DataFrame]] = {}
    for (form, perspective), keyed in answers.items():
        raw = reverse_answers(keyed, truth["forms"][form])
        raw[rng.random(raw.shape) < truth["missing"]["item"]] = np.nan
        lost = rng.random(raw.shape[:2]) < truth["missing"]["form"][perspective]
        items = item_table(truth, form)["item"]
        for occasion, session in enumerate(sessions):
            frame = pd.concat([people.assign(session=session), pd.DataFrame(raw[occasion], columns=items)], axis=1)
            parts.setdefault((form, perspective), []).append(frame[~lost[occasion] & (session <= last)])
    return parts


def _sorted(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """The tables of all sessions as one, by client and session, answers as whole numbers."""
    frame = pd.concat(parts).sort_values(["client", "session"], ignore_index=True)
    return frame.astype({column: "Int64" for column in frame if str(column)[1:].isdigit()})


def _at_other_sessions(
    truth: dict, people: pd.DataFrame, scores: dict[str, np.ndarray], last: np.ndarray, rng: np.random.Generator
) -> dict[tuple[str, str], list[pd.DataFrame]]:
    """The same at the sessions beside the first two: some forms at each, the others where all were given."""
    parts: dict[tuple[str, str], list[pd.DataFrame]] = {}
    every, course = sessions_of(truth), truth["course"]
    for form in sorted(truth["forms"]):
        given = every if form in course["every_session"] else course["all_forms"]
        sessions = [session for session in given if session not in truth["sessions"]]
        if sessions:
            here = _at(scores, sessions, every)
            answers = draw_answers(truth, here, rng, sessions=sessions, forms=[form])
            parts |= _returned(truth, people, answers, sessions, last, rng)
    return parts


# --- the course of a therapy -----------------------------------------------------------------------------------


def draw_endings(truth: dict, left: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, pd.Series]:
    """Draw when and how each therapy ended.

    Parameters
    ----------
    truth : dict
        The true values.
    left : numpy.ndarray of bool, shape (n,)
        Who dropped out between the first two sessions of which the truth speaks.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    last : numpy.ndarray of shape (n,)
        The last session of each client.
    ending : pandas.Series
        How it ended; missing where nobody wrote it down.
    """
    course, (first, second) = truth["course"], truth["sessions"]
    n, endings = len(left), course["endings"]
    early = rng.integers(first, second, n)
    late = rng.integers(second, course["sessions"], n)
    how = rng.random(n)
    drops = how < endings["dropped_later"]
    shorter = ~drops & (how < endings["dropped_later"] + endings["planned_earlier"])
    last = np.where(left, early, np.where(drops | shorter, late, course["sessions"]))
    ending = pd.Series(np.where(left | drops, DROPPED, PLANNED)).astype(object)
    return last, ending.mask(rng.random(n) < endings["unknown"])


def draw_symptoms(
    truth: dict, scores: dict[str, np.ndarray], baseline: np.ndarray, gain: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw the symptoms at every session, in standard deviations of the baseline.

    Parameters
    ----------
    truth : dict
        The true values.
    scores : dict of str to numpy.ndarray
        Components at every session, see :func:`psychometrics.simulation.answers.draw_scores`.
    baseline : numpy.ndarray of shape (n,)
        Symptoms before therapy.
    gain : numpy.ndarray of shape (n,)
        The early gain.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    numpy.ndarray of shape (sessions, n)
        The baseline, less the fall from session to session, which is steeper where G stays high, less the early gain,
        plus what is of the session: part of it carries over, and it is lower after a session with G above the client's
        level.
    """
    about, every = truth["symptoms"], sessions_of(truth)
    level = scores["level"][:, 0]
    stays = np.sqrt(truth["client"]["retest"]) * level + growth_of(truth, np.asarray(every))[:, None]
    above = scores["client"][:, :, 0] - stays
    passing = about["session_sd"] * rng.normal(size=above.shape)
    for place in range(1, len(every)):
        passing[place] += about["carried"] * passing[place - 1] - about["after_high_alliance"] * above[place - 1]
    number = np.arange(len(every))[:, None]
    early = np.minimum(number / (truth["sessions"][0] - 1), 1.0)
    falls = (about["fall"] + about["fall_by_level"] * level) * number + about["early_gain"] * early * gain
    return baseline - falls + passing


def _symptom_table(people: pd.DataFrame, symptoms: np.ndarray, every: list[int], last: np.ndarray) -> pd.DataFrame:
    """Client, session and the symptoms in whole points, of the sessions that took place."""
    parts = [
        people[["client"]].assign(session=session, symptoms=symptoms[place])[session <= last]
        for place, session in enumerate(every)
    ]
    return pd.concat(parts).sort_values(["client", "session"], ignore_index=True)


def draw_codes(truth: dict, rng: np.random.Generator) -> pd.DataFrame:
    """Draw the codes of every item by every coder.

    Parameters
    ----------
    truth : dict
        The true values, see the module.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    pandas.DataFrame
        Columns form, item (its number), coder, then one column per facet.
    """
    codes, rows = truth["codes"], []
    for form in sorted(truth["forms"]):
        for number in sorted(truth["forms"][form]["items"]):
            shares = codes["shares"][truth["forms"][form]["items"][number][0]]
            true = {facet: rng.choice(len(codes["facets"][facet]), p=shares[facet]) for facet in FACETS}
            for coder in codes["coders"]:
                row = {"form": form, "item": number, "coder": coder}
                for facet in FACETS:
                    categories = codes["facets"][facet]
                    wrong = rng.random() >= codes["accuracy"]
                    shift = rng.integers(1, len(categories)) if wrong else 0
                    row[facet] = categories[(true[facet] + shift) % len(categories)]
                rows.append(row)
    return pd.DataFrame(rows, columns=["form", "item", "coder", *FACETS])
