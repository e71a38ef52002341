"""How long 1,000 resamples of alpha and of omega take for 79 items, here and in psych, on the same answers in one run.

Run from the project's root: python benchmarks/reliability.py          (R needs about half a minute)
One core for either side; seconds of that core, so that a busy machine does not change them.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from factors import r_times, simulate
from psychometrics.reliability.coefficients import coefficient_alpha
from psychometrics.reliability.item_covariances import ItemCovariances
from psychometrics.reliability.omega_hierarchical import omega_rows
from psychometrics.resampling.weights import resample_weights

ROOT = Path(__file__).parents[1]
PEOPLE, RESAMPLES = 300, 1000


def alpha(answers) -> None:
    data = ItemCovariances(answers)
    coefficient_alpha(data.resampled(resample_weights(np.arange(PEOPLE), 0, RESAMPLES, 1)))


def omega(answers) -> None:
    """All rows of the table with intervals; the few parts that are not resampled count as well."""
    omega_rows(answers, draws=RESAMPLES, seed=1)


def main() -> None:
    answers = simulate(PEOPLE)
    ours = {}
    for name, work in (("alpha, 1,000 resamples", alpha), ("omega hierarchical, 1,000 resamples", omega)):
        spent = []
        for _ in range(3):
            start = time.process_time()
            work(answers)
            spent.append(time.process_time() - start)
        ours[name] = min(spent)
    theirs = r_times(answers, "reliability.R")
    print(f"{answers.shape[1]} items, {PEOPLE} people, 3 group factors")
    for name, seconds in ours.items():
        psych = theirs.get(name)
        compared = f"; psych: {psych:.0f} s, {psych / seconds:.0f} times as long" if psych else ""
        print(f"{name}: {seconds:.2f} s{compared}")


if __name__ == "__main__":
    main()
