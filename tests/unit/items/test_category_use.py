"""Shares of response categories: counted by hand, and where there are none."""

import numpy as np
import pandas as pd

from psychometrics.items.category_use import category_use


def test_by_hand():
    found = category_use(pd.DataFrame({"a": [1, 1, 3, np.nan], "b": [2, 2, 2, 2]}), 1, 3)
    assert found["group"].tolist() == ["1", "2", "3"] * 2
    assert found["estimate"].tolist() == [2 / 3, 0, 1 / 3, 0, 1, 0]
    assert found["n"].tolist() == [3] * 3 + [4] * 3


def test_without_categories_one_row_says_why():
    frame = pd.DataFrame({"a": [1.5, 2.0], "b": [np.nan, np.nan]})
    assert category_use(frame, 1, 3)["note"].tolist() == [
        "answers lie between whole numbers: there are no categories",
        "no answers",
    ]
    assert category_use(pd.DataFrame({"a": [10, 90]}), 0, 100)["note"].tolist() == ["more than 20 categories"]
