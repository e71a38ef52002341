"""Partial correlations: residuals by hand, resamples by a loop, what cannot be computed."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.partial import partial_correlation, partial_correlations
from psychometrics.association.weighted import weighted_matrices
from psychometrics.resampling.weights import cluster_resamples

COLUMNS = pd.DataFrame(
    [["client", "f", "task"], ["client", "f", "total"], ["client", "g", "total"]],
    columns=["perspective", "form", "scale"],
    index=list("xyz"),
)


@pytest.fixture
def scores():
    rng = np.random.default_rng(2)
    common = rng.normal(size=(60, 1))
    frame = pd.DataFrame(common + rng.normal(size=(60, 5)), columns=[*"xyz", "before", "age"])
    frame.loc[:6, "before"] = np.nan
    frame.loc[5:9, "z"] = np.nan
    return frame


def by_residuals(table):
    held = np.column_stack([np.ones(len(table)), table[:, 2:]])
    left = table[:, :2] - held @ np.linalg.lstsq(held, table[:, :2], rcond=None)[0]
    return np.corrcoef(left, rowvar=False)[0, 1]


def test_correlation_of_residuals(scores):
    rows = partial_correlations(scores, COLUMNS, {"before": "symptoms", "age": "age"})
    row = rows[rows["statistic"] == "r_partial_fisher"].iloc[1]
    table = scores[["x", "z", "before", "age"]].dropna().to_numpy()
    assert row.estimate == pytest.approx(by_residuals(table), abs=1e-12)
    assert row.n == len(table)
    assert row.method == "Pearson, symptoms and age held constant; Fisher interval"


def test_weightings_agree_with_a_loop(scores):
    table = scores[["x", "z", "before", "age"]].dropna().to_numpy()
    weights = cluster_resamples(np.arange(len(table)) // 3, 0, 20, 1)
    expected = [by_residuals(np.repeat(table, row.astype(int), axis=0)) for row in weights]
    # moments under weights against repeated rows: rounding only
    np.testing.assert_allclose(partial_correlation(weighted_matrices(table, weights)), expected, atol=1e-10)


def test_part_whole_has_no_test_and_therapists_their_interval(scores):
    rows = partial_correlations(scores, COLUMNS, {"before": "symptoms"}, units=np.arange(60) // 3)
    assert (
        rows["statistic"].tolist()
        == ["r_partial", "r_partial_fisher"] + ["r_partial", "r_partial_fisher", "p_partial", "p_partial_holm"] * 2
    )
    assert rows["note"].iloc[0] == "part-whole"
    assert rows["method"].iloc[0].endswith("held constant; jackknife interval on the scale of Fisher's z, 18 units")


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        ({}, "there is nothing to hold constant"),
        ({"few": "few"}, "too few clients"),
        ({"same": "same"}, "does not vary"),
        ({"copy": "copy"}, "follows from what is held constant"),
    ],
)
def test_what_cannot_be_computed_says_why(scores, held, reason):
    scores = scores.assign(few=scores["age"].where(scores.index < 4), same=1.0, copy=2 * scores["y"] - 1)
    rows = partial_correlations(scores, COLUMNS.loc[["x", "y"]], held)
    assert rows["statistic"].tolist() == ["r_partial"]
    assert rows["estimate"].isna().all()
    assert reason in rows["note"].iloc[0]
