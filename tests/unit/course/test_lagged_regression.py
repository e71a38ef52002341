"""Regression within clients: planted values, known errors, what cannot be computed. Against R: tests/golden/course."""

import numpy as np
import pytest

from psychometrics.course.lagged_regression import lagged_regression
from psychometrics.not_computable import NotComputable


def drawn(n: int, sessions: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, n, sessions))
    for t in range(1, sessions):
        x[:, t] += 0.3 * x[:, t - 1]
        y[:, t] += 0.4 * y[:, t - 1] - 0.2 * x[:, t - 1]
    return x + rng.normal(size=(n, 1)), y + rng.normal(size=(n, 1))


def test_many_sessions_give_back_what_was_planted():
    x, y = drawn(100, 200)
    # 20,000 pairs: standard errors of .007, and (1 + .4) / 199 of bias
    assert lagged_regression(y, x, np.arange(100)).slopes == pytest.approx([0.4, -0.2], abs=0.03)


@pytest.mark.parametrize("trend", [False, True])
def test_known_errors_give_the_regression_on_values_without_them(trend):
    x, y = drawn(6000, 6)
    y[np.random.default_rng(4).random(y.shape) < 0.1] = np.nan
    units = np.arange(len(x))
    without = lagged_regression(y, x, units, trend=trend).slopes
    rng = np.random.default_rng(5)
    noisy = y + rng.normal(scale=0.5, size=y.shape), x + rng.normal(scale=0.7, size=x.shape)
    attenuated = lagged_regression(*noisy, units, trend=trend).slopes
    found = lagged_regression(*noisy, units, trend=trend, error=(0.25, 0.49))
    # 30,000 pairs of sessions: the errors drawn move the slopes by about .015
    assert found.slopes == pytest.approx(without, abs=0.04)
    assert np.abs(attenuated - without).max() > 0.04


def test_standard_errors_count_clusters():
    x, y = drawn(60, 6)
    own, shared = (lagged_regression(y, x, units) for units in (np.arange(60), np.arange(60) // 6))
    assert (own.clusters, shared.clusters, own.clients) == (60, 10, 60)
    assert own.slopes.tolist() == shared.slopes.tolist()


@pytest.mark.parametrize(
    ("change", "error", "reason"),
    [
        (lambda x, y: (x[:, :1], y[:, :1]), (0, 0), "no client has 3 sessions in a row"),
        (lambda x, y: (x * 0, y), (0, 0), "too little varies within clients"),
        (lambda x, y: (x, y), (0, 9.0), "the error variance is as large as what varies within clients"),
    ],
)
def test_what_cannot_be_computed_is_said(change, error, reason):
    x, y = change(*drawn(60, 6))
    with pytest.raises(NotComputable, match=reason):
        lagged_regression(y, x, np.arange(60), error=error)


def test_one_cluster_has_no_standard_error():
    x, y = drawn(60, 6)
    with pytest.raises(NotComputable, match="at least two clusters"):
        lagged_regression(y, x, np.zeros(60))
