"""Does the factor analysis give back what was planted? Bias, coverage, numbers of factors over many samples.

Run from the project's root: python benchmarks/recovery.py --samples 1000 > docs/recovery.md
One process per core, unless --processes says otherwise; about 2.5 seconds of one core per sample.
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

from psychometrics.correlation.correlator import Correlator
from psychometrics.factors.alignment import align
from psychometrics.factors.bootstrap import CommonFactorRule, resample_solution
from psychometrics.factors.nearby_populations import largest_spread, nearby_populations, phi_intervals
from psychometrics.factors.retention.comparison_data import comparison_fits
from psychometrics.factors.retention.criteria import retention_table
from psychometrics.factors.retention.parallel_analysis import parallel_analysis, random_eigenvalues
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import fit_solution
from psychometrics.resampling.bootstrap_intervals import of_few, sample_values, with_intervals

DESIGN = """A sample has 15 items with seven categories and the ceiling that answers to alliance questionnaires have,
three factors correlated .40, loadings of .65 to .85 and no cross-loadings. It is analysed as the pipeline does it:
polychoric correlations, minres, oblimin; intervals from 100 resamples of people, and the correlations of the factors
corrected at the likely population."""
ITEMS = [f"i{j + 1:02d}" for j in range(15)]
BELONGS = np.arange(15) % 3
LOADINGS = np.array([0.85, 0.8, 0.75, 0.7, 0.65])[np.arange(15) // 3]
PATTERN = pd.DataFrame(np.eye(3)[BELONGS] * LOADINGS[:, None], index=ITEMS, columns=["F1", "F2", "F3"])
MARKING = PATTERN.to_numpy() > 0
PHI = 0.4 + 0.6 * np.eye(3)
CUTS = np.array([-2.0, -1.5, -1.0, -0.5, 0.1, 0.9]) - 0.5
KINDS = {
    "salient loadings": "normal",
    "other loadings": "normal",
    "general loadings": "normal z",
    "communalities": "normal root z",
}
OF_PATTERN = ("salient loadings", "other loadings")
RULE = CommonFactorRule(pd.Series("form", ITEMS), salient=0.4, minimum_share=0.05, markers=None)
RESAMPLES, DRAWS, LEVEL = 100, 40, 0.95
UPPER = np.triu_indices(3, 1)
# what an endless sample would show; the general factor of three factors correlated .40 loads sqrt(.4) on each
TRUTH = {
    "salient loadings": LOADINGS,
    "other loadings": np.zeros(30),
    "factor correlations": PHI[UPPER],
    "communalities": LOADINGS**2,
    "general loadings": LOADINGS * np.sqrt(0.4),
}


def simulate(n: int, rng: np.random.Generator) -> pd.DataFrame:
    factors = rng.multivariate_normal(np.zeros(3), PHI, size=n)
    latent = factors[:, BELONGS] * LOADINGS + rng.normal(size=(n, 15)) * np.sqrt(1 - LOADINGS**2)
    return pd.DataFrame(1 + np.searchsorted(CUTS, latent), columns=ITEMS)


def numbers_of(drawn: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Estimates (m, ...) from arrays of solutions."""
    return {
        "salient loadings": drawn["pattern"][:, MARKING],
        "other loadings": drawn["pattern"][:, ~MARKING],
        "communalities": drawn["communality"],
        "general loadings": drawn["general"],
    }


