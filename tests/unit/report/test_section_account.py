"""Many sessions from raw answers to the account, early gains and compensation in the report; what is lacking."""

from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from tests.conftest import ROOT, Project
from tests.unit.report.test_section_outcome import CLAIMS, HOW, relate_steps

from association import correlate_scores
from ingest import ingest_dataset
from manuscript import apa_account
from outcome import (
    plot_outcome_account,
    plot_outcome_early_gains,
    relate_account,
    relate_strength,
    section_account,
    section_outcome,
)
from outcome.account_steps import TAKEN, accounts, steps_of
from outcome.material import NO_SCALES
from pipeline.drawing.look import Look, drawn_as
from pipeline.manuscript.apa_numbers import limits
from pipeline.report.blocks import Folded, Heading, Listing, Sentences, Table
from pipeline.report.headlines import Held
from pipeline.report.numbers import coefficient
from pipeline.report.results import Results
from pipeline.report.wording import words
from score import score_responses

FORM = {
    "instrument": "WAI",
    "name": "Working Alliance Inventory",
    "source": "made for a test",
    "forms": {
        "wai_x": {
            "label": "WAI-X",
            "perspectives": ["client", "therapist"],
            "items": 12,
            "range": [1, 5],
            "scales": {"goal": [4, 6, 8, 11], "task": [1, 2, 10, 12], "bond": [3, 5, 7, 9]},
            "reverse": [],
            "key_status": "established",
            "grades": {"scales": "A", "reverse": "A", "range": "A"},
        }
    },
}
HEADLINES = {"people": 30, "people_per_item": 3, "converged": 0.8, "same_factor": 0.5, "width": 0.5}


