"""Latent correlations agree with lavaan and psych::cluster.cor, partial ones with psych::partial.r."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.latent import latent_correlations
from psychometrics.association.partial import partial_correlations

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "association" / "latent.json").read_text())
COLUMNS = pd.DataFrame({"perspective": "client", "form": "f", "scale": list("abc")}, index=list("abc"))


def thirds(name):
    answers = pd.read_csv(HERE / "data" / f"{name}.csv")
    size = answers.shape[1] // 3
    return answers, {scale: list(answers.columns[size * i : size * (i + 1)]) for i, scale in enumerate("abc")}


@pytest.mark.parametrize("name", GOLDEN["latent"])
def test_latent(name):
    answers, items = thirds(name)
    rows = latent_correlations({"f": answers}, {scale: ("f", items[scale]) for scale in items}, COLUMNS)
    golden = GOLDEN["latent"][name]
    for statistic in ("r_latent", "r_latent_disattenuated"):
        found = rows[rows["statistic"] == statistic]
        # lavaan stops its search for a polychoric correlation at about 1e-5
        np.testing.assert_allclose(found["estimate"], golden[statistic], atol=2e-5)
        assert found["n"].tolist() == golden["n"]


@pytest.mark.parametrize("name", GOLDEN["partial"])
@pytest.mark.parametrize("held", [["i01"], ["i01", "i06"]])
def test_partial(name, held):
    answers, items = thirds(name)
    scores = pd.DataFrame({scale: answers[members].mean(axis=1, skipna=False) for scale, members in items.items()})
    rows = partial_correlations(scores.join(answers[held]), COLUMNS, dict.fromkeys(held, "an item"))
    golden = GOLDEN["partial"][name]["one" if len(held) == 1 else "two"]
    found = rows[rows["statistic"] == "r_partial_fisher"]
    # closed forms on both sides
    for column, key in (("estimate", "r"), ("lower", "lower"), ("upper", "upper"), ("n", "n")):
        np.testing.assert_allclose(found[column], golden[key], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(rows.loc[rows["statistic"] == "p_partial", "estimate"], golden["p"], rtol=1e-7)
