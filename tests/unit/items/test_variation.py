"""Items that cannot be analysed, found by hand."""

import numpy as np
import pandas as pd

from psychometrics.items.variation import items_without_variation, left_out_note, repeated_items, varying_items

ANSWERS = pd.DataFrame(
    {
        "a": [1, 2, 3, 4, 5, 1],
        "b": [5, 5, 5, 5, 4, 4],  # two answers outside
        "c": [5, 5, 5, 4, 4, 1],  # three
        "d": [2, 2, 2, np.nan, 2, 2],
        "e": [np.nan] * 6,
    }
)


def test_fewer_than_three_answers_outside_one_category_do_not_do():
    assert items_without_variation(ANSWERS) == {
        "b": "all but 2 of 6 answers are the same",
        "d": "all answers are the same",
        "e": "no answers",
    }


def test_varying_items_go_on_without_the_others():
    kept, left_out = varying_items(ANSWERS)
    assert (list(kept), list(left_out)) == (["a", "c"], ["b", "d", "e"])
    assert left_out_note(left_out) == (
        "without b (all but 2 of 6 answers are the same) and d (all answers are the same) and e (no answers)"
    )


def test_where_fewer_than_two_items_would_be_left_all_stay():
    kept, left_out = varying_items(ANSWERS[["a", "b"]])
    assert (list(kept), left_out, left_out_note(left_out)) == (["a", "b"], {}, "")


def test_answers_that_are_the_same_or_turned_round():
    answers = pd.DataFrame({"a": [1, 2, 3, 4, 5, np.nan], "b": [1, 2, 3, 4, 5, 2], "c": [5, 4, 3, 2, 1, 4]})
    assert repeated_items(answers) == [("b", "a", False, 5), ("c", "a", True, 5)]


def test_items_that_hardly_vary_repeat_nothing():
    answers = pd.DataFrame({"a": [5, 5, 5, 5], "b": [5, 5, 5, 5], "c": [1, 2, 3, 4], "d": [1, 2, 3, 3]})
    assert repeated_items(answers) == []
