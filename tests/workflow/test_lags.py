"""Lags from answers to sentences and figure; designs that cannot have them say why."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project

from course import plot_lags, relate_lags
from course.lag_blocks import lag_blocks
from ingest import ingest_dataset
from pipeline.data.codebook import not_holding, outside_range, unknown_statistics
from pipeline.data.tables import read_table
from pipeline.report.blocks import Listing, Sentences
from pipeline.report.results import Results
from score import score_responses

NO_RELIABILITY = pd.DataFrame(columns=["perspective", "form", "scale", "statistic", "estimate", "note"])
SYMPTOMS = {"file": "symptoms.csv", "client": "client", "session": "session", "variables": {"symptoms": {}}}


def answers(people: int = 120, sessions: int = 4, *, therapists: int = 12, constant: bool = False) -> tuple:
    """Answers to twelve items and symptoms that are lower after a session of good alliance."""
    rng = np.random.default_rng(5)
    level, state = rng.normal(size=(2, people, 2))
    rated, measured = [], []
    for session in range(1, sessions + 1):
        raw = 4 + 0.7 * (level + state)[:, :1] + rng.normal(0, 0.6, (people, 12))
        keyed = np.clip(np.rint(raw), 1, 7)
        keyed[:, [3, 9]] = 8 - keyed[:, [3, 9]]
        frame = pd.DataFrame(keyed.astype(int), columns=[f"q{item + 1}" for item in range(12)])
        frame.insert(0, "client", [f"c{code:03d}" for code in range(people)])
        if therapists:
            frame.insert(1, "therapist", [f"t{code % therapists}" for code in range(people)])
        rated.append(frame.assign(session=session))
        value = 20 + 0 * state[:, 1] if constant else 20 + 5 * (level + state)[:, 1]
        measured.append(frame[["client"]].assign(session=session, symptoms=value.round(2)))
        state = state @ np.array([[0.3, -0.3], [0.0, 0.4]]) + rng.normal(size=(people, 2))
    return pd.concat(rated, ignore_index=True), pd.concat(measured, ignore_index=True)


def made(folder: Path, frame: pd.DataFrame, symptoms: pd.DataFrame | None) -> tuple[pd.DataFrame, Results]:
    """Ingest, score and relate."""
    entry = {"file": "answers.csv", "form": "wai_s", "perspective": "client", "columns": "q{item}"}
    entry |= {name: name for name in ("client", "therapist", "session") if name in frame}
    project = Project.at(folder / "project")
    for part in ("data/instruments", "workflow"):  # all that ingest reads of a project
        (project.folder / part).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / part).symlink_to(ROOT / part)
    description = {"title": "t", "source": "s", "responses": [entry]}
    further = {} if symptoms is None else {"symptoms": symptoms}
    project.add("study", description | ({"session_variables": SYMPTOMS} if further else {}), answers=frame, **further)
    responses, scores, found = folder / "responses", folder / "scores.parquet", folder / "lags.csv"
    ingest_dataset.main("study", project.folder, "first", responses)
    score_responses.main(responses, scores, folder / "descriptives.csv", minimum_share=0.8, level=0.95)
    NO_RELIABILITY.to_csv(folder / "sessions.csv", index=False)
    relate_lags.main(responses, scores, folder / "sessions.csv", found, level=0.95)
    rows = read_table(found)
    assert unknown_statistics(rows, "course/lags.csv") == []
    assert not_holding(rows).empty and outside_range(rows, "course/lags.csv").empty
    assert (rows["estimate"].notna() | rows["note"].ne("")).all()
    return rows, Results(responses, {"course_lags": str(found)}, {}, {"level": 0.95})


def test_four_sessions_of_clients_in_therapists(tmp_path):
    rows, results = made(tmp_path, *answers(people=144))
    own = rows[(rows["model"] == "cross_lagged_panel") & (rows["variant"] == "as_observed")].set_index("statistic")
    assert own.loc["lag_alliance_to_symptoms", "upper"] < 0
    assert own.loc["lag_alliance_to_symptoms", ["n", "clusters"]].tolist() == [144, 12]
    assert own.loc["equal_lags_df", "estimate"] == 8
    told = next(block for block in lag_blocks(results) if isinstance(block, Listing))
    assert told.items[0].startswith(
        "WAI-S, client, and symptoms (sessions 1 to 4, n = 144): sessions with the alliance"
    )
    plot_lags.main(tmp_path / "responses", tmp_path / "lags.csv", [tmp_path / "lags.svg"])
    assert "WAI-S, client, alliance to symptoms: −." in (tmp_path / "lags.svg").read_text()


@pytest.mark.parametrize(
    ("design", "reason"),
    [
        ({"sessions": 1}, "needs several sessions: all answers are from one"),
        ({"sessions": 2}, "at two sessions only: lagged models need three"),
        ({"people": 30}, "30 clients are too few: 3 sessions have 22 parameters"),
        ({"constant": True}, "all answers to the symptoms of session 1 are the same"),
        (None, "nothing is measured at every session"),
    ],
)
def test_designs_without_lags_say_why(tmp_path, design, reason):
    frame, symptoms = answers(**(design or {}))
    rows, results = made(tmp_path, frame, None if design is None else symptoms)
    assert rows["estimate"].isna().all() and reason in rows["note"].iloc[0]
    sentences = next(block for block in lag_blocks(results) if isinstance(block, Sentences))
    assert reason in sentences.paragraphs[0]
    plot_lags.main(tmp_path / "responses", tmp_path / "lags.csv", [tmp_path / "lags.svg"])
    assert (tmp_path / "lags.svg").is_file()


def test_clients_without_therapists_are_independent(tmp_path):
    rows, _ = made(tmp_path, *answers(sessions=3, therapists=0))
    own = rows[(rows["model"] == "cross_lagged_panel") & (rows["variant"] == "as_observed")].set_index("statistic")
    assert own.loc["lag_alliance_to_symptoms", "clusters"] == 120
    assert own.loc["equal_lags_p", "note"].startswith("three sessions are too few to test")
