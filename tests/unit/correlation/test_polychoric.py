"""Polychoric correlations: probabilities against integration, the likelihood against a slow search, and edge cases."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import dblquad, quad
from scipy.optimize import minimize_scalar
from scipy.special import ndtr

from psychometrics.correlation.bivariate_normal import (
    FAR,
    density,
    density_slope,
    distribution,
    rectangles,
    series_terms,
    tail_slope,
    tetrachoric_coefficients,
)
from psychometrics.correlation.polychoric import (
    _tables_by_counting,
    _tables_by_product,
    encode,
    item_thresholds,
    pair_tables,
    polychoric,
)
from psychometrics.correlation.polychoric_search import BOUND


def ordinal(rng, n, loadings, cuts):
    loadings = np.asarray(loadings)
    latent = rng.normal(size=(n, 1)) * loadings + rng.normal(size=(n, len(loadings))) * np.sqrt(1 - loadings**2)
    return np.column_stack([np.searchsorted(cut, column) for cut, column in zip(cuts, latent.T, strict=True)])


@pytest.fixture
def codes():
    """Two hundred people; items with 2, 3, 5 and 7 categories, some answers missing."""
    rng = np.random.default_rng(3)
    cuts = [[0.3], [-1, 0.5], [-1.5, -0.5, 0.4, 1], np.linspace(-2, 1.2, 6)]
    codes = ordinal(rng, 200, [0.5, 0.7, 0.8, 0.95], cuts)
    codes[rng.random(codes.shape) < 0.05] = -1
    return codes


@pytest.mark.parametrize("rho", [0.05, -0.5, 0.8, -0.94, 0.99, 0.9999])
@pytest.mark.parametrize("h, k", [(0.0, 0.0), (-1.0, 0.7), (1.3, 1.31), (2.0, -2.0)])
def test_distribution_is_the_integral_of_the_conditional_distribution(h, k, rho):
    spread = np.sqrt(1 - rho**2)
    steps = [-9, *sorted(x for x in (k / rho - 8 * spread, k / rho, k / rho + 8 * spread) if -9 < x < h), h]

    def integrand(x):
        return np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((k - rho * x) / spread)

    expected = sum(quad(integrand, *ends, epsabs=1e-14, limit=200)[0] for ends in itertools.pairwise(steps))
    assert distribution(h, k, rho) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("rho", [-0.8, -0.2, 0.4, 0.7])
def test_series_and_integration_give_the_same_rectangles(rho):
    cuts = np.array([[-FAR, -1.0, 0.2, 2.0], [-0.5, 0.1, 0.9, FAR]])
    coefficients = tetrachoric_coefficients(cuts, series_terms(abs(rho)))
    m = np.arange(coefficients.shape[2])
    by_angle = rectangles(cuts[:1], cuts[1:], np.array([rho]))[:, 0]
    for order, factor in enumerate((rho**m, m * rho ** (m - 1.0), m * (m - 1) * rho ** (m - 2.0))):
        by_series = (coefficients[0] * factor) @ coefficients[1].T
        # the derivatives multiply the terms that are left out by their number and its square
        np.testing.assert_allclose(by_series, by_angle[order], atol=1e-13 * len(m) ** order)


def test_derivatives_by_finite_differences():
    step, h, k, rho = 1e-5, 0.4, -0.9, 0.6
    difference = (distribution(h, k, rho + step) - distribution(h, k, rho - step)) / (2 * step)
    assert density(h, k, rho) == pytest.approx(difference, rel=1e-8)
    difference = (np.log(density(h, k, rho + step)) - np.log(density(h, k, rho - step))) / (2 * step)
    assert density_slope(h, k, rho) == pytest.approx(difference, rel=1e-8)


@pytest.mark.parametrize("lower, upper, point", [((-3, 2), (-2, 3), (-2, 2)), ((-0.3, 2.5), (0.1, 9), (0.1, 2.5))])
def test_slope_of_a_far_rectangle(lower, upper, point):
    rho, step = 0.95, 1e-5

    def logarithm(r):
        area = (lower[0], upper[0], lower[1], upper[1])
        return np.log(dblquad(lambda y, x: density(x, y, r), *area, epsabs=0, epsrel=1e-9)[0])

    exact = (logarithm(rho + step) - logarithm(rho - step)) / (2 * step)
    # an asymptotic formula: good to the inverse square of the distance
    assert tail_slope(*map(float, point), rho) == pytest.approx(exact, rel=0.01)


def test_tables_count_every_pair(codes):
    weights = np.random.default_rng(0).integers(0, 3, len(codes))
    tables = pair_tables(codes, 7, weights)
    for i, j in itertools.product(range(4), repeat=2):
        slow = np.zeros((7, 7))
        for person, weight in zip(codes, weights, strict=True):
            if person[i] >= 0 and person[j] >= 0:
                slow[person[i], person[j]] += weight
        np.testing.assert_array_equal(tables[i, :, j, :], slow)


@pytest.mark.parametrize("items", [1, 2, 7])
@pytest.mark.parametrize("weighted", [False, True])
def test_tables_by_counting_are_those_by_product_to_the_bit(monkeypatch, items, weighted):
    # items of 2, 5 and 7 categories, some with missing answers, one that nobody answered; in several slices
    monkeypatch.setattr("psychometrics.correlation.polychoric.ROWS_OF_COUNTS", 700)
    monkeypatch.setattr("psychometrics.correlation.polychoric.ROWS_OF_PRODUCT", 900)
    rng = np.random.default_rng(items)
    most = np.resize([7, 2, 5, 7, 7, 3, 7], items)
    codes = rng.integers(0, most, (2_000, items)).astype(np.int8)
    codes[rng.random(codes.shape) < 0.05 * (np.arange(items) % 2)] = -1
    codes[:, 5:6] = -1
    weights = rng.integers(0, 4, 2_000) if weighted else None
    counted, multiplied = (by(codes, 7, weights) for by in (_tables_by_counting, _tables_by_product))
    np.testing.assert_array_equal(counted, multiplied)
    monkeypatch.setattr("psychometrics.correlation.polychoric.PEOPLE_TO_COUNT", 10)
    np.testing.assert_array_equal(pair_tables(codes, 7, weights), counted)


def test_tables_of_parts_add_up(codes):
    parts = pair_tables(codes[:70], 7) + pair_tables(codes[70:], 7)
    np.testing.assert_array_equal(parts, pair_tables(codes, 7))


def test_estimate_is_the_maximum_of_the_likelihood(codes):
    tables = pair_tables(codes, 7)
    fit = polychoric(tables)
    cuts = np.clip(fit.thresholds, -FAR, FAR)
    for i, j in itertools.combinations(range(4), 2):

        def deviance(rho, i=i, j=j):
            cells = rectangles(cuts[[i]], cuts[[j]], np.array([rho]))[0, 0]
            counts = tables[i, :, j, :]
            return -(counts[counts > 0] * np.log(cells[counts > 0])).sum()

        slow = minimize_scalar(deviance, bounds=(-0.999, 0.999), method="bounded", options={"xatol": 1e-9})
        assert fit.rho[i, j] == pytest.approx(slow.x, abs=1e-6)


def test_tetrachoric_of_medians_is_known():
    # both items cut at the median: the share of concordant quarter pairs is 1/4 + arcsin(rho) / (2 pi)
    table = np.array([[40, 20], [20, 40]])
    tables = np.zeros((2, 2, 2, 2))
    tables[0, :, 1, :], tables[1, :, 0, :] = table, table.T
    tables[0, :, 0, :] = tables[1, :, 1, :] = np.diag([60, 60])
    assert polychoric(tables).rho[0, 1] == pytest.approx(np.sin(2 * np.pi * (40 / 120 - 0.25)), abs=1e-8)


def test_standard_error_matches_repeated_samples():
    rng = np.random.default_rng(5)
    cuts = [[-1, 0, 1], [-0.8, 0.3]]
    fits = [polychoric(pair_tables(ordinal(rng, 500, [0.8, 0.75], cuts), 4)) for _ in range(300)]
    spread = np.std([fit.rho[0, 1] for fit in fits])
    # 300 replications give the spread to 4%; thresholds taken as known cost a few per cent more
    assert np.mean([fit.se[0, 1] for fit in fits]) == pytest.approx(spread, rel=0.15)


def test_order_of_items_and_direction_of_categories(codes):
    rho = polychoric(pair_tables(codes, 7)).rho
    order = [2, 0, 3, 1]
    np.testing.assert_allclose(polychoric(pair_tables(codes[:, order], 7)).rho, rho[np.ix_(order, order)], atol=1e-7)
    reversed_ = codes.copy()
    reversed_[:, 3] = np.where(codes[:, 3] < 0, -1, 6 - codes[:, 3])
    sign = np.array([1, 1, 1, -1])
    np.testing.assert_allclose(polychoric(pair_tables(reversed_, 7)).rho, rho * np.outer(sign, sign), atol=1e-7)


def test_empty_categories_do_not_matter(codes):
    spread = np.where(codes >= 0, 2 * codes + 1, -1)
    expected = polychoric(pair_tables(codes, 7)).rho
    np.testing.assert_allclose(polychoric(pair_tables(spread, 16)).rho, expected, atol=1e-7)


def test_perfect_dependence_is_bounded():
    code = np.repeat([0, 1, 2], 20)
    fit = polychoric(pair_tables(np.column_stack([code, code, 2 - code]), 3))
    np.testing.assert_allclose(fit.rho[0], [1, BOUND, -BOUND], atol=1e-12)
    assert fit.bounded[0].tolist() == [False, True, True] and np.isnan(fit.se[0, 1])


@pytest.mark.parametrize("n", [100, 5000])
@pytest.mark.parametrize("true", [0.0, 0.9, 0.99])
def test_one_impossible_answer_does_not_stop_the_search(n, true):
    rng = np.random.default_rng(8)
    codes = ordinal(rng, n, np.full(3, np.sqrt(true)), [np.linspace(-2, 2, 5)] * 3)
    codes[0] = [0, 5, 0]
    fit = polychoric(pair_tables(codes, 6))
    assert np.isfinite(fit.rho).all() and not fit.unfinished.any() and not fit.bounded.any()
    assert abs(fit.rho[0, 1]) <= abs(fit.rho[0, 2]) + 0.15


def test_encoding_keeps_order_and_missings():
    frame = pd.DataFrame({"a": pd.array([5, None, 1, 3], dtype="Int64"), "b": [0.5, 0.5, np.nan, -1]})
    codes, values = encode(frame)
    assert codes.T.tolist() == [[2, -1, 0, 1], [1, 1, -1, 0]]
    assert values[0].tolist() == [1, 3, 5] and values[1].tolist() == [-1, 0.5]


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x,
        lambda x: x.fillna(3).astype("int8") * np.int8(31) - np.int8(100),
        lambda x: x.astype("Int64"),
        lambda x: x.astype("Float64"),
        lambda x: x * 10 - 30,
        lambda x: x / 2,
        lambda x: x * 1e6,
        lambda x: x.replace(3, np.inf),
        lambda x: x > 3,
        lambda x: x.astype(object),
        lambda x: x * np.nan,
        lambda x: x.head(0),
    ],
    ids=["float", "int8", "Int64", "Float64", "gaps", "halves", "wide", "infinite", "bool", "object", "none", "nobody"],
)
def test_encoding_is_that_of_sorted_values(change):
    rng = np.random.default_rng(2)
    frame = pd.DataFrame(rng.integers(1, 7, (60, 3)).astype(float)).mask(rng.random((60, 3)) < 0.1)
    frame = change(frame)
    codes, values = encode(frame)
    for code, found, (_, column) in zip(codes.T, values, frame.items(), strict=True):
        expected, uniques = pd.factorize(column, sort=True)
        np.testing.assert_array_equal(code, expected)
        np.testing.assert_array_equal(found, np.asarray(uniques))


def test_thresholds_by_hand():
    # shares .5, 0, .5: the unused middle category has no width
    np.testing.assert_allclose(item_thresholds(np.array([[3.0, 0, 3]])), [[0, 0]])
