"""Omega hierarchical agrees with psych, categorical omega with semTools."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.reliability.omega_categorical import categorical_omega
from psychometrics.reliability.omega_hierarchical import omega_rows, omega_rows_from_matrix

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "reliability" / "omega.json").read_text())
DATA = {"likert5_group": "likert5", "likert7_all": "likert7_missing"}
OF_SCALE = {
    "omega_hierarchical": "omega_hierarchical",
    "omega_total": "omega_total_schmid_leiman",
    "relative_omega": "relative_omega",
    "ecv": "ecv",
    "h": "construct_h_general",
    "puc": "puc",
}
OF_GROUP = {
    "total": "omega_subscale",
    "general": "omega_subscale_general",
    "group": "omega_hierarchical_subscale",
    "h": "construct_h_subscale",
    "ecv": "ecv_subscale",
}


@pytest.mark.parametrize("name", GOLDEN["schmid_leiman"])
def test_schmid_leiman(name):
    golden = GOLDEN["schmid_leiman"][name]
    # psych gives an item to the factor of its largest loading: these are the subscales here
    subscales = {f"s{j}": group["items"] for j, group in enumerate(golden["groups"])}
    if name == "wai_sr_matrix":
        matrix = pd.read_csv(HERE / "data" / "wai_sr_matrix.csv", index_col="item")
        rows = omega_rows_from_matrix(matrix, 157, subscales=subscales)
    else:
        answers = pd.read_csv(HERE / "data" / f"{name}.csv").dropna()
        rows = omega_rows(answers, subscales=subscales, draws=0)
    found = rows.set_index(["factor", "statistic"])["estimate"]
    assert (rows.loc[rows["statistic"] != "omega_categorical", "n"] == golden["n"]).all()
    # GPArotation stops at a projected gradient of 1e-5 and psych's extraction at a like distance from the minimum
    for theirs, ours in OF_SCALE.items():
        assert found["", ours] == pytest.approx(golden[theirs], abs=3e-5), ours
    for label, group in zip(subscales, golden["groups"], strict=True):
        for theirs, ours in OF_GROUP.items():
            assert found[label, ours] == pytest.approx(group[theirs], abs=3e-5), (label, ours)


@pytest.mark.parametrize("name", GOLDEN["categorical"])
def test_categorical(name):
    golden = GOLDEN["categorical"][name]
    answers = pd.read_csv(HERE / "data" / f"{DATA.get(name, name)}.csv").dropna()[golden["items"]]
    row = categorical_omega(answers)
    assert row["n"] == golden["n"]
    # lavaan's optimiser stops at a relative change of 1e-14 of the discrepancy: 1e-6 in the loadings
    assert row["estimate"] == pytest.approx(golden["omega"], abs=2e-6)
    assert np.isfinite([row["lower"], row["upper"]]).all()
