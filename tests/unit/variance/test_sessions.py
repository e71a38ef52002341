"""Repeated sessions: formulas written out, invariances, what cannot be computed."""

import warnings

import numpy as np
import pandas as pd
import pytest

from psychometrics.variance.decision_study import (
    cranford,
    decision_study,
    generalizability_coefficient,
    items_needed,
    sessions_needed,
)
from psychometrics.variance.generalizability import session_moments, variance_components
from psychometrics.variance.retest import retest
from psychometrics.variance.sessions import repeated_sessions
from psychometrics.variance.two_level import moment_covariances, two_level_covariance
from psychometrics.variance.two_level_moments import two_level_moments


def simulate(seed, *, clients=80, items=5, sessions=(1, 2, 3, 4), balanced=False, loadings=None):
    rng = np.random.default_rng(seed)
    loadings = np.linspace(0.5, 1, items) if loadings is None else loadings
    count = np.full(clients, 3) if balanced else rng.choice(sessions, size=clients)
    client = np.repeat(np.arange(clients), count)
    session = np.concatenate([np.arange(n) if balanced else rng.permutation(max(sessions))[:n] for n in count])
    common, time = rng.normal(size=clients)[client] + rng.normal(0, 0.7, len(client)), rng.normal(0, 0.3, 4)[session]
    values = np.outer(common + time, loadings) + rng.normal(0, 0.5, (clients, items))[client]
    return values + rng.normal(0, 0.6, values.shape) + rng.normal(0, 0.4, items), client, session


def expectation_maximisation(values, clients, steps):
    """Two-level ML by EM over single clients (Raudenbush & Bryk), slowly."""
    names, code, count = np.unique(clients, return_inverse=True, return_counts=True)
    means = np.array([values[code == j].mean(axis=0) for j in range(len(names))])
    pooled = (values - means[code]).T @ (values - means[code])
    within = between = pooled / (len(values) - len(names))
    mean = values.mean(axis=0)
    for _ in range(steps):
        new_between, new_within, effects = 0, pooled.copy(), np.zeros_like(means)
        for j, n in enumerate(count):
            gain = between @ np.linalg.inv(between + within / n)
            effects[j] = gain @ (means[j] - mean)
            uncertain, rest = between - gain @ between, means[j] - mean - effects[j]
            new_between = new_between + np.outer(effects[j], effects[j]) + uncertain
            new_within += n * (np.outer(rest, rest) + uncertain)
        between, within = new_between / len(names), new_within / len(values)
        mean = (count[:, None] * (means - effects)).sum(axis=0) / len(values)
    return within, between, mean


def test_saturated_model_by_em():
    values, client, _ = simulate(1)
    found = two_level_covariance(two_level_moments(values, client))
    within, between, mean = expectation_maximisation(values, client, 300)
    np.testing.assert_allclose(found.within[0], within, atol=1e-6)
    np.testing.assert_allclose(found.between[0], between, atol=1e-6)
    np.testing.assert_allclose(found.mean[0], mean, atol=1e-6)


def log_likelihood(within, between, mean, values, clients):
    total = 0
    for client in np.unique(clients):
        own = values[clients == client]
        covariance = np.kron(np.eye(len(own)), within) + np.kron(np.ones((len(own),) * 2), between)
        rest = (own - mean).reshape(-1)
        total -= (np.linalg.slogdet(covariance)[1] + rest @ np.linalg.solve(covariance, rest)) / 2
    return total


def test_clients_who_do_not_differ_in_some_direction():
    rng = np.random.default_rng(5)
    values, client, _ = simulate(5, clients=60, items=6)
    values[:, 4:] = values[:, :2] + rng.normal(size=(len(values), 2))
    found = two_level_covariance(two_level_moments(values, client))
    eigenvalues = np.linalg.eigvalsh(found.between[0])
    assert abs(eigenvalues[0]) < 1e-12
    slow = expectation_maximisation(values, client, 400)
    best = log_likelihood(found.within[0], found.between[0], found.mean[0], values, client)
    # EM creeps towards the bound: it is close below, never above
    assert 0 <= best - log_likelihood(*slow, values, client) < 0.5
    for shift in (0.02, -0.02):
        nearby = found.between[0] + shift * np.eye(6) * (shift > 0)
        assert log_likelihood(found.within[0] * (1 + shift), nearby, found.mean[0], values, client) < best


