"""Partial correlations by regression, and what makes a spurious one vanish."""

import numpy as np
import pytest

from psychometrics.course.rupture_outcome import ruptures_and_outcome


@pytest.fixture
def people():
    rng = np.random.default_rng(8)
    sessions = rng.integers(4, 20, size=150).astype(float)
    mean = rng.normal(6, 0.6, size=150)
    numbers = rng.poisson(sessions * np.exp(-(mean - 6)) / 10)
    outcome = 0.1 * sessions + mean + rng.normal(size=150)
    outcome[:7] = np.nan
    return {"numbers": {"a": numbers}, "sessions": sessions, "mean": mean, "outcome": outcome, "held": {}}


def residuals(values, *others):
    design = np.column_stack([np.ones(len(values)), *others])
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


def test_against_residuals_of_regressions(people):
    rows = ruptures_and_outcome(**people).set_index("statistic")
    known = np.isfinite(people["outcome"])
    x, y, s, m = (
        people[name][known] if name != "numbers" else people[name]["a"][known]
        for name in ("numbers", "outcome", "sessions", "mean")
    )
    for statistic, held in (
        ("rupture_outcome_r", []),
        ("rupture_outcome_r_partial", [s]),
        ("rupture_outcome_r_given_mean", [s, m]),
    ):
        expected = np.corrcoef(residuals(x.astype(float), *held), residuals(y, *held))[0, 1]
        assert rows.loc[statistic, "estimate"] == pytest.approx(expected)
        assert rows.loc[statistic, "n"] == 143
        assert rows.loc[statistic, "lower"] < expected < rows.loc[statistic, "upper"]


def test_a_low_level_looks_like_many_ruptures(people):
    rows = ruptures_and_outcome(**people).set_index("statistic")
    assert rows.loc["rupture_outcome_r_partial", "p"] < 0.05
    assert rows.loc["rupture_outcome_r_given_mean", "p"] > 0.05


def test_the_baseline_is_held_constant_and_named(people):
    baseline = np.where(np.arange(150) < 20, np.nan, people["mean"] * 2)
    rows = ruptures_and_outcome(**people | {"held": {"symptoms before": baseline}})
    assert rows["n"].tolist() == [130] * 3
    assert rows["method"].str.contains("number of rated sessions, symptoms before").tolist() == [False, True, True]


def test_what_cannot_be_computed(people):
    none = ruptures_and_outcome(**people | {"numbers": {"a": np.zeros(150)}})
    assert none["note"].eq("all dyads have the same number of ruptures").all()
    few = people | {"outcome": np.where(np.arange(150) < 9, people["sessions"], np.nan)}
    assert "9 dyads have an outcome" in ruptures_and_outcome(**few)["note"].iloc[0]
    same = ruptures_and_outcome(**people | {"outcome": np.ones(150)})
    assert same["estimate"].isna().all() and (same["note"] != "").all()
