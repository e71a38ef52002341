"""Associations agree with stats::cor.test, psych::corr.test, psych::correct.cor and psych::cluster.cor."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.disattenuation import disattenuate
from psychometrics.association.scores import correlate_composites, correlate_scores
from psychometrics.items.scoring import composite_moments
from psychometrics.reliability.scale_reliability import alpha_from_covariance

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "association" / "psych.json").read_text())
# closed forms on both sides; the t, normal and F quantiles of R and scipy agree to about 1e-10
CLOSE = {"atol": 1e-9, "rtol": 1e-9}


def thirds(name):
    """Scores of complete thirds of the items, their items, and their description."""
    answers = pd.read_csv(HERE / "data" / f"{name}.csv")
    size = answers.shape[1] // 3
    items = {f"s{i}": answers.iloc[:, size * i : size * (i + 1)] for i in range(3)}
    scores = pd.DataFrame({scale: part.mean(axis=1, skipna=False) for scale, part in items.items()})
    columns = pd.DataFrame({"perspective": "client", "form": "f", "scale": list(items)}, index=list(items))
    return scores, items, columns


def column(rows, statistic, value="estimate"):
    return rows.loc[rows.statistic == statistic, value].to_numpy(dtype=float)


@pytest.mark.parametrize("name", GOLDEN["raw"])
def test_pearson(name):
    scores, _, columns = thirds(name)
    golden, rows = GOLDEN["raw"][name], correlate_scores(scores, columns)
    np.testing.assert_array_equal(column(rows, "r_pearson", "n"), golden["n"])
    np.testing.assert_allclose(column(rows, "r_pearson"), golden["r_pearson"], **CLOSE)
    np.testing.assert_allclose(column(rows, "r_pearson_fisher", "lower"), golden["lower"], **CLOSE)
    np.testing.assert_allclose(column(rows, "r_pearson_fisher", "upper"), golden["upper"], **CLOSE)
    # relative: the p values are far below any absolute tolerance
    np.testing.assert_allclose(column(rows, "p_pearson"), golden["p_pearson"], rtol=1e-7)
    np.testing.assert_allclose(column(rows, "p_pearson_holm"), golden["p_pearson_holm"], rtol=1e-7)


@pytest.mark.parametrize("name", GOLDEN["raw"])
def test_spearman(name):
    scores, _, columns = thirds(name)
    golden, rows = GOLDEN["raw"][name], correlate_scores(scores, columns, method="spearman")
    np.testing.assert_allclose(column(rows, "r_spearman"), golden["r_spearman"], **CLOSE)
    np.testing.assert_allclose(column(rows, "r_spearman", "lower"), golden["spearman_lower"], **CLOSE)
    np.testing.assert_allclose(column(rows, "r_spearman", "upper"), golden["spearman_upper"], **CLOSE)
    np.testing.assert_allclose(column(rows, "p_spearman_holm"), golden["p_spearman_holm"], rtol=1e-7)


@pytest.mark.parametrize("name", GOLDEN["raw"])
def test_corrected_for_unreliability(name):
    rows = disattenuate(*thirds(name), missing="listwise")
    np.testing.assert_allclose(column(rows, "r_disattenuated"), GOLDEN["raw"][name]["r_disattenuated"], **CLOSE)


def test_matrix():
    correlation = pd.read_csv(HERE / "data" / "wai_sr_matrix.csv", index_col="item")
    scales = {"task": [1, 2, 10, 12], "bond": [3, 5, 7, 9], "goal": [4, 6, 8, 11]}
    scales = {scale: [f"i{j:02d}" for j in items] for scale, items in scales.items()}
    one = pd.Series(1.0, index=correlation.columns)
    moments = composite_moments(correlation, one, one, scales)
    alphas = pd.Series(
        {scale: alpha_from_covariance(correlation.loc[items, items], 157).estimate for scale, items in scales.items()}
    )
    columns = pd.DataFrame({"perspective": "client", "form": "wai_sr", "scale": list(scales)}, index=list(scales))
    rows = correlate_composites(moments.correlation, columns, alphas, 157)
    golden = GOLDEN["wai_sr_standardized"]
    np.testing.assert_allclose(alphas, golden["alpha"], **CLOSE)
    np.testing.assert_allclose(column(rows, "r_pearson"), golden["correlation"], **CLOSE)
    np.testing.assert_allclose(column(rows, "r_disattenuated"), golden["corrected"], **CLOSE)
