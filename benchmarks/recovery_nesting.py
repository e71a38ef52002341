"""Do the intervals of intraclass correlations hold what they promise? Coverage over many samples.

Run from the project's root: python benchmarks/recovery_nesting.py --samples 1000 > docs/recovery_nesting.md
A thousand samples take about a quarter of an hour of one core.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.variance.nesting import clients_in_therapists, sessions_in_clients
from psychometrics.variance.raters import rater_agreement

TEXT = """Therapists have 2 to 15 clients each; with sessions 2 to 9 clients, with 1 to 5 sessions each, and therapists
and clients make .10 and .50, or .25 and .35, of the variance; clients and raters make .60 and .10 of that of ratings.
Scores are normal, or means of six items with seven categories and the ceiling that answers to alliance questionnaires
have. Nested sessions: ICC of therapists, of clients, and of sessions of the same client. Ratings: ICC(A,1), ICC(C,1).
The truth of scores with a ceiling is found by simulation. Too high: the 95% interval lies above the truth."""
CEILING = ndtri(np.cumsum([0.02, 0.03, 0.05, 0.10, 0.18, 0.30]))  # six thresholds, a third of the answers at the top
LOADING = 0.75
DRAWS = 1000
PAIRS = 400_000  # of simulated scores, for the truth


def score(latent, rng, ordinal):
    """The score itself, or the mean of six items of seven categories that measure it."""
    if not ordinal:
        return latent
    items = LOADING * latent[..., None] + np.sqrt(1 - LOADING**2) * rng.normal(size=(*latent.shape, 6))
    return (1 + np.searchsorted(CEILING, items)).mean(axis=-1)


def two_levels(rng, ordinal, *, therapists, icc, largest):
    size = rng.integers(2, largest + 1, therapists)
    of = np.repeat(np.arange(therapists), size)
    latent = np.sqrt(icc) * rng.normal(size=therapists)[of] + np.sqrt(1 - icc) * rng.normal(size=len(of))
    return clients_in_therapists(score(latent, rng, ordinal), of)


def three_levels(rng, ordinal, *, therapists, shares, draws=DRAWS):
    of = np.repeat(np.arange(therapists), rng.integers(2, 10, therapists))
    client = np.repeat(np.arange(len(of)), rng.integers(1, 6, len(of)))
    sd = np.sqrt([*shares, 1 - sum(shares)])
    latent = (
        sd[0] * rng.normal(size=therapists)[of[client]]
        + sd[1] * rng.normal(size=len(of))[client]
        + sd[2] * rng.normal(size=len(client))
    )
    return sessions_in_clients(score(latent, rng, ordinal), client, of[client], draws=draws)


def raters(rng, ordinal, *, clients, raters, missing, shares=(0.6, 0.1)):
    latent = (
        np.sqrt(shares[0]) * rng.normal(size=(clients, 1))
        + np.sqrt(shares[1]) * rng.normal(size=(1, raters))
        + np.sqrt(1 - sum(shares)) * rng.normal(size=(clients, raters))
    )
    ratings = score(latent, rng, ordinal)
    ratings[rng.random(ratings.shape) < missing] = np.nan
    return rater_agreement(pd.DataFrame(ratings), draws=DRAWS)


DESIGNS = {
    "15 therapists, ICC .05": (two_levels, {"therapists": 15, "icc": 0.05, "largest": 15}),
    "40 therapists, ICC .20": (two_levels, {"therapists": 40, "icc": 0.2, "largest": 15}),
    "15 therapists, ICC .50": (two_levels, {"therapists": 15, "icc": 0.5, "largest": 15}),
    "15 therapists, sessions": (three_levels, {"therapists": 15, "shares": (0.1, 0.5)}),
    "30 therapists, sessions": (three_levels, {"therapists": 30, "shares": (0.25, 0.35)}),
    "2 raters of 60 clients": (raters, {"clients": 60, "raters": 2, "missing": 0}),
    "4 raters, 30% missing": (raters, {"clients": 60, "raters": 4, "missing": 0.3}),
}
KEEP = ("icc_therapist", "icc_client", "icc_same_client", "icc_a1", "icc_c1")  # not ICC(1): here raters differ


def truths(design, settings, ordinal):
    """Coefficients of the population: of normal scores the shares, of ordinal ones from covariances of two scores that
    have a therapist, a client or a rater in common."""
    if design is two_levels:
        shares = np.array([settings["icc"], 0])
    else:
        shares = np.array(settings.get("shares", (0.6, 0.1)))
    if ordinal:
        rng = np.random.default_rng(9)
        first, second, both = rng.normal(size=(3, PAIRS))
        one = np.sqrt([*shares, 1 - shares.sum()])
        base = one[0] * first + one[1] * second + one[2] * both
        # pairs that have the first source in common, the second, or both
        pairs = [
            one[0] * (first if shared[0] else rng.normal(size=PAIRS))
            + one[1] * (second if shared[1] else rng.normal(size=PAIRS))
            + one[2] * rng.normal(size=PAIRS)
            for shared in ((1, 0), (0, 1), (1, 1))
        ]
        scores = score(base, rng, True)
        first, second, both = (np.cov(scores, score(pair, rng, True))[0, 1] / scores.var() for pair in pairs)
        nested = design is not raters
        shares = np.array([first, both - first if nested else second])
    if design is raters:
        return {"icc_a1": shares[0], "icc_c1": shares[0] / (1 - shares[1])}
    return {"icc_therapist": shares[0], "icc_client": shares[1], "icc_same_client": shares.sum()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    samples = parser.parse_args().samples
    print(f"# Recovery of intraclass correlations\n\n{samples} simulated samples per row. {' '.join(TEXT.split())}\n")
    print("| design | scores | coefficient | truth | mean estimate | covered, % | too high, % | too low, % |")
    print("|---|---|---|---|---|---|---|---|")
    for name, (design, settings) in DESIGNS.items():
        for ordinal in (False, True):
            truth = truths(design, settings, ordinal)
            drawn = pd.concat([design(np.random.default_rng([1, i]), ordinal, **settings) for i in range(samples)])
            for statistic in KEEP:
                rows = drawn[drawn["statistic"] == statistic]
                if rows.empty:
                    continue
                high, low = (
                    100 * (rows["lower"] > truth[statistic]).mean(),
                    100 * (rows["upper"] < truth[statistic]).mean(),
                )
                print(
                    f"| {name} | {'ceiling' if ordinal else 'normal'} | {statistic} | {truth[statistic]:.3f} | "
                    f"{rows['estimate'].mean():.3f} | {100 - high - low:.1f} | {high:.1f} | {low:.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