def test_moments_are_likelihood_for_balanced_data():
    values, client, _ = simulate(2, balanced=True)
    moments = two_level_moments(values, client)
    found = two_level_covariance(moments)
    within, between = moment_covariances(moments)
    np.testing.assert_allclose(found.within, within, atol=1e-10)
    np.testing.assert_allclose(found.between, between, atol=1e-10)


def test_weights_are_repeated_clients():
    values, client, session = simulate(3, clients=20)
    weights = np.random.default_rng(0).integers(0, 3, size=(1, 20))
    copies = [np.flatnonzero(client == c) for c in range(20) for _ in range(weights[0, c])]
    rows, again = np.concatenate(copies), np.repeat(np.arange(len(copies)), [len(c) for c in copies])
    for one, two in (
        (
            two_level_covariance(two_level_moments(values, client, weights)).between,
            two_level_covariance(two_level_moments(values[rows], again)).between,
        ),
        (
            variance_components(session_moments(values, client, session, weights)),
            variance_components(session_moments(values[rows], again, session[rows])),
        ),
    ):
        np.testing.assert_allclose(one, two, atol=1e-6)


def test_components_are_expected_mean_squares_for_balanced_data():
    values, client, session = simulate(4, balanced=True)
    p, t, m = 80, 3, values.shape[1]
    cube = values[np.lexsort((session, client))].reshape(p, t, m)
    grand = cube.mean()
    main = [cube.mean(axis=axes) - grand for axes in ((1, 2), (0, 2), (0, 1))]
    pairs = [
        cube.mean(axis=2) - grand - main[0][:, None] - main[1],
        cube.mean(axis=1) - grand - main[0][:, None] - main[2],
        cube.mean(axis=0) - grand - main[1][:, None] - main[2],
    ]
    rest = (
        cube
        - grand
        - main[0][:, None, None]
        - main[1][:, None]
        - main[2]
        - pairs[0][:, :, None]
        - pairs[1][:, None]
        - pairs[2]
    )
    ms_p, ms_t, ms_i = (p * t * m / len(part) * (part**2).sum() / (len(part) - 1) for part in main)
    ms_pt, ms_pi, ms_ti = (
        size * (part**2).sum() / ((part.shape[0] - 1) * (part.shape[1] - 1))
        for size, part in zip((m, t, p), pairs, strict=True)
    )
    error = (rest**2).sum() / ((p - 1) * (t - 1) * (m - 1))
    expected = [
        (ms_p - ms_pt - ms_pi + error) / (t * m),
        (ms_t - ms_pt - ms_ti + error) / (p * m),
        (ms_i - ms_pi - ms_ti + error) / (p * t),
        (ms_pt - error) / m,
        (ms_pi - error) / t,
        (ms_ti - error) / p,
        error,
    ]
    assert min(expected) > 0
    np.testing.assert_allclose(variance_components(session_moments(values, client, session))[0], expected, atol=1e-7)


def test_scale_and_order_do_not_matter():
    values, client, session = simulate(6)
    frame = pd.DataFrame(values)
    one = repeated_sessions(frame, client, session, draws=20, seed=1).rows
    order = np.random.default_rng(0).permutation(len(values))
    two = repeated_sessions(100 * frame.iloc[order, ::-1], client[order], session[order], draws=20, seed=1).rows
    free = ~one["statistic"].str.startswith("variance_")
    for column in ("estimate", "lower", "upper"):
        np.testing.assert_allclose(one.loc[free, column], two.loc[free, column], atol=1e-5)


def test_simulated_reliabilities_are_found():
    loadings = np.full(6, 0.8)
    values, client, session = simulate(7, clients=1500, items=6, loadings=loadings)
    rows = repeated_sessions(pd.DataFrame(values), client, session, draws=0).rows.set_index("statistic")["estimate"]
    between, within = (6 * 0.8) ** 2, (6 * 0.8 * 0.7) ** 2
    assert rows["omega_between"] == pytest.approx(between / (between + 6 * 0.25), abs=0.01)
    assert rows["omega_within"] == pytest.approx(within / (within + 6 * 0.36), abs=0.02)
    assert rows["variance_client"] == pytest.approx(0.64, abs=0.06)
    assert rows["variance_client_item"] == pytest.approx(0.25, abs=0.02)


def test_answers_carried_forward_have_no_components():
    """Without any change from session to session no residual is left, and the likelihood has no maximum."""
    once = np.random.default_rng(2).integers(1, 6, size=(20, 4)).astype(float)
    client, session = np.repeat(np.arange(20), 2), np.tile([1, 2], 20)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = repeated_sessions(pd.DataFrame(np.repeat(once, 2, axis=0)), client, session, draws=20)
    components = found.rows[found.rows["statistic"].str.startswith("variance_")]
    assert components["estimate"].isna().all()
    assert (components["note"] != "").all()


