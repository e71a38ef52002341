"""Two classes that were planted are found; one continuum is better described by one class."""

import numpy as np
import pytest
from tests.unit.course.test_rupture_criteria import courses

from psychometrics.course.growth_classes import adjusted_rand, fit_classes, growth_classes, sums_of


def drawn(seed, lines, spread):
    """Eight sessions of 30 dyads for each line; dyads of one line differ by `spread`."""
    rng = np.random.default_rng(seed)
    time = np.arange(8)
    ratings = [
        a + rng.normal(scale=spread) + (b + rng.normal(scale=spread / 8)) * time + rng.normal(scale=0.4, size=8)
        for a, b in lines
        for _ in range(30)
    ]
    return courses(*[row.tolist() for row in ratings])


def test_planted_classes_are_found():
    given = drawn(1, [(4.0, 0.0), (5.0, 0.2)], 0.0)
    rows = growth_classes(given, 3, starts=6, draws=9)
    of = rows[rows["statistic"] == "class_bic"].set_index(["model", "classes"])["estimate"]
    assert of.idxmin() == ("classes of straight lines", 2)
    two = rows[rows["classes"] == 2].set_index("statistic")["estimate"]
    assert two["class_smallest"] == pytest.approx(0.5, abs=0.05)
    assert two["class_rand"] > 0.95


def test_lines_and_likelihood_of_one_class_are_those_of_a_regression():
    given = drawn(2, [(5.0, 0.1)], 0.2)
    found = fit_classes(sums_of(given, given.ratings, 0.0), 1, 1, np.random.default_rng(0))
    time, y = given.sessions.ravel(), given.ratings.ravel()
    slope, intercept = np.polyfit(time, y, 1)
    variance = np.mean((y - intercept - slope * time) ** 2)
    assert found.lines[0, 0] == pytest.approx([intercept, slope], abs=1e-6)
    # the likelihood of a normal regression at its maximum
    assert found.log_likelihood[0] == pytest.approx(-len(y) / 2 * (np.log(2 * np.pi * variance) + 1))


def test_a_continuum_is_no_classes():
    given = drawn(3, [(5.0, 0.1), (5.0, 0.1)], 0.6)
    rows = growth_classes(given, 3, starts=4, draws=5)
    bic = rows[rows["statistic"] == "class_bic"].set_index(["model", "classes"])["estimate"]
    assert bic.idxmin() == ("one class, each dyad with its own line", 1)
    # although the bootstrap test asks for more classes
    assert rows.loc[rows["statistic"] == "class_likelihood_ratio", "p"].max() == pytest.approx(1 / 6)


def test_rand_by_hand():
    # table [[2, 1], [0, 2]]: pairs 2; rows 3 + 1, columns 1 + 3; expected 16/10; (2 - 1.6) / (4 - 1.6)
    assert adjusted_rand(np.array([0, 0, 0, 1, 1]), np.array([0, 0, 1, 1, 1])) == pytest.approx(0.4 / 2.4)
    assert adjusted_rand(np.zeros(4, dtype=int), np.zeros(4, dtype=int)) == 1


def test_few_dyads():
    rows = growth_classes(courses([5, 6, 5], [4, 5, 6]), 2)
    assert rows["estimate"].isna().all() and "twenty dyads" in rows["note"].item()
