"""Do intervals of the account, early gains, compensation and latent therapist means hold what was planted?

Run from the project's root: python benchmarks/recovery_outcome.py --samples 300 > docs/recovery_outcome.md
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

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.outcome_account import outcome_account
from psychometrics.association.outcome_compensation import compensation
from psychometrics.association.outcome_early_gains import early_gains
from psychometrics.association.outcome_latent_means import latent_therapist_means

TEXT = """Clients of therapists rate the alliance in five sessions. Therapists make a fifth of the dyads' variance of
1; sessions vary about a dyad with a variance of .36, so that G(1) = .74. The outcome follows the dyad (.5) and the
change of symptoms up to the fifth session (.4), which follows the dyad as well (.5); another person's ratings hold a
bias with a variance of .64. Bond, goals and tasks share half of their variance, and the outcome of compensation
follows their mean (.5) and the product of bond and goals (.2). With latent therapist means the outcome follows the
therapist's alliance with slope 1 and the client's with .2. True values are those of the planted numbers, by formula.
Intervals: 500 resamples of whole therapists; of early gains the jackknife's over therapists. Too high and too low:
intervals that lie above or below the true value."""
NOISE, BIAS, SLOPE, OF_CHANGE, SESSIONS, DRAWS, LEVEL = 0.6, 0.8, 0.5, 0.4, 5, 500, 0.95
PRODUCT = 0.2
DESIGNS = {
    "12 therapists, 8 clients each": (12, 8),
    "12 therapists, 30 each": (12, 30),
    "40 therapists, 5 each": (40, 5),
    "80 therapists, 3 each": (80, 3),
}
NAMES = {
    "account_r2:1": "r² of one session",
    "account_r2:5": "r² of the mean of five",
    "account_r2_predicted:5": "predicted by reliability alone",
    "account_excess:5": "beyond reliability",
    "account_generalizability:1": "G of one session",
    "account_r2_alliance_corrected:1": "r² corrected for occasions",
    "account_r2_given_change:5": "r² given early change",
    "account_early_gains:5": "part that goes with early change",
    "account_rater:5": "part that goes with another rater",
    "account_between_therapists:5": "part between therapists",
    "early_gains_r_partial": "change after a session, before held constant",
    "early_gains_r_before": "change before a session",
    "compensation_slope:bond:goal": "product of bond and goals",
    "compensation_bond_at_low_goal": "slope of the bond at low goals",
    "within_slope_latent": "slope within therapists, latent means",
    "between_slope_latent": "slope between therapists, latent means",
}
COLUMNS = ["design", "sample", "statistic", "estimate", "lower", "upper"]


def truths() -> dict[str, float]:
    """What the statistics are in an infinite sample."""
    cov = SLOPE + OF_CHANGE / 2
    variance = cov**2 + OF_CHANGE**2 + 1

    def of_mean(m: int) -> dict[str, float]:
        mean = 1 + NOISE**2 / m
        whole = cov**2 / (mean * variance)
        held = (cov - 0.5 * (0.5 * SLOPE + 1.25 * OF_CHANGE) / 1.25) ** 2 / ((mean - 0.2) * variance)
        return {"mean": mean, "r2": whole, "held": held, "other": cov**2 / ((mean + BIAS**2) * variance)}

    one, all_of_them = of_mean(1), of_mean(SESSIONS)
    # change after = -.4 bond + e; before = -.3 bond + e': partial correlation given before, with errors of variance 1
    bond, after, before = 1.0, 0.4**2 + 1, 0.3**2 + 1
    r = np.array([[1, -0.4, -0.3], [-0.4, after, 0.12], [-0.3, 0.12, before]])
    scale = np.sqrt(np.diag(r) * [bond, 1, 1])
    r = r / np.outer(scale, scale)
    partial = (r[0, 1] - r[0, 2] * r[1, 2]) / np.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    return {
        "account_r2:1": one["r2"],
        "account_r2:5": all_of_them["r2"],
        "account_r2_predicted:5": all_of_them["r2"],
        "account_excess:5": 0.0,
        "account_generalizability:1": 1 / one["mean"],
        "account_r2_alliance_corrected:1": cov**2 / variance,
        "account_r2_given_change:5": all_of_them["held"],
        "account_early_gains:5": all_of_them["r2"] - all_of_them["held"],
        "account_rater:5": all_of_them["r2"] - all_of_them["other"],
        "account_between_therapists:5": 0.2 * all_of_them["r2"],
        "early_gains_r_partial": partial,
        "early_gains_r_before": r[0, 2],
        "compensation_slope:bond:goal": PRODUCT,
        "compensation_bond_at_low_goal": 0.5 / 3 - PRODUCT,
        "within_slope_latent": 0.2,
        "between_slope_latent": 1.0,
    }


def estimates(seed: int, design: str) -> pd.DataFrame:
    """All statistics of one sample."""
    (therapists, each), rng = DESIGNS[design], np.random.default_rng([7, seed])
    n, therapist = therapists * each, np.repeat(np.arange(therapists), each)
    of_therapist = np.sqrt(0.2) * rng.normal(size=therapists)[therapist]
    of_client = np.sqrt(0.8) * rng.normal(size=n)
    dyad = of_therapist + of_client
    change = 0.5 * dyad + rng.normal(size=n)
    outcome = SLOPE * dyad + OF_CHANGE * change + rng.normal(size=n)
    own = pd.DataFrame(dyad[:, None] + NOISE * rng.normal(size=(n, SESSIONS)))
    bias = BIAS * rng.normal(size=(n, 1))
    other = pd.DataFrame(dyad[:, None] + bias + NOISE * rng.normal(size=(n, SESSIONS)))
    resamples = resample_units(therapist, DRAWS, seed)
    account = outcome_account(own, outcome, resamples, therapists=therapist, change=change, other=other, level=LEVEL)
    account["statistic"] += ":" + account["sessions"].astype(int).astype(str)
    symptoms = pd.DataFrame({1: rng.normal(size=n)})
    symptoms[3] = symptoms[1] - 0.3 * dyad + rng.normal(size=n)
    symptoms[9] = symptoms[3] - 0.4 * dyad + rng.normal(size=n)
    gains = early_gains(pd.DataFrame({3: dyad}), symptoms, units=therapist, level=LEVEL)
    scales = pd.DataFrame(
        np.sqrt(0.5) * dyad[:, None] + np.sqrt(0.5) * rng.normal(size=(n, 3)), columns=["bond", "goal", "task"]
    )
    reached = 0.5 * scales.mean(axis=1) + PRODUCT * scales["bond"] * scales["goal"] + rng.normal(size=n)
    models = compensation(scales, reached, resamples, level=LEVEL)
    models = models[models["model"] == "with products"].copy()
    slope = models["statistic"] == "compensation_slope"
    models.loc[slope, "statistic"] += ":" + models["term"]
    felt = of_therapist + 0.2 * of_client + 0.3 * rng.normal(size=therapists)[therapist] + 0.8 * rng.normal(size=n)
    latent = latent_therapist_means(felt, dyad, therapist, draws=DRAWS, seed=seed, level=LEVEL)
    rows = pd.concat([account, gains, models, latent], ignore_index=True)
    rows = rows[rows["statistic"].isin(list(NAMES))]
    return rows.assign(design=design, sample=seed)[COLUMNS]


def table(file: Path) -> None:
    print(f"# Recovery of alliance and outcome\n\n{' '.join(TEXT.split())}\n")
    head = (
        "| design | statistic | true value | mean error | 95% intervals that hold it (%) | too high (%) | too low (%) "
    )
    print(f"{head}| samples |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    found, planted = pd.read_csv(file), truths()
    for design in DESIGNS:
        for statistic, name in NAMES.items():
            own = found[(found["design"] == design) & (found["statistic"] == statistic)]
            true, known = planted[statistic], own[own["lower"].notna()]
            if own.empty:
                continue
            high, low = (known["lower"] > true).mean(), (known["upper"] < true).mean()
            # the mean of a ratio with a long tail says little
            error = (own["estimate"].median() if "latent" in statistic else own["estimate"].mean()) - true
            print(
                f"| {design} | {name} | {true:.3f} | {error:+.3f} | {100 * (1 - high - low):.1f} | {100 * high:.1f} | "
                f"{100 * low:.1f} | {len(known)} |"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_outcome.csv"))
    given = parser.parse_args()
    cells = [{"design": design} for design in DESIGNS]
    add_samples(given.file, COLUMNS, cells, estimates, given.samples, given.processes)
    table(given.file)
