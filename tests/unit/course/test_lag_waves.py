"""Which sessions are chosen, by hand."""

import numpy as np
import pandas as pd
import pytest

from psychometrics.course.lag_waves import choose_waves, n_parameters, within_sd
from psychometrics.not_computable import NotComputable


def rated(sessions: list[int], n: int = 120, seed: int = 1) -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(n, len(sessions))), columns=sessions)


@pytest.mark.parametrize(
    ("sessions", "chosen", "interval"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 1),
        ([1, 3, 5, 8], [1, 3, 5], 2),
        ([1, 2, 4, 6, 8], [2, 4, 6, 8], 2),  # longer, though further apart
        ([2, 3, 4, 10, 20, 30], [2, 3, 4], 1),  # as long as 10, 20, 30
    ],
)
def test_the_longest_run_of_equal_intervals(sessions, chosen, interval):
    waves = choose_waves(rated(sessions, 300), rated(sessions, 300))
    assert (waves.sessions, waves.interval, waves.note) == (chosen, interval, "")


@pytest.mark.parametrize(("n", "most", "sessions"), [(280, 6, 6), (280, 20, 9), (200, 6, 6), (150, 6, 4), (60, 6, 3)])
def test_no_more_sessions_than_the_clients_bear(n, most, sessions):
    # 5 T + 7 parameters with five clients each: 280 / 5 = 56, 200 / 5 = 40, 150 / 5 = 30, 60 / 5 = 12
    table = rated(list(range(1, 17)), n)
    waves = choose_waves(table, table, most)
    assert len(waves.sessions) == sessions
    assert waves.note.startswith(f"{sessions} of 16 sessions: the most that ")


def test_sessions_of_few_clients_and_clients_without_a_value_are_left_out():
    alliance = rated([1, 2, 3, 4])
    alliance.loc[40:, 4] = np.nan
    alliance.loc[:9] = np.nan
    symptoms = alliance.copy()
    symptoms.loc[5, 1] = 0.0
    waves = choose_waves(alliance, symptoms)
    assert waves.sessions == [1, 2, 3]
    assert waves.alliance.index.tolist() == [5, *range(10, 120)]


@pytest.mark.parametrize(
    ("sessions", "n", "reason"),
    [
        ([1], 120, "at one session only"),
        ([1, 2], 120, "at two sessions only"),
        ([3, 8, 16], 120, "no three of the sessions 3, 8 and 16 are equally far apart"),
        ([1, 2, 3], 30, "30 clients are too few: 3 sessions have 22 parameters"),
    ],
)
def test_what_cannot_be_modelled_is_said(sessions, n, reason):
    with pytest.raises(NotComputable, match=reason):
        choose_waves(rated(sessions, n), rated(sessions, n))


def test_no_session_in_common():
    with pytest.raises(NotComputable, match="at no session"):
        choose_waves(rated([1, 2, 3]), rated([4, 5, 6]))


def test_parameters_of_the_model():
    # 3 sessions: 6 means, 3 of intercepts, 3 of the first session, 4 lags, 2 x 3 of the later ones
    assert n_parameters(3) == 6 + 3 + 3 + 4 + 6


def test_variance_within_clients_is_the_residual_of_both_means():
    table = pd.DataFrame({1: [1.0, 2.0, 6.0], 2: [2.0, 2.0, 5.0], 3: [6.0, 2.0, 1.0]})
    left = table.sub(table.mean(axis=1), axis=0).sub(table.mean(axis=0), axis=1) + table.to_numpy().mean()
    assert within_sd(table) == pytest.approx(np.sqrt((left.to_numpy() ** 2).sum() / 4), rel=1e-9)
    assert np.isnan(within_sd(pd.DataFrame({1: [1.0, 2.0]})))
