"""What an infinitely large sample of a simulated course shows: outcome, perspectives, symptoms, observers."""

import numpy as np
import pandas as pd

from psychometrics.simulation.answers import (
    draw_answers,
    draw_outcome,
    draw_scores,
    random_streams,
    sessions_of,
)
from psychometrics.simulation.data_set import draw_symptoms
from psychometrics.simulation.observers import draw_views, keyed_ratings

CHUNK = 2_500  # therapists drawn at once, two clients each: bounds the memory
MOST_SESSIONS = 8  # whose mean predicts the outcome
COLUMNS = ["perspective", "perspective_2", "form", "form_2", "scale", "session", "statistic", "estimate", "n"]


def course_values(truth: dict, *, n: int, seed: int) -> pd.DataFrame:
    """Estimate what holds over the sessions of a course from a large complete sample.

    Parameters
    ----------
    truth : dict
        The simulated truth, with a course.
    n : int
        Number of clients of the sample.
    seed : int
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        Of totals of the forms that are given at every session: `mean_difference` (client minus therapist) and
        `r_perspectives` by session, `r_between_sessions` (of sessions that share nothing passing) and, with the
        outcome, `r_outcome_of_sessions` of the mean of sessions 1 to `session`. Of the symptoms `symptom_mean`,
        `symptom_sd` and `r_symptoms` with the client's total by session. Of observers `icc_raters` (single ratings,
        absolute agreement) and `r_client` of the mean of the raters by form. Standard errors of correlations are about
        1 / sqrt(n).
    """
    form = truth["course"]["every_session"][0]
    columns = _draw(truth, form, n, seed)
    rows = [
        *_of_perspectives(truth, form, columns),
        *_of_symptoms(truth, form, columns),
        *_of_observers(truth, columns),
    ]
    table = pd.DataFrame(rows).assign(scale="total", n=len(columns["outcome"]))
    return table.reindex(columns=COLUMNS).fillna(dict.fromkeys(("perspective", "perspective_2", "form", "form_2"), ""))


def _draw(truth: dict, form: str, n: int, seed: int) -> dict[str, np.ndarray]:
    """Total scores (mean of the items), clients x sessions, and what else is known of the clients."""
    streams, every = random_streams(seed), sessions_of(truth)
    parts: dict[str, list[np.ndarray]] = {}
    drawn = 0
    while drawn < n:
        therapist = np.repeat(np.arange(CHUNK), 2)
        scores = draw_scores(truth, therapist, streams["scores"], streams["course"])
        first = every.index(truth["sessions"][0])
        baseline, outcome, gain = draw_outcome(truth, scores["client"][first], scores["level"], streams["clients"])
        found = {"outcome": outcome, "symptoms": draw_symptoms(truth, scores, baseline, gain, streams["symptoms"]).T}
        for (_, who), keyed in draw_answers(truth, scores, streams["answers"], sessions=every, forms=[form]).items():
            found[who] = keyed.mean(axis=2).T
        views = draw_views(truth, scores["client"][[first]], streams["observers"])
        for rated in truth["observers"]["forms"]:
            found[f"observed {rated}"] = keyed_ratings(truth, rated, views, streams["observers"])[:, 0].mean(axis=2).T
        for name, values in found.items():
            parts.setdefault(name, []).append(values)
        drawn += len(therapist)
    return {name: np.concatenate(blocks) for name, blocks in parts.items()}


def _r(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1])


def _of_perspectives(truth: dict, form: str, columns: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Rows of both perspectives at each session, and of the means of the first sessions with the outcome."""
    client, therapist, every = columns["client"], columns["therapist"], sessions_of(truth)
    both = {"form": form, "form_2": form, "perspective": "client", "perspective_2": "therapist"}
    rows: list[dict[str, object]] = []
    for place, session in enumerate(every):
        here = both | {"session": session}
        gap = float((client[:, place] - therapist[:, place]).mean())
        rows.append(here | {"statistic": "mean_difference", "estimate": gap})
        rows.append(here | {"statistic": "r_perspectives", "estimate": _r(client[:, place], therapist[:, place])})
    one, two = (every.index(session) for session in truth["sessions"])
    for who in ("client", "therapist"):
        own = {"form": form, "perspective": who}
        rows.append(
            own | {"statistic": "r_between_sessions", "estimate": _r(columns[who][:, one], columns[who][:, two])}
        )
        for last in range(1, MOST_SESSIONS + 1):
            mean = columns[who][:, :last].mean(axis=1)
            estimate = _r(mean, columns["outcome"])
            rows.append(own | {"session": last, "statistic": "r_outcome_of_sessions", "estimate": estimate})
    return rows


def _of_symptoms(truth: dict, form: str, columns: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Rows of the symptoms at each session where all forms are given, in points."""
    rows: list[dict[str, object]] = []
    mean, sd = truth["baseline"]["mean"], truth["baseline"]["sd"]
    for session in truth["course"]["all_forms"]:
        values = columns["symptoms"][:, session - 1]
        here = {"session": session}
        rows.append(here | {"statistic": "symptom_mean", "estimate": float(mean + sd * values.mean())})
        rows.append(here | {"statistic": "symptom_sd", "estimate": float(sd * values.std())})
        r = _r(values, columns["client"][:, session - 1])
        rows.append(here | {"form": form, "perspective": "client", "statistic": "r_symptoms", "estimate": r})
    return rows


def _of_observers(truth: dict, columns: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Rows of every form that observers rate, at the first session that they rate."""
    rows: list[dict[str, object]] = []
    session = truth["sessions"][0]
    for form in sorted(truth["observers"]["forms"]):
        ratings = columns[f"observed {form}"]
        of_dyads = float(np.mean(np.cov(ratings.T)[np.triu_indices(ratings.shape[1], 1)]))
        severity = float(ratings.mean(axis=0).var(ddof=1))
        single = of_dyads / (float(ratings.var(axis=0).mean()) + severity)
        own = {"form": form, "perspective": "observer", "session": session}
        rows.append(own | {"statistic": "icc_raters", "estimate": single})
        rows.append(
            own | {"statistic": "r_client", "estimate": _r(ratings.mean(axis=1), columns["client"][:, session - 1])}
        )
    return rows
