"""Truth and bias, actor and partner from answers to sentences and figure; what is lacking is said."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project
from tests.workflow.test_perspectives import NO_CASELOADS, answers

from ingest import ingest_dataset
from perspectives import plot_truth_and_bias, relate_partners, track_ratings, truth_blocks
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.report.blocks import Listing, Note, Sentences, Table
from pipeline.report.results import Results
from reliability import estimate_sessions
from score import score_responses

TABLES = {"truth_and_bias": "perspectives/truth_and_bias.csv", "actor_partner": "perspectives/actor_partner.csv"}
CLIENTS = {"file": "clients.csv", "client": "client"}


def course(who: str, sessions: int, *, people: int = 40, seed: int = 0) -> pd.DataFrame:
    """Answers that both move with from session to session, the therapist half as far and half a point lower."""
    rng, shared = np.random.default_rng([seed, len(who)]), np.random.default_rng(9)
    client = np.repeat(np.arange(people), sessions)
    level = shared.normal(0, 0.5, 10)[client % 10] + shared.normal(0, 0.6, people)[client]
    change = shared.normal(0, 0.7, len(client))
    follow, lower = (0.5, 0.5) if who == "therapist" else (1.0, 0.0)
    raw = 4.6 - lower + (level + change)[:, None] * follow + rng.normal(0, 0.6, (len(client), 12))
    keyed = np.clip(np.rint(raw), 1, 7)
    keyed[:, [3, 9]] = 8 - keyed[:, [3, 9]]
    frame = pd.DataFrame(keyed.astype(int), columns=[f"q{item + 1}" for item in range(12)])
    frame.insert(0, "client", [f"c{code:03d}" for code in client])
    frame.insert(1, "therapist", [f"t{code % 10}" for code in client])
    frame.insert(2, "session", np.tile(np.arange(1, sessions + 1), people))
    return frame


def outcomes(client: pd.DataFrame, therapist: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A symptom at each session and an outcome at the end, lower where either rates the alliance high."""
    rng = np.random.default_rng(3)
    keys = ["client", "session"]
    both = client[keys].assign(own=client["q1"], other=therapist["q1"])
    both["symptom"] = 20 - 2 * both["own"] - both["other"] + rng.normal(0, 1, len(both))
    last = both.groupby("client", as_index=False).last()
    last = last.assign(outcome=last["symptom"] + rng.normal(0, 1, len(last)), before=rng.normal(20, 2, len(last)))
    last["seen"] = last["outcome"] + rng.normal(0, 1, len(last))
    return both[[*keys, "symptom"]], last[["client", "before", "outcome", "seen"]]


