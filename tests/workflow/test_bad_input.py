"""What a mistake looks like to the user: one sentence that names the place, an exit code, and nothing written.

Each case goes through the readers that the workflow calls, and one of each kind through Snakemake itself.
"""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import Project, wai_sr_answers, wai_sr_description

from ingest import ingest_dataset
from pipeline.data.configuration import check_markers, read_config, read_dataset, read_instruments
from pipeline.data.job import InputError


def with_value(row, column, value):
    frame = wai_sr_answers().astype(object)
    frame.loc[row, column] = value
    return frame


SCORES = {
    "title": "A printed table",
    "source": "made for a test",
    "scores": {
        "correlations": "answers.csv",
        "n": 80,
        "variables": {
            "wai": {"form": "wai_s", "perspective": "client"},
            "haq": {"form": "haq2", "perspective": "client"},
        },
    },
}


def two_instruments(turned: bool = False, copied: bool = False) -> pd.DataFrame:
    """WAI-SR (w1, ...) and HAq-II (h1, ...) of the same clients; the HAq-II turned round, or a copy of the WAI-SR."""
    frame = wai_sr_answers()
    level = frame.filter(regex=r"^w\d").mean(axis=1)
    for item in range(1, 20):
        answer = (level + item % 3 - 1).round().clip(1, 5).astype(int)
        copy = copied and item <= 12
        frame[f"h{item}"] = frame[f"w{item}"] if copy else 6 - answer if turned else answer
    return frame


def of_two_instruments(**changes) -> dict:
    description = wai_sr_description()
    haq = {"form": "haq2", "columns": "h{item}", "reverse": []}
    return description | {"responses": [description["responses"][0], description["responses"][0] | haq | changes]}


