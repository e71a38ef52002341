"""Nothing planted gives ratios near 1, planted ruptures are found, and what cannot be computed says why."""

import numpy as np
import pandas as pd
import pytest
from tests.unit.course.test_rupture_criteria import FLAT, A, courses

from psychometrics.association.units import Units
from psychometrics.course.courses import Courses, courses_of
from psychometrics.course.ratios import Ratio, ratio_rows
from psychometrics.course.rupture_criteria import Rules, criteria_of
from psychometrics.course.rupture_false_alarms import rupture_rates
from psychometrics.course.steady_courses import RatingScale, SteadyModel, draw_steady, evened, fit_steady, matched
from psychometrics.not_computable import NotComputable

SCALE = RatingScale(1, 7, 1 / 12)
# means of 6.0, residuals of half a point in the middle, a fifth of it carried on
MODEL = SteadyModel(3.0, 0.015, np.diag([0.17, 0.0002]), 0.08, 0.1, 0.2, 6.0)
EVEN = SCALE._replace(exponent=1.2)
RULES = Rules(reliability=0.75)


def frame_of(dyads, sessions, seed):
    """Which sessions were rated: some are missing, some courses end early."""
    rng = np.random.default_rng(seed)
    last = rng.integers(4, sessions + 1, size=dyads)
    rows = [
        {"dyad": dyad, "session": session, "rating": 5.0}
        for dyad in range(dyads)
        for session in range(1, last[dyad] + 1)
        if rng.random() > 0.08
    ]
    return courses_of(pd.DataFrame(rows))


def steady(seed, dyads=120, sessions=14) -> Courses:
    empty = frame_of(dyads, sessions, seed)
    drawn = draw_steady(MODEL, empty, EVEN, 1, np.random.default_rng(seed))
    return empty._replace(ratings=drawn[:, 0])


