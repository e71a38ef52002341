"""Do intervals of reliabilities hold the truth? Bias and coverage of alpha, omegas and ICC over many samples.

Run from the project's root: python benchmarks/recovery_reliability.py --samples 1000 > docs/recovery_reliability.md
Every 10 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
table of what is in the file is printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples

from psychometrics.reliability.omega_categorical import categorical_omega
from psychometrics.reliability.omega_hierarchical import omega_rows
from psychometrics.reliability.scale_reliability import reliability_coefficients
from psychometrics.variance.nesting import clients_in_therapists

TEXT = """A sample has 12 items with seven categories, three subscales of four items each, loadings of .65 to .80 on
factors that correlate .50. Answers are symmetric, or have the ceiling that answers to alliance questionnaires have;
"weak group factors" are factors that correlate .75, with the ceiling. Intervals rest on 200 resamples of people.
Categorical omega, which takes most of the time, is estimated in every fourth sample. For the ICC the people are clients
of therapists, five each, and therapists make a tenth of the factors' variance; the score is the mean of the items. The
truth is the value of the same coefficient in one sample of 400,000 people. Too high: the interval lies above it."""
ITEMS = [f"i{j + 1:02d}" for j in range(12)]
SUBSCALES = {name: ITEMS[4 * j : 4 * j + 4] for j, name in enumerate(("task", "bond", "goal"))}
LOADINGS = np.tile([0.8, 0.75, 0.7, 0.65], 3)
OF_FACTOR = np.repeat(np.arange(3), 4)
CEILING, SYMMETRIC = np.array([-2.5, -2.0, -1.5, -1.0, -0.4, 0.4]), np.array([-1.8, -1.1, -0.4, 0.4, 1.1, 1.8])
DESIGNS = {"ceiling": (CEILING, 0.5), "symmetric": (SYMMETRIC, 0.5), "weak group factors": (CEILING, 0.75)}
CLIENTS, OF_THERAPISTS, RESAMPLES, LARGE = 5, 0.10, 200, 400_000
NAMES = {
    "alpha": "alpha (Feldt)",
    "alpha_jackknife": "alpha (jackknife)",
    "omega_total": "omega total",
    "omega_categorical": "omega categorical",
    "omega_hierarchical": "omega hierarchical",
    "icc_therapist": "ICC of clients in therapists",
}
COLUMNS = ["design", "people", "sample", "statistic", "estimate", "lower", "upper"]


def simulate(n: int, rng: np.random.Generator, design: str, of_therapists: float = 0.0) -> pd.DataFrame:
    """Answers of n clients, the first CLIENTS of them of one therapist, and so on."""
    cuts, r = DESIGNS[design]

    def part(size):
        return np.sqrt(r) * rng.normal(size=(size, 1)) + np.sqrt(1 - r) * rng.normal(size=(size, 3))

    factors = np.sqrt(of_therapists) * part(-(-n // CLIENTS)).repeat(CLIENTS, axis=0)[:n]
    factors += np.sqrt(1 - of_therapists) * part(n)
    latent = factors[:, OF_FACTOR] * LOADINGS + rng.normal(size=(n, 12)) * np.sqrt(1 - LOADINGS**2)
    return pd.DataFrame(1 + np.searchsorted(cuts, latent), columns=ITEMS)


def coefficients(answers: pd.DataFrame, design: str, categorical: bool, **settings) -> pd.DataFrame:
    """Estimate and limits by statistic; of weak group factors omega hierarchical alone."""
    rows = [omega_rows(answers, subscales=SUBSCALES, categorical=False, **settings)]
    if design != "weak group factors":
        rows.append(reliability_coefficients(answers, items=False, **settings))
        if categorical:
            rows.append(pd.DataFrame([categorical_omega(answers)]))
    found = pd.concat(rows).set_index("statistic")
    return found.loc[found.index.intersection(list(NAMES)), ["estimate", "lower", "upper"]]


def truth(design: str) -> pd.Series:
    """Every coefficient in a very large sample; the ICC from its mean squares, as therapists have equal numbers."""
    rng = np.random.default_rng(1)
    values = coefficients(simulate(LARGE, rng, design), design, True, draws=0)["estimate"]
    scores = simulate(LARGE, rng, design, OF_THERAPISTS).mean(axis=1).to_numpy().reshape(-1, CLIENTS)
    between, within = CLIENTS * scores.mean(axis=1).var(ddof=1), scores.var(axis=1, ddof=1).mean()
    values["icc_therapist"] = (between - within) / (between + (CLIENTS - 1) * within)
    return values


def estimates(seed: int, people: int, design: str) -> pd.DataFrame:
    """Estimate and limits of every coefficient in one sample."""
    rng = np.random.default_rng(np.random.SeedSequence([people, seed]))
    answers = simulate(people, rng, design)
    rows = coefficients(answers, design, seed % 4 == 0, draws=RESAMPLES, seed=seed)
    if design != "weak group factors":
        scores = simulate(people, rng, design, OF_THERAPISTS).mean(axis=1)
        icc = clients_in_therapists(scores, pd.Series(np.arange(people) // CLIENTS).astype(str)).set_index("statistic")
        rows = pd.concat([rows, icc.loc[["icc_therapist"], rows.columns]])
    return rows.reset_index().assign(design=design, people=people, sample=seed)[COLUMNS]


def table(file: Path) -> None:
    print(f"# Recovery of reliabilities\n\n{' '.join(TEXT.split())}\n")
    print(
        "| answers | people | coefficient | truth | mean error | 95% intervals that hold the truth (%) "
        "| too high (%) | too low (%) | samples |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    found = pd.read_csv(file)
    for design in DESIGNS:
        planted = truth(design)
        for (n, statistic), rows in found[found["design"] == design].groupby(["people", "statistic"], sort=False):
            true = planted[statistic]
            high, low = (rows["lower"] > true).mean(), (rows["upper"] < true).mean()
            held = ((rows["lower"] <= true) & (true <= rows["upper"])).mean()  # no interval counts as a miss
            print(
                f"| {design} | {n} | {NAMES[statistic]} | {true:.3f} | {rows['estimate'].mean() - true:+.3f} | "
                f"{100 * held:.1f} | {100 * high:.1f} | {100 * low:.1f} | {len(rows)} |",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[60, 150, 400])
    parser.add_argument("--processes", type=int)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_reliability.csv"))
    given = parser.parse_args()
    cells = [{"people": n, "design": design} for n, design in product(given.sizes, DESIGNS)]
    add_samples(given.file, COLUMNS, cells, estimates, given.samples, given.processes)
    table(given.file)
