"""How long the polychoric correlations of 79 items take, here and in R, on the same simulated answers.

Run from the project's root, with one core for either: OPENBLAS_NUM_THREADS=1 python benchmarks/polychoric.py
psych needs about a minute for 300 people, the only number of people that it and lavaan are asked for. Of EGAnet and
EFAtools, where they are not installed, the compiled code alone can be taken from their sources:
--rival EGAnet=FOLDER --rival EFAtools=FOLDER, the folders src of the packages. Seconds are those of the processor.
"""

import argparse
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
ITEMS, REPEATS = 79, 5
MANY = (3_000, 10_000, 30_000, 100_000)
SLOW = ("psych", "lavaan")
SEVEN = [-2, -1.5, -1, -0.4, 0.2, 1]
SIX = [-1.8, -1, -0.4, 0.2, 1]


def simulate(people: int) -> pd.DataFrame:
    """Answers to items with 7 and 6 categories and one common factor."""
    rng = np.random.default_rng(79)
    loadings = rng.uniform(0.4, 0.85, ITEMS)
    latent = rng.normal(size=(people, 1)) * loadings + rng.normal(size=(people, ITEMS)) * np.sqrt(1 - loadings**2)
    return pd.DataFrame(
        {f"i{j + 1:02d}": 1 + np.searchsorted(SIX if j % 3 == 2 else SEVEN, latent[:, j]) for j in range(ITEMS)}
    )


def best_of(repeats, compute):
    seconds = []
    for _ in range(repeats):
        start = time.process_time()
        result = compute()
        seconds.append(time.process_time() - start)
    return min(seconds), result


def in_r(answers: pd.DataFrame, packages: list[str], matrix: np.ndarray) -> dict[str, str]:
    """Package of R -> its seconds, and how far its correlations are from ours."""
    with tempfile.TemporaryDirectory() as folder:
        answers.to_csv(Path(folder, "answers.csv"), index=False)
        run = subprocess.run(
            ["Rscript", str(ROOT / "benchmarks" / "polychoric.R"), f"{folder}/answers.csv", folder, *packages],
            capture_output=True,
            text=True,
        )
        if run.returncode:
            print(f"R did not run: {run.stderr.strip().splitlines()[-1]}")
        found = {}
        for line in run.stdout.splitlines():
            name, seconds = line.split()
            difference = np.abs(pd.read_csv(Path(folder, f"{name}.csv")).to_numpy() - matrix).max()
            found[name] = f"{float(seconds):.3f} ({difference:.0e})"
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rival", action="append", default=[], help="EGAnet=FOLDER or EFAtools=FOLDER")
    options = parser.parse_args()
    rivals = [name for name in ("EGAnet", "EFAtools") if not any(name in given for given in options.rival)]
    rivals += options.rival
    rng = np.random.default_rng(0)
    rows = []
    for people in (300, *MANY):
        answers = simulate(people)
        seconds, found = best_of(REPEATS, lambda answers=answers: Correlator(answers)())
        correlator = Correlator(answers)
        weights = rng.multinomial(people, np.full(people, 1 / people))
        row = {
            "people": people,
            "here": f"{seconds:.3f}",
            "a resample": f"{best_of(REPEATS, lambda: correlator(weights))[0]:.3f}",  # noqa: B023
            "a permutation": f"{best_of(REPEATS, lambda: correlator.shuffled(rng)())[0]:.3f}",  # noqa: B023
        }
        if shutil.which("Rscript") is not None:
            row |= in_r(answers, [*(SLOW if people == 300 else ()), *rivals], found.matrix.to_numpy())
        rows.append(row)
        print(row, flush=True)
    table = pd.DataFrame(rows).fillna("")
    print("| " + " | ".join(table.columns) + " |\n" + "| --- " * len(table.columns) + "|")
    for values in table.itertuples(index=False):
        print("| " + " | ".join(str(value) for value in values) + " |")


if __name__ == "__main__":
    main()
