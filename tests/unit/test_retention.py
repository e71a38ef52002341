"""How many factors: each criterion as a slow loop or by hand, and draws that do not depend on how they are split."""
import numpy as np
import pandas as pd
import pytest

from psychometrics.comparison_data import comparison_fits
from psychometrics.correlation import Correlator, correlate, given_matrix
from psychometrics.retention import (
    average_partial_correlations,
    decide,
    decide_k,
    eigenvalues,
    empirical_kaiser,
    random_eigenvalues,
    retention_table,
)


@pytest.fixture
def answers():
    """Two factors with four items each, on 1-5."""
    rng = np.random.default_rng(2)
    latent = np.repeat(rng.normal(size=(150, 2)), 4, axis=1) + 0.8 * rng.normal(size=(150, 8))
    return pd.DataFrame(np.clip(np.round(3 + latent), 1, 5), columns=list("abcdefgh"))


@pytest.fixture
def two_blocks():
    """Eight items; .6 within two blocks of four and 0 between: eigenvalues 2.8, 2.8 and six of .4."""
    matrix = np.kron(np.eye(2), np.full((4, 4), 0.6)) + 0.4 * np.eye(8)
    return given_matrix(pd.DataFrame(matrix, list("abcdefgh"), list("abcdefgh")), 200)


def test_random_eigenvalues_by_a_slow_loop(answers):
    random = random_eigenvalues(Correlator(answers, method="pearson"), first_draw=0, n_draws=5, seed=7)
    for draw in range(5):
        rng = np.random.default_rng(np.random.SeedSequence([7, draw]))
        shuffled = rng.permuted(answers.to_numpy(), axis=0)
        matrix = np.corrcoef(shuffled, rowvar=False)
        np.testing.assert_allclose(random["component"][draw], sorted(np.linalg.eigvals(matrix))[::-1], atol=1e-10)
        reduced = matrix.copy()
        for i in range(8):  # the squared multiple correlation of each item, as a regression on the others
            others = np.delete(np.arange(8), i)
            reduced[i, i] = matrix[i, others] @ np.linalg.solve(matrix[np.ix_(others, others)], matrix[others, i])
        np.testing.assert_allclose(random["factor"][draw], np.sort(np.linalg.eigvals(reduced))[::-1], atol=1e-10)


@pytest.mark.parametrize("method", ["pearson", "polychoric"])
def test_draws_do_not_depend_on_how_they_are_split(answers, method):
    correlator = Correlator(answers, method=method)
    whole = random_eigenvalues(correlator, first_draw=0, n_draws=6, seed=3)
    parts = [random_eigenvalues(correlator, first_draw=first, n_draws=3, seed=3) for first in (3, 0)]
    for basis, values in whole.items():
        np.testing.assert_array_equal(values, np.concatenate([parts[1][basis], parts[0][basis]]))


def test_parallel_analysis_finds_the_factors(answers, two_blocks):
    correlator = Correlator(answers)
    for correlations, source in ((correlator(), correlator), (two_blocks, (200, 8))):
        random = random_eigenvalues(source, first_draw=0, n_draws=60, seed=1)
        found = decide(correlations, random, basis="component")
        assert found.k == 2 and found.draws == 60
        limits = found.table.query("group == 'component' and statistic == 'eigenvalue_random_percentile'")
        np.testing.assert_allclose(limits["estimate"], np.percentile(random["component"], 95, axis=0))


def test_counting_stops_at_the_first_that_does_not_exceed(two_blocks):
    random = {basis: np.tile([2.0, 2.9, *[0.1] * 6], (3, 1)) for basis in ("factor", "component")}
    assert decide(two_blocks, random, basis="component").k == 1


def test_shuffles_without_variation_are_drawn_again():
    # one person stands out on each item, and half the answers of the other are missing
    answers = pd.DataFrame({"a": [2, *[1] * 7], "b": [3, 4, 3, 4, *[np.nan] * 4], "c": [1, 2, 3, 4, 4, 3, 2, 1]})
    random = random_eigenvalues(Correlator(answers, method="pearson"), first_draw=0, n_draws=20, seed=0)
    assert np.isfinite(random["component"]).all()


def test_map_by_a_slow_loop(answers):
    matrix = correlate(answers, method="pearson").matrix.to_numpy()
    squares, fourths = average_partial_correlations(matrix)
    values, vectors = np.linalg.eigh(matrix)
    for m in range(7):
        rest = matrix.copy()
        for c in range(m):
            rest -= values[-1 - c] * np.outer(vectors[:, -1 - c], vectors[:, -1 - c])
        partial = [rest[i, j] / np.sqrt(rest[i, i] * rest[j, j]) for i in range(8) for j in range(8) if i != j]
        assert squares[m] == pytest.approx(np.mean(np.square(partial)), abs=1e-12)
        assert fourths[m] == pytest.approx(np.mean(np.power(partial, 4)), abs=1e-12)
    assert np.argmin(squares) == 2


def test_empirical_kaiser_by_hand(two_blocks):
    # (1 + sqrt(8 / 200))^2 = 1.44; left: 8/8, 5.2/7, 2.4/6 ...
    k, reference = empirical_kaiser(two_blocks.matrix.to_numpy(), 200)
    np.testing.assert_allclose(reference[:3], [1.44, 1.44 * 5.2 / 7, 1])
    assert k == 2


