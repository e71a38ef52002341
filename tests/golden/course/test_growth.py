"""Against lme4, nlme and clubSandwich; see SOURCE.md for the data, the versions and the tolerances."""

import json
from pathlib import Path

import pandas as pd
import pytest

from psychometrics.course.dropout import dropout_rows
from psychometrics.course.growth_rows import growth_of_scores
from psychometrics.course.variance_over_course import variance_over_course

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "growth.json").read_text())
NAMES = ["own", "sleepstudy", "orthodont"]
SEARCH = {"rel": 1e-4, "abs": 1e-5}
CRITERION = {"abs": 1e-5}  # differences of deviances, flat at their minimum
DF = {"rel": 4e-4}  # ratios of fourth powers


def scores(name: str) -> pd.DataFrame:
    if name == "own":
        frame = pd.read_csv(HERE / "growth.csv")
        return frame.assign(dyad=frame["client"].astype(str), time=frame["session"].astype(float))
    frame = pd.read_csv(HERE.parent / "mixed_models" / f"{name}.csv").rename(
        columns={"Reaction": "score", "distance": "score", "Subject": "dyad", "subject": "dyad"}
    )
    time = frame["Days"] if name == "sleepstudy" else frame["age"]
    return frame.assign(client=frame["dyad"], therapist=None, session=time, time=time.astype(float))


def grown(name: str):
    rows, growth = growth_of_scores(scores(name), bounds=[5.0] if name == "own" else [], draws=0)
    return rows, growth, GOLDEN["growth"][name]


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_slopes(name):
    rows, growth, golden = grown(name)
    assert growth.chosen.random == "slopes of dyads"
    found = rows[rows["statistic"] == "growth_aicc_difference"].dropna(subset="estimate").set_index("model")["estimate"]
    assert found.to_dict() == pytest.approx(golden["aicc"], **CRITERION)
    if golden.get("ratio"):
        tests = rows[(rows["statistic"] == "slope_variance_test") & (rows["random"] == "slopes of dyads")]
        assert tests["estimate"].iloc[0] == pytest.approx(golden["ratio"], **CRITERION)


@pytest.mark.parametrize("name", NAMES)
def test_change_and_differences_of_dyads(name):
    rows, _, golden = grown(name)
    by_term = rows.drop_duplicates(["statistic", "term"], keep="last").set_index(["statistic", "term"])
    change = by_term.loc["growth_change", ""]
    for end in ("estimate", "se", "lower", "upper"):
        assert change[end] == pytest.approx(golden["change" if end == "estimate" else end], **SEARCH), end
    assert change["df"] == pytest.approx(golden["df"], **DF)
    pairs = {
        ("growth_change_d", ""): "change_d",
        ("growth_level", ""): "level",
        ("level_sd", "dyad"): "level_sd",
        ("slope_sd", "dyad"): "slope_sd",
        ("level_slope_r", "dyad"): "level_slope_r",
        ("slope_reliability", ""): "reliability",
    }
    if name == "own":
        pairs[("level_sd", "therapist")] = "therapist_sd"
    for key, of_r in pairs.items():
        assert by_term.loc[key, "estimate"] == pytest.approx(golden[of_r], **SEARCH), key
    assert by_term.loc[("slope_reliability", ""), "dyads"] == golden["dyads"]


@pytest.mark.parametrize("name", NAMES)
def test_shares_and_serial_correlation(name):
    golden = GOLDEN["variance"][name]
    rows = variance_over_course(scores(name), draws=0)
    named = {"dyad": "share_dyad", "therapist": "share_therapist", "Residual": "share_session"}
    own = rows[rows["residuals"] == "independent"].set_index("statistic")["estimate"]
    for of_r, statistic in named.items():
        if of_r in golden["shares"]:
            assert own[statistic] == pytest.approx(golden["shares"][of_r], **SEARCH), statistic
    serial = rows[rows["residuals"] == "AR(1)"].set_index("statistic")["estimate"]
    assert serial["serial_correlation"] == pytest.approx(golden["phi"], **SEARCH)
    parts = {level: value for level, value in golden["serial"].items() if value}
    for level, value in parts.items():
        assert serial[f"share_{level}"] == pytest.approx(value / sum(parts.values()), **SEARCH), level


def test_slopes_beside_residuals_that_follow_each_other():
    rows, growth = growth_of_scores(scores("own"), draws=0)
    assert growth.chosen.shape.name == "quadratic" and growth.chosen.random == "slopes of dyads"
    found = rows.drop_duplicates("statistic", keep="last").set_index("statistic")["estimate"]
    assert found["growth_serial_correlation"] == pytest.approx(GOLDEN["serial"]["phi"], **SEARCH)
    assert found["slope_sd_ar1"] == pytest.approx(GOLDEN["serial"]["slope_sd"], **SEARCH)


def test_courses_of_both_endings():
    frame = scores("own")
    rows, growth, _ = grown("own")
    ended = frame.drop_duplicates("dyad").set_index("dyad")["ended"]
    change = rows[rows["statistic"] == "growth_change"].iloc[0]
    found = dropout_rows(growth, change, ended, "session", 0.95)
    found = found[found["statistic"] == "change_by_ending"]
    # nobody who dropped out was rated beyond the bound, so that a line takes the place of two
    assert found["method"].str.contains("linear").all()
    for name in ("change", "se"):
        own = found["estimate" if name == "change" else name]
        assert own.tolist() == pytest.approx(GOLDEN["ending"][name], **SEARCH), name
    assert found["df"].tolist() == pytest.approx(GOLDEN["ending"]["df"], **DF)
