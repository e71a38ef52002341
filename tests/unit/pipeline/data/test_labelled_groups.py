"""Groups are called by the labels of their numbers, where the file labels them all."""

import pandas as pd
import pytest

from pipeline.data.value_labels import labelled_groups


@pytest.mark.parametrize(
    "labels, called",
    [
        ({1.0: "waiting list", 2.0: " therapy"}, ["waiting list", "therapy", None]),
        ({1.0: "waiting list"}, ["1", "2", None]),  # one group without a label
        ({1.0: "same", 2.0: "same"}, ["1", "2", None]),  # two groups would become one
        (None, ["1", "2", None]),
    ],
)
def test_groups(labels, called):
    assert labelled_groups(pd.Series(["1", "2", None], dtype=object), labels).tolist() == called
