"""Slopes within and between therapists agree with lme4 and clubSandwich, parts of the variance with R's arithmetic."""

import json
from pathlib import Path

import pandas as pd
import pytest

from psychometrics import example_answers
from psychometrics.association.low_outliers import KEPT, Treatment
from psychometrics.association.outcome_levels import outcome_within_between

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "outcome_levels.json").read_text())
# two optimisers meet at a flat top; where the variance of the therapists is next to 0, its share is known no better
CLOSE = {"rel": 1e-4, "abs": 1e-5}
# ratios of fourth powers of what has these tolerances
DEGREES = {"rel": 4e-4}


def found(case: str) -> pd.DataFrame:
    if case == "library":
        answers = example_answers()
        alliance = answers.filter(regex="^wai_[0-9]").mean(axis=1)
        return outcome_within_between(answers["outcome"], alliance, answers["therapist"], treatments=[KEPT])
    shipped = pd.read_csv(HERE / "outcome_scores.csv")
    form = case if case in shipped else "wai_s_client"
    treatment = {"dropped": Treatment("t", 2), "winsorized": Treatment("t", 2, winsorized=True)}.get(case, KEPT)
    rows = outcome_within_between(
        shipped["outcome"],
        shipped[form],
        shipped["therapist"],
        baseline=shipped[["baseline"]],
        treatments=[KEPT, treatment],
    )
    return rows[rows["treatment"] == treatment.name]


@pytest.mark.parametrize("case", GOLDEN)
def test_slopes(case):
    rows, golden = found(case).set_index("statistic"), GOLDEN[case]
    for name, wanted in golden["slopes"].items():
        row, standardized = rows.loc[name], rows.loc[f"{name}_standardized"]
        for key in ("estimate", "se", "lower", "upper"):
            assert row[key] == pytest.approx(wanted[key], **CLOSE), (name, key)
            assert standardized[key] == pytest.approx(wanted[key] * golden["standardized_by"], **CLOSE), (name, key)
        assert row["df"] == pytest.approx(wanted["df"], **DEGREES)
        assert row["p"] == pytest.approx(wanted["p"], rel=1e-3, abs=1e-6)
        assert (row["n"], row["therapists"]) == (golden["n"], golden["therapists"])


@pytest.mark.parametrize("case", [case for case in GOLDEN if case not in ("dropped", "winsorized")])
def test_what_therapists_make_of_it(case):
    rows, golden = found(case), GOLDEN[case]
    reliability = rows[rows["statistic"] == "therapist_mean_reliability"]
    mean, each = reliability[reliability["clients"].isna()], reliability.dropna(subset="clients")
    assert mean["estimate"].item() == pytest.approx(golden["reliability"], **CLOSE)
    got = {str(int(row.clients)): row.estimate for row in each.itertuples()}
    assert got == pytest.approx(golden["reliability_of"], **CLOSE)
    shares = rows.dropna(subset="model")
    for model, wanted in zip(shares["model"].unique(), (golden["before"], golden["after"]), strict=True):
        own = shares[shares["model"] == model].set_index("statistic")["estimate"].to_dict()
        assert own == pytest.approx(wanted, **CLOSE), model


@pytest.mark.parametrize("case", [case for case in GOLDEN if case not in ("dropped", "winsorized")])
def test_robustness_value_takes_the_t_of_the_model(case):
    row, golden = found(case).set_index("statistic").loc["robustness_value"], GOLDEN[case]
    df = golden["n"] - golden["therapists"] - (1 if case == "library" else 2)
    squared = golden["t_model"] ** 2 / df
    assert row["df"] == df
    assert row["estimate"] == pytest.approx(((squared**2 + 4 * squared) ** 0.5 - squared) / 2, **CLOSE)
