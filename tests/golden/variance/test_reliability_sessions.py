"""Repeated sessions agree with lavaan (two levels), lme4 (variance components) and psych (Cranford's coefficients)."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.variance.decision_study import cranford
from psychometrics.variance.generalizability import COMPONENTS, deviance, session_moments, variance_components
from psychometrics.variance.retest import retest
from psychometrics.variance.sessions import repeated_sessions
from psychometrics.variance.two_level import two_level_covariance
from psychometrics.variance.two_level_moments import two_level_moments
from psychometrics.variance.two_level_omega import two_level_factor

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "reliability" / "sessions.json").read_text())
ANSWERS = pd.read_csv(HERE / "data" / "sessions.csv")
ITEMS = [column for column in ANSWERS if column.startswith("i")]


def answers(name):
    if name == "unbalanced":
        return ANSWERS
    early = ANSWERS[ANSWERS["session"] <= 3]
    return early[early.groupby("client")["session"].transform("size") == 3]


@pytest.mark.parametrize("name", ["unbalanced", "balanced"])
def test_two_levels(name):
    golden, frame = GOLDEN[name]["levels"], answers(name)
    moments = two_level_moments(frame[ITEMS], frame["client"])
    saturated = two_level_covariance(moments)
    # lavaan's optimiser stops at a gradient of about 1e-5
    np.testing.assert_allclose(saturated.within[0], golden["within"], atol=1e-4)
    np.testing.assert_allclose(saturated.between[0], golden["between"], atol=1e-4)
    np.testing.assert_allclose(saturated.mean[0], golden["mean"], atol=1e-4)
    factor = two_level_factor(moments, saturated.within[0], saturated.between[0])
    np.testing.assert_allclose(factor.loadings_within[0], golden["loadings_within"], atol=1e-5)
    np.testing.assert_allclose(factor.loadings_between[0], golden["loadings_between"], atol=1e-5)


@pytest.mark.parametrize("name", ["unbalanced", "balanced"])
def test_coefficients(name):
    golden, frame = GOLDEN[name]["levels"], answers(name)
    rows = repeated_sessions(frame[ITEMS], frame["client"], frame["session"], draws=0).rows.set_index("statistic")
    for level in ("within", "between"):
        # the covariances agree to 5e-5, psych's minres loadings to 1e-5
        assert rows["estimate"][f"alpha_{level}"] == pytest.approx(golden[f"alpha_{level}"], abs=5e-5)
        assert rows["estimate"][f"omega_{level}"] == pytest.approx(golden[f"omega_{level}_minres"], abs=5e-5)
        assert rows["estimate"][f"omega_{level}_ml"] == pytest.approx(golden[f"omega_{level}"], abs=5e-6)
    assert rows["n"].unique() == golden["clients"]
    assert rows["administrations"].unique() == golden["administrations"]


@pytest.mark.parametrize("name", ["unbalanced", "balanced"])
def test_variance_components(name):
    golden, frame = GOLDEN[name]["components"], answers(name)
    moments = session_moments(frame[ITEMS], frame["client"], frame["session"])
    found = variance_components(moments)
    expected = np.array([golden[component] for component in COMPONENTS])
    # both sets have a component at its bound of 0, found by lme4 as well
    np.testing.assert_allclose(found[0], expected, atol=1e-6)
    assert deviance(found[:, None], moments)[0, 0] <= deviance(expected[None, None], moments)[0, 0] + 1e-8


def test_cranford():
    golden = GOLDEN["psych"]
    found = cranford([golden["components"]], 3, len(ITEMS))
    for name in ("R_KF", "R_1R", "R_KR", "R_C"):
        assert found[name.lower()][0] == pytest.approx(golden[name], abs=1e-12)


def test_retest():
    golden = GOLDEN["retest"]
    score = ANSWERS.assign(score=ANSWERS[ITEMS].mean(axis=1)).pivot(index="client", columns="session", values="score")
    rows = retest(score[1], score[2], draws=0).set_index("statistic")
    assert rows["n"]["retest_r"] == golden["n"]
    assert rows["estimate"]["retest_r"] == pytest.approx(golden["r"], abs=1e-12)
    assert rows["estimate"]["retest_icc"] == pytest.approx(golden["icc_agreement"], abs=1e-12)
