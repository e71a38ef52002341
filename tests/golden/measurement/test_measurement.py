"""Measurement models agree with lavaan and semTools. See measurement/SOURCE.md."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics import fit_covariance_structure, measurement_models
from psychometrics.measurement.designs import design_of_methods, designs_of_blocks, designs_of_scales
from psychometrics.measurement.given_correlations import answers_with
from psychometrics.measurement.models import MeasurementRows

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "measurement.json").read_text())
FIT = {
    "n_parameters": "npar",
    "chi_square": "chisq",
    "degrees_of_freedom": "df",
    "p_value": "pvalue",
    "cfi": "cfi",
    "tli": "tli",
    "rmsea": "rmsea",
    "srmr": "srmr",
}
BLOCKS = {
    "planted": {
        "A": [f"a{i}" for i in range(1, 7)],
        "B": [f"b{i}" for i in range(1, 6)],
        "C": ["c1", "c2", "c3", "c4"],
    },
    "misfit": {block.upper(): [f"{block}{i}" for i in range(1, 5)] for block in "abcd"},
    "wai_sr": {
        name: [f"i{item:02d}" for item in items]
        for name, items in {"task": [1, 2, 10, 12], "goal": [4, 6, 8, 11], "bond": [3, 5, 7, 9]}.items()
    },
}
CASES = [(name, model) for name in BLOCKS for model in GOLDEN[name]["models"]]


@cache
def found(name: str) -> MeasurementRows:
    blocks = BLOCKS[name]
    if name == "wai_sr":
        matrix = pd.read_csv(HERE.parent / "data/wai_sr_matrix.csv", index_col="item")
        designs = [*designs_of_scales(blocks, ["task", "goal"]), designs_of_blocks(blocks, "task")[4]]
        return measurement_models(designs, answers_with(matrix, 157), estimator="ML", missing="listwise")
    return measurement_models(designs_of_blocks(blocks, "A"), pd.read_csv(HERE / f"{name}.csv"))


def rows_of(name: str, model: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    models, parameters = found(name)
    return models[models["model"] == model], parameters[parameters["model"] == model]


def compare_fit(models: pd.DataFrame, golden: dict) -> None:
    rows = models.drop_duplicates("statistic").set_index("statistic")
    for statistic, measure in FIT.items():
        # lavaan's search stops at a relative change of 1e-12 to 1e-10 of F, where F is flat
        assert rows.estimate[statistic] == pytest.approx(golden["fit"][measure], rel=1e-4, abs=1e-6), statistic
    for end in ("lower", "upper"):  # R finds them by uniroot, to 1e-4 of the noncentrality
        assert getattr(rows, end)["rmsea"] == pytest.approx(golden["fit"][f"rmsea.ci.{end}"], abs=1e-5)
    if "largest" in golden:
        residual = models[models["statistic"] == "item_residual_correlation"].iloc[0]
        assert sorted([residual["item"], residual["item_2"]]) == golden["largest"]["items"]
        assert residual["estimate"] == pytest.approx(golden["largest"]["value"], abs=1e-4)


def compare_standardized(parameters: pd.DataFrame, golden: dict) -> None:
    ours = {}
    for row in parameters[parameters["statistic"].isin(["standardized_loading", "latent_correlation"])].itertuples():
        ours[frozenset((row.factor, row.item or row.factor_2))] = row
    compared = 0
    for left, right, value, error in zip(*(golden["std"][key] for key in ("lhs", "rhs", "est", "se")), strict=True):
        key = frozenset((left, right))
        if left == right or not error or key not in ours:
            continue
        row = ours[key]
        # 1e-4: what lavaan's search leaves
        assert row.estimate == pytest.approx(value, abs=1e-4), key
        if row.statistic == "standardized_loading":
            # limits by Student's t instead of the normal distribution, and a twentieth longer
            half = (row.upper - row.lower) / 2 / 1.05
            assert half == pytest.approx(error * 1.96, rel=0.01), key
        compared += 1
    assert compared >= 12


@pytest.mark.parametrize(("name", "model"), CASES)
def test_model(name, model):
    models, parameters = rows_of(name, model)
    golden = GOLDEN[name]["models"][model]
    compare_fit(models, golden)
    compare_standardized(parameters, golden)


@pytest.mark.parametrize(("name", "model"), CASES)
def test_reliability(name, model):
    parameters = rows_of(name, model)[1]
    golden = GOLDEN[name]["models"][model]["reliability"]
    ours = parameters[parameters["statistic"] == "factor_reliability"].set_index("factor")["estimate"]
    for factor, value in golden["answers"].items():
        assert ours[factor] == pytest.approx(value, abs=1e-4), factor
    shares = parameters[parameters["item"] == ""].set_index(["block", "statistic"])["estimate"]
    for block in BLOCKS[name]:
        if (block, "specificity") in shares.index:  # of the sum of the items as answered on continuous scales
            assert shares[block, "specificity"] == pytest.approx(golden["latent"][block], abs=1e-4), block


# the nearest model that holds another is that of the table
DIFFERENCES = [
    (name, pair)
    for name in BLOCKS
    for pair in GOLDEN[name]["differences"]
    if (name, pair) != ("misfit", "second_order bifactor")
]


@pytest.mark.parametrize(("name", "pair"), DIFFERENCES)
def test_difference(name, pair):
    restricted, general = pair.split()
    rows = rows_of(name, restricted)[0]
    rows = rows[rows["model_2"] == general].set_index("statistic")["estimate"]
    golden = GOLDEN[name]["differences"][pair]
    assert rows["degrees_of_freedom_difference"] == golden["df"]
    assert rows["chi_square_difference"] == pytest.approx(golden["statistic"], rel=1e-4, abs=1e-3)
    assert rows["p_value_difference"] == pytest.approx(golden["p"], rel=1e-3, abs=1e-7)


@pytest.mark.parametrize("name", BLOCKS)
def test_exploratory(name):
    models, parameters = rows_of(name, "exploratory")
    golden, blocks = GOLDEN[name]["exploratory"], BLOCKS[name]
    compare_fit(models, golden)
    loadings = parameters[parameters["statistic"] == "standardized_loading"]
    table = loadings.pivot(index="item", columns="factor", values="estimate")
    items = [item for members in blocks.values() for item in members]
    table = table.loc[items, list(blocks)].to_numpy()
    theirs = np.array(golden["loadings"])
    owner = np.repeat(np.arange(len(blocks)), [len(members) for members in blocks.values()])
    # its factors come in any order and direction
    own = np.array(
        [[theirs[owner == block, factor].sum() for factor in range(len(blocks))] for block in range(len(blocks))]
    )
    order = np.abs(own).argmax(axis=1)
    sign = np.sign(own[np.arange(len(blocks)), order])
    # 1e-3: its rotation stops at a gradient of 1e-5
    np.testing.assert_allclose(table, theirs[:, order] * sign, atol=1e-3)
    phi = np.array(golden["phi"])[np.ix_(order, order)] * np.outer(sign, sign)
    correlations = parameters[parameters["statistic"] == "latent_correlation"]["estimate"]
    np.testing.assert_allclose(correlations, phi[np.triu_indices(len(blocks), 1)], atol=1e-3)


@pytest.mark.parametrize("model", GOLDEN["planted"]["theta"])
def test_the_other_parameterization_fits_alike(model):
    design = next(one for one in designs_of_blocks(BLOCKS["planted"], "A") if one.name == model)
    answers = pd.read_csv(HERE / "planted.csv")
    fitted = fit_covariance_structure(
        design.text, answers, ordered=True, missing="pairwise", std_lv=True, parameterization="theta"
    )
    compare_fit(fitted.fit, GOLDEN["planted"]["theta"][model])


def test_methods():
    answers = pd.read_csv(HERE / "methods.csv")
    by_trait = [{f"T{k}": [f"{who}{k}{parcel}" for parcel in "xyz"] for k in (1, 2, 3)} for who in "ct"]
    design = design_of_methods(*by_trait, ("client", "therapist"))
    models, parameters = measurement_models([design], answers, estimator="MLR", missing="ml")
    golden = GOLDEN["methods"]
    rows = models.drop_duplicates("statistic").set_index("statistic")["estimate"]
    for statistic, measure in FIT.items():
        assert rows[statistic] == pytest.approx(golden["fit"][measure], rel=1e-4, abs=1e-6), statistic
    names = {f"M{k}": f"T{k}, therapist" for k in (1, 2, 3)}
    golden["std"]["lhs"] = [names.get(name, name) for name in golden["std"]["lhs"]]
    golden["std"]["rhs"] = [names.get(name, name) for name in golden["std"]["rhs"]]
    compare_standardized(parameters, golden)
    shares = parameters[
        (parameters["item"] != "") & parameters["statistic"].isin(["consistency", "specificity"])
    ].pivot(index="item", columns="statistic", values="estimate")
    std = pd.DataFrame(golden["std"]).query("op == '=~'").set_index(["lhs", "rhs"])["est"]
    for item in by_trait[1]["T2"]:
        assert shares.consistency[item] == pytest.approx(std["T2", item] ** 2, abs=1e-4)
        assert shares.specificity[item] == pytest.approx(std["T2, therapist", item] ** 2, abs=1e-4)


def test_models_hold_each_other():
    """With fewer restrictions no model fits worse: the unadjusted discrepancy never rises."""
    answers = pd.read_csv(HERE / "misfit.csv")
    designs = {design.name: design for design in designs_of_blocks(BLOCKS["misfit"], "A")}
    values = []
    for name in ("one_factor", "second_order", "correlated_factors", "bifactor_s_minus_1"):
        fitted = fit_covariance_structure(designs[name].text, answers, ordered=True, missing="pairwise", std_lv=True)
        values.append(fitted.test.unadjusted)
    assert all(after <= before for before, after in pairwise(values))
