"""EM moments: the step person by person, the likelihood at its maximum, complete answers, and what is too few."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from psychometrics.correlation.correlator import correlate
from psychometrics.correlation.em_moments import em_moments


@pytest.fixture
def values():
    """Sixty people, four variables, a fifth of the answers missing."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(60, 4)) @ rng.normal(size=(4, 4)) * [1, 5, 0.2, 30] + [3, -8, 0, 100]
    return np.where(rng.random(values.shape) < 0.2, np.nan, values)


def slow_likelihood(values, mean, covariance):
    total = 0.0
    for person in values:
        o = ~np.isnan(person)
        if o.any():
            total += multivariate_normal(mean[o], covariance[np.ix_(o, o)]).logpdf(person[o])
    return total


def slow_step(values, mean, covariance):
    """One EM step as in Little and Rubin (2002), section 11.2.1."""
    first, second = np.zeros(len(mean)), np.zeros(covariance.shape)
    for person in values:
        o, m = ~np.isnan(person), np.isnan(person)
        filled, uncertain = person.copy(), np.zeros(covariance.shape)
        if m.any():
            slopes = covariance[np.ix_(m, o)] @ np.linalg.inv(covariance[np.ix_(o, o)])
            filled[m] = mean[m] + slopes @ (person[o] - mean[o])
            uncertain[np.ix_(m, m)] = covariance[np.ix_(m, m)] - slopes @ covariance[np.ix_(o, m)]
        first += filled
        second += np.outer(filled, filled) + uncertain
    n = len(values)
    return first / n, second / n - np.outer(first / n, first / n)


def test_an_em_step_changes_nothing_any_more(values):
    values = values[~np.isnan(values).all(axis=1)]
    found = em_moments(values)
    mean, covariance = slow_step(values, found.mean, found.covariance)
    spread = np.sqrt(np.diag(covariance))
    assert found.converged
    np.testing.assert_allclose((mean - found.mean) / spread, 0, atol=1e-7)
    np.testing.assert_allclose((covariance - found.covariance) / np.outer(spread, spread), 0, atol=1e-7)


def test_slow_em_ends_in_the_same_place(values):
    values = values[~np.isnan(values).all(axis=1)]
    found = em_moments(values)
    mean, covariance = np.nanmean(values, axis=0), np.diag(np.nanvar(values, axis=0))
    for _ in range(300):
        mean, covariance = slow_step(values, mean, covariance)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-6)
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-5, atol=1e-7)


def test_likelihood(values):
    found = em_moments(values)
    assert found.log_likelihood == pytest.approx(slow_likelihood(values, found.mean, found.covariance), abs=1e-8)


def test_complete_answers_need_no_em():
    values = np.random.default_rng(1).normal(size=(30, 3))
    found = em_moments(values)
    np.testing.assert_allclose(found.mean, values.mean(axis=0), atol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(values, rowvar=False, ddof=0), atol=1e-12)


def test_weights_are_repeated_people(values):
    weights = np.random.default_rng(2).multinomial(60, np.full(60, 1 / 60))
    one, other = em_moments(values, weights), em_moments(np.repeat(values, weights, axis=0))
    np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-6)


def test_order_of_people_and_items(values):
    rng = np.random.default_rng(0)
    people, items = rng.permutation(60), rng.permutation(4)
    one, other = em_moments(values), em_moments(values[people][:, items])
    np.testing.assert_allclose(other.covariance, one.covariance[np.ix_(items, items)], rtol=1e-5)


def test_correlations(values):
    found = correlate(pd.DataFrame(values, columns=list("abcd")), method="pearson", missing="em")
    covariance = em_moments(values).covariance
    spread = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(found.matrix, covariance / np.outer(spread, spread), atol=1e-12)
    assert found.missing == "em" and found.n_total == (~np.isnan(values).all(axis=1)).sum() and found.notes == ()


def test_too_few_people():
    values = np.random.default_rng(1).normal(size=(8, 9))
    values[0, 0] = np.nan
    with pytest.raises(ValueError, match="singular covariance matrix: 8 people are too few for 9 items"):
        em_moments(values)
