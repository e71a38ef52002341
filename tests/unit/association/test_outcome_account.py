"""The account against analytic truths, a published example, and where a step cannot be taken."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.outcome_account import (
    NO_CHANGE,
    NO_DIFFERENCE,
    NO_OTHER,
    NO_RELIABILITY,
    NO_THERAPIST,
    ONE_EACH,
    ONE_SESSION,
    gain,
    generalizability_of_mean,
    outcome_account,
)
from psychometrics.not_computable import NotComputable

# what is planted: standard deviation of a rating about its dyad, of the other's bias, slopes of the outcome
NOISE, BIAS, SLOPE, OF_CHANGE = 0.6, 0.8, 0.5, 0.4


def simulate(n: int, sessions: int, *, of_one: int = 10, seed: int = 1) -> dict:
    """Dyads of therapists; variance of the alliance 1, of which therapists make .2; outcome by alliance and change."""
    rng = np.random.default_rng(seed)
    therapist = np.arange(n) // of_one
    of_therapist = np.sqrt(0.2) * rng.normal(size=therapist[-1] + 1)[therapist]
    dyad = of_therapist + np.sqrt(0.8) * rng.normal(size=n)
    change = 0.5 * dyad + rng.normal(size=n)
    outcome = SLOPE * dyad + OF_CHANGE * change + rng.normal(size=n)
    own = dyad[:, None] + NOISE * rng.normal(size=(n, sessions))
    other = dyad[:, None] + BIAS * rng.normal(size=(n, 1)) + NOISE * rng.normal(size=(n, sessions))
    return {
        "alliance": pd.DataFrame(own),
        "outcome": outcome,
        "therapists": therapist,
        "change": change,
        "other": pd.DataFrame(other),
    }


def truths(m: int) -> dict:
    """What the simulated numbers are in an infinite sample with m sessions."""
    # outcome = (SLOPE + OF_CHANGE / 2) dyad + OF_CHANGE e + e'
    cov = SLOPE + OF_CHANGE / 2
    variance = cov**2 + OF_CHANGE**2 + 1
    mean = 1 + NOISE**2 / m
    whole = cov**2 / (mean * variance)
    # variance of change 1.25, its covariance with the alliance .5, with the outcome .5 SLOPE + 1.25 OF_CHANGE
    held = (cov - 0.5 * (0.5 * SLOPE + 1.25 * OF_CHANGE) / 1.25) ** 2 / ((mean - 0.25 / 1.25) * variance)
    other = cov**2 / ((mean + BIAS**2) * variance)
    return {
        "account_r2": whole,
        "account_generalizability": 1 / mean,
        "account_r2_alliance_corrected": cov**2 / variance,
        "account_r2_given_change": held,
        "account_early_gains": whole - held,
        "account_r2_other_rater": other,
        "account_rater": whole - other,
        "account_between_therapists": 0.2 * whole,
        "account_excess": 0.0,
    }


def estimates(rows: pd.DataFrame, sessions: int) -> dict:
    own = rows[rows["sessions"] == sessions]
    return own.set_index("statistic")["estimate"].to_dict()


def test_published_numbers():
    # Crits-Christoph et al. (2011): 4.7% at session 3, G(1) = .77, seven sessions
    assert round(4.7 * float(gain(0.77, 7)), 1) == 5.9
    assert round(4.7 * float(gain(0.77, np.inf)), 1) == 6.1
    # very good (.90) from four sessions on, .80 from two
    assert (generalizability_of_mean(0.77, [1, 2, 3, 4]) >= [0.77, 0.80, 0.80, 0.90]).all()


def test_large_sample_shows_what_was_planted():
    study = simulate(30_000, 4)
    outcome = study.pop("outcome")
    rows = outcome_account(study.pop("alliance"), outcome, resample_units(np.zeros(30_000), 0, 1), **study)
    assert (rows["lower"].isna()).all()
    for m in (1, 4):
        got, wanted = estimates(rows, m), truths(m)
        for name in set(got) & set(wanted):
            # the standard error of a square is at most .005 with so many clients
            assert got[name] == pytest.approx(wanted[name], abs=0.015), (name, m)
    assert set(truths(4)) <= set(estimates(rows, 4))


def test_parts_add_up_and_intervals_hold_them():
    study = simulate(160, 5, seed=3)
    alliance, outcome = study.pop("alliance"), study.pop("outcome")
    alliance.iloc[::7, 2:] = np.nan
    resamples = resample_units(study["therapists"], 300, seed=1)
    rows = outcome_account(alliance, outcome, resamples, reliability=0.8, **study)
    own = rows.set_index(["statistic", "sessions"])
    for m in range(2, 6):
        parts = own.loc["account_r2_predicted", "estimate"][m] + own.loc["account_excess", "estimate"][m]
        assert parts == pytest.approx(own.loc["account_r2", "estimate"][m], rel=1e-12)
    single = own.loc[("account_generalizability", 1.0), "estimate"]
    typical = 1 / np.mean(1 / np.minimum(alliance.notna().sum(axis=1), 5))
    predicted = own.loc[("account_r2", 1.0), "estimate"] * float(gain(single, typical))
    assert own.loc[("account_r2_predicted", 5.0), "estimate"] == pytest.approx(predicted, rel=1e-12)
    held = rows.dropna(subset="lower")
    assert len(held) == len(rows)
    assert ((held["lower"] <= held["estimate"]) & (held["estimate"] <= held["upper"])).all()
    squares = held["statistic"].str.contains("_r2|generalizability")
    assert held.loc[squares, "lower"].ge(0).all() and held.loc[squares, "upper"].le(1).all()


def test_order_of_clients_and_names_of_sessions_do_not_matter():
    study = simulate(80, 3, seed=4)
    alliance, outcome = study.pop("alliance"), study.pop("outcome")
    order = np.random.default_rng(1).permutation(80)
    one = outcome_account(alliance, outcome, resample_units(study["therapists"], 50, 1), **study)
    two = outcome_account(
        alliance.iloc[order].set_axis([3, 4, 5], axis=1),
        outcome[order],
        resample_units(study["therapists"][order], 50, 1),
        therapists=study["therapists"][order],
        change=study["change"][order],
        other=study["other"].iloc[order],
    )
    pd.testing.assert_frame_equal(one, two, rtol=1e-6)  # sums in another order end the search elsewhere


def test_what_is_lacking_is_a_row_with_its_reason():
    study = simulate(60, 1)
    rows = outcome_account(study["alliance"], study["outcome"], resample_units(range(60), 50, 1))
    notes = rows.set_index("statistic")["note"]
    assert notes["account_r2"] == ""
    assert notes["account_generalizability"] == notes["account_r2_alliance_corrected"] == ONE_SESSION
    assert notes["account_r2_outcome_corrected"] == NO_RELIABILITY
    assert notes["account_early_gains"] == NO_CHANGE
    assert notes["account_rater"] == NO_OTHER
    assert notes["account_between_therapists"] == NO_THERAPIST
    assert rows.loc[rows["note"] != "", "estimate"].isna().all()


def test_other_reasons():
    study = simulate(60, 3)
    alliance, outcome, people = study["alliance"], study["outcome"], resample_units(range(60), 0, 1)
    told = outcome_account(alliance, outcome, people, lacking={"reliability": "nobody said"})
    assert "nobody said" in told["note"].tolist()

    def note(statistic: str, **given) -> str:
        rows = outcome_account(given.pop("alliance", alliance), outcome, people, **given)
        return rows.loc[rows["statistic"] == statistic, "note"].iloc[-1]

    assert note("account_between_therapists", therapists=np.arange(60)) == ONE_EACH
    assert "fewer than 3 therapists" in note("account_between_therapists", therapists=np.arange(60) % 2)
    few = np.where(np.arange(60) < 9, 1.0, np.nan)
    assert "fewer than 10" in note("account_early_gains", change=few)
    assert "nobody's symptoms had changed" in note("account_early_gains", change=np.zeros(60))
    assert "do not vary" in note("account_rater", other=alliance * 0)
    # ratings that swing about the same mean for everybody
    swing = pd.DataFrame({1: outcome - outcome.mean(), 2: outcome.mean() - outcome})
    assert note("account_generalizability", alliance=swing) == NO_DIFFERENCE
    same = pd.concat([alliance[0]] * 2, axis=1, keys=[1, 2])
    assert "does not vary between these sessions" in note("account_generalizability", alliance=same)
    with pytest.raises(NotComputable, match="fewer than 10 clients"):
        outcome_account(alliance, np.where(np.arange(60) < 5, outcome, np.nan), people)
    with pytest.raises(NotComputable, match="does not vary"):
        outcome_account(alliance, np.ones(60), people)
    with pytest.raises(ValueError, match="reliability"):
        outcome_account(alliance, outcome, people, reliability=1.2)


def test_a_correction_beyond_the_whole_is_no_share():
    study = simulate(60, 2)
    outcome = study["alliance"][0] + np.random.default_rng(1).normal(scale=0.2, size=60)
    rows = outcome_account(study["alliance"], outcome, resample_units(range(60), 50, 1), reliability=0.5)
    row = rows[rows["statistic"] == "account_r2_corrected"].iloc[0]
    assert np.isnan(row["estimate"]) and np.isnan(row["lower"])
    assert "more than the whole variance" in row["note"]
