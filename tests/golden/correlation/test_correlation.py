"""Correlations, suitability and retention against R; what made the numbers is in correlation/make.R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.bivariate_normal import distribution
from psychometrics.correlation.correlator import Correlator, correlate
from psychometrics.correlation.matrix import given_matrix
from psychometrics.correlation.polychoric import encode, item_thresholds
from psychometrics.correlation.smoothing import smooth
from psychometrics.factors.retention.criteria import average_partial_correlations
from psychometrics.factors.retention.parallel_analysis import eigenvalues, parallel_analysis, random_eigenvalues
from psychometrics.factors.suitability import suitability

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "correlation" / "correlation.json").read_text())


def answers(name):
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def published():
    return pd.read_csv(HERE / "data" / "wai_sr_matrix.csv", index_col="item")


@pytest.mark.parametrize("case", GOLDEN["bivariate_normal"], ids=lambda case: f"{case['rho']}")
def test_bivariate_normal(case):
    # both claim about 1e-14
    assert distribution(case["h"], case["k"], case["rho"]) == pytest.approx(case["probability"], abs=1e-13)


@pytest.mark.parametrize("name", GOLDEN["lavaan"])
def test_polychoric_agrees_with_lavaan(name):
    # the same estimator, missing answers included; lavaan's optimiser stops about 1e-8 from the maximum
    np.testing.assert_allclose(correlate(answers(name)).matrix, GOLDEN["lavaan"][name], atol=1e-6)


@pytest.mark.parametrize("name", GOLDEN["psych"])
def test_polychoric_agrees_with_psych(name):
    # psych searches each pair with optimize() at its default tolerance of 1e-4
    np.testing.assert_allclose(correlate(answers(name)).matrix, GOLDEN["psych"][name], atol=1e-4)


def test_polychoric_agrees_with_polycor():
    matrix = correlate(answers("unequal")).matrix
    for pair in GOLDEN["polycor"]:  # polychor(ML = FALSE) also searches with optimize()
        assert matrix.loc[pair["row"], pair["column"]] == pytest.approx(pair["rho"], abs=1e-4)


def test_thresholds_come_from_all_answers_as_lavaans():
    codes, _ = encode(answers("likert7_missing"))
    margins = np.stack([np.bincount(code[code >= 0], minlength=7) for code in codes.T])
    ours = item_thresholds(margins)
    np.testing.assert_allclose(ours[np.isfinite(ours)], GOLDEN["lavaan_thresholds"], atol=1e-10)


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
@pytest.mark.parametrize("method", ["pearson", "spearman"])
def test_agrees_with_stats_cor(method, missing):
    matrix = correlate(answers("likert7_missing"), method=method, missing=missing).matrix
    np.testing.assert_allclose(matrix, GOLDEN[f"{method}_{missing}"], atol=1e-12)


def test_smoothing_agrees_with_psych():
    before, after = (np.array(GOLDEN["smoothing"][key]) for key in ("before", "after"))
    np.testing.assert_allclose(smooth(before)[0], after, atol=1e-10)


@pytest.mark.parametrize("name", ["likert5", "wai_sr_matrix"])
def test_suitability_agrees_with_psych(name):
    golden = GOLDEN["suitability"][name]
    found = correlate(answers(name), method="pearson") if name == "likert5" else given_matrix(published(), 157)
    rows = suitability(found)
    whole = rows[rows["item"] == ""].set_index("statistic")["estimate"]
    expected = {"kmo": "kmo", "bartlett_chi2": "chi2", "bartlett_df": "df", "determinant": "determinant"}
    for ours, theirs in expected.items():
        assert whole[ours] == pytest.approx(golden[theirs], rel=1e-10)
    assert whole["bartlett_p"] == pytest.approx(golden["p"], rel=1e-8)
    np.testing.assert_allclose(rows.loc[rows["item"] != "", "estimate"], golden["items"], atol=1e-12)


@pytest.mark.parametrize("name", ["likert5", "binary", "wai_sr_matrix"])
def test_map_agrees_with_psych(name):
    matrix = published() if name == "wai_sr_matrix" else correlate(answers(name), method="pearson").matrix
    squares, _ = average_partial_correlations(matrix.to_numpy())
    golden = GOLDEN["map"][name]  # starts after one component; ours at none, as Velicer's
    np.testing.assert_allclose(squares[1 : 1 + len(golden)], golden, atol=1e-10)


def test_observed_eigenvalues_agree_with_psych():
    ours = eigenvalues(correlate(answers("likert5"), method="pearson").matrix.to_numpy())
    np.testing.assert_allclose(ours["component"], GOLDEN["parallel"]["component_observed"], atol=1e-10)
    np.testing.assert_allclose(ours["factor"], GOLDEN["parallel"]["factor_observed"], atol=1e-8)


def test_reduced_eigenvalues_of_a_singular_matrix_agree_with_psych():
    ours = eigenvalues(np.array(GOLDEN["singular"]["after"]))
    np.testing.assert_allclose(ours["factor"], GOLDEN["singular"]["factor_observed"], atol=1e-8)


@pytest.mark.parametrize(
    "name, key, method, draws, tolerance",
    [
        # means of 200 (psych) and 500 draws with standard deviation about .05: three standard errors
        ("likert5", "parallel", "pearson", 500, 0.015),
        # psych had time for 20 draws
        ("binary", "parallel_polychoric", "polychoric", 200, 0.06),
    ],
)
def test_parallel_analysis_agrees_with_psych(name, key, method, draws, tolerance):
    golden = GOLDEN[key]
    correlator = Correlator(answers(name), method=method)
    random = random_eigenvalues(correlator, first_draw=0, n_draws=draws, seed=1)
    np.testing.assert_allclose(random["component"].mean(axis=0), golden["component_mean"], atol=tolerance)
    np.testing.assert_allclose(random["factor"].mean(axis=0), golden["factor_mean"], atol=2 * tolerance)
    found = parallel_analysis(correlator(), random)
    assert found.by_basis == {"factor": golden["n_factors"], "component": golden["n_components"]}
