"""Repeated sessions of a data set: tables and figure, from answers and scores on disk."""

import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text
from tests.conftest import wai_sr_answers, wai_sr_description

from pipeline.data.tables import read_table
from pipeline.report.page import written_caption
from reliability.estimate_sessions import main as estimate_sessions
from reliability.plot_d_study import main as plot_d_study

INSTRUMENTS = sorted((Path(__file__).parents[2] / "data/instruments").glob("*.yaml"))
SCALES = {"task": [1, 2, 3], "bond": [4, 5], "total": [1, 2, 3, 4, 5]}
WAI_SR = [f"w{i}" for i in range(1, 13)]
SETTINGS = {"level": 0.95, "session_draws": 30, "seed": 1}


def form(perspective, key_status="established"):
    return {
        "name": "wai_s",
        "perspective": perspective,
        "label": "WAI-S",
        "instrument": "WAI",
        "items": 5,
        "range": [1, 7],
        "scales": SCALES,
        "reverse": [],
        "key_status": key_status,
        "overrides": [],
        "counts": {},
    }


def answers(seed, sessions):
    """Answers of 40 clients of 10 therapists, every third of whom has no second session."""
    rng = np.random.default_rng(seed)
    rows = []
    for client in range(40):
        person = rng.normal(size=6)
        for session in sessions[: 1 if client % 3 == 2 else None]:
            values = 4 + person[0] + 0.5 * person[1:] + rng.normal(0, 0.6) + rng.normal(0, 0.7, 5)
            rows.append([f"c{client:02d}", f"t{client % 10}", session, *np.clip(np.rint(values), 1, 7)])
    frame = pd.DataFrame(rows, columns=["client", "therapist", "session", *(f"i0{j}" for j in range(1, 6))])
    frame.loc[3, "i02"] = np.nan
    frame["rater"] = pd.Series([None] * len(frame), dtype=object)
    return frame


@pytest.fixture
def make(tmp_path):
    def made(sessions=(3, 8), matrix=False):
        folder = tmp_path / "responses"
        folder.mkdir()
        forms = [form("client"), form("therapist", "provisional")]
        content = {
            "name": "study",
            "title": "A small study",
            "source": "a test",
            "simulated": False,
            "occasion": 3,
            "variables": {},
            "people": 40,
            "is_matrix": matrix,
            "item_codes": False,
            "loadings": False,
            "forms": forms,
        }
        (folder / "dataset.json").write_text(json.dumps(content))
        scored = []
        for seed, who in enumerate(("client", "therapist")):
            frame = answers(seed, list(sessions))
            frame.to_parquet(folder / f"wai_s.{who}.parquet", index=False)
            for scale, items in SCALES.items():
                mean = frame[[f"i0{j}" for j in items]].mean(axis=1)
                scored.append(
                    frame[["client", "therapist", "session"]].assign(
                        perspective=who, form="wai_s", scale=scale, mean=mean
                    )
                )
        pd.concat(scored).to_parquet(tmp_path / "scores.parquet", index=False)
        return folder, tmp_path / "scores.parquet", tmp_path / "sessions.csv", tmp_path / "d_study.csv"

    return made


def test_tables(make):
    paths = make()
    estimate_sessions(*paths, pair=None, **SETTINGS)
    rows, study = read_table(paths[2]), read_table(paths[3])
    assert set(zip(rows["perspective"], rows["scale"], strict=True)) == {
        (who, scale) for who in ("client", "therapist") for scale in SCALES
    }
    assert (rows["n"] <= 40).all() and rows["method"].str.contains("resamples of therapists").any()
    retest = rows[rows["statistic"] == "retest_r"]
    assert retest["method"].str.contains("sessions 3 and 8").all()
    mine = rows[(rows["perspective"] == "client") & (rows["scale"] == "total")].set_index("statistic")
    assert mine["administrations"]["alpha_within"] == 66  # 67 answered, one not completely
    assert (mine["lower"] <= mine["upper"])[mine["lower"].notna()].all()
    assert rows.loc[rows["perspective"] == "therapist", "note"].str.contains("provisional key").all()
    assert set(study["statistic"]) == {"generalizability", "dependability", "sessions_needed", "items_needed"}
    assert (
        rows.loc[rows["estimate"].isna(), "note"].ne("").all()
        and study.loc[study["estimate"].isna(), "note"].ne("").all()
    )


