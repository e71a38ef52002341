"""The course from answers to sentences and figures: planted growth is told, and what lacks says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project

from course import (
    describe_phases,
    describe_sessions,
    estimate_growth,
    estimate_variance,
    growth_blocks,
    phase_blocks,
    plot_course_growth,
    plot_course_phases,
    section_course,
    session_blocks,
)
from course.describe_phases import NO_PHASES
from course.scales import ONE_SESSION
from ingest import ingest_dataset
from invariance.comparisons import of_occasions
from invariance.shown_tables import sessions
from manuscript import apa_course
from manuscript.material import Material
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.report.blocks import Folded, Listing, Note, Sentences, Table
from pipeline.report.page import NOTHING_DRAWN
from pipeline.report.results import Results
from psychometrics.course.levels import CONSTANT
from score import score_responses

NAMES = ("sessions", "variance", "growth", "dropout", "phases", "items")
INSTRUMENTS = sorted((ROOT / "data/instruments").glob("*.yaml"))
PHASES = {"early": [1, 2], "late": [5, 6]}
PARTS = (
    growth_blocks.variance_blocks,
    growth_blocks.growth_blocks,
    session_blocks.session_blocks,
    phase_blocks.phase_blocks,
)


def answers(
    people: int = 60, sessions: int = 6, *, growth: float = 0.15, therapists: int = 12, seed: int = 1
) -> pd.DataFrame:
    """WAI-S answers of the clients of some therapists, who rise by `growth` points a session."""
    rng = np.random.default_rng(seed)
    client, session = np.repeat(np.arange(people), sessions), np.tile(np.arange(sessions), people)
    level = 0.3 * rng.normal(size=therapists)[client % therapists] + 0.5 * rng.normal(size=people)[client]
    state = level + growth * session + 0.3 * rng.normal(size=len(client))
    keyed = np.clip(np.rint(4 + state[:, None] + 0.7 * rng.normal(size=(len(client), 12))), 1, 7)
    keyed[:, [3, 9]] = 8 - keyed[:, [3, 9]]
    frame = pd.DataFrame(keyed.astype(int), columns=[f"q{item + 1}" for item in range(12)])
    frame.insert(0, "client", [f"c{code:03d}" for code in client])
    frame.insert(1, "therapist", [f"t{code % therapists}" for code in client])
    frame.insert(2, "session", session + 1)
    return frame


def made(folder: Path, frame: pd.DataFrame, **further) -> tuple[dict[str, pd.DataFrame], Results]:
    """Ingest, score and estimate."""
    entry = {"file": "wai.csv", "form": "wai_s", "perspective": "client", "columns": "q{item}"}
    entry |= {name: name for name in ("client", "therapist", "session") if name in frame}
    entry |= {"date": "day"} if "day" in frame else {}
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    files = {name: further.pop(name) for name in list(further) if isinstance(further[name], pd.DataFrame)}
    project.add("study", {"title": "t", "source": "s", "responses": [entry]} | further, wai=frame, **files)
    responses, scores = folder / "responses", folder / "scores.parquet"
    ingest_dataset.main("study", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    known = {"statistic": "variance_residual", "estimate": 0.5, "perspective": "client", "form": "wai_s"}
    pd.DataFrame([known | {"scale": "total", "note": ""}]).to_csv(folder / "reliability.csv", index=False)
    return estimated(folder)


def estimated(folder: Path) -> tuple[dict[str, pd.DataFrame], Results]:
    """Every step, and tables that hold what the codebook says."""
    responses, scores = folder / "responses", folder / "scores.parquet"
    paths = {f"course_{name}": folder / f"{name}.csv" for name in NAMES}
    how = {"level": 0.95, "session_draws": 10, "seed": 1}
    describe_sessions.main(responses, scores, paths["course_sessions"])
    estimate_variance.main(responses, scores, paths["course_variance"], **how)
    of_growth = paths["course_growth"], paths["course_dropout"]
    estimate_growth.main(responses, scores, *of_growth, course={"origin": "first"}, **how)
    of_phases = paths["course_phases"], paths["course_items"]
    describe_phases.main(responses, scores, folder / "reliability.csv", *of_phases, **how)
    tables = {name: read_table(path) for name, path in paths.items()}
    for name, rows in tables.items():
        path = f"course/{name.removeprefix('course_')}.csv"
        assert unknown_statistics(rows, path) == []
        assert not_holding(rows).empty and outside_range(rows, path).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    return tables, Results(responses, {name: str(path) for name, path in paths.items()}, {}, {"level": 0.95})


def said(results: Results) -> str:
    """Every sentence of the parts, whose tables have text in all cells."""
    texts: list[str] = []
    blocks = [block for part in PARTS for block in part(results)]
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
    growth, phases = folder / "growth.svg", folder / "phases.svg"
    tables = folder / "growth.csv", folder / "sessions.csv", folder / "descriptives.csv"
    plot_course_growth.main(folder / "responses", *tables, INSTRUMENTS, [growth])
    plot_course_phases.main(folder / "responses", folder / "phases.csv", INSTRUMENTS, [phases])
    return growth.read_text(), phases.read_text()


def test_planted_growth_is_told(tmp_path):
    codes = pd.DataFrame({"form": "wai_s", "item": range(1, 13), "coder": "A"})
    codes["theme"] = ["therapist's expertise"] * 4 + ["trust"] * 8
    codes = codes.assign(voice="first person", dimension="cognitive", domain="change process")
    ended = answers().drop_duplicates("client")[["client"]]
    ended["ending"] = ["dropped" if code % 4 == 0 else "planned" for code in range(len(ended))]
    ended["site"] = "one"
    tables, results = made(
        tmp_path,
        answers(),
        codes=codes,
        ended=ended,
        phases=PHASES,
        item_codes="codes.csv",
        clients={
            "file": "ended.csv",
            "client": "client",
            "variables": {"site": {"role": "group", "label": "site"}},
            "ended": {"column": "ending", "planned": ["planned"], "dropped": ["dropped"]},
        },
    )
    growth = tables["course_growth"]
    change = growth[growth["statistic"] == "growth_change"].iloc[0]
    # 0.15 points in each of five steps, hardly less for the ceiling
    assert change["lower"] < 0.75 < change["upper"] and change["estimate"] == pytest.approx(0.75, abs=0.1)
    text = said(results)
    assert "the course is best described by" in text and "(sessions 1 to 6), scores rise by" in text
    assert "Whether therapies that were dropped" in text or "Therapies that were dropped" in text
    assert "from early to late, scores change by" in text and "rise reliably" in text
    assert "Items on the therapist's expertise (expected to lose weight): WAI-S, client" in text
    assert "Items on the client's experience (expected to gain weight): no form has two such items" in text
    figure, phases = drawn(tmp_path)
    assert "WAI-S, client, session 3:" in figure and "rise reliably" in phases
    (compared,) = of_occasions(results.dataset)  # loadings over phases
    assert {name: len(part) for name, part in compared.answers.items()} == {"phase early": 60, "phase late": 60}
    assert sessions(compared.keys) == "in the phases early and late"
    material = Material(results, [])
    table = apa_course.table(material)
    table.check()
    assert [row.cells[0] for row in table.rows] == ["Answered by the client", "WAI-S"]
    (sentence,) = apa_course.sentences(material)
    assert sentence.startswith("On the WAI-S, ratings by clients rose by 0.")


def test_the_first_screen_says_how_the_alliance_grows(tmp_path):
    tables, results = made(tmp_path, answers(60, 4))
    nothing = tmp_path / "nothing.csv"
    nothing.write_text("statistic,form,perspective,scale,estimate,n,note\n")
    files = {f"course_{name}": str(tmp_path / f"{name}.csv") for name in ("growth", "dropout")}
    files |= {"quality": str(nothing), "reliability": str(nothing)}
    least = {"people": 30, "people_per_item": 3, "converged": 0.8, "same_factor": 0.5, "width": 0.5}
    settings = results.config | {"headlines": least}
    (listing,) = section_course.brief(Results(tmp_path / "responses", files, {}, settings))
    rows = tables["course_growth"].set_index("statistic")
    change, d = rows.loc["growth_change"], rows.loc["growth_change_d"]
    assert listing.items == [
        f"Over the median course (sessions 1 to 4), the clients' WAI-S rises by {change['estimate']:.2f} "
        f"[{change['lower']:.2f}, {change['upper']:.2f}] points ({d['estimate']:.2f} SD of the first session)."
    ]
    few = settings | {"headlines": least | {"people": 61}}
    (held,) = section_course.brief(Results(tmp_path / "responses", files, {}, few))
    assert (held.finding, held.of, held.details) == ("course", "WAI-S", ("client", "n = 60"))


def test_two_sessions_of_thirty_people_without_a_therapist(tmp_path):
    tables, results = made(tmp_path, answers(30, 2, therapists=3).drop(columns="therapist"))
    spread = tables["course_growth"].query("statistic == 'slope_reliability'")
    assert spread["estimate"].isna().all() and spread["note"].str.contains("cannot be told").all()
    assert tables["course_phases"]["note"].tolist() == [NO_PHASES]
    assert "no dyad has a named therapist" in tables["course_variance"]["note"].iloc[0]
    text = said(results)
    assert "Whether dyads differ in their slopes is not known" in text
    assert "Phases are not compared: needs phases" in text
    figure, phases = drawn(tmp_path)
    assert "session 2:" in figure and NOTHING_DRAWN in phases


def test_weeks_and_the_end_of_a_phase_in_them(tmp_path):
    frame = answers(40, 4, therapists=8)
    days = pd.to_timedelta(14 * (frame["session"] - 1) + frame.index % 3, unit="D")
    frame.insert(3, "day", (pd.Timestamp("2024-03-01") + days).dt.strftime("%Y-%m-%d"))
    tables, results = made(tmp_path, frame, phases={"early": [1, 2], "late": [3, 4]}, time="weeks")
    growth = tables["course_growth"]
    change = growth[growth["statistic"] == "growth_change"].iloc[0]
    assert "weeks 0 to " in change["method"]
    # the second session lies about two weeks after the first
    bounds = growth.loc[growth["model"] == "two-piece", "bound"].dropna().unique()
    assert bounds == pytest.approx([2.0], abs=0.3)
    assert "points per week" in said(results)
    assert "WAI-S, client, session 4:" in drawn(tmp_path)[0]


def test_one_session(tmp_path):
    tables, results = made(tmp_path, answers(30, 1))
    for rows in tables.values():
        assert rows["note"].tolist() == [ONE_SESSION] and rows["estimate"].isna().all()
    assert ONE_SESSION in section_course.section(results)[0].paragraphs[0]
    assert ONE_SESSION in said(results)  # of the phases
    assert all(NOTHING_DRAWN in figure for figure in drawn(tmp_path))


def test_constant_scores(tmp_path):
    frame = answers(30, 3)
    frame.loc[:, [f"q{item}" for item in range(1, 13)]] = 4
    tables, results = made(tmp_path, frame, phases={"early": [1, 1], "late": [3, 3]})
    change = tables["course_growth"].query("statistic == 'growth_change'")
    assert change["note"].tolist() == [CONSTANT]
    assert CONSTANT in said(results)
    assert apa_course.table(Material(results, [])) is None
