"""How long mixed models and their bootstrap take, here and in lme4, on the same data in one run.

Run from the project's root: python benchmarks/mixed_models.py          (R needs about a minute)
One core for either side; seconds of that core, so that a busy machine does not change them. lme4's bootMer draws from
the model, ours draws therapists: either fits the model anew to every draw.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from factors import r_times
from psychometrics import Block, Residual, bootstrap_components, mixed_model

FEW_DRAWS, DRAWS = 50, 1000
SESSIONS = 8


def both_roles(therapists: int = 60, clients: int = 8, sessions: int = SESSIONS) -> pd.DataFrame:
    """Ratings of both roles at every session."""
    return simulate(therapists, clients, sessions, roles=("client", "therapist"))


def many_sessions(clients: int = 5_000, sessions: int = 20, of_therapist: int = 20) -> pd.DataFrame:
    """Ratings of clients, whose levels and slopes differ."""
    return simulate(clients // of_therapist, of_therapist, sessions, roles=("client",))


def simulate(therapists: int, clients: int, sessions: int, *, roles: tuple[str, ...]) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    people, k = therapists * clients, len(roles)
    shape = (people, sessions, k)
    session = np.arange(1.0, sessions + 1)
    of_therapist = np.repeat(rng.normal(0, 0.5, (therapists, k)), clients, axis=0)
    level, slope = of_therapist + rng.normal(0, 0.8, (people, k)), rng.normal(0, 0.05, (people, 1, k))
    score = 5 + level[:, None] + (0.02 + slope) * session[:, None] + rng.normal(0, 0.7, shape)
    person, when, role = (part.ravel() for part in np.indices(shape))
    return pd.DataFrame(
        {
            "therapist": person // clients,
            "client": person,
            "session": session[when],
            "role": np.array(roles)[role],
            "score": score.ravel().round(3),
        }
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    both, many = both_roles(), many_sessions()
    by_role = [Block("therapist", ["role"]), Block("client", ["role"])]
    slopes = [Block("client", ["1", "session"])]
    three = [Block("therapist"), *slopes]
    fit = mixed_model(both, "score", ["role"], by_role)
    serial = Residual(within="client", time="session")
    ours = {
        "both roles, one fit": seconds(lambda: mixed_model(both, "score", ["role"], by_role)),
        f"both roles, bootstrap of {FEW_DRAWS}": seconds(lambda: bootstrap_components(fit, draws=FEW_DRAWS)),
        f"both roles, bootstrap of {DRAWS}": seconds(lambda: bootstrap_components(fit, draws=DRAWS)),
        "100,000 sessions, slopes of clients": seconds(lambda: mixed_model(many, "score", ["1", "session"], slopes)),
        "100,000 sessions, and therapists": seconds(lambda: mixed_model(many, "score", ["1", "session"], three)),
        "100,000 sessions, CR2 by therapists": seconds(
            mixed_model(many, "score", ["1", "session"], three).fixed_effects
        ),
        "100,000 sessions, slopes and AR(1)": seconds(
            lambda: mixed_model(many, "score", ["1", "session"], slopes, residual=serial)
        ),
    }
    theirs = r_times(pd.concat([both.assign(part="both"), many.assign(part="many")]), "mixed_models.R")
    for name, spent in ours.items():
        compared = f"; R: {theirs[name]:.1f} s, {theirs[name] / spent:.0f} times as long" if name in theirs else ""
        print(f"{name}: {spent:.2f} s{compared}")


if __name__ == "__main__":
    main()
