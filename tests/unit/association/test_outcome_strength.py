"""Squares and counts by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.cluster_bootstrap import no_resamples, resample_units
from psychometrics.association.outcome_strength import outcome_strength

RNG = np.random.default_rng(3)
THERAPISTS = np.arange(60) % 12
BASELINE = RNG.normal(size=60)
ALLIANCE = RNG.normal(size=60)
OUTCOME = 0.4 * ALLIANCE + BASELINE + RNG.normal(size=60)
RESAMPLES = resample_units(THERAPISTS, 300, 5)


def given(r: float, lower: float = 0.1, upper: float = 0.5) -> dict:
    return {"estimate": r, "lower": lower, "upper": upper, "level": 0.95, "n": 60, "note": "as computed", "method": "m"}


def test_squares_and_squared_limits():
    rows = outcome_strength(given(0.3), ALLIANCE, OUTCOME, RESAMPLES).set_index("statistic")
    assert rows.loc["outcome_r", ["estimate", "lower", "upper", "method"]].tolist() == [0.3, 0.1, 0.5, "m"]
    assert rows.loc["outcome_r2", ["estimate", "lower", "upper"]].tolist() == pytest.approx([0.09, 0.01, 0.25])
    over_zero = outcome_strength(given(-0.1, -0.3, 0.2), ALLIANCE, OUTCOME, RESAMPLES).set_index("statistic")
    assert over_zero.loc["outcome_r2", ["lower", "upper"]].tolist() == pytest.approx([0, 0.09])


@pytest.mark.parametrize("held", [None, BASELINE[:, None]])
def test_resamples_are_counted_one_by_one(held):
    squares = []
    for weights in RESAMPLES.weights:
        rows = np.repeat(np.arange(60), weights)
        x, y = ALLIANCE[rows], OUTCOME[rows]
        if held is not None:  # residuals of what is held constant
            design = np.column_stack([np.ones(len(rows)), held[rows]])
            x, y = (v - design @ np.linalg.lstsq(design, v, rcond=None)[0] for v in (x, y))
        squares.append(np.corrcoef(x, y)[0, 1] ** 2)
    found = outcome_strength(given(0.3), ALLIANCE, OUTCOME, RESAMPLES, held=held).set_index("statistic")["estimate"]
    assert found["outcome_r2_below_0.07"] == np.mean(np.array(squares) < 0.07)
    assert found["outcome_r2_above_0.20"] == np.mean(np.array(squares) > 0.20)
    assert found["outcome_r2_above_0.25"] == np.mean(np.array(squares) > 0.25)
    assert 0 < found["outcome_r2_below_0.07"] < 1


def reasons(*arguments) -> set[str]:
    rows = outcome_strength(*arguments)
    chances = rows[rows["statistic"].str.contains("below|above")]
    assert chances["estimate"].isna().all()
    return set(chances["note"])


def test_lack_is_a_reason():
    assert reasons(given(0.3), None, None, no_resamples(60)) == {"needs raw answers"}
    two = resample_units(np.arange(60) % 2, 100, 1)
    assert reasons(given(0.3), ALLIANCE, OUTCOME, two) == {"fewer than three units to resample"}
    assert reasons(given(np.nan), ALLIANCE, OUTCOME, RESAMPLES) == {"as computed"}
    nobody = pd.Series(OUTCOME).where(np.arange(60) < 3)
    assert reasons(given(0.3), ALLIANCE, nobody, RESAMPLES) == {"too few clients have everything"}
