"""Reliability of a small study with two sessions: which rows there are, and which of them the report shows."""

import json

import numpy as np
import pandas as pd
import pytest
from tests.conftest import Project, likert, wai_sr_description

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table

TABLE = "results/small/reliability/reliability.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Sixty clients of fifteen therapists; forty began at session 1, all answered at session 2."""
    project = Project(tmp_path_factory.mktemp("reliability") / "project")
    answers = pd.DataFrame(likert(100, 12, 1, 5), columns=[f"w{i}" for i in range(1, 13)])
    client = np.concatenate([np.arange(40), np.arange(60)])
    answers = answers.assign(
        client=[f"person {i}" for i in client],
        session=[1] * 40 + [2] * 60,
        therapist=[f"therapist {i % 15}" for i in client],
    )
    answers.loc[::9, "w1"] = np.nan
    project.add("small", wai_sr_description(therapist="therapist"), answers=answers)
    project.configure(datasets=["small"], resamples=100, missing="listwise")
    outcome = project.run_in_one_process(TABLE)
    assert (project.folder / TABLE).exists(), outcome.stderr[-3000:]
    return project.folder / "results/small"


def test_the_chosen_occasion_and_every_session(made):
    table = read_table(made / "reliability/reliability.csv")
    n = table.query("statistic == 'alpha' and scale == 'bond'").set_index("session")["n"].to_dict()
    # bond has no item 1, so nobody is left out; the first session of twenty clients is session 2
    assert n == {"first": 60, "1": 40, "2": 60}
    items = table.dropna(subset="item")
    assert set(items["session"]) == {"first"}
    assert set(items["statistic"]) == {"item_rest_r", "alpha_if_dropped", "omega_if_dropped"}
    assert (table.loc[table["estimate"].isna(), "note"] != "").all()
    total = table.query("statistic == 'alpha' and scale == 'total' and session == '2'").iloc[0]
    assert "listwise" in total["method"] and total["n"] < 60
    assert "15 units" in table.query("statistic == 'alpha_jackknife'")["method"].iloc[0]
    assert json.loads((made / "reliability/reliability.settings.json").read_text())["settings"]["missing"] == "listwise"


def test_the_report_takes_the_chosen_occasion(made):
    table = read_table(made / "reliability/reliability.csv")
    dataset = Dataset(made / "responses")
    assert set(dataset.results_at_occasion(table)["session"]) == {"first"}
    numbered = table.assign(session=[3.0 if session == "first" else np.nan for session in table["session"]])
    assert dataset.results_at_occasion(numbered)["session"].isna().all()


def test_response_categories(made):
    shares = read_table(made / "reliability/response_categories.csv")
    sums = shares.groupby(["session", "item"])["estimate"].sum()
    assert len(sums) == 3 * 12 and np.allclose(sums, 1)


def test_omega_hierarchical_and_categorical(made):
    table = read_table(made / "reliability/reliability.csv")
    whole = table.query("statistic == 'omega_hierarchical' and scale == 'total'")
    assert set(whole["session"]) == {"first"}  # of the chosen occasion; alpha and omega total are of all
    assert set(table.query("statistic == 'omega_total'")["session"]) == {"first", "1", "2"}
    assert "Schmid-Leiman of 3 group factors" in whole["method"].iloc[0]
    of_subscales = table.query("statistic == 'omega_hierarchical_subscale' and scale == 'total'")
    assert set(of_subscales["factor"]) == {"goal", "task", "bond"}
    too_few = table.query("statistic == 'omega_hierarchical' and scale == 'bond'")
    assert too_few["estimate"].isna().all() and too_few["note"].str.contains("too few").all()
    assert set(table.query("statistic == 'omega_categorical'")["scale"]) == {"goal", "task", "bond", "total"}
