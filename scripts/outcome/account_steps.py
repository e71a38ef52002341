"""The account as steps of a waterfall: which rows of the table they are, where they begin and where they end."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.report.numbers import ABSENT

KEYS = ["perspective", "form", "outcome"]
TOTAL, ADDED, TAKEN = "total", "added", "taken"
CLAIM = "alliance_outcome_r2"  # in claims.yaml


@dataclass(frozen=True)
class Step:
    """One bar.

    Attributes
    ----------
    name : str
        Which step it is.
    kind : str
        A total from 0, a part that is added to the step before, or one that is taken from the mean of the sessions.
    start, end : float
        Shares.
    lower, upper : float
        Limits of the end, missing where there is no interval.
    part : float
        What is added or taken; of a total the share itself.
    row : dict
        The row of the table that it rests on.
    """

    name: str
    kind: str
    start: float
    end: float
    lower: float
    upper: float
    part: float
    row: dict[str, Any]


def accounts(table: pd.DataFrame) -> list[tuple[dict[str, Any], dict[str, dict[int, dict[str, Any]]]]]:
    """The rows of each form, perspective and outcome: by statistic, and by number of sessions."""
    found: dict[tuple, dict[str, dict[int, dict[str, Any]]]] = {}
    if not set(KEYS) <= set(table):
        return []
    for row in table.to_dict("records"):
        own = found.setdefault(tuple(row[key] for key in KEYS), {})
        sessions = row.get("sessions", np.nan)
        own.setdefault(row["statistic"], {})[0 if pd.isna(sessions) else int(sessions)] = row
    return [(dict(zip(KEYS, key, strict=True)), rows) for key, rows in found.items()]


def most_sessions(rows: dict[str, dict[int, dict[str, Any]]]) -> int:
    """How many early sessions there are."""
    return max(rows.get("account_r2", {0: {}}))


def has_interval(row: dict[str, Any]) -> bool:
    """Whether a corrected share can be shown: without an interval it rests on next to no reliability."""
    return bool(np.isfinite(row["estimate"]) and np.isfinite(row.get("lower", np.nan)))


def steps_of(rows: dict[str, dict[int, dict[str, Any]]]) -> list[Step]:
    """Every step that has an estimate, in order."""
    most, found = most_sessions(rows), []

    def the(statistic: str, sessions: int = most) -> dict[str, Any]:
        return rows.get(statistic, {}).get(sessions, {"estimate": np.nan, "lower": np.nan, "upper": np.nan})

    one, mean, predicted = the("account_r2", 1), the("account_r2"), the("account_r2_predicted")
    found.append(_total("one", one))
    if most > 1:
        found.append(_added("reliability", one["estimate"], predicted))
        excess = the("account_excess")
        at = predicted["estimate"]
        ends = [at + excess[end] for end in ("estimate", "lower", "upper")]
        found.append(Step("excess", ADDED, at, *ends, excess["estimate"], excess))
        found.append(_total("mean", mean))
    stable, both = (
        row if has_interval(row) else ABSENT | {"lower": np.nan, "upper": np.nan}
        for row in (the("account_r2_alliance_corrected"), the("account_r2_corrected"))
    )
    found.append(_added("alliance", mean["estimate"], stable))
    found.append(_added("outcome", stable["estimate"], both))
    found.append(_total("without", both if has_interval(both) else stable))
    for name, statistic in (
        ("change", "account_early_gains"),
        ("rater", "account_rater"),
        ("therapists", "account_between_therapists"),
    ):
        row, at = the(statistic), mean["estimate"]
        ends = [at - row[end] for end in ("estimate", "upper", "lower")]
        found.append(Step(name, TAKEN, at, *ends, row["estimate"], row))
    return [step for step in found if np.isfinite([step.start, step.end]).all()]


def _total(name: str, row: dict[str, Any]) -> Step:
    return Step(name, TOTAL, 0.0, row["estimate"], row["lower"], row["upper"], row["estimate"], row)


def _added(name: str, start: float, row: dict[str, Any]) -> Step:
    """From one share to another; the interval of the difference is not known, that of the share stands in the table."""
    return Step(name, ADDED, start, row["estimate"], np.nan, np.nan, row["estimate"] - start, row)
