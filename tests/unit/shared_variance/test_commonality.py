"""Commonality and dominance: numbers by hand, orders as a loop, sums, suppression, and what cannot be computed."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr, stdtrit

from psychometrics.resampling.weights import resample_weights
from psychometrics.shared_variance.commonality import (
    analyse,
    commonality_analysis,
    commonality_of_matrix,
    squared_multiple,
)
from psychometrics.shared_variance.disattenuated_matrix import disattenuated_matrices


def matrix(*rows):
    names = [*"abcde"[: len(rows) - 1], "y"]
    return pd.DataFrame(rows, names, names, dtype=float)


def of(rows, statistic):
    return rows[rows["statistic"] == statistic].set_index("group")["estimate"].to_dict()


def test_two_predictors_by_hand():
    """r = .5 and .4 with the outcome, .3 with each other: R^2 = (.25 + .16 - 2 * .5 * .4 * .3) / .91 = .29 / .91."""
    rows = commonality_of_matrix(matrix([1, 0.3, 0.5], [0.3, 1, 0.4], [0.5, 0.4, 1]), 100)
    full = 0.29 / 0.91
    assert of(rows, "r2")[""] == pytest.approx(full)
    assert of(rows, "r2_adjusted")[""] == pytest.approx(1 - (1 - full) * 99 / 97)
    assert of(rows, "commonality") == pytest.approx({"a": full - 0.16, "b": full - 0.25, "a, b": 0.41 - full})
    assert of(rows, "general_dominance") == pytest.approx(
        {"a": (0.25 + full - 0.16) / 2, "b": (0.16 + full - 0.25) / 2}
    )
    assert of(rows, "complete_dominance") == {"a over b": 1}


def test_unrelated_predictors_have_nothing_in_common():
    rows = commonality_of_matrix(matrix([1, 0, 0.5], [0, 1, 0.4], [0.5, 0.4, 1]), 100)
    assert of(rows, "commonality") == pytest.approx({"a": 0.25, "b": 0.16, "a, b": 0})


def test_a_single_predictor_has_its_squared_correlation(people):
    x, y = people
    rows = commonality_analysis(x[["a"]], y, units=np.arange(150), draws=10)
    square = np.corrcoef(x["a"], y)[0, 1] ** 2
    assert of(rows, "commonality") == pytest.approx({"a": square})
    assert of(rows, "general_dominance") == pytest.approx({"a": square})


def test_a_suppressor_has_a_negative_part():
    rows = commonality_of_matrix(matrix([1, 0.5, 0.6], [0.5, 1, 0], [0.6, 0, 1]), 100)
    assert of(rows, "commonality") == pytest.approx({"a": 0.48, "b": 0.12, "a, b": -0.12})


@pytest.fixture
def people():
    rng = np.random.default_rng(5)
    common = rng.normal(size=(150, 1))
    x = pd.DataFrame(common + rng.normal(size=(150, 4)), columns=list("abcd"))
    return x, x @ [0.5, 0.3, 0, 0.1] + rng.normal(size=150)


def test_general_dominance_is_the_mean_over_all_orders(people):
    x, y = people
    r2 = squared_multiple(np.corrcoef(np.column_stack([x, y]), rowvar=False)[None])
    gains = np.zeros(4)
    for order in permutations(range(4)):
        for place, j in enumerate(order):
            gains[j] += (r2[tuple(sorted(order[: place + 1]))] - r2[tuple(sorted(order[:place]))])[0] / 24
    found = of(commonality_analysis(x, y, units=np.arange(150), draws=10), "general_dominance")
    np.testing.assert_allclose(list(found.values()), gains)


def test_parts_sum_to_r2_and_single_squares_are_sums_of_their_parts(people):
    x, y = people
    rows = commonality_analysis(x, y, units=np.arange(150), draws=10)
    parts = of(rows, "commonality")
    assert sum(parts.values()) == pytest.approx(of(rows, "r2")[""])
    assert sum(of(rows, "general_dominance").values()) == pytest.approx(of(rows, "r2")[""])
    for name in x:
        own = sum(value for group, value in parts.items() if name in group.split(", "))
        assert own == pytest.approx(np.corrcoef(x[name], y)[0, 1] ** 2)


def test_the_order_of_people_and_predictors_does_not_matter(people):
    x, y = people
    units = np.arange(150) // 3
    order = np.random.default_rng(1).permutation(150)
    one = commonality_analysis(x, y, units=units, draws=40, seed=2)
    two = commonality_analysis(x[list("dbca")].iloc[order], y.iloc[order], units=units[order], draws=40, seed=2)
    for statistic in ("r2", "general_dominance"):
        first, second = (rows[rows["statistic"] == statistic].set_index("group") for rows in (one, two))
        for column in ("estimate", "lower", "upper"):
            np.testing.assert_allclose(first[column], second.loc[first.index, column])


def test_resamples_as_a_loop_over_units(people):
    x, y = people
    units = np.arange(150) % 30
    values = np.column_stack([x, y])
    weights = resample_weights(units, 0, 12, 3)
    correlations = [np.corrcoef(np.repeat(values, one, axis=0), rowvar=False) for one in weights]
    drawn = analyse(np.array(correlations), 150)
    rows = commonality_analysis(x, y, units=units, draws=12, seed=3)
    told = rows[rows["se"].notna() & (rows["statistic"] != "r2_adjusted")]
    used = [0, *range(2, len(told) + 1)]
    np.testing.assert_allclose(told["se"], np.std(drawn[:, used], axis=0, ddof=1))
    assert told["method"].str.contains("therapists").all()
    assert (told["lower"] <= told["upper"]).all() and told["lower"].iloc[0] >= 0


@pytest.mark.parametrize("n", [20, 60, 150])
def test_intervals_hold_their_estimates_and_shares_end_at_zero(people, n):
    x, y = people
    rows = commonality_analysis(
        x[:n], y[:n], units=np.arange(n) % 7, draws=60, baseline=x[["d"]][:n].set_axis(["z"], axis=1) ** 2
    )
    told = rows[rows["lower"].notna()]
    assert len(told) > 30
    assert (told["lower"] <= told["estimate"]).all() and (told["estimate"] <= told["upper"]).all()
    shares = told["statistic"].isin(["r2", "r2_baseline", "r2_increment", "unique_to_baseline", "general_dominance"])
    assert told.loc[shares, "lower"].min() >= 0 and told["upper"].max() <= 1 and told["lower"].min() >= -1


def test_the_widest_of_three_intervals_by_hand(people):
    """Percentiles minus the bias, t times the standard deviation and t times the jackknife error, by whole units."""
    x, y = people
    units = np.arange(150) % 30
    values = np.column_stack([x, y])
    drawn = np.array(
        [np.corrcoef(np.repeat(values, one, axis=0), rowvar=False) for one in resample_weights(units, 0, 80, 3)]
    )
    without = np.array([np.corrcoef(values[units != unit], rowvar=False) for unit in range(30)])
    rows = commonality_analysis(x, y, units=units, draws=80, seed=3)
    here = np.flatnonzero(rows["statistic"] == "commonality")[5]  # of a and c
    own, drawn, without = (analyse(r, 150)[:, here] for r in (np.corrcoef(values, rowvar=False)[None], drawn, without))
    t = stdtrit(29, 0.975)
    few = np.sqrt(30 / 29)
    tail = ndtr(-t * few)
    shifted = np.quantile(drawn, [tail, 1 - tail]) - drawn.mean() + own
    errors = t * max(few * drawn.std(ddof=1), np.sqrt(29 / 30 * np.sum((without - without.mean()) ** 2)))
    assert rows["lower"][here] == pytest.approx(min(shifted[0], own[0] - errors))
    assert rows["upper"][here] == pytest.approx(max(shifted[1], own[0] + errors))


def test_what_cannot_be_analysed_says_why(people):
    x, y = people
    units = np.arange(150)

    def note(predictors, outcome):
        return commonality_analysis(predictors, outcome, units=units[: len(outcome)])["note"].item()

    assert "at least 10 are needed" in note(x[:9], y[:9])
    assert "does not vary" in note(x.assign(a=1), y)
    assert note(x.assign(a=x["b"] + x["c"]), y) == "a predictor is a sum of others"
    assert "at most 8" in note(pd.DataFrame(np.eye(150)[:, :9]), y)
    few = commonality_analysis(x, y, units=np.arange(150) // 75)
    assert few[few["statistic"] == "r2"]["note"].item() == "fewer than three units to resample: no interval"


@pytest.fixture
def items(people):
    """Six answers to each of two instruments, a baseline and an outcome."""
    rng = np.random.default_rng(8)
    x, y = people
    answers = {name: pd.DataFrame(x[[name]].to_numpy() + rng.normal(size=(150, 6))) for name in "ab"}
    scores = pd.DataFrame({name: part.mean(axis=1) for name, part in answers.items()})
    return scores, y, x[["d"]].rename(columns={"d": "before"}), answers


def test_a_baseline_splits_what_is_explained_into_three(items):
    scores, y, before, _ = items
    rows = commonality_analysis(scores, y, baseline=before, units=np.arange(150), draws=30)
    found = rows.set_index("statistic")["estimate"]
    assert found["r2_increment"] + found["unique_to_baseline"] + found["common_with_baseline"] == pytest.approx(
        found["r2"]
    )
    assert found["r2_baseline"] == pytest.approx(np.corrcoef(before["before"], y)[0, 1] ** 2)
    parts = of(rows, "commonality")
    assert len(parts) == 7 and sum(parts.values()) == pytest.approx(found["r2"])
    assert parts["before"] == pytest.approx(found["unique_to_baseline"])
    assert found["r2_increment"] == pytest.approx(parts["a"] + parts["b"] + parts["a, b"])
    assert rows.set_index("statistic").loc["r2_increment", "method"].count("normal root z bootstrap") == 1
    told = rows.set_index("statistic")[["lower", "upper"]]
    assert told.loc["r2_increment"].equals(told.loc["r2_increment_adjusted"])
    assert told.loc["r2_baseline", "lower"] >= 0


def test_correction_for_unreliability_by_hand(items):
    scores, y, before, answers = items
    rows = commonality_analysis(scores, y, baseline=before, answers=answers, units=np.arange(150), draws=30)
    alpha = [6 / 5 * (1 - part.var().sum() / part.sum(axis=1).var()) for part in answers.values()]
    r = np.corrcoef(np.column_stack([scores, before, y]), rowvar=False) / np.sqrt(np.outer(*[[*alpha, 1, 1]] * 2))
    np.fill_diagonal(r, 1)
    full = r[3, :3] @ np.linalg.solve(r[:3, :3], r[:3, 3])
    assert of(rows, "r2")[""] == pytest.approx(full)
    assert rows["method"].str.contains("corrected by alpha").iloc[0]
    observed = commonality_analysis(scores, y, baseline=before, units=np.arange(150), draws=30)
    assert full > of(observed, "r2")[""]
    assert not rows["statistic"].str.endswith("adjusted").any()


def test_corrected_resamples_as_a_loop(items):
    scores, y, _, answers = items
    rows = commonality_analysis(scores, y, answers=answers, units=np.arange(150), draws=8, seed=4)
    drawn = []
    for weights in resample_weights(np.arange(150), 0, 8, 4):
        taken = np.repeat(np.arange(150), weights)
        own = commonality_analysis(
            scores.iloc[taken].reset_index(drop=True),
            y.iloc[taken].reset_index(drop=True),
            units=np.arange(150),
            answers={name: part.iloc[taken].reset_index(drop=True) for name, part in answers.items()},
            draws=2,
        )
        drawn.append(of(own, "r2")[""])
    assert rows["se"][0] == pytest.approx(np.std(drawn, ddof=1))


def test_a_matrix_that_true_scores_cannot_have_gives_its_reason(items):
    _, y, _, answers = items
    rng = np.random.default_rng(3)
    noise = {name: pd.DataFrame(rng.normal(size=(150, 6)) + 0.15 * y.to_numpy()[:, None]) for name in "ab"}
    scores = pd.DataFrame({name: part.mean(axis=1) for name, part in noise.items()})
    rows = commonality_analysis(scores, y, answers=noise, units=np.arange(150), draws=10)
    assert rows["estimate"].isna().all() and "not positive definite" in rows["note"].item()
    one_item = {name: part[[0]] for name, part in answers.items()}
    assert (
        "alpha is undefined"
        in commonality_analysis(scores, y, answers=one_item, units=np.arange(150), draws=10)["note"].item()
    )


@pytest.mark.parametrize(
    "r, n, reason",
    [
        ([[1, 0.5, 0.3], [0.5, 1, 0.2], [0.3, 0.2, 1]], 9, "9 clients; at least 10"),
        ([[1, 1, 0.3], [1, 1, 0.3], [0.3, 0.3, 1]], 50, "a predictor is a sum of others"),
        ([[1, 0, 0.8], [0, 1, 0.7], [0.8, 0.7, 1]], 50, r"R^2 would be above 1"),
    ],
)
def test_matrices_that_explain_nothing(r, n, reason):
    names = ["a", "b", "outcome"]
    rows = commonality_of_matrix(pd.DataFrame(r, names, names), n)
    assert len(rows) == 1 and rows["estimate"].isna().all() and reason in rows["note"].iloc[0]


def test_published_reliabilities_by_hand():
    """r = .3 and .32 with the outcome, .36 with each other; reliabilities .36 and .64 make them .5, .4 and .75."""
    r = matrix([1, 0.36, 0.3], [0.36, 1, 0.32], [0.3, 0.32, 1])
    rows = commonality_of_matrix(r, 100, reliability=np.array([0.36, 0.64]))
    full = (0.25 + 0.16 - 2 * 0.5 * 0.4 * 0.75) / (1 - 0.75**2)
    assert of(rows, "r2")[""] == pytest.approx(full)
    assert of(rows, "commonality") == pytest.approx({"a": full - 0.16, "b": full - 0.25, "a, b": 0.41 - full})
    assert "r2_adjusted" not in set(rows["statistic"])
    assert rows["method"].eq("from the matrix, instruments corrected by given reliabilities that count as known").all()


@pytest.mark.parametrize(
    "reliability, reason",
    [([0.8, np.nan], "no reliability was given"), ([0.3, 0.3], "are not positive definite")],
)
def test_published_reliabilities_that_correct_nothing(reliability, reason):
    r = matrix([1, 0.36, 0.3], [0.36, 1, 0.32], [0.3, 0.32, 1])
    rows = commonality_of_matrix(r, 100, reliability=np.array(reliability))
    assert len(rows) == 1 and rows["estimate"].isna().all() and reason in rows["note"].item()


def test_a_negative_alpha_corrects_nothing():
    r = np.array([[1, 0.3, 0.2], [0.3, 1, 0.1], [0.2, 0.1, 1]])
    one, two = disattenuated_matrices(np.stack([r, r]), np.array([[0.81, 0.64], [0.81, -0.64]]))
    np.testing.assert_allclose(one, [[1, 0.3 / 0.72, 0.2 / 0.9], [0.3 / 0.72, 1, 0.1 / 0.8], [0.2 / 0.9, 0.1 / 0.8, 1]])
    assert np.isnan(two).all()


def test_more_predictors_than_can_be_analysed():
    names = [*"abcdefghi", "y"]
    rows = commonality_of_matrix(pd.DataFrame(np.eye(10), names, names), 100)
    assert rows["note"].item() == "9 predictors; at most 8 can be analysed"
