"""Planted bias and tracking are found; what the sessions cannot tell says why."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.perspectives import truth_and_bias as module
from psychometrics.perspectives.truth_and_bias import truth_and_bias


def study(therapists: int = 12, clients: int = 4, sessions: int = 6, *, seed: int = 1, noise: float = 0.3):
    """Judges who rate 0.5 lower and follow half of what changes, late in therapy more than early."""
    rng = np.random.default_rng(seed)
    n = therapists * clients
    client, session = np.repeat(np.arange(n), sessions), np.tile(np.arange(1, sessions + 1), n)
    therapist = client // clients
    mean, change = rng.normal(0, 0.6, n)[client], rng.normal(0, 0.5, len(client))
    own = rng.normal(0, 0.2, therapists)[therapist] + rng.normal(0, 0.3, n)[client]
    slope = np.where(session > sessions / 2, 0.8, 0.2)
    judge = 5 + 0.6 * mean + slope * change + own + rng.normal(0, noise, len(client))
    frame = pd.DataFrame({"client": client, "session": session, "judge": judge, "truth": 5.5 + mean + change})
    return frame.assign(therapist=[f"t{code:02d}" for code in therapist])


def named(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.set_index("statistic")


def test_what_was_planted_is_found():
    rows = named(truth_and_bias(study(24, 6, 8, seed=5), draws=40, seed=1))
    for name, value in {
        "directional_bias": -0.5,
        "tracking_within": 0.5,
        "tracking_between": 0.6,
        "tracking_within_early": 0.2,
        "tracking_within_late": 0.8,
        "tracking_within_change": 0.6,
        "bias_sd_dyad": 0.3,
        "bias_sd_therapist": 0.2,
    }.items():
        low, high = rows.loc[name, ["lower", "upper"]]
        assert low < value < high, name
    assert "sessions 1 to 4 (early), 5 to 8 (late)" in rows.loc["tracking_within_change", "method"]
    assert (rows["lower"].isna() | (rows["lower"] <= rows["estimate"])).all()


def test_bias_is_counted_from_the_mean_of_the_truth():
    """Judgments that are half the truth lie below it by half its mean, whatever the slope."""
    data = study(noise=0.0)
    data["judge"] = data["truth"] / 2 + 0.01 * np.random.default_rng(1).normal(size=len(data))
    rows = named(truth_and_bias(data, draws=2))
    assert rows.loc["directional_bias", "estimate"] == pytest.approx(-data["truth"].mean() / 2, abs=0.01)
    # the slope is known nearly without error; the bias is not, since another sample has another mean
    assert rows.loc["directional_bias", "se"] > 5 * rows.loc["directional_bias", "se_given_centre"]


def test_the_error_of_the_bias_is_that_of_the_mean_difference():
    """One rating of each dyad and a slope near 0: the bias is the mean difference, with its standard error."""
    rng = np.random.default_rng(3)
    data = pd.DataFrame({"client": np.arange(60), "therapist": None, "session": 1})
    data = data.assign(truth=rng.normal(5, 1, 60), judge=rng.normal(4, 0.5, 60))
    row = named(truth_and_bias(data)).loc["directional_bias"]
    apart = data["judge"] - data["truth"]
    assert row["estimate"] == pytest.approx(apart.mean(), rel=1e-9)
    # HC2 of 60 people is not exactly the formula of equal variances
    assert row["se"] == pytest.approx(apart.std() / np.sqrt(60), rel=0.05)


def test_dyads_with_two_sessions_count_for_the_level_only():
    data = study()
    short = data["client"] < 8
    cut = data[~short | (data["session"] <= 2)]
    rows = named(truth_and_bias(cut, draws=2))
    assert rows.loc["directional_bias", "dyads"] == 48
    assert rows.loc["tracking_within", "dyads"] == 40
    # their changes from one session to the other do not matter, only their means
    changed = cut.copy()
    first = changed["client"] < 8
    changed.loc[first, "truth"] = changed[first].groupby("client")["truth"].transform("mean")
    again = named(truth_and_bias(changed, draws=2))
    assert again.loc["tracking_within", "estimate"] == pytest.approx(rows.loc["tracking_within", "estimate"], rel=1e-9)


def test_the_corrected_slope_has_an_interval_of_both_errors():
    data, rng = study(), np.random.default_rng(2)
    known = named(truth_and_bias(data, reliability=0.8, reliability_draws=np.full(100, 0.8), draws=100))
    drawn = named(truth_and_bias(data, reliability=0.8, reliability_draws=rng.normal(0.8, 0.15, 100), draws=100))
    one, two = (rows.loc["tracking_within_corrected"] for rows in (known, drawn))
    assert one["estimate"] == pytest.approx(known.loc["tracking_within", "estimate"] / 0.8)
    assert two["se"] > 1.3 * one["se"]
    assert "R_C = 0.800" in one["method"]
    assert "100 of 100 resamples of therapists" in one["method"]
    alone = named(truth_and_bias(data, reliability=0.8, draws=10)).loc["tracking_within_corrected"]
    assert np.isnan(alone["lower"]) and "was not drawn anew" in alone["note"]
    without = named(truth_and_bias(data, draws=10)).loc["tracking_within_corrected"]
    assert np.isnan(without["estimate"]) and without["note"].startswith("needs the reliability of change")


def test_a_slope_that_is_the_same_everywhere_has_an_sd_of_0():
    rng = np.random.default_rng(4)
    data = study(sessions=4)
    mean = data.groupby("client")["truth"].transform("mean")
    pull = np.tile([1, -1, -1, 1], len(data) // 4) * 0.3  # noise of the same size in every dyad: slopes do not differ
    data["truth"] = mean + np.tile([1, -1, 1, -1], len(data) // 4) * 0.5
    data["judge"] = mean + 0.4 * (data["truth"] - mean) + pull + rng.normal(0, 0.3, 48).repeat(4)
    rows = named(truth_and_bias(data, draws=20))
    assert rows.loc["tracking_sd_dyad", "estimate"] == 0
    assert "estimated as 0" in rows.loc["tracking_sd_dyad", "note"]
    assert rows.loc["bias_tracking_correlation_dyad", "note"].startswith("undefined")


def test_few_therapists_have_no_slopes_of_their_own():
    rows = named(truth_and_bias(study(6, 5), draws=10))
    assert rows.loc["tracking_sd_therapist", "note"] == module.FEW_THERAPISTS
    assert np.isfinite(rows.loc["bias_sd_therapist", "estimate"])
    assert "6 therapists, fewer than 10" in rows.loc["bias_sd_dyad", "note"]
    assert np.isfinite(rows.loc["tracking_within", ["lower", "upper"]].astype(float)).all()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.assign(therapist=None), module.NO_THERAPIST),
        (lambda data: data.assign(therapist=data["client"].astype(str)), module.ONE_DYAD),
        (lambda data: data.assign(therapist="t"), "there is one therapist"),
    ],
)
def test_without_therapists_who_have_several_clients(change, reason):
    rows = named(truth_and_bias(change(study()), draws=10))
    assert rows.loc["bias_sd_therapist", "note"].startswith(reason)
    assert f"therapists left out of the model: {reason}" in rows.loc["tracking_within", "note"]
    assert rows.loc["tracking_within", "method"].startswith("REML; CR2 by dyad")
    assert rows.loc["bias_tracking_correlation_dyad", "estimate"] is not np.nan


def test_one_session_has_a_bias_and_no_tracking_over_sessions():
    rows = named(truth_and_bias(study(sessions=1), draws=10))
    assert np.isfinite(rows.loc["directional_bias", ["estimate", "lower", "upper"]].astype(float)).all()
    assert np.isfinite(rows.loc["tracking_between", "estimate"])
    assert rows.loc["tracking_within", "note"] == module.FEW_JOINT
    assert rows.loc["bias_sd_dyad", "note"] == module.ONE_RATING
    assert rows.loc["directional_bias_change", "note"] == module.ONE_SESSION


def test_two_sessions_have_no_tracking_over_sessions():
    rows = named(truth_and_bias(study(sessions=2), draws=10))
    lacking = ["tracking_within", "tracking_within_change", "tracking_sd_dyad", "tracking_sd_therapist"]
    assert rows.loc[lacking, "note"].eq(module.FEW_JOINT).all()
    assert np.isfinite(rows.loc["directional_bias_change", "estimate"])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.assign(judge=np.nan), module.NOBODY),
        (lambda data: data.assign(judge=3.0), "the judge's ratings do not vary"),
        (lambda data: data.assign(truth=3.0), "the other's ratings do not vary"),
        (lambda data: data.head(1), "the judge's ratings do not vary"),
    ],
)
def test_nothing_can_be_told(change, reason):
    rows = truth_and_bias(change(study()), draws=10)
    assert rows["estimate"].isna().all() and rows["note"].eq(reason).all()
    assert {"directional_bias", "tracking_within", "tracking_between"} <= set(rows["statistic"])


def test_unnamed_therapists_are_counted():
    data = study()
    data.loc[data["client"] == 3, "therapist"] = None
    rows = named(truth_and_bias(data, draws=10))
    assert "1 dyad without a named therapist left out" in rows.loc["tracking_within", "note"]
    assert rows.loc["directional_bias", "dyads"] == 47


def test_serial_residuals_are_an_option():
    rows = named(truth_and_bias(study(6, 4), serial=True, draws=2))
    assert np.isfinite(rows.loc["serial_correlation", "estimate"])
    assert "serial_correlation" not in set(truth_and_bias(study(6, 4), draws=2)["statistic"])
