"""Fit by number of factors, MAP, Kaiser's count and the rank-sum test agree with R. See retention/SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import correlate
from psychometrics.correlation.matrix import CorrelationMatrix, given_matrix
from psychometrics.factors.retention.comparison_data import rank_sum_p
from psychometrics.factors.retention.criteria import average_partial_correlations, retention_table
from psychometrics.factors.retention.parallel_analysis import parallel_analysis, random_eigenvalues
from psychometrics.factors.retention.sequential_fit import fit_by_factors, sequential_records

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "factors" / "retention.json").read_text())
SETS = {"likert5": 4, "likert7_missing": 4, "binary": 2, "unequal": 2, "wai_sr_matrix": 4}
# and up to how many factors: beyond it the discrepancy has several minima with different Heywood cases


def correlations_of(name) -> CorrelationMatrix:
    if name == "wai_sr_matrix":
        return given_matrix(pd.read_csv(HERE / "data" / f"{name}.csv", index_col="item"), GOLDEN[name]["n"])
    return correlate(pd.read_csv(HERE / "data" / f"{name}.csv"), method="pearson")


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize(("extraction", "tolerance", "of_caf"), [("ml", 1e-5, 1e-4), ("minres", 1e-3, 2e-3)])
def test_fit_by_factors(name, extraction, tolerance, of_caf):
    fits = fit_by_factors(correlations_of(name), largest=4, extraction=extraction)
    assert list(fits.index) == [0, 1, 2, 3, 4]
    for wanted in GOLDEN[name][extraction][: SETS[name]]:
        got = fits.loc[wanted["k"]]
        assert got["degrees_of_freedom"] == wanted["dof"]
        for statistic in ("chi_square", "bic", "tli"):
            assert got[statistic] == pytest.approx(wanted[statistic], rel=tolerance), (wanted["k"], statistic)
        assert got["p_value"] == pytest.approx(wanted["p_value"], abs=tolerance)
        limits = np.nan_to_num(np.array(wanted["rmsea"], dtype=float))
        np.testing.assert_allclose(got[["rmsea_lower", "rmsea_upper"]].astype(float), limits, atol=5 * tolerance)
        assert got["caf"] == pytest.approx(wanted["caf"], abs=of_caf)


@pytest.mark.parametrize("name", SETS)
def test_no_factors(name):
    wanted, got = GOLDEN[name]["none"], fit_by_factors(correlations_of(name), largest=0).loc[0]
    assert got["degrees_of_freedom"] == wanted["dof"]
    assert got["chi_square"] == pytest.approx(wanted["chi_square"], rel=1e-7)
    assert got["caf"] == pytest.approx(wanted["caf"], abs=1e-7)
    np.testing.assert_allclose(got[["rmsea_lower", "rmsea_upper"]].astype(float), wanted["rmsea"], atol=1e-6)


@pytest.mark.parametrize("name", SETS)
def test_sequential_records_by_the_numbers_of_r(name):
    golden = [GOLDEN[name]["none"] | {"k": 0, "p_value": 0.0, "bic": np.inf}, *GOLDEN[name]["ml"][: SETS[name]]]
    fits = fit_by_factors(correlations_of(name), largest=SETS[name])
    got = sequential_records(fits).set_index("statistic")["estimate"]
    accepted = [row["k"] for row in golden if row["p_value"] > 0.05]
    close = [row["k"] for row in golden if (row["rmsea"][0] or 0) <= 0.05]
    assert got["lowest_bic"] == min(golden, key=lambda row: row["bic"])["k"]
    assert got["lowest_aic"] == min(golden, key=lambda row: row["chi_square"] - 2 * row["dof"])["k"]
    np.testing.assert_equal(got["sequential_chi_square"], accepted[0] if accepted else np.nan)
    np.testing.assert_equal(got["rmsea"], close[0] if close else np.nan)


@pytest.mark.parametrize("name", SETS)
def test_eigenvalue_criteria(name):
    correlations = correlations_of(name)
    squares, _ = average_partial_correlations(correlations.matrix.to_numpy())
    wanted = GOLDEN[name]["map"]
    np.testing.assert_allclose(squares[1:], wanted[: len(squares) - 1], atol=1e-7)
    p = len(correlations.matrix)
    random = random_eigenvalues((correlations.n_total, p), first_draw=0, n_draws=10, seed=1)
    table = retention_table(correlations, parallel_analysis(correlations, random)).set_index("statistic")["estimate"]
    assert table["kaiser_guttman"] == GOLDEN[name]["kaiser"]
    assert table["map"] == np.argmin([squares[0], *wanted])


def test_rank_sum_test():
    golden = GOLDEN["rank_sum"]
    assert rank_sum_p(np.array(golden["x"]), np.array(golden["y"])) == pytest.approx(golden["p"], abs=1e-9)
    tied = rank_sum_p(np.array(golden["tied_x"]), np.array(golden["tied_y"]))
    assert tied == pytest.approx(golden["tied_p"], abs=1e-9)
