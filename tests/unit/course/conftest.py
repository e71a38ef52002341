"""Courses with planted values."""

import numpy as np
import pandas as pd
import pytest


def course(
    *,
    dyads: int = 80,
    therapists: int = 16,
    sessions: int = 8,
    mean=lambda time: 0.0 * time,
    slope_sd: float = 0.0,
    level_sd: float = 0.7,
    error: float = 0.5,
    phi: float = 0.0,
    keep: float = 1.0,
    seed: int = 1,
) -> pd.DataFrame:
    """Scores of dyads at sessions 1, 2, ...; `mean` of the time since the first, `keep` of the sessions are rated."""
    rng = np.random.default_rng(seed)
    therapist = np.arange(dyads) % therapists
    level = 0.4 * rng.normal(size=therapists)[therapist] + level_sd * rng.normal(size=dyads)
    slope = slope_sd * rng.normal(size=dyads)
    noise = rng.normal(size=(dyads, sessions))
    for session in range(1, sessions):
        noise[:, session] = phi * noise[:, session - 1] + np.sqrt(1 - phi**2) * noise[:, session]
    time = np.arange(sessions)
    score = 4 + mean(time) + level[:, None] + slope[:, None] * time + error * noise
    frame = pd.DataFrame(
        {
            "client": np.repeat(np.arange(dyads), sessions),
            "therapist": np.repeat(therapist, sessions).astype(str),
            "session": np.tile(time + 1, dyads),
            "score": score.ravel(),
        }
    )
    frame = frame.assign(dyad=frame["client"].astype(str), time=frame["session"].astype(float))
    return frame[rng.random(len(frame)) < keep].reset_index(drop=True)


@pytest.fixture
def planted():
    return course
