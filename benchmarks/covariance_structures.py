"""How long factor models of ordinal items take, here and in lavaan, on the same simulated answers in one run.

Run from the project's root: python benchmarks/covariance_structures.py          (24 and 32 items)
                             python benchmarks/covariance_structures.py --large  (79 items; R is given 8 minutes)
                             python benchmarks/covariance_structures.py --many   (200 items here)
One processor for either side; seconds of that processor. Equal chi-squares show that it is the same model.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics import fit_covariance_structure

ROOT = Path(__file__).parents[1]
PEOPLE, FACTORS = 300, 3
CUTS = [-1.6, -0.6, 0.2, 1]


def simulate(items: int, people: int = PEOPLE, seed: int = 16) -> pd.DataFrame:
    """Answers of five categories to items of three correlated factors."""
    rng = np.random.default_rng(seed)
    factors = 0.6 * rng.normal(size=(people, 1)) + 0.8 * rng.normal(size=(people, FACTORS))
    columns = {}
    for item in range(items):
        loading = 0.55 + 0.3 * (item % 4) / 3
        latent = loading * factors[:, item % FACTORS] + np.sqrt(1 - loading**2) * rng.normal(size=people)
        columns[f"i{item + 1:03d}"] = 1 + np.searchsorted(CUTS, latent)
    return pd.DataFrame(columns)


def model_of(answers: pd.DataFrame) -> str:
    """Three correlated factors."""
    names = list(answers)
    return "\n".join(f"f{factor + 1} =~ {' + '.join(names[factor::FACTORS])}" for factor in range(FACTORS))


def here(answers: pd.DataFrame, **options: object) -> tuple[float, float]:
    """Seconds and chi-square."""
    start = time.process_time()
    fitted = fit_covariance_structure(model_of(answers), answers, **options)
    spent = time.process_time() - start
    return spent, float(fitted.fit.set_index("statistic")["estimate"]["chi_square"])


def in_r(answers: pd.DataFrame, estimator: str, limit: int) -> tuple[float, float] | None:
    """The same by lavaan; None where it is not done within so many seconds."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        answers.to_csv(Path(folder, "answers.csv"), index=False)
        Path(folder, "model.txt").write_text(model_of(answers))
        script = str(ROOT / "benchmarks" / "covariance_structures.R")
        try:
            done = subprocess.run(
                ["Rscript", script, folder, estimator], capture_output=True, text=True, check=True, timeout=limit
            )
        except subprocess.TimeoutExpired:
            return None
    seconds, chi_square = done.stdout.split()
    return float(seconds), float(chi_square)


def compare(items: int, estimator: str, limit: int = 480) -> None:
    """One line: both times, both chi-squares."""
    answers = simulate(items)
    if estimator == "FIML":
        answers = answers.astype(float).mask(np.random.default_rng(1).random(answers.shape) < 0.03)
    ours = here(answers, **({"ordered": True} if estimator == "DWLS" else {"missing": "ml"}))
    theirs = in_r(answers, estimator, limit)
    said = f"not done after {limit} s" if theirs is None else f"{theirs[0]:.2f} s, chi-square {theirs[1]:.3f}"
    ratio = "" if theirs is None else f", {theirs[0] / ours[0]:.0f} times as long"
    print(f"{items} items, {estimator}: {ours[0]:.2f} s, chi-square {ours[1]:.3f}; lavaan: {said}{ratio}", flush=True)


if __name__ == "__main__":
    here(simulate(9), ordered=True)  # what is loaded once
    if "--many" in sys.argv:
        spent, chi_square = here(simulate(200, 500), ordered=True)
        print(f"200 items, 500 people, DWLS: {spent:.2f} s, chi-square {chi_square:.1f}")
    elif "--large" in sys.argv:
        compare(79, "DWLS")
    else:
        for count in (24, 32):
            compare(count, "DWLS")
        compare(24, "FIML")
