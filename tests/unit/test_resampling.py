"""Resampling: whole units, and the same draws however they are split or ordered."""
import numpy as np
import pytest

from psychometrics.resampling import resample_weights


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
