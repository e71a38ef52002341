"""Lagged models of alliance and symptoms against lavaan, lm and clubSandwich; see SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import fit_covariance_structure, lead_and_lag
from psychometrics.course.cross_lagged_panel import cross_lagged_panel
from psychometrics.course.dynamic_panel import dynamic_panel
from psychometrics.course.lag_waves import within_sd
from psychometrics.course.lagged_regression import lagged_regression
from psychometrics.course.lead_and_lag import LAGS

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "lags.json").read_text())
SEARCH = {"rel": 1e-4, "abs": 1e-4}  # lavaan's search stops a little before the minimum
FLAT = {"rel": 1e-3, "abs": 1e-3}  # with trends the likelihood is flat, and both searches stop in it
EXACT = {"rel": 1e-7}  # least squares


def of(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "lags.csv").pivot(index="client", columns="session", values=name)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    alliance, symptoms = of("alliance"), of("symptoms")
    therapists = pd.read_csv(HERE / "lags.csv").groupby("client")["therapist"].first()
    within = within_sd(symptoms) ** 2
    # a fifth of the variance within clients, as in R, said as a reliability over clients
    reliability = 1 - 0.2 * within / np.nanmean(np.nanvar(symptoms, axis=0, ddof=1))
    return lead_and_lag(alliance, symptoms, therapists=therapists, reliability=0.7, symptom_reliability=reliability)


def test_the_variance_within_clients():
    assert [within_sd(of(name)) for name in ("alliance", "symptoms")] == pytest.approx(GOLDEN["within_sd"], rel=1e-6)


@pytest.mark.parametrize("which", GOLDEN["own"])
def test_panel_models_of_incomplete_answers(rows, which):
    model, variant = which.split(".")
    golden, close = GOLDEN["own"][which], FLAT if variant == "detrended" else SEARCH
    own = rows[(rows["model"] == model) & (rows["variant"] == variant)].set_index("statistic")
    names = [LAGS[label] for label in golden["labels"]]
    assert own.loc[names, "estimate"].tolist() == pytest.approx(golden["estimate"], **close)
    assert own.loc[names, "se"].tolist() == pytest.approx(golden["se"], **close)
    if model == "cross_lagged_panel":
        standardized = own.loc[[f"{name}_standardized" for name in names], "estimate"]
        assert standardized.tolist() == pytest.approx(golden["standardized"], **close)


def test_fit_levels_and_lags_that_are_equal_over_time(rows):
    own = rows[(rows["model"] == "cross_lagged_panel") & (rows["variant"] == "as_observed")].set_index("statistic")
    golden = GOLDEN["own"]["cross_lagged_panel.as_observed"]
    assert own.loc["panel_chi_square", "estimate"] == pytest.approx(golden["chi_square"], rel=1e-4)
    assert own.loc["panel_df", "estimate"] == golden["df"]
    found = own.loc[["equal_lags_chi_square", "equal_lags_df", "equal_lags_p"], "estimate"].tolist()
    assert found == pytest.approx([GOLDEN["equal"][name] for name in ("chi_square", "df", "p")], rel=2e-4)
    levels = own.loc["lag_intercept_correlation"]
    assert [levels["estimate"], levels["se"]] == pytest.approx([GOLDEN["intercepts"][k] for k in ("r", "se")], **SEARCH)


@pytest.mark.parametrize("variant", GOLDEN["regression"])
@pytest.mark.parametrize(("follows", "leads"), [("symptoms", "alliance"), ("alliance", "symptoms")])
def test_regression_within_clients(variant, follows, leads):
    golden = GOLDEN["regression"][variant][follows[0]]
    therapists = pd.read_csv(HERE / "lags.csv").groupby("client")["therapist"].first().to_numpy()
    y, x = of(follows).to_numpy(), of(leads).to_numpy()
    found = lagged_regression(y, x, therapists, trend=variant == "detrended")
    assert found.transitions == golden["n"]
    assert found.slopes.tolist() == pytest.approx(golden["estimate"], **EXACT)
    assert np.sqrt(np.diag(found.covariance)).tolist() == pytest.approx(golden["se"], **EXACT)


@pytest.mark.parametrize("which", ["panel", "dynamic"])
def test_lavaans_own_example_of_growth(which):
    golden, names = GOLDEN["growth"], [f"{name}{t}" for name in "as" for t in range(1, 5)]
    n, covariance = golden["n"], np.array(golden["covariance"])
    # people who have just these moments
    drawn = np.linalg.qr(np.column_stack([np.ones(n), np.random.default_rng(1).normal(size=(n, 8))]))[0][:, 1:]
    values = np.sqrt(n) * drawn @ np.linalg.cholesky(covariance).T + np.array(golden["means"])
    text = cross_lagged_panel(4) if which == "panel" else dynamic_panel(4)
    fit = fit_covariance_structure(text, pd.DataFrame(values, columns=names), means=True, improper="keep")
    own = fit.estimates[fit.estimates["label"] != ""].drop_duplicates("label").set_index("label")
    golden = golden["models"][which]
    assert own.loc[golden["labels"], "estimate"].tolist() == pytest.approx(golden["estimate"], **SEARCH)
    assert own.loc[golden["labels"], "se"].tolist() == pytest.approx(golden["se"], **SEARCH)
    chi_square = fit.fit.set_index("statistic")["estimate"]["chi_square"]
    assert chi_square == pytest.approx(golden["chi_square"], rel=1e-4)
