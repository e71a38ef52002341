"""Make the small data sets that the R scripts and the tests read: simulated ordinal answers, and a published matrix.

Run from the project's root: python tests/golden/data/make.py
"""

from pathlib import Path

import numpy as np
import pandas as pd
import yaml

HERE = Path(__file__).parent


def simulate(rng, *, n, factor_of, loadings, factor_r, shares, missing=0.0):
    """Answers 1..c of n people: one latent factor per item, thresholds from the category shares."""
    factor_of, k = np.asarray(factor_of), max(factor_of) + 1
    phi = np.full((k, k), factor_r) + (1 - factor_r) * np.eye(k)
    factors = rng.multivariate_normal(np.zeros(k), phi, size=n)
    latent = factors[:, factor_of] * loadings + rng.normal(size=(n, len(factor_of))) * np.sqrt(1 - np.square(loadings))
    answers = np.empty_like(latent)
    for j, share in enumerate(shares):
        # thresholds as quantiles of a large normal sample keep this script free of scipy
        cuts = np.quantile(np.random.default_rng(0).normal(size=200_000), np.cumsum(share)[:-1])
        answers[:, j] = 1 + np.searchsorted(cuts, latent[:, j])
    answers[rng.random(answers.shape) < missing] = np.nan
    names = [f"i{j + 1:02d}" for j in range(len(factor_of))]
    return pd.DataFrame(answers, columns=names).astype("Int64")


def simulate_sessions(rng, *, therapists, loadings, missed=0.4):
    """Answers 1..7 to the items of one scale: sessions of clients of therapists, everyone at the first session."""
    loadings, rows = np.asarray(loadings), []
    common = rng.normal(0, 0.3, size=6)  # what a session does to everyone
    for therapist in range(therapists):
        of_therapist = rng.normal(0, 0.4)
        for number in range(rng.integers(3, 7)):
            of_client = of_therapist + rng.normal(0, 0.8)
            client_items = rng.normal(0, 0.45, size=len(loadings))
            for session in range(1, 7):
                if session > 1 and rng.random() < missed:
                    continue
                factor = of_client + common[session - 1] + rng.normal(0, 0.6)
                latent = 4.6 + 1.2 * loadings * factor + client_items + rng.normal(0, 0.7, size=len(loadings))
                answers = np.clip(np.rint(latent), 1, 7).astype(int)
                rows.append([f"t{therapist + 1:02d}", f"c{therapist + 1:02d}{number + 1}", session, *answers])
    items = [f"i{j + 1:02d}" for j in range(len(loadings))]
    return pd.DataFrame(rows, columns=["therapist", "client", "session", *items])


def simulate_raters(rng, *, clients, severity):
    """Answers 1..5 to four items: every client rated by every rater, raters of different severity."""
    rows = []
    for client in range(clients):
        of_client = rng.normal(0, 0.8)
        for rater, effect in enumerate(severity):
            latent = 3.4 + of_client + effect + rng.normal(0, 0.5) + rng.normal(0, 0.6, size=4)
            rows.append([client + 1, rater + 1, *np.clip(np.rint(latent), 1, 5).astype(int)])
    return pd.DataFrame(rows, columns=["client", "rater", "i01", "i02", "i03", "i04"])


def triangle_to_matrix(rows, p):
    matrix = np.eye(p)
    for i, values in rows.items():
        matrix[int(i) - 1, : len(values)] = matrix[: len(values), int(i) - 1] = values
    return matrix


def main():
    rng = np.random.default_rng(20111)
    ceiling = [0.02, 0.03, 0.05, 0.10, 0.18, 0.30, 0.32]
    frames = {
        "likert5": simulate(
            rng,
            n=250,
            factor_of=[0] * 4 + [1] * 4 + [2] * 4,
            loadings=np.tile([0.8, 0.7, 0.6, 0.5], 3),
            factor_r=0.4,
            shares=[[0.1, 0.2, 0.3, 0.25, 0.15]] * 12,
        ),
        "likert7_missing": simulate(
            rng,
            n=300,
            factor_of=[0] * 6 + [1] * 6 + [2] * 6,
            loadings=np.tile([0.85, 0.75, 0.7, 0.65, 0.6, 0.5], 3),
            factor_r=0.5,
            shares=[ceiling] * 18,
            missing=0.03,
        ),
        "binary": simulate(
            rng,
            n=400,
            factor_of=[0] * 5 + [1] * 5,
            loadings=np.tile([0.8, 0.7, 0.7, 0.6, 0.6], 2),
            factor_r=0.3,
            shares=[[q, 1 - q] for q in (0.5, 0.4, 0.3, 0.6, 0.25, 0.5, 0.45, 0.7, 0.35, 0.55)],
        ),
        "unequal": simulate(
            rng,
            n=200,
            factor_of=[0] * 5 + [1] * 4,
            loadings=[0.8, 0.7, 0.75, 0.6, 0.7, 0.8, 0.7, 0.65, 0.75],
            factor_r=0.35,
            shares=[np.full(c, 1 / c) for c in (2, 3, 4, 5, 7, 11, 6, 3, 2)],
        ),
    }
    frames["sessions"] = simulate_sessions(
        np.random.default_rng(2014), therapists=25, loadings=[0.9, 0.8, 0.8, 0.7, 0.6, 0.75]
    )
    frames["raters"] = simulate_raters(np.random.default_rng(1996), clients=60, severity=[0.0, 0.4, -0.2, 0.1])
    for name, frame in frames.items():
        frame.to_csv(HERE / f"{name}.csv", index=False)
    published = yaml.safe_load((HERE / "wai_sr_published.yaml").read_text())
    names = [f"i{j + 1:02d}" for j in range(12)]
    matrix = triangle_to_matrix(published["lower_triangle"], 12)
    pd.DataFrame(matrix, index=names, columns=names).to_csv(HERE / "wai_sr_matrix.csv", index_label="item")


if __name__ == "__main__":
    main()
