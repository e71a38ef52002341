"""Profiles, items, phases, surfaces and statements from answers to tables: what is lacking is a row with its reason."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT, Project
from tests.workflow.test_perspectives import answers, turned

from ingest import ingest_dataset
from manuscript import apa_surface
from perspectives import (
    compare_items,
    compare_profiles,
    fit_surfaces,
    judge_statements,
    plot_perspective_items,
    plot_response_surface,
)
from perspectives.mirrored import NOT_MIRRORED, THIRDS, phases_in_words
from perspectives.profile_blocks import item_blocks, phase_blocks, profile_blocks
from perspectives.statement_blocks import statement_blocks
from perspectives.surface_blocks import surface_blocks
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.manuscript.apa_numbers import limits
from pipeline.report.blocks import Folded, Listing, Sentences, Table
from pipeline.report.numbers import number
from pipeline.report.results import Results
from score import score_responses

TABLES = {
    "perspective_profiles": "perspectives/profiles.csv",
    "perspective_items": "perspectives/items.csv",
    "perspective_phases": "perspectives/phases.csv",
    "response_surfaces": "perspectives/surfaces.csv",
    "perspective_statements": "perspectives/statements.csv",
}
STATEMENTS = ROOT / "data/published/perspective_statements.yaml"


def outcomes(people: int, seed: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    names = [f"c{code:03d}" for code in range(people)]
    return pd.DataFrame({"client": names, "end": rng.normal(size=people), "start": rng.normal(size=people)})


def codes() -> pd.DataFrame:
    voices = ["inference about other"] * 4 + ["first person"] * 8
    themes = ["collaboration", "trust", "commitment"] * 4
    frame = pd.DataFrame({"form": "wai_s", "item": range(1, 13), "coder": "A", "voice": voices})
    return frame.assign(dimension=["cognitive", "affective"] * 6, domain="change process", theme=themes)


def made(
    folder: Path,
    *parts: tuple[str, str, pd.DataFrame],
    people: int = 0,
    coded: bool = False,
    measured: bool = False,
    phases: dict | None = None,
    accept: dict | None = None,
) -> dict[str, pd.DataFrame]:
    """The five tables; `people`: clients with an outcome."""
    entries, files = [], {}
    for form, who, frame in parts:
        entry = {"file": f"{form}_{who}.csv", "form": form, "perspective": who, "columns": "q{item}"}
        entries.append(entry | {name: name for name in ("client", "therapist", "session") if name in frame})
        files[f"{form}_{who}"] = frame
    description = {"title": "t", "source": "s", "responses": entries}
    if people:
        variables = {"end": {"column": "end", "role": "outcome"}, "start": {"column": "start", "role": "baseline"}}
        description["clients"] = {"file": "clients.csv", "client": "client", "variables": variables}
        files["clients"] = outcomes(people)
    if coded:
        description["item_codes"] = "codes.csv"
        files["codes"] = codes()
    if measured:
        frame = parts[0][2]
        rng = np.random.default_rng(5)
        files["symptoms"] = frame[["client", "session"]].assign(value=rng.normal(size=len(frame)).round(3))
        description["session_variables"] = {
            "file": "symptoms.csv",
            "client": "client",
            "session": "session",
            "variables": {"symptoms": {"column": "value", "outcome": "last"}},
        }
    description |= {name: given for name, given in (("phases", phases), ("accept", accept)) if given}
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    project.add("study", description, **files)
    responses, scores = folder / "responses", folder / "scores.parquet"
    ingest_dataset.main("study", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    how = {"level": 0.95, "seed": 1}
    compare_profiles.main(responses, paths["perspective_profiles"], **how)
    compare_items.main(responses, scores, paths["perspective_items"], paths["perspective_phases"], **how)
    fit_surfaces.main(responses, scores, paths["response_surfaces"], level=0.95)
    given = {name: path for name, path in paths.items() if name != "perspective_statements"}
    judge_statements.main(
        responses, **given, statements=STATEMENTS, perspective_statements=paths["perspective_statements"]
    )
    tables = {name: read_table(path) for name, path in paths.items()}
    for name, rows in tables.items():
        assert unknown_statistics(rows, TABLES[name]) == []
        assert not_holding(rows).empty
        assert outside_range(rows, TABLES[name]).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    return tables


@pytest.fixture(autouse=True)
def few_draws(monkeypatch):
    monkeypatch.setattr(compare_profiles, "REPAIRINGS", 20)
    monkeypatch.setattr(compare_items, "DRAWS", 50)


def both(sessions: int = 1, **how) -> list[tuple[str, str, pd.DataFrame]]:
    shifts = {"client": 0.5, "therapist": 0.0}
    return [
        ("wai_s", who, answers("wai_s", shift, sessions=sessions, seed=seed, **how))
        for seed, (who, shift) in enumerate(shifts.items())
    ]


def verdicts(tables: dict[str, pd.DataFrame]) -> dict[str, list[str]]:
    return tables["perspective_statements"].groupby("statement")["verdict"].apply(list).to_dict()


def said(folder: Path) -> list[str]:
    """Every sentence of the section; its tables have text in all cells."""
    paths = {name: str(folder / f"{name}.csv") for name in TABLES}
    results = Results(folder / "responses", paths, {}, {"level": 0.95})
    parts = (profile_blocks, item_blocks, phase_blocks, surface_blocks, statement_blocks)
    blocks = [block for part in parts for block in part(results)]
    blocks += [inner for block in blocks if isinstance(block, Folded) for inner in block.blocks]
    for block in blocks:
        if isinstance(block, Table):
            assert all(isinstance(cell, str) for row in block.rows for cell in row)
    told = [text for block in blocks if isinstance(block, Sentences) for text in block.paragraphs]
    return told + [text for block in blocks if isinstance(block, Listing) for text in block.items]


def figures(folder: Path) -> tuple[str, str]:
    """Both figures as SVG."""
    drawn = folder / "items.svg", folder / "surface.svg"
    instruments = sorted((ROOT / "data/instruments").glob("*.yaml"))
    plot_perspective_items.main(folder / "responses", folder / "perspective_items.csv", instruments, [drawn[0]])
    plot_response_surface.main(folder / "responses", folder / "response_surfaces.csv", [drawn[1]])
    return drawn[0].read_text(), drawn[1].read_text()


def test_everything_is_there(tmp_path):
    tables = made(tmp_path, *both(sessions=4, people=60), people=60, coded=True, measured=True)
    given = {who: frame.set_index(["session", "client"]).loc[1] for _, who, frame in both(4, people=60)}
    gap = tables["perspective_items"].set_index(["statistic", "item"]).loc[("item_gap", "wai_s_01"), "estimate"]
    assert gap == pytest.approx((given["client"]["q1"] - given["therapist"]["q1"]).mean())
    rows = tables["perspective_items"]
    assert {"voice", "theme"} <= set(rows["facet"].dropna())
    assert set(rows["perspective"]) == {"client"}
    phases = tables["perspective_phases"].set_index(["statistic", "phase"])
    assert phases.loc[("phase_gap", "early"), "n"] == 60
    surfaces = tables["response_surfaces"]
    assert set(surfaces["part"].dropna()) == {"dyads", "sessions within dyads", "between dyads"}
    assert set(surfaces["outcome"]) == {"end", "symptoms_outcome", "symptoms (each session)"}
    found = verdicts(tables)
    assert len(found["asymmetry_eases"]) == 3
    assert found["clients_helpfulness"] == ["not testable here"]
    assert "not testable here" not in [verdict for name in ("inference", "complementary") for verdict in found[name]]
    sentences = said(tmp_path)
    for beginning in (
        "WAI-S: of the distance between the client's and the therapist's profiles, ",
        "WAI-S: over all items, the gap (client minus therapist) is ",
        "WAI-S: items that ask for an inference about the other person differ from the remaining items in the gap by ",
        "WAI-S, end (60 dyads): ",
        "WAI-S, symptoms (each session), sessions within dyads (",
        "The asymmetry between clients and therapists eases in the course of therapy (Krause et al., 2011): ",
        "Clients place more emphasis than therapists on helpfulness (Bachelor, 2013): not testable here",
    ):
        assert any(text.startswith(beginning) for text in sentences), beginning
    paths = {name: str(tmp_path / f"{name}.csv") for name in TABLES}
    results = Results(tmp_path / "responses", paths, {}, {"level": 0.95})
    row = apa_surface.table(SimpleNamespace(results=results, dataset=results.dataset, level="95%")).rows[0].cells
    a4 = surfaces[(surfaces["outcome"] == "end") & (surfaces["statistic"] == "surface_a4")].iloc[0]
    assert row[:2] == ["WAI-S, end", "60"] and row[8:10] == [number(a4["estimate"]), limits(a4, number)]
    items, surface = figures(tmp_path)
    assert "WAI-S, client and therapist, item 4: gap (points) " in items
    assert "Both ratings are equal" in surface


def test_phases_that_the_data_set_names(tmp_path):
    parts = both(sessions=5)
    tables = made(tmp_path, *parts, phases={"beginning": [1, 2], "end": [5, 5]})
    early, late = ([frame[frame["session"].isin(chosen)] for _, _, frame in parts] for chosen in ([1, 2], [5]))
    rows = tables["perspective_phases"].set_index(["statistic", "phase"])
    for phase, (client, therapist) in (("early", early), ("late", late)):
        means = [frame.filter(regex="^q").pipe(turned).mean(axis=1).mean() for frame in (client, therapist)]
        assert rows.loc[("phase_gap", phase), "estimate"] == pytest.approx(means[0] - means[1])
    assert "Early and late refer to beginning and end, as the data set names them. Only" in " ".join(said(tmp_path))
    named = [SimpleNamespace(phase_names=names) for names in (["early", "middle", "late"], [])]
    assert [phases_in_words(dataset) for dataset in named] == ["the phases with these names in the data set", THIRDS]


def test_every_measure_of_a_statement_says_what_it_needs():
    entries = yaml.safe_load(STATEMENTS.read_text())
    assert all(measure["needs"] for entry in entries for measure in entry.get("measures", []))


def test_without_outcome_codes_and_second_session(tmp_path):
    tables = made(tmp_path, *both())
    assert tables["response_surfaces"]["note"].str.startswith("needs an outcome").all()
    assert tables["perspective_phases"]["note"].tolist() == ["needs two sessions: there is one"]
    notes = tables["perspective_statements"].set_index("statement")["note"]
    assert "no content codes" in tables["perspective_items"]["note"].iloc[-1]
    assert set(notes["asymmetry_eases"]) == {"needs two sessions: there is one"}
    assert notes["clients_joint_participation"] == "needs items that are coded as collaboration"
    assert "Nothing can be said here: needs two sessions: there is one." in said(tmp_path)
    assert "nothing-drawn" in figures(tmp_path)[1]


@pytest.mark.parametrize(
    "parts",
    [
        [("wai_s", "client", answers("wai_s", 0))],
        [("calpas_p", "client", answers("calpas_p", 0)), ("calpas_t", "therapist", answers("calpas_t", 0, seed=1))],
    ],
    ids=["one perspective", "not mirrored"],
)
def test_nothing_is_mirrored(tmp_path, parts):
    tables = made(tmp_path, *parts, people=40)
    reason = NOT_MIRRORED if len(parts) > 1 else "needs two perspectives: only one answered (client)"
    assert tables["perspective_profiles"]["note"].tolist() == [reason]
    assert tables["response_surfaces"]["estimate"].isna().all()
    assert set(tables["perspective_statements"]["verdict"]) == {"not testable here"}
    assert f"Nothing can be said here: {reason}." in said(tmp_path)
    assert all("nothing-drawn" in drawn for drawn in figures(tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        lambda frame: frame.drop(columns="therapist"),
        lambda frame: frame.assign(therapist=frame["client"].str.replace("c", "t")),
        lambda frame: frame.assign(therapist="t"),
    ],
    ids=["no therapist", "one client each", "one therapist"],
)
def test_without_therapists_who_have_several_clients(tmp_path, change):
    parts = [(form, who, change(frame)) for form, who, frame in both(people=50)]
    tables = made(tmp_path, *parts, people=50)
    profiles = tables["perspective_profiles"].set_index("statistic")
    assert np.isfinite(profiles.loc["shape_r_beyond_chance", "lower"])
    assert np.isfinite(tables["response_surfaces"].set_index("statistic").loc["surface_a4", "lower"])


def test_thirty_people_with_two_categories(tmp_path):
    parts = both(people=30, most=2)
    tables = made(tmp_path, *parts, people=30, coded=True)
    assert tables["perspective_profiles"]["estimate"].notna().any()
    # six coefficients and a baseline for thirty people: said before anything is fitted
    assert "a surface of 7 coefficients needs 35" in tables["response_surfaces"]["note"].iloc[0]
    assert any("WAI-S, end: no surface (30 dyads have both ratings" in text for text in said(tmp_path))


@pytest.mark.parametrize("common", [0, 2, 3])
def test_few_dyads_in_common(tmp_path, common):
    client, therapist = both()
    known = client[2]["client"].unique()
    of_few = therapist[2][therapist[2]["client"].isin(known[:common])]
    others = therapist[2].assign(client="other" + therapist[2]["client"])
    accept = {"unmatched_clients": "made for a test"}
    tables = made(tmp_path, client, (*therapist[:2], pd.concat([of_few, others])), accept=accept)
    rows = tables["perspective_statements"]
    lacking = rows[rows["estimate"].isna()]
    assert "different_elements" in set(lacking["statement"]) or common == 3
    assert lacking["note"].ne("").all() and ("nothing-drawn" in figures(tmp_path)[0]) == (common < 3)
    said(tmp_path)
