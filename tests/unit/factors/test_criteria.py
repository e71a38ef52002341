"""How many factors: each criterion as a slow loop or by hand, and the table of all."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator, correlate
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.retention.comparison_data import comparison_fits
from psychometrics.factors.retention.criteria import (
    average_partial_correlations,
    counted,
    decide_k,
    empirical_kaiser,
    median_record,
    retention_table,
)
from psychometrics.factors.retention.nest import nest_record
from psychometrics.factors.retention.parallel_analysis import parallel_analysis, random_eigenvalues


def test_map_by_a_slow_loop(two_factors):
    matrix = correlate(two_factors, method="pearson").matrix.to_numpy()
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


def test_the_two_readings_of_the_fourth_power(two_factors):
    """The mean of the fourth powers (O'Connor) is not the trace of the fourth power of the matrix (EFAtools, TR4)."""
    matrix = correlate(two_factors, method="pearson").matrix.to_numpy()
    squares, fourths = average_partial_correlations(matrix)
    p = len(matrix)
    traces = [(np.trace(np.linalg.matrix_power(matrix, power)) - p) / (p * (p - 1)) for power in (2, 4)]
    assert squares[0] == pytest.approx(traces[0], abs=1e-12)
    assert fourths[0] < traces[1]


def test_empirical_kaiser_by_hand(two_blocks):
    # (1 + sqrt(8 / 200))^2 = 1.44; left: 8/8, 5.2/7, 2.4/6 ...
    k, reference = empirical_kaiser(two_blocks.matrix.to_numpy(), 200)
    np.testing.assert_allclose(reference[:3], [1.44, 1.44 * 5.2 / 7, 1])
    assert k == 2


CRITERIA = [
    "parallel_analysis_factor",
    "parallel_analysis_factor_mean",
    "parallel_analysis_component",
    "parallel_analysis_component_mean",
    "map",
    "map_4",
    "empirical_kaiser",
    "hull_caf",
    "hull_cfi",
    "comparison_data",
    "nest",
    "sequential_chi_square",
    "lowest_bic",
    "lowest_aic",
    "rmsea",
    "kaiser_guttman",
    "median_of_three",
]


def test_one_record_per_criterion(two_factors):
    published = given_matrix(two_factors.corr(), 150)
    random = random_eigenvalues((150, 8), first_draw=0, n_draws=30, seed=1)
    table = retention_table(published, parallel_analysis(published, random), nest=nest_record(published))
    assert table["statistic"].tolist() == CRITERIA
    assert (table["n"] == 150).all()
    found = table.set_index("statistic")
    assert (found.drop("comparison_data")["estimate"] == 2).all()
    assert np.isnan(found.loc["comparison_data", "estimate"])
    assert found.loc["comparison_data", "note"] == "comparison data need the raw answers"


def test_all_criteria_run_on_answers(two_factors):
    correlator = Correlator(two_factors, method="pearson")
    parallel = parallel_analysis(correlator(), random_eigenvalues(correlator, first_draw=0, n_draws=30, seed=1))
    compared = comparison_fits(two_factors, largest=3, first_draw=0, n_draws=30, seed=1)
    nest = nest_record(correlator(), two_factors)
    table = retention_table(correlator(), parallel, extraction="ml", comparison=compared, nest=nest)
    table = table.set_index("statistic")
    assert table["estimate"].notna().all()
    assert (table["estimate"] == 2).sum() >= 14


def test_adjusted_criteria_of_polychoric_correlations(two_factors):
    correlator = Correlator(two_factors, method="polychoric", variances=True)
    parallel = parallel_analysis(correlator(), random_eigenvalues(correlator, first_draw=0, n_draws=20, seed=1))
    for extraction in ("minres", "dwls"):
        table = retention_table(correlator(), parallel, extraction=extraction, influence=correlator.influence())
        found = table.set_index("statistic")
        assert found.index.tolist() == CRITERIA
        assert (found.loc[["hull_caf", "hull_cfi", "sequential_chi_square", "rmsea"], "estimate"] == 2).all()
        assert found.loc["sequential_chi_square", "note"] == ""


def test_a_singular_matrix_keeps_every_record(two_factors):
    correlator = Correlator(two_factors.assign(copy=two_factors["a"]), method="pearson")
    parallel = parallel_analysis(correlator(), random_eigenvalues((150, 9), first_draw=0, n_draws=20, seed=1))
    table = retention_table(correlator(), parallel).set_index("statistic")
    assert table.index.tolist() == CRITERIA
    missing = table[table["estimate"].isna()]
    assert "not positive definite" in table.loc["hull_caf", "note"]
    assert {"hull_cfi", "sequential_chi_square", "lowest_bic", "lowest_aic", "rmsea", "nest"} <= set(missing.index)
    assert (missing["note"] != "").all()


def test_independent_items_have_no_factor():
    correlations = given_matrix(pd.DataFrame(np.eye(6), list("abcdef"), list("abcdef")), 300)
    parallel = parallel_analysis(correlations, random_eigenvalues((300, 6), first_draw=0, n_draws=30, seed=1))
    table = retention_table(correlations, parallel)
    found = table.set_index("statistic")
    assert found.loc["sequential_chi_square", "estimate"] == 0
    assert found.loc["kaiser_guttman", "estimate"] == 0  # every eigenvalue is 1, and none above it
    assert decide_k(table, "parallel_analysis_factor") == (1, "parallel analysis factor finds none: one is shown")


def test_the_fit_is_tried_beyond_parallel_analysis():
    items = list("abcdefghijkl")
    correlations = given_matrix(pd.DataFrame(np.full((12, 12), 0.5) + 0.5 * np.eye(12), items, items), 300)
    parallel = parallel_analysis(correlations, random_eigenvalues((300, 12), first_draw=0, n_draws=30, seed=1))
    methods = retention_table(correlations, parallel).set_index("statistic")["method"]
    # one factor found: the Hull method goes to three at least, the fit four further
    assert "up to 3 factors" in methods["hull_caf"] and "of 0 to 7 factors" in methods["lowest_bic"]


def test_the_median_of_three():
    def median(*estimates):
        return median_record(
            dict(zip(["parallel_analysis_component", "hull_cfi", "lowest_bic"], estimates, strict=True))
        )

    assert median(5.0, 6.0, 12.0) == {
        "statistic": "median_of_three",
        "estimate": 6.0,
        "method": "median of three: parallel analysis by components 5, Hull by CFI 6, lowest BIC 12",
        "note": "",
    }
    assert median(7.0, 1.0, 1.0)["estimate"] == 1
    two = median(5.0, np.nan, 2.0)
    assert two["estimate"] == 2 and two["note"] == "not applied: Hull by CFI"
    assert two["method"] == "smaller of two: parallel analysis by components 5, lowest BIC 2"
    assert median(np.nan, np.nan, 4.0)["method"] == "only one of three: lowest BIC 4"
    none = median(np.nan, np.nan, np.nan)
    assert np.isnan(none["estimate"]) and none["note"].endswith("Hull by CFI, lowest BIC")


def test_neither_combinations_nor_what_is_only_shown_are_counted(two_factors):
    published = given_matrix(two_factors.corr(), 150)
    random = random_eigenvalues((150, 8), first_draw=0, n_draws=30, seed=1)
    rows = counted(retention_table(published, parallel_analysis(published, random)))
    assert rows["statistic"].tolist() == CRITERIA[:-2]


def test_the_rule_decides():
    records = pd.DataFrame(
        {
            "statistic": ["map", "lowest_bic", "hull_cfi"],
            "estimate": [3.0, 2.0, np.nan],
            "note": ["", "the lowest is the largest number tried", "it has no elbow"],
        }
    )
    assert decide_k(records, "map") == (3, "map")
    assert decide_k(records, "lowest_bic") == (2, "lowest bic; the lowest is the largest number tried")
    median = median_record({"parallel_analysis_component": 3.0, "hull_cfi": np.nan, "lowest_bic": 2.0})
    assert decide_k(pd.DataFrame([median]), "median_of_three") == (
        2,
        "smaller of two: parallel analysis by components 3, lowest BIC 2; not applied: Hull by CFI",
    )
    with pytest.raises(ValueError, match="hull cfi cannot decide on the number of factors: it has no elbow"):
        decide_k(records, "hull_cfi")
    with pytest.raises(ValueError, match="one of map, lowest_bic, hull_cfi, not 'scree'"):
        decide_k(records, "scree")
