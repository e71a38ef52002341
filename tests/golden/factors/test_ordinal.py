"""Ordinal factor analysis against lavaan; what made the numbers is in ordinal/make.R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.fit import fit_indices
from psychometrics.factors.solution import fit_solution

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "factors" / "ordinal.json").read_text())
MODELS = [(name, model) for name, models in GOLDEN["efa"].items() for model in models]


def answers(name):
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def start(name, model):
    """The Correlator of a data set, its correlations, and the arguments of the extraction."""
    correlator = Correlator(answers(name), variances=True)
    found = correlator()
    extraction = model.split("_")[0]
    weights = diagonal_weights(found.variance, correlator.items)[0] if extraction == "dwls" else None
    return correlator, found, {"weights": weights}, extraction


@pytest.mark.parametrize("name", GOLDEN["covariance"])
def test_asymptotic_covariance(name):
    golden = np.array(GOLDEN["covariance"][name]["gamma"])
    correlator = Correlator(answers(name).iloc[:, :8], variances=True)
    influence = correlator.influence()
    # the correlations of the two programs differ by 1e-8, which the scores of rare cells multiply
    np.testing.assert_allclose(influence.T @ influence / len(influence), golden, atol=1e-6)
    variance = correlator().variance.to_numpy()
    np.testing.assert_allclose(variance[np.triu_indices(len(variance), 1)], np.diag(golden), rtol=1e-6)


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_extraction(name, model):
    golden = GOLDEN["efa"][name][model]
    _, found, arguments, extraction = start(name, model)
    got = extract_factors(found.matrix.to_numpy(), golden["k"], method=extraction, **arguments)
    assert got.converged
    wanted = np.array(golden["loadings"]).reshape(-1, golden["k"])
    # lavaan leaves the axes elsewhere; what the loadings reproduce does not depend on them
    np.testing.assert_allclose(got.loadings @ got.loadings.T, wanted @ wanted.T, atol=1e-5)
    left, _, right = np.linalg.svd(got.loadings.T @ wanted)
    np.testing.assert_allclose(got.loadings @ left @ right, wanted, atol=1e-5)
    # lavaan's value is half of ours, times (n - 1) / n
    n = golden["n"]
    assert got.objective / 2 * (n - 1) / n == pytest.approx(golden["fmin"], rel=1e-6)


@pytest.mark.parametrize(("name", "model"), MODELS)
def test_fit(name, model):
    golden = GOLDEN["efa"][name][model]
    correlator, found, arguments, extraction = start(name, model)
    solution = fit_solution(found.matrix, found.n_total, golden["k"], extraction=extraction, **arguments)
    rows = fit_indices(found.matrix, solution, correlation="polychoric", influence=correlator.influence())
    rows, fit = rows.set_index("statistic"), golden["fit"]
    for statistic, slot in {
        "degrees_of_freedom": "df",
        "chi_square": "chisq.scaled",
        "p_value": "pvalue.scaled",
        "chi_square_unadjusted": "chisq",
        "scaling_factor": "chisq.scaling.factor",
        "chi_square_null": "baseline.chisq.scaled",
        "rmsea": "rmsea.scaled",
        "cfi": "cfi.scaled",
        "tli": "tli.scaled",
        "srmr": "srmr",
    }.items():
        assert rows.estimate[statistic] == pytest.approx(fit[slot], rel=1e-6, abs=1e-6), statistic
    assert rows.estimate["shift"] == pytest.approx(golden["shift"], rel=1e-6)
    assert rows.lower["rmsea"] == pytest.approx(fit["rmsea.ci.lower.scaled"], abs=1e-6)
    assert rows.upper["rmsea"] == pytest.approx(fit["rmsea.ci.upper.scaled"], abs=1e-6)
