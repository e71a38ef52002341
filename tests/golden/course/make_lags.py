"""Simulate the answers of lags.csv: python tests/golden/course/make_lags.py, from the project's root."""

from pathlib import Path

import numpy as np
import pandas as pd

SESSIONS, THERAPISTS, CLIENTS = 5, 24, 240


def main() -> None:
    rng = np.random.default_rng(20261128)
    therapist = rng.integers(0, THERAPISTS, CLIENTS)
    level = (
        rng.multivariate_normal([0, 0], [[0.6, -0.2], [-0.2, 0.8]], CLIENTS).T
        + rng.normal(scale=0.3, size=(2, THERAPISTS))[:, therapist]
    )
    trend = 0.1 * rng.normal(size=(2, CLIENTS))
    state = rng.multivariate_normal([0, 0], [[1, -0.3], [-0.3, 1]], CLIENTS).T
    rows = []
    for session in range(1, SESSIONS + 1):
        seen = level + trend * session + state
        # an alliance with a long lower tail, symptoms that fall
        alliance, symptoms = 5 - 0.6 * np.exp(-0.5 * seen[0]), 5 - 0.2 * session + 0.8 * seen[1]
        for client in range(CLIENTS):
            rows.append([client + 1, therapist[client] + 1, session, alliance[client], symptoms[client]])
        state = np.array([0.3 * state[0] - 0.1 * state[1], 0.4 * state[1] - 0.25 * state[0]])
        state = state + rng.multivariate_normal([0, 0], [[0.8, -0.2], [-0.2, 0.8]], CLIENTS).T
    frame = pd.DataFrame(rows, columns=["client", "therapist", "session", "alliance", "symptoms"])
    last = rng.choice([2, 3, 4, 5], CLIENTS, p=[0.08, 0.07, 0.1, 0.75])
    gone = frame["session"].to_numpy() > last[frame["client"].to_numpy() - 1]
    for name in ("alliance", "symptoms"):
        frame.loc[gone | (rng.random(len(frame)) < 0.04), name] = np.nan
    frame = frame.dropna(subset=["alliance", "symptoms"], how="all").round({"alliance": 3, "symptoms": 3})
    frame.to_csv(Path(__file__).parent / "lags.csv", index=False)


if __name__ == "__main__":
    main()
