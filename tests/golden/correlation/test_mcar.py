"""Little's test against R; make_mcar.R made the numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import example_answers
from psychometrics.correlation.little_mcar import little_mcar

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "correlation" / "mcar.json").read_text())


def answers(name):
    if name == "likert7_missing":
        return pd.read_csv(HERE / "data" / "likert7_missing.csv").iloc[:, :8]
    return example_answers().filter(regex=rf"^{name}_[0-9]")


@pytest.mark.parametrize("name", ["likert7_missing", "haq", "wai"])
def test_little_agrees_with_r(name):
    found = little_mcar(answers(name)).set_index("statistic")
    for part, expected in GOLDEN[name].items():
        # the moments by EM agree with lavaan's to 1e-7; of some 30 patterns the sum agrees to 1e-6 of itself
        assert found.estimate[f"mcar_{part}"] == pytest.approx(expected, rel=1e-6), part
    assert (found["note"] == "").all()


def test_the_statistic_sees_who_leaves_out():
    """In golden data answers are missing at random; here those who answer low leave out the next item."""
    frame = example_answers().filter(like="haq_").iloc[:, :4].dropna()
    frame.loc[frame["haq_01"] <= 4, "haq_02"] = np.nan
    assert little_mcar(frame).set_index("statistic").estimate["mcar_p"] < 0.001


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda x: x.dropna(), "no answer is missing"),
        (lambda x: x.iloc[:0], "no answers"),
        (lambda x: x.dropna().assign(haq_01=np.nan), "no answer is missing"),
        (lambda x: x[x.isna().any(axis=1)].head(9), "too few"),
    ],
)
def test_what_cannot_be_tested_says_why(spoil, reason):
    rows = little_mcar(spoil(answers("haq")))
    assert rows["estimate"].isna().all()
    assert rows["note"].str.contains(reason).all()
