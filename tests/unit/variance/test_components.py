"""Variance components and their intervals: against dense matrices, the balanced formulas, and themselves reordered."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.sparse import coo_array, csr_array
from scipy.stats import f

from psychometrics.variance.components import _Crossed, _Nested, one_factor, two_factors
from psychometrics.variance.intervals import (
    contrasts_of,
    crossed_pivots,
    ratio_interval,
    solve_between,
    solve_component,
    stretch_of_groups,
)
from psychometrics.variance.nested_intervals import NestedPivots, _put_together, share_intervals, shares


@pytest.fixture
def nested():
    """Sessions of clients of therapists: values, client, therapist; sizes differ."""
    rng = np.random.default_rng(5)
    therapist_of = np.repeat(np.arange(8), [2, 3, 1, 4, 2, 5, 3, 2])
    client = np.repeat(np.arange(22), np.resize([3, 1, 2, 4], 22))
    therapist = therapist_of[client]
    values = 4 + rng.normal(size=8)[therapist] + rng.normal(size=22)[client] + 0.7 * rng.normal(size=len(client))
    return values, client, therapist


@pytest.fixture
def crossed():
    """Clients rated by two or three of four raters: values, client, rater."""
    rng = np.random.default_rng(6)
    client, rater = np.nonzero(np.add.outer(np.arange(15), 3 * np.arange(4)) % 5 > 1)
    values = rng.normal(size=15)[client] + 0.5 * rng.normal(size=4)[rater] + 0.6 * rng.normal(size=len(client))
    return values, client, rater


def dense_reml(values, *codes):
    """The restricted likelihood written out with N x N matrices, searched over log variances."""
    n = len(values)
    factors = [(code[:, None] == code) * 1.0 for code in codes] + [np.eye(n)]
    one = np.ones(n)

    def deviance(logs):
        v = sum(np.exp(log) * part for log, part in zip(logs, factors, strict=True))
        inverse = np.linalg.inv(v)
        precision = one @ inverse @ one
        residual = values - one @ inverse @ values / precision
        return np.linalg.slogdet(v)[1] + np.log(precision) + residual @ inverse @ residual

    found = minimize(
        deviance,
        np.zeros(len(factors)),
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-13, "maxiter": 5000, "maxfev": 5000},
    )
    return np.exp(found.x)


def test_one_factor_is_reml(nested):
    values, client, _ = nested
    found = one_factor(values, client)
    np.testing.assert_allclose([found.first, found.residual], dense_reml(values, client), rtol=1e-5)


@pytest.mark.parametrize("design", ["nested", "crossed"])
def test_two_factors_are_reml(design, request):
    values, *codes = request.getfixturevalue(design)
    found = two_factors(values, *codes)
    np.testing.assert_allclose([found.first, found.second, found.residual], dense_reml(values, *codes), rtol=1e-5)


def test_nested_factors_have_a_closed_form_of_the_same_deviance(nested):
    values, client, therapist = nested
    size, size_2 = (np.bincount(code).astype(float) for code in (client, therapist))
    cells = csr_array(coo_array((np.ones(len(values)), (client, therapist))))
    closed, dense = (
        _Nested(values, client, cells.indices, size),
        _Crossed(values, client, therapist, cells, size, size_2),
    )
    for at in ([0.0, 0.0], [0.4, 0.0], [0.0, 0.7], [1.3, 0.2], [9.0, 12.0]):
        one, two = closed.deviance(np.array(at)), dense.deviance(np.array(at))
        # the dense one loses digits where the ratios are large
        np.testing.assert_allclose(one[0], two[0], rtol=1e-10)
        np.testing.assert_allclose(one[1], two[1], rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(closed.scale(*np.expm1(at)), dense.scale(*np.expm1(at)), rtol=1e-6)


def test_many_people_take_no_matrix_of_therapists():
    # 20,000 therapists with 4 clients each in 2 sessions: a matrix of the therapists would be 3 GB
    rng = np.random.default_rng(1)
    client, therapist = np.repeat(np.arange(80_000), 2), np.repeat(np.arange(20_000), 8)
    values = rng.normal(size=20_000)[therapist] + rng.normal(size=80_000)[client] + rng.normal(size=160_000)
    found = two_factors(values, client, therapist)
    np.testing.assert_allclose(found[:3], 1, atol=0.05)  # three standard errors of the therapists' variance
    lower, upper = share_intervals(values, client, therapist, draws=200)
    assert (lower < [1 / 3, 1 / 3, 2 / 3]).all() and (upper > [1 / 3, 1 / 3, 2 / 3]).all()
    assert (upper - lower < 0.03).all()


def test_balanced_components_are_those_of_the_mean_squares():
    values = np.array([[9, 2, 5], [6, 1, 3], [8, 6, 8], [10, 9, 12], [4, 2, 4]], dtype=float)
    group = np.repeat(np.arange(5), 3)
    between, within = 3 * values.mean(axis=1).var(ddof=1), values.var(axis=1, ddof=1).mean()
    found = one_factor(values.ravel(), group)
    assert (found.first, found.residual) == pytest.approx(((between - within) / 3, within), rel=1e-6)


def test_components_of_a_linear_change_and_another_order(nested):
    values, client, therapist = nested
    order = np.random.default_rng(0).permutation(len(values))
    names = np.array([3, 0, 5, 1, 7, 2, 6, 4])  # therapists under other codes
    one = two_factors(values, client, therapist)
    two = two_factors(1000 - 10 * values[order], client[order], names[therapist][order])
    np.testing.assert_allclose(two[:3], 100 * np.array(one[:3]), rtol=1e-6)
    assert two.mean == pytest.approx(1000 - 10 * one.mean)


def test_no_variance_between_groups_is_zero():
    values = np.array([1, 5, 9, 1, 5, 9, 1.0, 5, 9])
    assert one_factor(values, np.repeat(np.arange(3), 3)).first == 0
    found = two_factors(np.tile([1.0, 5, 9, 2], 4), np.repeat(np.arange(8), 2), np.repeat(np.arange(2), 8))
    assert found.second == 0


@pytest.mark.parametrize(
    "values, codes, sentence",
    [
        ([1, 2, 3], [0, 0, 0], "at least two levels"),
        ([1, 2, 3], [0, 1, 2], "Every level has one score"),
        ([1, 1, 3, 3], [0, 0, 1, 1], "do not vary within"),
        ([1, np.nan, 3, 3], [0, 0, 1, 1], "no score missing"),
    ],
)
def test_refused(values, codes, sentence):
    with pytest.raises(ValueError, match=sentence):
        one_factor(np.array(values, dtype=float), np.array(codes))


def test_contrasts_have_the_sums_of_squares_of_a_regression(crossed):
    values, client, rater = crossed
    dummies = [code[:, None] == np.arange(code.max() + 1) for code in (rater, client)]

    def left(design):
        fitted = design @ np.linalg.lstsq(design, values, rcond=None)[0]
        return np.sum((values - fitted) ** 2)

    both = np.hstack(dummies).astype(float)
    found = contrasts_of(values, client, rater)
    assert found.residual == pytest.approx(left(both))
    assert found.square.sum() == pytest.approx(left(dummies[0].astype(float)) - left(both))
    assert found.df == len(values) - np.linalg.matrix_rank(both) and found.q == 14


def dense_contrasts(values, factor, other):
    """Eigenvectors of Z'QZ, with Q as a matrix."""
    z, x = ((code[:, None] == np.arange(code.max() + 1)).astype(float) for code in (factor, other))
    q = np.eye(len(values)) - x @ np.linalg.pinv(x)
    found, vectors = np.linalg.eigh(z.T @ q @ z)
    keep = found > 1e-9
    return (vectors[:, keep].T @ z.T @ q @ values) ** 2 / found[keep], found[keep]


