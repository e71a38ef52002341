"""Write answers.csv: simulated clients of therapists in two arms, ordinal items, an outcome at four sessions.

Run from the project's root: python tests/golden/covariance_structures/make_inputs.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
CUTS = [-1.4, -0.5, 0.3, 1.2]
LOADINGS = [0.8, 0.7, 0.6, 0.75, 0.7, 0.65, 0.8, 0.6]


def main() -> None:
    rng = np.random.default_rng(16)
    people, therapists = 600, 50
    therapist = np.sort(rng.integers(0, therapists, people))
    arm = rng.integers(0, 2, people)
    common = 0.5 * rng.normal(size=therapists)[therapist] + rng.normal(size=people) * 0.87
    factors = 0.7 * common[:, None] + rng.normal(size=(people, 2)) * 0.7 + 0.4 * arm[:, None]
    columns = {"client": np.arange(1, people + 1), "therapist": therapist + 1, "arm": np.where(arm, "new", "usual")}
    for item, loading in enumerate(LOADINGS):
        latent = loading * factors[:, item // 4] + np.sqrt(1 - loading**2) * rng.normal(size=people)
        latent += 0.4 * arm if item == 3 else 0  # its thresholds differ between arms
        columns[f"i{item + 1}"] = 1 + np.searchsorted(CUTS, latent)
    columns["baseline"] = np.round(rng.normal(20, 5, people), 1)
    slope = -1.0 - 0.5 * factors[:, 0] + 0.6 * rng.normal(size=people)
    level = 0.7 * columns["baseline"] + rng.normal(0, 3, people)
    for session in range(4):
        columns[f"s{session + 1}"] = np.round(level + slope * session + rng.normal(0, 2, people), 1)
    frame = pd.DataFrame(columns)
    for session in (2, 3, 4):  # who gets worse is lost more often
        lost = rng.random(people) < 0.05 * session + 0.1 * (frame["s1"] > frame["s1"].median())
        frame.loc[lost, f"s{session}"] = np.nan
    frame.to_csv(HERE / "answers.csv", index=False)


if __name__ == "__main__":
    main()
