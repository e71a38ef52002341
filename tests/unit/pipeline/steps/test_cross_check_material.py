"""What the other packages are given: keyed answers, scores, people with given correlations."""

import numpy as np
import pandas as pd
import pytest
from tests.conftest import ROOT, Project

from ingest import ingest_dataset
from pipeline.data.dataset import Dataset
from pipeline.steps.cross_checks.comparison import CannotBeChecked
from pipeline.steps.cross_checks.material import Material, made_people

# answers to the five items of the ARM-5 (1 to 7, the third one reverse-keyed): two clients, two sessions, two raters of
# the second session of the first client, of whom anna rated more sessions
ANSWERS = pd.DataFrame(
    [
        ["a", 1, "anna", 1, 2, 7, 4, 5],
        ["a", 2, "ben", 7, 7, 7, 7, 7],
        ["a", 2, "anna", 2, 2, 2, 2, 2],
        ["b", 1, "anna", 6, None, 2, 6, 6],
        ["b", 2, "anna", 6, None, None, 6, 6],
    ],
    columns=["client", "session", "rater", "i1", "i2", "i3", "i4", "i5"],
)


@pytest.fixture
def material(tmp_path) -> Material:
    entry = {"file": "answers.csv", "form": "arm5", "perspective": "client", "columns": "i{item}"}
    entry |= {name: name for name in ("client", "session", "rater")}
    project = Project(tmp_path / "project")
    description = {"title": "t", "source": "s", "responses": [entry], "occasion": "last"}
    project.add("study", description, answers=ANSWERS)
    ingest_dataset.main("study", project.folder, "first", tmp_path / "responses")
    return Material(Dataset(tmp_path / "responses"), 0.8)


def row(**changes) -> pd.Series:
    return pd.Series({"perspective": "client", "form": "arm5", "scale": "total"} | changes)


def test_answers_are_keyed_and_of_the_right_session(material):
    assert material.items(row(session=1.0)).to_numpy()[0].tolist() == [1, 2, 1, 4, 5]
    assert material.items(row(session="last")).loc["c001"].tolist() == [2, 2, 6, 2, 2]
    assert material.items(row()).equals(material.items(row(session="last")))
    assert material.items(row(session=np.nan)).equals(material.items(row(session="2")))


def test_scores_need_enough_answers(material):
    scores = material.sessions["client.arm5.total"]
    assert scores["c001", 1] == pytest.approx(13 / 5)
    assert scores["c002", 1] == pytest.approx((6 + 6 + 6 + 6) / 4)  # four of five answered
    assert np.isnan(scores["c002", 2])  # three of five
    assert material.scores["client.arm5.total"].to_dict() == pytest.approx(
        {"c001": 14 / 5, "c002": np.nan}, nan_ok=True
    )
    assert material.people(["client.arm5.total"]).index.tolist() == ["c001"]


def test_ratings_stand_side_by_side(material):
    table = material.ratings(row(session=2.0))
    assert table.loc["c001"].to_dict() == pytest.approx({"r001": 14 / 5, "r002": (4 * 7 + 1) / 5})
    assert "c002" not in table.index


def test_joint_answers(material):
    found = material.joint(["arm5_03", "arm5_01"])
    assert found.to_numpy(na_value=-1).tolist() == [[6, 2], [-1, 6]]


def test_made_people_have_exactly_the_correlations():
    matrix = pd.read_csv(ROOT / "data/datasets/wai_sr_chatbot/correlations.csv", index_col=0)
    made = made_people(matrix, 157)
    # the transform and the root are exact to rounding: 1e-16 times the number of people
    np.testing.assert_allclose(made.corr(), matrix, atol=1e-13)
    np.testing.assert_allclose(made.mean(), 0, atol=1e-14)
    np.testing.assert_allclose(made.std(), 1, atol=1e-13)
    assert list(made.columns) == list(matrix.columns) and len(made) == 157


def test_people_who_cannot_be_made():
    three = pd.DataFrame(np.eye(3))
    assert len(made_people(three, 4)) == 4
    with pytest.raises(CannotBeChecked, match="3 people cannot have the correlations of 3 variables"):
        made_people(three, 3)
    with pytest.raises(CannotBeChecked, match="singular"):
        made_people(pd.DataFrame(np.ones((2, 2))), 10)
    with pytest.raises(CannotBeChecked, match="singular"):
        made_people(pd.DataFrame([[1, np.nan], [np.nan, 1]]), 10)
