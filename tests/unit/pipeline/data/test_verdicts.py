"""A data set is checked once for the same contents, and what stopped a run is repeated at its end."""

import os
from pathlib import Path

import pytest
from tests.conftest import wai_sr_answers, wai_sr_description

from pipeline.data import checking
from pipeline.data.verdicts import is_dry_run, last_words, remembered, verdict


def test_contents_decide(project, monkeypatch):
    monkeypatch.chdir(project.folder)
    folder = project.add("study", wai_sr_description(), answers=wai_sr_answers().drop(columns="w3"))
    inputs = [folder / "answers.csv", folder / "dataset.yaml"]
    said = verdict("study", project.folder, "first", inputs, "code")
    assert "there is no column 'w3'" in said and remembered("study")["mistake"] == said
    asked = []
    monkeypatch.setattr(checking, "assembled", lambda *of: asked.append(of))
    assert verdict("study", project.folder, "first", inputs, "code") == said and not asked
    wai_sr_answers().to_csv(folder / "answers.csv", index=False)
    os.utime(folder / "answers.csv", (0, 0))  # older than before: contents count
    assert verdict("study", project.folder, "first", inputs, "code") == "" and len(asked) == 1
    assert verdict("study", project.folder, "first", inputs, "other code", planned=True) == "" and len(asked) == 1
    verdict("study", project.folder, "first", inputs, "other code")
    assert len(asked) == 2


@pytest.mark.parametrize(
    "said, planned",
    {"-n": True, "all --dry-run": True, "--dryrun": True, "-np": True, "-j2": False, "--no-hooks n": False}.items(),
)
def test_a_dry_run_is_seen_by_its_arguments(said, planned):
    assert is_dry_run(["snakemake", "--cores", "2", *said.split()]) is planned


def test_a_mistake_of_the_program_is_said_and_left_to_its_job(project, monkeypatch, capsys):
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr(checking, "assembled", lambda *of: 1 / 0)
    assert verdict("study", project.folder, "first", [], "code") == "" and remembered("study") == {}
    said = capsys.readouterr().err
    assert "study: the check before the run met a mistake of the program (ZeroDivisionError), not of the data" in said


def test_last_words(tmp_path):
    for number, (name, text) in enumerate(
        {
            "old.log": "Stopped: long ago\n",
            "a/one.log": "Warning: something\nStopped: answers.csv: wrong.\n",
            "a/two.log": "Stopped: answers.csv: wrong.\n",
            "b/three.log": "Traceback (most recent call last)\n",
            "c/four.log": "",
        }.items()
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        os.utime(path, (number, number))
    assert last_words(tmp_path, 1) == ["answers.csv: wrong."]
    assert last_words(Path("nowhere"), 0) == []
