"""Which sessions enter a lagged model: equally far apart, attended by many, and no more than the clients can bear."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from psychometrics.not_computable import NotComputable

FEWEST = 3  # sessions: with two nothing tells what is stable from what is carried over
PER_PARAMETER = 5  # clients for each parameter of the headline model (Bentler & Chou 1987)
LEAST_PER_PARAMETER = 2  # with fewer there is no model
PRESENT = 0.5  # share of the clients who have both variables at a session of the model


class Waves(NamedTuple):
    """Two variables of the same clients at sessions that are equally far apart.

    Attributes
    ----------
    alliance : pandas.DataFrame of shape (n, T)
        Clients x sessions, missing where not rated.
    symptoms : pandas.DataFrame of shape (n, T)
        The same of the symptoms.
    interval : int
        Sessions from one to the next.
    note : str
        Why there are not more sessions; empty where all are there.
    """

    alliance: pd.DataFrame
    symptoms: pd.DataFrame
    interval: int
    note: str

    @property
    def sessions(self) -> list[int]:
        """List the numbers of the sessions.

        Returns
        -------
        list of int
            In order.
        """
        return [int(session) for session in self.alliance.columns]


def n_parameters(sessions: int) -> int:
    """Count the parameters of the random-intercept cross-lagged panel model with lags equal over time.

    Parameters
    ----------
    sessions : int
        Number of sessions, T.

    Returns
    -------
    int
        5 T + 7: means of both variables, variances and covariance of intercepts and of the first session, four lags,
        and of every later session two variances and a covariance.

    Examples
    --------
    >>> n_parameters(6)
    37
    """
    return 5 * sessions + 7


def choose_waves(alliance: pd.DataFrame, symptoms: pd.DataFrame, most: int = 6) -> Waves:
    """Choose the sessions of a lagged model before anything is estimated.

    Parameters
    ----------
    alliance : pandas.DataFrame
        Clients x sessions by number, missing where not rated.
    symptoms : pandas.DataFrame
        The same clients x the sessions at which symptoms were measured.
    most : int, default 6
        Most sessions.

    Returns
    -------
    Waves
        The longest run of sessions that are equally far apart, of equally long ones that of the shortest interval and
        the earliest; clients without a value there are left out. A session counts that at least half of the clients of
        the best attended session have both variables at. A run has at most `most` sessions, and no more than leave
        five clients for each parameter of the model; three are always allowed.

    Raises
    ------
    NotComputable
        Fewer than three sessions, or no three that are equally far apart; fewer than two clients for each parameter.

    Examples
    --------
    >>> import numpy as np
    >>> rated = pd.DataFrame(np.random.default_rng(1).normal(size=(120, 4)), columns=[1, 3, 5, 8])
    >>> waves = choose_waves(rated, rated)
    >>> waves.sessions, waves.interval
    ([1, 3, 5], 2)
    """
    both = [int(session) for session in alliance.columns if session in symptoms.columns]
    present = {
        session: int((alliance[session].notna() & symptoms[session].notna()).sum()) for session in sorted(set(both))
    }
    enough = PRESENT * max(present.values(), default=0)
    known = [session for session, count in present.items() if count and count >= enough]
    if len(known) < FEWEST:
        at = {0: "no session", 1: "one session only", 2: "two sessions only"}[len(known)]
        raise NotComputable(
            f"enough clients have alliance and symptoms at {at}: lagged models need three that are equally far apart"
        )
    run = _longest_run(known)
    if len(run) < FEWEST:
        text = f"{', '.join(map(str, known[:-1]))} and {known[-1]}"
        raise NotComputable(
            f"no three of the sessions {text} are equally far apart, as lags that are equal over time need"
        )
    some = alliance[run].notna().any(axis=1) | symptoms[run].notna().any(axis=1)
    n = int(some.sum())
    if n < LEAST_PER_PARAMETER * n_parameters(FEWEST):
        raise NotComputable(
            f"{n} clients are too few: {FEWEST} sessions have {n_parameters(FEWEST)} parameters, which need at least "
            f"{LEAST_PER_PARAMETER} clients each"
        )
    bearable = max(FEWEST, (n // PER_PARAMETER - 7) // 5)
    chosen = run[: max(FEWEST, min(most, bearable))]
    note = ""
    if len(chosen) < len(run):
        limit = f"the most that {n} clients allow" if bearable < most else "the most that are asked for"
        note = f"{len(chosen)} of {len(run)} sessions: {limit}"
    some = alliance[chosen].notna().any(axis=1) | symptoms[chosen].notna().any(axis=1)
    return Waves(
        alliance.loc[some, chosen].astype(float), symptoms.loc[some, chosen].astype(float), chosen[1] - chosen[0], note
    )


def within_sd(values: pd.DataFrame) -> float:
    """Standard deviation within clients, means of the sessions taken out.

    Parameters
    ----------
    values : pandas.DataFrame
        Clients x sessions.

    Returns
    -------
    float
        Root of the residual mean square of clients and sessions.

    Examples
    --------
    >>> round(within_sd(pd.DataFrame({1: [1.0, 2.0, 3.0], 2: [2.0, 2.0, 5.0]})), 3)
    0.707
    """
    table = values.to_numpy(float)
    known = ~np.isnan(table)
    left, before, total = np.where(known, table, 0.0), np.inf, 0.0
    # rows and columns in turns: with gaps they are not orthogonal
    for _ in range(200):
        for axis in (0, 1):
            count = np.maximum(known.sum(axis=axis, keepdims=True), 1)
            left = np.where(known, left - left.sum(axis=axis, keepdims=True) / count, 0.0)
        total = float((left**2).sum())
        if before - total <= 1e-12 * total:
            break
        before = total
    df = known.sum() - known.any(axis=1).sum() - known.any(axis=0).sum() + 1
    return float(np.sqrt(total / df)) if df > 0 else np.nan


def _longest_run(sessions: list[int]) -> list[int]:
    """The longest run of equal intervals; of equally long ones the closest and earliest."""
    known = set(sessions)
    best: list[int] = []
    for step in range(1, sessions[-1] - sessions[0] + 1):
        for first in sessions:
            run = [first]
            while run[-1] + step in known:
                run.append(run[-1] + step)
            if len(run) > len(best):
                best = run
    return best
