"""Differences of correlations agree with psych::r.test and with Zou's intervals written out in R."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from psychometrics.association.difference_tests import independent, nonoverlapping, overlapping

HERE = Path(__file__).parents[1]
GOLDEN = json.loads((HERE / "association" / "differences.json").read_text())


def check(found, golden):
    # closed forms on both sides; psych gives the sizes of t and z
    np.testing.assert_allclose(np.abs(found.statistic), np.abs(golden["statistic"]), rtol=1e-9)
    np.testing.assert_allclose(found.p, golden["p"], rtol=1e-8)
    np.testing.assert_allclose([found.lower, found.upper], golden["interval"], rtol=1e-8)


def correlations(items):
    data = pd.read_csv(HERE / "data" / "likert5.csv")
    return data[items].corr().to_numpy(), len(data)


@pytest.mark.parametrize("golden", GOLDEN["overlapping"])
def test_overlapping(golden):
    r, n = correlations(golden["items"])
    check(overlapping(r[0, 1], r[0, 2], r[1, 2], n), golden)


@pytest.mark.parametrize("golden", GOLDEN["apart"])
def test_apart(golden):
    r, n = correlations(golden["items"])
    check(nonoverlapping(r[0, 1], r[2, 3], r[0, 2], r[0, 3], r[1, 2], r[1, 3], n), golden)


@pytest.mark.parametrize("golden", GOLDEN["independent"])
def test_independent(golden):
    check(independent(golden["r"], golden["n"], golden["r_2"], golden["n_2"]), golden)
