"""How long the polychoric correlations of 79 items of 300 people take, here and in R, on the same simulated answers.

Run from the project's root, with one core for either: OPENBLAS_NUM_THREADS=1 python benchmarks/polychoric.py
R needs about a minute.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.correlation.correlator import Correlator

ROOT = Path(__file__).parents[1]
PEOPLE, ITEMS, REPEATS = 300, 79, 10
SEVEN = [-2, -1.5, -1, -0.4, 0.2, 1]
SIX = [-1.8, -1, -0.4, 0.2, 1]


def simulate() -> pd.DataFrame:
    """Answers to items with 7 and 6 categories and one common factor."""
    rng = np.random.default_rng(79)
    loadings = rng.uniform(0.4, 0.85, ITEMS)
    latent = rng.normal(size=(PEOPLE, 1)) * loadings + rng.normal(size=(PEOPLE, ITEMS)) * np.sqrt(1 - loadings**2)
    return pd.DataFrame(
        {f"i{j + 1:02d}": 1 + np.searchsorted(SIX if j % 3 == 2 else SEVEN, latent[:, j]) for j in range(ITEMS)}
    )


def best_of(repeats, compute):
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        result = compute()
        seconds.append(time.perf_counter() - start)
    return min(seconds), result


def main() -> None:
    answers = simulate()
    ours, found = best_of(REPEATS, Correlator(answers))
    print(f"{ITEMS} items, {PEOPLE} people, {ITEMS * (ITEMS - 1) // 2} correlations, best of {REPEATS}: {ours:.3f} s")
    correlator = Correlator(answers)
    rng = np.random.default_rng(0)
    weights = rng.multinomial(PEOPLE, np.full(PEOPLE, 1 / PEOPLE))
    print(f"one bootstrap resample: {best_of(REPEATS, lambda: correlator(weights))[0]:.3f} s")
    print(f"one permutation of parallel analysis: {best_of(REPEATS, lambda: correlator.shuffled(rng)())[0]:.3f} s")
    if shutil.which("Rscript") is None:
        print("R is not installed: nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "answers.csv"), Path(folder, "correlations.csv")
        answers.to_csv(paths[0], index=False)
        run = subprocess.run(
            ["Rscript", str(ROOT / "benchmarks" / "polychoric.R"), *map(str, paths)], capture_output=True, text=True
        )
        if run.returncode:
            print(f"psych::polychoric did not run: {run.stderr.strip().splitlines()[-1]}")
            return
        theirs = float(run.stdout)
        difference = np.abs(pd.read_csv(paths[1]).to_numpy() - found.matrix.to_numpy()).max()
    print(
        f"psych::polychoric(correct = 0): {theirs:.1f} s, {theirs / ours:.0f} times as long; "
        f"largest difference {difference:.1e}"
    )


if __name__ == "__main__":
    main()
