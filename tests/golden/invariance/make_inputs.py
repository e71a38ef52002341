"""Write the simulated answers of the goldens: groups, occasions, perspectives; ordinal and continuous.

Run from the project's root: python tests/golden/invariance/make_inputs.py
"""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
CUTS = np.array([-1.3, -0.4, 0.7])
LOADINGS = np.array([0.8, 0.7, 0.65, 0.75, 0.7, 0.6])
ITEMS = [f"i{item}" for item in range(1, 7)]


def ordinal(latent: np.ndarray, cuts: np.ndarray = CUTS) -> np.ndarray:
    """Answers 1, 2, ... of latent answers."""
    return 1 + (latent[..., None] > cuts).sum(axis=-1)


def rated(rng: np.random.Generator, people: int, units: int, means: list[float], biased: tuple[int, float]) -> list:
    """Latent answers of the same people in several units; one item is biased in the last unit."""
    both = 0.4 + 0.6 * np.eye(units)
    factors = rng.multivariate_normal(np.zeros(units), both, (people, 2))  # people x factors x units
    factors[:, 1] = 0.6 * factors[:, 0] + 0.8 * factors[:, 1]
    own = rng.multivariate_normal(np.zeros(units), 0.3 + 0.7 * np.eye(units), (people, 6))
    found = []
    for unit in range(units):
        latent = np.repeat(factors[:, :, unit], 3, axis=1) * LOADINGS + own[:, :, unit] * np.sqrt(1 - LOADINGS**2)
        latent += means[unit] * LOADINGS
        if unit == units - 1:
            latent[:, biased[0]] += biased[1]
        found.append(latent)
    return found


def main() -> None:
    rng = np.random.default_rng(113)
    parts = []
    for group, people, mean in (("one", 350, 0.0), ("other", 300, 0.4)):
        latent = rated(rng, people, 1, [mean], (3, 0.6 if group == "other" else 0.0))[0]
        parts.append(pd.DataFrame(ordinal(latent), columns=ITEMS).assign(group=group))
    pd.concat(parts).to_csv(HERE / "groups_ordinal.csv", index=False)

    latent = rated(rng, 400, 3, [0.0, 0.3, 0.5], (2, -0.5))
    names = [f"{item}.{unit}" for unit in (1, 2, 3) for item in ITEMS]
    frame = pd.DataFrame(np.hstack([ordinal(part) for part in latent]), columns=names).astype("Int64")
    frame = frame.mask(rng.random(frame.shape) < 0.04)
    frame.to_csv(HERE / "occasions_ordinal.csv", index=False)

    latent = rated(rng, 300, 2, [0.0, -0.3], (4, 0.7))
    names = [f"{item}.{unit}" for unit in (1, 2) for item in ITEMS]
    answers = np.hstack([ordinal(part) for part in latent])
    frame = pd.DataFrame(answers, columns=names).assign(therapist=rng.integers(1, 31, 300))
    frame.to_csv(HERE / "perspectives_ordinal.csv", index=False)

    latent = rated(rng, 350, 2, [0.0, 0.4], (1, 0.5))
    few = np.hstack([ordinal(part, np.array([-0.7, 0.5])) for part in latent])
    pd.DataFrame(few, columns=names).to_csv(HERE / "three_categories.csv", index=False)

    parts = []
    for group, people, mean in (("one", 250, 0.0), ("other", 200, 0.5), ("third", 150, -0.3)):
        latent = rated(rng, people, 1, [mean], (0, 0.5 if group == "third" else 0.0))[0]
        frame = pd.DataFrame(np.round(50 + 10 * latent, 1), columns=ITEMS)
        parts.append(frame.mask(rng.random(frame.shape) < 0.06).assign(group=group))
    pd.concat(parts).to_csv(HERE / "groups_continuous.csv", index=False)

    # one factor, and thresholds that differ between the items, without which two categories determine little
    common = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1.6]], 600) + np.array([0, 0.4])
    noise = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], (600, 6))
    latent = [common[:, [unit]] * 1.3 * LOADINGS + noise[:, :, unit] for unit in (0, 1)]
    few = np.hstack([1 + (part > np.array([-0.9, -0.5, 0.0, 0.3, 0.7, 1.1])) for part in latent])
    pd.DataFrame(few, columns=names).to_csv(HERE / "two_categories.csv", index=False)


if __name__ == "__main__":
    main()
