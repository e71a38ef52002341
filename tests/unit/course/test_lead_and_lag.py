"""What leads and what follows: planted lags, the rows, what cannot be computed. Against R: tests/golden/course."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import lead_and_lag
from psychometrics.course.lag_waves import choose_waves, within_sd
from psychometrics.course.lead_and_lag import FEW_THERAPISTS, NO_RELIABILITY, NO_STATIONARITY, known_errors

OWN = np.array([[0.3, 0.0], [-0.2, 0.4]])


def drawn(n: int = 200, sessions: int = 4, seed: int = 6, error: float = 0.0) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    level, state = rng.normal(size=(2, n, 2))
    seen = np.empty((2, n, sessions))
    for session in range(sessions):
        seen[:, :, session] = (level + state).T
        state = state @ OWN.T + rng.normal(size=(n, 2))
    seen[0] += rng.normal(scale=error, size=(n, sessions)) if error else 0.0
    columns = range(1, sessions + 1)
    return pd.DataFrame(seen[0], columns=columns), pd.DataFrame(seen[1], columns=columns)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return lead_and_lag(*drawn(), therapists=np.arange(200) // 8)


def of(rows: pd.DataFrame, model: str = "cross_lagged_panel", variant: str = "as_observed") -> pd.DataFrame:
    return rows[(rows["model"] == model) & (rows["variant"] == variant)].set_index("statistic")


def test_every_model_and_variant_has_both_directions(rows):
    both = rows[rows["statistic"].isin(["lag_alliance_to_symptoms", "lag_symptoms_to_alliance"])]
    assert both.groupby(["model", "variant"]).size().tolist() == [2] * 9
    estimated = rows.dropna(subset="se")
    assert ((estimated["lower"] < estimated["estimate"]) & (estimated["estimate"] < estimated["upper"])).all()
    assert set(rows["sessions"]) == {"1, 2, 3, 4"} and set(rows["interval"]) == {1} and set(rows["n"]) == {200}
    assert set(rows["clusters"].dropna()) == {25}


def test_the_interval_of_rmsea_has_90_percent_and_says_so(rows):
    levels = of(rows)["level"]
    assert levels["panel_rmsea"] == 0.90 and set(levels.drop("panel_rmsea")) == {0.95}


def test_panels_give_back_what_was_planted():
    found = lead_and_lag(*drawn(1200, 5, error=0.5), reliability=1 - 0.25 / 1.35)
    for model in ("cross_lagged_panel", "dynamic_panel"):
        corrected = of(found, model, "error_known")["estimate"]
        # standard errors of .03 to .04
        assert corrected["lag_alliance_to_symptoms"] == pytest.approx(-0.2, abs=0.1)
        assert corrected["lag_symptoms_to_alliance"] == pytest.approx(0.0, abs=0.1)
        assert corrected["lag_symptoms_to_symptoms"] == pytest.approx(0.4, abs=0.1)
        plain = of(found, model)["estimate"]
        assert abs(corrected["lag_alliance_to_symptoms"]) > abs(plain["lag_alliance_to_symptoms"])


def test_a_unit_changes_the_slopes_and_no_standardized_one(rows):
    alliance, symptoms = drawn()
    other = of(lead_and_lag(alliance, 10 * symptoms, therapists=np.arange(200) // 8))["estimate"]
    one = of(rows)["estimate"]
    # both searches stop within 1e-6 of the minimum
    assert other["lag_alliance_to_symptoms"] == pytest.approx(10 * one["lag_alliance_to_symptoms"], rel=1e-4)
    name = "lag_alliance_to_symptoms_standardized"
    assert other[name] == pytest.approx(one[name], rel=1e-4)


def test_standardized_lags_are_in_standard_deviations_within_clients(rows):
    spread = [within_sd(part) for part in drawn()]
    for model in ("dynamic_panel", "centred_regression"):
        value = of(rows, model)["estimate"]
        wanted = value["lag_alliance_to_symptoms"] * spread[0] / spread[1]
        assert value["lag_alliance_to_symptoms_standardized"] == pytest.approx(wanted)
        wanted = value["lag_symptoms_to_alliance"] * spread[1] / spread[0]
        assert value["lag_symptoms_to_alliance_standardized"] == pytest.approx(wanted)
        assert value["lag_alliance_to_alliance_standardized"] == value["lag_alliance_to_alliance"]


def test_without_a_reliability_the_reason_stands_there(rows):
    missing = rows[rows["variant"] == "error_known"]
    assert missing["estimate"].isna().all() and set(missing["note"]) == {NO_RELIABILITY}


def test_three_sessions_are_not_tested_and_few_therapists_not_clustered():
    found = lead_and_lag(*drawn(sessions=3), therapists=np.arange(200) // 40)
    assert FEW_THERAPISTS in of(found).loc["equal_lags_p", "note"]
    assert of(found).loc["equal_lags_p", "note"].startswith(NO_STATIONARITY)
    assert of(found).loc["lag_alliance_to_symptoms", "clusters"] == 200
    without = of(found, variant="detrended")["note"]
    assert without.str.contains("free parameters and 27 moments").all()


def test_a_constant_session_is_named_in_words():
    alliance, symptoms = drawn()
    symptoms[3] = 5.0
    note = of(lead_and_lag(alliance, symptoms)).loc["lag_alliance_to_symptoms", "note"]
    assert note == "all answers to the symptoms of session 3 are the same"


def test_error_variances():
    waves = choose_waves(*drawn())
    (alliance, symptoms), reason = known_errors(waves, 0.7, 0.9)
    assert reason == ""
    assert alliance == pytest.approx(0.3 * within_sd(waves.alliance) ** 2)
    assert symptoms == pytest.approx(0.1 * waves.symptoms.var().mean())
    assert known_errors(waves, np.nan, np.nan) == ((0.0, 0.0), NO_RELIABILITY)
    assert known_errors(waves, 0.7, 0.1)[1].startswith("the error of measurement would be all")


def test_random_walks_are_improper_in_words():
    walk = np.cumsum(np.random.default_rng(3).normal(size=(2, 120, 4)), axis=2)
    found = lead_and_lag(*(pd.DataFrame(part, columns=range(1, 5)) for part in walk))
    notes = " ".join(found["note"])
    assert "the solution is improper" in notes and not any(f"{name}_" in notes for name in ("w", "intercept", "slope"))
