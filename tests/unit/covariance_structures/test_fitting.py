"""Whole fits: closed formulas, equivalent models, dense formulas, and what is refused before and after a search."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import compare_covariance_structures, example_answers, fit_covariance_structure
from psychometrics.covariance_structures.ordinal_moments import ordinal_moments
from psychometrics.not_computable import NotComputable

ITEMS = [f"x{j}" for j in range(1, 7)]
TWO = "f =~ x1 + x2 + x3; g =~ x4 + x5 + x6"


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(7)
    factors = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 300)
    values = factors[:, [0, 0, 0, 1, 1, 1]] * 0.8 + 0.6 * rng.normal(size=(300, 6))
    frame = pd.DataFrame(values, columns=ITEMS)
    return frame.assign(arm=np.where(np.arange(300) % 2, "b", "a"), therapist=np.arange(300) // 6, person=range(300))


@pytest.fixture(scope="module")
def ordinal(answers):
    cut = pd.DataFrame({item: np.digitize(answers[item], [-0.8, 0, 0.8]) for item in ITEMS})
    return cut.assign(**answers[["arm", "therapist", "person"]])


def value_of(fitted, left, op, right, column="estimate", group=""):
    rows = fitted.estimates.query("lhs == @left and op == @op and rhs == @right and group == @group")
    return float(rows[column].iloc[0])


def index(fitted, statistic):
    return float(fitted.fit.set_index("statistic")["estimate"][statistic])


def test_one_factor_of_three_items_by_hand(answers):
    fitted = fit_covariance_structure("f =~ x1 + x2 + x3", answers, std_lv=True)
    s = np.cov(answers[ITEMS[:3]].T, ddof=0)
    wanted = [np.sqrt(s[0, 1] * s[0, 2] / s[1, 2]), np.sqrt(s[0, 1] * s[1, 2] / s[0, 2])]
    assert [value_of(fitted, "f", "=~", item) for item in ITEMS[:2]] == pytest.approx(wanted, rel=1e-6)
    assert index(fitted, "chi_square") == pytest.approx(0, abs=1e-8)
    assert value_of(fitted, "f", "=~", "x1", "standardized") == pytest.approx(wanted[0] / np.sqrt(s[0, 0]), rel=1e-6)


def test_a_regression_is_that_of_least_squares(answers):
    fitted = fit_covariance_structure("x1 ~ a*x2 + b*x3; x1 ~ 1; d := a - b", answers)
    design = np.column_stack([np.ones(300), answers[["x2", "x3"]]])
    slopes, residual, *_ = np.linalg.lstsq(design, answers["x1"], rcond=None)
    assert value_of(fitted, "x1", "~", "x2") == pytest.approx(slopes[1], abs=1e-7)
    assert value_of(fitted, "x1", "~1", "") == pytest.approx(slopes[0], abs=1e-7)
    covariance = residual[0] / 300 * np.linalg.inv(design.T @ design)
    difference = np.array([0, 1, -1])
    assert value_of(fitted, "d", ":=", "a - b", "se") == pytest.approx(
        np.sqrt(difference @ covariance @ difference), rel=1e-6
    )


def test_scale_of_a_factor_changes_no_fit(answers):
    marker = fit_covariance_structure(TWO, answers)
    unit = fit_covariance_structure(TWO, answers, std_lv=True)
    assert index(marker, "chi_square") == pytest.approx(index(unit, "chi_square"), rel=1e-8)
    columns = ["standardized", "standardized_se"]
    loadings = [fitted.estimates.query("op == '=~'")[columns].to_numpy(float) for fitted in (marker, unit)]
    np.testing.assert_allclose(*loadings, atol=1e-6)


def test_delta_and_theta_are_one_model(ordinal):
    options = {"ordered": ITEMS, "group": "arm", "equal": ("loadings", "thresholds")}
    delta, theta = (
        fit_covariance_structure(TWO, ordinal, parameterization=kind, **options) for kind in ("delta", "theta")
    )
    for statistic in ("chi_square", "degrees_of_freedom", "rmsea"):
        assert index(delta, statistic) == pytest.approx(index(theta, statistic), rel=1e-6, abs=1e-6)
    for row in ("standardized", "standardized_se"):
        assert value_of(delta, "g", "=~", "x5", row, "b") == pytest.approx(
            value_of(theta, "g", "=~", "x5", row, "b"), abs=1e-6
        )


def test_adjusted_test_by_dense_matrices(ordinal):
    fitted = fit_covariance_structure(TWO, ordinal, ordered=ITEMS)
    (sample,) = ordinal_moments(ordinal[ITEMS], np.zeros(300, dtype=int), [""])
    gamma = sample.influence.T @ sample.influence / 300
    w, slopes = np.diag(sample.weights), fitted.test.slopes
    inverse = np.linalg.inv(slopes.T @ w @ slopes)
    u = w - w @ slopes @ inverse @ slopes.T @ w
    trace, square = np.trace(u @ gamma), np.trace(u @ gamma @ u @ gamma)
    scale = np.sqrt(8 / square)
    unadjusted = index(fitted, "chi_square_unadjusted")
    assert index(fitted, "chi_square") == pytest.approx(scale * unadjusted + 8 - scale * trace, rel=1e-9)
    meat = slopes.T @ w @ gamma @ w @ slopes
    np.testing.assert_allclose(fitted.covariance, inverse @ meat @ inverse / 299, rtol=1e-7, atol=1e-12)


@pytest.mark.parametrize("group", [None, "arm"])
@pytest.mark.parametrize("kind", ["MLR", "DWLS"])
def test_people_who_are_clusters_of_one_are_people(answers, ordinal, kind, group):
    data = answers if kind == "MLR" else ordinal
    options = {"group": group} | ({"ordered": ITEMS} if kind == "DWLS" else {"estimator": "MLR", "means": True})
    plain = fit_covariance_structure(TWO, data, **options)
    single = fit_covariance_structure(TWO, data, cluster="person", **options)
    # the factor C / (C - 1) for 300 clusters
    np.testing.assert_allclose(single.covariance, plain.covariance * 300 / 299, rtol=1e-6, atol=1e-9)
    therapists = fit_covariance_structure(TWO, data, cluster="therapist", **options)
    np.testing.assert_allclose(therapists.estimates["estimate"], plain.estimates["estimate"], atol=1e-8)
    assert not np.allclose(therapists.covariance, plain.covariance, rtol=1e-3)


def test_casewise_likelihood_of_complete_answers_is_the_plain_one(answers):
    plain = fit_covariance_structure(TWO, answers, means=True)
    casewise = fit_covariance_structure(TWO, answers, missing="ml")
    np.testing.assert_allclose(plain.estimates["estimate"], casewise.estimates["estimate"], atol=1e-8)
    assert index(plain, "chi_square") == pytest.approx(index(casewise, "chi_square"), rel=1e-9)


def test_difference_of_nested_models(answers):
    one = fit_covariance_structure(TWO, answers, orthogonal=True)
    two = fit_covariance_structure(TWO, answers)
    rows = compare_covariance_structures(one, two).set_index("statistic")["estimate"]
    assert rows["chi_square_difference"] == pytest.approx(index(one, "chi_square") - index(two, "chi_square"))
    assert rows["degrees_of_freedom"] == 1
    with pytest.raises(ValueError, match="more degrees of freedom"):
        compare_covariance_structures(two, one)


def test_people_left_out_are_noted(answers):
    holes = answers.copy()
    holes.loc[:4, "x1"] = np.nan
    fitted = fit_covariance_structure(TWO, holes)
    assert fitted.n == (295,) and "5 people left out" in fitted.notes[0]
    assert fit_covariance_structure(TWO, holes, missing="ml").n == (300,)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("f =~ x1 + x2", "free parameters and 3 moments"),
        ("f =~ x1 + x2; g =~ x3 + x4; f ~~ 0*g", "not identified: nothing determines"),
        ("f =~ x1 + x2 + x3; f ~~ f; f =~ NA*x1", r"not identified|moments"),
        ("x1 ~~ 1*x1; x2 ~~ 1*x2", "no free parameter"),
    ],
)
def test_refused_before_the_search(answers, model, message, monkeypatch):
    monkeypatch.setattr("psychometrics.covariance_structures.likelihood_estimation.minimise", None)
    with pytest.raises(NotComputable, match=message):
        fit_covariance_structure(model, answers)


def test_too_few_people_is_said_before_the_search(answers, ordinal, monkeypatch):
    for module in ("likelihood", "ordinal"):
        monkeypatch.setattr(f"psychometrics.covariance_structures.{module}_estimation.minimise", None)
    with pytest.raises(NotComputable, match="too many for 12 people"):
        fit_covariance_structure(TWO, answers.head(12))
    with pytest.raises(NotComputable, match="6 people in group b are too few for the covariances of 6 variables"):
        fit_covariance_structure(
            TWO, pd.concat([answers[answers["arm"] == "a"], answers[answers["arm"] == "b"].head(6)]), group="arm"
        )
    few = ordinal.copy()
    few.loc[few["arm"] == "b", "x1"] = few["x1"].clip(lower=1)
    with pytest.raises(NotComputable, match=r"nobody in group b gives the answer 0\.0 to x1"):
        fit_covariance_structure(TWO, few, ordered=True, group="arm")
    with pytest.raises(NotComputable, match="all answers to x1 are the same"):
        fit_covariance_structure(TWO, answers.assign(x1=1))


def test_an_improper_solution_is_refused_or_kept():
    r = np.array([[1, 0.8, 0.8], [0.8, 1, 0.4], [0.8, 0.4, 1]])  # the first loading squared is 1.6
    noise = np.random.default_rng(8).normal(size=(200, 3))
    noise -= noise.mean(axis=0)
    noise = np.linalg.solve(np.linalg.cholesky(np.cov(noise.T)), noise.T).T
    data = pd.DataFrame(noise @ np.linalg.cholesky(r).T, columns=ITEMS[:3])
    with pytest.raises(NotComputable, match="the variance of x1 is negative"):
        fit_covariance_structure("f =~ x1 + x2 + x3", data)
    kept = fit_covariance_structure("f =~ x1 + x2 + x3", data, improper="keep")
    assert value_of(kept, "x1", "~~", "x1") == pytest.approx(199 / 200 * -0.6, abs=1e-6)
    assert "negative" in kept.notes[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"estimator": "WLS"}, "the estimator is one of"),
        ({"missing": "fiml"}, "the rule for missing answers is one of"),
        ({"missing": "pairwise"}, "ML does not take"),
        ({"ordered": True, "missing": "ml"}, "DWLS does not take"),
        ({"ordered": True, "estimator": "ML"}, "ML is for continuous"),
        ({"estimator": "DWLS"}, "DWLS is for ordered"),
        ({"ordered": ["x1"]}, "either all variables"),
        ({"cluster": "therapist", "estimator": "ML"}, "need the estimator MLR"),
        ({"group": "site"}, "no column site"),
        ({"missing": "ml", "means": False}, "means cannot be left out"),
        ({"level": 95}, "lies between 0 and 1"),
        ({"improper": "no"}, "improper solutions is one of"),
    ],
)
def test_arguments(answers, options, message):
    with pytest.raises(ValueError, match=message):
        fit_covariance_structure(TWO, answers, **options)


def test_an_ordinal_predictor_needs_theta():
    model = "f =~ wai_01 + wai_02 + wai_08 + wai_12; wai_12 ~ wai_03"
    with pytest.raises(ValueError, match="theta"):
        fit_covariance_structure(model, example_answers(), ordered=True)


def test_starting_values_of_the_model_are_taken(answers):
    plain = fit_covariance_structure("f =~ x1 + x2 + x3 + x4", answers)
    far = fit_covariance_structure("f =~ x1 + start(3)*x2 + start(-1)*x3 + x4; f ~~ start(2)*f", answers)
    both = [fitted.estimates.set_index(["lhs", "op", "rhs"])["estimate"].sort_index() for fitted in (far, plain)]
    np.testing.assert_allclose(*both, atol=1e-6)
    with pytest.raises(NotComputable, match="the starting values give no positive definite"):
        fit_covariance_structure("f =~ x1 + x2 + x3 + x4; f ~~ start(-5)*f", answers)


def test_residuals_are_those_of_correlations(answers):
    fitted = fit_covariance_structure("x1 ~~ x1; x2 ~~ x2", answers)
    assert fitted.residuals()[0].loc["x1", "x2"] == pytest.approx(answers["x1"].corr(answers["x2"]), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({"f": 1.0}, {}, "f is a factor of the model and a column"),
        ({"x2": "much"}, {}, "the answers to x2 are no numbers"),
        ({"site": 1}, {"group": "site"}, "site has one value"),
        ({"site": 1}, {"cluster": "site"}, "at least two clusters"),
        ({"x1": np.nan}, {}, "fewer than three people"),
        ({"x4": lambda frame: frame["x1"] + frame["x2"]}, {}, "a variable is constant or a sum of others"),
        ({"x4": lambda frame: frame["x1"]}, {"missing": "ml"}, "singular|sum of others"),
    ],
)
def test_answers_that_cannot_be_used(answers, change, options, message):
    with pytest.raises(ValueError, match=message):
        fit_covariance_structure(TWO, answers.assign(**change), **options)


def test_ordinal_items_that_are_one(ordinal):
    with pytest.raises(NotComputable, match="the polychoric correlation of x1 with x2 has no estimate"):
        fit_covariance_structure(TWO, ordinal.assign(x2=ordinal["x1"]), ordered=True)


def test_models_of_other_answers_are_not_compared(answers, ordinal):
    plain = fit_covariance_structure(TWO, answers, orthogonal=True)
    for other in (
        fit_covariance_structure(TWO, answers, estimator="MLR"),
        fit_covariance_structure(TWO, answers.head(200)),
        fit_covariance_structure("f =~ x1 + x2 + x3", answers),
    ):
        with pytest.raises(ValueError, match=r"the models (were estimated|are not about)"):
            compare_covariance_structures(plain, other)
