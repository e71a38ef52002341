"""Counted by hand."""

import numpy as np
import pandas as pd

from psychometrics.course.ceiling import ceiling_by_session

SCORES = pd.DataFrame(
    {"time": [3.0, 0.0, 1.0, 9.0, 5.0], "session": [2, 1, 1, 1, 2], "score": [7.0, 7.0, 6.9, np.nan, 7.0 - 1e-12]}
)


def test_shares_of_those_with_a_score():
    rows = ceiling_by_session(SCORES, 7)
    assert rows[["session", "time", "estimate", "n"]].to_numpy().tolist() == [[1, 0.5, 0.5, 2], [2, 4.0, 1.0, 2]]


def test_an_unknown_range_is_said():
    rows = ceiling_by_session(SCORES, np.nan)
    assert rows["estimate"].isna().all() and (rows["note"] == "the range of the scores is not known").all()
