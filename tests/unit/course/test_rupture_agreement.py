"""Kappa and shared ruptures by hand; chance where series have nothing to do with each other."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.course.courses import courses_of
from psychometrics.course.rupture_agreement import Seen, criteria_agreement, shared_ruptures
from psychometrics.course.rupture_criteria import Flags


def flags(name, *columns, judged=None):
    below = np.array(columns, dtype=bool).T
    return Flags(name, below, np.ones_like(below) if judged is None else np.array(judged, dtype=bool).T)


def seen(*columns, dyads=None, sessions=None):
    """Ratings of no matter what, in which these sessions are flagged."""
    rows = [
        {"dyad": dyads[number] if dyads else number, "session": session, "rating": 5.0}
        for number, column in enumerate(columns)
        for session in (sessions or range(1, len(column) + 1))
    ]
    return Seen(courses_of(pd.DataFrame(rows)), flags("a", *columns))


def test_kappa_by_hand():
    # ten sessions: both 2, only the first 1, only the second 2, none 5: p_o = .7, p_e = .3 x .4 + .7 x .6 = .54
    one = flags("a", [1, 1, 1, 0, 0], [0, 0, 0, 0, 0])
    two = flags("b", [1, 1, 0, 1, 1], [0, 0, 0, 0, 0])
    row = criteria_agreement([one, two]).iloc[0]
    assert row["estimate"] == pytest.approx((0.7 - 0.54) / 0.46)
    assert (row["criterion"], row["criterion_2"], row["n"], row["sessions"]) == ("a", "b", 2, 10)


def test_kappa_takes_what_both_judge():
    one = flags("a", [1, 0, 1, 0])
    two = flags("b", [1, 0, 0, 0], judged=[[1, 1, 0, 1]])
    assert criteria_agreement([one, two]).iloc[0][["estimate", "sessions"]].tolist() == [1.0, 3]


def test_kappa_of_who_never_flags():
    rows = criteria_agreement([flags("a", [0, 0, 0]), flags("b", [0, 0, 0]), flags("c", [1, 0, 0])])
    assert rows["estimate"].isna().tolist() == [True, False, False]
    assert rows["note"].iloc[0].startswith("one of the two flags no session")
    assert rows["estimate"].tolist()[1:] == [0, 0]
    assert criteria_agreement([]).empty


def test_shared_within_one_session():
    # first dyad: session 2 and session 3, one apart; second: 1 and 5, four apart; third: the first alone
    one, two = seen([0, 1, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0]), seen([0, 0, 1, 0, 0], [0, 0, 0, 0, 1], [0] * 5)
    found = shared_ruptures(one, two, shifts=200).set_index("statistic")
    assert found.loc["rupture_shared", ["estimate", "n", "sessions"]].tolist() == [1 / 3, 3, 3]
    # a single flag, shifted in a circle of five: three places are within one session of session 2, two of session 1
    assert found.loc["rupture_shared_by_chance", "estimate"] == pytest.approx((3 / 5 + 2 / 5 + 0) / 3)
    beyond = found.loc["rupture_shared_beyond_chance", "estimate"]
    assert beyond == pytest.approx(0)
    same = shared_ruptures(one, two, window=0, shifts=10).set_index("statistic")
    assert same.loc["rupture_shared", "estimate"] == 0


def test_p_is_exact_in_the_end():
    # one dyad of three with flags of both: by chance one of five shifts puts the second on the first
    one = seen([0, 0, 1, 0, 0], [0] * 5, [0] * 5)
    found = shared_ruptures(one, one, window=0, shifts=4000).set_index("statistic")
    # standard error of a share of 4000: .006
    assert found.loc["rupture_shared_beyond_chance", "p"] == pytest.approx(0.2, abs=0.02)


def test_series_that_have_nothing_to_do_with_each_other():
    rng = np.random.default_rng(6)
    one, two = (seen(*(rng.random((80, 12)) < 0.15).tolist()) for _ in range(2))
    found = shared_ruptures(one, two).set_index("statistic")
    beyond = found.loc["rupture_shared_beyond_chance"]
    assert beyond["lower"] < 0 < beyond["upper"] and beyond["p"] > 0.05


def test_gaps_are_passed_over_by_shifts_and_count_for_the_window():
    one, two = (
        seen([1, 0, 0], [1, 0, 0], [1, 0, 0], sessions=[1, 4, 5]),
        seen([0, 1, 0], [0, 1, 0], [0, 1, 0], sessions=[1, 4, 5]),
    )
    found = shared_ruptures(one, two).set_index("statistic")["estimate"]
    assert found["rupture_shared"] == 0  # session 4 is three after session 1
    assert found["rupture_shared_by_chance"] == pytest.approx(1 / 3)


def test_nothing_to_compare():
    one, two = seen([0, 1, 0]), seen([1, 0, 0])
    assert shared_ruptures(one, two)["note"].item() == "fewer than three dyads were rated by both (1)"
    none = seen([0, 0], [0, 0], [0, 0])
    some = seen([1, 0], [0, 0], [0, 0])
    assert shared_ruptures(some, none)["note"].item() == "the second sees no rupture"
    assert shared_ruptures(none, some)["note"].item() == "no rupture of the first at which the second was judged"
