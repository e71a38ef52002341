"""Planted problems are named by rows of the file; nobody's code and no answer is."""

import re

import numpy as np
import pandas as pd
from tests.conftest import wai_sr_description

from ingest import check_dataset


def planted() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    means = np.array([2.0, 4, 4.2, 2.2, 4, 2, 1.8, 4, 2.2, 4, 4.2, 2])
    values = np.clip(np.round(means + 0.5 * rng.normal(size=(120, 1)) + 0.7 * rng.normal(size=(120, 12))), 1, 5)
    values[10] = 3
    values[20] = values[4]
    frame = pd.DataFrame(values, columns=[f"w{item}" for item in range(1, 13)])
    frame["sum"] = frame.sum(axis=1)
    frame.loc[30, "sum"] += 4
    frame.loc[40:43, "w2":"w12"] = values[40:44, :-1]
    frame.loc[40:43, "w1"] = np.nan
    frame["client"] = [f"secret-{number}" for number in range(120)]
    again = frame.loc[[50, 51]].assign(session=2)
    again.loc[51, "w1"] = 6 - again.loc[51, "w1"]
    return pd.concat([frame.assign(session=1), again], ignore_index=True)


def test_rows(project, capsys):
    project.add("study", wai_sr_description(), answers=planted())
    project.configure(datasets=["study"])
    assert check_dataset.main(["study", "--root", str(project.folder)]) == 0
    said = capsys.readouterr().out
    found = {}
    for line in said.splitlines():
        if line.startswith("answers.csv, WAI-SR (client): "):
            _, what, rows = line.split(": ")
            found[what] = {int(row) for row in re.findall(r"\d+", rows)}
    assert found["one answer to half of the items or more in a row"] == {12}
    assert found["the same answers as another client, to every item"] >= {6, 22}
    assert found["all answers of the session before"] == {122}
    assert found["fits far better one column to the left"] == {42, 43, 44, 45}
    assert found["'sum' is not the sum of total"] == {32, 123}
    assert "secret" not in said


def test_nothing_to_look_at_says_nothing(project, capsys):
    project.add("study", wai_sr_description(), answers=planted().iloc[60:115])
    project.configure(datasets=["study"])
    assert check_dataset.main(["study", "--root", str(project.folder)]) == 0
    assert "To look at" not in capsys.readouterr().out
