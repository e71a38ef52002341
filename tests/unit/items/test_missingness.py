"""Missing answers, counted by hand; and nobody who is alone in a group."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.items.missingness import POOLED, missing_answers, pooled_counts
from psychometrics.items.who_is_missing import missing_difference

GAP = np.nan
# 12 complete, 6 without i02, 1 without i01 and i02, 1 without i03
PEOPLE = [[1, 2, 3]] * 12 + [[1, GAP, 3]] * 6 + [[GAP, GAP, 3]] + [[1, 2, GAP]]


def rows(answers, statistic, **settings):
    found = missing_answers(answers, **settings)
    return found[found["statistic"] == statistic].set_index("group")


@pytest.fixture
def answers():
    return pd.DataFrame(PEOPLE, columns=["i01", "i02", "i03"])


def test_shares_by_hand(answers):
    found = missing_answers(answers)
    shares = found[found["statistic"] == "missing_share"].set_index("item")["estimate"]
    assert shares.to_dict() == pytest.approx({"": 9 / 60, "i01": 1 / 20, "i02": 7 / 20, "i03": 1 / 20})


def test_patterns_of_fewer_than_five_people_are_pooled(answers):
    found = rows(answers, "missing_pattern_share")
    assert found["estimate"].to_dict() == pytest.approx({"i02": 6 / 8, POOLED: 2 / 8})
    assert set(rows(answers, "missing_pattern_share", fewest=1).index) == {"i02", "i03", "i01 i02"}


def test_numbers_of_few_people_are_pooled(answers):
    found = rows(answers, "missing_count_share")
    assert found["estimate"].to_dict() == pytest.approx({"0": 12 / 20, "1 or more": 8 / 20})


@pytest.mark.parametrize(
    ("values", "groups"),
    [
        ([0] * 5, [(0, 0, 5)]),
        ([0] * 4, [(0, 0, 4)]),
        ([3] * 5, [(3, 3, 5)]),
        ([0, 0, 1, 1, 1, 2, 2, 2, 2, 2], [(0, 1, 5), (2, 2, 5)]),
        ([0] * 5 + [1] * 2 + [4] * 3 + [9], [(0, 0, 5), (1, None, 6)]),
    ],
)
def test_pooled_counts(values, groups):
    assert pooled_counts(np.array(values)) == groups
    assert sum(group[2] for group in groups) == len(values)


def test_nobody():
    assert missing_answers(pd.DataFrame(columns=["i01"]))["note"].tolist() == ["nobody answered"]


@pytest.mark.parametrize(
    ("missing", "value", "reason"),
    [
        ([0] * 20, range(20), "nobody is missing"),
        ([1] * 4 + [0] * 16, range(20), "fewer than 5 people in one of the groups"),
        ([1] * 10 + [0] * 10, [3] * 20, "the values do not vary"),
        ([1] * 10 + [0] * 10, [GAP] * 10 + list(range(10)), "nobody is missing"),
    ],
)
def test_a_difference_that_cannot_be_computed_says_why(missing, value, reason):
    row = missing_difference(list(value), [bool(one) for one in missing]).iloc[0]
    assert np.isnan(row["estimate"])
    assert row["note"] == reason


@pytest.mark.parametrize("size", [0.1, 5, 30])
def test_limits_hold_the_difference_however_large(size):
    value = np.tile([0.0, 1.0], 20) + size * np.repeat([1, 0], 20)
    row = missing_difference(value, np.repeat([True, False], 20)).iloc[0]
    assert row["lower"] < row["estimate"] < row["upper"]
