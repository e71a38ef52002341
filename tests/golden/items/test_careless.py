"""Indices of careless responding against the R package careless; make.R made the numbers."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.em_moments import em_moments
from psychometrics.items.careless_indices import (
    alike_pairs,
    even_odd_consistency,
    longest_runs,
    mahalanobis_distances,
    pair_consistency,
    response_variability,
)

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "items" / "careless.json").read_text())
SCALES = {
    "likert5": [range(4), range(4, 8), range(8, 12)],
    "likert7_missing": [range(5), range(5, 10), range(10, 14), range(14, 18)],
}
CRITICAL = {"likert5": 0.30, "likert7_missing": 0.45}
EXACT = {"rtol": 0, "atol": 1e-12}  # the same closed formulas; differences seen are 1e-14


def answers(name):
    return pd.read_csv(HERE / "data" / f"{name}.csv").to_numpy(dtype=float)


def golden(name, index):
    return np.array([np.nan if value is None else value for value in GOLDEN[name][index]], dtype=float)


def pairs_and_r(name, index):
    """Number of answered pairs and correlation of every person."""
    r = [row.get("cor", np.nan) for row in GOLDEN[name][index]]
    return [row["numPairs"] for row in GOLDEN[name][index]], np.array([np.nan if v is None else v for v in r], float)


@pytest.mark.parametrize("name", SCALES)
def test_variability(name):
    np.testing.assert_allclose(response_variability(answers(name)), golden(name, "irv"), **EXACT)


def test_longest_run():
    assert longest_runs(answers("likert5")).tolist() == GOLDEN["likert5"]["longest"]


@pytest.mark.parametrize("name", SCALES)
def test_even_odd(name):
    found = even_odd_consistency(answers(name), SCALES[name])
    np.testing.assert_allclose(found, -golden(name, "evenodd"), **EXACT)  # careless turns the sign


@pytest.mark.parametrize("name", SCALES)
def test_synonyms(name):
    x = answers(name)
    pairs = alike_pairs(x, CRITICAL[name])
    number, r = pairs_and_r(name, "synonyms")
    assert len(pairs) == max(number) > 3
    np.testing.assert_allclose(pair_consistency(x, pairs), r, **EXACT)


def test_antonyms():
    x = answers("likert5")
    x[:, [1, 4, 7, 10]] = 6 - x[:, [1, 4, 7, 10]]
    pairs = alike_pairs(x, 0.30, opposite=True)
    number, r = pairs_and_r("likert5", "antonyms")
    assert len(pairs) == max(number) > 3
    np.testing.assert_allclose(pair_consistency(x, pairs), r, **EXACT)


@pytest.mark.parametrize("name", SCALES)
def test_distances_of_incomplete_answers(name):
    x = answers(name)
    moments = em_moments(x)
    found, answered = mahalanobis_distances(x, moments.mean, moments.covariance * len(x) / (len(x) - 1))
    assert answered.tolist() == np.isfinite(x).sum(axis=1).tolist()
    # the moments by EM agree with lavaan's to 1e-7, see tests/golden/correlation
    np.testing.assert_allclose(found, golden(name, "distance"), atol=1e-5)


def test_distances_of_complete_answers_agree_with_careless():
    x = answers("likert5")
    found, _ = mahalanobis_distances(x, x.mean(axis=0), np.cov(x.T))
    np.testing.assert_allclose(found, GOLDEN["likert5"]["mahad"], rtol=1e-10)  # closed, but for the inverse
