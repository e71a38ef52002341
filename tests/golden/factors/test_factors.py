"""Factor analysis agrees with R (psych, GPArotation, stats) on five correlation matrices. See factors/SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.alignment import align_arrays, tucker_congruence
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.factor_scores import determinacy, factor_scores, score_weights
from psychometrics.factors.fit import fit_indices
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.schmid_leiman import schmid_leiman
from psychometrics.factors.solution import FactorSolution, fit_solution

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "factors" / "factors.json").read_text())
SETS = list(GOLDEN)


def answers_of(name):
    return pd.read_csv(HERE / "data" / f"{name}.csv")


def correlations_of(name):
    if name == "wai_sr_matrix":
        return pd.read_csv(HERE / "data" / f"{name}.csv", index_col="item")
    return answers_of(name).corr()


def golden_solution(name, rotation="oblimin"):
    """R's own numbers as a FactorSolution, so that what follows from them is compared exactly."""
    matrix, got = correlations_of(name), GOLDEN[name]["rotation"][rotation]
    labels = [f"F{j + 1}" for j in range(GOLDEN[name]["k"])]
    solution = FactorSolution(
        pattern=pd.DataFrame(np.array(got["pattern"]), index=matrix.index, columns=labels),
        phi=pd.DataFrame(np.array(got["phi"]), index=labels, columns=labels),
        uniqueness=pd.Series(GOLDEN[name]["extraction"]["minres_strict"]["uniqueness"], index=matrix.index),
        n=GOLDEN[name]["n"], extraction="minres", rotation=rotation, objective=0.0, converged=True, starts=1,
        starts_at_best=1,
    )  # fmt: skip
    return matrix, solution


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("slot", "method", "factors", "tolerance"),
    [
        ("minres_strict", "minres", None, 1e-6),
        ("minres", "minres", None, 1e-4),
        ("minres_one", "minres", 1, 1e-4),
        ("ml", "ml", None, 1e-5),
        ("pa", "pa", None, 1e-5),
    ],
)
def test_extraction(name, slot, method, factors, tolerance):
    golden, k = GOLDEN[name]["extraction"][slot], factors or GOLDEN[name]["k"]
    got = extract_factors(correlations_of(name).to_numpy(), k, method=method)
    assert got.converged
    wanted = np.array(golden["loadings"]).reshape(-1, k)
    loadings, _, _ = align_arrays(got.loadings, np.eye(k), wanted)
    np.testing.assert_allclose(loadings, wanted, atol=tolerance)
    np.testing.assert_allclose(got.uniqueness, golden["uniqueness"], atol=tolerance)
    if "value" in golden:
        assert got.objective == pytest.approx(golden["value"], abs=1e-9)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("rotation", "ours"),
    [("oblimin", "oblimin"), ("quartimax", "quartimax"), ("geominQ", "geomin_q")],
)
def test_whole_solution(name, rotation, ours):
    golden = GOLDEN[name]["fa"][rotation]
    solution = fit_solution(correlations_of(name), GOLDEN[name]["n"], GOLDEN[name]["k"], rotation=ours, starts=1)
    pattern, phi, _ = align_arrays(solution.pattern.to_numpy(), solution.phi.to_numpy(), np.array(golden["pattern"]))
    np.testing.assert_allclose(pattern, golden["pattern"], atol=1e-4)
    np.testing.assert_allclose(phi, golden["phi"], atol=1e-4)
    # order and sign are ours by rule, and psych's by the same rule
    np.testing.assert_allclose(solution.pattern, golden["pattern"], atol=1e-4)
    np.testing.assert_allclose(solution.structure, golden["structure"], atol=2e-4)
    np.testing.assert_allclose(solution.communality, golden["communality"], atol=1e-4)
    np.testing.assert_allclose(solution.variance, golden["variance"], atol=5e-4)


