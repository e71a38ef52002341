"""Do intervals of reliabilities hold the truth? Bias and coverage of alpha, omegas and ICC over many samples.

Run from the project's root: python benchmarks/recovery_reliability.py --samples 1000 > docs/recovery_reliability.md
One process per core, unless --processes says otherwise.
"""
import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.hierarchical_omega import omega_rows
from psychometrics.nesting import clients_in_therapists
from psychometrics.reliability import reliability

DESIGN = """A sample has 12 items with seven categories and the ceiling that answers to alliance questionnaires have:
three subscales of four items each, loadings of .65 to .80 on factors correlated .50. Intervals of omega and the second
one of alpha rest on 200 resamples. For the ICC the people are clients of therapists, five each, and therapists make a
tenth of the factors' variance; the score is the mean of the items. The truth is the value of the same coefficient in
one sample of 400,000 people."""
ITEMS = [f"i{j + 1:02d}" for j in range(12)]
SUBSCALES = {name: ITEMS[4 * j:4 * j + 4] for j, name in enumerate(("task", "bond", "goal"))}
LOADINGS = np.tile([0.8, 0.75, 0.7, 0.65], 3)
OF_FACTOR = np.repeat(np.arange(3), 4)
CUTS = np.array([-2.0, -1.5, -1.0, -0.5, 0.1, 0.9]) - 0.5
CLIENTS, OF_THERAPISTS, RESAMPLES, LARGE = 5, 0.10, 200, 400_000
OF_PEOPLE = ["alpha", "alpha_bootstrap", "omega_total", "omega_categorical", "omega_hierarchical"]
WANTED = [*OF_PEOPLE, "icc_therapist"]


def simulate(n: int, rng: np.random.Generator, of_therapists: float = 0.0) -> pd.DataFrame:
    """Answers of n clients, the first CLIENTS of them of one therapist, and so on."""
    def part(size):
        return np.sqrt(0.5) * rng.normal(size=(size, 1)) + np.sqrt(0.5) * rng.normal(size=(size, 3))

    factors = np.sqrt(of_therapists) * part(-(-n // CLIENTS)).repeat(CLIENTS, axis=0)[:n]
    factors += np.sqrt(1 - of_therapists) * part(n)
    latent = factors[:, OF_FACTOR] * LOADINGS + rng.normal(size=(n, 12)) * np.sqrt(1 - LOADINGS**2)
    return pd.DataFrame(1 + np.searchsorted(CUTS, latent), columns=ITEMS)


def coefficients(answers: pd.DataFrame, **settings) -> pd.DataFrame:
    rows = pd.concat([reliability(answers, items=False, **settings),
                      omega_rows(answers, subscales=SUBSCALES, **settings)])
    return rows.set_index("statistic").loc[OF_PEOPLE, ["estimate", "lower", "upper"]]


def truth() -> pd.Series:
    """Every coefficient in a very large sample; the ICC from its mean squares, as therapists have equal numbers."""
    rng = np.random.default_rng(1)
    values = coefficients(simulate(LARGE, rng), draws=0)["estimate"]
    scores = simulate(LARGE, rng, OF_THERAPISTS).mean(axis=1).to_numpy().reshape(-1, CLIENTS)
    between, within = CLIENTS * scores.mean(axis=1).var(ddof=1), scores.var(axis=1, ddof=1).mean()
    values["icc_therapist"] = (between - within) / (between + (CLIENTS - 1) * within)
    return values


def estimates(seed: int, n: int) -> pd.DataFrame:
    """Estimate and limits of every coefficient in one sample, by statistic."""
    rng = np.random.default_rng(np.random.SeedSequence([n, seed]))
    answers, nested = simulate(n, rng), simulate(n, rng, OF_THERAPISTS)
    of_therapists = clients_in_therapists(nested.mean(axis=1), pd.Series(np.arange(n) // CLIENTS).astype(str))
    return pd.concat([coefficients(answers, draws=RESAMPLES, seed=seed),
                      of_therapists.set_index("statistic").loc[["icc_therapist"], ["estimate", "lower", "upper"]]])


def main(samples: int, sizes: list[int], processes: int | None) -> None:
    planted = truth()
    print(f"# Recovery of reliabilities\n\n{samples} simulated samples per size. {' '.join(DESIGN.split())}\n")
    print("| people | coefficient | truth | mean error | 95 % intervals that hold the truth (%) | samples |")
    print("| --- | --- | --- | --- | --- | --- |")
    with ProcessPoolExecutor(processes) as pool:
        for n in sizes:
            found = list(pool.map(partial(estimates, n=n), range(samples), chunksize=5))
            for statistic in WANTED:
                values = np.array([rows.loc[statistic].to_numpy(dtype=float) for rows in found])
                error = np.nanmean(values[:, 0]) - planted[statistic]
                # a sample without an interval counts as a miss
                held = np.mean((values[:, 1] <= planted[statistic]) & (planted[statistic] <= values[:, 2]))
                print(f"| {n} | {statistic} | {planted[statistic]:.3f} | {error:+.3f} | {100 * held:.1f} | "
                      f"{np.isfinite(values[:, 0]).sum()} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[60, 150, 400])
    parser.add_argument("--processes", type=int)
    given = parser.parse_args()
    main(given.samples, given.sizes, given.processes)
