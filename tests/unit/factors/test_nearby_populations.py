"""Populations that a sample may come from, and intervals that allow for the bias in samples of theirs."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.factors.bootstrap import CommonFactorRule, resample_solution
from psychometrics.factors.nearby_populations import NearbyPopulation, largest_bias, nearby_populations, phi_intervals
from psychometrics.factors.solution import fit_solution

ITEMS = [f"i{j:02d}" for j in range(9)]
INSTRUMENTS = pd.Series(["a", "b", "c"] * 3, ITEMS)
RULE = CommonFactorRule(INSTRUMENTS, 0.4, 0.05, None)
PATTERN = np.kron(np.eye(3), np.full((3, 1), 0.75))
DRAWS = 60


def answers_of(pattern, n, seed):
    """Normal answers to nine items; factors correlate .5."""
    rng = np.random.default_rng(seed)
    factors = rng.multivariate_normal(np.zeros(3), 0.5 + 0.5 * np.eye(3), size=n)
    own = 1 - np.einsum("ij,jk,ik->i", pattern, 0.5 + 0.5 * np.eye(3), pattern)
    return pd.DataFrame(factors @ pattern.T + rng.normal(size=(n, 9)) * np.sqrt(own), columns=ITEMS)


def resampled(answers, k=3, **options):
    correlator = Correlator(answers, method="pearson")
    matrix = correlator().matrix
    solution = fit_solution(matrix, len(answers), k, **options)
    drawn = resample_solution(correlator, np.arange(len(answers)), solution, RULE, first_draw=0, n_draws=DRAWS, seed=1)
    return solution, matrix.to_numpy(), drawn


@pytest.fixture(scope="module")
def simple():
    return resampled(answers_of(PATTERN, 150, 1))


def test_the_likely_population_of_simple_structure_is_simple(simple):
    solution, matrix, drawn = simple
    likely, other = nearby_populations(solution, matrix, drawn, INSTRUMENTS)
    for place in (likely, other):
        small = np.sort(np.abs(place.own["pattern"][0]), axis=1)[:, :2]
        assert small.max() < 0.02  # the sample's own are as large as:
    assert np.sort(np.abs(solution.pattern.to_numpy()), axis=1)[:, :2].max() > 0.08
    # rotation pulls correlations of factors towards zero, and the sample's are already pulled
    upper = np.triu_indices(3, 1)
    bias = likely.bias(lambda arrays: arrays["phi"][:, upper[0], upper[1]], "")
    own = (np.nanmean(drawn["phi"], axis=0) - solution.phi.to_numpy())[upper]
    assert (bias < own).all() and (own < 0).all()


def test_cross_loadings_that_the_data_show_are_kept():
    crossed = PATTERN.copy()
    crossed[0, 1] = crossed[4, 2] = crossed[8, 0] = 0.4
    crossed[[0, 4, 8], [0, 1, 2]] = 0.5
    solution, matrix, drawn = resampled(answers_of(crossed, 600, 2))
    likely, other = nearby_populations(solution, matrix, drawn, INSTRUMENTS)
    second = [np.sort(np.abs(place.own["pattern"][0]), axis=1)[[0, 4, 8], 1] for place in (likely, other)]
    assert (second[0] > 0.25).all() and (second[1] < 0.02).all()


def test_a_resample_of_a_population_has_the_sampling_error_of_the_answers():
    """Where the population is the sample, the resamples are its own."""
    answers = answers_of(PATTERN, 5000, 3)
    solution, matrix, drawn = resampled(answers)
    likely, _ = nearby_populations(solution, matrix, drawn, INSTRUMENTS)
    np.testing.assert_allclose(
        np.nanstd(likely.drawn["pattern"], axis=0), np.nanstd(drawn["pattern"], axis=0), rtol=0.25
    )  # the population's small loadings are zero, those of the sample up to .03


def test_where_there_is_nothing_to_rotate_there_is_no_population(simple):
    solution, matrix, drawn = simple
    one = resampled(answers_of(PATTERN, 150, 1), k=1)
    assert nearby_populations(*one, INSTRUMENTS) == []
    assert nearby_populations(replace(solution, rotation="none"), matrix, drawn, INSTRUMENTS) == []
    lost = drawn | {"correlations": np.full_like(drawn["correlations"], np.nan)}
    assert nearby_populations(solution, matrix, lost, INSTRUMENTS) == []


@pytest.mark.parametrize(
    ("options", "count"), [({"rotation": "geomin_q"}, 2), ({"extraction": "ml"}, 2), ({"rotation": "varimax"}, 1)]
)
def test_other_extractions_and_rotations_are_solved_one_by_one(options, count):
    solution, matrix, drawn = resampled(answers_of(PATTERN, 150, 1), **options)
    found = nearby_populations(solution, matrix, drawn, INSTRUMENTS)
    assert len(found) == count
    for place in found:
        assert np.isfinite(place.drawn["pattern"][:, 0, 0]).mean() > 0.9
        np.testing.assert_allclose(np.nanmean(place.drawn["pattern"], axis=0), place.own["pattern"][0], atol=0.15)


def place_of(own, values):
    """A population with two factors; the arrays of phi alone."""
    phi = np.ones((len(values), 2, 2))
    phi[:, 0, 1] = phi[:, 1, 0] = values
    known = np.array([[[1.0, own], [own, 1.0]]])
    return NearbyPopulation({"phi": known}, {"phi": phi})


def test_the_largest_bias_by_hand():
    places = [place_of(0.5, [0.3, 0.5]), place_of(0.5, [0.2, 0.4])]
    found = largest_bias(
        places, np.array([0.4]), np.array([[0.3], [0.35]]), lambda arrays: arrays["phi"][:, 0, 1][:, None], ""
    )
    assert found == pytest.approx([0.2])  # of -.075, -.1, -.2


def test_corrected_correlations_of_factors_by_hand():
    """On the scale of z: .2 is .1 below its population's .3 in one, .15 below in the other."""
    drawn = np.ones((5, 2, 2))
    drawn[:, 0, 1] = drawn[:, 1, 0] = np.tanh([0.0, 0.1, 0.2, 0.3, 0.4])
    places = [place_of(np.tanh(0.3), np.tanh([0.1, 0.3])), place_of(np.tanh(0.3), np.tanh([0.1, 0.2]))]
    rows = pd.DataFrame({"statistic": ["phi"], "estimate": np.tanh([0.25])})
    found = phi_intervals(rows, drawn, places, 0.95, n_units=10).iloc[0]
    assert found["uncorrected"] == pytest.approx(np.tanh(0.25)) and found["estimate"] == pytest.approx(np.tanh(0.35))
    spread = np.sqrt(10 / 9) * np.sqrt(0.025) / 0.5  # divided by .15 / .3, the smaller of the two ratios
    half = 2.262157 * np.hypot(spread, 0.7 * 0.15)  # t of 9 degrees of freedom
    assert found["lower"] == pytest.approx(np.tanh(0.35 - half), abs=1e-6)
    assert found["upper"] == pytest.approx(np.tanh(0.35 + half), abs=1e-6)


def test_without_a_population_the_bias_is_that_of_the_resamples():
    drawn = np.ones((5, 2, 2))
    drawn[:, 0, 1] = drawn[:, 1, 0] = np.tanh([0.0, 0.1, 0.2, 0.3, 0.4])
    rows = pd.DataFrame({"statistic": ["phi"], "estimate": np.tanh([0.25])})
    found = phi_intervals(rows, drawn, [], 0.95).iloc[0]
    assert found["estimate"] == pytest.approx(np.tanh(0.3))
    assert found["upper"] == pytest.approx(np.tanh(0.3 + 1.959964 * np.hypot(np.sqrt(0.025), 0.05)), abs=1e-6)


@pytest.mark.parametrize("n", [25, 60])
def test_intervals_of_few_people_stay_possible(n):
    solution, matrix, drawn = resampled(answers_of(PATTERN, n, 5))
    nearby = nearby_populations(solution, matrix, drawn, INSTRUMENTS)
    rows = solution.tidy().query("statistic == 'phi'")
    told = phi_intervals(rows, drawn["phi"], nearby, 0.95, n_units=n)
    assert told["lower"].between(-1, told["estimate"]).all() and told["upper"].between(told["estimate"], 1).all()
