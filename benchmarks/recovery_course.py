"""Do intervals of growth hold the truth? Bias and coverage over many samples.

Run from the project's root: python benchmarks/recovery_course.py --samples 500 > docs/recovery_course.md
Every 10 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
table of what is in the file is printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples

from psychometrics.course.growth_rows import growth_of_scores
from psychometrics.course.own_changes import own_changes
from psychometrics.course.serial_growth import _reliability
from psychometrics.mixed_models.component_values import Covariances

TEXT = """Therapists have as many clients each, who are rated at up to as many sessions; a tenth of the ratings is
missing, and a fifth of the clients leaves after half of the sessions. Scores rise by 0.08 points a session;
slopes of clients have an SD of 0.10, levels one of 0.60 over clients and 0.30 over therapists, not correlated
with slopes; errors have an SD of 0.50. Shapes and slopes are chosen as in a report, so that what is chosen
wrongly counts. Expected change is over the median course; the reliability of slopes is that of the sample's own
sessions with the true variances. 100 resamples of therapists. An interval that is not given is not counted."""
DESIGNS = {
    "15 therapists, 4 clients each, 6 sessions": (15, 4, 6, 0.0),
    "40 therapists, 5 clients each, 8 sessions": (40, 5, 8, 0.0),
    "the same, residuals that follow each other (.30)": (40, 5, 8, 0.3),
}
RISE, SLOPES, LEVELS, THERAPISTS, ERROR, RESAMPLES = 0.08, 0.10, 0.60, 0.30, 0.50, 100
NAMES = {
    "growth_change": "expected change",
    "growth_change_d": "expected change in SDs of the first session",
    "slope_sd": "SD of slopes",
    "slope_reliability": "reliability of slopes",
    "slope_sd_ar1": "SD of slopes with AR(1) residuals",
    "slope_reliability_ar1": "reliability of slopes with AR(1) residuals",
}
COLUMNS = ["design", "sample", "statistic", "truth", "estimate", "lower", "upper", "model"]


def simulate(therapists: int, clients: int, sessions: int, phi: float, rng: np.random.Generator) -> pd.DataFrame:
    """One row per rating."""
    n = therapists * clients
    therapist, time = np.arange(n) // clients, np.arange(sessions)
    level = rng.normal(0, THERAPISTS, therapists)[therapist] + rng.normal(0, LEVELS, n)
    slope = RISE + rng.normal(0, SLOPES, n)
    noise = rng.normal(size=(n, sessions))
    for session in range(1, sessions):
        noise[:, session] = phi * noise[:, session - 1] + np.sqrt(1 - phi**2) * noise[:, session]
    score = 4 + level[:, None] + slope[:, None] * time + ERROR * noise
    short = rng.random(n) < 0.2
    kept = (rng.random((n, sessions)) > 0.1) & ~(short[:, None] & (time >= sessions / 2))
    frame = pd.DataFrame({"client": np.repeat(np.arange(n), sessions), "session": np.tile(time + 1, n)})
    frame["therapist"] = [f"t{code:03d}" for code in np.repeat(therapist, sessions)]
    frame = frame.assign(dyad=frame["client"].astype(str), time=frame["session"].astype(float), score=score.ravel())
    return frame[kept.ravel()].reset_index(drop=True)


def estimates(seed: int, design: str) -> pd.DataFrame:
    """All statistics of one sample."""
    rows, growth = growth_of_scores(simulate(*DESIGNS[design], np.random.default_rng(seed)), draws=RESAMPLES, seed=seed)
    rows = rows[rows["statistic"].isin(NAMES) & rows["term"].isin(["", "dyad"]) & rows["estimate"].notna()]
    change = RISE * growth.horizon
    truth = {"growth_change": change, "slope_sd": SLOPES, "slope_sd_ar1": SLOPES}
    truth["growth_change_d"] = change / np.sqrt(LEVELS**2 + THERAPISTS**2 + ERROR**2)
    if growth.slopes_of("dyad"):
        tau = (SLOPES * growth.horizon) ** 2
        own, phi = own_changes(growth), DESIGNS[design][3]
        truth["slope_reliability"] = float((tau / (tau + ERROR**2 * own.error)).mean())
        planted = Covariances({"dyad": np.diag([0.0, SLOPES**2])[None]}, np.full((1, 1, 1), ERROR**2), np.full(1, phi))
        if growth.slopes_of("dyad") == ["elapsed"] and not growth.slopes_of("therapist"):
            truth["slope_reliability_ar1"] = float(_reliability(growth, own)(planted)[0])
    rows = rows.assign(design=design, sample=seed, truth=rows["statistic"].map(truth))
    return rows.dropna(subset="truth")[COLUMNS]


def table(rows: pd.DataFrame) -> str:
    """The result in Markdown."""
    head = ["sample", "statistic", "truth", "mean error", "95% intervals that hold the truth (%)"]
    head += ["too high (%)", "too low (%)", "samples"]
    lines = [f"| {' | '.join(head)} |", "|" + " --- |" * len(head)]
    for design in DESIGNS:
        for name, label in NAMES.items():
            own = rows[(rows["design"] == design) & (rows["statistic"] == name)].dropna(subset="lower")
            if own.empty:
                continue
            high, low = (own["lower"] > own["truth"]).mean(), (own["upper"] < own["truth"]).mean()
            error = (own["estimate"] - own["truth"]).mean()
            cells = [design, label, f"{own['truth'].mean():.2f}", f"{error:+.3f}", f"{100 * (1 - high - low):.1f}"]
            cells += [f"{100 * high:.1f}", f"{100 * low:.1f}", str(len(own))]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_course.csv"))
    arguments = parser.parse_args()
    if arguments.samples:
        cells = [{"design": design} for design in DESIGNS]
        add_samples(arguments.file, COLUMNS, cells, estimates, arguments.samples, arguments.processes)
    print(f"# Recovery of growth\n\n{' '.join(TEXT.split())}\n\n{table(pd.read_csv(arguments.file))}")


if __name__ == "__main__":
    main()
