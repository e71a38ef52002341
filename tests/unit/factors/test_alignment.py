"""Alignment: congruence by loop, orders and signs undone, the best assignment rather than a greedy one."""

import itertools

import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.alignment import align, align_arrays, congruence_array, match_factors, tucker_congruence
from psychometrics.factors.solution import fit_solution


@pytest.fixture
def pattern():
    rng = np.random.default_rng(4)
    return pd.DataFrame(rng.normal(size=(10, 3)), index=[f"i{j}" for j in range(10)], columns=["F1", "F2", "F3"])


def congruence_by_definition(x, y):
    return sum(a * b for a, b in zip(x, y, strict=True)) / (sum(a * a for a in x) * sum(b * b for b in y)) ** 0.5


def test_congruence_by_definition(pattern):
    other = pattern + np.random.default_rng(0).normal(size=pattern.shape)
    got = tucker_congruence(pattern, other)
    for a, b in itertools.product(pattern, other):
        assert got.loc[a, b] == pytest.approx(congruence_by_definition(pattern[a].tolist(), other[b].tolist()))


def test_congruence_by_hand():
    # (1, 2) and (2, 1): 4 / (sqrt 5 sqrt 5)
    assert congruence_array(np.array([[1.0], [2.0]]), np.array([[2.0], [1.0]]))[0, 0] == pytest.approx(0.8)


def test_congruence_uses_the_items_in_common_and_ignores_their_order(pattern):
    other = pattern.iloc[::-1].rename(index={"i0": "x"})
    pd.testing.assert_frame_equal(tucker_congruence(pattern, other), tucker_congruence(pattern[1:], pattern[1:]))
    with pytest.raises(ValueError, match="share no item"):
        tucker_congruence(pattern, pattern.rename(index=lambda item: f"x{item}"))


def test_an_empty_factor_has_no_congruence():
    assert congruence_array(np.zeros((3, 1)), np.ones((3, 1)))[0, 0] == 0


def test_best_assignment_not_the_greedy_one():
    # greedy takes .9 and is left with 0; .8 + .8 is better
    order, signs = match_factors(np.array([[0.9, -0.8], [0.8, 0.0]]))
    assert order.tolist() == [1, 0] and signs.tolist() == [1, -1]


def test_arrays_come_back_in_order_and_direction(pattern):
    phi = np.array([[1, 0.3, -0.2], [0.3, 1, 0.1], [-0.2, 0.1, 1]])
    original = pattern.to_numpy()
    for order in itertools.permutations(range(3)):
        for signs in itertools.product([1, -1], repeat=3):
            moved = original[:, order] * signs, phi[np.ix_(order, order)] * np.outer(signs, signs)
            back, back_phi, congruence = align_arrays(*moved, original)
            np.testing.assert_allclose(back, original)
            np.testing.assert_allclose(back_phi, phi)
            np.testing.assert_allclose(congruence, 1)


def test_solution_takes_order_direction_and_names_of_the_target():
    rng = np.random.default_rng(2)
    people = rng.normal(size=(300, 2))[:, [0] * 5 + [1] * 4] + rng.normal(size=(300, 9))
    solution = fit_solution(pd.DataFrame(people).corr(), 300, 2)
    target = pd.DataFrame({"Task": -solution.pattern["F2"], "Bond": solution.pattern["F1"]})
    aligned = align(solution, target)
    pd.testing.assert_frame_equal(aligned.pattern, target)
    assert aligned.phi.loc["Task", "Bond"] == pytest.approx(-solution.phi.loc["F1", "F2"])
    with pytest.raises(ValueError, match="1 factors"):
        align(solution, target[["Task"]])