def made(n: int, therapists: int, sessions: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Answers of both to every session, and symptoms, which fall where the alliance is high."""
    rng = np.random.default_rng(3)
    bond, own = rng.normal(size=n), 0.5 * rng.normal(size=(n, 3))
    codes = {"client": [f"person-{i}" for i in range(n)], "therapist": [f"doctor-{i % therapists}" for i in range(n)]}
    scale = np.array([1, 1, 2, 0, 2, 0, 2, 0, 2, 1, 0, 1])
    symptoms = rng.normal(30, 5, n)
    answers, measured = [], [pd.DataFrame({"client": codes["client"], "session": 0, "bdi": symptoms})]
    for session in range(1, sessions + 1):
        state = bond + 0.5 * rng.normal(size=n)
        for rater, latent in (("client", state), ("therapist", 0.5 * bond + 0.8 * rng.normal(size=n))):
            items = 3.4 + 0.8 * (latent[:, None] + own[:, scale] + 0.8 * rng.normal(size=(n, 12)))
            items = pd.DataFrame(items.round().clip(1, 5), columns=[f"w{i}" for i in range(1, 13)])
            answers.append(pd.DataFrame(codes | {"session": session, "rater": rater}).join(items))
        symptoms = symptoms - 0.4 - 0.6 * state + rng.normal(0, 2, n)
        measured.append(pd.DataFrame({"client": codes["client"], "session": session, "bdi": symptoms.round(1)}))
    return pd.concat(answers), pd.concat(measured)


def study(folder: Path, n: int = 60, therapists: int = 12, sessions: int = 6, **of_bdi) -> dict[str, pd.DataFrame]:
    """Tables of n clients; slopes within and between therapists have a test of their own, and are a reason here."""
    project = Project(folder / "project")
    answers, measured = made(n, therapists, sessions)
    entry = {"file": "answers.csv", "form": "wai_x", "columns": "w{item}", "session": "session"}
    entry |= {"client": "client", "therapist": "therapist"}
    variables = {"bdi": {"outcome": "last", "baseline": "first", "label": "BDI"} | of_bdi}
    described = {
        "title": "A study of many sessions",
        "source": "made for a test",
        "occasion": 2,
        "responses": [entry | {"perspective": who, "keep": {"rater": who}} for who in ("client", "therapist")],
        "session_variables": {"file": "bdi.csv", "client": "client", "session": "session", "variables": variables},
    }
    place = project.add("study", described, answers=answers, bdi=measured)
    (place / "wai_x.instrument.yaml").write_text(yaml.safe_dump(FORM))
    ingest_dataset.main("study", project.folder, "first", folder / "responses")
    scores, descriptives, correlations = (
        folder / name for name in ("scores.parquet", "descriptives.csv", "correlations.csv")
    )
    score_responses.main(folder / "responses", scores, descriptives, minimum_share=0.8, level=0.95)
    correlate_scores.main(folder / "responses", scores, correlations, missing="pairwise", **HOW)
    relate_strength.main(folder / "responses", scores, correlations, CLAIMS, folder / "strength.csv", **HOW)
    reason = {"statistic": "within_slope", "estimate": np.nan, "note": "left out of this test"}
    pd.DataFrame([reason]).to_csv(folder / "levels.csv", index=False)
    return relate_steps(folder)


def results(folder: Path) -> Results:
    names = ("strength", "levels", "account", "early_gains", "compensation")
    tables = {f"outcome_{name}": str(folder / f"{name}.csv") for name in names}
    tables |= {"outcome_meta": str(ROOT / "data/published/outcome_meta.yaml"), "claims": str(CLAIMS)}
    nothing = folder / "nothing.csv"
    nothing.write_text("statistic,form,perspective,scale,estimate,n,note\n")
    tables |= {"quality": str(nothing), "reliability": str(nothing)}
    return Results(folder / "responses", tables, {}, {"headlines": HEADLINES})


@pytest.fixture(scope="module")
def many(tmp_path_factory) -> tuple[Path, dict[str, pd.DataFrame]]:
    folder = tmp_path_factory.mktemp("many")
    return folder, study(folder, n=90, therapists=18, reliability=0.9, rated_by="client")


def test_the_account_is_that_of_the_files(many):
    folder, tables = many
    own = tables["account"][tables["account"]["perspective"] == "client"].set_index(["statistic", "sessions"])[
        "estimate"
    ]
    place = folder / "project/data/datasets/study"
    answers, bdi = pd.read_csv(place / "answers.csv"), pd.read_csv(place / "bdi.csv")
    bdi = bdi.pivot(index="client", columns="session", values="bdi")
    rated = answers[answers["rater"] == "client"].assign(total=lambda rows: rows.filter(regex=r"^w\d").mean(axis=1))
    rated = rated.pivot(index="client", columns="session", values="total")
    # sessions 2 to 4: from the chosen one to the middle between it and the last
    assert own["account_r2"].index.tolist() == [1, 2, 3]
    mean = rated[[2, 3, 4]].mean(axis=1)
    assert own["account_r2", 1] == pytest.approx(rated[2].corr(bdi[6]) ** 2)
    assert own["account_r2", 3] == pytest.approx(mean.corr(bdi[6]) ** 2)
    held = np.linalg.lstsq(np.column_stack([np.ones(90), bdi[4] - bdi[0]]), mean, rcond=None)[0]
    left = mean - held[0] - held[1] * (bdi[4] - bdi[0])
    assert own["account_r2_given_change", 3] == pytest.approx(left.corr(bdi[6]) ** 2)
    assert own["account_r2_outcome_corrected", 3] == pytest.approx(own["account_r2", 3] / 0.9)
    theirs = tables["account"].query("perspective == 'therapist' and statistic == 'account_r2' and sessions == 3")
    assert own["account_r2_other_rater", 3] == pytest.approx(theirs["estimate"].item())
    notes = tables["account"].query("perspective == 'therapist' and statistic == 'account_rater'")["note"].item()
    assert notes == "alliance (therapist) and outcome (client) are rated by different people already"


def test_bars_meet_each_other(many):
    _, tables = many
    for _, rows in accounts(tables["account"]):
        steps = {step.name: step for step in steps_of(rows)}
        chain = ["one", "reliability", "excess", "mean", "alliance", "outcome", "without"]
        assert [name for name in steps if steps[name].kind != TAKEN] == chain
        for before, after in pairwise(chain):
            start = steps[after].start if steps[after].kind == "added" else steps[after].end
            assert start == pytest.approx(steps[before].end), (before, after)
        for step in steps.values():
            if step.kind == TAKEN:
                assert step.start == steps["mean"].end
                assert step.end == pytest.approx(step.start - step.part)
                assert not step.lower > step.end and not step.end > step.upper


def test_the_section_says_it(many):
    folder, tables = many
    shown = section_outcome.section(results(folder))
    headings = [block.text for block in shown if isinstance(block, Heading)]
    assert headings[-3:] == [
        "From one session to the whole: the account",
        "Alliance and change, session by session",
        "Can a strong bond make up for missing agreement on goals?",
    ]
    items = [item for block in shown if isinstance(block, Listing) for item in block.items]
    (account,) = [item for item in items if item.startswith("WAI-X (client), BDI (last session): session 2 explains")]
    assert "the mean of three sessions (2 to 4)" in account and "lost when another person rates the alliance" in account
    assert "lost when the change up to session 4 is held constant" in account
    assert any(
        "with the change before it held constant, the alliance is related to the change after it in" in i for i in items
    )
    assert sum("a strong bond can" in item for item in items) == 2
    assert not [item for item in items if "  " in item or " ," in item or ".." in item or "nan" in item]
    heads = [block.head for block in shown if isinstance(block, Table)]
    assert any("Without unreliability" in head for head in heads) and any("Weight" in head for head in heads)
    folded = [block.title for block in shown if isinstance(block, Folded)]
    assert folded.count("Session by session") == 2
    (brief,) = section_outcome.brief(results(folder))
    assert isinstance(brief, Listing) and brief.items[0].startswith("WAI-X (client): one session explains ")
    assert "expected from reliability alone" in brief.items[0]
    assert set(tables["compensation"]["verdict"].dropna()) <= {"held", "not held", "undecided", "not testable"}


@pytest.mark.parametrize("columns", [1, 2])
def test_figures_tell_their_values(many, columns, tmp_path):
    folder, _ = many
    with drawn_as(Look(**yaml.safe_load((ROOT / "config.yaml").read_text())["figures"] | {"columns": columns})):
        instruments = sorted((ROOT / "data/instruments").glob("*.yaml"))
        files = [tmp_path / "account.svg"], [tmp_path / "gains.svg"]
        plot_outcome_account.main(folder / "responses", folder / "account.csv", CLAIMS, instruments, files[0])
        plot_outcome_early_gains.main(folder / "responses", folder / "early_gains.csv", files[1])
    text = files[0][0].read_text()
    assert "<title>One session: " in text and "goes with another rater" in text
    assert "session 2, with change after it, early gains held constant" in files[1][0].read_text()


def test_the_table_of_the_manuscript(many):
    own = results(many[0])
    material = SimpleNamespace(results=own, dataset=own.dataset, level="95%")
    made = apa_account.table(material)
    assert [row.cells[0] for row in made.rows] == [
        "Answered by the client",
        "WAI-X",
        "Answered by the therapist",
        "WAI-X",
    ]
    account = many[1]["account"].set_index(["perspective", "statistic", "sessions"])
    cells = made.rows[1].cells
    for place, key in [(3, ("account_r2", 1)), (5, ("account_r2", 3)), (7, ("account_excess", 3))]:
        row = account.loc[("client", *key)]
        assert cells[place : place + 2] == [coefficient(row["estimate"]), limits(row)]
    assert cells[1:3] == ["90", "2–4"]
    assert "of the outcome, where it is known" in made.general and "bootstrap of therapists" in made.general


def test_without_what_it_needs_each_step_has_its_reason(tmp_path):
    tables = study(tmp_path, n=36, therapists=36)
    account = tables["account"].set_index(["perspective", "statistic"])
    for who in ("client", "therapist"):
        notes = account.loc[who, "note"]
        assert notes["account_r2_outcome_corrected"].eq(relate_account.NO_RELIABILITY).all()
        assert notes["account_rater"] == relate_account.NO_RATER
        assert "every therapist has one client" in notes["account_between_therapists"]
    held = section_outcome.brief(results(tmp_path))
    assert held and all(isinstance(one, Held | Listing) for one in held)
    assert section_outcome.section(results(tmp_path))
    wide = tables["compensation"].query("statistic == 'compensation_bond_at_low_goal'")
    assert wide["verdict"].eq("not testable").all()
    assert wide["note"].str.contains("36 clients; the model with products needs 45").all()


def test_forms_without_scales_and_one_session(tmp_path):
    tables = study(tmp_path, sessions=2, rated_by="therapist")  # the outcome is that of session 2, or later
    account = tables["account"].query("perspective == 'client'").set_index("statistic")["note"]
    assert "one early session" in account["account_generalizability"]
    assert section_outcome.brief(results(tmp_path)) == []
    frame = tables["compensation"].assign(note=NO_SCALES, estimate=np.nan).query("statistic.str.endswith('low_goal')")
    frame.to_csv(tmp_path / "compensation.csv", index=False)
    items = [
        item
        for block in section_outcome.section(results(tmp_path))
        if isinstance(block, Listing)
        for item in block.items
    ]
    assert "WAI-X (client) and WAI-X (therapist): no bond, goal and task scales." in items
    assert any("what several sessions explain is not known" in item for item in items)
    assert not any(
        isinstance(block, Sentences) and "nan" in str(block) for block in section_outcome.section(results(tmp_path))
    )


def test_where_reliability_alone_would_explain_more_than_all_nothing_is_said_of_it():
    def row(estimate: float, lower: float, upper: float) -> dict:
        return {"estimate": estimate, "lower": lower, "upper": upper, "note": "", "from_session": 1, "to_session": 2}

    unknown = row(np.nan, np.nan, np.nan)
    rows = {
        "account_r2": {1: row(0.83, 0.69, 0.91), 2: row(0.78, 0.60, 0.88)},
        "account_r2_predicted": {2: unknown},
        "account_excess": {2: row(-0.29, -0.58, -0.12)},
    }
    names = SimpleNamespace(form=lambda keys: "WAI-X", outcome=lambda keys: "symptoms")
    told = section_account.facts({}, rows, names)
    assert words("outcome_account").account(told) == (
        "WAI-X, symptoms: session 1 explains 83% [69, 91] of the outcome's variance, "
        "and the mean of two sessions (1 and 2) explains 78% [60, 88]."
    )
    assert words("outcome_account").brief(told).endswith("the mean of two early sessions explains 78% [60, 88].")
