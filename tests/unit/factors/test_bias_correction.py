import numpy as np
import pandas as pd
import pytest

from psychometrics.factors.alignment import align
from psychometrics.factors.solution import fit_solution
from psychometrics.factors.standard_errors.bias_correction import likely_population, small_sample_errors
from psychometrics.factors.standard_errors.loading_errors import standard_errors

UPPER = np.triu_indices(3, 1)
ITEMS = [f"i{j + 1:02d}" for j in range(12)]
PATTERN = pd.DataFrame(np.kron([[0.8], [0.7], [0.7], [0.6]], np.eye(3)), ITEMS, ["F1", "F2", "F3"])
PHI = 0.4 + 0.6 * np.eye(3)


def matrix_of(pattern, phi=PHI):
    matrix = pattern @ phi @ pattern.T
    np.fill_diagonal(matrix, 1.0)
    return pd.DataFrame(matrix, ITEMS, ITEMS)


def samples(pattern, n, count, seed=1, **options):
    """The solution of the population and those of normal samples, factors in its order."""
    population = matrix_of(pattern.to_numpy())
    whole = align(fit_solution(population, n, 3, **options), pattern)
    rng, root = np.random.default_rng(seed), np.linalg.cholesky(population)
    found = []
    for _ in range(count):
        sample = pd.DataFrame(np.corrcoef(rng.normal(size=(n, 12)) @ root.T, rowvar=False), ITEMS, ITEMS)
        found.append(align(fit_solution(sample, n, 3, starts=1, **options), whole.pattern))
    return whole, found


@pytest.mark.parametrize(("crossing", "extraction"), [(0.0, "ml"), (0.15, "minres")])
def test_the_bias_is_nearer_to_that_of_the_population_than_the_bias_at_the_sample(crossing, extraction):
    pattern = PATTERN + crossing * np.roll(PATTERN.to_numpy() > 0, 1, axis=1) * np.array([[1], [-1]] * 6)
    local, small = [], []
    population, solutions = samples(pattern, 100, 30, extraction=extraction)
    for found in solutions:
        corrected = small_sample_errors(found)
        if not corrected.note:
            local.append(standard_errors(found, widening=False).phi_bias.to_numpy()[UPPER])
            small.append(corrected.phi_bias.to_numpy()[UPPER])
    wanted = standard_errors(population, n=100, widening=False).phi_bias.to_numpy()[UPPER].mean()
    assert len(small) > 20 and wanted < -0.04
    # samples see about half of it at their own place; 0.006 is two standard errors of the mean over the samples
    assert np.mean(local) > wanted + 0.015 and abs(np.mean(small) - wanted) < 0.5 * (np.mean(local) - wanted)


def test_bias_and_population_are_found_three_times_over():
    solution = samples(PATTERN, 100, 1)[1][0]
    here = nearby = standard_errors(solution)
    for _ in range(3):
        nearby = standard_errors(likely_population(solution, nearby), n=100)
    found = small_sample_errors(solution)
    pd.testing.assert_frame_equal(found.phi, here.phi)
    pd.testing.assert_frame_equal(found.phi_bias, nearby.phi_bias)
    pd.testing.assert_frame_equal(found.pattern_bias, nearby.pattern_bias)
    pd.testing.assert_series_equal(found.uniqueness_bias, nearby.uniqueness_bias)
    widening = nearby.phi_widening.to_numpy()[UPPER] * nearby.phi.to_numpy()[UPPER] / here.phi.to_numpy()[UPPER]
    np.testing.assert_allclose(found.phi_widening.to_numpy()[UPPER], widening)