# name: (description, table, settings) -> what the one sentence has to hold
CASES = {
    "unknown config key": (
        wai_sr_description(),
        wai_sr_answers(),
        {"datasets": ["study"], "sed": 5},
        ["config.yaml", "unknown key 'sed'", "Did you mean 'seed'?"],
    ),
    "config value of the wrong kind": (
        wai_sr_description(),
        wai_sr_answers(),
        {"datasets": ["study"], "factors": {"rotation": "oblimen"}},
        ["config.yaml", "factors", "rotation", "Did you mean 'oblimin'?"],
    ),
    "unknown data set": (
        wai_sr_description(),
        wai_sr_answers(),
        {"datasets": ["studdy"]},
        ["config.yaml", "data/datasets/studdy", "Did you mean 'study'?"],
    ),
    "unknown key in the description": (
        wai_sr_description(formm="wai_sr"),
        wai_sr_answers(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "entry 1", "unknown key 'formm'"],
    ),
    "unknown form": (
        wai_sr_description(form="haq_2"),
        wai_sr_answers(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "no form 'haq_2'", "Did you mean 'haq2'?"],
    ),
    "perspective that the form does not have": (
        wai_sr_description(perspective="therapist"),
        wai_sr_answers(),
        {"datasets": ["study"]},
        [
            "data/datasets/study/dataset.yaml",
            "wai_sr is answered by client",
            "data/datasets/study/my_form.instrument.yaml",
        ],
    ),
    "left-out item that the form does not have": (
        wai_sr_description(items_left_out={13: "misprinted"}),
        wai_sr_answers(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "entry 1: items_left_out", "item 13 does not exist", "the items 1 to 12"],
    ),
    "left-out items without a reason": (
        wai_sr_description(items_left_out={3: ""}),
        wai_sr_answers(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "items_left_out"],
    ),
    "a whole scale left out": (
        wai_sr_description(items_left_out=dict.fromkeys(range(1, 13), "misprinted")),
        wai_sr_answers(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "entry 1: items_left_out", "no item of the scale", "is left"],
    ),
    "missing file": (
        wai_sr_description(file="answer.csv"),
        wai_sr_answers(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "'answer.csv' does not exist"],
    ),
    "missing column": (
        wai_sr_description(),
        wai_sr_answers().drop(columns="w7"),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "no column 'w7'"],
    ),
    "value out of range": (
        wai_sr_description(),
        with_value(3, "w2", 55),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "column 'w2', row 5", "55 is outside the range 1 to 5"],
    ),
    "not a number": (
        wai_sr_description(),
        with_value(3, "w2", "Anna"),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "column 'w2', row 5", "not a number"],
    ),
    "not a whole number": (
        wai_sr_description(),
        with_value(3, "w2", 2.5),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "column 'w2', row 5", "not a whole number"],
    ),
    "client's code missing": (
        wai_sr_description(),
        with_value(4, "client", np.nan),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "row 6", "code is missing"],
    ),
    "duplicate administration": (
        wai_sr_description(),
        with_value(9, "client", "person-2"),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "row 11", "row 4", "same client and session"],
    ),
    "empty file": (
        wai_sr_description(),
        wai_sr_answers().head(0),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "no rows of data"],
    ),
    "wrong form": (
        wai_sr_description(),
        wai_sr_answers(high=7),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "outside the range 1 to 5 of wai_sr", "wai_s (WAI-S)?"],
    ),
    "the same columns twice": (
        of_two_instruments(columns="w{item}", form="wai_s", range=[1, 5], perspective="therapist"),
        two_instruments(),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "entries 1 and 2 read the same columns of answers.csv", "`keep:`"],
    ),
    "the same answers twice": (
        of_two_instruments(),
        two_instruments(copied=True),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "wai_sr (client) and haq2 (client) have the same answers", "`accept: "],
    ),
    "a form against all others": (
        of_two_instruments(),
        two_instruments(turned=True),
        {"datasets": ["study"]},
        ["data/datasets/study/dataset.yaml", "the totals of wai_sr and haq2 (client) correlate -0.9", "`reverse:`"],
    ),
    "impossible correlation of scores": (
        SCORES,
        pd.DataFrame({"score": ["wai", "haq"], "wai": [1, 1.4], "haq": [1.4, 1]}),
        {"datasets": ["study"]},
        ["data/datasets/study/answers.csv", "the correlation of 'wai' with 'haq' is outside -1 to 1"],
    ),
}


# one case of each kind through Snakemake: a setting, a description, the data (two more below)
THROUGH_SNAKEMAKE = ["unknown config key", "unknown key in the description", "a form against all others"]


def complaint(project) -> str:
    """What the readers say in the order in which the workflow calls them; empty where nothing is wrong."""
    root = project.folder
    try:
        settings = read_config(yaml.safe_load((root / "config.yaml").read_text()), root)
        instruments = read_instruments(root)
        check_markers(settings["factors"]["markers"], instruments)
        for name in settings["datasets"]:
            read_dataset(name, root, instruments)
            ingest_dataset.main(name, root, settings["occasion"], root / "results" / name / "responses")
    except InputError as mistake:
        return str(mistake)
    return ""


def nothing_is_written(project) -> bool:
    return not (project.folder / "results").exists() or not list((project.folder / "results").rglob("*.*"))


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_and_nothing_written(project, case):
    description, table, settings, parts = CASES[case]
    project.add("study", description, answers=table)
    project.configure(**settings)
    said = complaint(project)
    assert all(part in said for part in parts), said
    assert "\n" not in said and "person-" not in said and "Anna" not in said
    assert nothing_is_written(project)


def test_a_form_may_run_the_other_way_where_the_data_set_says_why(project):
    description = of_two_instruments() | {"accept": {"against_other_forms": "the answers are a mirror image"}}
    project.add("study", description, answers=two_instruments(turned=True))
    project.configure(datasets=["study"])
    assert complaint(project) == ""
    about = json.loads((project.folder / "results/study/responses/dataset.json").read_text())
    assert len(about["accepted"]) == 1 and about["accepted"][0].endswith("the answers are a mirror image")


