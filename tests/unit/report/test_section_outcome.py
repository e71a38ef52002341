"""Alliance and outcome from raw answers to the section: tables, sentences, what is lacking."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project, wai_sr_answers, wai_sr_description

from association import correlate_scores
from ingest import ingest_dataset
from outcome import (
    plot_outcome_account,
    plot_outcome_early_gains,
    plot_outcome_levels,
    relate_account,
    relate_compensation,
    relate_early_gains,
    relate_levels,
    relate_strength,
    section_outcome,
)
from pipeline.data.tables import read_table
from pipeline.report.blocks import Folded, Listing, Sentences, Table
from pipeline.report.page import NOTHING_DRAWN
from pipeline.report.results import Results
from score import score_responses

HOW = {"level": 0.95, "draws": 100, "seed": 1}
CLAIMS = ROOT / "data/published/claims.yaml"


def study(folder: Path, therapists: int | None = 12, n: int = 60, measured: str = "session") -> dict[str, pd.DataFrame]:
    """Tables of n clients; the outcome is measured at sessions (with a baseline), once, or not at all."""
    project = Project(folder / "project")
    answers = wai_sr_answers(n)
    entry = {}
    if therapists:
        answers["therapist"] = [f"doctor-{row % therapists}" for row in range(n)]
        entry = {"therapist": "therapist"}
    rng = np.random.default_rng(8)
    alliance = answers.filter(regex=r"^w\d").mean(axis=1)
    before = rng.normal(30, 5, n)
    after = before - 8 * (alliance - alliance.mean()) + rng.normal(0, 5, n)
    described, tables = wai_sr_description(**entry), {"answers": answers}
    if measured == "session":
        variables = {"bdi": {"outcome": "last", "baseline": "first", "label": "BDI"}}
        described["session_variables"] = {"file": "bdi.csv", "client": "client", "session": "session"}
        described["session_variables"] |= {"variables": variables}
        both = [answers[["client"]].assign(session=s, bdi=bdi) for s, bdi in ((1, before), (9, after))]
        tables["bdi"] = pd.concat(both).round(2)
    elif measured == "once":
        variables = {"bdi": {"role": "outcome", "label": "BDI"}}
        described["clients"] = {"file": "clients.csv", "client": "client", "variables": variables}
        tables["clients"] = answers[["client"]].assign(bdi=after.round(2))
    project.add("study", described, **tables)
    ingest_dataset.main("study", project.folder, "first", folder / "responses")
    files = [folder / name for name in ("scores.parquet", "descriptives.csv", "correlations.csv")]
    score_responses.main(folder / "responses", files[0], files[1], minimum_share=0.8, level=0.95)
    correlate_scores.main(folder / "responses", files[0], files[2], missing="pairwise", **HOW)
    relate_strength.main(folder / "responses", files[0], files[2], CLAIMS, folder / "strength.csv", **HOW)
    relate_levels.main(folder / "responses", files[0], folder / "levels.csv", **HOW)
    return relate_steps(folder) | {
        name: read_table(folder / f"{name}.csv") for name in ("strength", "levels", "correlations")
    }


def relate_steps(folder: Path) -> dict[str, pd.DataFrame]:
    """The account, early gains and compensation."""
    scores = folder / "scores.parquet"
    relate_account.main(folder / "responses", scores, folder / "account.csv", **HOW)
    relate_early_gains.main(folder / "responses", scores, folder / "early_gains.csv", level=0.95)
    relate_compensation.main(folder / "responses", scores, folder / "compensation.csv", **HOW)
    return {name: read_table(folder / f"{name}.csv") for name in ("account", "early_gains", "compensation")}


def blocks(folder: Path) -> list:
    names = ("strength", "levels", "account", "early_gains", "compensation")
    tables = {f"outcome_{name}": str(folder / f"{name}.csv") for name in names}
    tables |= {"outcome_meta": str(ROOT / "data/published/outcome_meta.yaml"), "claims": str(CLAIMS)}
    return section_outcome.section(Results(folder / "responses", tables, {}, {}))


def estimates(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.pivot(index="model", columns="statistic", values="estimate")


def test_final_state_given_the_baseline_and_change(tmp_path):
    tables = study(tmp_path)
    found = estimates(tables["strength"])
    correlations = tables["correlations"]
    total = correlations[(correlations["scale"] == "total") & (correlations["form_2"] == "outcome")]
    taken = total.set_index("statistic")["estimate"]
    assert found.loc["final state", "outcome_r"] == taken["r_pearson"]
    assert found.loc["given the baseline", "outcome_r"] == taken["r_partial"]
    # the change again, from the files
    folder = tmp_path / "project/data/datasets/study"
    bdi = pd.read_csv(folder / "bdi.csv").pivot(index="client", columns="session", values="bdi")
    alliance = pd.read_csv(folder / "answers.csv", index_col="client").filter(regex=r"^w\d").mean(axis=1)
    assert found.loc["change", "outcome_r"] == pytest.approx(alliance.corr(bdi[9] - bdi[1]), abs=1e-12)
    np.testing.assert_allclose(found["outcome_r2"], found["outcome_r"] ** 2, rtol=1e-12)
    listing, *_ = shown = blocks(tmp_path)
    assert (
        isinstance(listing, Listing)
        and "published mean is r = .278 [.256, .299], 8%; the two intervals overlap" in listing.items[0]
    )
    assert "as it should be" not in listing.items[0]  # nobody knows whether a low outcome is a good one
    headings = [block.title for block in shown if isinstance(block, Folded)]
    assert headings == ["Parts of the outcome's variance", "Low outliers", "Session by session"]
    strength, *_ = [block for block in shown if isinstance(block, Table)]
    assert [row[3] for row in strength.rows] == ["final state", "given the baseline", "change"]
    plot_outcome_levels.main(tmp_path / "responses", tmp_path / "levels.csv", [tmp_path / "figure.svg"])
    assert "within therapists" in (tmp_path / "figure.svg").read_text()


def test_without_a_baseline_the_final_state_stands_alone(tmp_path):
    tables = study(tmp_path, measured="once")
    rows = tables["strength"].set_index("model")["note"]
    assert rows["change"] == relate_strength.NO_CHANGE
    assert "there is nothing to hold constant" in rows["given the baseline"]
    slopes = tables["levels"]
    assert slopes["note"].str.contains(relate_levels.NO_BASELINE, regex=False).all()
    assert set(slopes["model"].dropna()) == {"nothing", "alliance"}
    strength, *_ = [block for block in blocks(tmp_path) if isinstance(block, Table)]
    assert [row[3] for row in strength.rows] == ["final state"]


@pytest.mark.parametrize(
    ("therapists", "n", "reason"),
    [
        (None, 40, "no therapist is named"),
        (1, 40, "therapists whose clients have alliance, outcome and baseline: 1"),
        (40, 40, "every therapist has one client"),
    ],
)
def test_where_therapists_cannot_be_told_from_clients(tmp_path, therapists, n, reason):
    tables = study(tmp_path, therapists, n)
    (note,) = tables["levels"]["note"]
    assert reason in note
    assert estimates(tables["strength"])["outcome_r2"].notna().all()
    said = [item for block in blocks(tmp_path) if isinstance(block, Listing) for item in block.items]
    assert any(reason in item for item in said)


def test_a_group_of_thirty_with_few_therapists(tmp_path):
    tables = study(tmp_path, therapists=6, n=30)
    slopes = tables["levels"].query("statistic == 'between_slope' and treatment == 'kept'")
    assert slopes["estimate"].notna().all()
    assert slopes["note"].str.contains("fewer than 10 therapists").all()
    assert blocks(tmp_path)


def test_no_outcome_is_one_sentence(tmp_path):
    tables = study(tmp_path, measured="never")
    names = ("strength", "levels", "account", "early_gains", "compensation")
    assert [len(tables[name]) for name in names] == [1] * 5
    assert all(tables[name]["estimate"].isna().all() and (tables[name]["note"] != "").all() for name in names)
    (sentence,) = blocks(tmp_path)
    plot_outcome_levels.main(tmp_path / "responses", tmp_path / "levels.csv", [tmp_path / "figure.svg"])
    assert NOTHING_DRAWN in (tmp_path / "figure.svg").read_text()
    plot_outcome_early_gains.main(tmp_path / "responses", tmp_path / "early_gains.csv", [tmp_path / "gains.svg"])
    plot_outcome_account.main(tmp_path / "responses", tmp_path / "account.csv", CLAIMS, [], [tmp_path / "account.svg"])
    assert all(NOTHING_DRAWN in (tmp_path / f"{name}.svg").read_text() for name in ("gains", "account"))
    assert isinstance(sentence, Sentences)
    assert "No variable of the clients has the role outcome" in sentence.paragraphs[0]