def one_sample(task: tuple[int, int]) -> tuple[dict, dict] | None:
    """Estimates, their bias-corrected values and hits, and the number of factors by every criterion; None without a
    solution."""
    n, number = task
    rng = np.random.default_rng(np.random.SeedSequence([n, number]))
    answers = simulate(n, rng)
    try:
        correlator = Correlator(answers)
        matrix, influence = correlator(), correlator.influence()
        solution = align(fit_solution(matrix.matrix, n, 3, starts=3, seed=number), PATTERN)
        drawn = resample_solution(
            correlator, np.arange(n), solution, RULE, first_draw=0, n_draws=RESAMPLES, seed=number
        )
        own = {"pattern": solution.pattern.to_numpy()[None], "communality": solution.communality.to_numpy()[None]}
        general = general_factor_of(solution)
        own["general"] = np.full((1, 15), np.nan) if general is None else general.general.to_numpy()[None]
        resampled = numbers_of(drawn)
        nearby = nearby_populations(solution, matrix.matrix.to_numpy(), drawn, RULE.instruments)
        rows = {}
        for name, values in numbers_of(own).items():
            errors = None
            if name in OF_PATTERN:

                def _values(arrays: dict[str, np.ndarray], name: str = name) -> np.ndarray:
                    return numbers_of(arrays)[name]

                errors = of_few(n) * largest_spread(nearby, resampled[name], _values, "")
            rows[name] = with_intervals(
                pd.DataFrame({"estimate": values[0]}),
                resampled[name],
                LEVEL,
                kind=KINDS[name],
                n_units=n,
                errors=errors,
            )
        phi = pd.DataFrame({"estimate": solution.phi.to_numpy()[UPPER]})
        rows["factor correlations"] = phi_intervals(phi, drawn["phi"], nearby, LEVEL, n_units=n)
        found = {}
        for name, planted in TRUTH.items():
            estimate, lower, upper = (rows[name][column].to_numpy() for column in ("estimate", "lower", "upper"))
            corrected = (
                estimate if name == "factor correlations" else 2 * estimate - np.nanmean(resampled[name], axis=0)
            )
            own_values = sample_values(rows[name]).to_numpy()
            # a solution without an interval counts as a miss
            found[name] = np.nanmean([own_values - planted, corrected - planted], axis=1).tolist()
            found[name].append(np.mean((lower <= planted) & (planted <= upper)))
        random = random_eigenvalues(correlator, first_draw=0, n_draws=DRAWS, seed=number)
        comparison = comparison_fits(answers, largest=5, first_draw=0, n_draws=DRAWS, seed=number)
        records = retention_table(matrix, parallel_analysis(matrix, random), comparison=comparison, influence=influence)
    except ValueError:
        return None
    return found, dict(zip(records["statistic"], records["estimate"], strict=True))


def main(samples: int, sizes: list[int], processes: int | None) -> None:
    print(f"# Recovery of planted values\n\n{samples} simulated samples per size. {' '.join(DESIGN.split())}\n")
    print(
        "| people | parameter | planted (mean) | mean error | mean error, bias taken off | "
        "95% intervals that hold the truth (%) | samples |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    retained = {}
    with ProcessPoolExecutor(processes) as pool:
        for n in sizes:
            results = list(pool.map(one_sample, [(n, number) for number in range(samples)], chunksize=5))
            kept = [result for result in results if result is not None]
            for name, planted in TRUTH.items():
                error, corrected, cover = np.nanmean([found[name] for found, _ in kept], axis=0)
                relative = [
                    f"{value:+.3f}" + (f" ({100 * value / planted.mean():+.1f}%)" if planted.any() else "")
                    for value in (error, corrected)
                ]
                print(
                    f"| {n} | {name} | {planted.mean():.3f} | {relative[0]} | {relative[1]} | {100 * cover:.1f} | "
                    f"{len(kept)} |",
                    flush=True,
                )
            numbers = pd.DataFrame([records for _, records in kept])
            retained[n] = 100 * (numbers.dropna(axis="columns", how="all") == 3).mean()  # NEST is not made here
    print("\nSamples in which a criterion finds the three factors (%):\n")
    print("| criterion | " + " | ".join(f"n = {n}" for n in sizes) + " |\n| --- |" + " --- |" * len(sizes))
    for criterion in retained[sizes[0]].index:
        print(f"| {criterion} | " + " | ".join(f"{retained[n][criterion]:.0f}" for n in sizes) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 200, 500])
    parser.add_argument("--processes", type=int)
    given = parser.parse_args()
    main(given.samples, given.sizes, given.processes)
