"""Changes before and after a session by hand; what cannot be told."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.outcome_early_gains import (
    NOTHING_AFTER,
    NOTHING_BEFORE,
    changes_at,
    early_gains,
)


def course(n: int = 60, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The alliance of session 3 lowers symptoms after it; what came before raised the alliance."""
    rng = np.random.default_rng(seed)
    symptoms = pd.DataFrame({1: rng.normal(size=n)})
    symptoms[3] = symptoms[1] + rng.normal(size=n)
    bond = -0.5 * (symptoms[3] - symptoms[1]) + rng.normal(size=n)
    symptoms[9] = symptoms[3] - 0.6 * bond + rng.normal(size=n)
    return pd.DataFrame({1: bond + rng.normal(size=n), 3: bond, 9: bond}), symptoms


def test_changes_by_hand():
    symptoms = pd.DataFrame(
        {1: [30, np.nan, 20, 25], 3: [27, 28, np.nan, 24], 6: [np.nan, 25, 19, np.nan], 9: [20, np.nan, 15, np.nan]}
    )
    found = changes_at(symptoms, 3)
    np.testing.assert_array_equal(found["before"], [-3, np.nan, np.nan, -1])
    np.testing.assert_array_equal(found["after"], [-7, -3, np.nan, np.nan])
    assert changes_at(symptoms, 4).isna().all(axis=None)  # not measured at that session
    # columns in any order
    pd.testing.assert_frame_equal(changes_at(symptoms[[9, 1, 6, 3]], 3), found)


def test_first_and_last_session():
    alliance, symptoms = course()
    rows = early_gains(alliance, symptoms).set_index(["session", "statistic"])
    first = rows.loc[1]
    assert first.loc["early_gains_r_before", "note"] == first.loc["early_gains_r_partial", "note"] == NOTHING_BEFORE
    assert np.isfinite(first.loc["early_gains_r_after", "estimate"])
    assert np.isfinite(first.loc["early_gains_robustness_value", "estimate"])
    assert (rows.loc[9, "note"] == NOTHING_AFTER).all() and rows.loc[9, "estimate"].isna().all()


def test_what_was_planted_shows_with_its_sign():
    alliance, symptoms = course(400)
    rows = early_gains(alliance[[3]], symptoms, units=np.arange(400) // 10).set_index("statistic")
    partial = rows.loc["early_gains_r_partial"]
    # slope -.6 on a bond with variance 1 given what came before, residual variance 1: -.6 / sqrt(1.36)
    assert partial["lower"] < -0.6 / np.sqrt(1.36) < partial["upper"] < 0
    assert rows.loc["early_gains_r_before", "upper"] < 0
    assert 0 < rows.loc["early_gains_robustness_value", "estimate"] < 1
    assert (rows["n"] == 400).all()


def test_few_clients_and_constants_have_a_reason():
    alliance, symptoms = course(9)
    assert early_gains(alliance[[3]], symptoms)["note"].str.startswith("fewer than 10 clients").all()
    alliance, symptoms = course(20)
    rows = early_gains(alliance[[3]] * 0, symptoms)
    assert (rows["note"] == "alliance does not vary").all() and rows["estimate"].isna().all()
    assert early_gains(alliance[[]], symptoms).empty
    with pytest.raises(ValueError, match="level"):
        early_gains(alliance, symptoms, level=2)