def made(folder: Path, *parts: tuple[str, str, pd.DataFrame], draws: int = 12, **further) -> tuple[dict, Results]:
    """Ingest, score and estimate; `further`: entries of the description, and frames of files as `file_<name>`."""
    files = {name.removeprefix("file_"): further.pop(name) for name in list(further) if name.startswith("file_")}
    entries = []
    for form, who, frame in parts:
        entry = {"file": f"{form}_{who}.csv", "form": form, "perspective": who, "columns": "q{item}"}
        entries.append(entry | {name: name for name in ("client", "therapist", "session") if name in frame})
        files[f"{form}_{who}"] = frame
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    project.add("study", {"title": "t", "source": "s", "responses": entries} | further, **files)
    responses, scores = folder / "responses", folder / "scores.parquet"
    ingest_dataset.main("study", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    paths = {name: folder / f"{name}.csv" for name in (*TABLES, "reliability_sessions")}
    how = {"level": 0.95, "session_draws": draws, "seed": 1}
    drawn = folder / "change_draws.parquet"
    study = folder / "d_study.csv"
    estimate_sessions.main(
        responses, scores, paths["reliability_sessions"], study, pair=None, change_draws=drawn, **how
    )
    found = paths["truth_and_bias"]
    track_ratings.main(responses, scores, paths["reliability_sessions"], found, change_draws=drawn, **how)
    relate_partners.main(responses, scores, paths["actor_partner"], **how)
    tables = {name: read_table(paths[name]) for name in TABLES}
    for name, rows in tables.items():
        assert unknown_statistics(rows, TABLES[name]) == []
        assert not_holding(rows).empty and outside_range(rows, TABLES[name]).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    tables["reliability"] = read_table(paths["reliability_sessions"])
    return tables, Results(responses, {name: str(path) for name, path in paths.items()}, {}, {"level": 0.95})


def said(results: Results) -> list[str]:
    """Every sentence of both parts, whose tables have text in all cells."""
    found = []
    for block in [*truth_blocks.truth_blocks(results), *truth_blocks.partner_blocks(results)]:
        if isinstance(block, Table):
            assert all(isinstance(cell, str) for row in block.rows for cell in row)
        found += block.items if isinstance(block, Listing) else []
        found += block.paragraphs if isinstance(block, Sentences) else []
        found += [block.text] if isinstance(block, Note) else []
    return found


def figure(folder: Path, results: Results) -> str:
    drawn = folder / "truth_and_bias.svg"
    instruments = sorted((ROOT / "data/instruments").glob("*.yaml"))
    plot_truth_and_bias.main(folder / "responses", results.path("truth_and_bias"), instruments, [drawn])
    return drawn.read_text()


@pytest.fixture(scope="module")
def over_sessions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    client, therapist = course("client", 6, seed=1), course("therapist", 6, seed=2)
    symptom, last = outcomes(client, therapist)
    variables = {
        "before": {"column": "before", "role": "baseline", "label": "distress before"},
        "outcome": {"column": "outcome", "role": "outcome", "measure": "distress", "label": "distress"},
        "seen": {
            "column": "seen",
            "role": "outcome",
            "measure": "distress",
            "rated_by": "therapist",
            "label": "as seen",
        },
    }
    measured = {
        "file": "symptom.csv",
        "client": "client",
        "session": "session",
        "variables": {"symptom": {"label": "symptoms"}},
    }
    tables, results = made(
        folder,
        ("wai_s", "client", client),
        ("wai_s", "therapist", therapist),
        clients=CLIENTS | {"variables": variables},
        session_variables=measured,
        file_clients=last,
        file_symptom=symptom,
    )
    return folder, tables, results


def test_who_rates_lower_and_who_follows(over_sessions):
    folder, tables, results = over_sessions
    rows = tables["truth_and_bias"]
    assert rows[["perspective", "perspective_2"]].drop_duplicates().to_numpy().tolist() == [
        ["therapist", "client"],
        ["client", "therapist"],
    ]
    own = rows[rows["perspective"] == "therapist"].set_index("statistic")
    assert own.loc["directional_bias", "upper"] < -0.2
    assert own.loc["tracking_within", "lower"] < 0.5 < own.loc["tracking_within", "upper"] + 0.1
    of_client = tables["reliability"]
    of_client = of_client[(of_client["perspective"] == "client") & (of_client["scale"] == "total")]
    r_c = of_client.loc[of_client["statistic"] == "r_c", "estimate"].iloc[0]
    corrected = own.loc["tracking_within_corrected"]
    assert corrected["estimate"] == pytest.approx(own.loc["tracking_within", "estimate"] / r_c, rel=1e-9)
    assert np.isfinite(corrected["lower"])
    sentences = said(results)
    assert any("WAI-S: where clients rate at their mean, therapists rate 0." in text for text in sentences)
    assert any("When a client rates a session one point above the dyad's usual level" in text for text in sentences)
    svg = figure(folder, results)
    assert "Total, total: therapist judges, over sessions: 0." in svg


def test_actor_and_partner(over_sessions):
    _, tables, results = over_sessions
    rows = tables["actor_partner"]
    assert rows["alliance"].unique().tolist() == [
        relate_partners.AT_ONE,
        relate_partners.OVER_ALL,
        relate_partners.SPLIT,
    ]
    assert set(rows.loc[rows["statistic"] == "residual_correlation", "outcome"]) == {"outcome with seen"}
    of_therapist = rows[rows["outcome"] == "seen"]
    assert set(of_therapist["perspective"]) == {"therapist"} and set(of_therapist["perspective_2"]) == {"client"}
    within = rows[(rows["outcome"] == "symptom") & (rows["part"] == "within")].set_index("statistic")
    assert within.loc["actor_path", "upper"] < 0
    sentences = said(results)
    assert any(
        "WAI-S, symptoms, within dyads: the actor path (the clients' own alliance) is −." in text for text in sentences
    )


def test_phases_of_the_data_set_are_compared(tmp_path):
    parts = [("wai_s", who, course(who, 6, people=30, seed=seed)) for seed, who in enumerate(["client", "therapist"])]
    tables, _ = made(tmp_path, *parts, phases={"start": [1, 2], "middle": [3, 4], "end": [5, 6]})
    rows = tables["truth_and_bias"].set_index(["perspective", "statistic"])
    change = rows.loc[("therapist", "tracking_within_change")]
    assert "start (early), end (late)" in change["method"] and change["n"] == 120


def test_one_session_and_forms_that_do_not_mirror_each_other(tmp_path):
    parts = ("calpas_p", "client", answers("calpas_p", 0, seed=1)), ("calpas_t", "therapist", answers("calpas_t", 0.5))
    tables, results = made(tmp_path, *parts)
    rows = tables["truth_and_bias"].set_index(["perspective", "statistic"])
    assert np.isfinite(rows.loc[("therapist", "directional_bias"), "estimate"])
    assert rows.loc[("client", "tracking_within"), "note"].startswith("fewer than 3 dyads have 3 sessions")
    assert tables["actor_partner"]["note"].tolist() == [relate_partners.NO_OUTCOME]
    sentences = said(results)
    assert any("percent of the range" in text for text in sentences)
    assert any("How closely therapists follow the ratings over sessions is not known" in text for text in sentences)
    assert any("Actor and partner paths are not estimated" in text for text in sentences)
    svg = figure(tmp_path, results)
    assert "therapist judges, between dyads" in svg and "over sessions" not in svg


def test_only_clients(tmp_path):
    tables, results = made(tmp_path, ("wai_s", "client", answers("wai_s", 0)))
    for name in TABLES:
        assert tables[name]["note"].tolist() == ["needs two perspectives: only one answered (client)"]
    assert "nothing-drawn" in figure(tmp_path, results)
    assert len(said(results)) == 2


@pytest.mark.parametrize(("change", "reason"), NO_CASELOADS)
def test_without_therapists_who_have_several_clients(tmp_path, change, reason):
    parts = [("wai_s", who, change(course(who, 4, people=30))) for who in ("client", "therapist")]
    tables, results = made(tmp_path, *parts)
    rows = tables["truth_and_bias"].set_index(["perspective", "statistic"])
    assert rows.loc[("therapist", "bias_sd_therapist"), "note"].startswith(reason)
    assert np.isfinite(rows.loc[("therapist", "tracking_within"), ["estimate", "lower", "upper"]].astype(float)).all()
    assert len(said(results)) > 3


def test_two_categories_and_thirty_people(tmp_path):
    parts = [
        ("wai_s", who, answers("wai_s", 0, people=30, sessions=3, most=2, seed=seed))
        for seed, who in enumerate(["client", "therapist"])
    ]
    tables, results = made(tmp_path, *parts)
    assert tables["truth_and_bias"]["estimate"].notna().any()
    assert len(said(results)) > 2


def test_nobody_has_both_ratings(tmp_path):
    client, therapist = answers("wai_s", 0, seed=1), answers("wai_s", 0, seed=2)
    tables, results = made(tmp_path, ("wai_s", "client", client), ("wai_s", "therapist", therapist.assign(session=2)))
    rows = tables["truth_and_bias"]
    assert rows["estimate"].isna().all() and rows["note"].str.startswith("no dyad has both ratings").all()
    assert any("no dyad has both ratings" in text for text in said(results))
    assert "nothing-drawn" in figure(tmp_path, results)
