"""How many factors: each criterion as a slow loop or by hand, and draws that do not depend on how they are split."""
import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation import Correlator, correlate, given_matrix
from psychometrics.retention import (
    average_partial_correlations,
    decide,
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


def test_one_record_per_criterion(two_blocks):
    random = random_eigenvalues((200, 8), first_draw=0, n_draws=30, seed=1)
    table = retention_table(two_blocks, decide(two_blocks, random))
    criteria = ["parallel_analysis_factor", "parallel_analysis_component", "map", "map_4", "empirical_kaiser",
                "kaiser_guttman"]
    assert table["statistic"].tolist() == criteria
    assert (table["estimate"] == 2).all() and (table["n"] == 200).all()


def test_unknown_basis(two_blocks):
    with pytest.raises(ValueError, match="factor, component, not 'both'"):
        decide(two_blocks, {}, basis="both")
