"""Measurement invariance from answers to sentences and figure: a planted item is found, and what lacks says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT, Project

from ingest import ingest_dataset
from invariance import estimate_invariance, plot_invariance, section_invariance
from manuscript import apa_invariance
from manuscript.material import Material
from perspectives.pairing import NOT_MIRRORED
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.report.blocks import Listing, Sentences, Table
from pipeline.report.results import Results

TABLES = {"invariance_steps": "invariance/steps.csv", "invariance_items": "invariance/items.csv"}
ITEMS = 5
FORM = {
    "instrument": "MOOD",
    "name": "Mood in session",
    "source": "nobody",
    "forms": {
        "mood": {
            "label": "MOOD",
            "perspectives": ["client", "therapist"],
            "items": ITEMS,
            "range": [1, 4],
            "scales": {},
            "reverse": [],
            "key_status": "established",
            "grades": {"items": "C"},
        }
    },
}
EVERY = ["perspectives", "occasions", "groups"]


def answers(people: int = 200, *, seed: int = 1, shift: float = 0.0, biased: float = 0.0) -> pd.DataFrame:
    """Answers of the clients of 25 therapists; clients are the same for every seed, and item 2 may be biased."""
    shared, rng = np.random.default_rng(9), np.random.default_rng(seed)
    factor = 0.5 * shared.normal(size=people) + 0.87 * rng.normal(size=people) + shift
    latent = 0.8 * factor[:, None] + 0.6 * rng.normal(size=(people, ITEMS))
    latent[:, 1] += biased
    codes = 1 + (latent[..., None] > np.array([-1.0, -0.1, 0.8])).sum(axis=-1)
    frame = pd.DataFrame(codes, columns=[f"q{item}" for item in range(1, ITEMS + 1)])
    frame.insert(0, "client", [f"c{code:03d}" for code in range(people)])
    frame.insert(1, "therapist", [f"t{code % 25}" for code in range(people)])
    return frame


def made(
    folder: Path,
    *parts: tuple[str, str, pd.DataFrame],
    designs: list[str] = EVERY,
    clients: pd.DataFrame | None = None,
    **further,
) -> tuple[dict, Results]:
    """Ingest and compare; `parts`: form, perspective, answers."""
    entries, files = [], {}
    for form, who, frame in parts:
        entry = {"file": f"{form}_{who}.csv", "form": form, "perspective": who, "columns": "q{item}"}
        entries.append(entry | {name: name for name in ("client", "therapist", "session") if name in frame})
        files[f"{form}_{who}"] = frame
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    content = {"title": "t", "source": "s", "responses": entries} | further
    if clients is not None:
        variables = {"site": {"role": "group", "label": "site"}}
        content["clients"] = {"file": "clients.csv", "client": "client", "variables": variables}
        files["clients"] = clients
    project.add("study", content, **files)
    (project.folder / "data/datasets/study/mood.instrument.yaml").write_text(yaml.safe_dump(FORM))
    responses = folder / "responses"
    ingest_dataset.main("study", project.folder, "first", responses)
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    settings = {"designs": designs, "model": "scales"}
    estimate_invariance.main(responses, *paths.values(), level=0.95, invariance=settings)
    tables = {name: read_table(path) for name, path in paths.items()}
    for name, rows in tables.items():
        assert unknown_statistics(rows, TABLES[name]) == []
        assert not_holding(rows).empty and outside_range(rows, TABLES[name]).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    return tables, Results(responses, {name: str(path) for name, path in paths.items()}, {}, {"level": 0.95})


def said(results: Results) -> list[str]:
    """Every sentence of the section, whose tables have text in all cells."""
    texts: list[str] = []
    for block in section_invariance.section(results):
        if isinstance(block, Table):
            assert block.rows and all(isinstance(cell, str) for row in block.rows for cell in row)
        texts += block.items if isinstance(block, Listing) else []
        texts += block.paragraphs if isinstance(block, Sentences) else []
    return texts


def drawn(folder: Path) -> str:
    plot_invariance.main(folder / "responses", folder / "invariance_items.csv", [folder / "invariance.svg"])
    return (folder / "invariance.svg").read_text()


def test_an_item_that_is_biased_between_perspectives(tmp_path):
    client, therapist = answers(shift=0.3, biased=0.9), answers(seed=2)
    tables, results = made(tmp_path, ("mood", "client", client), ("mood", "therapist", therapist))
    items = tables["invariance_items"]
    freed = items[(items["statistic"] == "item_freed") & (items["estimate"] == 1)]
    assert freed[["item", "step"]].to_numpy().tolist() == [["mood_02", "intercepts"]]
    first, *others = said(results)
    assert first.startswith(
        "May means of clients and therapists be compared on the MOOD? Partly: item 2 (intercepts) works differently."
    )
    assert "is due to this item. The latent means differ by" in first
    assert any("needs two sessions" in text and "role group" in text for text in others)
    assert "MOOD, clients and therapists, item 2, freed: dMACS =" in drawn(tmp_path)
    material = Material(results, [])
    (table,) = apa_invariance.tables(material)
    table.check()
    assert [row.cells[0] for row in table.rows][:2] == ["MOOD, clients and therapists", "Same structure"]
    assert "Intercepts, 1 free" in [row.cells[0] for row in table.rows]
    assert apa_invariance.sentences(material) == [
        "On the MOOD, means of clients and therapists may be compared in part: some items work differently."
    ]


def test_sessions_and_groups(tmp_path):
    one, two = answers(people=160), answers(people=160, seed=3, shift=0.2)
    both = pd.concat([one.assign(session=1), two.assign(session=5)])
    clients = pd.DataFrame({"client": one["client"], "site": np.where(np.arange(160) % 8 == 7, "small", "large")})
    clients.loc[:64, "site"] = "other"
    tables, results = made(tmp_path, ("mood", "client", both), clients=clients)
    steps = tables["invariance_steps"]
    verdicts = steps[steps["statistic"] == "means_comparable"].set_index("design")
    assert verdicts["estimate"].notna().to_dict() == {"perspectives": False, "occasions": True, "groups": True}
    assert verdicts.loc["occasions", ["reference", "unit"]].tolist() == ["session 1", "session 5"]
    assert "left out, with fewer than 30 people: small" in verdicts.loc["groups", "note"]
    sentences = said(results)
    assert sentences[0].startswith("May clients' means at sessions 1 and 5 be compared on the MOOD?")
    assert sentences[1].startswith("May clients' means in groups by site be compared on the MOOD?")
    assert "only one answered (client)" in sentences[2]
    assert "MOOD, clients at sessions 1 and 5, item 1: dMACS =" in drawn(tmp_path)


def test_forms_that_do_not_mirror_each_other_are_refused(tmp_path):
    rng = np.random.default_rng(1)
    parts = []
    for form, who in (("calpas_p", "client"), ("calpas_t", "therapist")):
        frame = pd.DataFrame(rng.integers(3, 7, (40, 24)), columns=[f"q{item}" for item in range(1, 25)])
        parts.append((form, who, frame.assign(client=[f"c{code}" for code in range(40)])))
    tables, results = made(tmp_path, *parts, designs=["perspectives"])
    rows = tables["invariance_steps"]
    assert len(rows) == 1 and rows["note"].iloc[0].startswith(NOT_MIRRORED)
    assert said(results)[0].startswith("Measurement invariance was not tested: CALPAS-P, clients and therapists")
    assert "dMACS =" not in drawn(tmp_path)


@pytest.mark.parametrize("people", [12, 30])
def test_few_people_give_rows_or_reasons(tmp_path, people):
    parts = ("mood", "client", answers(people)), ("mood", "therapist", answers(people, seed=2))
    tables, results = made(tmp_path, *parts, designs=["perspectives"])
    row = tables["invariance_steps"].iloc[0]
    assert row["statistic"] == "means_comparable" and row["note"]
    assert said(results)