def test_small_loadings_are_shrunk_by_a_slow_loop():
    pattern = PATTERN + 0.15 * np.random.default_rng(1).normal(size=PATTERN.shape) * (PATTERN.to_numpy() == 0)
    solution = fit_solution(matrix_of(pattern.to_numpy(), np.eye(3)), 300, 3, rotation="varimax")
    errors = standard_errors(solution)
    corrected, s = (solution.pattern - errors.pattern_bias).to_numpy(copy=True), errors.pattern.to_numpy()
    small = [(i, j) for i in range(12) for j in range(3) if abs(corrected[i, j]) < max(abs(corrected[i]))]
    assert len(small) == 24
    error = sum(s[i, j] ** 2 for i, j in small) / 24
    # the standard error of a mean of 24 squared errors is sqrt(2 / 24) of it
    spare = sum(corrected[i, j] ** 2 for i, j in small) / 24 - error - 2 * error * np.sqrt(2 / 24)
    assert spare > 0
    for i, j in small:
        corrected[i, j] *= spare / (spare + s[i, j] ** 2)
    likely = likely_population(solution, errors).pattern.to_numpy()
    np.testing.assert_allclose(likely @ likely.T, corrected @ corrected.T, atol=1e-12)


def test_large_samples_need_no_correction_of_the_place():
    pattern = PATTERN + 0.2 * np.random.default_rng(1).normal(size=PATTERN.shape) * (PATTERN.to_numpy() == 0)
    solution = fit_solution(matrix_of(pattern.to_numpy()), 1_000_000, 3)
    one, other = small_sample_errors(solution), standard_errors(solution)
    # with a million people the correction is less than a thousandth of the bias
    np.testing.assert_allclose(one.phi_bias, other.phi_bias, rtol=1e-3)
    np.testing.assert_allclose(one.phi_widening, other.phi_widening, rtol=1e-3)
    pd.testing.assert_frame_equal(one.pattern, other.pattern)


def test_a_population_without_small_loadings_stays_where_it_is():
    solution = align(fit_solution(matrix_of(PATTERN.to_numpy()), 200, 3, rotation="geomin_q"), PATTERN)
    likely = likely_population(solution, standard_errors(solution))
    assert np.abs(likely.pattern.to_numpy()[PATTERN.to_numpy() == 0]).max() < 0.02
    assert np.all(likely.phi.to_numpy()[UPPER] > solution.phi.to_numpy()[UPPER])


@pytest.mark.parametrize("rotation", ["oblimin", "promax", "varimax", "bifactor_q"])
def test_order_and_direction_of_factors_do_not_matter(rotation):
    pattern = PATTERN + 0.1 * np.random.default_rng(2).normal(size=PATTERN.shape)
    solution = fit_solution(matrix_of(pattern.to_numpy()), 150, 3, rotation=rotation, extraction="ml")
    one, other = (
        small_sample_errors(found)
        for found in (
            solution,
            solution.permuted(*([0, 2, 1], [1, 1, -1]) if rotation == "bifactor_q" else ([2, 0, 1], [1, -1, 1])),
        )
    )
    last = "F2" if rotation == "bifactor_q" else "F1"
    np.testing.assert_allclose(
        other.pattern_bias[last], one.pattern_bias["F3"], atol=1e-8
    )  # rounding of second differences
    np.testing.assert_allclose(other.uniqueness_bias, one.uniqueness_bias, atol=1e-8)


@pytest.mark.parametrize(("rotation", "k"), [("none", 3), ("oblimin", 1)])
def test_nothing_to_shrink(rotation, k):
    solution = fit_solution(matrix_of(PATTERN.to_numpy()), 150, k, rotation=rotation)
    pd.testing.assert_frame_equal(small_sample_errors(solution).tidy(), standard_errors(solution).tidy())


def test_improper_populations_leave_the_bias_at_the_solution():
    solution = fit_solution(matrix_of(PATTERN.to_numpy()), 12, 3)
    errors = standard_errors(solution)
    assert likely_population(solution, errors) is None  # so few people that the bias taken off has no correlations left
    pd.testing.assert_frame_equal(small_sample_errors(solution).phi_bias, errors.phi_bias)


def test_a_heywood_case_has_its_reason():
    pattern = PATTERN.copy()
    pattern.iloc[0, 0] = 0.999
    matrix = matrix_of(pattern.to_numpy())
    matrix.iloc[0, 3] = matrix.iloc[3, 0] = 0.8
    solution = fit_solution(matrix, 100, 3)
    assert solution.heywood
    rows = small_sample_errors(solution).tidy()
    assert rows[["se", "lower", "upper"]].isna().all(axis=None) and rows["note"].str.contains("Heywood").all()
