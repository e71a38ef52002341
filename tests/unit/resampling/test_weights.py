"""Resampling: whole units, and the same draws however they are split or ordered."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from psychometrics.resampling.weights import (
    ClusterWeights,
    cluster_resamples,
    leave_out_resamples,
    leave_out_weights,
    resample_weights,
)


def test_each_draw_takes_as_many_units_as_there_are():
    weights = resample_weights(np.arange(20), 0, 50, seed=1)
    assert weights.shape == (50, 20)
    assert (weights.sum(axis=1) == 20).all()


def test_rows_of_a_unit_enter_together():
    units = np.array(["b", "a", "b", "c", "a"])
    weights = resample_weights(units, 0, 100, seed=1)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 4]).all()
    assert (weights[:, [0, 1, 3]].sum(axis=1) == 3).all()


def test_chunks_give_the_draws_of_the_whole():
    units = np.arange(30)
    whole = resample_weights(units, 0, 25, seed=7)
    parts = [resample_weights(units, first, size, seed=7) for first, size in [(0, 10), (10, 1), (11, 14)]]
    np.testing.assert_array_equal(whole, np.vstack(parts))


def test_order_of_rows_does_not_matter_and_the_seed_does():
    units = np.array([5, 3, 9, 3])
    order = [2, 0, 3, 1]
    weights = resample_weights(units, 0, 40, seed=2)
    np.testing.assert_array_equal(resample_weights(units[order], 0, 40, seed=2), weights[:, order])
    assert (resample_weights(units, 0, 40, seed=3) != weights).any()


def test_units_are_drawn_evenly():
    # 2000 draws of 10: each unit's mean weight is 1 with standard error sqrt(.9 / 2000) = .02
    assert resample_weights(np.arange(10), 0, 2000, seed=1).mean(axis=0) == pytest.approx(np.ones(10), abs=0.1)


def test_a_row_without_a_unit_is_an_error():
    with pytest.raises(ValueError, match="needs a unit"):
        resample_weights(np.array(["a", None], dtype=object), 0, 1, seed=1)
    with pytest.raises(ValueError, match="must be among those to draw from"):
        resample_weights(np.array(["a", "c"]), 0, 1, seed=1, among=np.array(["a", "b"]))


def test_analyses_that_draw_among_the_same_units_take_the_same_of_them():
    everyone = np.array(["d", "a", "c", "b", "e", "a"])
    one, two = np.array(["a", "b", "b", "d"]), np.array(["e", "d", "c", "b"])
    first, second = (resample_weights(units, 0, 50, seed=4, among=everyone) for units in (one, two))
    np.testing.assert_array_equal(first[:, [1, 3]], second[:, [3, 1]])
    np.testing.assert_array_equal(resample_weights(one, 0, 50, seed=4), resample_weights(one, 0, 50, seed=4, among=one))
    assert resample_weights(everyone, 0, 50, seed=4)[:, [0, 2, 3, 4, 5]].sum(axis=1) == pytest.approx(5)


def test_the_same_units_hold_the_dependence_of_two_means():
    r"""Means of x and y that only share some people: Var(mx - my) = s2x/nx + s2y/ny - 2 n_xy s_xy / (nx ny)."""
    rng = np.random.default_rng(6)
    people = np.arange(300)
    common = rng.normal(size=300)
    x, y = (common + 0.5 * rng.normal(size=300) for _ in range(2))
    in_x, in_y = people < 220, people >= 60
    both = in_x & in_y
    covariance = np.sum((x - x[in_x].mean())[both] * (y - y[in_y].mean())[both])
    variance = np.var(x[in_x]) / 220 + np.var(y[in_y]) / 240 - 2 * covariance / (220 * 240)

    def means(values, among):
        weights = resample_weights(people[among], 0, 4000, seed=2, among=people)
        return weights @ values[among] / weights.sum(axis=1)

    found = np.std(means(x, in_x) - means(y, in_y))
    assert found == pytest.approx(np.sqrt(variance), rel=0.04)  # Monte Carlo error 1%
    unrelated = np.sqrt(np.var(x[in_x]) / 220 + np.var(y[in_y]) / 240)
    assert np.sqrt(variance) < 0.8 * unrelated


def test_each_unit_is_left_out_once():
    units = np.array(["b", "a", "b", "c"])
    np.testing.assert_array_equal(leave_out_weights(units, 5, seed=1), [[1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]])


def test_many_units_are_left_out_in_parts_of_like_size():
    weights = leave_out_weights(np.arange(10).repeat(2), 4, seed=1)
    assert weights.shape == (4, 20)
    left = 1 - weights
    assert left.sum(axis=0).tolist() == [1] * 20 and sorted(left.sum(axis=1)) == [4, 4, 6, 6]
    np.testing.assert_array_equal(weights[:, ::2], weights[:, 1::2])


@pytest.mark.parametrize("make", [lambda of: cluster_resamples(of, 0, 30, 5), lambda of: leave_out_resamples(of, 7, 5)])
def test_weights_kept_by_cluster_act_as_their_array(monkeypatch, make):
    monkeypatch.setattr("psychometrics.resampling.weights.NUMBERS_AT_ONCE", 50)
    rng = np.random.default_rng(1)
    kept = make(rng.permutation(np.repeat(np.arange(12), np.arange(12) % 4 + 1)))
    whole, rows = np.asarray(kept), rng.random(len(kept.codes)) < 0.6
    assert kept.shape == whole.shape and len(kept) == len(whole)
    columns = rng.normal(size=(len(kept.codes), 3))
    np.testing.assert_allclose(kept @ columns, whole @ columns, atol=1e-12)  # sums in another order
    np.testing.assert_array_equal(kept @ (columns[:, 0] > 0), whole @ (columns[:, 0] > 0))
    np.testing.assert_array_equal(kept.sum(axis=1, keepdims=True), whole.sum(axis=1, keepdims=True))
    np.testing.assert_array_equal(np.asarray(kept[2:9, rows]), whole[2:9, rows])
    np.testing.assert_array_equal(np.array(list(kept[3:])), whole[3:])
    flags = csr_array(rng.random((len(kept.codes), 4)) < 0.3)
    np.testing.assert_array_equal(kept[:, rows] @ flags[rows], whole[:, rows] @ flags.toarray()[rows])


def test_a_thousand_resamples_of_many_people_fit():
    # as an array they would be 1.6 GB
    weights = cluster_resamples(np.arange(200_000) // 10, 0, 1000, 1)
    assert weights.counts.nbytes + weights.codes.nbytes < 50e6
    assert isinstance(weights[:10], ClusterWeights)
    assert (weights.sum(axis=1) == 200_000).all()
