"""What the account and early gains are made of: alliance and measures by session, side by side for each client."""

import numpy as np
import pandas as pd

from pipeline.data.dataset import Dataset, Form

FEW_SESSIONS = 4  # fewer are no course that has a first half
MOST_EARLY = 7  # sessions, as many as the published account averages (Crits-Christoph et al., 2011)


def alliance_by_session(scores: pd.DataFrame, form: Form) -> pd.DataFrame:
    """Totals of one form, clients x sessions."""
    own = (scores["form"] == form.name) & (scores["perspective"] == form.perspective) & (scores["scale"] == "total")
    rows = scores[own].dropna(subset="mean")
    return rows.pivot(index="client", columns="session", values="mean").sort_index(axis=1)


def measure_by_session(dataset: Dataset, measure: str) -> pd.DataFrame:
    """Values of what is measured at every session, clients x sessions."""
    table = dataset.session_variables[["client", "session", measure]].dropna()
    return table.pivot(index="client", columns="session", values=measure).sort_index(axis=1)


def measure_of(dataset: Dataset, outcome: str) -> str:
    """What is measured at every session: the outcome itself where it is, else the first such variable, else nothing."""
    measures = [name for name in dataset.session_variables.columns if name not in ("client", "session")]
    own = dataset.variables[outcome].get("measure", "")
    return own if own in measures else measures[0] if measures else ""


def early_sessions(dataset: Dataset, alliance: pd.DataFrame, outcome: str) -> list[int]:
    """Sessions of the first half of the therapies, beginning with the chosen one, that lie before the outcome.

    The half ends midway between the chosen session (the first, where no number is chosen) and the last of the data set.
    Of a data set with two or three sessions, which have no such half, the first two are taken: a mean needs two.
    """
    known = [int(session) for session in alliance.columns]
    first = dataset.occasion if isinstance(dataset.occasion, int) else min(known, default=0)
    measured = dataset.variables[outcome].get("occasion")
    before = measured if isinstance(measured, int) else np.inf
    known = [session for session in known if first <= session < before]
    middle = (first + max(dataset.sessions)) / 2
    early = [session for session in known if session <= middle]
    return (known[:2] if len(dataset.sessions) < FEW_SESSIONS else early)[:MOST_EARLY]
