"""Against psych, nlme and lme4; see SOURCE.md for the data, the versions and the tolerances."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import example_answers
from psychometrics.perspectives.level import level_and_agreement, levels_of_difference
from psychometrics.perspectives.one_with_many import one_with_many

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "perspectives.json").read_text())
FORMULA = {"rel": 1e-9}
SEARCH = {"rel": 1e-4, "abs": 1e-6}


def ratings(name: str) -> pd.DataFrame:
    if name == "dyads":
        return pd.read_csv(HERE / "dyads.csv")
    answers = example_answers()
    client = answers.filter(regex="^wai_[0-9]").mean(axis=1)
    return answers[["therapist", "client"]].assign(session=1, by_client=client, by_therapist=answers["wai_therapist"])


@pytest.mark.parametrize("name", ["example", "dyads"])
def test_level_and_agreement(name):
    data, golden = ratings(name), GOLDEN["level"][name]
    data = data[data["session"] == 1]
    rows = level_and_agreement(data["by_client"], data["by_therapist"], units=data["therapist"])
    assert set(rows["n"]) == {golden.pop("n")}
    for statistic, value in golden.items():
        assert rows.loc[rows["statistic"] == statistic, "estimate"].tolist() == pytest.approx(
            np.atleast_1d(value), **FORMULA
        ), statistic


@pytest.mark.parametrize("statistic", ["icc_a1", "concordance"])
def test_intervals_leave_out_therapists(statistic):
    data = ratings("example")
    rows = level_and_agreement(data["by_client"], data["by_therapist"], units=data["therapist"])
    row = rows.set_index("statistic").loc[statistic]
    assert [row["lower"], row["upper"]] == pytest.approx(GOLDEN["jackknife"][statistic], **FORMULA)


def test_the_difference_has_three_levels():
    data = ratings("dyads")
    apart = data["by_client"] - data["by_therapist"]
    rows = levels_of_difference(apart, data["client"], data["therapist"], sessions=True, draws=20)
    found = rows.set_index("statistic")["estimate"]
    for name, value in GOLDEN["difference"].items():
        assert found[f"difference_variance_{name}"] == pytest.approx(value, **SEARCH)


@pytest.mark.parametrize("name", ["example", "dyads"])
def test_one_with_many(name):
    golden, sessions = GOLDEN["many"][name], name == "dyads"
    rows = one_with_many(ratings(name), sessions=sessions, draws=2)
    lowest = ("session", "session_reciprocity") if sessions else ("dyad", "dyadic_reciprocity")
    blocks = {"lowest": lowest, "therapist": ("therapist", "generalized_reciprocity")}
    if sessions:
        blocks["client"] = ("dyad", "dyadic_reciprocity")
    found = rows.groupby("statistic")["estimate"].apply(list)
    assert found["role_mean"] == pytest.approx(golden["role_mean"], **SEARCH)
    assert set(rows["n"]) == {golden["n"]}
    total = sum(np.array(golden[block]["variance"]) for block in blocks)
    for block, (level, reciprocity) in blocks.items():
        variance = golden[block]["variance"]
        assert found[f"variance_{level}"] == pytest.approx(variance, **SEARCH)
        assert found[f"share_{level}"] == pytest.approx(variance / total, **SEARCH)
        assert found[reciprocity] == pytest.approx([golden[block]["correlation"]], **SEARCH)
