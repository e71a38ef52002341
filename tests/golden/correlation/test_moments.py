"""Correlations of items of both kinds, EM moments and normality against R; what made the numbers is moments/make.R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import correlate
from psychometrics.correlation.em_moments import em_moments
from psychometrics.correlation.polychoric import encode, item_thresholds
from psychometrics.correlation.polyserial import polyserial_moments
from psychometrics.items.normality import normality

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "correlation" / "moments.json").read_text())


def answers(name):
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def both_kinds(name):
    """Four items and two sums, as in make.R."""
    x = answers("likert5" if name == "complete" else "likert7_missing")
    first, second = (slice(4, 8), slice(8, 12)) if name == "complete" else (slice(4, 9), slice(10, 15))
    sums = [x.iloc[:, part].sum(axis=1, skipna=False) for part in (first, second)]
    return x.iloc[:, :4].assign(s1=sums[0] + x.iloc[:, 0] / 7, s2=sums[1] + x.iloc[:, 1] / 11)


@pytest.mark.parametrize("name", ["complete", "incomplete"])
def test_mixed_agrees_with_lavaan(name):
    found = correlate(both_kinds(name), method="mixed")
    difference = np.abs(found.matrix.to_numpy() - GOLDEN["mixed"][name])
    assert found.notes == ("continuous: s1, s2",)
    if name == "incomplete":
        # of two continuous items lavaan takes the means and variances from all answers, stats::cor from the pair
        difference[4, 5] = difference[5, 4] = 0
    # one polyserial of lavaan's stops 1e-6 short
    assert difference.max() < 1e-5


def test_moment_estimate_agrees_with_polycor():
    x = both_kinds("complete")
    codes, _ = encode(x.iloc[:, :4])
    for i, continuous in enumerate(("s1", "s2")):
        for j, code in enumerate(codes.T):
            thresholds = item_thresholds(np.bincount(code)[None, :].astype(float))[0]
            r = np.corrcoef(code, x[continuous])[0, 1]
            assert polyserial_moments(r, code.std(), thresholds) == pytest.approx(GOLDEN["polycor"][i][j], abs=1e-12)


def test_em_agrees_with_lavaan_and_psych():
    x = answers("likert7_missing")
    found = em_moments(x.to_numpy())
    assert found.converged
    np.testing.assert_allclose(found.mean, GOLDEN["em"]["mean"], atol=1e-7)
    np.testing.assert_allclose(found.covariance, GOLDEN["em"]["covariance"], atol=1e-7)
    # psych's search ends 2e-5 from the maximum
    np.testing.assert_allclose(correlate(x, method="pearson", missing="em").matrix, GOLDEN["em"]["psych"], atol=1e-4)


@pytest.mark.parametrize("name", GOLDEN["mardia"])
def test_mardia_agrees_with_psych(name):
    golden = GOLDEN["mardia"][name]
    rows = normality(answers(name))
    whole = rows[rows["item"] == ""].set_index("statistic")
    assert (whole["n"] == golden["n.obs"]).all()
    for statistic, slot in {
        "skewness": "b1p",
        "skewness_chi2": "small.skew",
        "skewness_p": "p.small",
        "kurtosis": "b2p",
        "kurtosis_z": "kurtosis",
        "kurtosis_p": "p.kurt",
    }.items():
        assert whole.estimate[f"mardia_{statistic}"] == pytest.approx(golden[slot], rel=1e-9, abs=1e-12), statistic


@pytest.mark.parametrize("name", GOLDEN["univariate"])
def test_univariate_agrees_with_psych(name):
    rows = normality(answers(name).dropna())
    for statistic, expected in GOLDEN["univariate"][name].items():
        ours = rows.loc[(rows["statistic"] == statistic) & (rows["item"] != ""), "estimate"]
        np.testing.assert_allclose(ours, expected, rtol=1e-10, atol=1e-12)
