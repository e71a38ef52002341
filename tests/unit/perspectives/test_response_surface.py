"""Surfaces whose shape is known."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.not_computable import NotComputable
from psychometrics.perspectives.convex_hull import convex_hull, inside_hull
from psychometrics.perspectives.response_surface import (
    gradient_of,
    nested_response_surface,
    reliability_of_difference,
    response_surface,
)


def dyads(n=300, seed=0, spread=0.2):
    rng = np.random.default_rng(seed)
    client, therapist = 4 + rng.normal(size=(2, n))
    return client, therapist, spread * rng.normal(size=n)


def of(rows):
    return rows.set_index("statistic")


def test_coefficients_of_a_surface_without_error():
    c, t, e = dyads(spread=1e-4)
    x, y = c - 4, t - 4
    rows = of(response_surface(1 + 0.5 * x - y - 0.4 * x**2 + 0.3 * x * y - 0.6 * y**2 + e, c, t, midpoint=4))
    planted = {"b0": 1, "b1": 0.5, "b2": -1, "b3": -0.4, "b4": 0.3, "b5": -0.6}
    planted |= {"a1": -0.5, "a2": -0.7, "a3": 1.5, "a4": -1.3, "a5": 0.2}
    # by hand: 4 b3 b5 - b4^2 = .87; x0 = (-.3 + .6) / .87; y0 = (.15 - .8) / .87; p11 = (-.2 + sqrt(.04 + .09)) / .3
    planted |= {"x0": 0.3 / 0.87, "y0": -0.65 / 0.87, "p11": (-0.2 + 0.13**0.5) / 0.3}
    planted["p10"] = planted["y0"] - planted["p11"] * planted["x0"]
    for name, value in planted.items():
        assert rows.loc[f"surface_{name}", "estimate"] == pytest.approx(value, abs=2e-3), name  # error of 1e-4


def test_strict_congruence():
    c, t, e = dyads()
    rows = of(response_surface(-0.5 * (c - t) ** 2 + e, c, t, midpoint=4))
    assert rows.loc[["congruence_broad", "congruence_strict"], "verdict"].tolist() == ["held", "held"]
    assert rows.loc["surface_a4", "verdict"] == "held"


def test_a_level_that_matters_is_congruence_in_the_broad_sense_only():
    c, t, e = dyads()
    rows = response_surface(-0.5 * (c - t) ** 2 + 0.5 * (c + t) + e, c, t, midpoint=4)
    assert of(rows).loc[["congruence_broad", "congruence_strict"], "verdict"].tolist() == ["held", "not held"]
    weights = rows[rows["statistic"] == "surface_weight"].set_index("model")["estimate"]
    assert weights.sum() == pytest.approx(1)
    assert weights.idxmax() == "rising ridge"


def test_the_best_place_beside_the_line_is_no_congruence():
    c, t, e = dyads()
    rows = of(response_surface(-0.5 * (c - t - 1) ** 2 + e, c, t, midpoint=4))
    assert rows.loc["surface_a4", "verdict"] == "held"
    assert rows.loc["surface_a3", "verdict"] == "contradicted"
    assert rows.loc["congruence_broad", "verdict"] == "not held"


def test_both_ratings_alone():
    c, t, e = dyads(spread=1)
    rows = response_surface(c + t + e, c, t, midpoint=4)
    assert of(rows).loc["congruence_broad", "verdict"] != "held"
    assert rows[rows["statistic"] == "surface_weight"].set_index("model")["estimate"].idxmax() == "both"


def test_what_lies_outside_the_ratings_is_not_interpreted():
    c, t, e = dyads()
    rows = of(response_surface(-0.5 * (c - 12) ** 2 - 0.4 * (t - 12) ** 2 + 0.1 * c * t + e, c, t, midpoint=4))
    assert rows.loc["surface_x0", "estimate"] > 4
    assert "outside the convex hull" in rows.loc["surface_x0", "note"]


def test_moving_the_midpoint_moves_the_stationary_point():
    c, t, e = dyads()
    outcome = -0.5 * (c - 4.5) ** 2 - 0.4 * (t - 4) ** 2 + 0.2 * c * t + e
    one, two = (of(response_surface(outcome, c, t, midpoint=middle)) for middle in (4, 3))
    for name in ("a4", "a5", "a2", "p11"):
        assert one.loc[f"surface_{name}", "estimate"] == pytest.approx(two.loc[f"surface_{name}", "estimate"])
    for name in ("x0", "y0"):
        assert one.loc[f"surface_{name}", "estimate"] + 1 == pytest.approx(two.loc[f"surface_{name}", "estimate"])


def test_shares_of_dyads_that_agree():
    c = np.array([4.0] * 20 + [5.0] * 20)
    t = np.array([4.0] * 20 + [5.0] * 10 + [3.0] * 10)
    outcome = np.random.default_rng(1).normal(size=40)
    rows = of(response_surface(outcome, c + 0.01 * np.arange(40) % 0.1, t + 0.013 * np.arange(40) % 0.1, midpoint=4))
    assert rows.loc["congruent_share", "estimate"] == 0.75
    assert rows.loc["first_higher_share", "estimate"] == 0.25


@pytest.mark.parametrize(
    ("n", "change", "reason"),
    [
        (
            29,
            lambda c, t, z: (c, t, z),
            "29 dyads have .*: a surface of 6 coefficients needs 30",
        ),
        (60, lambda c, t, z: (c, t, z * 0), "the outcome does not vary"),
        (60, lambda c, t, z: (c, t * 0, z), "the second rating does not vary"),
        (60, lambda c, t, z: (c, c, z), "follows from the other fixed effects"),
    ],
)
def test_too_little(n, change, reason):
    c, t, outcome = change(*dyads(n, spread=1))
    with pytest.raises(NotComputable, match=reason):
        response_surface(outcome, c, t, midpoint=4)


def test_a_difference_score_by_hand():
    # (1 * .9 + 4 * .8 - 2 * 1) / (1 + 4 - 2 * 1) = 2.1 / 3
    assert reliability_of_difference((1.0, 4.0), 1.0, (0.9, 0.8)) == pytest.approx(0.7)
    assert np.isnan(reliability_of_difference((1.0, 1.0), 1.0, (0.9, 0.8)))


def test_gradients_are_exact():
    found = gradient_of(lambda b: b[0] ** 2 / b[1] + np.sqrt(b[1]), np.array([3.0, 4.0]))
    assert found == pytest.approx([6 / 4, -9 / 16 + 0.25], rel=1e-14)


def test_sessions_within_dyads_are_told_from_dyads():
    rng = np.random.default_rng(8)
    dyad = np.repeat(np.arange(80), 6)
    level = rng.normal(size=(2, 80))[:, dyad]
    first, second = 4 + level + rng.normal(size=(2, 480))
    # within dyads agreement matters; between them the level of both, the other way round
    means = pd.DataFrame({"first": first, "second": second}).groupby(dyad).transform("mean")
    apart = (first - second) ** 2
    inside = apart - pd.Series(apart).groupby(dyad).transform("mean")
    outcome = -0.5 * inside - (means["first"] + means["second"]) + 0.3 * rng.normal(size=480)
    frame = pd.DataFrame({"therapist": dyad // 8, "client": dyad, "outcome": outcome, "first": first, "second": second})
    rows = nested_response_surface(frame, midpoint=4).set_index(["part", "statistic"])
    within, between = rows.loc["sessions within dyads"], rows.loc["between dyads"]
    assert within.loc["congruence_broad", "verdict"] == "held"
    assert within.loc["surface_a4", "estimate"] == pytest.approx(-2, abs=0.1)  # four standard errors
    assert between.loc["surface_a1", "estimate"] == pytest.approx(-2, abs=0.2)
    assert between.loc["congruence_broad", "verdict"] != "held"


def test_sessions_need_several():
    c, t, outcome = dyads(60, spread=1)
    frame = pd.DataFrame({"therapist": None, "client": range(60), "outcome": outcome, "first": c, "second": t})
    with pytest.raises(NotComputable, match="60 sessions of 60 dyads"):
        nested_response_surface(frame, midpoint=4)


def test_points_and_hulls():
    square = convex_hull(np.array([[0.0, 0], [4, 0], [4, 4], [0, 4], [2, 2], [2, 0]]))
    assert square.tolist() == [[0, 0], [4, 0], [4, 4], [0, 4]]
    assert inside_hull(square, np.array([[2.0, 2], [4, 4], [5, 2]])).tolist() == [True, True, False]
    line = convex_hull(np.array([[0.0, 0], [1, 1], [2, 2]]))
    assert not inside_hull(line, np.array([[1.0, 1.0]])).any()


def test_many_points_have_the_same_hull_as_one_by_one():
    points = np.random.default_rng(3).normal(size=(400, 2)).round(2)
    hull = convex_hull(points)
    assert inside_hull(hull, points).all()
    # without any of its corners the area is smaller
    for corner in hull:
        others = points[(points != corner).any(axis=1)]
        assert not inside_hull(convex_hull(others), corner[None])[0]
