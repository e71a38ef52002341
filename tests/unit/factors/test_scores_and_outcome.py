"""Factor scores and outcome: correlation, and what remains when the general factor is held constant."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.scores_and_outcome import correlate_with_outcome


@pytest.fixture
def people():
    rng = np.random.default_rng(4)
    general = rng.normal(size=150)
    scores = pd.DataFrame({"F1": 0.6 * general + rng.normal(size=150), "F2": rng.normal(size=150), "general": general})
    outcome = pd.Series(0.5 * scores["F1"] + 0.3 * general + rng.normal(size=150))
    return scores, outcome


def estimate(rows, factor, statistic):
    return rows.set_index(["factor", "statistic"]).loc[(factor, statistic)]


def test_partial_correlation_is_that_of_the_residuals(people):
    scores, outcome = people
    rows = correlate_with_outcome(scores, outcome, units=np.arange(150), draws=50)

    def residual(values):
        design = np.column_stack([np.ones(150), scores["general"]])
        return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]

    expected = np.corrcoef(residual(scores["F1"].to_numpy()), residual(outcome.to_numpy()))[0, 1]
    assert estimate(rows, "F1", "r_outcome_general_removed").estimate == pytest.approx(expected, abs=1e-12)
    assert estimate(rows, "F1", "r_outcome").estimate == pytest.approx(
        np.corrcoef(scores["F1"], outcome)[0, 1], abs=1e-12
    )


def test_the_interval_is_that_of_resampled_rows(people):
    """The weights of a draw against the rows they stand for, written out."""
    from psychometrics.resampling.weights import resample_weights

    scores, outcome = people
    units = np.repeat(np.arange(50), 3)
    rows = correlate_with_outcome(scores, outcome, units=units, draws=40, seed=3)
    weights = resample_weights(units, 0, 40, 3)
    drawn = []
    for draw in weights:
        chosen = np.repeat(np.arange(150), draw)
        drawn.append(np.corrcoef(scores["F2"].to_numpy()[chosen], outcome.to_numpy()[chosen])[0, 1])
    row = estimate(rows, "F2", "r_outcome")
    assert (row.lower, row.upper) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=1e-10)


def test_people_without_outcome_are_left_out(people):
    scores, outcome = people
    some = outcome.where(outcome.index >= 30)
    rows = correlate_with_outcome(scores, some, units=np.arange(150), draws=20)
    assert set(rows["n"]) == {120}


def test_one_factor_has_no_general_factor_to_remove(people):
    scores, outcome = people
    rows = correlate_with_outcome(scores[["F1"]], outcome, units=np.arange(150), draws=20)
    assert rows["statistic"].tolist() == ["r_outcome"]


def test_two_units_cannot_be_resampled(people):
    scores, outcome = people
    rows = correlate_with_outcome(scores, outcome, units=np.repeat([0, 1], 75), level=0.9)
    assert (rows["method"] == "Fisher interval").all() and "se" not in rows
    # Fisher's z has the standard error 1 / sqrt(n - 3), and one person fewer for each variable held constant
    for statistic, people_left in (("r_outcome", 147), ("r_outcome_general_removed", 146)):
        row = estimate(rows, "F1", statistic)
        middle, half = np.arctanh(row.estimate), 1.6448536269514722 / np.sqrt(people_left)
        assert [row.lower, row.upper] == pytest.approx(np.tanh([middle - half, middle + half]).tolist(), abs=1e-12)


def test_too_few_people_or_no_variation_say_so(people):
    scores, outcome = people
    few = correlate_with_outcome(scores.head(8), outcome.head(8), units=np.arange(8), draws=20)
    assert few["estimate"].isna().all() and few["note"].str.contains("fewer than 10 people").all()
    flat = correlate_with_outcome(scores, outcome * 0, units=np.arange(150), draws=20)
    assert flat["note"].str.contains("does not vary").all()
