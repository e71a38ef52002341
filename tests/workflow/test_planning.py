"""`snakemake planning` as a user calls it: a table, a figure and a sentence, from the settings or from a pilot."""

import pandas as pd
import pytest
from tests.conftest import Project, wai_sr_answers, wai_sr_description

from pipeline.data.tables import read_table
from planning.plan_study import main, of_pilot

GOALS = {"half_widths": {"r": 0.10}, "powers": {"b_within": 0.80, "lag": 0.80}, "sessions": [1]}


def test_a_plan_from_the_settings(tmp_path):
    project = Project(tmp_path / "project")
    project.add("study", wai_sr_description(), answers=wai_sr_answers())
    project.configure(datasets=["study"], planning=GOALS)
    outcome = project.run_in_one_process("planning")
    folder = project.folder / "results/planning"
    assert (folder / "planning.csv").is_file(), outcome.stderr
    rows = read_table(folder / "planning.csv")
    assert rows.groupby("quantity", sort=False).size().to_dict() == {"r": 1, "b_within": 1, "lag": 3}
    # by hand: 336 clients, 1.96 / sqrt(336 / 1.02 - 3) = .1085 around atanh(.28)
    assert rows["clients"].iloc[0] == 336 and set(rows["source"]) == {"config.yaml"}
    text = (folder / "proposal.txt").read_text()
    assert text.startswith("With 56 therapists who have 6 clients each (336 clients), 95% confidence intervals")
    assert "more than 99% for the slope within therapists" in text and text.rstrip().endswith(
        "(assumed: .10; 4 sessions)."
    )
    assert (folder / "planning.svg").is_file()
    assert not (project.folder / "results/study").exists()


@pytest.fixture
def pilot(tmp_path):
    tables = {
        "outcome_strength": [("total", "outcome_r", 0.40)],
        "nesting": [("task", "icc_therapist", 0.30), ("total", "icc_therapist", 0.20)],
        "course_lags": [("total", "lag_alliance_to_symptoms_standardized", -0.15)],
    }
    paths = {name: tmp_path / f"{name}.csv" for name in tables}
    for name, rows in tables.items():
        pd.DataFrame(rows, columns=["scale", "statistic", "estimate"]).assign(note="").to_csv(paths[name], index=False)
    rows = [("total", "ruptures_expected", "5 to 9", 10.0, 40), ("total", "ruptures_expected", "all", 30.0, 100)]
    paths["course_ruptures"] = tmp_path / "course_ruptures.csv"
    columns = ["scale", "statistic", "length", "estimate", "n"]
    pd.DataFrame(rows, columns=columns).assign(note="").to_csv(paths["course_ruptures"], index=False)
    return paths


def test_a_pilot_gives_what_it_knows(pilot, tmp_path):
    assert of_pilot(pilot) == {"r": 0.40, "therapist_alliance": 0.20, "lag": 0.15, "false_alarms": 0.30}
    planning = GOALS | {"pilot": "mine", "assumed": {}, "clients_per_therapist": 6, "lag_sessions": [6], "alpha": 0.05}
    study, sentence = tmp_path / "planning.csv", tmp_path / "proposal.txt"
    main(study, sentence, planning=planning, level=0.95, pilot={name: str(path) for name, path in pilot.items()})
    rows = read_table(study).set_index(["quantity", "goal"])
    assert rows.loc[("r", "half-width"), ["assumed", "source"]].tolist() == [0.40, "mine"]
    assert "items" not in of_pilot(pilot)
    assert rows.loc[("lag", "power"), "assumed"] == 0.15


def test_goals_out_of_reach_leave_a_sentence(tmp_path):
    planning = {"half_widths": {"therapist_share": 1e-5}, "powers": {}, "assumed": {}, "pilot": "", "sessions": [1]}
    planning |= {"clients_per_therapist": 6, "lag_sessions": [6], "alpha": 0.05}
    study, sentence = tmp_path / "planning.csv", tmp_path / "proposal.txt"
    main(study, sentence, planning=planning, level=0.95, pilot={})
    assert read_table(study)["note"].iloc[0].startswith("more than 20000 therapists")
    assert sentence.read_text().startswith("No study of a feasible size")
