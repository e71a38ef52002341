"""Ruptures, shape and classes against R; see SOURCE.md for data, versions and tolerances."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.course.course_shape import course_shape, descriptors_of
from psychometrics.course.courses import courses_of, trend_of
from psychometrics.course.growth_classes import fit_classes, sums_of
from psychometrics.course.rupture_agreement import criteria_agreement
from psychometrics.course.rupture_criteria import Rules, change_error, flag_sessions, numbers_of_ruptures
from psychometrics.course.rupture_outcome import ruptures_and_outcome
from psychometrics.course.steady_courses import RatingScale, fit_steady

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "ruptures.json").read_text())
FORMULA = {"rel": 1e-9, "abs": 1e-12}
SEARCH = {"rel": 1e-4, "abs": 1e-6}
RULES = Rules(limit=1.5, depths=(1.0,), reliability=0.7)


@pytest.fixture(scope="module")
def courses():
    return courses_of(pd.read_csv(HERE / "ruptures.csv"))


@pytest.fixture(scope="module")
def flags(courses):
    found = {own.criterion: own for own in flag_sessions(courses.ratings, courses, RULES)}
    at_three = RULES._replace(limit=3.0)
    found["chart_preceding"] = list(flag_sessions(courses.ratings, courses, at_three))[1]
    return found


NAMES = {
    "chart": "chart_all",
    "chart_preceding": "chart_preceding",
    "drop_within": "drop_1sd_within",
    "drop_pooled": "drop_1sd_pooled",
    "drop_stricter": "drop_1sd_stricter",
    "fall": "reliable_fall",
}


@pytest.mark.parametrize("name", NAMES)
def test_flagged_sessions(courses, flags, name):
    below = flags[NAMES[name]].below[:, courses.lengths >= RULES.fewest]
    assert below.sum(axis=0).tolist() == GOLDEN[name]


def test_spreads(courses):
    line, long = trend_of(courses.ratings, courses, line=True), courses.lengths >= RULES.fewest
    pooled = np.sqrt(line.squares[long].sum() / line.freedom[long].sum())
    assert pooled == pytest.approx(GOLDEN["pooled"], **FORMULA)
    assert change_error(courses.ratings, courses, RULES)[0] == pytest.approx(GOLDEN["error"], **FORMULA)


def test_kappa(flags):
    found = criteria_agreement([flags["drop_1sd_within"], flags["drop_1sd_pooled"]])
    assert found["estimate"].item() == pytest.approx(GOLDEN["kappa"], **FORMULA)


def test_runs_and_outcome(courses, flags):
    long = courses.lengths >= RULES.fewest
    numbers = numbers_of_ruptures(flags["drop_1sd_pooled"])[long]
    assert numbers.tolist() == GOLDEN["runs"]
    outcome = pd.read_csv(HERE / "ruptures.csv").groupby("dyad")["outcome"].first().to_numpy()[long]
    mean = (courses.ratings.sum(axis=0) / courses.lengths)[long]
    rows = ruptures_and_outcome({"a": numbers}, courses.lengths[long], mean, outcome, {})
    found = rows.set_index("statistic")["estimate"]
    assert found["rupture_outcome_r"] == pytest.approx(GOLDEN["r"], **FORMULA)
    assert found["rupture_outcome_r_partial"] == pytest.approx(GOLDEN["partial"], **FORMULA)
    assert found["rupture_outcome_r_given_mean"] == pytest.approx(GOLDEN["given_mean"], **FORMULA)


def test_growth_model(courses):
    scale = RatingScale(1, 7, 1 / 12)  # exponent 0: the place in the range
    fit = fit_steady(courses.of(courses.lengths >= RULES.fewest), scale)
    width = scale.highest - scale.lowest
    assert fit.intercept * width + scale.lowest == pytest.approx(GOLDEN["fixed"][0], **SEARCH)
    assert fit.slope * width == pytest.approx(GOLDEN["fixed"][1], **SEARCH)
    psi = fit.covariance * width**2
    # variances to 1e-3: the likelihood hardly tells a residual that carries over from dyads that differ
    assert [psi[0, 0], psi[0, 1], psi[1, 1]] == pytest.approx(GOLDEN["psi"], rel=1e-3)
    assert fit.residual * width**2 == pytest.approx(GOLDEN["residual"], rel=1e-3)
    assert fit.serial == pytest.approx(GOLDEN["phi"], rel=1e-3)


def test_descriptors(courses):
    long = courses.of(courses.lengths >= 6)
    found = descriptors_of(long)
    assert found["curvature"].to_numpy() == pytest.approx(GOLDEN["quadratic"], rel=1e-8, abs=1e-12)
    assert found["sd_around_trend"].to_numpy() == pytest.approx(GOLDEN["sd_trend"], **FORMULA)
    rows = course_shape(courses, draws=0).set_index(["statistic", "descriptor"])["estimate"]
    assert rows["shape_split_r", "mean"] == pytest.approx(GOLDEN["r_mean"], **FORMULA)
    assert rows["shape_split_r", "slope"] == pytest.approx(GOLDEN["r_slope"], **FORMULA)


def test_two_classes(courses):
    sums = sums_of(courses, courses.ratings, 0.0)
    found = fit_classes(sums, 2, 10, np.random.default_rng(1))
    best = found.log_likelihood.argmax()
    # EM stops when a step gains less than 1e-7 a dyad, short of the maximum by some hundred times that
    assert found.log_likelihood[best] == pytest.approx(GOLDEN["two_classes"], abs=2e-3)
    assert found.shares[best].min() == pytest.approx(GOLDEN["smallest"], abs=5e-3)
