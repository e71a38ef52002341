"""Planted growth is found, numbers that can be made by hand are, and what cannot be computed says why."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.course import serial_growth
from psychometrics.course.growth import FEW, INTERCEPTS, NO_TIMES, OF_DYADS
from psychometrics.course.growth_rows import growth_of_scores
from psychometrics.course.levels import CONSTANT, NO_THERAPIST, NOT_REPEATED, ONE_EACH, WITHIN_CONSTANT
from psychometrics.course.own_changes import own_changes, slope_reliability
from psychometrics.course.time_shapes import Shape
from psychometrics.mixed_models.component_values import covariances_of


def by_statistic(rows: pd.DataFrame, term: str = "") -> pd.DataFrame:
    single = rows[~rows["statistic"].isin(["growth_aicc_difference", "growth_weight", "growth_expected"])]
    return single[single["term"] == term].drop_duplicates("statistic").set_index("statistic")


def best(rows: pd.DataFrame) -> str:
    weights = rows[rows["statistic"] == "growth_weight"]
    return weights.loc[weights["estimate"].idxmax(), "model"]


@pytest.mark.parametrize(
    ("shape", "mean"),
    [
        ("none", lambda time: 0.0 * time),
        ("linear", lambda time: 0.15 * time),
        ("log", lambda time: 0.9 * np.log1p(time)),
        ("quadratic", lambda time: 0.5 * time - 0.06 * time**2),
        ("two-piece", lambda time: 0.35 * np.maximum(time - 3, 0)),
    ],
)
def test_the_planted_shape_has_the_largest_weight(planted, shape, mean):
    rows, _ = growth_of_scores(planted(mean=mean, slope_sd=0.0 if shape == "none" else 0.1), bounds=[4], draws=0)
    assert best(rows) == shape
    weights = rows.loc[rows["statistic"] == "growth_weight", "estimate"]
    assert weights.sum() == pytest.approx(1)


def test_planted_change_and_differences_of_slopes(planted):
    frame = planted(dyads=200, therapists=40, mean=lambda time: 0.1 * time, slope_sd=0.12)
    rows, growth = growth_of_scores(frame, draws=40)
    found = by_statistic(rows)
    assert growth.horizon == 7 and growth.chosen.random == OF_DYADS
    change = found.loc["growth_change"]
    assert change["lower"] < 0.7 < change["upper"]
    # 200 dyads: the standard error of an SD is about 5% of it
    spread = by_statistic(rows, "dyad")
    assert spread.loc["slope_sd", "estimate"] == pytest.approx(0.12, rel=0.2)
    assert spread.loc["slope_sd", "lower"] < 0.12 < spread.loc["slope_sd", "upper"]
    # by hand: SST of eight sessions is 42
    error = growth.fit.residual_covariance.iloc[0, 0]
    tau = spread.loc["slope_sd", "estimate"] ** 2
    assert found.loc["slope_reliability", "estimate"] == pytest.approx(tau / (tau + error / 42), rel=1e-9)
    first = frame[frame["session"] == 1]
    sd, d = first["score"].std(), found.loc["growth_change_d"]
    assert d["estimate"] == pytest.approx(change["estimate"] / sd, rel=1e-9)
    # the variance of the SD by hand: sums of influence over therapists, with 40 / 39
    sums = ((first["score"] - first["score"].mean()) ** 2 - sd**2).groupby(first["therapist"]).sum()
    of_sd = np.sqrt(40 / 39 * (sums**2).sum()) / (2 * sd**2 * (len(first) - 1))
    assert 0.03 < of_sd < 0.08  # of 200 independent values of a normal distribution: 1 / sqrt(2 x 199) = .05
    assert d["se"] == pytest.approx(np.hypot(change["se"] / sd, d["estimate"] * of_sd), rel=1e-9)
    assert (d["upper"] - d["estimate"]) / d["se"] == pytest.approx(
        (change["upper"] - change["estimate"]) / change["se"]
    )


def test_levels_speak_of_the_origin(planted):
    frame = planted(mean=lambda time: 0.2 * time, slope_sd=0.1)
    named = {
        origin: by_statistic(growth_of_scores(frame, origin=origin, draws=0)[0]) for origin in ("first", "last", 8)
    }
    first, last, eight = (found.loc["growth_level"] for found in named.values())
    change = named["first"].loc["growth_change", "estimate"]
    assert last["estimate"] - first["estimate"] == pytest.approx(change, rel=1e-6)
    assert eight["estimate"] == pytest.approx(last["estimate"]) and "session 8" in eight["method"]


def test_own_changes_are_least_squares(planted):
    frame = planted(dyads=40, keep=0.8, mean=lambda time: 0.2 * time, slope_sd=0.1)
    _, growth = growth_of_scores(frame, draws=0)
    own = own_changes(growth)
    one = frame[frame["dyad"] == own.dyads[3]]
    slope = np.polyfit(one["time"], one["score"], 1)[0]
    assert own.change[3] == pytest.approx(slope * growth.horizon, rel=1e-8)
    sst = ((one["time"] - one["time"].mean()) ** 2).sum()
    assert own.error[3] == pytest.approx(growth.horizon**2 / sst, rel=1e-8)


def test_changes_beyond_chance_are_few_where_nothing_changes(planted):
    rows, _ = growth_of_scores(planted(dyads=300, therapists=60, seed=5), draws=0)
    found = by_statistic(rows)
    both = found.loc["increase_beyond_chance", "estimate"] + found.loc["decrease_beyond_chance", "estimate"]
    # 5% of 300 dyads, give or take three standard errors
    assert both == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / 300))


def test_what_carries_over_is_no_slope(planted):
    frame = planted(dyads=300, therapists=30, sessions=6, mean=lambda time: 0.1 * time, slope_sd=0.1, phi=0.4, keep=0.9)
    rows, growth = growth_of_scores(frame, draws=0)
    found, spread = by_statistic(rows), by_statistic(rows, "dyad")
    assert found.loc["serial_aicc_difference", "estimate"] < -2
    assert found.loc["growth_serial_correlation", "lower"] < 0.4 < found.loc["growth_serial_correlation", "upper"]
    assert spread.loc["slope_sd_ar1", "lower"] < 0.1 < spread.loc["slope_sd_ar1", "upper"]
    assert spread.loc["slope_sd", "lower"] > 0.1 and "see slope_sd_ar1" in spread.loc["slope_sd", "note"]
    # of independent residuals it is the usual reliability
    own = own_changes(growth)
    covariance = covariances_of(growth.fit.deviance_of, growth.fit.parameters[None], np.ones(1))
    independent = slope_reliability(growth, own)(covariance)
    assert serial_growth._reliability(growth, own)(covariance) == pytest.approx(independent)


def test_therapists_that_differ_in_slopes(planted):
    frame = planted(dyads=120, therapists=20, mean=lambda time: 0.1 * time, slope_sd=0.05)
    steep = np.random.default_rng(3).normal(0, 0.3, 20)[frame["therapist"].astype(int)]
    rows, _ = growth_of_scores(frame.assign(score=frame["score"] + steep * (frame["time"] - 1)), draws=0)
    assert 0.15 < by_statistic(rows, "therapist").loc["slope_sd", "estimate"] < 0.5
    tests = rows[(rows["statistic"] == "slope_variance_test") & (rows["term"] == "therapist")]
    assert tests["p"].iloc[0] < 0.001


def test_two_sessions_have_a_line_without_slopes(planted):
    rows, growth = growth_of_scores(planted(sessions=2), draws=0)
    assert growth.chosen.random == INTERCEPTS and growth.chosen.shape == Shape("linear")
    missing = rows[(rows["statistic"] == "slope_sd") & (rows["term"] == "dyad")].iloc[0]
    assert np.isnan(missing["estimate"]) and "cannot be told from the residuals" in missing["note"]
    log = rows[(rows["statistic"] == "growth_aicc_difference") & (rows["model"] == "log")].iloc[0]
    assert log["note"] == "needs three measurement occasions: there are 2"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda frame: frame.assign(score=3.0), CONSTANT),
        (lambda frame: frame.assign(score=frame["client"] / 10), WITHIN_CONSTANT),
        (lambda frame: frame[frame["session"] == 1], NOT_REPEATED),
        (lambda frame: frame.assign(time=2.0), NO_TIMES),
        (lambda frame: frame.iloc[:0], CONSTANT),
    ],
)
def test_what_cannot_be_computed_says_why(planted, change, reason):
    rows, growth = growth_of_scores(change(planted(dyads=20, therapists=4)), draws=0)
    assert growth is None and rows["note"].tolist() == [reason] and rows["estimate"].isna().all()


@pytest.mark.parametrize(
    ("therapist", "reason"), [(lambda frame: None, NO_THERAPIST), (lambda frame: frame["dyad"], ONE_EACH)]
)
def test_dyads_alone_where_therapists_cannot_be_told(planted, therapist, reason):
    frame = planted(mean=lambda time: 0.2 * time, slope_sd=0.1)
    rows, growth = growth_of_scores(frame.assign(therapist=therapist(frame)), draws=0)
    assert growth.levels == ["dyad"]
    assert rows["note"].str.contains(reason, regex=False).all()


def test_thirty_people_of_five_therapists(planted):
    rows, _ = growth_of_scores(planted(dyads=30, therapists=5, mean=lambda time: 0.3 * time), draws=20)
    assert by_statistic(rows).loc["growth_change", "lower"] > 0
    spread = by_statistic(rows, "dyad").loc["slope_sd"]
    assert np.isnan(spread["lower"]) and "fewer than 10" in spread["note"]
    assert rows.loc[rows["random"] == "slopes of dyads and therapists", "note"].iloc[0] == FEW
