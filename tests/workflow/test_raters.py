"""Several raters of the same sessions: from the raw file to the table of their agreement."""

import numpy as np
import pandas as pd
import pytest
from tests.conftest import likert

from pipeline.data.tables import read_table

ITEMS = [f"w{i}" for i in range(1, 13)]


def rated(n=36) -> pd.DataFrame:
    """Two raters of every client, a third one of every other client; nine therapists."""
    parts = []
    base = likert(n, 12, 1, 7, seed=4)
    for number, rater in enumerate(["anna", "ben", "cleo"]):
        noise = np.random.default_rng(number).integers(-1, 2, size=base.shape)
        frame = pd.DataFrame(np.clip(base + noise, 1, 7), columns=ITEMS)
        frame.insert(0, "client", [f"c{i:02d}" for i in range(n)])
        frame.insert(1, "therapist", [f"t{i // 4}" for i in range(n)])
        frame.insert(2, "rater", rater)
        parts.append(frame.iloc[::2] if rater == "cleo" else frame)
    return pd.concat(parts)


@pytest.fixture
def tables(project):
    entry = {
        "file": "answers.csv",
        "form": "wai_s",
        "perspective": "observer",
        "columns": "w{item}",
        "client": "client",
        "therapist": "therapist",
        "rater": "rater",
    }
    project.add(
        "study", {"title": "A study with raters", "source": "made for a test", "responses": [entry]}, answers=rated()
    )
    project.configure(datasets=["study"])
    tables = {name: f"results/study/reliability/{name}.csv" for name in ("nesting", "raters")}
    outcome = project.run_in_one_process(*tables.values())
    assert all((project.folder / table).exists() for table in tables.values()), outcome.stderr[-3000:]
    return {name: read_table(project.folder / table) for name, table in tables.items()}


def test_agreement_and_nesting(tables):
    total = tables["raters"].query("scale == 'total'").set_index("statistic")
    assert (total["raters"] == 3).all() and (total["ratings"] == 36 + 36 + 18).all()
    assert len(total) == 6 and total["estimate"].between(0.3, 1).all()
    assert (total["lower"] < total["estimate"]).all() and (total["estimate"] < total["upper"]).all()
    assert total["note"].str.contains("belong to 9 units").all()
    left = tables["raters"].set_index("statistic").loc["ratings_left_out"]
    assert left["estimate"] == 36 + 18 and "first by code" in left["method"]
    nesting = tables["nesting"].query("scale == 'total'").set_index("statistic")
    assert (nesting["n"] == 36).all() and (nesting["groups"] == 9).all() and (nesting["group_size"] == 4).all()
    assert "session" not in nesting
    deff, icc = nesting.loc["design_effect", "estimate"], nesting.loc["icc_therapist", "estimate"]
    assert deff == pytest.approx(1 + 3 * icc)
