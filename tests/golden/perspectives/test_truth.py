"""Truth and bias, actor and partner against lme4, nlme, clubSandwich and lavaan; see SOURCE.md."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import Block, Residual, mixed_model
from psychometrics.perspectives.actor_partner import actor_partner
from psychometrics.perspectives.truth_and_bias import truth_and_bias

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "truth.json").read_text())
SEARCH = {"rel": 1e-4, "abs": 1e-5}
FLAT = {"rel": 2e-3, "abs": 2e-4}  # where the criterion is flat, or nlme stops early
FILES = {"dyads": "dyads.csv", "few": "few_therapists.csv"}


def ratings(name: str, judge: str) -> pd.DataFrame:
    truth = "client" if judge == "therapist" else "therapist"
    return pd.read_csv(HERE / FILES[name]).rename(columns={f"by_{judge}": "judge", f"by_{truth}": "truth"})


def by_name(rows: pd.DataFrame, column: str = "estimate") -> dict:
    return rows.set_index("statistic")[column].to_dict()


@pytest.mark.parametrize("judge", ["therapist", "client"])
@pytest.mark.parametrize("name", FILES)
def test_truth_and_bias(name, judge):
    golden = GOLDEN["truth"][name][judge]
    rows = truth_and_bias(ratings(name, judge), draws=2)
    found, error, freedom = by_name(rows), by_name(rows, "se"), by_name(rows, "df")
    assert set(rows["n"]) == {golden["n"]}
    slopes = ["directional_bias", "tracking_within", "tracking_between"]
    assert [found[slope] for slope in slopes] == pytest.approx(golden["fixed"]["estimate"], **SEARCH)
    given = by_name(rows, "se_given_centre")["directional_bias"]
    assert [given, *(error[slope] for slope in slopes[1:])] == pytest.approx(golden["fixed"]["se"], **FLAT)
    assert [freedom[slope] for slope in slopes[1:]] == pytest.approx(golden["fixed"]["df"][1:], **FLAT)
    assert [found["bias_sd_dyad"], found["tracking_sd_dyad"]] == pytest.approx(golden["client"]["sd"], **FLAT)
    assert found["bias_tracking_correlation_dyad"] == pytest.approx(golden["client"]["correlation"], **FLAT)
    of_therapists = [found["bias_sd_therapist"], found["tracking_sd_therapist"]]
    expected = np.atleast_1d(golden["therapist"]["sd"])
    assert of_therapists[: len(expected)] == pytest.approx(expected, **FLAT)
    assert found["residual_sd"] == pytest.approx(golden["residual"], **SEARCH)
    changes = ["directional_bias_change", "tracking_within_change"]
    assert [found[change] for change in changes] == pytest.approx(golden["change"], **SEARCH)
    assert [error[change] for change in changes] == pytest.approx(golden["change_se"], **FLAT)
    assert [freedom[change] for change in changes] == pytest.approx(golden["change_df"], **FLAT)
    parts = dict(zip(golden["effects"], golden["parts"], strict=True))
    early = [found["directional_bias_early"], found["tracking_within_late"]]
    assert early == pytest.approx([parts["early"], parts["late:within"]], **SEARCH)


def test_serial_residuals():
    golden = GOLDEN["serial"]
    rows = truth_and_bias(ratings("few", "therapist"), serial=True, draws=2)
    found = by_name(rows)
    slopes = ["directional_bias", "tracking_within", "tracking_between"]
    assert [found[slope] for slope in slopes] == pytest.approx(golden["fixed"], **FLAT)
    assert found["serial_correlation"] == pytest.approx(golden["phi"], **FLAT)
    assert [found["bias_sd_dyad"], found["tracking_sd_dyad"]] == pytest.approx(golden["client"], **FLAT)
    assert found["residual_sd"] == pytest.approx(golden["residual"], **FLAT)


def test_a_role_alone():
    data = pd.read_csv(HERE / "outcomes.csv")
    rows = actor_partner(data, {"by_client": "of_client"}, baseline=["before"], draws=2)
    golden = GOLDEN["alone"]
    for name, key in (("estimate", "estimate"), ("se", "se"), ("df", "df")):
        assert rows[name].tolist()[:2] == pytest.approx(golden[key][1:3], **FLAT)


def test_both_roles_without_therapists():
    """Generalized least squares with a residual variance of each role and their correlation."""
    data, golden = pd.read_csv(HERE / "outcomes.csv"), GOLDEN["both"]
    outcomes = {"by_client": "of_client", "by_therapist": "of_therapist"}
    rows = actor_partner(data.assign(therapist=None), outcomes, draws=20)
    names = {"client": "by_client", "therapist": "by_therapist"}
    for place, effect in enumerate(golden["effects"]):
        role, _, path = effect.removeprefix("role").partition(":")
        if path:
            statistic = {"own": "actor_path", "partner": "partner_path"}[path]
            row = rows[(rows["role"] == names[role]) & (rows["statistic"] == statistic)].iloc[0]
            expected = [golden["fixed"][name][place] for name in ("estimate", "se", "df")]
            assert row[["estimate", "se", "df"]].tolist() == pytest.approx(expected, **FLAT)
    assert rows["estimate"].iloc[-1] == pytest.approx(golden["residual"], **SEARCH)
    # each equation has the same predictors, so that the paths, and k, are those of maximum likelihood
    for role, name in names.items():
        own = rows[rows["role"] == name].set_index("statistic")["estimate"]
        assert own[["actor_path", "partner_path", "partner_actor_ratio"]].tolist() == pytest.approx(
            GOLDEN["ml"][role], **FLAT
        )
    assert rows["estimate"].iloc[-1] == pytest.approx(GOLDEN["ml"]["residual"], **FLAT)
    own = rows[rows["role"] == "by_client"].set_index("statistic")["estimate"]
    standardized = own[["actor_path_standardized", "partner_path_standardized"]].tolist()
    assert standardized == pytest.approx(GOLDEN["ml"]["standardized"], **FLAT)


def test_within_and_between_dyads():
    data = pd.read_csv(HERE / "few_therapists.csv").merge(pd.read_csv(HERE / "session_outcomes.csv"))
    rows = actor_partner(data, {"by_client": "y"}, sessions=True, draws=2)
    paths, golden = rows[rows["statistic"].isin(["actor_path", "partner_path"])], GOLDEN["split"]
    for name in ("estimate", "se", "df"):
        assert paths[name].tolist() == pytest.approx(golden[name][1:], **FLAT)


def test_the_model_of_both_roles_over_sessions_is_that_of_the_engine():
    """Random effects of dyads and therapists by role, and residuals that correlate within a session."""
    data = pd.read_csv(HERE / "few_therapists.csv").merge(pd.read_csv(HERE / "session_outcomes.csv"))
    data = data[data["session"] < 4]
    data["z"] = data["by_therapist"] - data["y"] / 5 + np.random.default_rng(1).normal(size=len(data))
    rows = actor_partner(data, {"by_client": "y", "by_therapist": "z"}, sessions=True, draws=2)
    assert set(rows["n"]) == {2 * len(data)}
    mean = data.groupby("client")[["by_client", "by_therapist"]].transform("mean")
    one = {"c_w": data["by_client"] - mean["by_client"], "t_w": data["by_therapist"] - mean["by_therapist"]}
    one |= {"c_b": mean["by_client"], "t_b": mean["by_therapist"]}
    frame = data.assign(**one)
    long = pd.concat([frame.assign(role=role, out=frame[out]) for role, out in (("client", "y"), ("therapist", "z"))])
    residual = Residual(by="role", within=["client", "session"], correlated=True)
    blocks = [Block("therapist", ["role"]), Block("client", ["role"])]
    fit = mixed_model(long, "out", ["role", *(f"role:{name}" for name in one)], blocks, residual=residual)
    expected = fit.fixed_effects().set_index("term")
    own = rows.set_index(["statistic", "role", "part"])
    for path, name in {
        ("actor_path", "by_client", "within"): "role[client]:c_w",
        ("partner_path", "by_therapist", "between"): "role[therapist]:c_b",
    }.items():
        here = expected.loc[name, ["estimate", "se"]].tolist()
        # the same model in other units of the predictors: the search ends where the criterion changes by 1e-9
        assert own.loc[path, ["estimate", "se"]].tolist() == pytest.approx(here, rel=1e-4)
