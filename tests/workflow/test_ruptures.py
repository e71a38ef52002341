"""Ruptures from answers to sentences and figures: planted ones are told, and what lacks says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT, Project

from course import describe_shape, find_ruptures, plot_ruptures, plot_single_courses
from course.rupture_blocks import rupture_blocks
from course.scales import ONE_SESSION
from course.shape_blocks import shape_blocks
from ingest import ingest_dataset
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.job import InputError
from pipeline.data.tables import read_table
from pipeline.report.blocks import Folded, Listing, Note, Sentences, Table
from pipeline.report.page import NOTHING_DRAWN
from pipeline.report.results import Results
from score import score_responses

SETTINGS = yaml.safe_load((ROOT / "config.yaml").read_text())["ruptures"] | {
    "sets": 200,
    "examples": 4,
}  # with fewer sets nine criteria have no p below .05
TABLES = {
    "course_ruptures": "ruptures",
    "course_rupture_agreement": "rupture_agreement",
    "course_rupture_outcome": "rupture_outcome",
    "course_examples": "examples",
}


def answers(people=60, sessions=9, *, depth=0.0, seed=1):
    """WAI-S answers of both; two of five clients of a therapist fall by `depth` points at session 6, in both."""
    rng = np.random.default_rng(seed)
    client, session = np.repeat(np.arange(people), sessions), np.tile(np.arange(1, sessions + 1), people)
    fallen = (client // 12 % 3 == 0) & (session == 6)
    parts = []
    for who in ("client", "therapist"):
        state = 5 + 0.6 * rng.normal(size=people)[client] + 0.3 * rng.normal(size=len(client)) - depth * fallen
        keyed = np.clip(np.rint(state[:, None] + 0.7 * rng.normal(size=(len(client), 12))), 1, 7)
        keyed[:, [3, 9]] = 8 - keyed[:, [3, 9]]
        frame = pd.DataFrame(keyed.astype(int), columns=[f"q{item + 1}" for item in range(12)])
        about = {"client": [f"c{code:03d}" for code in client], "therapist": [f"t{code % 12}" for code in client]}
        parts.append(pd.DataFrame(about | {"session": session, "rater": who}).join(frame))
    return pd.concat(parts)


def made(folder: Path, frame: pd.DataFrame, *, reliability=0.7, **further) -> tuple[dict[str, pd.DataFrame], Results]:
    """Ingest, score, both steps; tables hold what the codebook says."""
    entries = [
        {"file": "wai.csv", "form": "wai_s", "perspective": who, "columns": "q{item}", "keep": {"rater": who}}
        | {name: name for name in ("client", "therapist", "session") if name in frame}
        for who in frame["rater"].unique()
    ]
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    files = {name: further.pop(name) for name in list(further) if isinstance(further[name], pd.DataFrame)}
    project.add("study", {"title": "t", "source": "s", "responses": entries} | further, wai=frame, **files)
    responses, scores, known = folder / "responses", folder / "scores.parquet", folder / "reliability.csv"
    ingest_dataset.main("study", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    row = {"statistic": "r_c", "estimate": reliability, "form": "wai_s", "scale": "total", "note": ""}
    pd.DataFrame([row | {"perspective": who} for who in ("client", "therapist")]).to_csv(known, index=False)
    paths = {name: folder / f"{file}.csv" for name, file in (TABLES | {"course_shapes": "shape"}).items()}
    how = {"level": 0.95, "seed": 1, "ruptures": SETTINGS}
    find_ruptures.main(responses, scores, known, *(paths[name] for name in TABLES), **how)
    describe_shape.main(responses, scores, known, paths["course_shapes"], draws=20, growth_classes=0, **how)
    tables = {name: read_table(path) for name, path in paths.items()}
    for name, rows in tables.items():
        path = f"course/{paths[name].name}"
        assert unknown_statistics(rows, path) == []
        assert not_holding(rows).empty and outside_range(rows, path).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    files = {name: str(path) for name, path in paths.items()}
    return tables, Results(responses, files, {}, {"level": 0.95, "ruptures": SETTINGS})


def said(results: Results) -> str:
    """Every sentence of the parts, whose tables have text in all cells."""
    texts: list[str] = []
    blocks = [*shape_blocks(results), *rupture_blocks(results)]
    while blocks:
        block = blocks.pop(0)
        if isinstance(block, Folded):
            blocks += block.blocks
        if isinstance(block, Table):
            assert block.rows and all(isinstance(cell, str) for row in block.rows for cell in row)
            assert {len(row) for row in block.rows} == {len(block.head)}
        texts += block.items if isinstance(block, Listing) else []
        texts += block.paragraphs if isinstance(block, Sentences) else []
        texts += [block.text] if isinstance(block, Note) else []
    return "\n".join(texts)


def drawn(folder: Path) -> tuple[str, str]:
    ruptures, examples = folder / "ruptures.svg", folder / "examples.svg"
    plot_ruptures.main(folder / "responses", folder / "ruptures.csv", [ruptures])
    plot_single_courses.main(folder / "responses", folder / "examples.csv", [examples])
    return ruptures.read_text(), examples.read_text()


def test_planted_ruptures_are_told(tmp_path):
    frame = answers(depth=2.5)
    codes = frame[frame["rater"] == "client"][["client", "session"]].copy()
    codes["seen"] = ((codes["client"].str[1:].astype(int) // 12 % 3 == 0) & (codes["session"] == 6)).astype(int)
    people = codes.drop_duplicates("client")[["client"]]
    people["change"] = np.random.default_rng(2).normal(size=len(people))
    tables, results = made(
        tmp_path,
        frame,
        codes=codes,
        people=people,
        session_variables={
            "file": "codes.csv",
            "client": "client",
            "session": "session",
            "variables": {"seen": {"codes": "ruptures", "label": "observers"}},
        },
        clients={"file": "people.csv", "client": "client", "variables": {"change": {"role": "outcome"}}},
    )
    rows = tables["course_ruptures"]
    ratio = rows[(rows["statistic"] == "rupture_ratio") & (rows["length"] == "all") & (rows["perspective"] == "client")]
    found = ratio.set_index("criterion")
    # 24 dyads fall by more than five standard deviations, for a moment
    assert found.loc["drop_2sd_pooled", "p"] < 0.05 and found.loc["drop_2sd_pooled", "lower"] > 1
    agreed = tables["course_rupture_agreement"]
    both = agreed[(agreed["criterion"] == "drop_2sd_pooled") & (agreed["statistic"] == "rupture_shared")]
    assert both.set_index(["perspective", "perspective_2"])["estimate"]["client", "therapist"] > 0.6
    coded = agreed[(agreed["criterion"] == "observers") & (agreed["criterion_2"] == "drop_2sd_pooled")]
    assert coded.loc[coded["statistic"] == "rupture_shared", "estimate"].min() > 0.9
    assert results.dataset.session_variables.columns.tolist() == ["client", "session"]
    text = said(results)
    assert "60 of 60 dyads have 4 rated sessions or more" in text
    assert "more ruptures are seen than are expected where nothing ruptures." in text
    assert "Change: with the number of sessions" in text
    figure, courses = drawn(tmp_path)
    assert "WAI-S, client, 2 SD drop, pooled SD:" in figure and "Course 4, session 6:" in courses
    assert "c00" not in courses and "c00" not in (tmp_path / "examples.csv").read_text()  # no names


def test_three_sessions_without_a_therapist_and_an_outcome(tmp_path):
    frame = answers(30, 3).query("rater == 'client'").drop(columns="therapist")
    tables, results = made(tmp_path, frame)
    assert tables["course_ruptures"]["note"].iloc[-1].startswith("no dyad has 4 rated sessions")
    assert "no dyad has 4 sessions that the client rated" in tables["course_rupture_agreement"]["note"].item()
    assert "no variable of the clients has the role outcome" in tables["course_rupture_outcome"]["note"].item()
    assert "Ruptures cannot be identified: no dyad has 4 rated sessions" in said(results)
    assert all(NOTHING_DRAWN in figure for figure in drawn(tmp_path))


def test_one_session(tmp_path):
    tables, results = made(tmp_path, answers(30, 1))
    for rows in tables.values():
        assert rows["note"].tolist() == [ONE_SESSION] and rows["estimate"].isna().all()
    assert ONE_SESSION in said(results)
    assert all(NOTHING_DRAWN in figure for figure in drawn(tmp_path))


def test_constant_ratings_and_an_unknown_reliability(tmp_path):
    frame = answers(30, 5).query("rater == 'client'").copy()
    frame.loc[:, [f"q{item}" for item in range(1, 13)]] = 4
    tables, results = made(tmp_path, frame, reliability=np.nan)
    ratios = tables["course_ruptures"].query("statistic == 'rupture_ratio'")
    assert ratios["estimate"].isna().all()
    assert set(ratios["note"].str.split(":").str[0]) == {
        "all ratings are the same",
        "needs the reliability of change within clients",
    }
    assert "How many ruptures are to be expected is not known (all ratings are the same" in said(results)
    assert NOTHING_DRAWN in drawn(tmp_path)[0]


def test_codes_of_ruptures_are_zero_or_one(tmp_path):
    frame = answers(10, 4).query("rater == 'client'")
    codes = frame[["client", "session"]].assign(seen=2)
    entry = {
        "file": "codes.csv",
        "client": "client",
        "session": "session",
        "variables": {"seen": {"codes": "ruptures"}},
    }
    with pytest.raises(InputError, match="seen codes ruptures and may have only the values 0"):
        made(tmp_path, frame, codes=codes, session_variables=entry)