@pytest.mark.parametrize("case", THROUGH_SNAKEMAKE)
def test_snakemake_passes_the_sentence_on_with_an_exit_code(project, case):
    description, table, settings, parts = CASES[case]
    project.add("study", description, answers=table)
    project.configure(**settings)
    outcome = project.run("results/study/responses")
    assert outcome.returncode != 0
    last = outcome.stderr.rstrip().splitlines()[-1]
    assert all(part in last for part in parts), outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert "person-" not in outcome.stderr and "Anna" not in outcome.stderr
    assert nothing_is_written(project)


@pytest.mark.parametrize(
    "text, says",
    [
        ("datasets: [study]\nseed: 1\nseed: 2\n", "config.yaml: line 3: the key 'seed' appears twice."),
        ("", "config.yaml: the file is empty; name your data sets, as in `datasets: [example]`."),
    ],
)
def test_settings_that_snakemake_would_take_are_refused_with_their_line(project, text, says):
    project.add("study", wai_sr_description(), answers=wai_sr_answers())
    (project.folder / "config.yaml").write_text(text)
    outcome = project.run("--dry-run")
    assert outcome.returncode != 0 and outcome.stderr.rstrip().splitlines()[-1] == says


@pytest.fixture(scope="module")
def three(tmp_path_factory) -> tuple[Project, str]:
    """One without a mistake, one with a mistake in its data, one in its description; and what Snakemake says."""
    project = Project(tmp_path_factory.mktemp("three") / "project")
    project.add("good", wai_sr_description(), answers=wai_sr_answers())
    project.add("bad", wai_sr_description(), answers=wai_sr_answers().drop(columns="w1"))
    project.add("worse", wai_sr_description(formm="wai_sr"), answers=wai_sr_answers())
    project.configure(datasets=["good", "bad", "worse"])
    outcome = project.run_in_forks(*(f"results/{name}/scores/scores.parquet" for name in ("good", "bad", "worse")))
    assert outcome.returncode != 0
    return project, outcome.stderr


def test_bad_data_sets_do_not_stop_the_others(three):
    """Both mistakes are known before anything runs."""
    project, said = three
    assert len(pd.read_parquet(project.folder / "results/good/scores/scores.parquet")) == 4 * 40
    assert not list((project.folder / "results").glob("bad/*")) + list((project.folder / "results").glob("worse/*"))
    heading, *sentences = said.rstrip().splitlines()[-3:]
    assert heading == "Not finished:"
    assert "data/datasets/bad/answers.csv: there is no column 'w1'" in sentences[0]
    assert "data/datasets/worse/dataset.yaml: responses: entry 1: unknown key 'formm'" in sentences[1]

    planned = project.run("--dry-run").stdout  # the page of all reports is made of those that can be computed
    assert "render_index" in planned and planned.count("refuse_dataset") >= 1
    (project.folder / "data/datasets/bad/answers.csv").write_text(wai_sr_answers().to_csv(index=False))
    outcome = project.run("--dry-run", "good", "bad")  # targets of their own do not mind the others
    assert outcome.returncode == 0
    assert "bad: read and check the raw answers" in outcome.stdout


def test_what_was_computed_survives_a_later_mistake(three):
    project, _ = three
    project.configure(datasets=["good"])
    with_value(3, "w2", 9).to_csv(project.folder / "data/datasets/good/answers.csv", index=False)
    outcome = project.run_in_forks("results/good/scores/scores.parquet")
    assert outcome.returncode != 0
    last = outcome.stderr.rstrip().splitlines()[-1]
    assert "data/datasets/good/answers.csv" in last and "outside the range" in last
    assert "Traceback" not in outcome.stderr and "person-" not in outcome.stderr
    assert (project.folder / "results/good/scores/scores.parquet").exists()
