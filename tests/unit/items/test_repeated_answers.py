"""Copied and shifted answers: planted ones are found, honest ones are not."""

import numpy as np
import pytest

from psychometrics.items.repeated_answers import carried_forward, same_as_another, shifted_by_one

GAP = np.nan


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([1, 3, 2, 4], [1, 3, 2, 4], 1),
        ([1, 3, 2, 4], [1, 3, 2, 5], 0),
        ([1, 3, GAP, 4], [1, 3, GAP, 4], 1),
        ([1, 3, GAP, 4], [1, 3, 2, 4], 0),  # an answer more is no copy
        ([1, GAP, GAP, 4], [1, GAP, GAP, 4], GAP),  # two answers say little
        ([5, 5, 5, 5], [5, 5, 5, 5], GAP),  # nor does one answer throughout
        ([5, 5, 5, 5], [5, 5, 5, 4], 0),
        ([GAP] * 4, [GAP] * 4, GAP),
    ],
)
def test_carried_forward(before, after, expected):
    found = carried_forward(np.array([before], float), np.array([after], float))
    np.testing.assert_equal(found, [expected])


@pytest.fixture
def honest():
    rng = np.random.default_rng(2)
    means = np.array([2.0, 5, 3, 6, 2, 4, 6, 3, 5, 2, 6, 4])
    return np.clip(np.round(means + rng.normal(size=(150, 1)) + 0.8 * rng.normal(size=(150, 12))), 1, 7)


def test_honest_people_are_not_alike_and_copies_are(honest):
    same, pairs, expected = same_as_another(honest)
    assert (np.nansum(same), pairs) == (0, 0)
    honest[60:64] = honest[3]
    same, pairs, expected = same_as_another(honest)
    assert np.flatnonzero(same == 1).tolist() == [3, 60, 61, 62, 63]
    assert pairs == 10
    assert expected < 1


def test_expected_pairs_follow_from_those_that_differ_in_one_and_two_items():
    """Items that agree with the same probability q: what is expected is what is there, up to chance."""
    answers = np.random.default_rng(3).integers(1, 3, size=(1500, 10)).astype(float)
    _, pairs, expected = same_as_another(answers)
    assert expected == pytest.approx(pairs, rel=0.15)  # 1,100 pairs: chance moves them by 3%, and those that differ too


def test_same_is_not_judged_where_answers_are_all_alike_or_incomplete():
    answers = np.array([[5.0, 5, 5]] * 3 + [[1, GAP, 2]] * 2)
    same, pairs, _ = same_as_another(answers)
    assert np.isnan(same).all()
    assert np.isnan(pairs)


def test_shifted_rows_are_found_and_others_are_not(honest):
    mean, covariance = honest.mean(axis=0), np.cov(honest.T)
    assert not shifted_by_one(honest, mean, covariance).any()
    planted = honest.copy()
    planted[:20, 1:], planted[:20, 0] = honest[:20, :-1], GAP  # a cell too many in front
    planted[20:40, :-1], planted[20:40, -1] = honest[20:40, 1:], GAP  # one too few
    planted[40:50, 1:], planted[40:50, 0] = honest[40:50, :-1], 1  # something else in the first
    found = shifted_by_one(planted, mean, covariance)
    assert (found[:20] == -1).sum() >= 18
    assert (found[20:40] == 1).sum() >= 18
    assert (found[40:50] == -1).sum() >= 7
    assert not found[50:].any()


def test_a_gap_alone_is_no_shift(honest):
    mean, covariance = honest.mean(axis=0), np.cov(honest.T)
    honest[:, 0] = GAP
    assert not shifted_by_one(honest, mean, covariance).any()
