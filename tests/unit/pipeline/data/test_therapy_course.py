"""Phases, weeks and endings of therapies: what the description says, what is read, and what stops."""

import numpy as np
import pandas as pd
import pytest
from tests.conftest import wai_sr_answers, wai_sr_description

from ingest import ingest_dataset
from pipeline.data.analyses import perspectives_of
from pipeline.data.checking import mistakes
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError
from pipeline.data.session_dates import days_of_sessions
from pipeline.data.therapy_course import check_phases, phase_names, phase_of

PHASES = {"late": (7, 9), "early": (1, 3)}


def repeated(sessions=range(1, 10)) -> pd.DataFrame:
    """Answers of 40 people at several sessions; the first of them came to the first two only."""
    parts = [wai_sr_answers().assign(session=session, day=f"2024-03-{3 * session:02d}") for session in sessions]
    everyone = pd.concat(parts, ignore_index=True)
    # other answers in each session: the same answers twice would stop a run
    items = [f"w{item}" for item in range(1, 13)]
    everyone[items] = np.random.default_rng(1).integers(1, 6, everyone[items].shape)
    return everyone[(everyone["client"] != "person-0") | (everyone["session"] <= 2)]


def study(project, entry=None, **keys):
    """The data set after ingest, or what is wrong with it."""
    description = wai_sr_description(**(entry or {})) | keys
    tables = {"answers": repeated()} | ({"clients": of_clients()} if "clients" in keys else {})
    folder = project.add("study", description, **tables)
    found, _ = mistakes("study", project.folder, "first")
    if found:
        return " ".join(found)
    ingest_dataset.main("study", project.folder, "first", folder / "responses")
    return Dataset(folder / "responses")


# --- phases


def test_named_phases_are_ranges_of_sessions_in_their_order():
    session = pd.Series([1, 3, 4, 7, 9, 10])
    found = phase_of(session, pd.Series("a", index=session.index), PHASES, pd.DataFrame())
    assert found.where(found.notna(), "").tolist() == ["early", "early", "", "late", "late", ""]
    assert phase_names(PHASES) == ["early", "late"] and phase_names(None) == []


@pytest.mark.parametrize(
    "first, last, expected", [(1, 3, "eml"), (1, 16, "eeeeeemmmmmlllll"), (4, 8, "eemml"), (2, 3, "  ")]
)
def test_thirds_are_those_of_each_therapy(first, last, expected):
    """Session s of 16 lies (s - 1) / 16 of the way, so that 6 is the last in the early third."""
    session = pd.Series(range(first, last + 1))
    course = pd.DataFrame({"first": [first], "last": [last]}, index=["a"])
    found = phase_of(session, pd.Series("a", index=session.index), "thirds", course)
    assert "".join(name[0] if name else " " for name in found.where(found.notna(), "")) == expected


@pytest.mark.parametrize(
    "phases, reason",
    [
        ({"early": (5, 1), "late": (6, 9)}, "5 to 1 is in descending order"),
        ({"b": (4, 6), "a": (1, 4)}, "a and b share session 4"),
    ],
)
def test_phases_that_are_none_say_why(phases, reason):
    with pytest.raises(InputError, match=reason):
        check_phases(phases)


def test_a_data_set_knows_the_phases_of_its_rows(project):
    dataset = study(project, phases={"start": [1, 2], "end": [8, 9]})
    rows = dataset.answers(dataset.forms[0])
    counts = dataset.phase_of(rows).value_counts()
    assert dataset.phase_names == ["start", "end"] and counts.to_dict() == {"start": 80, "end": 78}


def test_a_therapy_of_two_sessions_has_no_thirds(project):
    dataset = study(project, phases="thirds")
    rows = dataset.answers(dataset.forms[0])
    found = dataset.phase_of(rows)
    assert found[rows["client"] == "c001"].isna().all() and found[rows["client"] != "c001"].notna().all()


# --- time


def test_weeks_since_the_first_session(project):
    dataset = study(project, entry={"date": "day"}, time="weeks")
    rows = dataset.answers(dataset.forms[0])
    np.testing.assert_allclose(dataset.time_of(rows), 3 * (rows["session"] - 1) / 7)
    assert set(dataset.days) == {"client", "session", "day"}


def test_without_a_word_time_is_the_number_of_the_session(project):
    dataset = study(project)
    rows = dataset.answers(dataset.forms[0])
    assert dataset.time == "session" and dataset.time_of(rows).tolist() == rows["session"].tolist()


def test_the_earliest_of_two_dates_of_a_session_counts():
    one = pd.DataFrame({"client": "a", "session": [1, 2, 3], "day": [105.0, 110.0, np.nan]})
    two = pd.DataFrame({"client": "a", "session": [1, 2], "day": [100.0, 112.0]})
    assert days_of_sessions([one, two]).to_numpy().tolist() == [["a", 1, 0], ["a", 2, 10]]


def test_dates_that_run_against_the_numbers_are_counted_and_not_shown():
    table = pd.DataFrame({"client": ["a", "a", "b", "b"], "session": [1, 2, 1, 2], "day": [9.0, 5.0, 1.0, 2.0]})
    with pytest.raises(InputError, match="1 client has a later session with an earlier date"):
        days_of_sessions([table])


# --- how it ended, and who rated what when


