"""The adjusted chi-square: every matrix of the formula put together, its mean under the model, what is not defined."""

import itertools

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.fit import fit_indices
from psychometrics.factors.fit_ordinal import AdjustedTest
from psychometrics.factors.solution import fit_solution


def people(n, seed, factors=2):
    """Answers on 1-4 to eight items with two correlated factors."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, factors)) + 0.6 * rng.normal(size=(n, 1))
    latent = common[:, np.arange(8) * factors // 8] + rng.normal(size=(n, 8))
    return pd.DataFrame(np.digitize(latent, [-1.2, 0, 1]) + 1, columns=[f"i{j + 1:02d}" for j in range(8)])


def model_of(loadings):
    return np.array([loadings[i] @ loadings[j] for i, j in itertools.combinations(range(len(loadings)), 2)])


# fewer people than pairs of items, and more: the two ways to the trace of the square
@pytest.mark.parametrize("n", [25, 200])
def test_by_definition(n):
    answers = people(200, seed=1)
    correlator = Correlator(answers, variances=True)
    found = correlator()
    influence = correlator.influence()[:n]
    weights, _ = diagonal_weights(found.variance, list(answers))
    loadings = extract_factors(found.matrix.to_numpy(), 2, method="dwls", weights=weights).loadings
    residual = found.matrix.to_numpy() - loadings @ loadings.T
    got = AdjustedTest(influence, weights).chi_square(residual, loadings, 13)

    pairs = np.triu_indices(8, 1)
    w = np.diag(weights[pairs])
    step = 1e-6 * np.eye(16).reshape(16, 8, 2)
    delta = np.array([(model_of(loadings + h) - model_of(loadings - h)) / 2e-6 for h in step]).T
    u = w - w @ delta @ np.linalg.pinv(delta.T @ w @ delta, rcond=1e-8) @ delta.T @ w
    gamma = np.zeros((28, 28))
    for person in influence:
        gamma += np.outer(person, person) / n
    trace, trace_of_square = np.trace(u @ gamma), np.trace(u @ gamma @ u @ gamma)
    chi_square = (n - 1) * residual[pairs] @ w @ residual[pairs]
    a = np.sqrt(13 / trace_of_square)
    assert got.unadjusted == pytest.approx(chi_square, rel=1e-10)
    # the derivatives are central differences, exact but for rounding of 1e-10
    assert got.scaling_factor == pytest.approx(1 / a, rel=1e-8)
    assert got.shift == pytest.approx(13 - a * trace, rel=1e-8)
    assert got.statistic == pytest.approx(a * chi_square + 13 - a * trace, rel=1e-8)


def test_a_factor_without_loadings_takes_up_nothing():
    """The information is then singular beyond the rotation of the factors."""
    rng = np.random.default_rng(2)
    influence, loadings = rng.normal(size=(60, 28)), rng.uniform(0.3, 0.8, (8, 2))
    weights, residual = np.ones((8, 8)), 0.05 * np.ones((8, 8))
    one, other = (
        AdjustedTest(influence, weights).chi_square(residual, pattern, 13)
        for pattern in (loadings, np.column_stack([loadings, np.zeros(8)]))
    )
    assert other.scaling_factor == pytest.approx(one.scaling_factor, rel=1e-9)
    assert other.shift == pytest.approx(one.shift, rel=1e-9)


def rows_of(answers, k, extraction, rotation="oblimin", **arguments):
    correlator = Correlator(answers, variances=True)
    found = correlator()
    if extraction == "dwls":
        arguments["weights"] = diagonal_weights(found.variance, list(answers))[0]
    solution = fit_solution(found.matrix, found.n_total, k, extraction=extraction, rotation=rotation, **arguments)
    return fit_indices(found.matrix, solution, correlation="polychoric", influence=correlator.influence())


@pytest.mark.parametrize("extraction", ["dwls", "minres"])
def test_rotation_does_not_matter(extraction):
    answers = people(150, seed=2)
    oblique, plain = (rows_of(answers, 2, extraction, rotation) for rotation in ("oblimin", "none"))
    np.testing.assert_allclose(oblique["estimate"], plain["estimate"], rtol=1e-9)  # the same model but for rounding


def test_mean_under_the_model_is_the_degrees_of_freedom():
    found = [rows_of(people(300, seed), 2, "dwls", "none").set_index("statistic")["estimate"] for seed in range(60)]
    mean = np.mean([rows["chi_square"] for rows in found])
    # standard error sqrt(2 * 13 / 60) = .66; the normal-theory chi-square of polychorics is about 1.5 times as large
    assert mean == pytest.approx(13, abs=2)


def test_too_few_factors_show():
    rows = rows_of(people(300, seed=3), 1, "dwls").set_index("statistic")["estimate"]
    assert rows["p_value"] < 1e-6 and rows["rmsea"] > 0.08 and rows["cfi"] < 0.97


def test_rows_and_method():
    rows = rows_of(people(150, seed=2), 2, "dwls")
    assert rows["statistic"].tolist() == [
        "degrees_of_freedom",
        "chi_square",
        "p_value",
        "chi_square_unadjusted",
        "scaling_factor",
        "shift",
        "chi_square_null",
        "rmsea",
        "tli",
        "cfi",
        "bic",
        "rmsr",
        "srmr",
        "largest_residual",
    ]
    assert set(rows["method"]) == {"dwls, polychoric; mean- and variance-adjusted chi-square"}
    noted = rows.set_index("statistic")["note"]
    assert noted.pop("bic") == "no likelihood: the correlations are polychoric" and (noted == "").all()


def test_maximum_likelihood_keeps_the_descriptive_chi_square():
    rows = rows_of(people(150, seed=2), 2, "ml")
    assert set(rows["method"]) == {"ml, polychoric; normal-theory chi-square, descriptive"}


def test_no_degrees_of_freedom():
    answers = people(150, seed=2).iloc[:, :3]
    rows = rows_of(answers, 1, "dwls").set_index("statistic")
    assert rows.estimate[["chi_square", "rmsea", "cfi"]].isna().all() and rows.estimate["chi_square_null"] > 0
    assert rows.note["chi_square"] == "no degrees of freedom: the model fits any data"


def test_a_correlation_without_variance_leaves_a_reason():
    answers = people(150, seed=2)
    rows = rows_of(answers.assign(i08=answers.i07), 2, "dwls").set_index("statistic")
    assert np.isnan(rows.estimate["chi_square"]) and np.isfinite(rows.estimate["srmr"])
    assert rows.note["chi_square"].startswith("the asymptotic variance of a polychoric correlation is undefined")


def test_influence_of_other_people():
    answers = people(150, seed=2)
    found = Correlator(answers)()
    solution = fit_solution(found.matrix, found.n_total, 2)
    with pytest.raises(ValueError, match="of 150 people on the correlations of 8 items has another shape"):
        fit_indices(found.matrix, solution, influence=np.zeros((149, 28)))
