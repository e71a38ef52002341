"""Polyserial correlations: the likelihood person by person, its derivatives, mixed matrices and their faults."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import ndtr, ndtri

from psychometrics.correlation.bivariate_normal import FAR
from psychometrics.correlation.correlator import Correlator, correlate
from psychometrics.correlation.polyserial import SerialPairs


@pytest.fixture
def answers():
    """One hundred and twenty people: items with 2, 3 and 5 categories, two continuous variables, missing answers."""
    rng = np.random.default_rng(4)
    latent = 0.8 * rng.normal(size=(120, 1)) + 0.6 * rng.normal(size=(120, 5))
    cuts = [[0.3], [-0.6, 0.8], [-1.2, -0.3, 0.4, 1.1]]
    columns = [np.searchsorted(cut, column) for cut, column in zip(cuts, latent.T, strict=False)]
    frame = pd.DataFrame(np.column_stack([*columns, latent[:, 3:] * [3, 10] + [7, 0]]), columns=list("abcxy"))
    return frame.mask(rng.random(frame.shape) < 0.06)


def slow_deviance(rho, item, z, thresholds):
    edges = np.array([-np.inf, *thresholds, np.inf])
    total = 0.0
    for answer, value in zip(item, z, strict=True):
        if np.isnan(answer) or np.isnan(value):
            continue
        upper, lower = ((edges[int(answer) + side] - rho * value) / np.sqrt(1 - rho**2) for side in (1, 0))
        total -= np.log(ndtr(upper) - ndtr(lower))
    return total


@pytest.mark.parametrize("item", list("abc"))
@pytest.mark.parametrize("variable", list("xy"))
def test_estimate_is_the_maximum_of_the_likelihood(answers, item, variable):
    shares = answers[item].value_counts(normalize=True).sort_index().cumsum().to_numpy()[:-1]
    z = (answers[variable] - answers[variable].mean()) / answers[variable].std(ddof=0)
    slow = minimize_scalar(
        slow_deviance,
        bounds=(-0.99, 0.99),
        method="bounded",
        options={"xatol": 1e-9},
        args=(answers[item], z, ndtri(shares)),
    )
    assert correlate(answers, method="mixed").matrix.loc[item, variable] == pytest.approx(slow.x, abs=1e-6)


def test_derivatives(answers):
    z = ((answers[["x"]] - answers[["x"]].mean()) / answers[["x"]].std()).to_numpy()
    codes = answers[["c"]].fillna(-1).to_numpy(dtype=int)
    cuts = np.array([[-1.1, -0.3, 0.5, 1.0]])
    pairs = SerialPairs(codes, cuts, z, np.ones(len(z)), np.array([0]), np.array([0]))
    step = 1e-5

    def deviance(rho):
        return slow_deviance(rho, answers["c"], z[:, 0], cuts[0])

    for rho in (-0.4, 0.2, 0.7):
        first, observed, squares = pairs.derivatives(np.array([rho]), np.array([0]))[:, 0]
        assert first == pytest.approx(-(deviance(rho + step) - deviance(rho - step)) / (2 * step), rel=1e-6)
        around = pairs.derivatives(np.array([rho + step]), np.array([0]))[0, 0]
        assert observed == pytest.approx(-(around - first) / step, rel=1e-3)
        assert squares > 0


def test_far_answers_stay_finite():
    z = np.array([[-9.0], [9.0], [0.0]])
    pairs = SerialPairs(np.array([[1], [0], [0]]), np.array([[0.0, FAR]]), z, np.ones(3), np.array([0]), np.array([0]))
    assert np.isfinite(pairs.derivatives(np.array([0.95]), np.array([0]))).all()


def test_kinds_of_pairs(answers):
    found = correlate(answers, method="mixed")
    items, variables = list("abc"), list("xy")
    polychoric = correlate(answers[items])
    pearson = correlate(answers[variables], method="pearson")
    np.testing.assert_allclose(found.matrix.loc[items, items], polychoric.matrix, atol=1e-8)
    np.testing.assert_allclose(found.matrix.loc[variables, variables], pearson.matrix, atol=1e-12)
    assert found.notes == ("continuous: x, y",) and found.method == "mixed"


def test_one_ordinal_item_and_none(answers):
    one = correlate(answers[["a", "x", "y"]], method="mixed")
    # two variables alone: the item's pairs do not depend on the other items
    assert one.matrix.loc["a", "x"] == pytest.approx(correlate(answers, method="mixed").matrix.loc["a", "x"], abs=1e-8)
    none = correlate(answers[["x", "y"]], method="mixed").matrix
    pd.testing.assert_frame_equal(none, correlate(answers[["x", "y"]], method="pearson").matrix)
    some = correlate(answers[["a", "b"]], method="mixed")
    np.testing.assert_allclose(some.matrix, correlate(answers[["a", "b"]]).matrix, atol=1e-8)
    assert some.notes == ("continuous: no item",)


def test_continuous_items_may_be_named(answers):
    found = correlate(answers, method="mixed", continuous=["c", "x", "y"])
    assert found.notes == ("continuous: c, x, y",)
    both = answers[["c", "x"]].dropna()
    assert found.matrix.loc["c", "x"] == pytest.approx(np.corrcoef(both.c, both.x)[0, 1], abs=1e-12)


def test_units_and_direction(answers):
    one = correlate(answers, method="mixed").matrix
    other = correlate(answers.assign(x=-3 * answers.x + 2), method="mixed").matrix
    sign = np.array([1, 1, 1, -1, 1])
    np.testing.assert_allclose(other, one * np.outer(sign, sign), atol=1e-7)


def test_shuffling_keeps_the_margins(answers):
    correlator = Correlator(answers, method="mixed")
    shuffled = correlator.shuffled(np.random.default_rng(0))
    assert np.abs(shuffled().matrix.to_numpy()[~np.eye(5, dtype=bool)]).max() < 0.4
    np.testing.assert_array_equal(np.sort(shuffled._values, axis=0), np.sort(correlator._values, axis=0))


def test_an_item_that_splits_a_variable_at_its_middle_is_bounded():
    x = np.concatenate([-np.arange(1.0, 31), np.arange(1.0, 31)])
    found = correlate(pd.DataFrame({"d": x > 0, "x": x}).astype(float), method="mixed")
    assert found.matrix.loc["d", "x"] == pytest.approx(0.9999)
    assert "a perfect correlation, which was bounded at 0.9999, in: d with x" in found.notes[1]


def test_faults(answers):
    with pytest.raises(ValueError, match="no answers to the continuous items z"):
        correlate(answers, method="mixed", continuous=["z"])
    with pytest.raises(ValueError, match="at most 20 categories, and there are more in: y"):
        correlate(answers, method="mixed", continuous=["x"])
    with pytest.raises(ValueError, match="named continuous for mixed correlations, not for pearson"):
        correlate(answers, method="pearson", continuous=["x"])