def of_clients() -> pd.DataFrame:
    people = wai_sr_answers()["client"]
    end = ["done", "left", "moved", None] * 10
    return pd.DataFrame({"client": people, "end": end, "before": range(40), "after": range(40)})


def described(**ended) -> dict:
    return {
        "file": "clients.csv",
        "client": "client",
        "ended": {"column": "end", "planned": ["done"], "dropped": ["left"]} | ended,
        "variables": {
            "before": {"role": "baseline", "measure": "symptoms", "occasion": "baseline", "rated_by": "client"},
            "after": {"role": "outcome", "measure": "symptoms", "occasion": "end", "reliability": 0.9},
            "later": {"role": "outcome", "column": "after", "measure": "functioning", "occasion": "follow_up"},
        },
    }


def test_endings_are_planned_dropped_or_unknown(project):
    dataset = study(project, clients=described())
    assert dataset.endings.value_counts().to_dict() == {"unknown": 20, "planned": 10, "dropped": 10}
    assert "ended" not in dataset.clients and set(dataset.endings.index) == set(dataset.clients.index)


def test_outcomes_know_their_occasion_rater_and_baseline(project):
    dataset = study(project, clients=described())
    assert dataset.variables["after"] == {
        "role": "outcome", "label": "after", "measure": "symptoms", "occasion": "end", "reliability": 0.9,
    }  # fmt: skip
    assert dataset.variables["before"]["rated_by"] == "client"
    assert dataset.measured_before("after") == "before" and dataset.measured_before("later") == ""


@pytest.mark.parametrize(
    "ended, reason",
    [
        ({"planned": ["completed"], "dropped": ["lost"]}, "clients.csv, column 'end': no value is among those"),
        ({"planned": ["done"], "dropped": ["done"]}, "'done' is listed under both planned and dropped"),
        ({"column": "ending"}, "no column 'ending'"),
    ],
)
def test_endings_that_cannot_be_read_say_why(project, ended, reason):
    assert reason in study(project, clients=described(**ended))


# --- which sessions and perspectives are analysed item by item


def test_items_are_analysed_at_the_sessions_that_are_named(project):
    dataset = study(project, item_sessions=[1, 5], occasion=5)
    keyed = dataset.keyed(dataset.forms[0])
    assert [name for name, _ in dataset.item_occasions(keyed)] == ["5", "1"]
    assert len(dataset.occasions(keyed)) == 9
    assert set(dataset.at_item_sessions(keyed)["session"]) == {1, 5}


def test_without_a_word_items_are_analysed_at_every_session(project):
    dataset = study(project)
    keyed = dataset.keyed(dataset.forms[0])
    assert len(dataset.item_occasions(keyed)) == len(dataset.occasions(keyed)) == 10
    assert len(dataset.at_item_sessions(keyed)) == len(keyed)


def test_the_first_session_of_each_client_is_analysed_besides_those_named(project):
    dataset = study(project, item_sessions=[5])
    assert [name for name, _ in dataset.item_occasions(dataset.keyed(dataset.forms[0]))] == ["first", "5"]


def test_perspectives_that_are_not_named_are_not_factored():
    description = {"responses": [{"perspective": who} for who in ("client", "observer", "therapist", "client")]}
    assert perspectives_of(description) == ["client", "observer", "therapist"]
    assert perspectives_of(description | {"factor_perspectives": ["therapist", "client"]}) == ["client", "therapist"]


# --- mistakes


@pytest.mark.parametrize(
    "keys, sentence",
    [
        (
            {"phases": {"a": [1, 3], "b": [12, 14]}},
            "phases: b: nobody answered in sessions 12 to 14; the sessions are 1, 2",
        ),
        ({"phases": {"a": [1, 3], "b": [3, 4]}}, "phases: a and b share session 3"),
        ({"phases": "halves"}, "phases: 'halves'"),
        ({"item_sessions": [1, 20]}, "item_sessions: nobody answered in session 20"),
        ({"item_sessions": [1, 2], "occasion": 5}, "item_sessions: 5 is missing, the session that `occasion:` names"),
        ({"factor_perspectives": ["therapist"]}, "factor_perspectives: no answers of the therapist"),
        ({"time": "weeks"}, "time: weeks needs dates; name their column under `date:`"),
        ({"time": "days"}, "time: 'days' is not one of session, weeks"),
        ({"entry": {"date": "when"}, "time": "weeks"}, "no column 'when'"),
        ({"entry": {"dates": "day_first"}}, "`dates:` needs `date:`"),
        ({"entry": {"date": "day", "session": "day", "sessions": "dates"}}, "`date:` is for sessions with numbers"),
        ({"entry": {"date": "w1"}}, "not a date such as"),
    ],
)
def test_one_sentence_for_each_mistake(project, keys, sentence):
    found = study(project, **keys)
    assert isinstance(found, str) and sentence in found


def test_a_matrix_has_no_phases(project):
    matrix = {"correlations": "answers.csv", "moments": "answers.csv", "n": 100, "perspective": "client"}
    project.add("study", {"title": "t", "source": "s", "matrix": matrix, "phases": "thirds"}, answers=repeated())
    found, _ = mistakes("study", project.folder, "first")
    assert "`phases:` needs sessions of people; a published matrix has none" in " ".join(found)
