"""How often do intervals of lags between alliance and symptoms hold what was planted, by model and variant?

Run from the project's root: python benchmarks/recovery_lags.py --samples 500 > docs/recovery_lags.md
Every 50 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
table of what is in the file is printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples

from psychometrics.course.lead_and_lag import MODELS, VARIANTS, lead_and_lag
from psychometrics.not_computable import NotComputable

TEXT = """Within clients, the alliance of a session carries over to the next with .30 and falls by .10 for each point
of symptoms before it; symptoms carry over with .40 and fall by .20 for each point of alliance before it. What is new
in a session has standard deviation 1 in both and correlates -.20. Levels of clients have standard deviation 1 and
correlate -.30; a tenth of their variance lies between therapists where there are therapists. One in twenty values is
missing, and from the third session on 4% of the clients drop out before each. *With trends*: clients also rise or fall
by 0.15 a session (standard deviation, independent of their level). *With error*: a quarter of the alliance's variance
within clients is error, and R_C is known. Bias and coverage of 95% intervals; the first figure is of alliance on
symptoms, the second of symptoms on alliance. Models that stop without an estimate, or with one that cannot be, are
counted in the last column; the latter are in the other columns."""
OWN = np.array([[0.3, -0.1], [-0.2, 0.4]])  # alliance and symptoms on alliance and symptoms before
CELLS = {
    "30 therapists x 8 clients, 6 sessions": {"therapists": 30, "size": 8, "sessions": 6},
    "120 clients, 4 sessions": {"therapists": 0, "size": 120, "sessions": 4},
    "30 therapists x 8 clients, 6 sessions, with trends": {"therapists": 30, "size": 8, "sessions": 6, "trend": 0.15},
    "30 therapists x 8 clients, 6 sessions, with error": {"therapists": 30, "size": 8, "sessions": 6, "error": 0.25},
}
RELATED = np.array([[1.0, -0.3], [-0.3, 1.0]])
NEW = np.array([[1.0, -0.2], [-0.2, 1.0]])
TRUE = {"lag_alliance_to_symptoms": OWN[1, 0], "lag_symptoms_to_alliance": OWN[0, 1]}
COLUMNS = ["cell", "sample", "model", "variant", "statistic", "estimate", "se", "held", "improper", "seconds"]


def stationary() -> np.ndarray:
    """Covariances within clients that stay what they are from session to session."""
    return np.linalg.solve(np.eye(4) - np.kron(OWN, OWN), NEW.ravel()).reshape(2, 2)


def data(rng: np.random.Generator, cell: str) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray | None]:
    """Alliance, symptoms and therapists of one sample."""
    design = CELLS[cell]
    therapists, sessions = design["therapists"], design["sessions"]
    n = design["size"] * max(therapists, 1)
    therapist = np.repeat(np.arange(therapists), design["size"]) if therapists else None
    level = rng.multivariate_normal([0, 0], RELATED, n)
    if therapist is not None:
        shared = rng.multivariate_normal([0, 0], RELATED, therapists)[therapist]
        level = np.sqrt(0.9) * level + np.sqrt(0.1) * shared
    trend = design.get("trend", 0.0) * rng.normal(size=(n, 2))
    state = rng.multivariate_normal([0, 0], stationary(), n)
    seen = np.empty((n, sessions, 2))
    for session in range(sessions):
        seen[:, session] = level + trend * session + state
        state = state @ OWN.T + rng.multivariate_normal([0, 0], NEW, n)
    share = design.get("error", 0.0)
    seen[:, :, 0] += rng.normal(scale=np.sqrt(stationary()[0, 0] * share / (1 - share)), size=(n, sessions))
    gone = (rng.random((n, sessions)) < 0.04) & (np.arange(sessions) >= 2)
    seen[np.cumsum(gone, axis=1) > 0] = np.nan
    seen[rng.random(seen.shape) < 0.05] = np.nan
    columns = range(1, sessions + 1)
    return pd.DataFrame(seen[:, :, 0], columns=columns), pd.DataFrame(seen[:, :, 1], columns=columns), therapist


def estimate(sample: int, cell: str) -> pd.DataFrame:
    """Rows of what a sample finds."""
    rng = np.random.default_rng([171, list(CELLS).index(cell), sample])
    alliance, symptoms, therapist = data(rng, cell)
    known = 1 - CELLS[cell]["error"] if "error" in CELLS[cell] else np.nan
    began = time.process_time()
    try:
        rows = lead_and_lag(alliance, symptoms, therapists=therapist, reliability=known)
    except NotComputable:
        return pd.DataFrame(columns=COLUMNS)
    rows = rows[rows["statistic"].isin(TRUE)]
    true = rows["statistic"].map(TRUE)
    held = (rows["lower"] <= true) & (true <= rows["upper"])
    rows = rows.assign(held=held.where(rows["lower"].notna()), improper=rows["note"].str.contains("improper"))
    return rows.assign(cell=cell, sample=sample, seconds=time.process_time() - began)[COLUMNS]


def table(rows: pd.DataFrame) -> str:
    """One line per design, model and variant."""
    head = ["design", "model", "variant", "samples", "bias", "SD of estimates / mean SE", "coverage", "none, improper"]
    lines = [f"| {' | '.join(head)} |", "| --- " * 3 + "| ---: " * 5 + "|"]
    for cell in [cell for cell in CELLS if cell in set(rows["cell"])]:
        of_cell = rows[rows["cell"] == cell]
        for model in MODELS:
            for variant in VARIANTS:
                own = of_cell[(of_cell["model"] == model) & (of_cell["variant"] == variant)]
                if not own["estimate"].notna().any():
                    continue
                samples = own["sample"].nunique()
                bias, ratio, coverage, without, improper = [], [], [], 0, 0
                for statistic, true in TRUE.items():
                    one = own[own["statistic"] == statistic]
                    known = one[one["estimate"].notna()]
                    bias.append(f"{known['estimate'].mean() - true:+.3f}")
                    ratio.append(f"{known['estimate'].std() / known['se'].mean():.2f}")
                    coverage.append(f"{known['held'].astype(str).isin(['True', '1.0']).mean():.1%}")
                    without, improper = len(one) - len(known), int(one["improper"].astype(bool).sum())
                cells = [cell, model.replace("_", " "), variant.replace("_", " "), str(samples)]
                cells += [", ".join(part) for part in (bias, ratio, coverage)] + [f"{without}, {improper}"]
                lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--cells", type=int, nargs="*", default=list(range(len(CELLS))))
    parser.add_argument("--file", type=Path, default=Path("benchmarks/recovery_lags.csv"))
    chosen = parser.parse_args()
    cells = [{"cell": list(CELLS)[number]} for number in chosen.cells]
    add_samples(chosen.file, COLUMNS, cells, estimate, chosen.samples, chosen.processes)
    print(f"# Recovery of lags\n\n{' '.join(TEXT.split())}\n\n{table(pd.read_csv(chosen.file))}")


if __name__ == "__main__":
    main()