def test_named_sessions(make):
    paths = make(sessions=(1, 2, 5))
    estimate_sessions(*paths, pair=[2, 5], **SETTINGS | {"session_draws": 0})
    rows = read_table(paths[2])
    assert rows.loc[rows["statistic"] == "retest_r", "method"].str.contains("sessions 2 and 5").all()


@pytest.mark.parametrize(("given", "reason"), [({"sessions": (3,)}, "one session"), ({"matrix": True}, "a matrix")])
def test_nothing_repeated(make, tmp_path, given, reason):
    paths = make(**given)
    estimate_sessions(*paths, pair=None, **SETTINGS)
    for table in paths[2:]:
        rows = read_table(table)
        assert len(rows) == 1 and reason in rows["note"].iloc[0] and np.isnan(rows["estimate"].iloc[0])
    plot_d_study(paths[0], paths[3], INSTRUMENTS, [tmp_path / "figure.svg"])
    assert (tmp_path / "figure.svg").stat().st_size > 0


def test_figure(make, tmp_path, monkeypatch):
    paths = make()
    estimate_sessions(*paths, pair=None, **SETTINGS)
    found = {}
    original = Text.draw

    def draw(self, renderer):
        if self.get_visible() and self.get_text().strip():
            found[id(self)] = (self.get_text(), self.get_fontsize(), self.get_window_extent(renderer), self)
        original(self, renderer)

    monkeypatch.setattr(Text, "draw", draw)
    files = [tmp_path / f"figure.{kind}" for kind in ("pdf", "svg", "png")]
    plot_d_study(paths[0], paths[3], INSTRUMENTS, files)
    bytes_before = [file.read_bytes() for file in files]
    found.clear()
    plot_d_study(paths[0], paths[3], INSTRUMENTS, files[2:])
    said = " ".join(" ".join(text.split()) for text, *_ in found.values())
    for text in (
        "Client",
        "Therapist",
        "Sessions in the mean",
        "Sessions for",
        "WAI-S",
    ):
        assert text in said.replace("\N{NO-BREAK SPACE}", " ")
    caption = written_caption(files[1]).replace("\N{NO-BREAK SPACE}", " ")
    assert "95% intervals" in caption and "Provisional key: WAI-S" in caption
    assert min(size for _, size, *_ in found.values()) >= 8
    for (one, _, box, _), (two, _, other, _) in combinations(found.values(), 2):
        assert not box.padded(-1).overlaps(other.padded(-1)), f"{one!r} lies on {two!r}"
    plot_d_study(paths[0], paths[3], INSTRUMENTS, files)
    assert [file.read_bytes() for file in files] == bytes_before


@pytest.mark.parametrize(
    ("named", "pair", "shared"), [pytest.param(None, (1, 5), 40, marks=pytest.mark.slow), ([1, 9], (1, 9), 25)]
)
def test_the_sessions_of_retest_are_those_of_the_data_set(project, named, pair, shared):
    """From dataset.yaml through Snakemake; where none are named, the two that most clients share."""
    first = wai_sr_answers(40)
    parts = [
        first.assign(session=session)
        if session == 1
        else first.assign(session=session, **dict(zip(WAI_SR, later(first, session), strict=True)))[:count]
        for session, count in ((1, 40), (5, 40), (9, 25))
    ]
    project.add("study", wai_sr_description() | ({"retest": named} if named else {}), answers=pd.concat(parts))
    project.configure(datasets=["study"], session_resamples=50)
    table = project.folder / "results/study/reliability/sessions.csv"
    outcome = project.run_in_one_process("results/study/reliability/sessions.csv")
    assert table.exists(), outcome.stderr[-3000:]
    found = read_table(table).set_index(["scale", "statistic"]).loc[("total", "retest_r")]
    assert found["method"].startswith(f"Pearson r of the mean scores of sessions {pair[0]} and {pair[1]}")
    assert found["n"] == shared
    means = [part.set_index("client")[WAI_SR].mean(axis=1) for part in parts]
    assert found["estimate"] == pytest.approx(means[0].corr(means[1 if pair[1] == 5 else 2]), abs=1e-12)


def later(first, session):
    """Answers to every item some sessions later: a step up or down for some."""
    steps = np.random.default_rng(session).integers(-1, 2, size=(len(first), 12))
    return np.clip(first[WAI_SR].to_numpy() + steps, 1, 5).T