def test_eigenvalues_of_the_reduced_matrix(two_blocks):
    # within a block of four at .6 the squared multiple correlation is .6 (.6 * 3) / (1 + .6 * 2) = 1.08 / 2.2
    found = eigenvalues(two_blocks.matrix.to_numpy())
    shared = 1.08 / 2.2
    np.testing.assert_allclose(found["component"], [2.8] * 2 + [0.4] * 6)
    np.testing.assert_allclose(found["factor"], [shared + 1.8] * 2 + [shared - 0.6] * 6)


CRITERIA = [
    "parallel_analysis_factor", "parallel_analysis_factor_mean", "parallel_analysis_component",
    "parallel_analysis_component_mean", "map", "map_4", "empirical_kaiser", "hull_caf", "hull_cfi", "comparison_data",
    "sequential_chi_square", "lowest_bic", "rmsea", "kaiser_guttman",
]


def test_one_record_per_criterion(answers):
    published = given_matrix(answers.corr(), 150)
    random = random_eigenvalues((150, 8), first_draw=0, n_draws=30, seed=1)
    table = retention_table(published, decide(published, random))
    assert table["statistic"].tolist() == CRITERIA
    assert (table["n"] == 150).all()
    found = table.set_index("statistic")
    assert (found.drop("comparison_data")["estimate"] == 2).all()
    assert np.isnan(found.loc["comparison_data", "estimate"])
    assert found.loc["comparison_data", "note"] == "comparison data need the raw answers"


def test_all_criteria_run_on_answers(answers):
    correlator = Correlator(answers, method="pearson")
    parallel = decide(correlator(), random_eigenvalues(correlator, first_draw=0, n_draws=30, seed=1))
    compared = comparison_fits(answers, largest=3, first_draw=0, n_draws=30, seed=1)
    table = retention_table(correlator(), parallel, extraction="ml", comparison=compared).set_index("statistic")
    assert table["estimate"].notna().all()
    assert (table["estimate"] == 2).sum() >= 12


def test_adjusted_criteria_of_polychoric_correlations(answers):
    correlator = Correlator(answers, method="polychoric", variances=True)
    parallel = decide(correlator(), random_eigenvalues(correlator, first_draw=0, n_draws=20, seed=1))
    for extraction in ("minres", "dwls"):
        table = retention_table(correlator(), parallel, extraction=extraction, influence=correlator.influence())
        found = table.set_index("statistic")
        assert found.index.tolist() == CRITERIA
        assert (found.loc[["hull_caf", "hull_cfi", "sequential_chi_square", "rmsea"], "estimate"] == 2).all()
        assert found.loc["sequential_chi_square", "note"] == ""


def test_the_mean_is_exceeded_at_least_as_often_as_the_percentile(answers):
    correlator = Correlator(answers, method="pearson")
    found = decide(correlator(), random_eigenvalues(correlator, first_draw=0, n_draws=40, seed=1))
    assert all(found.by_mean[basis] >= found.by_basis[basis] for basis in ("factor", "component"))
    observed = eigenvalues(correlator().matrix.to_numpy())["component"]
    means = found.table.query("group == 'component' and statistic == 'eigenvalue_random_mean'")["estimate"].to_numpy()
    assert found.by_mean["component"] == next(i for i in range(8) if observed[i] <= means[i])


def test_a_singular_matrix_keeps_every_record(answers):
    correlator = Correlator(answers.assign(copy=answers["a"]), method="pearson")
    parallel = decide(correlator(), random_eigenvalues((150, 9), first_draw=0, n_draws=20, seed=1))
    table = retention_table(correlator(), parallel).set_index("statistic")
    assert table.index.tolist() == CRITERIA
    missing = table[table["estimate"].isna()]
    assert "not positive definite" in table.loc["hull_caf", "note"]
    assert {"hull_cfi", "sequential_chi_square", "lowest_bic", "rmsea"} <= set(missing.index)
    assert (missing["note"] != "").all()


def test_independent_items_have_no_factor():
    correlations = given_matrix(pd.DataFrame(np.eye(6), list("abcdef"), list("abcdef")), 300)
    parallel = decide(correlations, random_eigenvalues((300, 6), first_draw=0, n_draws=30, seed=1))
    table = retention_table(correlations, parallel)
    found = table.set_index("statistic")
    assert found.loc["sequential_chi_square", "estimate"] == 0
    assert decide_k(table, "parallel_analysis_factor") == (1, "parallel analysis factor finds none: one is shown")


def test_the_rule_decides():
    records = pd.DataFrame({"statistic": ["map", "lowest_bic", "hull_cfi"], "estimate": [3.0, 2.0, np.nan],
                            "note": ["", "the lowest is the largest number tried", "it has no elbow"]})
    assert decide_k(records, "map") == (3, "map")
    assert decide_k(records, "lowest_bic") == (2, "lowest bic; the lowest is the largest number tried")
    with pytest.raises(ValueError, match="hull cfi cannot decide on the number of factors: it has no elbow"):
        decide_k(records, "hull_cfi")
    with pytest.raises(ValueError, match="one of map, lowest_bic, hull_cfi, not 'scree'"):
        decide_k(records, "scree")


def test_unknown_basis(two_blocks):
    with pytest.raises(ValueError, match="factor, component, not 'both'"):
        decide(two_blocks, {}, basis="both")
