"""Shared variance against R: stats::cancor, the multivariate linear model, and regressions of all subsets."""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.canonical import canonical_correlations, wilks_tests
from psychometrics.commonality import commonality_analysis, commonality_of_matrix

HERE = Path(__file__).parent
GOLDEN = json.loads((HERE / "shared_variance" / "shared_variance.json").read_text())
ANSWERS = pd.read_csv(HERE / "data" / "likert5.csv")
CLOSE = {"rtol": 1e-8}  # the same arithmetic in double precision


SETS = [
    ("items", slice(0, 5), slice(5, 12)), ("scales", slice(0, 3), slice(3, 12)), ("single", slice(0, 4), slice(11, 12)),
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