@pytest.mark.parametrize("name", SETS)
def test_fit(name):
    golden = GOLDEN[name]["fit"]
    matrix, solution = golden_solution(name)
    rows = fit_indices(matrix, solution).set_index("statistic")
    for statistic, slot in {
        "degrees_of_freedom": "dof", "chi_square": "STATISTIC", "p_value": "PVAL", "chi_square_null": "null_chisq",
        "tli": "TLI", "bic": "BIC", "rmsr": "rms",
    }.items():  # fmt: skip
        assert rows.estimate[statistic] == pytest.approx(golden[slot], rel=1e-7, abs=1e-9), statistic
    n, df, chi_square = solution.n, golden["dof"], golden["STATISTIC"]
    point, lower, upper = golden["RMSEA"]
    # psych divides chi-square by n where Steiger has n - 1
    steiger = np.sqrt(point**2 + chi_square / df * (1 / (n - 1) - 1 / n)) if point > 0 else 0.0
    assert rows.estimate["rmsea"] == pytest.approx(steiger, abs=1e-9)
    assert rows.lower["rmsea"] == pytest.approx(lower, abs=1e-6)
    assert rows.upper["rmsea"] == pytest.approx(upper, abs=1e-6)


@pytest.mark.parametrize("name", SETS)
def test_chi_square_of_maximum_likelihood(name):
    matrix, n, k = correlations_of(name), GOLDEN[name]["n"], GOLDEN[name]["k"]
    rows = fit_indices(matrix, fit_solution(matrix, n, k, extraction="ml", starts=1)).set_index("statistic")
    assert rows.estimate["chi_square"] == pytest.approx(GOLDEN[name]["extraction"]["ml"]["chi_square"], abs=1e-6)


@pytest.mark.parametrize("name", SETS)
def test_schmid_leiman(name):
    golden = GOLDEN[name]["schmid"]
    _, solution = golden_solution(name)
    sl = schmid_leiman(solution)
    np.testing.assert_allclose(sl.second_order_loadings, golden["gloading"], atol=1e-4)
    np.testing.assert_allclose(sl.general, golden["general"], atol=1e-4)
    np.testing.assert_allclose(sl.group, golden["group"], atol=1e-4)


@pytest.mark.parametrize("name", SETS)
def test_omega(name):
    golden, matrix = GOLDEN[name]["omega"], correlations_of(name)
    sl = schmid_leiman(fit_solution(matrix, GOLDEN[name]["n"], GOLDEN[name]["k"]))
    forms = pd.Series("form", index=matrix.index)
    rows = general_factor_indices(sl, forms, correlations=matrix)
    rows = rows[rows["group"].isna()].set_index("statistic")
    assert rows.estimate["omega_hierarchical"] == pytest.approx(golden["omega_h"], abs=1e-4)
    assert rows.estimate["omega_total"] == pytest.approx(golden["omega_total"], abs=1e-4)
    assert rows.estimate["ecv"] == pytest.approx(golden["ecv"], abs=1e-4)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(
    ("method", "ours"), [("Thurstone", "regression"), ("tenBerge", "tenberge"), ("Bartlett", "bartlett")]
)
def test_factor_scores(name, method, ours):
    golden = GOLDEN[name]["scores"][method]
    matrix, solution = golden_solution(name)
    weights = score_weights(matrix, solution, method=ours)
    np.testing.assert_allclose(weights, golden["weights"], atol=1e-8)
    if ours == "regression":
        rows = determinacy(matrix, solution, method=ours)
        best = rows[rows["statistic"] == "determinacy"].estimate
        np.testing.assert_allclose(best**2, golden["R2"], atol=1e-8)
    if name == "likert5":
        np.testing.assert_allclose(factor_scores(answers_of(name), weights)[:6], golden["people"], atol=1e-8)


@pytest.mark.parametrize("name", SETS)
def test_congruence(name):
    _, a = golden_solution(name)
    _, b = golden_solution(name, "varimax")
    np.testing.assert_allclose(tucker_congruence(a.pattern, b.pattern), GOLDEN[name]["congruence"], atol=1e-9)
