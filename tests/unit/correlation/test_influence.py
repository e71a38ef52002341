"""Influences of people on correlations: against people counted twice, and against the published covariances."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.influence import clustered

PAIRS = np.triu_indices(4, 1)


@pytest.fixture
def answers():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(200, 1)) + rng.normal(size=(200, 4))
    values = np.exp(values / 2).round(1)
    values[rng.uniform(size=values.shape) < 0.1] = np.nan
    return pd.DataFrame(values, columns=list("abcd"))


@pytest.mark.parametrize("missing", ["pairwise", "listwise"])
def test_one_more_person_moves_the_correlation_by_the_influence(answers, missing):
    correlator = Correlator(answers, method="pearson", missing=missing)
    influence, many = correlator.influence(), 1000
    n = correlator.people.sum()
    assert influence.shape == (n, 6)
    assert np.abs(influence.mean(axis=0)).max() < 1e-6
    for row, person in list(enumerate(np.flatnonzero(correlator.people)))[::40]:
        weights = np.full(200, many)
        weights[person] += 1
        change = (correlator(weights).matrix - correlator().matrix).to_numpy()[PAIRS]
        np.testing.assert_allclose(change * many * n, influence[row], atol=0.02)


def test_covariance_without_normality_is_that_of_steiger_and_hakstian(answers):
    complete = answers.dropna()
    influence = Correlator(complete, method="pearson").influence()
    z = ((complete - complete.mean()) / complete.std(ddof=0)).to_numpy()
    r = np.corrcoef(complete.to_numpy(), rowvar=False)
    wanted = np.empty((6, 6))
    for a, (i, j) in enumerate(zip(*PAIRS, strict=True)):
        for b, (k, m) in enumerate(zip(*PAIRS, strict=True)):

            def four(*which):
                return np.mean(np.prod(z[:, which], axis=1))

            wanted[a, b] = (
                four(i, j, k, m)
                + r[i, j] * r[k, m] * (four(i, i, k, k) + four(j, j, k, k) + four(i, i, m, m) + four(j, j, m, m)) / 4
                - r[i, j] * (four(i, i, k, m) + four(j, j, k, m)) / 2
                - r[k, m] * (four(i, j, k, k) + four(i, j, m, m)) / 2
            )  # fmt: skip
    np.testing.assert_allclose(influence.T @ influence / len(complete), wanted, atol=1e-10)


def test_clusters():
    influence = np.array([[1.0, 0], [2, 1], [-1, 0], [-2, -1]])
    sums = clustered(influence, np.array(["x", "x", "y", "z"]))
    np.testing.assert_allclose(sums, np.array([[3, 1], [-1, 0], [-2, -1]]) * np.sqrt(1.5))
    with pytest.raises(ValueError, match="at least two"):
        clustered(influence, np.zeros(4))


def test_only_where_the_influence_is_known(answers):
    with pytest.raises(ValueError, match="not for spearman correlations"):
        Correlator(answers, method="spearman").influence()
    with pytest.raises(ValueError, match="not for pearson correlations from EM moments"):
        Correlator(answers, method="pearson", missing="em").influence()
