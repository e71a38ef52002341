"""Does the factor analysis give back what was planted? Bias, coverage, numbers of factors over many samples.

Run from the project's root: python benchmarks/recovery.py --samples 1000 > docs/recovery.md
One process per core.
"""
import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.alignment import align
from psychometrics.comparison_data import comparison_fits
from psychometrics.correlation import Correlator
from psychometrics.general_factor import general_factor_of
from psychometrics.parallel_analysis import decide, random_eigenvalues
from psychometrics.resampled_solution import CommonFactorRule, resample_solution
from psychometrics.retention import retention_table
from psychometrics.solution import fit_solution
from psychometrics.stability import with_intervals

DESIGN = """A sample has 15 items with five categories, three factors correlated .40 and loadings of .50 to .80;
polychoric correlations, minres, oblimin, bias-corrected intervals from 200 resamples of clients."""
ITEMS = [f"i{j + 1:02d}" for j in range(15)]
BELONGS = np.arange(15) % 3
LOADINGS = np.array([0.8, 0.7, 0.65, 0.6, 0.5])[np.arange(15) // 3]
PATTERN = pd.DataFrame(np.eye(3)[BELONGS] * LOADINGS[:, None], index=ITEMS, columns=["F1", "F2", "F3"])
PHI = 0.4 + 0.6 * np.eye(3)
CUTS = np.array([-1.8, -1.2, -0.5, 0.4])
RESAMPLES, DRAWS, LEVEL = 200, 50, 0.95
UPPER = np.triu_indices(3, 1)


def simulate(n: int, rng: np.random.Generator) -> pd.DataFrame:
    factors = rng.multivariate_normal(np.zeros(3), PHI, size=n)
    latent = factors[:, BELONGS] * LOADINGS + rng.normal(size=(n, 15)) * np.sqrt(1 - LOADINGS**2)
    return pd.DataFrame(1 + np.searchsorted(CUTS, latent), columns=ITEMS)


def truth() -> dict[str, np.ndarray]:
    """What an endless sample would show; the general factor of three factors correlated .40 loads sqrt(.4) on each."""
    general = PATTERN.to_numpy().sum(axis=1) * np.sqrt(0.4)
    marking = PATTERN.to_numpy() > 0
    return {"salient loadings": LOADINGS[np.nonzero(marking)[0]], "other loadings": np.zeros(30),
            "factor correlations": np.full(3, 0.4), "communalities": LOADINGS**2, "general loadings": general}


def one_sample(task: tuple[int, int]) -> tuple[dict, dict] | None:
    """Errors and hits of one sample, and the number of factors by every criterion; None without a solution."""
    n, number = task
    rng = np.random.default_rng(np.random.SeedSequence([n, number]))
    answers = simulate(n, rng)
    try:
        correlator = Correlator(answers)
        matrix = correlator()
        solution = align(fit_solution(matrix.matrix, n, 3, starts=3, seed=number), PATTERN)
    except ValueError:
        return None
    rule = CommonFactorRule(pd.Series("A", index=ITEMS), 0.4, 0.05, None)
    drawn = resample_solution(correlator, np.arange(n), solution, rule, first_draw=0, n_draws=RESAMPLES, seed=number)
    marking = PATTERN.to_numpy() > 0
    estimates = {"salient loadings": (solution.pattern.to_numpy()[marking], drawn["pattern"][:, marking]),
                 "other loadings": (solution.pattern.to_numpy()[~marking], drawn["pattern"][:, ~marking]),
                 "factor correlations": (solution.phi.to_numpy()[UPPER], drawn["phi"][:, UPPER[0], UPPER[1]]),
                 "communalities": (solution.communality.to_numpy(), drawn["communality"]),
                 "general loadings": (general_factor_of(solution).general.to_numpy(), drawn["general"])}
    found = {}
    for name, planted in truth().items():
        values, draws = estimates[name]
        rows = with_intervals(pd.DataFrame({"estimate": values}), draws, LEVEL, kind="bias-corrected")
        inside = (rows["lower"] <= planted) & (planted <= rows["upper"])
        found[name] = (values - planted).mean(), inside.mean()
    random = random_eigenvalues(correlator, first_draw=0, n_draws=DRAWS, seed=number)
    comparison = comparison_fits(answers, largest=5, first_draw=0, n_draws=DRAWS, seed=number)
    records = retention_table(matrix, decide(matrix, random), comparison=comparison, influence=correlator.influence())
    return found, dict(zip(records["statistic"], records["estimate"], strict=True))


def main(samples: int, sizes: list[int]) -> None:
    tables, retained = [], {}
    with ProcessPoolExecutor() as pool:
        for n in sizes:
            results = list(pool.map(one_sample, [(n, number) for number in range(samples)], chunksize=5))
            kept = [result for result in results if result is not None]
            for name in truth():
                bias, cover = np.mean([found[name] for found, _ in kept], axis=0)
                tables.append((n, name, bias, 100 * cover, len(kept)))
            numbers = pd.DataFrame([records for _, records in kept])
            retained[n] = 100 * (numbers == 3).mean()
    print(f"# Recovery of planted values\n\n{samples} simulated samples per size. {' '.join(DESIGN.split())}\n")
    print("| people | parameter | mean error | 95 % intervals that hold the truth (%) | samples |")
    print("| --- | --- | --- | --- | --- |")
    for n, name, bias, cover, count in tables:
        print(f"| {n} | {name} | {bias:+.3f} | {cover:.1f} | {count} |")
    print("\nSamples in which a criterion finds the three factors (%):\n")
    print("| criterion | " + " | ".join(f"n = {n}" for n in sizes) + " |\n| --- |" + " --- |" * len(sizes))
    for criterion in retained[sizes[0]].index:
        print(f"| {criterion} | " + " | ".join(f"{retained[n][criterion]:.0f}" for n in sizes) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 200, 500])
    given = parser.parse_args()
    main(given.samples, given.sizes)
