"""Sequential criteria: planted truth, the least that can be found, and what cannot be fitted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator, correlate
from psychometrics.correlation.matrix import given_matrix
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.fit import fit_indices
from psychometrics.factors.retention.sequential_fit import fit_by_factors, sequential_records
from psychometrics.factors.solution import fit_solution


def normal_answers(n, k, per_factor, seed):
    rng = np.random.default_rng(seed)
    scores = np.repeat(rng.normal(size=(n, k)), per_factor, axis=1) if k else 0.0
    p = max(k, 1) * per_factor
    return pd.DataFrame(0.7 * scores + np.sqrt(0.51) * rng.normal(size=(n, p)))


def by_statistic(fits, **changes):
    return sequential_records(fits, **changes).set_index("statistic")


@pytest.mark.parametrize("k", [0, 1, 2, 3])
def test_planted_factors_are_found(k):
    correlations = correlate(normal_answers(500, k, 5, seed=20 + k), method="pearson")
    records = by_statistic(fit_by_factors(correlations, largest=4))
    assert (records["estimate"] == k).all()
    assert (records["note"] == "").all()


def test_invariant_to_the_order_and_direction_of_items():
    answers = normal_answers(200, 2, 4, seed=1)
    other = -answers.iloc[:, ::-1]
    one, two = (fit_by_factors(correlate(frame, method="pearson"), largest=3) for frame in (answers, other))
    pd.testing.assert_frame_equal(one.drop(columns="note"), two.drop(columns="note"), rtol=1e-6, atol=1e-7)


def test_only_solutions_with_a_degree_of_freedom():
    fits = fit_by_factors(correlate(normal_answers(100, 1, 5, seed=1), method="pearson"), largest=9)
    assert fits.index.tolist() == [0, 1, 2]
    assert (fits["degrees_of_freedom"] > 0).all()


def fits_of(p_values, bic, lower):
    return pd.DataFrame(
        {
            "chi_square": np.where(np.isnan(bic), np.nan, bic),
            "degrees_of_freedom": 0.0,  # so that AIC and BIC are alike
            "p_value": p_values,
            "bic": bic,
            "rmsea_lower": lower,
            "note": ["did not converge" if np.isnan(b) else "" for b in bic],
        }
    )


def test_records_by_hand():
    records = by_statistic(fits_of([0, 0, 0.01, 0.2, 0.5], [9, 3, 1, 2, 4.0], [0.2, 0.1, 0.04, 0.0, 0.0]))
    assert records["estimate"].to_dict() == {
        "sequential_chi_square": 3,
        "lowest_bic": 2,
        "lowest_aic": 2,
        "rmsea": 2,
    }


def test_aic_weighs_fit_against_degrees_of_freedom_by_hand():
    # chi-square - 2 df: 90 - 12, 20 - 4, 17 - 2, 16.5 - 0
    fits = fits_of([0, 0, 0.1, 0.2], [90, 20, 17, 16.5], [0.2, 0.1, 0.0, 0.0])
    assert by_statistic(fits.assign(degrees_of_freedom=[6, 2, 1, 0]))["estimate"]["lowest_aic"] == 2


def test_nothing_fits():
    records = by_statistic(fits_of([0, 0, 0.0], [9, 3, 1.0], [0.2, 0.1, 0.09]), correlation="polychoric")
    assert np.isnan(records.loc["sequential_chi_square", "estimate"])
    assert records.loc["sequential_chi_square", "note"].startswith("all solutions up to 2 factors are rejected; the")
    assert records.loc["rmsea", "note"].startswith("no solution up to 2 factors fits closely")
    assert records.loc["lowest_bic", "note"].startswith("the lowest is the largest number tried")
    assert records["note"].str.contains("of polychoric ones it is too large").all()


def test_a_solution_that_did_not_converge_is_left_out_and_named():
    records = by_statistic(fits_of([0, np.nan, 0.3, 0.4], [9, np.nan, 2, 4.0], [0.2, np.nan, 0.01, 0.0]))
    assert (records["estimate"] == 2).all()
    assert (records["note"] == "1 factors left out: did not converge").all()


def test_a_search_that_does_not_end_leaves_no_fit(monkeypatch):
    def endless(*arguments, **options):
        return replace(extract_factors(*arguments, **options), converged=False)

    monkeypatch.setattr("psychometrics.factors.retention.sequential_fit.extract_factors", endless)
    fits = fit_by_factors(correlate(normal_answers(100, 1, 6, seed=1), method="pearson"), largest=2)
    assert fits["chi_square"].notna().tolist() == [True, False, False]  # nothing is searched for without factors
    assert fits["note"].tolist() == ["", *["extraction by ml did not converge"] * 2]
    assert fits["degrees_of_freedom"].tolist() == [15, 9, 4]


def test_a_singular_matrix_has_reasons():
    answers = normal_answers(100, 1, 5, seed=1)
    fits = fit_by_factors(correlate(answers.assign(copy=answers[0]), method="pearson"), largest=3)
    records = by_statistic(fits)
    assert records["estimate"].isna().all()
    assert records["note"].str.contains("positive definite").all()


@pytest.fixture
def ordinal():
    """Two factors of four items each, answered on 1-4 and skewed."""
    latent = normal_answers(400, 2, 4, seed=3)
    answers = (latent.to_numpy()[:, :, None] > [-0.3, 0.5, 1.2]).sum(axis=2) + 1
    return Correlator(pd.DataFrame(answers, columns=list("abcdefgh")), method="polychoric", variances=True)


@pytest.mark.parametrize("extraction", ["minres", "dwls"])
def test_the_adjusted_chi_square_of_polychoric_correlations(ordinal, extraction):
    correlations, influence = ordinal(), ordinal.influence()
    fits = fit_by_factors(correlations, largest=3, extraction=extraction, influence=influence)
    weights = None
    if extraction == "dwls":
        weights = 1 / (correlations.variance.to_numpy() + np.eye(8)) * (1 - np.eye(8))
    solution = fit_solution(correlations.matrix, 400, 2, extraction=extraction, weights=weights)
    wanted = fit_indices(correlations.matrix, solution, correlation="polychoric", influence=influence)
    wanted = wanted.set_index("statistic")
    for statistic in ("chi_square", "p_value", "rmsea", "cfi"):
        assert fits.loc[2, statistic] == pytest.approx(wanted.loc[statistic, "estimate"], abs=1e-6)
    assert fits.loc[0, "chi_square"] == pytest.approx(wanted.loc["chi_square_null", "estimate"])
    records = by_statistic(
        fit_by_factors(correlations, largest=3), correlation="polychoric", adjusted=fits, extraction=extraction
    )
    # polychoric correlations vary more than the likelihood thinks, and AIC takes that for factors
    assert (records["estimate"].drop("lowest_aic") == 2).all() and records["estimate"]["lowest_aic"] >= 2
    assert records.loc["rmsea", "method"].startswith(f"{extraction}, mean- and variance-adjusted chi-square")
    assert records["note"].str.contains("too large").to_dict() == {
        "sequential_chi_square": False,
        "lowest_bic": True,
        "lowest_aic": True,
        "rmsea": False,
    }


def test_dwls_needs_variances():
    correlations = correlate(normal_answers(100, 1, 5, seed=1), method="pearson")
    with pytest.raises(ValueError, match="asymptotic variances"):
        fit_by_factors(correlations, largest=1, extraction="dwls")


def test_too_few_items():
    two = given_matrix(pd.DataFrame([[1, 0.5], [0.5, 1]]), 50)
    records = by_statistic(fit_by_factors(two, largest=3))
    assert records["note"].tolist() == [
        "all solutions up to 0 factors are rejected",
        "the lowest is the largest number tried",
        "the lowest is the largest number tried",
        "no solution up to 0 factors fits closely",
    ]