def with_ruptures(given: Courses, depth: float, seed: int) -> Courses:
    """One session in the second half of every third dyad is lower by `depth` points."""
    rng = np.random.default_rng(seed)
    ratings = given.ratings.copy()
    for dyad in range(0, len(given.dyads), 3):
        place = rng.integers(given.lengths[dyad] // 2, given.lengths[dyad])
        ratings[place, dyad] = max(1.0, ratings[place, dyad] - depth)
    return given._replace(ratings=ratings)


def ratios(given, sets=60, rules=RULES, **how):
    rows = rupture_rates(given, SCALE, rules, sets=sets, **how)
    return rows[(rows["statistic"] == "rupture_ratio") & (rows["length"] == "all")].set_index("criterion")


def test_nothing_planted_gives_ratios_near_one():
    found = [ratios(steady(seed), sets=30, seed=seed) for seed in range(4)]
    logs = np.mean([np.log(rows["estimate"].to_numpy(dtype=float)) for rows in found], axis=0)
    # a criterion sees from 10 to 200 ruptures in a set: the mean of four logarithms has a standard error of .16 at most
    assert np.abs(logs).max() < 0.4
    p = np.array([rows["p"] for rows in found])
    assert (p < 0.05).sum() <= 6  # of 36, of which two are to be expected, and criteria depend on each other


def test_taking_everyone_to_fluctuate_alike_would_find_ruptures_that_are_not_there():
    # the reason for the stretched scale: those who rate lower fluctuate more
    given = steady(1, dyads=200)
    assert evened(given, SCALE).exponent == pytest.approx(1.2, abs=0.45)
    line = ratios(given, sets=30, rules=RULES._replace(depths=(2.0,))).loc["drop_2sd_pooled"]
    assert line["p"] > 0.05 and line["lower"] < 1 < line["upper"]


def test_planted_ruptures_are_found():
    given = with_ruptures(steady(5), depth=2.0, seed=5)
    found = ratios(given)
    for criterion in ("chart_preceding", "drop_2sd_pooled", "drop_2sd_stricter"):
        assert found.loc[criterion, "estimate"] > 1.3 and found.loc[criterion, "p"] < 0.05, criterion
        assert found.loc[criterion, "lower"] > 1


def test_counts_are_those_of_the_criteria():
    rows = rupture_rates(courses(A, FLAT, [6, 5]), SCALE, Rules(line=False, reliability=0.75, limit=1.0))
    seen = rows[(rows["statistic"] == "ruptures_seen") & (rows["length"] == "all")].set_index("criterion")
    assert seen["estimate"].to_dict() == {
        **dict.fromkeys(criteria_of(Rules()), 1),
        "drop_2sd_within": 0,
        "drop_2sd_stricter": 0,
    }
    people = rows.set_index("statistic")["estimate"]
    assert (people["dyads_judged"], people["dyads_too_short"]) == (2, 1)
    share = rows[(rows["statistic"] == "ruptured_share") & (rows["criterion"] == "chart_all")]
    assert share["estimate"].tolist() == [0.5]
    repaired = rows[(rows["statistic"] == "rupture_repaired") & (rows["criterion"] == "reliable_fall")]
    assert repaired["estimate"].tolist() == [1.0]


def test_few_dyads_have_no_expected_number():
    rows = rupture_rates(courses(A, FLAT), SCALE, RULES)
    found = rows[rows["statistic"] == "rupture_ratio"]
    assert found["estimate"].isna().all()
    assert found["note"].eq("the growth model of steady courses needs 10 dyads with enough sessions: there are 2").all()


@pytest.mark.parametrize("length", [1, 2, 3])
def test_short_courses(length):
    rows = rupture_rates(courses(*[[6, 5, 6][:length]] * 30), SCALE, RULES)
    assert rows["statistic"].tolist() == ["dyads_judged", "dyads_too_short", "rupture_ratio"]
    assert rows["estimate"].tolist()[:2] == [0, 30]
    assert rows["note"].iloc[-1].startswith("no dyad has 4 rated sessions")


def test_constant_ratings():
    found = ratios(courses(*[[7] * 6] * 30))
    assert found["estimate"].isna().all()
    assert found["note"].eq("all ratings are the same: there is nothing to tell a rupture from").all()


def test_ratings_that_do_not_change():
    found = ratios(courses(*[[rating] * 6 for rating in (3, 4, 5, 6, 7) for _ in range(4)]))
    assert found["note"].eq("no dyad's ratings vary over its sessions: there is nothing to tell a rupture from").all()


def test_without_reliability_there_is_no_reliable_fall():
    found = ratios(steady(2, dyads=15), sets=5, rules=Rules())
    assert found["note"].str.startswith("needs the reliability of change").to_dict()["reliable_fall"]
    assert found["estimate"].notna().sum() == len(criteria_of(Rules())) - 1


def test_nearly_all_at_the_top():
    given = frame_of(60, 8, 3)
    drawn = draw_steady(MODEL._replace(intercept=3.9), given, EVEN, 1, np.random.default_rng(3))
    rows = rupture_rates(given._replace(ratings=drawn[:, 0]), SCALE, RULES, sets=20)
    model = rows.set_index("statistic")["estimate"]
    assert model["rating_ceiling"] > 0.3
    # the same shape of ratings: a sixth of them, which is what five standard errors of 400 ratings in 60 dyads allow
    assert model["steady_ceiling"] == pytest.approx(model["rating_ceiling"], abs=0.17)


def test_the_same_seed_gives_the_same_rows():
    given = steady(4, dyads=12, sessions=6)
    assert rupture_rates(given, SCALE, RULES, sets=8, seed=3).equals(rupture_rates(given, SCALE, RULES, sets=8, seed=3))


def test_matched_courses_have_the_mean_and_spread_of_the_ratings():
    given = steady(7, dyads=120)
    scale = evened(given, SCALE)
    model = matched(fit_steady(given, scale), given, scale, 0)
    drawn = draw_steady(model, given, scale, 40, np.random.default_rng(1))
    rated = given.rated[:, None] & np.ones((1, 40, 1), dtype=bool)
    # of 40 data sets of 120 dyads the mean has standard error .012, the standard deviation .01
    assert drawn[rated].mean() == pytest.approx(given.ratings[given.rated].mean(), abs=0.03)
    assert drawn[rated].std() == pytest.approx(given.ratings[given.rated].std(), abs=0.03)
    assert model.serial == pytest.approx(0.2, abs=0.12)


def test_no_column_stands_twice():
    columns = rupture_rates(steady(1, dyads=20), SCALE, RULES, sets=20).columns
    assert columns.is_unique and "sessions" in columns


def test_possible_ratings():
    scale = RatingScale(1, 5, 0.25, 1.0)
    ratings = np.arange(1, 5.01, 0.25)
    assert scale.nearest(scale.stretched(ratings)) == pytest.approx(ratings)
    assert scale.nearest(np.array([-3.0, 99.0])).tolist() == [1, 5]
    # exponent 1 is the arcsine of the root, doubled: at the middle pi / 2
    assert scale.stretched(np.array([3.0])) == pytest.approx([np.pi / 2])
    # exponent 0 is the place in the range
    assert RatingScale(1, 5, 0.25).stretched(np.array([2.0])) == pytest.approx([0.25])


def test_too_few_dyads_have_no_model():
    with pytest.raises(NotComputable, match="needs 10 dyads"):
        fit_steady(courses(A, FLAT), SCALE)


def test_ratios_without_a_denominator_are_missing():
    rows = ratio_rows([Ratio({"statistic": "a"}, np.zeros(4), np.zeros(4))], Units.of(None, 4), 0.95, ["estimate"])
    assert rows["estimate"].isna().all()
