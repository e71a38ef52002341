"""Rows without an estimate, gathered by kind of reason."""

import pandas as pd

from report.section_not_computed import kinds_of_reason, reason_in


def test_notes_that_differ_in_numbers_and_names_are_one_kind():
    found = kinds_of_reason(
        {
            "a.csv": pd.Series(["3 items are too few for 3 group factors", "2 items are too few for 3 group factors"]),
            "b.csv": pd.Series(["3 items are too few for 3 group factors", "no variance"]),
        }
    )
    assert found == {"3 items are too few for 3 group factors": {"a.csv": 2, "b.csv": 1}, "no variance": {"b.csv": 1}}


def test_lists_of_items_and_remarks_are_no_part_of_the_reason():
    assert reason_in("all answers are the same in: client.made_a i01, client.made_a i02") == "all answers are the same"
    assert reason_in("without variance: i01, i02") == "without variance"
    assert reason_in("fewer than three people answered both i01 and i02") == "fewer than three people answered"
    assert reason_in("part-whole; a score does not vary; provisional key (CALPAS)") == "a score does not vary"
    assert reason_in("no score; A first without i04 (all but 2 of 100 answers are the same)") == "no score"


def test_a_remark_alone_stays():
    assert reason_in("part-whole") == "part-whole"
    assert reason_in("") == "no reason is given"
