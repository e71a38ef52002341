"""Two perspectives from answers to sentences and figure: what is there is compared, and what is not says why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project

from ingest import ingest_dataset
from perspectives import compare_levels, plot_perspectives, section_perspectives, split_dyads
from perspectives.pairing import NOT_MIRRORED, PERCENT
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.report.blocks import Sentences, Table
from pipeline.report.results import Results
from score import score_responses

TABLES = {"perspective_levels": "perspectives/levels.csv", "one_with_many": "perspectives/one_with_many.csv"}
PUBLISHED = ROOT / "data/published/perspectives.yaml"
HIGH = {"wai_s": 7, "calpas_p": 7, "calpas_t": 7, "wai_sr": 5}
ITEMS = {"wai_s": 12, "calpas_p": 24, "calpas_t": 24, "wai_sr": 12}
TURNED = [4, 10]  # the reversed items of the WAI-S


def answers(form: str, shift: float, *, people: int = 40, sessions: int = 1, most: int = 0, seed: int = 0):
    """Answers of the clients of ten therapists: what is planted is the therapist's, the client's and a shift."""
    rng, shared = np.random.default_rng([seed, len(form)]), np.random.default_rng(9)
    client = np.repeat(np.arange(people), sessions)
    score = (shared.normal(size=10)[client % 10] + shared.normal(size=people)[client])[:, None] * 0.7
    raw = 4.5 + shift + score + rng.normal(0, 0.8, (len(client), ITEMS[form]))
    keyed = np.clip(np.rint(raw), 1, HIGH[form])
    if most:
        keyed = np.where(keyed > 4, 2, 1)
    if form == "wai_s":
        turned = [item - 1 for item in TURNED]
        keyed[:, turned] = 1 + HIGH[form] - keyed[:, turned]
    frame = pd.DataFrame(keyed.astype(int), columns=[f"q{item + 1}" for item in range(ITEMS[form])])
    frame.insert(0, "client", [f"c{code:03d}" for code in client])
    frame.insert(1, "therapist", [f"t{code % 10}" for code in client])
    frame.insert(2, "session", np.tile(np.arange(1, sessions + 1), people))
    return frame


def made(folder: Path, *parts: tuple[str, str, pd.DataFrame], draws: int = 10) -> tuple[dict, Results]:
    """Ingest, score and compare; `parts`: form, perspective, answers."""
    entries, files = [], {}
    for form, who, frame in parts:
        entry = {"file": f"{form}_{who}.csv", "form": form, "perspective": who, "columns": "q{item}"}
        entries.append(entry | {name: name for name in ("client", "therapist", "session") if name in frame})
        files[f"{form}_{who}"] = frame
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    project.add("study", {"title": "t", "source": "s", "responses": entries}, **files)
    responses, scores = folder / "responses", folder / "scores.parquet"
    ingest_dataset.main("study", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    compare_levels.main(responses, scores, paths["perspective_levels"], level=0.95, seed=1)
    split_dyads.main(responses, scores, paths["one_with_many"], level=0.95, session_draws=draws, seed=1)
    tables = {name: read_table(path) for name, path in paths.items()}
    for name, rows in tables.items():
        assert unknown_statistics(rows, TABLES[name]) == []
        assert not_holding(rows).empty and outside_range(rows, TABLES[name]).empty
        assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    given = {name: str(path) for name, path in paths.items()} | {"published_perspectives": str(PUBLISHED)}
    return tables, Results(responses, given, {}, {"level": 0.95})


def said(results: Results) -> list[str]:
    """Every sentence of the section, whose tables have text in all cells."""
    blocks = section_perspectives.section(results)
    for block in blocks:
        if isinstance(block, Table):
            assert all(isinstance(cell, str) for row in block.rows for cell in row)
    return [text for block in blocks if isinstance(block, Sentences) for text in block.paragraphs]


def figure(folder: Path, results: Results) -> str:
    drawn = folder / "perspectives.svg"
    levels, instruments = results.path("perspective_levels"), sorted((ROOT / "data/instruments").glob("*.yaml"))
    plot_perspectives.main(folder / "responses", levels, PUBLISHED, instruments, [drawn])
    return drawn.read_text()


def test_several_sessions_of_both(tmp_path):
    client, therapist = answers("wai_s", 0.8, sessions=2, seed=1), answers("wai_s", 0.0, sessions=2, seed=2)
    tables, results = made(tmp_path, ("wai_s", "client", client), ("wai_s", "therapist", therapist))
    levels = tables["perspective_levels"]
    one = levels[(levels["scale"] == "total") & (levels["session"].astype(str) == "first")].set_index("statistic")
    keyed = [
        frame[frame["session"] == 1].set_index("client").filter(regex="^q").pipe(turned).mean(axis=1)
        for frame in (client, therapist)
    ]
    assert one.loc["mean_difference", "estimate"] == pytest.approx((keyed[0] - keyed[1]).mean())
    assert one.loc["r_pearson", "estimate"] == pytest.approx(keyed[0].corr(keyed[1]))
    assert set(levels["session"].dropna().astype(str)) == {"first", "1", "2"}
    over = levels[(levels["scale"] == "total") & levels["session"].isna()].set_index("statistic")
    assert over.loc["mean_difference", "n"] == 80
    assert {"difference_icc_therapist", "difference_variance_session"} <= set(over.index)
    assert {"share_session", "session_reciprocity"} <= set(tables["one_with_many"]["statistic"])
    sentences = said(results)
    assert "WAI-S: clients rate the alliance higher than therapists do, by " in sentences[1]
    assert any(text.startswith("Published for comparison: d = 0.63") for text in sentences)
    assert any("session reciprocity" in text for text in sentences)
    svg = figure(tmp_path, results)
    assert "WAI-S, client and therapist, total: client" in svg
    assert "Tryon, Blackwell &amp; Hammel 2007: d = 0.63" in svg


def turned(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{f"q{item}": 8 - frame[f"q{item}"] for item in TURNED})


def test_forms_that_do_not_mirror_each_other(tmp_path):
    parts = ("calpas_p", "client", answers("calpas_p", 0, seed=1)), ("calpas_t", "therapist", answers("calpas_t", 0.5))
    tables, results = made(tmp_path, *parts)
    levels = tables["perspective_levels"]
    assert set(levels["unit"]) == {PERCENT}
    assert levels["note"].str.contains(NOT_MIRRORED, regex=False).all()
    means = levels[levels["statistic"] == "paired_mean"]
    assert means.groupby("perspective")["form"].unique().map(list).to_dict() == {
        "client": ["calpas_p"],
        "therapist": ["calpas_t"],
    }
    assert any("The forms do not mirror each other" in text for text in said(results))
    assert "CALPAS-P / CALPAS-T, client and therapist, total" in figure(tmp_path, results)


def test_only_clients(tmp_path):
    tables, results = made(tmp_path, ("wai_s", "client", answers("wai_s", 0)))
    for rows in tables.values():
        assert rows["note"].tolist() == ["needs two perspectives: only one answered (client)"]
    assert said(results) == ["Two perspectives are not compared: needs two perspectives: only one answered (client)."]
    assert "nothing-drawn" in figure(tmp_path, results)


def test_two_instruments_that_nobody_answered_from_two_sides(tmp_path):
    parts = ("wai_s", "client", answers("wai_s", 0)), ("calpas_t", "therapist", answers("calpas_t", 0))
    tables, results = made(tmp_path, *parts)
    assert "no form and no instrument" in tables["perspective_levels"]["note"].iloc[0]
    assert len(said(results)) == 1


# what leaves no therapist with several clients beside others, and the reason that is given
NO_CASELOADS = [
    (lambda frame: frame.drop(columns="therapist"), "no dyad has a named therapist"),
    (lambda frame: frame.assign(therapist=frame["client"].str.replace("c", "t")), "every therapist has one client"),
    (lambda frame: frame.assign(therapist="t"), "there is one therapist"),
]


@pytest.mark.parametrize(("change", "reason"), NO_CASELOADS)
def test_without_therapists_who_have_several_clients(tmp_path, change, reason):
    parts = [("wai_s", who, change(answers("wai_s", 0, seed=seed))) for seed, who in enumerate(["client", "therapist"])]
    tables, results = made(tmp_path, *parts)
    assert tables["one_with_many"]["note"].str.startswith(reason).all()
    assert tables["perspective_levels"].set_index("statistic").loc["icc_a1", "lower"].notna().all()
    assert any(reason in text for text in said(results))


def test_two_categories_and_thirty_people(tmp_path):
    parts = [
        ("wai_s", who, answers("wai_s", 0, people=30, most=2, seed=seed))
        for seed, who in enumerate(["client", "therapist"])
    ]
    tables, results = made(tmp_path, *parts)
    assert tables["perspective_levels"]["estimate"].notna().any()
    assert len(said(results)) > 2


def test_nobody_has_both_ratings(tmp_path):
    client, therapist = answers("wai_s", 0, seed=1), answers("wai_s", 0, seed=2)
    tables, results = made(tmp_path, ("wai_s", "client", client), ("wai_s", "therapist", therapist.assign(session=2)))
    levels = tables["perspective_levels"]
    assert (
        levels.loc[levels["statistic"] == "mean_difference", "note"]
        .eq("fewer than three dyads have both ratings")
        .all()
    )
    assert levels["estimate"].isna().all()
    assert "no comparison (fewer than three dyads have both ratings)" in said(results)[1]
    figure(tmp_path, results)


def test_three_perspectives(tmp_path):
    parts = [
        ("wai_s", who, answers("wai_s", shift, seed=seed))
        for seed, (who, shift) in enumerate([("observer", -0.5), ("therapist", 0.0), ("client", 0.5)])
    ]
    tables, results = made(tmp_path, *parts)
    levels = tables["perspective_levels"]
    pairs = levels.loc[levels["statistic"] == "mean_difference", ["perspective", "perspective_2"]].drop_duplicates()
    assert pairs.to_numpy().tolist() == [["client", "therapist"], ["client", "observer"], ["therapist", "observer"]]
    assert set(tables["one_with_many"]["perspective_2"]) <= {"client", "therapist"}
    assert sum(text.startswith("WAI-S: ") for text in said(results)) == 4
    assert "WAI-S, therapist and observer" in figure(tmp_path, results)