@pytest.mark.parametrize("design", ["nested", "crossed", "one"])
def test_contrasts_of_levels_that_are_alike_are_summed_up(design, request):
    values, factor, other = request.getfixturevalue("crossed" if design == "crossed" else "nested")
    other = np.zeros_like(other) if design == "one" else other
    square, weight = dense_contrasts(values, factor, other)
    found = contrasts_of(values, factor, other)
    assert found.q == len(square)
    # the sums over the contrasts are what every interval is made of
    for ratio in (0.0, 0.3, 2.0, 50.0):
        ours = np.sum(found.square / (1 + ratio * found.weight))
        assert ours == pytest.approx(np.sum(square / (1 + ratio * weight)), rel=1e-9)
        assert found.number @ (1 / (1 + ratio * found.weight)) == pytest.approx(np.sum(1 / (1 + ratio * weight)))


def test_pivots_solve_their_three_equations(nested):
    values, client, therapist = nested
    design = NestedPivots(values, client, therapist)
    targets = design.df * np.array([0.7, 0.8, 1.1])
    outer, inner, residual = design.solve(*targets[:, None])[:, 0]
    size = np.bincount(client)
    mean = np.bincount(client, values) / size
    assert np.sum((values - mean[client]) ** 2) / residual == pytest.approx(targets[2])
    square, weight = dense_contrasts(values, client, therapist)
    assert np.sum(square / (residual + weight * inner)) == pytest.approx(targets[1])
    belongs = therapist[np.unique(client, return_index=True)[1]]
    precision = 1 / (inner + residual / size)
    total = np.bincount(belongs, precision)
    of_therapist, weight = np.bincount(belongs, precision * mean) / total, 1 / (outer + 1 / total)
    scatter = weight @ (of_therapist - np.average(of_therapist, weights=weight)) ** 2
    assert outer > 0 and scatter == pytest.approx(targets[0])


