"""Differences of correlations: which are compared, resamples by a loop, groups, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from psychometrics.association.difference_tests import independent, nonoverlapping, overlapping
from psychometrics.association.differences import (
    FEW,
    NOTHING,
    compared_correlations,
    composite_differences,
    score_differences,
)
from psychometrics.resampling.formula_intervals import fisher_interval

COLUMNS = pd.DataFrame(
    [
        ["client", "wai", "task"],
        ["client", "wai", "total"],
        ["client", "haq", "total"],
        ["client", "cal", "total"],
        ["therapist", "wai", "total"],
        ["therapist", "haq", "total"],
        [None, "outcome", "functioning"],
    ],
    columns=["perspective", "form", "scale"],
    index=["ct", "cw", "ch", "cc", "tw", "th", "end"],
)


@pytest.fixture
def scores():
    rng = np.random.default_rng(6)
    frame = pd.DataFrame(rng.normal(size=(90, 1)) + rng.normal(size=(90, 7)), columns=COLUMNS.index)
    frame.loc[:9, "th"] = np.nan
    return frame


def test_what_is_compared():
    found = {(one.first, one.second) for one in compared_correlations(COLUMNS)}
    assert found == {
        (("cw", "ch"), ("cw", "cc")),
        (("cw", "ch"), ("ch", "cc")),
        (("cw", "cc"), ("ch", "cc")),  # within clients
        (("cw", "ch"), ("tw", "th")),
        (("cw", "tw"), ("ch", "th")),  # across perspectives
        (("cw", "end"), ("ch", "end")),
        (("cw", "end"), ("cc", "end")),
        (("ch", "end"), ("cc", "end")),
        (("tw", "end"), ("th", "end")),
        (("cw", "end"), ("tw", "end")),
        (("ch", "end"), ("th", "end")),
    }


def test_one_row_of_each_kind_on_the_clients_with_all_scores(scores):
    rows = score_differences(scores, COLUMNS)
    across = (rows["perspective_2"] == "client") & (rows["perspective_3"] == "therapist")
    chosen = rows[across & (rows["form_2"] == "haq")]
    names = ["r_first", "r_second", "difference", "difference_zou", "p_difference", "p_difference_holm"]
    assert chosen["statistic"].tolist() == names
    complete = scores[["cw", "ch", "tw", "th"]].dropna()
    r = complete.corr().to_numpy()
    expected = nonoverlapping(r[0, 1], r[2, 3], r[0, 2], r[0, 3], r[1, 2], r[1, 3], 80)
    row = chosen.set_index("statistic").loc["difference_zou"]
    assert [row.estimate, row.lower, row.upper] == pytest.approx([expected.estimate, expected.lower, expected.upper])
    assert (chosen["n"] == 80).all()
    assert chosen["estimate"].iloc[4] == pytest.approx(expected.p)


def test_therapists_left_out_agree_with_a_loop(scores):
    therapists = np.arange(90) // 3
    rows = score_differences(scores, COLUMNS, units=therapists)
    row = rows[rows["statistic"] == "difference"].iloc[0]
    left_out = []
    for therapist in range(30):
        r = scores[therapists != therapist].corr()
        left_out.append(r.loc["cw", "ch"] - r.loc["cw", "cc"])
    assert row.se == pytest.approx(np.sqrt(29 / 30 * np.square(left_out - np.mean(left_out)).sum()), abs=1e-12)
    half = t.ppf(0.975, 29) * row.se
    assert [row.lower, row.upper] == pytest.approx([row.estimate - half, row.estimate + half])
    assert (rows["statistic"] == "difference_zou").sum() == len(compared_correlations(COLUMNS))


def test_test_of_clients_in_therapists_by_definition(scores):
    """The interval's middle over its standard error, as t with one degree of freedom fewer than therapists."""
    rows = score_differences(scores, COLUMNS, units=np.arange(90) // 3)
    difference, units = rows[rows["statistic"] == "difference"].iloc[0], 30
    error = (difference["upper"] - difference["lower"]) / 2 / t.ppf(0.975, units - 1)
    expected = 2 * t.sf(abs(difference["upper"] + difference["lower"]) / 2 / error, units - 1)
    assert rows.loc[rows["statistic"] == "p_difference", "estimate"].iloc[0] == pytest.approx(expected)


def test_groups_are_compared_as_different_people(scores):
    groups = pd.DataFrame({"setting": np.where(np.arange(90) < 40, "day", "night")})
    rows = score_differences(scores, COLUMNS, groups=groups)
    part = rows[rows["group"] == "setting: day"]
    first = part[part["statistic"].isin(["r_first", "r_second", "difference", "p_difference"])].head(4)
    r, r_2 = (scores.loc[groups["setting"] == name, ["cw", "ch"]].corr().iloc[0, 1] for name in ("day", "night"))
    expected = independent(r, 40, r_2, 50)
    assert first["estimate"].tolist() == pytest.approx([r, r_2, r - r_2, expected.p])
    assert first["n"].tolist() == [40, 50, 90, 90]
    assert (first["group_2"] == "setting: night").all()
    # every pair within a perspective, and every total with the outcome
    assert (part["statistic"] == "difference").sum() == 3 + 1 + 5


def test_matrix_gives_the_same_numbers(scores):
    complete = scores.dropna()
    raw = score_differences(complete, COLUMNS)
    raw = raw[raw["statistic"] != "difference"].replace({"statistic": {"difference_zou": "difference"}})
    found = composite_differences(complete.corr(), COLUMNS, 80)
    pd.testing.assert_frame_equal(found, raw.assign(note="").reset_index(drop=True), check_dtype=False)


def test_equal_correlations_are_not_different():
    assert overlapping(0.5, 0.5, 0.3, 100).p == pytest.approx(1)
    found = independent(0.5, 50, 0.5, 80)
    assert found.lower < 0 < found.upper


def test_zou_s_interval_of_unrelated_correlations_by_hand():
    found = nonoverlapping(0.5, 0.2, 0, 0, 0, 0, 103)
    (l1, u1), (l2, u2) = fisher_interval(0.5, 103), fisher_interval(0.2, 103)
    assert found.lower == pytest.approx(0.3 - np.hypot(0.5 - l1, u2 - 0.2))
    assert found.upper == pytest.approx(0.3 + np.hypot(u1 - 0.5, 0.2 - l2))


def test_what_cannot_be_computed_says_why(scores):
    alone = score_differences(scores, COLUMNS.loc[["ct", "cw", "ch"]])
    assert alone["note"].tolist() == [NOTHING]
    few = scores.assign(cc=scores["cc"].where(scores.index < 4), end=1.0)
    rows = score_differences(few, COLUMNS, units=np.arange(90) // 3)
    rows = rows[rows["estimate"].isna()]
    assert set(rows["note"]) == {FEW, "a score does not vary"}
    assert set(rows["statistic"]) == {"difference"}
