"""Variances of polychorics: the formula person by person, repeated samples, and pairs without a variance."""

import itertools

import numpy as np
import pandas as pd
import pytest

from psychometrics.correlation.bivariate_normal import FAR, distribution
from psychometrics.correlation.correlator import Correlator, correlate
from psychometrics.correlation.polychoric import encode, pair_tables, polychoric
from psychometrics.correlation.polychoric_errors import diagonal_weights, polychoric_variance


def ordinal(rng, n, cuts, missing=0.0):
    """Items with one common factor; loadings .8."""
    latent = 0.8 * rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, len(cuts)))
    codes = np.column_stack([np.searchsorted(cut, column) for cut, column in zip(cuts, latent.T, strict=True)])
    return pd.DataFrame(codes, columns=list("abcdef")[: len(cuts)]).mask(rng.random(codes.shape) < missing)


@pytest.fixture
def answers():
    """Ninety people; items with 2, 3 and 4 categories, some answers missing."""
    return ordinal(np.random.default_rng(2), 90, [[0.2], [-0.5, 0.7], [-1, 0, 0.8]], missing=0.1)


def estimate(answers):
    codes, _ = encode(answers)
    categories = int(codes.max()) + 1
    codes = np.where(codes < 0, categories, codes)
    tables = pair_tables(codes, categories + 1)
    fit = polychoric(tables[:, :categories, :, :categories])
    return codes, fit, polychoric_variance(fit, tables)


def log_probability(a, b, cuts_i, cuts_j, rho):
    i, j = np.array([-FAR, *cuts_i, FAR]), np.array([-FAR, *cuts_j, FAR])
    corner = distribution(i[[a + 1, a, a + 1, a]], j[[b + 1, b + 1, b, b]], np.full(4, rho))
    return np.log(corner @ [1, -1, -1, 1])


def log_share(a, cuts):
    return log_probability(a, 0, cuts, [FAR], 0.0)


def slope(function, x):
    """Derivative of a function of a vector by every element."""
    step = 1e-6 * np.eye(len(x))
    return np.array([(function(x + h) - function(x - h)) / 2e-6 for h in step])


def slow_influence(codes, thresholds, rho, i, j):
    """Muthen (1984): scores person by person, information matrices as their sums, one Newton step for every person."""
    missing = max(len(cuts) for cuts in thresholds) + 1
    scores, by_thresholds, of_thresholds = [], ([], []), ([], [])
    for person in codes:
        both = person[i] < missing and person[j] < missing
        a, b = person[i], person[j]

        def pair(x, both=both, a=a, b=b):
            return log_probability(a, b, thresholds[i], thresholds[j], x[0]) if both else 0.0

        scores.append(slope(pair, np.array([rho]))[0] if both else 0.0)
        for side, (item, answer) in enumerate(((i, a), (j, b))):

            def pair_at(cuts, side=side, both=both, a=a, b=b):
                pair_cuts = [thresholds[i], thresholds[j]]
                pair_cuts[side] = cuts
                return log_probability(a, b, *pair_cuts, rho) if both else 0.0

            def alone(cuts, answer=answer):
                return log_share(answer, cuts) if answer < missing else 0.0

            by_thresholds[side].append(slope(pair_at, thresholds[item]) * scores[-1])
            of_thresholds[side].append(slope(alone, thresholds[item]))
    scores = np.array(scores)
    result = scores.copy()
    for side in (0, 1):
        own = np.array(of_thresholds[side])
        moved = own @ np.linalg.inv(own.T @ own)
        result -= moved @ np.sum(by_thresholds[side], axis=0)
    return len(codes) * result / np.sum(scores**2)


def test_influence_by_definition(answers):
    codes, fit, found = estimate(answers)
    influence = found.influence(codes)
    thresholds = [cuts[np.isfinite(cuts)] for cuts in fit.thresholds]
    for column, (i, j) in enumerate(itertools.combinations(range(3), 2)):
        slow = slow_influence(codes, thresholds, fit.rho[i, j], i, j)
        np.testing.assert_allclose(influence[:, column], slow, atol=1e-5)


def test_variance_is_that_of_the_influences(answers):
    codes, _, found = estimate(answers)
    influence = found.influence(codes)
    np.testing.assert_allclose(found.variance[np.triu_indices(3, 1)], np.mean(influence**2, axis=0), rtol=1e-12)
    np.testing.assert_allclose(influence.mean(axis=0), 0, atol=1e-7)
    np.testing.assert_array_equal(found.variance, found.variance.T)


