"""Standardized difference of those with a missing answer against R; make.R made the numbers."""

import json
from pathlib import Path

import pytest

from psychometrics import example_answers
from psychometrics.items.who_is_missing import missing_difference

GOLDEN = json.loads((Path(__file__).parent / "differences.json").read_text())


@pytest.mark.parametrize("name", GOLDEN)
def test_difference_agrees_with_r(name):
    answers, golden = example_answers(), GOLDEN[name]
    wai = answers.filter(regex="^wai_[0-9]").mean(axis=1)
    missing = answers.filter(regex="^haq_").isna().any(axis=1)
    row = missing_difference(answers["outcome"] if name == "outcome" else wai, missing).iloc[0]
    assert (row["n"], row["n_missing"]) == (golden["n"], golden["n_missing"])
    assert row["estimate"] == pytest.approx(golden["d"], abs=1e-12)  # a closed formula
    # psych::cohen.d divides the squares by n, not by n - 2
    assert row["estimate"] == pytest.approx(golden["psych"] * ((row["n"] - 2) / row["n"]) ** 0.5, abs=1e-12)
    limits = [golden["lower"], golden["upper"]]
    assert row[["lower", "upper"]].tolist() == pytest.approx(limits, abs=1e-7)  # R warns that pt(ncp =) is not exact
