"""Scores of which the course is followed: every scale of every form and perspective, or why there are none."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pipeline.data.dataset import TOTAL, Dataset, Form

KEYS = ["perspective", "form", "scale"]
NO_PEOPLE = "needs scores of persons: a matrix contains no sessions"
ONE_SESSION = "needs several sessions: all answers are from one"
NO_TOTAL = "no total was rated at two sessions"


def why_no_course(dataset: Dataset) -> str:
    """Why no course can be followed; empty where one can."""
    if not dataset.has_people:
        return NO_PEOPLE
    return "" if len(dataset.sessions) > 1 else ONE_SESSION


def totals(dataset: Dataset) -> list[tuple[Form, str]]:
    """The total of each form, or every scale of a form without one."""
    return [(form, scale) for form in dataset.forms for scale in form.scales if scale == TOTAL or not form.has_total]


def courses(
    dataset: Dataset, scored: pd.DataFrame, *, only_totals: bool = False
) -> Iterator[tuple[Form, dict[str, str], pd.DataFrame]]:
    """Each form and scale that was rated at two sessions or more: the form, what names the scale, and its scores.

    Scores have columns client, therapist, dyad, session, time and score (mean of the items), one row per client and
    session.
    """
    places = scored.groupby(KEYS, sort=False, observed=True).indices  # found once for all scales
    wanted = totals(dataset) if only_totals else [(form, scale) for form in dataset.forms for scale in form.scales]
    for form, scale in wanted:
        keys = {"perspective": form.perspective, "form": form.name, "scale": scale}
        rows = scored.iloc[places.get(tuple(keys.values()), [])].dropna(subset="mean")
        if len(rows) and rows["session"].max() > rows["session"].min():
            rows = rows[["client", "therapist", "session", "mean"]].rename(columns={"mean": "score"})
            therapist = rows["therapist"].fillna(rows["client"].map(dataset.therapist_of)).astype(object)
            rows = rows.assign(therapist=therapist.where(therapist.notna(), None), time=dataset.time_of(rows))
            named = rows["therapist"].astype(str) + "\n" + rows["client"].astype(str)
            dyad = named.where(rows["therapist"].notna(), rows["client"].astype(str))
            yield form, keys, rows.assign(dyad=dyad).reset_index(drop=True)


def reliability_of_change(reliabilities: pd.DataFrame, keys: dict[str, str]) -> float:
    """Reliability of change within clients of a total; missing where it could not be estimated."""
    known = reliabilities.reindex(columns=[*KEYS, "statistic", "estimate"])
    own = (known[KEYS] == pd.Series(keys)).all(axis=1) & (known["statistic"] == "r_c")
    found = known.loc[own, "estimate"]
    return float(np.clip(found.iloc[0], 0, 1)) if len(found) else np.nan


def reason_row(statistic: str, reason: str) -> pd.DataFrame:
    """A table that says why it has no other row."""
    return pd.DataFrame([{"statistic": statistic, "estimate": float("nan"), "note": reason}])
