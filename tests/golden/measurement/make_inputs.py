"""Simulated answers for measurement models. From the root: python tests/golden/measurement/make_inputs.py."""

from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent


def ordinal(values: np.ndarray, cuts: list[float]) -> np.ndarray:
    return 1 + np.searchsorted(cuts, values)


def planted() -> pd.DataFrame:
    """Three instruments: a general factor, the true score of the first, and specific factors of the others."""
    rng = np.random.default_rng(41)
    n, sizes = 400, {"a": 6, "b": 5, "c": 4}
    general = rng.normal(size=n)
    specific = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], size=n)
    columns = {}
    for number, (block, size) in enumerate(sizes.items()):
        for item in range(size):
            g, s = (0.55 + 0.05 * item, 0.0) if block == "a" else (0.45 + 0.05 * item, 0.5)
            latent = g * general + np.sqrt(1 - g**2 - s**2) * rng.normal(size=n)
            if number:
                latent += s * specific[:, number - 1]
            columns[f"{block}{item + 1}"] = ordinal(latent, [-1.6, -0.7, 0.1, 1.0])
    return pd.DataFrame(columns)


def misfit() -> pd.DataFrame:
    """Four instruments with cross-loadings, correlated residuals, a ceiling and missing answers."""
    rng = np.random.default_rng(42)
    n, size = 350, 4
    whole = rng.normal(size=(n, 1))
    factors = 0.75 * whole + np.sqrt(1 - 0.75**2) * rng.normal(size=(n, 4))
    minor = rng.normal(size=(n, 6))
    columns = {}
    for block in range(4):
        for item in range(size):
            latent = 0.7 * factors[:, block] + 0.15 * factors[:, (block + 1) % 4] * (item % 2)
            latent += 0.2 * minor[:, (block + item) % 6] + 0.6 * rng.normal(size=n)
            answers = ordinal(latent, [-1.4, -0.6, 0.3]).astype(float)
            answers[rng.random(n) < 0.03] = np.nan
            columns[f"{'abcd'[block]}{item + 1}"] = answers
    return pd.DataFrame(columns)


def methods() -> pd.DataFrame:
    """Three traits, three parcels each, from clients and therapists; some forms were not returned."""
    rng = np.random.default_rng(43)
    n = 250
    traits = rng.multivariate_normal(np.zeros(3), 0.5 + 0.5 * np.eye(3), size=n)
    method = rng.multivariate_normal(np.zeros(3), 0.4 + 0.6 * np.eye(3), size=n)
    columns = {}
    for who in ("c", "t"):
        for trait in range(3):
            for parcel in range(3):
                value = (0.8 if who == "c" else 0.45) * traits[:, trait] + 0.5 * rng.normal(size=n)
                if who == "t":
                    value += 0.6 * method[:, trait]
                columns[f"{who}{trait + 1}{'xyz'[parcel]}"] = (4 + value + 0.3 * parcel).round(3)
    frame = pd.DataFrame(columns)
    frame.loc[rng.random(n) < 0.1, [name for name in frame if name.startswith("t3")]] = np.nan
    return frame


for make in (planted, misfit, methods):
    make().to_csv(HERE / f"{make.__name__}.csv", index=False, float_format="%g")
