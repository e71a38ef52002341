"""What is measured at every session, and outcomes that are scores of items: read, scored, and taken at a session."""

import numpy as np
import pandas as pd
import pytest
from tests.conftest import wai_sr_answers, wai_sr_description

from ingest import ingest_dataset
from pipeline.data.checking import assembled, mistakes
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError

SYMPTOMS = """\
instrument: SYM
name: Symptoms
source: made for a test
forms:
  sym3:
    label: SYM
    perspectives: [client]
    items: 5
    range: [0, 4]
    scales: {worry: [1, 2], mood: [3, 4, 5]}
    reverse: [5]
    key_status: established
    grades: {scales: A, reverse: A, range: A}
"""
SCORED = {"form": "sym3", "columns": "s{item}", "missing_codes": [9]}


def measured(**changes) -> dict:
    return wai_sr_description() | {
        "session_variables": {
            "file": "symptoms.csv",
            "client": "client",
            "session": "session",
            "variables": {"bdi": {"outcome": "last", "baseline": "first", "range": [0, 63], "label": "BDI"} | changes},
        }
    }


def symptoms() -> pd.DataFrame:
    people = wai_sr_answers()["client"]
    return pd.concat(
        [
            pd.DataFrame({"client": people, "session": session, "bdi": np.arange(len(people)) % 30 + 10 - session})
            for session in (1, 4, 2)
        ]
    )


def test_outcome_and_baseline_are_those_of_their_sessions(project):
    table = symptoms()
    table.loc[(table["client"] == table["client"].iloc[0]) & (table["session"] == 4), "bdi"] = np.nan
    project.add("study", measured(), answers=wai_sr_answers(), symptoms=table)
    files = assembled("study", project.folder, "first")
    assert files["dataset.json"]["variables"] == {
        "bdi_outcome": {"role": "outcome", "label": "BDI (last session)", "measure": "bdi", "occasion": "last"},
        "bdi_baseline": {"role": "baseline", "label": "BDI (first session)", "measure": "bdi", "occasion": "first"},
    }
    clients = files["clients.parquet"].set_index("client")
    kept = table.dropna().astype({"client": str})
    for role, pick in (("outcome", "idxmax"), ("baseline", "idxmin")):
        rows = kept.reset_index(drop=True)
        expected = rows.loc[getattr(rows.groupby("client")["session"], pick)()].set_index("client")["bdi"]
        pd.testing.assert_series_equal(
            clients[f"bdi_{role}"], expected.sort_index(), check_names=False, check_dtype=False
        )
    assert len(files["session_variables.parquet"]) == len(kept)


def test_the_table_is_there_for_later_analyses(project):
    project.add("study", measured(outcome=4), answers=wai_sr_answers(), symptoms=symptoms())
    made = project.folder / "results/study/responses"
    ingest_dataset.main("study", project.folder, "first", made)
    dataset = Dataset(made)
    assert dataset.over_sessions == {"bdi": "BDI"}
    assert list(dataset.session_variables) == ["client", "session", "bdi"]
    assert set(dataset.session_variables["client"]) == set(dataset.answers(dataset.forms[0])["client"])
    assert dataset.variables["bdi_outcome"]["label"] == "BDI (session 4)" and dataset.days.empty


@pytest.mark.parametrize(
    "change, says",
    [
        ({"outcome": "best"}, "'best' does not fit"),
        ({"range": [0, 20]}, "outside the `range:` 0 to 20"),
        ({"column": "phq"}, "no column 'phq'"),
        ({"form": "sym4", "columns": "s{item}"}, "there is no form 'sym4'"),
        ({"columns": "s{item}"}, "`columns:` needs `form:`"),
    ],
)
def test_one_sentence_says_what_is_wrong(project, change, says):
    project.add("study", measured(**change), answers=wai_sr_answers(), symptoms=symptoms())
    assert says in " ".join(mistakes("study", project.folder, "first")[0])


def test_a_client_twice_in_a_session(project):
    table = pd.concat([symptoms(), symptoms().head(1)])
    project.add("study", measured(), answers=wai_sr_answers(), symptoms=table)
    with pytest.raises(InputError, match="the same client and session as in another row"):
        assembled("study", project.folder, "first")


def test_dates_of_symptoms_and_answers_are_numbered_together(project):
    description = measured()
    description["responses"][0] |= {"session": "when", "sessions": "dates"}
    description["session_variables"] |= {"session": "when", "sessions": "dates"}
    days = {1: "2024-01-10", 2: "2024-01-17", 4: "2024-02-01"}
    table = symptoms().assign(when=lambda frame: frame["session"].map(days))
    project.add("study", description, answers=wai_sr_answers().assign(when="2024-01-17"), symptoms=table)
    files = assembled("study", project.folder, "first")
    assert set(files["wai_sr.client.parquet"]["session"]) == {2}
    assert set(files["session_variables.parquet"]["session"]) == {1, 2, 3}
    assert set(files["sessions.parquet"]["day"]) == {0, 7, 22}


def test_an_outcome_scored_from_its_items(project):
    people = wai_sr_answers()["client"]
    items = pd.DataFrame(
        np.random.default_rng(4).integers(0, 5, size=(len(people), 5)), columns=[f"s{i}" for i in range(1, 6)]
    )
    items.loc[0, "s1"] = 9  # four of five are enough
    items.loc[1, ["s1", "s2"]] = 9
    variables = {
        "sym": SCORED | {"role": "outcome"},
        "worry": SCORED | {"role": "baseline", "scale": "worry"},
    }
    description = wai_sr_description() | {
        "clients": {"file": "clients.csv", "client": "client", "variables": variables}
    }
    clients = items.assign(client=people.to_numpy())
    folder = project.add("study", description, answers=wai_sr_answers(), clients=clients)
    (folder / "sym.instrument.yaml").write_text(SYMPTOMS)
    found = assembled("study", project.folder, "first")["clients.parquet"].set_index("client")
    found = found.loc[people.astype(str)]
    keyed = items.replace(9, np.nan).assign(s5=4 - items["s5"])
    total = keyed.sum(axis=1)
    total[0] = keyed.loc[0].mean() * 5
    total[1] = np.nan
    np.testing.assert_allclose(found["sym"], total)
    worry = keyed["s1"] + keyed["s2"]  # of two items, both are needed
    np.testing.assert_allclose(found["worry"], worry)