def test_very_many_weights_are_put_together():
    rng = np.random.default_rng(3)
    weight, square = rng.uniform(1, 60, 50_000), rng.normal(size=50_000) ** 2
    together, merged = _put_together(square, weight)
    assert len(merged) <= 4_001 < len(weight)
    for ratio in (0.01, 0.5, 20.0):
        ours, exact = np.sum(together / (1 + ratio * merged)), np.sum(square / (1 + ratio * weight))
        assert ours == pytest.approx(exact, rel=1e-6)  # neighbours differ by a thousandth


def test_balanced_interval_is_the_textbook_one():
    rng = np.random.default_rng(8)
    values = rng.normal(size=(12, 1)) + rng.normal(size=(12, 4))
    between, within = 4 * values.mean(axis=1).var(ddof=1), values.var(axis=1, ddof=1).mean()
    quantiles = f.ppf([0.95, 0.05], 11, 36)
    found = ratio_interval(contrasts_of(values.ravel(), np.repeat(np.arange(12), 4)), level=0.9)
    np.testing.assert_allclose(found, (between / within / quantiles - 1) / 4, rtol=1e-9)  # Searle (1971)


def test_an_equation_is_solved_or_its_root_is_zero():
    square, weight, rest = np.array([4.0, 9, 1]), np.array([1.0, 2, 3]), np.array([[0.5], [0.5], [20.0]])
    target = np.array([1.0, 5.0, 2.0])
    found = solve_component(square, weight, rest, target)
    at_root = (square / (rest + weight * found[:, None])).sum(axis=1)
    np.testing.assert_allclose(at_root[:2], target[:2], rtol=1e-9)
    assert found[2] == 0 and at_root[2] < target[2]


def test_the_mean_between_groups_is_weighted_anew():
    mean, rest = np.array([1.0, 4, 2, 7]), np.array([[0.1, 1.0, 0.5, 2.0]])
    variance = solve_between(np.ones(4), np.stack([mean, mean**2]), rest, np.array([3.0]))[0]
    weight = 1 / (rest[0] + variance)
    middle = np.average(mean, weights=weight)
    assert np.sum(weight * (mean - middle) ** 2) == pytest.approx(3)


def test_intervals_are_longer_for_scores_with_outlying_groups():
    rng = np.random.default_rng(2)
    group = np.repeat(np.arange(40), 3)
    normal = rng.normal(size=40)[group] + rng.normal(size=120)
    outlying = normal + 12 * (group == 0)
    assert 1 <= stretch_of_groups(normal, group) < 1.3 < stretch_of_groups(outlying, group)


def test_pivots_at_their_degrees_of_freedom_are_the_mean_squares_estimates():
    rng = np.random.default_rng(4)  # balanced: 6 therapists with 3 clients with 2 sessions
    client, therapist = np.repeat(np.arange(18), 2), np.repeat(np.arange(6), 6)
    values = 2 * rng.normal(size=6)[therapist] + rng.normal(size=18)[client] + rng.normal(size=36)
    cells = values.reshape(6, 3, 2)
    residual = cells.var(axis=2, ddof=1).mean()
    clients = 2 * cells.mean(axis=2).var(axis=1, ddof=1).mean()
    therapists = 6 * cells.mean(axis=(1, 2)).var(ddof=1)
    design = NestedPivots(values, client, therapist)
    found = design.solve(*(np.array([df]) for df in design.df))[:, 0]
    np.testing.assert_allclose(found, [(therapists - clients) / 6, (clients - residual) / 2, residual], rtol=1e-8)
    np.testing.assert_allclose(shares(found)[2], (found[0] + found[1]) / found.sum())


def test_intervals_of_shares(nested):
    values, client, therapist = nested
    lower, upper = share_intervals(values, client, therapist, draws=500, seed=1)
    again = share_intervals(3 - 2 * values, client, therapist, draws=500, seed=1)
    np.testing.assert_allclose(again, (lower, upper), atol=1e-8)
    variance = two_factors(values, client, therapist)
    estimate = shares([variance.second, variance.first, variance.residual])
    assert ((lower < estimate) & (estimate < upper) & (lower >= 0) & (upper <= 1)).all()
    narrow = share_intervals(values, client, therapist, level=0.5, draws=500, seed=1)
    assert (narrow[0] >= lower).all() and (narrow[1] <= upper).all()


def test_crossed_pivots_surround_the_components(crossed):
    values, client, rater = crossed
    found = two_factors(values, client, rater)
    drawn = crossed_pivots(values, client, rater, 500, 1)
    for component, pivot in zip(found, drawn, strict=False):
        assert np.quantile(pivot, 0.02) <= component <= np.quantile(pivot, 0.98)
