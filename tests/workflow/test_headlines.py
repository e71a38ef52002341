"""What stands on top of a report where the data carry little: few people, wrong keys, one factor, scales only."""

import json

import numpy as np
import pandas as pd
import pytest
from tests.conftest import FEWER_DRAWS, OTHER_FORM, SMALL_FORM, Project

from pipeline.data.tables import read_table

pytestmark = pytest.mark.slow  # three data sets through the whole workflow
PEOPLE = ("client", "therapist")


def answers(people: int, reverse: tuple[int, ...], seed: int = 3) -> pd.DataFrame:
    """Two forms of six items from client and therapist, one common source; `reverse`: turned items of the first."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"client": range(1, people + 1), "session": 1})
    shared = rng.normal(size=people)
    for who in PEOPLE:
        view = shared + 0.8 * rng.normal(size=people)
        for form in "ab":
            own = view + 0.6 * rng.normal(size=people)
            for item in range(1, 7):
                answer = np.clip(np.round(3.2 + 0.8 * own + 0.8 * rng.normal(size=people)), 1, 5).astype(int)
                frame[f"{who[0]}{form}{item}"] = 6 - answer if form == "a" and item in reverse else answer
    return frame


def description(title: str, **more) -> dict:
    common = {"file": "answers.csv", "client": "client", "session": "session"}
    entries = [
        common | {"form": f"six_{form}", "perspective": who, "columns": f"{who[0]}{form}{{item}}"}
        for form in "ab"
        for who in PEOPLE
    ]
    return {"title": title, "source": "made for tests"} | (more or {"responses": entries})


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Three data sets, of whose items one factor is extracted, as far as the words of their reports."""
    project = Project(tmp_path_factory.mktemp("headlines") / "project")
    for name, text in (("small", SMALL_FORM), ("other", OTHER_FORM)):
        (project.folder / f"data/instruments/{name}.yaml").write_text(text)
    project.add("eight", description("Eight people"), answers=answers(8, reverse=(2, 6)))
    project.add("keyed", description("Answers that are keyed already"), answers=answers(90, reverse=()))
    scores = {
        f"{scale}_{who[0]}": {"form": "six_a", "perspective": who, "scale": scale}
        for who in PEOPLE
        for scale in ("one", "two")
    }
    r = pd.DataFrame(
        [[1, 0.6, 0.4, 0.3], [0.6, 1, 0.25, 0.35], [0.4, 0.25, 1, 0.55], [0.3, 0.35, 0.55, 1]], columns=list(scores)
    )
    r.insert(0, "score", list(scores))
    project.add(
        "subscales",
        description("Scales only", scores={"correlations": "r.csv", "n": 90, "variables": scores}),
        r=r,
    )
    names = ["eight", "keyed", "subscales"]
    factors = FEWER_DRAWS["factors"] | {"k": 1}
    project.configure(**FEWER_DRAWS | {"datasets": names, "factors": factors, "figures": {"formats": []}})
    outcome = project.run(*(f"results/{name}/sections.json" for name in names))
    assert outcome.returncode == 0, outcome.stderr[-4000:]
    return project.folder / "results"


def on_top(site, name) -> dict[str, list[str]]:
    """The lines of "In brief": the answer, what to be careful about, and the findings one by one."""
    blocks = json.loads((site / name / "sections.json").read_text())["sections"][0]["blocks"]
    found = {"answer": blocks[0]["paragraphs"], "careful": [], "findings": []}
    for block in [inner for outer in blocks for inner in outer.get("blocks", [outer])]:
        found |= {"warning": {"careful": block.get("items")}, "listing": {"findings": block.get("items")}}.get(
            block["kind"], {}
        )
    return found


def test_eight_people_make_no_headline(site):
    found = on_top(site, "eight")
    assert found["findings"] == [] and found["answer"][0].startswith("These data do not support an answer here")
    note = found["careful"][-1]
    assert "with fewer than 30 people, alpha of 4 totals" in note and "share (client, n = 8; therapist, n = 8)" in note
    text = (site / "eight/shared_variance/paragraph.txt").read_text()
    assert "Six-A and Six-B share" in text  # in its section all is told


def test_forms_whose_key_looks_wrong_make_no_headline(site):
    found = on_top(site, "keyed")
    assert [line.split(":")[0] for line in found["careful"][:2]] == ["Six-A, client", "Six-A, therapist"]
    assert not [line for line in found["findings"] if "Six-A" in line]
    assert any(line.startswith("Six-B (client) and Six-B (therapist) share") for line in found["findings"])
    assert found["answer"][0].startswith("As observed, Six-B answered by the client shares")
    assert "with a key that looks wrong, alpha of Six-A (client) and Six-A (therapist)" in found["careful"][-1]
    text = (site / "keyed/shared_variance/paragraph.txt").read_text()
    assert "The keys of Six-A (client) and Six-A (therapist) look wrong" in text


def test_one_factor_shows_nothing_of_what_instruments_share(site):
    text = (site / "keyed/shared_variance/paragraph.txt").read_text()
    assert text.count("With one factor nothing can be specific to an instrument") == 1
    split = read_table(site / "keyed/shared_variance/variance_split.csv")
    notes = split.loc[split["statistic"] == "common_share", "note"]
    assert len(notes) == 4 and notes.str.contains("common by construction").all()
    common = read_table(site / "keyed/factors/client/common_factor.csv")
    shares = common[common["statistic"] == "share_of_common_variance"]
    assert shares["estimate"].tolist() == [1.0] and shares["note"].str.contains("true by construction").all()


def test_published_scales_of_two_perspectives_are_compared(site):
    found = on_top(site, "subscales")
    assert [line.split(" share ")[0] for line in found["findings"]] == [
        "Six-A one (client) and Six-A one (therapist)",
        "Six-A two (client) and Six-A two (therapist)",
    ]
    table = read_table(site / "subscales/shared_variance/shared_variance.csv")
    squares = table.loc[table["statistic"] == "r2", ["scale", "scale_2", "estimate"]].to_numpy().tolist()
    assert [row[:2] for row in squares] == [["one", "one"], ["two", "two"]]
    assert [row[2] for row in squares] == pytest.approx([0.4**2, 0.35**2])
