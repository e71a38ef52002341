"""Uncorrelated factors behind a solution, its resamples, and what the settings of a factor analysis ask for."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from pipeline.steps.array_files import write_arrays
from pipeline.steps.correlation_files import NotRun
from pipeline.steps.factor_errors import analytic_errors
from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_rows import describe_general_factor
from pipeline.steps.factor_settings import (
    codes_of_items,
    common_factor_rule,
    correlator_behind,
    solution_options,
    with_variances,
)
from pipeline.steps.orthogonal_factors import orthogonal_factors
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.bootstrap import general_arrays
from psychometrics.factors.nearby_populations import NearbyPopulation
from psychometrics.factors.solution import FactorSolution, fit_solution

ITEMS = [f"x_{number:02d}" for number in range(1, 10)]
SETTINGS = {"extraction": "minres", "rotation": "oblimin", "starts": 2, "kaiser": "default", "gamma": 0.0}
SETTINGS |= {"markers": ["x_02", "y_01"], "salient": 0.4, "minimum_share": 0.5}
PUBLISHED = SimpleNamespace(is_matrix=True, resampled="clients", has_loadings=False, has_item_codes=False)


def correlations() -> pd.DataFrame:
    """Nine items on three factors, which one general factor of loadings .6, .6 and .5 makes correlate."""
    loadings, general = np.kron(np.eye(3), np.full((3, 1), 0.7)), np.array([0.6, 0.6, 0.5])
    phi = np.outer(general, general)
    np.fill_diagonal(phi, 1.0)
    r = loadings @ phi @ loadings.T
    np.fill_diagonal(r, 1.0)
    return pd.DataFrame(r, index=ITEMS, columns=ITEMS)


def solution(k: int = 3, rotation: str = "oblimin") -> FactorSolution:
    return fit_solution(correlations(), 200, k, rotation=rotation)


@pytest.fixture
def pieces(tmp_path):
    """Two pieces of a bootstrap of two draws in all, the second of which failed."""
    rng = np.random.default_rng(1)
    for piece, failed in ((1, False), (2, True)):
        write_arrays(
            tmp_path / f"{piece}.npz",
            failed=np.array([failed]),
            pattern=rng.normal(size=(1, 9, 3)),
            communality=np.full((1, 9), 0.5),
            general=np.full((1, 9), 0.1),
            group=np.full((1, 9, 3), 0.2),
        )
    return [tmp_path / "1.npz", tmp_path / "2.npz"]


def resamples(pieces, is_matrix: bool = False, therapists: int = 5) -> FactorResamples:
    """Of ten clients of so many therapists."""
    answers = pd.DataFrame({"x_01": 1.0}, index=pd.Index(range(10), name="client"))
    dataset = SimpleNamespace(
        is_matrix=is_matrix,
        resampled="therapists",
        factored=["client"],
        joint_answers=lambda perspective: answers,
        units=lambda clients: (clients % therapists).to_numpy(),
    )
    return FactorResamples.read(pieces, dataset, 0.9)


def test_resamples_of_all_pieces(pieces):
    found = resamples(pieces)
    assert (found.draws, found.failed, found.units, found.reason, found.n_units) == (2, 1, "therapists", "", 5)
    assert found["pattern"].shape == (2, 9, 3)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"is_matrix": True}, "a matrix has no people to resample, so there is no interval"),
        ({"therapists": 2}, "fewer than 3 units to resample: no interval"),
    ],
)
def test_where_nothing_is_resampled_every_row_says_so(pieces, options, reason):
    found = resamples(pieces, **options)
    assert found["pattern"] is None and found.nearby(solution(), correlations(), pd.Series("a", ITEMS)) == []
    row = pd.DataFrame({"statistic": ["loading"], "estimate": [0.5], "note": [""]})
    for rows in (found.describe(row, None, "normal"), found.describe_widened(row, lambda arrays: arrays, "z", [])):
        assert rows["note"].tolist() == [reason]
        assert rows["estimate"].tolist() == [0.5] and rows["lower"].isna().all()


def test_an_interval_that_allows_for_the_bias_by_hand(pieces):
    """Student's t of 4 degrees of freedom times the root of variance and squared bias, around the sample's value."""
    found = resamples(pieces)
    values = np.tanh([[0.3], [0.5]])  # on the scale of z their mean is .4: the bias is -.1
    row = pd.DataFrame({"statistic": ["ecv"], "estimate": np.tanh([0.5]), "note": [""]})
    told = found.describe_widened(row, lambda arrays: values, "z", []).iloc[0]
    half = 2.131847 * np.hypot(np.sqrt(5 / 4) * np.sqrt(0.02), 0.1)
    assert (told["lower"], told["upper"]) == pytest.approx((np.tanh(0.5 - half), np.tanh(0.5 + half)), abs=1e-6)
    assert told["estimate"] == np.tanh(0.5) and "widened by the bias" in told["method"]


def test_loadings_take_the_largest_standard_error_of_likely_populations(pieces):
    """By hand: resamples .3 and .5 have a standard deviation of .1414, those of the population .2 and .6 of .2828."""
    found, row = resamples(pieces), pd.DataFrame({"statistic": ["loading"], "estimate": [0.4], "note": [""]})
    found.arrays["own"] = np.array([[0.3], [0.5]])
    place = NearbyPopulation({"own": np.array([[0.4]])}, {"own": np.array([[0.2], [0.6]])})
    for nearby, sd in (([], 0.1414214), ([place], 0.2828427)):
        told = found.describe_widest(row, lambda arrays: arrays["own"], "", nearby).iloc[0]
        assert told["upper"] - 0.4 == pytest.approx(2.131847 * np.sqrt(5 / 4) * sd, abs=1e-6)
        assert ("largest standard error" in told["method"]) == bool(nearby)


def general_factor_rows(matrix, found, correlations_of_resamples):
    """Rows of the general factor, of resamples that all have the solution itself."""
    drawn, instruments = len(correlations_of_resamples), pd.Series(list("aabbaabba"), ITEMS)
    total = np.full(drawn, matrix.to_numpy().sum())
    again = [np.repeat(values[None], drawn, axis=0) for values in (found.pattern.to_numpy(), found.phi.to_numpy())]
    arrays = {"failed": np.zeros(drawn, dtype=bool), "correlations": correlations_of_resamples}
    members = np.array([[own == form for own in instruments] for form in "ab"])
    arrays |= general_arrays(*again, total, found, members)
    given = FactorResamples(arrays, "", "clients", 0.95, 150)
    return describe_general_factor(found, matrix, instruments, given, [])


def test_where_one_factor_fits_as_well_the_explained_common_variance_may_be_all():
    upper, rng = np.triu_indices(9, 1), np.random.default_rng(2)
    one = np.full((9, 9), 0.49) + 0.51 * np.eye(9)
    for matrix, reaches in ((one, True), (correlations().to_numpy(), False)):
        answers = rng.multivariate_normal(np.zeros(9), matrix, size=150)
        sample = pd.DataFrame(np.corrcoef(answers.T), ITEMS, ITEMS)
        drawn = np.array([np.corrcoef(answers[rng.integers(0, 150, 150)].T)[upper] for _ in range(60)])
        rows = general_factor_rows(sample, fit_solution(sample, 150, 3), drawn)
        note = rows.loc[rows["statistic"] == "ecv", "note"]
        assert len(note) == 3 and note.str.contains("one factor fits as well").all() == reaches


def test_a_second_order_loading_beyond_one_is_a_reason():
    """Factors that correlate .9, .9 and .5 make a loading of the root of .9 * .9 / .5, which is 1.27."""
    found = solution()
    phi = np.array([[1, 0.9, 0.9], [0.9, 1, 0.5], [0.9, 0.5, 1]])
    found = replace(found, phi=pd.DataFrame(phi, found.labels, found.labels))
    rows = general_factor_rows(correlations(), found, np.full((2, 36), np.nan))
    second = rows[rows["statistic"] == "second_order_loading"]
    assert second["estimate"].isna().tolist() == [True, False, False]
    assert second["note"].iloc[0].startswith("outside its possible range (1.")


def test_general_and_group_factors_of_correlated_ones_add_up_to_the_communality(pieces):
    found = solution()
    loadings, uniqueness, take, _, _ = orthogonal_factors(found)
    drawn = take(resamples(pieces).arrays)
    assert loadings.shape == (9, 4)
    # three factors are told by one general factor without remainder; 1e-6 is what the search for it leaves
    np.testing.assert_allclose((loadings**2).sum(axis=1), 1 - uniqueness, atol=1e-6)
    # 0.7 times the loadings .6, .6 and .5 of the second order; minres of exact correlations, to its own tolerance
    np.testing.assert_allclose(loadings["general"].abs(), np.repeat([0.42, 0.42, 0.35], 3), atol=1e-3)
    np.testing.assert_array_equal(drawn[0][0, 0], [0.1, 0.2, 0.2, 0.2])
    np.testing.assert_array_equal(drawn[1], np.full((2, 9), 0.5))


def test_one_factor_and_uncorrelated_ones_are_taken_as_they_are(pieces):
    for found in (solution(1), solution(3, "varimax")):
        loadings, _, take, method, _ = orthogonal_factors(found)
        drawn = take(resamples(pieces).arrays)
        pd.testing.assert_frame_equal(loadings, found.pattern)
        assert method == found.method and drawn[0].shape == (2, 9, 3)


def test_group_factors_that_correlate_have_no_parts():
    found = replace(solution(), rotation="bifactor_q")
    with pytest.raises(NotRun, match="the group factors of bifactor_q correlate"):
        orthogonal_factors(found)


def test_standard_errors_of_a_published_matrix_are_those_of_normal_theory():
    matrix, found = given_matrix(correlations(), 200), solution(2, "oblimin")
    errors = analytic_errors(PUBLISHED, "client", matrix, found, seed=1)
    assert np.isfinite(errors.tidy(0.95)["se"]).any()


def test_without_standard_errors_there_is_a_reason():
    found = replace(solution(), extraction="dwls")
    with pytest.raises(NotRun, match=r"^no standard errors: standard errors of dwls need the influences"):
        analytic_errors(PUBLISHED, "client", given_matrix(correlations(), 200), found, seed=1)


def test_what_needs_answers_says_so_of_a_matrix():
    matrix = given_matrix(correlations(), 200)
    assert correlator_behind(PUBLISHED, "client", matrix) is None
    assert with_variances(matrix, None, "minres") is matrix
    with pytest.raises(NotRun, match="dwls needs the variances"):
        with_variances(matrix, None, "dwls")
    with pytest.raises(NotRun, match="no content codes"):
        codes_of_items(PUBLISHED)


def test_options_of_a_solution_follow_the_settings():
    matrix = given_matrix(correlations(), 200)
    plain = {"extraction": "minres", "rotation": "oblimin", "starts": 2, "extraction_starts": 2}
    assert solution_options(PUBLISHED, matrix, SETTINGS) == plain
    changed = SETTINGS | {"gamma": -0.5, "kaiser": False}
    assert solution_options(PUBLISHED, matrix, changed) == plain | {"gamma": -0.5, "normalize": False}
    with pytest.raises(NotRun, match=r"target_q needs a table of loadings"):
        solution_options(PUBLISHED, matrix, SETTINGS | {"rotation": "target_q"})


def test_a_target_is_the_table_of_the_data_set():
    table = pd.DataFrame(np.kron(np.eye(3), np.full((3, 1), 0.7)), index=ITEMS, columns=["A", "B", "C"])
    dataset = SimpleNamespace(has_loadings=True, loadings=table)
    options = solution_options(dataset, given_matrix(correlations(), 200), SETTINGS | {"rotation": "target_q"})
    np.testing.assert_array_equal(options["target"], table.to_numpy())
    dataset.loadings = table.iloc[:4]
    with pytest.raises(NotRun, match="no row for item x_05"):
        solution_options(dataset, given_matrix(correlations(), 200), SETTINGS | {"rotation": "target_q"})


def test_markers_count_where_they_are_among_the_items():
    instruments = pd.Series("X", index=ITEMS)
    dataset = SimpleNamespace(instrument_of_items=lambda perspective: instruments)
    assert common_factor_rule(dataset, "client", ITEMS, SETTINGS).markers == ["x_02"]
    assert common_factor_rule(dataset, "client", ITEMS[2:], SETTINGS).markers is None
