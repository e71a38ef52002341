"""How long the factor analysis of 79 ordinal items takes, here and in R, on the same simulated answers in one run.

Run from the project's root: python benchmarks/factors.py          (R needs about four minutes)
                             python benchmarks/factors.py --large  (a million people from Parquet)
                             python benchmarks/factors.py --many   (200 items, 3% missing, every step here)
Resampling uses two processes, as the main job does with several pieces; everything else one core for either side.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.correlation.correlator import Correlator, correlate
from psychometrics.correlation.influence import clustered
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.bootstrap import CommonFactorRule, resample_solution
from psychometrics.factors.retention.comparison_data import comparison_fits
from psychometrics.factors.retention.criteria import retention_table
from psychometrics.factors.retention.parallel_analysis import parallel_analysis, random_eigenvalues
from psychometrics.factors.solution import fit_solution
from psychometrics.factors.standard_errors.bias_correction import small_sample_errors

ROOT = Path(__file__).parents[1]
PEOPLE, FACTORS = 300, 6
FORMS = {
    "wai36": (36, [-2, -1.5, -1, -0.4, 0.2, 1]),
    "calpas_p": (24, [-2, -1.5, -1, -0.4, 0.2, 1]),
    "haq2": (19, [-1.8, -1, -0.4, 0.2, 1]),
}
MANY_FORMS = {
    "vpps": (80, [-1.6, -0.6, 0.2, 1]),
    "vtas": (44, [-1.8, -1, -0.4, 0.2, 1]),
    "wai36": (36, [-2, -1.5, -1, -0.4, 0.2, 1]),
    "calpas_r": (24, [-2, -1.5, -1, -0.4, 0.2, 1]),
    "wai_s": (16, [-2, -1.5, -1, -0.4, 0.2, 1]),
}


def simulate(people: int, seed: int = 79, forms: dict = FORMS) -> pd.DataFrame:
    """Answers to 79 items with 7 and 6 categories, six correlated factors, every factor in every form."""
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(people, 1))
    factors = 0.6 * common + 0.8 * rng.normal(size=(people, FACTORS))
    columns = {}
    for form, (items, cuts) in forms.items():
        for item in range(items):
            loading = 0.55 + 0.3 * (item % 4) / 3
            latent = loading * factors[:, item % FACTORS] + np.sqrt(1 - loading**2) * rng.normal(size=people)
            columns[f"{form}_{item + 1:02d}"] = (1 + np.searchsorted(cuts, latent)).astype(np.int8)
    return pd.DataFrame(columns)


def random_draws(piece: tuple) -> None:
    answers, first, draws = piece
    random_eigenvalues(Correlator(answers), first_draw=first, n_draws=draws, seed=1)


def resamples(piece: tuple) -> None:
    answers, method, solution, rule, first, draws = piece
    resample_solution(
        Correlator(answers, method=method),
        np.arange(len(answers)),
        solution,
        rule,
        first_draw=first,
        n_draws=draws,
        seed=1,
    )


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_two(work, *shared, draws: int) -> float:
    """Seconds that two processes need for the draws; starting them counts."""
    pieces = [(*shared, 0, draws // 2), (*shared, draws // 2, draws - draws // 2)]

    def run():
        with ProcessPoolExecutor(2) as pool:
            list(pool.map(work, pieces))

    return seconds(run)


def compare() -> None:
    answers = simulate(PEOPLE)
    matrix = correlate(answers).matrix
    instruments = pd.Series({item: item.rpartition("_")[0] for item in answers})
    rule = CommonFactorRule(instruments, salient=0.4, minimum_share=0.05, markers=None)
    solutions = {
        method: fit_solution(correlate(answers, method=method).matrix, PEOPLE, FACTORS)
        for method in ("polychoric", "pearson")
    }
    correlator = Correlator(answers)
    ours = {
        "polychoric matrix": min(seconds(correlator) for _ in range(5)),
        "minres and oblimin once": min(
            seconds(lambda: fit_solution(matrix, PEOPLE, FACTORS, starts=1)) for _ in range(5)
        ),
        "parallel analysis on polychorics, 500 draws": in_two(random_draws, answers, draws=500),
        "bootstrap, polychoric, 1,000 draws": in_two(
            resamples, answers, "polychoric", solutions["polychoric"], rule, draws=1000
        ),
        "bootstrap, Pearson, 1,000 draws": in_two(
            resamples, answers, "pearson", solutions["pearson"], rule, draws=1000
        ),
    }
    theirs = r_times(answers)
    print(f"{answers.shape[1]} items, {PEOPLE} people, {FACTORS} factors")
    for name, spent in ours.items():
        compared = f"; R: {theirs[name]:.2f} s, {theirs[name] / spent:.0f} times as long" if name in theirs else ""
        print(f"{name}: {spent:.3f} s{compared}")


def many(people: int = 400) -> None:
    """Seconds of one processor that each step takes with 200 items."""
    answers = simulate(people, forms=MANY_FORMS).astype(float)
    answers = answers.mask(np.random.default_rng(1).random(answers.shape) < 0.03)
    correlator, units = Correlator(answers), np.arange(people) % 60
    found, influence = correlator(), correlator.influence()
    solution = fit_solution(found.matrix, people, FACTORS)
    instruments = pd.Series({item: item.rpartition("_")[0] for item in answers})
    rule = CommonFactorRule(instruments, salient=0.4, minimum_share=0.05, markers=None)
    few = {"first_draw": 0, "n_draws": 10, "seed": 1}
    parallel = parallel_analysis(found, random_eigenvalues(correlator, **few))
    retained = parallel.by_basis["factor"]
    weights = diagonal_weights(Correlator(answers, variances=True)().variance.to_numpy(), list(answers))[0]
    steps = {
        "polychoric matrix": correlator,
        "influences of the people": correlator.influence,
        "parallel analysis, 10 draws": lambda: random_eigenvalues(correlator, **few),
        "comparison data, 8 populations with 10 samples": lambda: comparison_fits(answers, largest=8, **few),
        f"all criteria, adjusted fit of 0 to {retained + 5} factors": lambda: retention_table(
            found, parallel, influence=influence
        ),
        "minres and oblimin, 10 starts of either": lambda: fit_solution(
            found.matrix, people, FACTORS, extraction_starts=10
        ),
        "dwls and oblimin": lambda: fit_solution(found.matrix, people, FACTORS, extraction="dwls", weights=weights),
        "bootstrap, 10 draws": lambda: resample_solution(correlator, units, solution, rule, **few),
        "analytic standard errors": lambda: small_sample_errors(solution, clustered(influence, units), people),
    }
    print(f"{answers.shape[1]} items, {people} people, {FACTORS} factors, {retained} found by parallel analysis")
    for name, step in steps.items():
        start = time.process_time()
        step()
        print(f"{name}: {time.process_time() - start:.2f} s")


def r_times(answers: pd.DataFrame, script: str = "factors.R") -> dict[str, float]:
    """Seconds of psych on the same answers; draws are extrapolated from a few, since hundreds take hours."""
    if shutil.which("Rscript") is None:
        print("R is not installed: nothing to compare with")
        return {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answers.csv")
        answers.to_csv(path, index=False)
        run = subprocess.run(
            ["Rscript", str(ROOT / "benchmarks" / script), str(path)], capture_output=True, text=True, check=True
        )
    return {name: float(value) for name, value in (line.split("\t") for line in run.stdout.splitlines())}


def large(people: int = 1_000_000) -> None:
    """Polychoric correlations of a million people from Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "answers.parquet")
        child = (
            f"import sys; sys.path.insert(0, {str(ROOT / 'benchmarks')!r}); import factors; "
            f"factors.simulate({people}).to_parquet({str(path)!r})"
        )
        subprocess.run([sys.executable, "-c", child], check=True)  # apart, so that its memory does not count

        start = time.process_time()
        correlate(pd.read_parquet(path))
        spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    what = f"polychoric matrix of {people:,} people and 79 items from Parquet"
    print(f"{what}: {spent:.1f} s of one processor, {peak:.2f} GiB at most")


if __name__ == "__main__":
    large() if "--large" in sys.argv else many() if "--many" in sys.argv else compare()