def test_coefficients_by_hand():
    components = np.array([[4.0, 1, 9, 2, 3, 1, 6]])
    # three sessions, six items: true 4 + 3/6
    found = cranford(components, 3, 6)
    assert found["r_1f"][0] == pytest.approx(4.5 / 5.5)
    assert found["r_kf"][0] == pytest.approx(4.5 / (4.5 + 1 / 3))
    assert found["r_1r"][0] == pytest.approx(4.5 / (4.5 + 3 + 1))
    assert found["r_kr"][0] == pytest.approx(4.5 / (4.5 + 1 + 1 / 3))
    assert found["r_c"][0] == pytest.approx(2 / 3)
    assert generalizability_coefficient(components, 3, 6, "generalizability")[0] == pytest.approx(
        4 / (4 + 2 / 3 + 0.5 + 1 / 3)
    )
    assert generalizability_coefficient(components, 3, 6, "dependability")[0] == pytest.approx(
        4 / (4 + 3 / 3 + 12 / 6 + 7 / 18)
    )
    with pytest.raises(ValueError, match="generalizability"):
        generalizability_coefficient(components, 3, 6, "other")


@pytest.mark.parametrize("target", [0.7, 0.8, 0.85])
def test_needed_numbers_are_the_smallest(target):
    components = np.array([[4.0, 1, 9, 2, 3, 1, 6]])
    for needed, reached in (
        (sessions_needed, lambda k: generalizability_coefficient(components, k, 6, "generalizability")[0]),
        (items_needed, lambda m: generalizability_coefficient(components, 6, m, "generalizability")[0]),
    ):
        number = needed(components, 6, target, "generalizability")[0]
        assert reached(number) >= target and (number == 1 or reached(number - 1) < target)


def test_what_no_number_reaches():
    study = decision_study(np.array([1.0, 0, 0, 2, 0, 0, 1]), None, 10, n=50, level=0.95, reason="no resamples")
    needed = study[study["statistic"] == "items_needed"]
    assert needed["estimate"].isna().all()
    assert needed["note"].iloc[0] == "no number of items reaches 0.70: the coefficient stays below 0.33"
    assert (study.loc[study["statistic"] == "generalizability", "note"] == "no resamples").all()


def test_reasons():
    values, client, session = simulate(8, clients=12)
    frame = pd.DataFrame(values, columns=list("abcde"))

    def note(answers, who=client, when=session):
        rows, study, _ = repeated_sessions(answers, who, when, draws=0)
        assert len(rows) == len(study) == 1 and rows["estimate"].isna().all()
        return rows["note"].iloc[0]

    assert note(frame[["a"]]) == "one item: internal consistency is not defined"
    assert "two sessions" in note(frame, np.arange(len(frame)))
    assert note(frame.assign(b=3.0)) == "without variance: b"
    assert "fewer than three clients" in note(frame, client % 2, np.arange(len(frame)))
    twins = repeated_sessions(frame.assign(b=frame["a"]), client, session, draws=5).rows.set_index("statistic")
    assert "cannot be estimated" in twins["note"]["alpha_within"] and np.isnan(twins["estimate"]["alpha_within"])
    pair = repeated_sessions(frame[["a", "b"]], client, session, draws=5).rows.set_index("statistic")
    assert pair["note"]["omega_between"] == "two items: a one-factor model is not identified"
    few = repeated_sessions(frame, client, session, units=client % 2, draws=5).rows.set_index("statistic")
    assert "fewer than three units" in few["note"]["alpha_between"]
    with pytest.raises(ValueError, match="more than one row"):
        session_moments(values, client, np.zeros(len(values)))


def test_retest():
    first, second = np.array([1.0, 2, 3, 4, np.nan]), np.array([2.0, 3, 4, 5, 1])
    rows = retest(first, second, draws=0).set_index("statistic")
    assert rows["estimate"]["retest_r"] == pytest.approx(1)
    # rows 2 * var / 2 + ...: MS rows 10/3, error 0, MS columns 2: (10/3) / (10/3 + 2/4 * 2)
    assert rows["estimate"]["retest_icc"] == pytest.approx((10 / 3) / (10 / 3 + 1))
    assert retest(first, np.ones(5))["note"].iloc[0] == "a score without variance in one of the sessions"
    assert "fewer than three clients" in retest(first[:2], second[:2])["note"].iloc[0]