def test_variance_matches_repeated_samples():
    rng = np.random.default_rng(5)
    cuts = [[-1, 0, 1], [-0.8, 0.3], [0.5]]
    fits = [correlate(ordinal(rng, 500, cuts), variances=True) for _ in range(200)]
    spread = np.std([fit.matrix.to_numpy() for fit in fits], axis=0)
    expected = np.sqrt(np.mean([fit.variance.to_numpy() for fit in fits], axis=0) / 500)
    # 200 replications give a standard deviation to 5%
    np.testing.assert_allclose(spread[np.triu_indices(3, 1)], expected[np.triu_indices(3, 1)], rtol=0.15)


def test_expected_informations_are_the_sums_where_the_model_holds_exactly():
    cuts, rho = np.array([[-1.0, 0.3], [-0.4, 0.9]]), 0.45
    share = np.exp([[log_probability(a, b, *cuts, rho) for b in range(3)] for a in range(3)])
    joint = 1e6 * share
    tables = np.zeros((2, 4, 2, 4))  # the fourth category is a missing answer
    tables[0, :3, 1, :3], tables[1, :3, 0, :3] = joint, joint.T
    for item, margin in enumerate((joint.sum(axis=1), joint.sum(axis=0))):
        tables[item, :3, item, :3] = np.diag(margin)
    fit = polychoric(tables[:, :3, :, :3])
    sums, expected = (polychoric_variance(fit, tables, expected=which).cells[0] for which in (False, True))
    np.testing.assert_allclose(expected, sums, rtol=1e-6, atol=1e-6)


def test_expected_informations_are_right_with_rare_categories():
    rng, n, means, squares = np.random.default_rng(4), 120, [], {False: [], True: []}
    for _ in range(200):
        correlator = Correlator(ordinal(rng, n, [[-2.2, -1.7, -1.2, 0.2]] * 6))
        means.append(correlator().matrix.to_numpy()[np.triu_indices(6, 1)].mean())
        for which, found in squares.items():
            found.append((correlator.influence(expected=which).mean(axis=1) ** 2).mean() / n)
    ratio = {which: np.sqrt(np.mean(found)) / np.std(means) for which, found in squares.items()}
    # 200 replications give the standard deviation of the mean correlation to 5%
    assert ratio[False] < 0.92 and abs(ratio[True] - 1) < 0.1, ratio


def test_people_counted_twice_leave_the_variance_as_it_is(answers):
    once, twice = (Correlator(answers, variances=True)(weights) for weights in (None, np.full(90, 2)))
    pd.testing.assert_frame_equal(once.variance, twice.variance, rtol=1e-8)


def test_weights_are_repeated_people(answers):
    weights = np.random.default_rng(1).multinomial(90, np.full(90, 1 / 90))
    repeated = answers.iloc[np.repeat(np.arange(90), weights)]
    pd.testing.assert_frame_equal(
        Correlator(answers, variances=True)(weights).variance, correlate(repeated, variances=True).variance, rtol=1e-8
    )


def test_direction_of_categories_changes_the_sign_of_the_influence(answers):
    turned = answers.assign(a=1 - answers.a)
    one, other = Correlator(answers).influence(), Correlator(turned).influence()
    np.testing.assert_allclose(other, one * [-1, -1, 1], atol=1e-6)


def test_people_without_answers_are_left_out(answers):
    more = pd.concat([answers, pd.DataFrame(np.nan, range(90, 95), answers.columns)])
    np.testing.assert_allclose(Correlator(more).influence(), Correlator(answers).influence(), atol=1e-12)


def test_a_pair_without_a_maximum_has_no_variance(answers):
    found = correlate(answers.assign(d=answers.a), variances=True)
    assert np.isnan(found.variance.loc["a", "d"]) and np.isfinite(found.variance.loc["a", "b"])
    weights, notes = diagonal_weights(found.variance, list("abcd"))
    assert weights[0, 3] == np.min(weights[~np.eye(4, dtype=bool)]) and np.all(np.diag(weights) == 0)
    assert notes == ("the variance of the correlation is undefined, and the smallest weight is taken, in: a with d",)
    assert np.isnan(Correlator(answers.assign(d=answers.a)).influence()[:, 2]).all()


def test_weights_are_inverse_variances():
    weights, notes = diagonal_weights(np.array([[0, 0.5], [0.5, 0]]), ["a", "b"])
    assert weights.tolist() == [[0, 2], [2, 0]] and notes == ()
    with pytest.raises(ValueError, match="no pair of items has a variance"):
        diagonal_weights(np.array([[0, np.nan], [np.nan, 0]]), ["a", "b"])


def test_only_for_polychorics(answers):
    with pytest.raises(ValueError, match="variances are for polychoric correlations, not pearson"):
        Correlator(answers, method="pearson", variances=True)
