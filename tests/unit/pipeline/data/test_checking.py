"""A check finds everything that would stop a run, not only the first."""

import pandas as pd
from tests.conftest import wai_sr_answers, wai_sr_description

from ingest import check_dataset, list_forms
from pipeline.data.checking import mistakes


def test_nothing_to_find(project):
    project.add("study", wai_sr_description(), answers=wai_sr_answers())
    found, files = mistakes("study", project.folder, "first")
    assert found == [] and files["dataset.json"]["people"] == 40
    assert not (project.folder / "results").exists()


def test_all_mistakes_of_all_parts(project):
    description = wai_sr_description()
    entry = description["responses"][0]
    description["responses"] += [entry | {"columns": "x{item}"}, entry | {"file": "other.csv", "form": "wai_s"}]
    description["clients"] = {
        "file": "clients.csv",
        "client": "client",
        "variables": {"outcome": {"role": "outcome"}, "age": {"role": "baseline", "range": [0, 100]}},
    }
    clients = pd.DataFrame({"client": [f"person-{n}" for n in range(1, 41)], "outcome": range(40), "age": 200})
    project.add("study", description, answers=wai_sr_answers(), other=wai_sr_answers(high=9), clients=clients)
    found, _ = mistakes("study", project.folder, "first")
    assert len(found) == 3
    for part in ("no column 'x1'", "is outside the range 1 to 7 of wai_s", "outside the `range:` 0 to 100"):
        assert sum(part in mistake for mistake in found) == 1
    assert all(mistake.startswith("data/datasets/study/") and "person-" not in mistake for mistake in found)


def test_all_mistakes_of_a_description(project):
    description = wai_sr_description(form="wai_x")
    entry = description["responses"][0]
    description["responses"] += [entry | {"form": "wai_sr", "file": "absent.csv"}]
    project.add("study", description, answers=wai_sr_answers())
    found, files = mistakes("study", project.folder, "first")
    assert ["no form 'wai_x'" in found[0], "'absent.csv' does not exist" in found[1]] == [True, True] and files == {}


def test_the_program_says_how_many(project, capsys):
    project.add("study", wai_sr_description(), answers=wai_sr_answers().drop(columns="w7"))
    project.configure(datasets=["study"])
    assert check_dataset.main(["study", "--root", str(project.folder)]) == 1
    said = capsys.readouterr().err
    assert "no column 'w7'" in said and said.endswith("study: 1 finding stops a run.\n")
    assert check_dataset.main(["nobody", "--root", str(project.folder)]) == 1


def test_the_list_of_forms(capsys):
    assert list_forms.main([]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("haq2 "))
    assert line.split() == ["haq2", "HAq-II", "19", "1", "to", "6", "client,", "therapist", "total", "established"]
