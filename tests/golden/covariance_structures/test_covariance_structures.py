"""Structural equation models agree with lavaan. See covariance_structures/SOURCE.md."""

import json
import shutil
import subprocess
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import compare_covariance_structures, example_answers, fit_covariance_structure

HERE = Path(__file__).parents[1] / "covariance_structures"
CASES = json.loads((HERE / "cases.json").read_text())
COMPARISONS = json.loads((HERE / "comparisons.json").read_text())
DIFFERENCES = json.loads((HERE / "differences.json").read_text())
GOLDEN = json.loads((HERE / "lavaan.json").read_text())
MEASURES = {
    "n_parameters": "npar",
    "degrees_of_freedom": "df",
    "degrees_of_freedom_null": "baseline.df",
    "srmr": "srmr",
    "log_likelihood": "logl",
    "aic": "aic",
    "bic": "bic",
    "cfi_robust": "cfi.robust",
    "tli_robust": "tli.robust",
    "rmsea_robust": "rmsea.robust",
}
TESTS = ("chisq", "pvalue", "baseline.chisq", "cfi", "tli", "rmsea")
OURS = ("chi_square", "p_value", "chi_square_null", "cfi", "tli", "rmsea")
PLAIN = dict(zip(OURS, TESTS, strict=True))
SCALED = {ours: f"{test}.scaled" for ours, test in PLAIN.items()} | {
    "chi_square_unadjusted": "chisq",
    "scaling_factor": "chisq.scaling.factor",
}
IN_R = ("holzinger_raw", "holzinger_missing", "bfi")


def with_moments(n: int, mean: list[float], covariance: list[list[float]]) -> np.ndarray:
    """Answers of n people that have just these moments."""
    noise = np.random.default_rng(1).normal(size=(n, len(mean)))
    noise -= noise.mean(axis=0)
    noise = np.linalg.solve(np.linalg.cholesky(np.cov(noise.T)), noise.T).T
    return mean + noise @ np.linalg.cholesky(np.array(covariance)).T


@cache
def packaged(name: str) -> pd.DataFrame:
    """Answers that R packages hold; they are no part of this project."""
    done = subprocess.run(["Rscript", str(HERE / "data.R"), name], capture_output=True, text=True, check=True)
    return pd.read_csv(StringIO(done.stdout))


def answers_of(name: str, golden: dict) -> pd.DataFrame:
    if name == "example":
        return example_answers()
    if name == "answers":
        return pd.read_csv(HERE / "answers.csv")
    if name == "holzinger":
        parts = [
            pd.DataFrame(with_moments(part["n"], part["mean"], part["covariance"])).assign(school=label)
            for label, part in golden["moments"].items()
        ]
        return pd.concat(parts, ignore_index=True).set_axis([*(f"x{j}" for j in range(1, 10)), "school"], axis=1)
    if name in IN_R:
        return packaged(name)
    return pd.read_csv(HERE.parent / "data" / f"{name}.csv")


def key(lhs: str, op: str, rhs: str, group: str) -> tuple:
    """Name of a parameter, whichever variable of a covariance comes first, and whatever the group of a definition."""
    return (lhs,) if op == ":=" else (op, *(sorted((lhs, rhs)) if op == "~~" else (lhs, rhs)), str(group))


@cache
def fitted(name: str):
    options = dict(CASES[name])
    data = options.pop("data")
    if data in IN_R and shutil.which("Rscript") is None:
        pytest.skip("the answers are in an R package, and R is not installed")
    return fit_covariance_structure(options.pop("model"), answers_of(data, GOLDEN[name]), improper="keep", **options)


@pytest.fixture(params=CASES)
def pair(request):
    """A fitted model, and what lavaan says about it."""
    return fitted(request.param), GOLDEN[request.param]


def test_estimates(pair):
    found, golden = pair
    ours = {key(row.lhs, row.op, row.rhs, row.group): row for row in found.estimates.itertuples()}
    for wanted in pd.DataFrame(golden["estimates"]).itertuples():
        if not wanted.se > 0 and wanted.est == 0:
            continue  # covariances that are fixed at 0, which lavaan lists
        row = ours[key(wanted.lhs, wanted.op, wanted.rhs, wanted.group)]
        name = f"{wanted.lhs} {wanted.op} {wanted.rhs} {wanted.group}"
        # lavaan's search stops at a relative change of 1e-10, up to 2e-5 from the minimum here
        assert row.estimate == pytest.approx(wanted.est, rel=5e-5, abs=5e-5), name
        assert row.standardized == pytest.approx(wanted.std, rel=5e-5, abs=5e-5), name
        if wanted.se > 0:  # lavaan's 0 is missing here, or a residual variance whose standard error it does not give
            assert row.se == pytest.approx(wanted.se, rel=5e-5, abs=5e-6), name
        if wanted.std_se > 1e-7:
            assert row.standardized_se == pytest.approx(wanted.std_se, rel=5e-5, abs=5e-6), name


def test_fit(pair):
    found, golden = pair
    rows, fit = found.fit.set_index("statistic"), golden["fit"]
    scaled = found.estimator != "ML"
    for statistic, measure in (MEASURES | (SCALED if scaled else PLAIN)).items():
        if fit.get(measure) is not None and statistic in rows.index and not rows.note[statistic]:
            # chi-square is flat where lavaan's search stops; what is exact stands to 1e-5 of itself
            assert rows.estimate[statistic] == pytest.approx(fit[measure], rel=1e-5, abs=1e-6), statistic
    suffix = ".scaled" if scaled else ""
    # with MLR lavaan takes the limits from the unscaled chi-square with df times the scaling factor as df
    if rows.estimate["degrees_of_freedom"] and found.estimator != "MLR":
        # R finds the limits of RMSEA by uniroot, to 1e-4 of the noncentrality
        assert rows.lower["rmsea"] == pytest.approx(fit[f"rmsea.ci.lower{suffix}"], abs=1e-5)
        assert rows.upper["rmsea"] == pytest.approx(fit[f"rmsea.ci.upper{suffix}"], abs=1e-5)
    if "shift" in golden:
        assert rows.estimate["shift"] == pytest.approx(golden["shift"], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", COMPARISONS)
def test_difference(name):
    golden = DIFFERENCES[name]
    rows = compare_covariance_structures(*map(fitted, COMPARISONS[name])).set_index("statistic")["estimate"]
    assert rows["chi_square_difference"] == pytest.approx(golden["statistic"], rel=1e-4)
    assert rows["degrees_of_freedom"] == golden["df"]
    assert rows["p_value"] == pytest.approx(golden["p_value"], rel=1e-3, abs=1e-7)
