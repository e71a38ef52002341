"""Totals that stand in a file: found by what they hold, and held against the items."""

import numpy as np
import pandas as pd
import pytest

from pipeline.data.file_totals import file_totals

KEY = {"range": [1, 7], "reverse": [2], "scales": {"a": [1, 2], "b": [3, 4]}}
ITEMS = ["i01", "i02", "i03", "i04"]


@pytest.fixture
def answers():
    frame = pd.DataFrame(np.random.default_rng(1).integers(1, 8, size=(60, 4)), columns=ITEMS, index=range(2, 62))
    return frame.astype("Int64")


def found(answers, values, **key):
    frame = pd.DataFrame({"id": answers.index, "given": values}, index=answers.index)
    return [(one.scale, one.how, one.keyed, one.differ) for one in file_totals(frame, answers, KEY | key, ["id"])]


def keyed(answers):
    return answers.assign(i02=8 - answers["i02"])


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: keyed(x).sum(axis=1), [("total", "sum", True, [])]),
        (lambda x: keyed(x).mean(axis=1), [("total", "mean", True, [])]),
        (lambda x: x[["i03", "i04"]].mean(axis=1), [("b", "mean", True, [])]),
        (lambda x: (keyed(x).sum(axis=1) / 4).astype(float).round(2), [("total", "mean", True, [])]),
        (lambda x: (keyed(x) - 1).sum(axis=1), [("total", "sum (each item counted from 0)", True, [])]),
        (lambda x: x.sum(axis=1), [("total", "sum", False, [])]),
        (lambda x: x[["i01", "i02"]].sum(axis=1), [("a", "sum", False, [])]),
        (lambda x: keyed(x).sum(axis=1).where(x.index > 4, 3), [("total", "sum", True, [2, 3, 4])]),
        (lambda x: keyed(x).sum(axis=1).where(x.index > 30), [("total", "sum", True, [])]),  # others have no total
        (lambda x: keyed(x).sum(axis=1).astype(str), [("total", "sum", True, [])]),  # numbers as text
        (lambda x: np.random.default_rng(2).integers(4, 28, size=60), []),
        (lambda x: ["a", "b", "c"] * 20, []),
        (lambda x: 28, []),
        (lambda x: keyed(x).sum(axis=1).where(x.index > 53), []),  # too few rows to tell
    ],
)
def test_column(answers, make, expected):
    assert found(answers, make(answers)) == expected


def test_rows_with_a_gap_are_not_compared(answers):
    values = keyed(answers).sum(axis=1)
    answers.loc[[5, 6], "i01"] = pd.NA
    assert found(answers, values) == [("total", "sum", True, [])]


def test_another_item_is_no_total_where_most_give_the_highest_answer():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(np.where(rng.random((80, 5)) < 0.9, 7, rng.integers(1, 8, (80, 5))), columns=[*ITEMS, "x"])
    assert found(frame[ITEMS], frame["x"], reverse=[]) == []
