"""Scale scores of persons: the correlations that they have, whatever the shape of the file, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from association import compare_correlations, correlate_scores, correlate_sessions
from ingest.ingest_dataset import write_all
from pipeline.data.checking import assembled, mistakes
from pipeline.data.dataset import Dataset
from pipeline.data.job import InputError
from pipeline.data.pseudonyms import pseudonymised
from pipeline.data.tables import read_table
from pipeline.steps.score_moments import published_reliabilities
from reliability import estimate_nesting, estimate_sessions
from score import score_responses
from shared_variance import analyse_commonality, relate_score_sets

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
    assert files["dataset.json"]["of_persons"] and "person_scores.parquet" in files
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


def long(rng: np.random.Generator, clients: int = 60, therapists: int = 12, sessions: int = 3) -> pd.DataFrame:
    """Scores of clients of therapists at several sessions, with a symptom that falls."""
    rows = []
    for client in range(clients):
        level = rng.normal() + (client % therapists) / therapists
        for session in range(1, sessions + 1):
            state = level + rng.normal() / 2
            rows.append(
                {
                    "dyad": f"C{client:03d}",
                    "th": f"T{client % therapists:02d}",
                    "s": session,
                    "c_task": np.clip(np.round(14 + 2 * state + rng.normal()), 4, 20),
                    "t_task": np.clip(np.round(14 + 2 * state + rng.normal()), 4, 20),
                    "bdi": np.round(25 - 3 * state - 2 * session + rng.normal(), 1),
                    "arm": "A" if client % 2 else "B",
                }
            )
    return pd.DataFrame(rows)


def of_sessions(**more) -> dict:
    variables = {label: SCORES[label] | {"reliability": 0.8} for label in ("c_task", "t_task")}
    variables |= {
        "start": {"role": "baseline", "column": "bdi", "occasion": "first"},
        "end": {"role": "outcome", "column": "bdi", "occasion": "last"},
        "arm": {"role": "group"},
    }
    return description(session="s", therapist="th", variables=variables | more)


def ingested(project, tmp_path, table, described) -> Dataset:
    project.add("study", described, answers=table)
    write_all(pseudonymised(assembled("study", project.folder, "first")), tmp_path / "responses")
    return Dataset(tmp_path / "responses")


def test_therapists_sessions_and_variables_of_their_own_occasion_are_kept(project, tmp_path):
    table = long(np.random.default_rng(3))
    table = table[~((table["dyad"] == "C007") & (table["s"] == 3))]
    dataset = ingested(project, tmp_path, table, of_sessions())
    assert dataset.has_people and dataset.resampled == "therapists" and dataset.sessions == [1, 2, 3]
    assert dataset.therapist_of.nunique() == 12 and not dataset.one_therapist
    first, last = (table[table["s"] == s].set_index("dyad")["bdi"] for s in (1, 3))
    last.loc["C007"] = table[(table["dyad"] == "C007") & (table["s"] == 2)]["bdi"].item()
    np.testing.assert_allclose(dataset.clients["start"], first.sort_index())  # pseudonyms keep the order of the codes
    np.testing.assert_allclose(dataset.clients["end"], last.sort_index())
    assert dataset.forms[0].counts["sessions"] == {"1": 60, "2": 60, "3": 59}
    text = "".join(path.read_bytes().decode("latin-1") for path in (tmp_path / "responses").iterdir())
    assert "C007" not in text and "T03" not in text


@pytest.fixture
def analysed(project, tmp_path):
    table = long(np.random.default_rng(3))
    dataset = ingested(project, tmp_path, table, of_sessions())
    path, found = tmp_path / "scores.parquet", {}
    seeded = {"level": 0.95, "draws": 200, "seed": 1}
    score_responses.main(dataset.folder, path, tmp_path / "descriptives.csv", minimum_share=0.8, level=0.95)
    correlate_scores.main(dataset.folder, path, tmp_path / "correlations.csv", missing="pairwise", **seeded)
    correlate_sessions.main(dataset.folder, path, tmp_path / "course.csv", level=0.95)
    relate_score_sets.main(dataset.folder, path, tmp_path / "canonical.csv", **seeded)
    analyse_commonality.main(dataset.folder, path, tmp_path / "commonality.csv", missing="pairwise", **seeded)
    estimate_nesting.main(dataset.folder, path, tmp_path / "nesting.csv", level=0.95, seed=1)
    pair = {"pair": [1, 3], "level": 0.95, "session_draws": 50, "seed": 1}
    estimate_sessions.main(dataset.folder, path, tmp_path / "retest.csv", tmp_path / "d_study.csv", **pair)
    for file in tmp_path.glob("*.csv"):
        found[file.stem] = read_table(file)
    return table, found


def test_what_scores_determine_is_computed_from_the_persons(analysed):
    table, found = analysed
    first = table[table["s"] == 1].set_index("dyad")
    rows = found["descriptives"]
    mean = rows[(rows["form"] == "wai_sr") & (rows["statistic"] == "mean") & rows["group"].isna()]
    of_sessions = table.groupby("s")["c_task"].mean()
    # the chosen occasion stands before the sessions, which are three for everybody
    np.testing.assert_allclose(mean["estimate"], [of_sessions[1], *of_sessions])
    assert mean["session"].astype(str).tolist() == ["first", "1", "2", "3"]
    arm = rows[(rows["form"] == "wai_sr") & (rows["statistic"] == "mean") & (rows["group"] == "arm: A")]
    of_arm = table[table["arm"] == "A"].groupby("s")["c_task"].mean()
    np.testing.assert_allclose(arm["estimate"], [of_arm[1], *of_arm])
    both = found["correlations"].query("form == 'wai_sr' and form_2 == 'wai_s'").set_index("statistic")
    r = np.corrcoef(first["c_task"], first["t_task"])[0, 1]
    assert both.loc["r_pearson", "estimate"] == pytest.approx(r)
    assert both.loc["r_spearman", "estimate"] == pytest.approx(first["c_task"].corr(first["t_task"], method="spearman"))
    assert both.loc["r_disattenuated", "estimate"] == pytest.approx(r / 0.8)
    assert "12 units" in both.loc["r_pearson", "method"]
    for limit in ("lower", "upper"):
        assert both.loc["r_disattenuated", limit] == pytest.approx(both.loc["r_pearson", limit] / 0.8)
    assert both.loc["r_latent", "note"].startswith("needs item answers")
    start = first["bdi"].to_numpy()
    rest = [first[name] - np.polyval(np.polyfit(start, first[name], 1), start) for name in ("c_task", "t_task")]
    assert both.loc["r_partial", "estimate"] == pytest.approx(np.corrcoef(*rest)[0, 1])


def test_sessions_therapists_and_the_outcome_of_persons(analysed):
    table, found = analysed
    centred = table[["c_task", "t_task"]] - table.groupby("dyad")[["c_task", "t_task"]].transform("mean")
    within = found["course"].query("statistic == 'r_within' and form == 'wai_sr' and form_2 == 'wai_s'")
    # repeated-measures correlation (Bakdash and Marusich): Pearson of the deviations from the clients' means
    assert within["estimate"].item() == pytest.approx(np.corrcoef(centred.T)[0, 1])
    assert {"icc_therapist", "icc_client"} <= set(found["nesting"].dropna(subset="estimate")["statistic"])
    wide = table.pivot(index="dyad", columns="s", values="c_task")
    again = found["retest"].query("statistic == 'retest_r' and form == 'wai_sr'")
    assert again["estimate"].item() == pytest.approx(wide[1].corr(wide[3]))
    repeated = found["retest"].query("statistic == 'repeated_sessions'")
    assert repeated["note"].str.startswith("needs item answers").all()


def test_the_outcome_is_explained_by_totals_of_persons(project, tmp_path):
    table = long(np.random.default_rng(4)).rename(columns={"c_task": "wai", "t_task": "haq"})
    variables = {
        "wai": {"form": "wai_sr", "perspective": "client", "reliability": 0.9},
        "haq": {"form": "haq2", "perspective": "client", "reliability": 0.8},
        "end": {"role": "outcome", "column": "bdi", "occasion": "last"},
        "arm": {"role": "group"},
    }
    dataset = ingested(project, tmp_path, table, description(session="s", therapist="th", variables=variables))
    score_responses.main(dataset.folder, tmp_path / "s.parquet", tmp_path / "d.csv", minimum_share=0.8, level=0.95)
    seeded = {"level": 0.95, "draws": 50, "seed": 1, "missing": "pairwise"}
    analyse_commonality.main(dataset.folder, tmp_path / "s.parquet", tmp_path / "c.csv", **seeded)
    compare_correlations.main(dataset.folder, tmp_path / "s.parquet", tmp_path / "r.csv", level=0.95)
    differences = read_table(tmp_path / "r.csv")
    first = table[table["s"] == 1]
    r_a, r_b = (np.corrcoef(first.loc[first["arm"] == arm, ["wai", "haq"]].T)[0, 1] for arm in "AB")
    assert np.isclose(differences["estimate"], r_a - r_b, atol=1e-10).any()  # between the groups
    rows = read_table(tmp_path / "c.csv").query("statistic == 'r2' and outcome == 'end'").set_index("scores")
    first, last = (table[table["s"] == s].set_index("dyad") for s in (1, 3))
    X = np.column_stack([np.ones(60), first["wai"], first["haq"]])
    fitted = X @ np.linalg.lstsq(X, last["bdi"], rcond=None)[0]
    own = rows[rows["model"] == "instruments"]
    assert own.loc["observed", "estimate"] == pytest.approx(fitted.var() / last["bdi"].var(ddof=0))
    assert np.isfinite(own.loc["observed", "lower"])
    R = np.corrcoef(np.column_stack([first["wai"], first["haq"], last["bdi"]]).T)
    among, with_outcome = R[:2, :2] - np.diag([0.1, 0.2]), R[:2, 2]  # the diagonal holds the reliabilities
    assert own.loc["corrected", "estimate"] == pytest.approx(with_outcome @ np.linalg.solve(among, with_outcome))


def test_a_file_named_after_a_person_is_refused_and_codes_of_the_outcome_too(project):
    table = long(np.random.default_rng(3))
    described = of_sessions()
    described["scores"]["file"] = "scores_C007.csv"
    folder = project.add("named", described, answers=table)
    (folder / "answers.csv").rename(folder / "scores_C007.csv")
    found = mistakes("named", project.folder, "first")[0]
    assert len(found) == 1 and "scores: file: the name of the file contains the code of a client" in found[0]
    table.loc[(table["dyad"] < "C006") & (table["s"] == 3), "bdi"] = 999
    project.add("codes", of_sessions(), answers=table)
    found = mistakes("codes", project.folder, "first")[0]
    assert len(found) == 1 and "999" in found[0] and "missing_codes" in found[0]


@pytest.mark.parametrize(
    "table, changes, says",
    [
        (DYADS, {"client": None}, "give `file:` and `client:`"),
        (DYADS.assign(c_task=99), {}, "99 outside 1 to 20"),
        (DYADS.assign(c_task=7), {}, "all people have the same 'c_task'"),
        (DYADS.assign(c_task=DYADS["c_task"].where(DYADS.index < 3)), {}, "fewer than 4 people have 'c_task'"),
        (pd.concat([DYADS, DYADS.head(2)]), {}, "2 clients have 'c_task' more than once in a session"),
        (DYADS.assign(bdi="low"), {}, "column 'bdi', row 2 and 36 more rows: not a number"),
        (DYADS.drop(columns="t_goal"), {}, "no column 't_goal'"),
        (DYADS, {"correlations": "answers.csv"}, "give `file:` and `client:`"),
        (
            DYADS,
            {"variables": SCORES | {"c_task": SCORES["c_task"] | {"occasion": 1}}},
            "`occasion:` goes with `role:`",
        ),
        (
            DYADS.assign(x=["a"] * 35 + ["b"] * 2),
            {"variables": SCORES | {"x": {"role": "group"}}},
            "1 of 2 groups with fewer than 5 clients",
        ),
    ],
)
def test_one_sentence_says_what_is_wrong(project, table, changes, says):
    project.add("study", description(**changes), answers=table)
    found = mistakes("study", project.folder, "first")[0]
    assert len(found) == 1 and says in found[0]
    with pytest.raises(InputError, match="data/datasets/study/"):
        assembled("study", project.folder, "first")
