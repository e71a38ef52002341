"""Within- and between-client correlations agree with psych::statsBy, an analysis of covariance in R, and pingouin."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.rows import t_test
from psychometrics.association.within_between import repeated_correlations

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "association" / "sessions.json").read_text())
COLUMNS = pd.DataFrame({"perspective": "client", "form": "f", "scale": list("abc")}, index=list("abc"))
# closed forms on both sides
CLOSE = {"rtol": 1e-9, "atol": 1e-10}


@pytest.fixture
def answers():
    data = pd.read_csv(HERE / "data" / "sessions.csv")
    items = data.filter(regex="^i")
    return data["client"], pd.DataFrame(
        {
            "a": items[["i01", "i02", "i03"]].mean(axis=1),
            "b": items[["i04", "i05", "i06"]].mean(axis=1),
            "c": items["i01"] + items["i06"],
        }
    )


def with_holes(scores):
    scores = scores.copy()
    scores.loc[scores.index[4::11], "a"] = np.nan
    scores.loc[scores.index[2::7], "b"] = np.nan
    return scores


@pytest.mark.parametrize("name", ["complete", "missing"])
def test_within_and_between(answers, name):
    clients, scores = answers
    scores = scores if name == "complete" else with_holes(scores)
    rows = repeated_correlations(scores, clients, COLUMNS)
    for golden in GOLDEN[name]:
        one, two = golden["pair"]
        both = rows[(rows["scale"] == one) & (rows["scale_2"] == two)].set_index("statistic")
        within, between = both.loc["r_within_fisher"], both.loc["r_between"]
        np.testing.assert_allclose(within.estimate, [golden["r_within"]], **CLOSE)
        np.testing.assert_allclose(
            [within.estimate, within.lower, within.upper], [golden["rmcorr"], golden["lower"], golden["upper"]], **CLOSE
        )
        # the table tests by the jackknife interval; the test of the analysis of covariance is by formula
        by_formula = t_test(np.array([within.estimate]), np.array([within.n - between.n - 1]))
        np.testing.assert_allclose(by_formula, golden["p"], rtol=1e-7)
        np.testing.assert_allclose(between.estimate, golden["r_between"], **CLOSE)
        assert (within.n, between.n) == (golden["n"], golden["clients"])
        np.testing.assert_allclose(both.loc["r_total", "estimate"], golden["r_total"], **CLOSE)
        np.testing.assert_allclose(
            both.loc["r_part_within", "estimate"], np.prod(golden["eta_within"]) * golden["r_within"], **CLOSE
        )
        np.testing.assert_allclose(
            both.loc["r_part_between", "estimate"], np.prod(golden["eta_between"]) * golden["r_between"], **CLOSE
        )


def test_intraclass_correlations(answers):
    clients, scores = answers
    rows = repeated_correlations(scores, clients, COLUMNS)
    golden = GOLDEN["complete"]
    for statistic in ("icc", "icc_mean"):
        expected = [*golden[0][statistic], golden[1][statistic][1]]
        np.testing.assert_allclose(rows.loc[rows.statistic == statistic, "estimate"], expected, **CLOSE)


def test_repeated_measures_correlation_by_pingouin(answers):
    import pingouin  # by one worker of the tests, not by all that collect this file

    clients, scores = answers
    table = with_holes(scores).assign(client=clients)
    rows = repeated_correlations(table, clients, COLUMNS).set_index("statistic")
    found = pingouin.rm_corr(table[["client", "a", "b"]].dropna(), x="a", y="b", subject="client").iloc[0]
    within = rows.loc["r_within"].iloc[0]
    # closed forms on both sides
    np.testing.assert_allclose(within.estimate, found["r"], rtol=1e-9)
