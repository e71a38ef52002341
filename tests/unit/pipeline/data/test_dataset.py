"""One rating of each session for analyses that take one."""

import pandas as pd

from pipeline.data.dataset import one_rating_each


def test_the_rater_with_most_ratings_counts():
    ratings = pd.DataFrame(
        [["A", 1, "x", 1], ["A", 1, "y", 2], ["B", 1, "y", 3], ["C", 1, "z", 4], ["C", 2, "x", 5], ["C", 2, "z", 6]],
        columns=["client", "session", "rater", "i01"],
    )  # x, y and z rated two sessions each: the first by code
    assert one_rating_each(ratings)["i01"].tolist() == [1, 3, 4, 5]
    more = pd.concat([ratings, pd.DataFrame([["D", 1, "z", 7]], columns=ratings.columns)])
    assert one_rating_each(more.reset_index(drop=True))["i01"].tolist() == [1, 3, 4, 6, 7]


def test_without_raters_every_row_stays():
    ratings = pd.DataFrame({"client": ["B", "A", "A"], "session": [1, 1, 2], "rater": None, "i01": [1, 2, 3]})
    pd.testing.assert_frame_equal(one_rating_each(ratings), ratings)
