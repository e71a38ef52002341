"""Scale scores of persons: the correlations that they have, whatever the shape of the file, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from ingest.ingest_dataset import write_all
from pipeline.data.checking import assembled, mistakes
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError
from pipeline.steps.score_moments import published_reliabilities

RNG = np.random.default_rng(8)
LEVEL = RNG.normal(size=37)
NAMES = ["task", "bond", "goal"]
DYADS = pd.DataFrame(
    {
        f"{who}_{scale}": np.clip(np.round(14 + 2 * LEVEL + 2 * RNG.normal(size=37)), 4, 20)
        for who in ("c", "t")
        for scale in NAMES
    }
)
DYADS.insert(0, "dyad", np.arange(100, 137))
DYADS["bdi"] = np.round(20 - 3 * LEVEL + 4 * RNG.normal(size=37)).clip(0)
DYADS.loc[5, "t_bond"] = np.nan
SCORES = {
    f"{letter}_{scale}": {"form": form, "perspective": who, "scale": scale}
    for letter, who, form in (("c", "client", "wai_sr"), ("t", "therapist", "wai_s"))
    for scale in NAMES
}


def description(**changes) -> dict:
    variables = SCORES | {"bdi": {"role": "outcome"}}
    scores = {"file": "answers.csv", "client": "dyad", "variables": variables} | changes
    return {"title": "Dyads", "source": "a test", "scores": {key: part for key, part in scores.items() if part}}


def correlations(project, table: pd.DataFrame, described: dict, name: str = "study") -> pd.DataFrame:
    project.add(name, described, answers=table)
    files = assembled(name, project.folder, "first")
    labels = [f"{part['perspective']}.{part['form']}.{part['scale']}" for part in SCORES.values()]
    assert files["dataset.json"]["of_persons"] and not any(file.endswith(".parquet") for file in files)
    return files["score_correlations.csv"].set_index("score").loc[[*labels, "bdi"], [*labels, "bdi"]]


EXPECTED = DYADS.drop(columns="dyad").corr().to_numpy()


def test_the_correlations_of_the_scores_and_how_many_have_both(project):
    found = correlations(project, DYADS, description())
    np.testing.assert_allclose(found, EXPECTED, atol=1e-12)
    files = assembled("study", project.folder, "first")
    n = files["score_pairs.csv"].set_index("score")
    assert n.loc["therapist.wai_s.bond", "bdi"] == 36 and n.loc["bdi", "bdi"] == 37
    moments = files["scores.csv"].set_index("score")
    assert moments.loc["client.wai_sr.task", "mean"] == pytest.approx(DYADS["c_task"].mean())
    assert moments.loc["client.wai_sr.task", "sd"] == pytest.approx(DYADS["c_task"].std())
    assert files["dataset.json"]["forms"][0]["key_status"] == "scored before"


def test_where_no_reliability_is_given_the_note_says_so_and_not_that_none_was_published(project, tmp_path):
    variables = SCORES | {"bdi": {"role": "outcome"}}
    variables["c_bond"] = variables["c_bond"] | {"reliability": 0.8, "coefficient": "icc"}
    project.add("study", description(variables=variables), answers=DYADS)
    write_all(assembled("study", project.folder, "first"), tmp_path / "responses")
    dataset = Dataset(tmp_path / "responses")
    rows = published_reliabilities(dataset, dataset.forms[0])
    notes = rows[rows["statistic"] == "alpha"].set_index("scale")["note"]
    assert notes["task"] == "no reliability was given in dataset.yaml; needs item answers or an item correlation matrix"
    assert notes["bond"] == "given in dataset.yaml is icc = 0.8"


def two_rows(frame: pd.DataFrame) -> pd.DataFrame:
    client = frame[["dyad", "c_task", "c_bond", "c_goal", "bdi"]].set_axis(["dyad", *NAMES, "bdi"], axis=1)
    therapist = frame[["dyad", "t_task", "t_bond", "t_goal"]].set_axis(["dyad", *NAMES], axis=1)
    return pd.concat([client.assign(who=1), therapist.assign(who=2)]).sample(frac=1, random_state=1)


ROWS = {
    label: part | {"column": part["scale"], "keep": {"who": 1 if part["perspective"] == "client" else 2}}
    for label, part in SCORES.items()
}
SHAPES = {
    "no codes": (DYADS.drop(columns="dyad"), {"client": "row"}),
    "rows of their own": (two_rows(DYADS), {"variables": ROWS | {"bdi": {"role": "outcome"}}}),
    "codes for missing": (
        DYADS.fillna(999),
        {"variables": {k: v | {"missing_codes": [999]} for k, v in SCORES.items()} | {"bdi": {"role": "outcome"}}},
    ),
    "two sessions": (
        pd.concat([DYADS.assign(s=2), DYADS.assign(s=5, c_task=DYADS["c_goal"], bdi=1)]),
        {"session": "s"},
    ),
    "dates": (
        pd.concat([DYADS.assign(s="2024-02-01", bdi=3), DYADS.assign(s="2024-01-31")]),
        {"session": "s", "sessions": "dates"},
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_shape_of_the_file_does_not_matter(project, name):
    table, changes = SHAPES[name]
    np.testing.assert_allclose(correlations(project, table, description(**changes)), EXPECTED, atol=1e-12)


def test_pairs_that_do_not_fit_together_leave_the_complete_rows(project):
    table = pd.DataFrame({"dyad": range(30), "c_task": np.nan, "c_bond": np.nan, "c_goal": np.nan})
    x = RNG.normal(size=30).round(2) + 10
    table.loc[:9, "c_task"], table.loc[:9, "c_bond"] = x[:10], x[:10]  # correlate 1, as do the next; the last two -1
    table.loc[10:19, "c_bond"], table.loc[10:19, "c_goal"] = x[10:20], x[10:20]
    table.loc[20:24, "c_task"], table.loc[20:24, "c_goal"] = x[20:25], 20 - x[20:25]
    table.loc[25:, NAMES_C] = RNG.normal(10, 1, size=(5, 3)).round(2)
    variables = {label: SCORES[label] for label in NAMES_C}
    project.add("study", description(variables=variables), answers=table)
    files = assembled("study", project.folder, "first")
    assert set(files["score_pairs.csv"].set_index("score").to_numpy().ravel()) == {5}
    assert "complete rows only" in files["dataset.json"]["forms"][0]["overrides"][0]


NAMES_C = ["c_task", "c_bond", "c_goal"]


@pytest.mark.parametrize(
    "table, changes, says",
    [
        (DYADS, {"client": None}, "give `file:` and `client:`"),
        (DYADS.assign(c_task=99), {}, "99 is outside 1 to 20"),
        (DYADS.assign(c_task=7), {}, "all people have the same 'c_task'"),
        (DYADS.assign(c_task=DYADS["c_task"].where(DYADS.index < 3)), {}, "fewer than 4 people have 'c_task'"),
        (pd.concat([DYADS, DYADS.head(2)]), {}, "2 clients have 'c_task' more than once in a session"),
        (DYADS.assign(bdi="low"), {}, "column 'bdi', row 2 (and 36 more rows): not a number"),
        (DYADS.drop(columns="t_goal"), {}, "no column 't_goal'"),
        (DYADS, {"correlations": "answers.csv"}, "give `file:` and `client:`"),
    ],
)
def test_one_sentence_says_what_is_wrong(project, table, changes, says):
    project.add("study", description(**changes), answers=table)
    found = mistakes("study", project.folder, "first")[0]
    assert len(found) == 1 and says in found[0]
    with pytest.raises(InputError, match="data/datasets/study/"):
        assembled("study", project.folder, "first")
