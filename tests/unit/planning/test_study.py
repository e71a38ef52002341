"""Studies of a plan: worked by hand, against drawn samples, and what cannot be reached."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import Assumptions, plan_study
from psychometrics.not_computable import NotComputable
from psychometrics.planning.assumptions import Design
from psychometrics.planning.power import lag_error, power_of_ruptures
from psychometrics.planning.precision import design_effect, half_width_of_r, half_width_of_r2, half_width_of_share
from psychometrics.planning.slopes import curvature, slope_between, slope_within
from psychometrics.planning.study import measured


def test_the_smallest_study_reaches_the_goal_and_one_therapist_fewer_does_not():
    goals = {"r": 0.1, "r2": 0.05, "alpha": 0.02, "therapist_share": 0.05, "b_within": 0.1, "b_between": 0.25}
    tests = {"b_within": 0.9, "b_between": 0.8, "a4": 0.8, "lag": 0.8, "rupture_ratio": 0.8}
    rows = plan_study(Assumptions(), half_widths=goals, powers=tests)
    assert len(rows) == 4 * 3 + 2 + 4 * 3 + 1 and (rows["note"] == "").all()
    for row in rows.to_dict("records"):
        measure = measured(row["quantity"], row["goal"], Assumptions())
        sessions = 1 if np.isnan(row["sessions"]) else int(row["sessions"])
        fewer = measure(Design(int(row["therapists"]) - 1, 6, sessions))
        better = -1 if row["goal"] == "half-width" else 1
        assert better * row["achieved"] >= better * row["target"] > better * fewer
        assert row["clients"] == 6 * row["therapists"]


def test_more_sessions_by_the_spearman_brown_formula():
    # G(3) = 3 (.77) / (1 + 2 (.77)) = .9094; .28 sqrt(.9094 / .77)
    assert Assumptions().r_of_sessions(3) == pytest.approx(0.28 * np.sqrt(0.909449 / 0.77), rel=1e-6)


def test_correlation_worked_by_hand():
    # 350 clients by 7: 1 + 6 (.08) (.05) = 1.024; 1.96 / sqrt(350 / 1.024 - 3) = .10648; tanh(.28768 -+ .10648)
    assert design_effect(7, 0.08, 0.05) == pytest.approx(1.024)
    limits = np.tanh(np.arctanh(0.28) + np.array([-1, 1]) * 1.959964 / np.sqrt(350 / 1.024 - 3))
    assert half_width_of_r(Design(50, 7, 1), Assumptions(), 0.95) == pytest.approx(
        (limits[1] - limits[0]) / 2, rel=1e-6
    )
    squares = limits**2
    assert half_width_of_r2(Design(50, 7, 1), Assumptions(), 0.95) == pytest.approx(
        (squares[1] - squares[0]) / 2, rel=1e-6
    )
    # limits on both sides of 0: the smallest square is 0
    wide = half_width_of_r2(Design(3, 4, 1), Assumptions(), 0.95)
    assert wide == pytest.approx(max(abs(limit) for limit in limits_of(Design(3, 4, 1))) ** 2 / 2)


def limits_of(design: Design) -> np.ndarray:
    n = design.clients / design_effect(design.per_therapist, 0.08, 0.05)
    return np.tanh(np.arctanh(0.28) + np.array([-1, 1]) * 1.959964 / np.sqrt(n - 3))


def test_share_of_therapists_in_drawn_samples():
    rng = np.random.default_rng(2)
    therapists, size, share = 80, 10, 0.05
    found = []
    for _ in range(600):
        y = np.sqrt(share) * rng.normal(size=(therapists, 1)) + np.sqrt(1 - share) * rng.normal(size=(therapists, size))
        between, within = size * y.mean(axis=1).var(ddof=1), y.var(axis=1, ddof=1).mean()
        found.append((between - within) / (between + (size - 1) * within))
    expected = half_width_of_share(Design(therapists, size, 1), Assumptions(), 0.95) / 1.959964
    # 600 samples give a standard deviation to within 3%
    assert np.std(found) == pytest.approx(expected, rel=0.1)


def test_slopes_in_drawn_samples():
    rng, assumed = np.random.default_rng(3), Assumptions()
    therapists, m, slope = 40, 6, 0.28
    a, o = assumed.therapist_alliance, assumed.therapist_outcome
    within, between = [], []
    for _ in range(600):
        mean, own = (
            rng.normal(scale=np.sqrt(a), size=(therapists, 1)),
            rng.normal(scale=np.sqrt(1 - a), size=(therapists, m)),
        )
        x = mean + own
        y = slope * x + rng.normal(scale=np.sqrt(o - slope**2 * a), size=(therapists, 1))
        y += rng.normal(scale=np.sqrt(1 - o - slope**2 * (1 - a)), size=(therapists, m))
        inside, of_y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
        within.append((inside * of_y).sum() / (inside**2).sum())
        between.append(np.polyfit(x.mean(axis=1), y.mean(axis=1), 1)[0])
    design = Design(therapists, m, 1)
    assert np.std(within) == pytest.approx(slope_within(design, assumed).error, rel=0.1)
    assert np.std(between) == pytest.approx(slope_between(design, assumed).error, rel=0.1)


def test_curvature_in_drawn_samples():
    rng, assumed = np.random.default_rng(4), Assumptions(a4=-0.3)
    r_ct, n, found = assumed.r_perspectives, 200, []
    for _ in range(500):
        c, t = rng.multivariate_normal([0, 0], [[1, r_ct], [r_ct, 1]], n).T
        left = 1 - assumed.r**2 - assumed.a4**2 * (1 - r_ct) ** 2 / 2
        slope = assumed.r / np.sqrt((1 + r_ct) / 2)
        z = slope * (c + t) / 2 + assumed.a4 * ((c - t) / 2) ** 2 + rng.normal(scale=np.sqrt(left), size=n)
        b = np.linalg.lstsq(np.column_stack([np.ones(n), c, t, c * c, c * t, t * t]), z, rcond=None)[0]
        found.append(b[3] - b[4] + b[5])
    assert np.mean(found) == pytest.approx(-0.3, abs=0.03)
    # terms of a design with few people share some of their spread
    assert np.std(found) == pytest.approx(curvature(Design(n, 1, 1), assumed).error, rel=0.12)


def test_ruptures_by_hand():
    # 40 clients x .5 = 20 expected; (1.5 - 1) sqrt(20 / 1.5) - 1.645 = .181; .181 / sqrt(1.5) = .148; Phi = .559
    assert power_of_ruptures(Design(20, 2, 10), Assumptions()) == pytest.approx(0.559, abs=1e-3)
    # counts are skewed, so that the normal approximation promises a little too much
    rng = np.random.default_rng(5)
    counts = rng.negative_binomial(30 / 0.5, 1 / 1.5, 4000)  # mean 30, variance 45
    assert (counts > 20 + 1.644854 * np.sqrt(1.5 * 20)).mean() == pytest.approx(0.559, abs=0.06)


@pytest.mark.parametrize(
    ("change", "goals", "reason"),
    [
        ({"r": 0.9, "generalizability": 0.5}, {"r": 0.1}, "would correlate"),
        ({}, {"therapist_share": 1e-4}, "more than 20000 therapists"),
    ],
)
def test_what_cannot_be_planned_says_why(change, goals, reason):
    rows = plan_study(Assumptions(**change), half_widths=goals, powers={})
    note = rows["note"].iloc[-1]
    assert reason in note and pd.isna(rows["clients"].iloc[-1])


def test_lags_of_no_process():
    with pytest.raises(NotComputable, match="no process"):
        lag_error(Assumptions(carried=0.95, lag=0.6), 4)
    with pytest.raises(NotComputable, match="three sessions"):
        lag_error(Assumptions(), 2)


@pytest.mark.parametrize(
    ("widths", "powers"), [({"omega": 0.1}, {}), ({"r": 0}, {}), ({}, {"r": 0.8}), ({}, {"lag": 1.2})]
)
def test_goals_that_make_no_sense(widths, powers):
    with pytest.raises(ValueError, match=r"and (are )?of"):
        plan_study(Assumptions(), half_widths=widths, powers=powers)
