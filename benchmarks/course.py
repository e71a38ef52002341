"""How long models of growth take for 100,000 ratings of 5,000 clients: seconds of one processor.

Run from the project's root: python benchmarks/course.py
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics import Block, Residual, mixed_model
from psychometrics.course.growth import fit_growth
from psychometrics.mixed_models.component_bootstrap import refit_resamples

CLIENTS, SESSIONS, OF_THERAPIST = 5_000, 20, 10
Result = TypeVar("Result")


def simulate() -> pd.DataFrame:
    """One row per rating, with slopes of clients."""
    rng = np.random.default_rng(1)
    therapist, time_ = np.arange(CLIENTS) // OF_THERAPIST, np.arange(SESSIONS)
    level = 0.3 * rng.normal(size=CLIENTS // OF_THERAPIST)[therapist] + 0.6 * rng.normal(size=CLIENTS)
    slope = 0.03 + 0.04 * rng.normal(size=CLIENTS)
    score = 4 + level[:, None] + slope[:, None] * time_ + 0.5 * rng.normal(size=(CLIENTS, SESSIONS))
    frame = pd.DataFrame({"client": np.repeat(np.arange(CLIENTS), SESSIONS), "session": np.tile(time_ + 1, CLIENTS)})
    frame = frame.assign(therapist=np.repeat(therapist, SESSIONS).astype(str), score=score.ravel())
    frame = frame.assign(dyad=frame["client"].astype(str), time=frame["session"].astype(float))
    return frame.assign(elapsed=frame["time"] - 1, of_session=frame["session"].astype(str))


def timed(what: str, work: Callable[[], Result]) -> Result:
    start = time.process_time()
    found = work()
    print(f"| {what} | {time.process_time() - start:.1f} |", flush=True)
    return found


def main() -> None:
    frame, levels = simulate(), [Block("therapist"), Block("dyad")]
    print("| what | seconds |\n| --- | --- |")
    slopes = [Block("therapist"), Block("dyad", ["1", "elapsed"])]
    fit = timed("slopes of clients, REML", lambda: mixed_model(frame, "score", ["1", "elapsed"], slopes))
    timed("cluster-robust errors of it", fit.fixed_effects)
    timed("200 resamples of therapists", lambda: refit_resamples(fit, 200, 1))
    timed("shares with the mean of each session taken out", lambda: mixed_model(frame, "score", ["of_session"], levels))
    serial = Residual(within="dyad", time="time")
    timed("the same with AR(1) residuals", lambda: mixed_model(frame, "score", ["of_session"], levels, residual=serial))
    timed("five shapes and three models of slopes", lambda: fit_growth(frame, [5.0]))


if __name__ == "__main__":
    main()
