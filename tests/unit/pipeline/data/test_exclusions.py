"""Exclusions: what each picks, that nothing goes silently, and a flow that adds up."""

from itertools import count

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Project, wai_sr_answers, wai_sr_description

from pipeline.data.checking import assembled, mistakes
from pipeline.data.job import InputError

NUMBERS = count(1)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One copy of the project for all; every test has a data set of its own."""
    return Project(tmp_path_factory.mktemp("exclusions") / "project")


@pytest.fixture
def study(project):
    """40 clients of 8 therapists, client 1 to 10 in two sessions; a file of client variables."""
    first = wai_sr_answers(40).assign(client=[f"{n:03d}" for n in range(1, 41)])
    first["therapist"] = [f"t{n % 8}" for n in range(40)]
    first["passed"] = ["yes"] * 35 + ["no"] * 3 + [None] * 2
    answers = pd.concat([first, first.head(10).assign(session=2)], ignore_index=True)
    answers.loc[7, "w3"] = 99  # row 9 of the file
    clients = pd.DataFrame({"client": first["client"], "outcome": np.arange(40), "arm": ["a", "b"] * 20})

    def read(exclusions, **more):
        variables = {"outcome": {"role": "outcome", "range": [0, 100]}, "arm": {"role": "group"}}
        description = wai_sr_description(therapist="therapist") | more
        description["clients"] = {"file": "clients.csv", "client": "client", "variables": variables}
        if exclusions:
            description["exclusions"] = exclusions
        read.name = f"study{next(NUMBERS)}"
        project.add(read.name, description, answers=answers, clients=clients)
        return assembled(read.name, project.folder, "first")

    read.project = project
    read.bad = {"reason": "wrong value", "file": "answers.csv", "rows": [9]}
    return read


def counts(files, stage, reason="", form=""):
    rows = [
        row for row in files["dataset.json"]["flow"]
        if (row["stage"], row["reason"], row["form"]) == (stage, reason, form)
    ]  # fmt: skip
    return [(row.get("clients"), row.get("therapists"), row.get("administrations")) for row in rows]


@pytest.mark.parametrize(
    ("exclusion", "lost"),
    [
        ({"clients": ["011", "012"]}, (2, 0, 2)),
        ({"clients": ["001"]}, (1, 0, 2)),
        ({"clients": ["001"], "sessions": [2]}, (0, 0, 1)),
        ({"sessions": [2]}, (1, 0, 10)),  # client 8 has lost the first session already
        ({"therapists": ["t7"]}, (5, 1, 5)),
        ({"where": {"passed": "no"}}, (3, 0, 3)),
        ({"where_not": {"passed": "yes"}}, (5, 0, 5)),
        ({"where": {"passed": ["no", "perhaps"]}, "therapists": ["t3"]}, (1, 0, 1)),
        ({"rows": [2, 42], "file": "answers.csv"}, (1, 0, 2)),
        ({"where": {"arm": "b"}}, (20, 4, 24)),  # stands in the file of the clients
        ({"rows": [2], "file": "clients.csv"}, (1, 0, 2)),
    ],
)
def test_each_selection_picks_what_it_says(study, exclusion, lost):
    files = study([study.bad, {"reason": "because"} | exclusion])
    assert counts(files, "returned") == [(40, 8, 50)]
    assert counts(files, "excluded", "wrong value") == [(0, 0, 1)]  # client 8 has a second session
    assert counts(files, "excluded", "because") == [lost]
    (left,) = counts(files, "analysed")
    assert left == (40 - lost[0], 8 - lost[1], 49 - lost[2])
    table = files["wai_sr.client.parquet"]
    assert (table["client"].nunique(), table["therapist"].nunique(), len(table)) == left
    # whoever has no answer left has no outcome left
    assert set(files["clients.parquet"]["client"]) == set(table["client"])


def test_without_the_exclusion_the_wrong_value_stops_the_run(study):
    with pytest.raises(InputError, match="row 9: 99 is outside the range"):
        study([])


def test_a_row_that_stands_twice_can_be_excluded(project):
    answers = pd.concat([wai_sr_answers(10), wai_sr_answers(1)], ignore_index=True)
    exclusion = {"reason": "entered twice", "file": "answers.csv", "rows": [12]}
    project.add("twice", wai_sr_description() | {"exclusions": [exclusion]}, answers=answers)
    assert len(assembled("twice", project.folder, "first")["wai_sr.client.parquet"]) == 10


def test_the_first_that_picks_a_row_counts(study):
    files = study([study.bad, {"reason": "one", "clients": ["011"]}, {"reason": "two", "clients": ["011", "012"]}])
    assert counts(files, "excluded", "one") == [(1, 0, 1)]
    assert counts(files, "excluded", "two") == [(1, 0, 1)]
    assert counts(files, "analysed", form="wai_sr") == [(38, 8, 47)]


def test_recruited_stands_in_front(study):
    files = study([study.bad], recruited={"clients": 55, "therapists": 9})
    assert files["dataset.json"]["flow"][0]["stage"] == "recruited"
    assert counts(files, "recruited") == [(55, 9, None)]


@pytest.mark.parametrize(
    ("exclusions", "more", "sentence"),
    [
        (
            [{"clients": ["11"]}],
            {},
            "entry 2: does not find the client it names; check the spelling, and put codes with",
        ),
        ([{"clients": ["011", "900"]}], {}, "entry 2: does not find 1 of the 2 clients it names"),
        ([{"clients": ["020"], "sessions": [2]}], {}, "entry 2: picks nothing of the client it names"),
        ([{"where": {"passed": "maybe"}}], {}, "entry 2: picks no row"),
        ([{"where": {"pased": "no"}}], {}, "entry 2: no file has the columns pased"),
        ([{"where": {"passed": "no"}, "file": "other.csv"}], {}, "entry 2: no part of the data set is read from"),
        ([{"rows": [900], "file": "answers.csv"}], {}, "entry 2: picks no row"),
        ([{"where_not": {"arm": "z"}}], {}, "is left by the exclusions"),
        ([{"sessions": [2]}], {"recruited": {"clients": 30}}, "recruited: 30 clients were recruited, but 40 returned"),
        ([{"rows": [3]}], {}, "entry 2: `rows:` needs `file:`"),
        ([{}], {}, "entry 2: selects nothing to leave out"),
        ([{"file": "answers.csv"}], {}, "entry 2: selects nothing to leave out"),
    ],
)
def test_an_exclusion_that_cannot_be_meant_stops_with_its_cure(study, exclusions, more, sentence):
    with pytest.raises(InputError) as stopped:
        study([study.bad, *({"reason": "because"} | exclusion for exclusion in exclusions)], **more)
    assert sentence in str(stopped.value)
    assert "900" not in str(stopped.value)  # no code of a client, nor the row
    found, _ = mistakes(study.name, study.project.folder, "first")
    assert any(sentence in mistake for mistake in found) or "is left" in sentence or sentence in str(stopped.value)


def test_exclusions_need_answers(project):
    project.add("published", {
        "title": "t", "source": "s", "exclusions": [{"reason": "r", "clients": ["1"]}],
        "matrix": {"correlations": "r.csv", "moments": "m.csv", "n": 50, "perspective": "client"},
    })  # fmt: skip
    with pytest.raises(InputError, match="`exclusions:` needs answers, under `responses:`"):
        assembled("published", project.folder, "first")


def test_no_code_of_an_excluded_client_is_written(study):
    files = study([study.bad, {"reason": "because", "clients": ["011"]}])
    assert "011" not in str(files["dataset.json"])


def test_sessions_that_stand_in_one_row(project):
    one, two = (wai_sr_answers(12).filter(regex=r"^w\d") for _ in range(2))
    wide = pd.concat([one.add_prefix("s1_"), two.add_prefix("s2_")], axis=1).assign(client=range(1, 13))
    description = wai_sr_description(columns="s{session}_w{item}")
    del description["responses"][0]["session"]
    exclusion = {"reason": "sound failed", "clients": [3, 4], "sessions": [2]}
    project.add("wide", description | {"exclusions": [exclusion]}, answers=wide)
    files = assembled("wide", project.folder, "first")
    assert counts(files, "excluded", "sound failed") == [(0, 0, 2)]
    assert len(files["wai_sr.client.parquet"]) == 22
