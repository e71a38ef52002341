"""Shares of variance once the mean course is out, and what follows from one session to the next."""

import numpy as np
import pytest

from psychometrics.course.levels import FEW_SERIES, NO_THERAPIST
from psychometrics.course.variance_over_course import variance_over_course
from psychometrics.variance.nesting import sessions_in_clients


def by_statistic(rows, residuals="independent"):
    return rows[rows["residuals"] == residuals].set_index("statistic")


def test_the_mean_course_is_taken_out(planted):
    steep = by_statistic(variance_over_course(planted(mean=lambda time: 2.0 * time), serial=False, draws=0))
    flat = by_statistic(variance_over_course(planted(), serial=False, draws=0))
    assert steep["estimate"].to_numpy() == pytest.approx(flat["estimate"].to_numpy(), abs=1e-6)
    assert flat["estimate"].sum() == pytest.approx(1)


def test_shares_of_balanced_scores_by_analysis_of_variance(planted):
    frame = planted(dyads=60, therapists=12, sessions=4)
    found = by_statistic(variance_over_course(frame, serial=False, draws=0))["estimate"]
    table = frame.pivot(index="dyad", columns="session", values="score")
    table -= table.mean()
    within = ((table.sub(table.mean(axis=1), axis=0)) ** 2).to_numpy().sum() / (59 * 3)
    means = table.mean(axis=1)
    therapist = frame.drop_duplicates("dyad").set_index("dyad")["therapist"].reindex(means.index)
    of_therapist = means.groupby(therapist).transform("mean")
    dyads = 4 * ((means - of_therapist) ** 2).sum() / 48
    therapists = 20 * ((means.groupby(therapist).mean()) ** 2).sum() / 11
    parts = np.array([(therapists - dyads) / 20, (dyads - within) / 4, within])
    assert found[["share_therapist", "share_dyad", "share_session"]].to_numpy() == pytest.approx(
        parts / parts.sum(),
        abs=1e-6,  # the search ends where the criterion is level
    )


def test_without_a_trend_it_is_what_nesting_says(planted):
    frame = planted(dyads=100, therapists=20, keep=0.9)
    own = by_statistic(variance_over_course(frame, serial=False, draws=0))["estimate"]
    nested = sessions_in_clients(frame["score"], frame["dyad"], frame["therapist"], draws=50).set_index("statistic")
    # the means of eight sessions cost seven degrees of freedom of 700
    assert own["share_therapist"] == pytest.approx(nested.loc["icc_therapist", "estimate"], abs=0.01)


def test_residuals_that_follow_each_other_with_gaps(planted):
    frame = planted(dyads=150, therapists=30, sessions=12, phi=0.5, keep=0.7)
    serial = by_statistic(variance_over_course(frame, draws=0), "AR(1)").loc["serial_correlation"]
    assert serial["lower"] < 0.5 < serial["upper"] and serial["upper"] - serial["lower"] < 0.2


def test_reasons(planted):
    rows = variance_over_course(planted(sessions=3), draws=0)
    assert by_statistic(rows, "AR(1)").loc["serial_correlation", "note"] == FEW_SERIES.format(needed=4)
    far = planted(sessions=5)
    far = far.assign(time=5 * far["time"])
    note = by_statistic(variance_over_course(far, draws=0), "AR(1)").loc["serial_correlation", "note"]
    assert note.startswith("needs sessions close together") and "5 sessions or more" in note
    alone = by_statistic(variance_over_course(planted().assign(therapist=None), serial=False, draws=0))
    assert "share_therapist" not in alone.index and NO_THERAPIST in alone.loc["share_dyad", "note"]
    constant = variance_over_course(planted().assign(score=1.0), serial=False, draws=0)
    assert constant["note"].tolist() == ["the scores do not vary"]
    one = variance_over_course(planted(sessions=1), serial=False, draws=0)
    assert one["note"].tolist() == ["needs at least 3 dyads with two sessions"]
