"""Endings and shifts, by hand."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from psychometrics.course.dropout import NO_ENDINGS, NO_FLIP, NOBODY_LEFT, NOTHING_TO_FLIP, ONE_TIME, dropout_rows
from psychometrics.course.growth_rows import growth_of_scores

LEFT_AT = 3


def fitted(frame: pd.DataFrame):
    rows, growth = growth_of_scores(frame, draws=0)
    return growth, rows[rows["statistic"] == "growth_change"].iloc[0]


@pytest.fixture
def left(planted):
    """Every fourth dyad is dropped after session 3, and had grown less until then."""
    frame = planted(dyads=120, therapists=20, mean=lambda time: 0.3 * time)
    dropped = frame["client"] % 4 == 0
    frame["score"] -= np.where(dropped, 0.25 * (frame["time"] - 1), 0)
    return frame[~dropped | (frame["session"] <= LEFT_AT)]


@pytest.fixture
def ended(left):
    dyads = left.drop_duplicates("dyad").set_index("dyad")["client"]
    return pd.Series(np.where(dyads % 4 == 0, "dropped", "planned"), index=dyads.index)


def test_courses_of_both_endings(left, ended):
    rows = dropout_rows(*fitted(left), ended, "session", 0.95).set_index(["statistic", "ending"])
    planned, dropped, difference = (
        rows.loc["change_by_ending", name] for name in ("planned", "dropped", "dropped minus planned")
    )
    # half of the dropped were last rated two sessions after the first
    assert planned["lower"] < 0.6 < planned["upper"] and dropped["lower"] < 0.1 < dropped["upper"]
    assert difference["upper"] < 0 and difference["estimate"] == pytest.approx(
        dropped["estimate"] - planned["estimate"]
    )
    assert (planned["dyads"], dropped["dyads"]) == (90, 30)


def test_the_shift_by_hand(left, ended):
    growth, change = fitted(left)
    rows = dropout_rows(growth, change, ended, "session", 0.95)
    share = rows.loc[rows["statistic"] == "missing_at_end", "estimate"].iloc[0]
    assert share == pytest.approx(0.25)
    half = rows[(rows["statistic"] == "change_if_missing_lower") & (rows["delta"] == 0.5)].iloc[0]
    sd = left.loc[left["session"] == 1, "score"].std()
    assert half["estimate"] == pytest.approx(change["estimate"] - 0.5 * sd * 0.25)
    se = np.sqrt(change["se"] ** 2 + (0.5 * sd) ** 2 * 0.25 * 0.75 / 120)
    assert half["se"] == pytest.approx(se)
    assert half["lower"] == pytest.approx(half["estimate"] - student.ppf(0.975, change["df"]) * se)


def test_the_conclusion_flips_where_the_interval_reaches_0(left, ended):
    growth, change = fitted(left)
    weaker = change.copy()
    weaker[["estimate", "lower", "upper"]] -= change["lower"] - 0.05
    rows = dropout_rows(growth, weaker, ended, "session", 0.95)
    tipping = rows.loc[rows["statistic"] == "tipping_delta", "estimate"].iloc[0]
    assert 0 < tipping < 1
    sd, share = left.loc[left["session"] == 1, "score"].std(), 0.25
    se = np.sqrt(change["se"] ** 2 + (tipping * sd) ** 2 * share * (1 - share) / 120)
    edge = weaker["estimate"] - tipping * sd * share - student.ppf(0.975, change["df"]) * se
    assert edge == pytest.approx(0, abs=1e-9)
    falls = -weaker.rename({"lower": "upper", "upper": "lower"})[["estimate", "lower", "upper"]]
    mirrored = dropout_rows(growth, weaker.copy().where(~weaker.index.isin(falls.index), falls), ended, "session", 0.95)
    assert mirrored.loc[mirrored["statistic"] == "tipping_delta", "estimate"].iloc[0] == pytest.approx(tipping)


def test_reasons(left, ended):
    growth, change = fitted(left)

    def note(statistic: str, change: pd.Series, ended: pd.Series) -> str:
        rows = dropout_rows(growth, change, ended, "session", 0.95)
        return rows.loc[rows["statistic"] == statistic, "note"].iloc[-1]

    assert note("change_by_ending", change, pd.Series(dtype=object)) == NO_ENDINGS
    few = ended.mask(ended == "dropped", "unknown").where(ended.index != ended.index[0], "dropped")
    assert note("change_by_ending", change, few) == "needs 10 therapies of either ending: 1 dropped"
    assert note("tipping_delta", change, ended.replace("dropped", "planned")) == NOBODY_LEFT
    assert note("tipping_delta", change.copy().where(change.index != "lower", -0.1), ended) == NOTHING_TO_FLIP
    assert note("tipping_delta", change, ended) == NO_FLIP
    once = left[(ended.loc[left["dyad"]] == "planned").to_numpy() | (left["session"] == 1)]
    grown, found = fitted(once)
    rows = dropout_rows(grown, found, ended, "session", 0.95)
    assert rows.loc[rows["statistic"] == "change_by_ending", "note"].tolist() == [ONE_TIME]
