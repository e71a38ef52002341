"""Differences of correlations: which are compared, resamples by a loop, groups, and what cannot be computed."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from psychometrics.association.cluster_bootstrap import resample_units
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
    assert chosen["statistic"].tolist() == ["r_first", "r_second", "difference", "p_difference", "p_difference_holm"]
    complete = scores[["cw", "ch", "tw", "th"]].dropna()
    r = complete.corr().to_numpy()
    expected = nonoverlapping(r[0, 1], r[2, 3], r[0, 2], r[0, 3], r[1, 2], r[1, 3], 80)
    row = chosen.set_index("statistic").loc["difference"]
    assert [row.estimate, row.lower, row.upper] == pytest.approx([expected.estimate, expected.lower, expected.upper])
    assert (chosen["n"] == 80).all()
    assert chosen["estimate"].iloc[3] == pytest.approx(expected.p)


def test_resamples_of_therapists_agree_with_a_loop(scores):
    resamples = resample_units(np.arange(90) // 3, 25, 4)
    rows = score_differences(scores, COLUMNS, resamples=resamples)
    row = rows[rows["statistic"] == "difference"].iloc[0]
    draws = []
    for weights in np.asarray(resamples.weights):
        r = scores.iloc[np.repeat(np.arange(90), weights)].corr()
        draws.append(r.loc["cw", "ch"] - r.loc["cw", "cc"])
    assert row.se == pytest.approx(np.std(draws, ddof=1), abs=1e-12)
    assert (row.lower + row.upper) / 2 == pytest.approx(row.estimate)
    assert (rows["statistic"] == "difference_zou").sum() == len(compared_correlations(COLUMNS))


def test_test_of_clients_in_therapists_by_definition(scores):
    """The interval's middle over its standard error, as t with one degree of freedom fewer than therapists."""
    rows = score_differences(scores, COLUMNS, resamples=resample_units(np.arange(90) // 3, 25, 4))
    rows = rows[rows["method"].notna()]
    difference = rows[rows["statistic"] == "difference"].iloc[0]
    units = int(difference["method"].split(" resamples of ")[1].split()[0])
    error = (difference["upper"] - difference["lower"]) / 2 / t.ppf(0.975, units - 1)
    expected = 2 * t.sf(abs(difference["upper"] + difference["lower"]) / 2 / error, units - 1)
    assert rows.loc[rows["statistic"] == "p_difference", "estimate"].iloc[0] == pytest.approx(expected)


def test_groups_are_compared_as_different_people(scores):
    groups = pd.DataFrame({"setting": np.where(np.arange(90) < 40, "day", "night")})
    resamples = resample_units(np.arange(90), 25, 4)
    rows = score_differences(scores, COLUMNS, groups=groups, resamples=resamples)
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
    pd.testing.assert_frame_equal(composite_differences(complete.corr(), COLUMNS, 80), raw, check_dtype=False)


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
    rows = score_differences(few, COLUMNS, resamples=resample_units(np.arange(90) // 3, 10, 1))
    rows = rows[rows["estimate"].isna()]
    assert set(rows["note"]) == {FEW, "a score does not vary"}
    assert set(rows["statistic"]) == {"difference"}
