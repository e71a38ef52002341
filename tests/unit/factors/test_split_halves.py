"""Split halves: fair halves of whole units, the fits of each half by hand, planted truth, draws that can be cut."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.factors.solution import fit_solution
from psychometrics.factors.split_halves import random_halves, solve_halves, split_half_table


def answers_with(n, loadings, seed):
    rng = np.random.default_rng(seed)
    p, k = loadings.shape
    unique = np.sqrt(1 - (loadings**2).sum(axis=1))
    values = rng.normal(size=(n, k)) @ loadings.T + rng.normal(size=(n, p)) * unique
    return pd.DataFrame(values, columns=[f"i{j + 1}" for j in range(p)])


def simple(k, per_factor, size=0.7):
    return np.kron(np.eye(k), np.full((per_factor, 1), size))


@pytest.fixture
def study():
    answers = answers_with(200, simple(2, 4), seed=1)
    correlator = Correlator(answers, method="pearson")
    return answers, correlator, fit_solution(correlator().matrix, 200, 2)


def test_halves_are_of_whole_units_and_of_about_equal_size():
    units = np.repeat(["a", "b", "c", "d", "e", "f"], [10, 4, 4, 2, 2, 2])
    halves = random_halves(units, first_draw=0, n_draws=200, seed=1)
    for half in halves:
        for unit in "abcdef":
            assert len(set(half[units == unit])) == 1
    assert np.abs(halves.sum(axis=1) - 12).max() <= 5  # never further apart than the largest unit
    assert np.abs(halves.mean(axis=0) - 0.5).max() < 0.12  # every unit is in either half as often


def test_halves_do_not_depend_on_the_order_of_rows_or_the_pieces():
    units = np.array([3, 1, 2, 1, 5, 4])
    halves = random_halves(units, first_draw=0, n_draws=8, seed=1)
    order = np.array([5, 3, 1, 0, 2, 4])
    np.testing.assert_array_equal(halves[:, order], random_halves(units[order], first_draw=0, n_draws=8, seed=1))
    np.testing.assert_array_equal(halves[3:], random_halves(units, first_draw=3, n_draws=5, seed=1))
    assert set(random_halves(np.arange(10), first_draw=0, n_draws=20, seed=1).sum(axis=1)) == {5}


@pytest.mark.parametrize("units", [[1, 1, 1], [1, None, 2]])
def test_units_that_cannot_be_split(units):
    with pytest.raises(ValueError, match="unit"):
        random_halves(np.array(units, dtype=object), first_draw=0, n_draws=1, seed=1)


def test_halves_by_fitting_each_anew(study):
    answers, correlator, solution = study
    draws = solve_halves(correlator, np.arange(200), solution, first_draw=0, n_draws=4, seed=3)
    halves = random_halves(np.arange(200), first_draw=0, n_draws=4, seed=3)
    whole = solution.pattern.to_numpy()
    for draw, half in enumerate(halves):
        patterns = [
            fit_solution(answers[which].corr(), which.sum(), 2, starts=5).pattern.to_numpy() for which in (half, ~half)
        ]
        for j in range(2):  # the factor of the second half that is closest, by the formula
            own = patterns[0][:, np.argmax([abs(whole[:, j] @ patterns[0][:, m]) for m in (0, 1)])]
            sizes = [abs(own @ other) / np.sqrt(own @ own * (other @ other)) for other in patterns[1].T]
            assert draws["congruence"][draw, j] == pytest.approx(max(sizes), abs=1e-7)  # searches from other starts
    assert not draws["failed"].any()


def test_draws_do_not_depend_on_how_they_are_split(study):
    _, correlator, solution = study
    units = np.repeat(np.arange(50), 4)
    whole = solve_halves(correlator, units, solution, first_draw=0, n_draws=6, seed=3)
    parts = [solve_halves(correlator, units, solution, first_draw=first, n_draws=3, seed=3) for first in (0, 3)]
    for name, values in whole.items():
        np.testing.assert_array_equal(values, np.concatenate([part[name] for part in parts]))


def test_planted_factors_come_back_and_noise_does_not():
    loadings = np.column_stack([simple(2, 5, 0.8), np.zeros(10)])
    correlator = Correlator(answers_with(400, loadings[:, :2], seed=2), method="pearson")
    solution = fit_solution(correlator().matrix, 400, 3)
    draws = solve_halves(correlator, np.arange(400), solution, first_draw=0, n_draws=40, seed=1)
    table = split_half_table(draws, solution)
    congruence = table[table["statistic"] == "split_half_congruence"].set_index("factor")["estimate"]
    assert (congruence[["F1", "F2"]] > 0.95).all() and congruence["F3"] < 0.85
    changes = table[table["statistic"] == "split_half_item_changes"]
    assert changes["estimate"].median() < 0.1


def test_table_by_hand():
    answers = answers_with(60, simple(2, 2), seed=1)
    solution = fit_solution(answers.corr(), 60, 1)
    draws = {
        "congruence": np.array([[0.9], [0.85], [np.nan], [0.7]]),
        "failed": np.array([False, False, True, False]),
        "home": np.array(
            [[[0, 0, 0, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [0, 1, 0, 0]], [[-1] * 4] * 2, [[0, 0, 0, 0], [0, 1, 1, 0]]]
        ),
    }
    table = split_half_table(draws, solution, level=0.5, units="therapists").set_index("statistic")
    congruence = table.loc["split_half_congruence"]
    assert congruence["estimate"] == 0.85
    np.testing.assert_allclose([congruence["lower"], congruence["upper"]], [0.775, 0.875])
    assert congruence["method"] == "3 of 4 random splits of therapists into halves, minres, oblimin"
    assert table.loc["split_half_similar", "estimate"] == pytest.approx(2 / 3)  # .85 itself is similar
    assert table.loc["split_half_items_stay", "estimate"] == pytest.approx((1 + 0.75 + 0.5) / 3)
    np.testing.assert_allclose(table.loc["split_half_item_changes", "estimate"], [0, 2 / 3, 1 / 3, 0])
    assert table.loc["splits_without_solution", "estimate"] == 1
    assert (table["n"] == 60).all()


def test_no_half_with_a_solution(study):
    answers, _, solution = study
    rare = answers.assign(i1=[1.0, *[0.0] * 199])  # never varies in both halves
    draws = solve_halves(Correlator(rare, method="pearson"), np.arange(200), solution, first_draw=0, n_draws=3, seed=1)
    table = split_half_table(draws, solution).set_index("statistic")
    assert draws["failed"].all() and table.loc["splits_without_solution", "estimate"] == 3
    rest = table.drop("splits_without_solution")
    assert rest["estimate"].isna().all()
    assert (rest["note"] == "no split had a solution in both halves").all()
