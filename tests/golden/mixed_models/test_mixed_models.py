"""Mixed models agree with lme4, nlme and clubSandwich: nested and crossed, both roles at once, serial residuals."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, Residual, example_answers, mixed_model
from psychometrics.mixed_models.correlation_profiles import correlation_profiles, profile_limits

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "mixed_models.json").read_text())
PROFILES = json.loads((HERE / "profiles.json").read_text())
# both optimisers stop where the criterion changes by about 1e-9; the rest is left for nlme, which differentiates
# numerically
CRITERION = 1e-6
# the criterion is flat at its minimum: what differs by 1e-9 there can differ by 1e-5 in the estimates
ESTIMATE = 1e-4


def both_roles():
    answers = example_answers()
    both = answers[["client", "therapist"]].assign(own=answers.filter(regex="wai_[0-9]").mean(axis=1))
    both = both.assign(other=answers["wai_therapist"]).rename(columns={"own": "of_client", "other": "of_therapist"})
    long = both.melt(["client", "therapist"], var_name="role", value_name="rating")
    return long.assign(role=long["role"].str.removeprefix("of_"))


@cache
def data_of(name):
    if name == "example":
        return both_roles()
    if name in ("sessions", "raters"):
        frame = pd.read_csv(HERE.parent / "data" / f"{name}.csv")
        return frame.assign(score=frame.filter(regex=r"^i\d").mean(axis=1))
    return pd.read_csv(HERE / f"{name}.csv")


CLIENT_ROLES = [Block("therapist"), Block("client", ["role"])]
MODELS = {
    "sleepstudy": ("sleepstudy", "Reaction", ["1", "Days"], [Block("Subject", ["1", "Days"])], {}),
    "sleepstudy_ml": (
        "sleepstudy",
        "Reaction",
        ["1", "Days"],
        [Block("Subject", ["1", "Days"])],
        {"restricted": False},
    ),
    "sleepstudy_uncorrelated": ("sleepstudy", "Reaction", ["1", "Days"], [Block("Subject", ["1", "Days"], False)], {}),
    "penicillin": ("penicillin", "diameter", ["1"], [Block("plate"), Block("sample")], {}),
    "pastes": ("pastes", "strength", ["1"], [Block("batch"), Block("sample")], {}),
    "orthodont": (
        "orthodont",
        "distance",
        ["1", "age", "sex"],
        [Block("subject", ["1", "age"])],
        {"residual": Residual(by="sex")},
    ),
    "orthodont_ml": (
        "orthodont",
        "distance",
        ["1", "age", "sex"],
        [Block("subject")],
        {"residual": Residual(by="sex"), "restricted": False},
    ),
    "ovary": (
        "ovary",
        "follicles",
        ["1", "sine", "cosine"],
        [Block("mare")],
        {"residual": Residual(within="mare", time="time")},
    ),
    "sessions": ("sessions", "score", ["1", "session"], [Block("client", ["1", "session"]), Block("therapist")], {}),
    "sessions_ar1": (
        "sessions",
        "score",
        ["1", "session"],
        [Block("therapist"), Block("client")],
        {"residual": Residual(within="client", time="session")},
    ),
    "example": (
        "example",
        "rating",
        ["role"],
        [Block("therapist", ["role"])],
        {"residual": Residual(by="role", within="client", correlated=True)},
    ),
    "roles": (
        "roles",
        "score",
        ["role", "role:session"],
        [Block("therapist", ["role"]), Block("client", ["role"])],
        {},
    ),
    "roles_ar1": (
        "roles",
        "score",
        ["role"],
        CLIENT_ROLES,
        {"residual": Residual(by="role", within="client", time="session")},
    ),
    "roles_sessions": (
        "roles",
        "score",
        ["role"],
        CLIENT_ROLES,
        {"residual": Residual(by="role", within=["client", "session"], correlated=True)},
    ),
    "few": ("few", "score", ["1"], [Block("therapist"), Block("client")], {}),
    "raters": ("raters", "score", ["1"], [Block("client"), Block("rater")], {}),
    "gls": ("example", "rating", ["role"], [], {"residual": Residual(by="role", within="client", correlated=True)}),
}


@cache
def fit_of(model):
    name, outcome, fixed, blocks, more = MODELS[model]
    return mixed_model(data_of(name), outcome, fixed, blocks, **more)


def near(expected):
    return pytest.approx(expected, rel=ESTIMATE, abs=ESTIMATE)


@pytest.mark.parametrize("model", MODELS)
def test_criterion_and_fixed_effects(model):
    fit, golden = fit_of(model), GOLDEN[model]
    assert fit.deviance == pytest.approx(golden["criterion"], abs=CRITERION)
    assert (fit.n, fit.n_parameters) == (golden["n"], golden["parameters"])
    assert fit.aic == pytest.approx(golden["aic"], abs=CRITERION)
    rows = fit.fixed_effects()
    assert rows["estimate"].tolist() == near(list(golden["fixed"].values()))
    assert rows["se_model"].tolist() == near(np.atleast_1d(golden["se_model"]).tolist())


@pytest.mark.parametrize("model", MODELS)
def test_variances_and_correlations(model):
    fit, golden = fit_of(model), GOLDEN[model]
    blocks = golden.get("blocks", {})
    assert len(blocks) == len(fit.covariances) or model == "sleepstudy_uncorrelated"
    for name, matrix in blocks.items():
        if model == "sleepstudy_uncorrelated":
            place = 1 if name.endswith(".1") else 0
            assert fit.covariances["Subject"].iloc[place, place] == near(matrix[0][0])
        else:
            # a variance of 600 is as good as one of 1 in relation to it; one of 0 is 6e-16 in lme4
            atol = ESTIMATE * np.max(matrix) + 1e-9
            np.testing.assert_allclose(fit.covariances[name], matrix, rtol=ESTIMATE, atol=atol)
    residual, found = golden["residual"], fit.residual_covariance
    if isinstance(residual, dict):
        assert {name: found.loc[name, name] for name in found} == near(residual)
    else:
        assert found.iloc[0, 0] == near(residual)
    if "correlation" in golden:
        rows = fit.components().query("group == 'residual' and statistic != 'variance'")
        assert rows["estimate"].item() == near(golden["correlation"])


@pytest.mark.parametrize("model", [model for model in MODELS if GOLDEN[model].get("cr2")])
def test_cluster_robust_standard_errors(model):
    rows, golden = fit_of(model).fixed_effects(), GOLDEN[model]["cr2"]
    assert rows["se"].tolist() == near(np.atleast_1d(golden["se"]).tolist())
    # degrees of freedom are a ratio of fourth powers: they carry four times the relative error of the components
    assert rows["df"].tolist() == pytest.approx(np.atleast_1d(golden["df"]).tolist(), rel=4 * ESTIMATE)


def test_a_difference_of_slopes():
    weights = pd.DataFrame({"role[client]:session": [1.0], "role[therapist]:session": [-1.0]})
    row, golden = fit_of("roles").contrasts(weights).iloc[0], GOLDEN["roles"]["contrast"]
    assert row[["estimate", "se"]].tolist() == near([golden["estimate"], golden["se"]])
    assert row["df"] == pytest.approx(golden["df"], rel=4 * ESTIMATE)


@pytest.mark.parametrize("model", [model for model in MODELS if "random" in GOLDEN[model]])
def test_random_effects(model):
    fit, golden = fit_of(model), GOLDEN[model]
    assert fit.bic == pytest.approx(golden["bic"], abs=CRITERION)
    for name, first in golden["random"].items():
        found = fit.random_effects(name)
        found = found.set_axis(found.index.astype(str)).loc[golden["groups"][name]]
        expected = np.column_stack(list(first.values()))
        np.testing.assert_allclose(found, expected, rtol=ESTIMATE, atol=ESTIMATE * max(1, np.abs(expected).max()))


def test_estimates_on_the_edge_are_results_with_a_note():
    few = fit_of("few").components().set_index(["group", "term"])
    assert few.loc[("therapist", "1"), "estimate"] == pytest.approx(0, abs=1e-9)
    assert "estimated as 0" in few.loc[("therapist", "1"), "note"]
    # lme4 gives a correlation of 1 as well
    slopes = fit_of("sessions").components().query("statistic == 'correlation'").iloc[0]
    assert slopes["estimate"] == pytest.approx(1, abs=1e-6) and "on the edge" in slopes["note"]


@pytest.mark.parametrize(
    ("name", "outcome", "fixed", "group", "slope"),
    [
        ("sleepstudy", "Reaction", ["1", "Days"], "Subject", "Days"),
        # any correlation of 27 children is possible
        ("orthodont", "distance", ["1", "age", "sex"], "subject", "age"),
    ],
)
def test_limits_of_a_correlation_by_profile_likelihood(name, outcome, fixed, group, slope):
    fit = mixed_model(data_of(name), outcome, fixed, [Block(group, ["1", slope])], restricted=False)
    rise = correlation_profiles(fit)[group]
    # the square of the normal quantile; both interpolate between correlations, here 19 of them
    assert profile_limits(rise, 1.959964**2) == pytest.approx(PROFILES[name], abs=0.006)
