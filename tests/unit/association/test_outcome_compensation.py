"""Whether a strong bond makes up for missing agreement on goals, where the answer is planted."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.compensation_models import covariances, without_error
from psychometrics.association.outcome_compensation import (
    HELD,
    LOW,
    NO_MINIMUM,
    NO_RELIABILITY,
    NO_UNITS,
    NOT_DEFINITE,
    NOT_HELD,
    NOT_TESTABLE,
    UNDECIDED,
    compensation,
)
from psychometrics.not_computable import NotComputable


def scales(n: int = 240, spread: float = 0.8, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    return pd.DataFrame(5 + common + spread * rng.normal(size=(n, 3)), columns=["bond", "goal", "task"])


def analyse(own: pd.DataFrame, outcome, draws: int = 200, **given) -> pd.DataFrame:
    return compensation(own, outcome, resample_units(np.arange(len(own)) // 6, draws, seed=1), **given)


def verdict(rows: pd.DataFrame) -> tuple[str, str]:
    row = rows[rows["statistic"] == LOW].iloc[0]
    assert rows.loc[rows["statistic"] != LOW, "verdict"].eq("").all()
    return row["verdict"], row["note"]


def noise(n: int, sd: float = 0.5) -> np.ndarray:
    return sd * np.random.default_rng(9).normal(size=n)


@pytest.mark.parametrize("better", [1, -1])  # low values of the outcome may be the good ones
def test_planted_answers(better):
    own = scales()
    centred = own - own.mean()
    needs_both = (centred["bond"] + own["goal"].std()) * (centred["goal"] + own["goal"].std()) / 2
    assert verdict(analyse(own, better * needs_both + noise(240)))[0] == HELD
    assert verdict(analyse(own, better * own.sum(axis=1) + noise(240)))[0] == NOT_HELD
    assert verdict(analyse(own, better * own.min(axis=1) + noise(240, 0.1)))[0] in (HELD, NOT_HELD)


def test_the_model_that_was_planted_fits_best():
    own = scales()
    weights = {}
    for name, made in (("weakest link", own.min(axis=1)), ("mean alone", own.mean(axis=1))):
        rows = analyse(own, made + noise(240))
        weights[name] = rows[rows["statistic"] == "compensation_weight"].set_index("model")["estimate"]
        assert weights[name].sum() == pytest.approx(1)
        predicted = rows[rows["statistic"] == "compensation_r2_predicted"].set_index("model")["estimate"]
        assert predicted.idxmax() == name
    assert weights["weakest link"].idxmax() == "weakest link"
    # the additive model holds the mean alone: it has two parameters more and fits no better
    assert weights["mean alone"].idxmax() == "mean alone"


def test_scales_that_are_next_to_the_same_decide_nothing():
    own = scales(spread=0.2)
    said, why = verdict(analyse(own, own.sum(axis=1) + noise(240)))
    assert said == UNDECIDED
    assert "bond and goals correlate 0.9" in why and "points wide" in why


def test_no_relation_no_interval_no_decision():
    own = scales()
    assert (
        verdict(analyse(own, noise(240)))[1]
        == "the mean of the three scales is not related to the outcome beyond chance"
    )
    said, why = verdict(analyse(own, own.sum(axis=1) + noise(240), draws=0))
    assert said == UNDECIDED and why.endswith("without an interval nothing is decided")
    rows = compensation(own, own.sum(axis=1) + noise(240), resample_units(np.arange(240) % 2, 50, 1))
    gain = rows[rows["statistic"] == "compensation_r2_predicted"]
    assert (gain["note"] == NO_UNITS).all()


def test_too_few_clients_for_a_model_are_said_before_it_is_fitted():
    own = scales(30)
    rows = analyse(own, own.sum(axis=1) + noise(30))
    assert verdict(rows) == (NOT_TESTABLE, "30 clients; the model with products needs 40, 5 for each parameter")
    aicc = rows[rows["statistic"] == "compensation_aicc"].set_index("model")["estimate"]
    assert aicc.notna().to_dict() == {
        "additive": True,
        "with products": False,
        "weakest link": True,
        "mean alone": True,
    }
    with pytest.raises(NotComputable, match="14 clients have bond"):
        analyse(scales(14), np.arange(14.0))
    with pytest.raises(NotComputable, match="goal does not vary"):
        analyse(own.assign(goal=3.0), noise(30))
    with pytest.raises(NotComputable, match="the baseline before does not vary"):
        analyse(own, noise(30), baseline=pd.DataFrame({"before": np.ones(30)}))


def test_corrected_slopes_find_those_of_true_scores():
    true = scales(20_000, seed=2)
    rho, variance = 0.8, 1 + 0.8**2
    measured = true + np.sqrt(variance * (1 - rho) / rho) * np.random.default_rng(3).normal(size=true.shape)
    centred = true - true.mean()
    outcome = centred.mean(axis=1) + 0.3 * centred["bond"] * centred["goal"] + noise(20_000, 1)
    units = resample_units(np.arange(20_000) % 5, 0, 1)
    rows = compensation(measured, outcome, units, reliabilities=dict.fromkeys(["bond", "goal", "task"], rho))
    own = rows[rows["model"] == "with products"].set_index(["statistic", "term"])["estimate"]
    assert own["compensation_slope"]["bond:goal"] < 0.25  # a product loses most
    # three standard errors with so many clients
    assert own["compensation_slope_corrected"]["bond:goal"] == pytest.approx(0.3, abs=0.03)
    assert own["compensation_slope_corrected"][["bond", "goal", "task"]].tolist() == pytest.approx(
        [1 / 3] * 3, abs=0.05
    )
    low = 1 / 3 - 0.3 * measured["goal"].std()
    assert own["compensation_bond_at_low_goal_corrected"]["bond"] == pytest.approx(low, abs=0.05)


def test_where_nothing_is_corrected_there_is_a_reason():
    own = scales()
    notes = analyse(own, own.sum(axis=1) + noise(240)).set_index(["statistic", "model"])["note"]
    assert notes["compensation_r2_corrected"].to_dict() == {
        "additive": NO_RELIABILITY,
        "with products": NO_RELIABILITY,
        "weakest link": NO_MINIMUM,
        "mean alone": NO_RELIABILITY,
    }
    low = dict.fromkeys(["bond", "goal", "task"], 0.5)
    notes = analyse(own, own.sum(axis=1) + noise(240), reliabilities=low).set_index(["statistic", "model"])["note"]
    assert notes["compensation_r2_corrected", "additive"] == NOT_DEFINITE


def test_error_of_products_by_hand():
    rng = np.random.default_rng(5)
    true = rng.exponential(size=(100_000, 1)) + rng.normal(size=(100_000, 3))  # skewed, as alliance scores are
    error = rng.normal(size=true.shape) * [0.5, 0.7, 0.9]

    def six(values: np.ndarray) -> np.ndarray:
        values = values - values.mean(axis=0)
        return np.column_stack([values, *(values[:, i] * values[:, j] for i, j in ((0, 1), (0, 2), (1, 2)))])

    once = np.ones((1, len(true)))
    wanted, observed = covariances(six(true), once), covariances(six(true + error), once)
    rho = true.var(axis=0) / (true + error).var(axis=0)
    # products of skewed scores have long tails
    np.testing.assert_allclose(without_error(observed, rho), wanted, atol=0.2)
    assert np.abs(observed - wanted).max() > 1
