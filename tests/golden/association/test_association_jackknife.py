"""Jackknife intervals of correlations and differences agree with a loop in R that leaves out every unit."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.differences import score_differences
from psychometrics.association.partial import partial_correlations
from psychometrics.association.scores import correlate_scores
from psychometrics.association.within_between import repeated_correlations

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "association" / "jackknife.json").read_text())
COLUMNS = pd.DataFrame({"perspective": "client", "form": list("abc"), "scale": "total"}, index=list("abc"))
# the same sums on both sides, in another order; quantiles of t agree to about 1e-10
CLOSE = {"rtol": 1e-8, "atol": 1e-9}


@pytest.fixture(params=GOLDEN["raw"])
def data(request):
    """Three scores and the first item, the therapist of each row, and what R finds."""
    answers = pd.read_csv(HERE / "data" / f"{request.param}.csv")
    size = answers.shape[1] // 3
    scores = {
        name: answers.iloc[:, size * i : size * (i + 1)].mean(axis=1, skipna=False) for i, name in enumerate("abc")
    }
    therapist = np.ceil(np.sqrt(np.arange(1, len(answers) + 1))).astype(int)
    return pd.DataFrame(scores).assign(held=answers.iloc[:, 0]), therapist, GOLDEN["raw"][request.param]


def check(rows, statistic, golden):
    found = rows[rows["statistic"] == statistic]
    for column in ("estimate", "lower", "upper"):
        np.testing.assert_allclose(found[column], golden[column], **CLOSE)
    assert found["method"].str.extract(r"(\d+) units")[0].astype(int).tolist() == golden["units"]


def test_clients_left_out(data):
    scores, _, golden = data
    check(correlate_scores(scores, COLUMNS), "r_pearson", golden["pearson_clients"])


def test_therapists_left_out(data):
    scores, therapist, golden = data
    for method in ("pearson", "spearman"):
        rows = correlate_scores(scores, COLUMNS, method=method, units=therapist)
        check(rows, f"r_{method}", golden[method])
    check(partial_correlations(scores, COLUMNS, {"held": "i"}, units=therapist), "r_partial", golden["partial"])


def test_therapists_left_out_of_a_difference(data):
    scores, therapist, golden = data
    row = score_differences(scores, COLUMNS, units=therapist).query("statistic == 'difference'").iloc[0]
    np.testing.assert_allclose([row.estimate, row.lower, row.upper], golden["difference"][:3], **CLOSE)
    assert row.method == f"jackknife interval, {golden['difference'][3]} units"


def test_clients_with_all_their_sessions_left_out():
    answers = pd.read_csv(HERE / "data" / "sessions.csv")
    scores = pd.DataFrame(
        {"a": answers[["i01", "i02", "i03"]].mean(axis=1), "b": answers[["i04", "i05", "i06"]].mean(axis=1)}
    )
    rows = repeated_correlations(scores, answers["client"], COLUMNS[:2]).set_index("statistic")
    for name, golden in GOLDEN["sessions"].items():
        row = rows.loc[f"r_{name}"]
        np.testing.assert_allclose([row.estimate, row.lower, row.upper], golden[:3], **CLOSE)
        assert row.method.endswith(f" {golden[3]} units")
