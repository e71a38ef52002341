"""Shared variance against R: stats::cancor, the multivariate linear model, and regressions of all subsets."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.shared_variance.canonical import canonical_correlations, wilks_tests
from psychometrics.shared_variance.commonality import commonality_analysis, commonality_of_matrix

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "shared_variance" / "shared_variance.json").read_text())
ANSWERS = pd.read_csv(HERE / "data" / "likert5.csv")
CLOSE = {"rtol": 1e-8}  # the same arithmetic in double precision


SETS = [
    ("items", slice(0, 5), slice(5, 12)),
    ("scales", slice(0, 3), slice(3, 12)),
    ("single", slice(0, 4), slice(11, 12)),
]


@pytest.mark.parametrize("name, first, second", SETS)
def test_canonical_correlations(name, first, second):
    x, y = ANSWERS.iloc[:, first], ANSWERS.iloc[:, second]
    golden = {key: np.atleast_1d(value) for key, value in GOLDEN[name].items()}
    found = canonical_correlations(pd.concat([x, y], axis=1).corr().to_numpy(), x.shape[1])
    np.testing.assert_allclose(found.r, golden["r"], **CLOSE)
    np.testing.assert_allclose(found.x_by_y, golden["redundancy_1_by_2"][0], **CLOSE)
    np.testing.assert_allclose(found.y_by_x, golden["redundancy_2_by_1"][0], **CLOSE)
    tests = wilks_tests(found.r, len(x), x.shape[1], y.shape[1])
    # tail probabilities lose digits of their statistics
    np.testing.assert_allclose(tests["p_bartlett"], golden["p_bartlett"], rtol=1e-6)
    np.testing.assert_allclose(tests["p_wilks"][0], golden["p_wilks"][0], rtol=1e-6)
    np.testing.assert_allclose(tests["wilks_lambda"][0], golden["wilks"][0], **CLOSE)


def test_commonality_and_dominance():
    parts = {name: ANSWERS.iloc[:, 3 * j : 3 * j + 3].mean(axis=1) for j, name in enumerate("abcy")}
    scores = pd.DataFrame(parts)
    rows = commonality_analysis(scores[list("abc")], scores["y"], units=np.arange(250), draws=20)
    for statistic in ("commonality", "general_dominance"):
        found = rows[rows["statistic"] == statistic].set_index("group")["estimate"]
        np.testing.assert_allclose(found, pd.Series(GOLDEN[statistic])[found.index], rtol=1e-8, atol=1e-12)
    for statistic in ("r2", "r2_adjusted"):
        assert rows[rows["statistic"] == statistic]["estimate"].item() == pytest.approx(GOLDEN[statistic], rel=1e-9)
    matrix = commonality_of_matrix(scores.corr(), 250)
    np.testing.assert_allclose(matrix["estimate"], rows["estimate"][: len(matrix)], rtol=1e-9)


BASELINE = json.loads((HERE / "shared_variance" / "baseline.json").read_text())
# yhat::commonality(aps(iris, "Sepal.Length", list("Sepal.Width", "Petal.Length", "Petal.Width"))) as printed
PRINTED = {
    "Sepal.Width": 0.09235042,
    "Petal.Length": 0.15137464,
    "Petal.Width": 0.01843388,
    "Sepal.Width, Petal.Length": -0.05414103,
    "Sepal.Width, Petal.Width": -0.01212723,
    "Petal.Length, Petal.Width": 0.67498054,
    "Sepal.Width, Petal.Length, Petal.Width": -0.01225950,
}


@pytest.mark.parametrize("scores", ["observed", "corrected"])
def test_commonality_with_a_baseline(scores):
    parts = {name: ANSWERS.iloc[:, 3 * j : 3 * j + 3] for j, name in enumerate("abzy")}
    means = pd.DataFrame({name: part.mean(axis=1) for name, part in parts.items()})
    rows = commonality_analysis(
        means[["a", "b"]],
        means["y"],
        baseline=means[["z"]],
        units=np.arange(250),
        draws=20,
        answers={name: parts[name] for name in "ab"} if scores == "corrected" else None,
    )
    golden = dict(BASELINE[scores])
    found = rows[rows["statistic"] == "commonality"].set_index("group")["estimate"]
    np.testing.assert_allclose(found, pd.Series(golden.pop("commonality"))[found.index], rtol=1e-8, atol=1e-12)
    found = rows.set_index("statistic")["estimate"]
    for statistic, value in golden.items():
        assert found[statistic] == pytest.approx(value, rel=1e-8), statistic
    assert ("r2_adjusted" in found) == (scores == "observed")


def test_commonality_as_yhat_printed_it():
    iris = BASELINE["iris"]
    rows = commonality_of_matrix(pd.DataFrame(iris["correlations"], iris["names"], iris["names"]), iris["n"])
    found = rows[rows["statistic"] == "commonality"].set_index("group")["estimate"]
    np.testing.assert_allclose(found, pd.Series(PRINTED)[found.index], atol=6e-9)  # printed with eight decimals
    assert rows["estimate"][0] == pytest.approx(0.85861172, abs=6e-9)
