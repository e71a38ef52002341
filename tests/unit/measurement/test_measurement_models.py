"""Models of several instruments: what is refused and why, what is flagged, and what adds up by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics import fit_covariance_structure, measurement_models
from psychometrics.covariance_structures.ordinal_sample import ordinal_sample
from psychometrics.covariance_structures.preparation import prepare
from psychometrics.covariance_structures.syntax import Term, parse_model
from psychometrics.measurement.designs import design_of_methods, designs_of_blocks, designs_of_scales
from psychometrics.measurement.exploratory import exploratory_model
from psychometrics.measurement.given_correlations import answers_with
from psychometrics.measurement.standard_solution import (
    SHARES_WIDER,
    WIDER,
    correlation_limits,
    share_limits,
    standard_solution,
)
from psychometrics.not_computable import NotComputable

BLOCKS = {"A": ["a1", "a2", "a3", "a4"], "B": ["b1", "b2", "b3"], "C": ["c1", "c2", "c3"]}


def answers(n: int = 200, *, cuts: tuple[float, ...] = (-1, 0, 1), seed: int = 3) -> pd.DataFrame:
    """Three instruments whose factors correlate .5, loadings .7."""
    rng = np.random.default_rng(seed)
    factors = np.sqrt(0.5) * rng.normal(size=(n, 1)) + np.sqrt(0.5) * rng.normal(size=(n, 3))
    columns = {
        item: 1 + np.searchsorted(cuts, 0.7 * factors[:, k] + np.sqrt(0.51) * rng.normal(size=n))
        for k, items in enumerate(BLOCKS.values())
        for item in items
    }
    return pd.DataFrame(columns)


def of(rows: pd.DataFrame, model: str, statistic: str) -> pd.DataFrame:
    return rows[(rows["model"] == model) & (rows["statistic"] == statistic)]


def reasons(blocks: dict, reference: str) -> dict[str, str]:
    return {design.name: design.reason for design in designs_of_blocks(blocks, reference) if design.reason}


def test_what_blocks_refuse():
    assert set(reasons({"A": BLOCKS["A"]}, "A")) == {
        "correlated_factors",
        "second_order",
        "bifactor",
        "bifactor_s_minus_1",
        "exploratory",
    }
    two = reasons({"A": BLOCKS["A"], "B": ["b1", "b2"]}, "A")
    assert two["bifactor"] == "the specific factor of B would have 2 items: it needs at least 3"
    assert two["bifactor_s_minus_1"] == two["bifactor"]
    assert two["second_order"].startswith("two instruments")
    short_reference = reasons({"A": ["a1", "a2"], "B": BLOCKS["B"]}, "A")
    assert "bifactor_s_minus_1" not in short_reference  # the reference has no specific factor
    assert "one item" in reasons({"A": BLOCKS["A"], "B": ["b1"], "C": BLOCKS["C"]}, "A")["correlated_factors"]
    with pytest.raises(ValueError, match="stands in B and in another block"):
        designs_of_blocks({"A": ["x"], "B": ["x"]}, "A")
    with pytest.raises(ValueError, match="the reference D is none of"):
        designs_of_blocks(BLOCKS, "D")


def test_names_of_factors_are_kept_apart_from_items_and_from_notation():
    blocks = {"WAI-S (new)": BLOCKS["A"], "b1": BLOCKS["B"], "general": BLOCKS["C"], "2nd": ["d1", "d2", "d3"]}
    found = designs_of_blocks(blocks, "b1")[3]
    factors = list(dict.fromkeys(term.left for term in parse_model(found.text) if term.operator == "=~"))
    assert [found.labels[name] for name in factors] == ["general", *blocks]
    assert not {*factors} & {*found.items}


def test_degrees_of_freedom_are_counted_by_hand():
    models, _ = measurement_models(designs_of_blocks(BLOCKS, "A"), answers())
    pairs = 10 * 9 // 2
    expected = {
        "one_factor": pairs - 10,
        "correlated_factors": pairs - 10 - 3,
        "second_order": pairs - 10 - 3,
        "bifactor": pairs - 10 - 10,
        "bifactor_s_minus_1": pairs - 10 - 6 - 1,
        "exploratory": pairs - 30 + 3,
    }
    found = models[models["statistic"] == "degrees_of_freedom"].set_index("model")["estimate"]
    assert found.to_dict() == expected
    assert (of(models, "one_factor", "degrees_of_freedom_difference")["estimate"] == 3).all()


def test_consistency_and_specificity_are_squared_loadings_and_add_up():
    _, parameters = measurement_models(designs_of_blocks(BLOCKS, "A"), answers())
    own = parameters[parameters["model"] == "bifactor_s_minus_1"]
    loadings = own[own["statistic"] == "standardized_loading"].set_index(["factor", "item"])["estimate"]
    shares = own.set_index(["block", "item", "statistic"])["estimate"]
    for item in BLOCKS["B"]:
        assert shares["B", item, "consistency"] == pytest.approx(loadings["general", item] ** 2)
        assert shares["B", item, "specificity"] == pytest.approx(loadings["B", item] ** 2)
    parts = [sum(loadings[factor, item] for item in BLOCKS["B"]) ** 2 for factor in ("general", "B")]
    rest = sum(1 - loadings["general", item] ** 2 - loadings["B", item] ** 2 for item in BLOCKS["B"])
    assert shares["B", "", "consistency"] == pytest.approx(parts[0] / (sum(parts) + rest))
    total = shares["B", "", "consistency"] + shares["B", "", "specificity"]
    assert shares["B", "", "indicator_reliability"] == pytest.approx(total)
    assert ("A", "", "specificity") not in shares.index
    limits = own[own["statistic"] == "consistency"]
    assert (limits["lower"] < limits["estimate"]).all() and (limits["estimate"] < limits["upper"]).all()


def test_standard_errors_of_functions_are_those_of_the_delta_method():
    """The square of a loading has twice the loading times its standard error."""
    _, parameters = measurement_models(designs_of_blocks(BLOCKS, "A"), answers())
    own = parameters[(parameters["model"] == "bifactor_s_minus_1") & (parameters["item"] == "b2")]
    loading = own[(own["statistic"] == "standardized_loading") & (own["factor"] == "general")].iloc[0]
    share = own[own["statistic"] == "consistency"].iloc[0]
    half = (loading["upper"] - loading["estimate"]) / WIDER * SHARES_WIDER * 2 * loading["estimate"]
    place = share["estimate"] * (1 - share["estimate"])
    logit = np.log(share["upper"] / (1 - share["upper"])) - np.log(share["estimate"] / (1 - share["estimate"]))
    # 1e-6: derivatives of the function by differences of 1e-5
    assert logit * place == pytest.approx(half, rel=1e-6)


def test_a_heywood_case_is_kept_and_named():
    rng = np.random.default_rng(5)
    matrix = np.eye(6)
    matrix[:3, :3] = [[1, 0.9, 0.9], [0.9, 1, 0.6], [0.9, 0.6, 1]]
    matrix[3:, 3:] = 0.5 + 0.5 * np.eye(3)
    matrix[:3, 3:] = matrix[3:, :3] = 0.3
    values = np.linalg.cholesky(matrix + 0.02 * np.eye(6)) @ rng.normal(size=(6, 400))
    frame = pd.DataFrame(values.T, columns=["a1", "a2", "a3", "b1", "b2", "b3"])
    designs = designs_of_blocks({"A": ["a1", "a2", "a3"], "B": ["b1", "b2", "b3"]}, "B")
    models, parameters = measurement_models(designs, frame, estimator="ML", missing="listwise")
    row = of(models, "bifactor_s_minus_1", "improper_estimates").iloc[0]
    assert row["estimate"] >= 1 and "variance of a1 is negative" in row["note"]
    own = parameters[parameters["model"] == "bifactor_s_minus_1"]
    heywood = own[(own["item"] == "a1") & (own["statistic"] == "consistency")].iloc[0]
    assert np.isnan(heywood["estimate"]) and heywood["note"].startswith("Heywood case")
    assert of(models, "bifactor_s_minus_1", "cfi")["estimate"].notna().all()
    assert own[own["statistic"] == "factor_reliability"].empty


def test_more_parameters_than_people_is_said_before_the_search():
    models, parameters = measurement_models(designs_of_blocks(BLOCKS, "A"), answers(16))
    assert "too many for 16 people" in of(models, "bifactor", "chi_square")["note"].iloc[0]
    assert of(models, "bifactor", "chi_square")["estimate"].isna().all()
    assert "bifactor" not in set(parameters["model"])
    assert of(models, "one_factor", "chi_square")["estimate"].notna().all()


def test_two_categories_and_categories_that_nobody_uses():
    frame = answers(400, cuts=(-0.3,))
    frame["a1"] = frame["a1"].replace(2, 5)  # 2, 3 and 4 of five are not used
    models, parameters = measurement_models(designs_of_blocks(BLOCKS, "A"), frame)
    assert of(models, "correlated_factors", "cfi")["estimate"].notna().all()
    correlations = of(parameters, "correlated_factors", "latent_correlation")
    assert (correlations["lower"] < 0.5).all() and (correlations["upper"] > 0.5).all()


def test_units_widen_the_intervals_and_leave_the_fit():
    frame = pd.concat([answers(60)] * 2, ignore_index=True)
    designs = designs_of_blocks(BLOCKS, "A")[1:2]
    alone = measurement_models(designs, frame)
    doubled = measurement_models(designs, frame, units=np.tile(np.arange(60), 2))
    pd.testing.assert_frame_equal(alone.models, doubled.models)
    rows = [of(found.parameters, "correlated_factors", "latent_correlation") for found in (alone, doubled)]
    widths = [np.arctanh(one["upper"].to_numpy()) - np.arctanh(one["estimate"].to_numpy()) for one in rows]
    # everybody twice, known to be twice: half as many people; C / (C - 1) and Student's t make 2% more
    np.testing.assert_allclose(widths[1] / widths[0], np.sqrt(2), rtol=0.03)


def test_one_error_stops_all_models_with_its_reason():
    frame = answers(40).assign(a1=1)
    models, parameters = measurement_models(designs_of_blocks(BLOCKS, "A"), frame)
    assert set(models["note"]) == {"all answers to a1 are the same"}
    assert len(models) == 6 and parameters.empty


def test_scales_of_one_form():
    scales = {"task": BLOCKS["A"], "bond": BLOCKS["B"], "goal": BLOCKS["C"]}
    designs = designs_of_scales(scales, ["task", "goal"])
    models, parameters = measurement_models(designs, answers())
    pairs = [("one_factor", "two_factors", 1.0), ("two_factors", "three_factors", 2.0)]
    for restricted, general, df in pairs:
        row = of(models, restricted, "degrees_of_freedom_difference").iloc[0]
        assert (row["model_2"], row["estimate"]) == (general, df)
    assert set(of(parameters, "two_factors", "latent_correlation")["factor"]) == {"task_goal"}


def test_method_factors_need_three_indicators():
    few = {"T": ["c1", "c2"]}, {"T": ["t1", "t2"]}
    assert "fewer than 3 indicators" in design_of_methods(*few, ("client", "therapist")).reason


def test_exploratory_model_is_determined_wherever_its_zeros_fall():
    """Loadings in echelon form reproduce what any rotation of them does."""
    frame = answers(500)
    models, _ = measurement_models(designs_of_blocks(BLOCKS, "A")[5:], frame)
    text = exploratory_model(frame.corr(), 3)  # started from other loadings
    fitted = fit_covariance_structure(text, frame, ordered=True, std_lv=True)
    ours = fitted.fit.set_index("statistic")["estimate"]
    assert of(models, "exploratory", "chi_square")["estimate"].iloc[0] == pytest.approx(ours["chi_square"], rel=1e-8)


def test_moments_are_put_into_the_order_of_a_model():
    frame = answers(120).mask(np.random.default_rng(1).random((120, 10)) < 0.05)
    turned = list(frame)[::-1]
    terms = [[Term("f", "=~", item) for item in order] for order in (list(frame), turned)]
    samples = [
        ordinal_sample(prepare(term, frame, ordered=True, missing="pairwise", group=None, cluster=None))
        for term in terms
    ]
    moved = samples[0].ordered(turned)
    np.testing.assert_allclose(moved.moments[0].moments(), samples[1].moments[0].moments(), atol=1e-8)
    np.testing.assert_allclose(moved.moments[0].influence, samples[1].moments[0].influence, atol=1e-5)
    np.testing.assert_allclose(
        moved.tested.rows[0].T @ moved.tested.rows[0],
        samples[1].tested.rows[0].T @ samples[1].tested.rows[0],
        atol=1e-4,
    )
    with pytest.raises(ValueError, match="not about the same items"):
        samples[0].ordered(["a1"])
    with pytest.raises(ValueError, match="the moments are those of 120 people"):
        fit_covariance_structure(
            "f =~ " + " + ".join(frame), frame.head(50), ordered=True, missing="pairwise", sample=samples[0]
        )


def test_made_up_answers_have_the_matrix():
    matrix = answers().corr()
    made = answers_with(matrix, 50)
    np.testing.assert_allclose(made.corr(), matrix, atol=1e-12)
    np.testing.assert_allclose(made.mean(), 0, atol=1e-12)
    with pytest.raises(NotComputable, match="11 people are too few for the correlations of 10 items"):
        answers_with(matrix, 11)
    matrix.iloc[0, 1] = matrix.iloc[1, 0] = -0.99
    with pytest.raises(NotComputable, match="not positive definite"):
        answers_with(matrix, 50)


def test_limits():
    assert correlation_limits(1.02, 0.1, 50, 0.95) == pytest.approx((np.nan, np.nan), nan_ok=True)
    assert share_limits(0.5, 0.1, 2, 0.95) == pytest.approx((np.nan, np.nan), nan_ok=True)
    lower, upper = share_limits(0.5, 0.1, 10**9, 0.95)
    # logit: half a width of 1.1 x 1.96 x .1 / .25
    assert (lower, upper) == pytest.approx((1 / (1 + np.exp(0.8624)), 1 / (1 + np.exp(-0.8624))), abs=1e-4)


def test_second_order_correlations_are_products():
    designs = designs_of_blocks(BLOCKS, "A")
    fitted = fit_covariance_structure(designs[2].text, answers(), ordered=True, std_lv=True)
    found = standard_solution(fitted)
    assert found.correlations[0, 1] == pytest.approx(found.higher["A"] * found.higher["B"])
    np.testing.assert_allclose(
        found.implied[np.triu_indices(10, 1)], fitted.implied[0].to_numpy()[np.triu_indices(10, 1)], atol=1e-10
    )
