"""Do intervals of truth and bias, and of actor and partner, hold the truth? Bias and coverage over many samples.

Run from the project's root: python benchmarks/recovery_perspectives.py --samples 500 > docs/recovery_perspectives.md
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

from psychometrics.perspectives.actor_partner import actor_partner
from psychometrics.perspectives.truth_and_bias import _fit, truth_and_bias
from psychometrics.resampling.weights import cluster_resamples
from psychometrics.variance.decision_study import cranford
from psychometrics.variance.generalizability import session_moments, variance_components

TEXT = """Therapists have as many clients each; both rate up to six sessions (a tenth of the ratings is missing, and a
fifth of the clients ends after two sessions). Clients rate by six items with error. Therapists rate half a point lower,
follow .40 of a client's change (early .30, late .50; SD over dyads .20, over therapists .10) and .50 of the differences
between clients (SD of the bias over dyads .40, over therapists .30, not correlated with the slopes). The outcome of a
client rests on the own alliance (1.0) and on the therapist's (0.5), so that k is .50. Error of the clients' ratings
flattens slopes, so that the truth of those that are not corrected for it is .40 and .20 times R_C = .70; that of
tracking between dyads and of SDs is what eight samples of 9,500 dyads have on average. 100 resamples of therapists.
R_C of the corrected slope is drawn anew with them. An interval that is not given
is not counted."""
DESIGNS = {
    "12 therapists, 5 clients each": (12, 5),
    "12 therapists, 30 clients each": (12, 30),
    "40 therapists, 5 clients each": (40, 5),
    "80 therapists, 2 clients each": (80, 2),
}
SESSIONS, ITEMS, RESAMPLES = 6, 6, 100
TRUE, LARGE, OF_LARGE = "truth: ", 9500, 8  # below the dyads of which a sample is taken
NAMES = {
    "directional_bias": "directional bias",
    "directional_bias_given_centre": "the same, the mean of the truth taken as known",
    "directional_bias_change": "change of the bias",
    "tracking_within": "tracking over sessions",
    "tracking_within_corrected": "the same, corrected by R_C",
    "tracking_within_change": "change of the tracking",
    "tracking_between": "tracking between dyads",
    "bias_sd_dyad": "SD of the bias over dyads",
    "tracking_sd_dyad": "SD of the tracking over dyads",
    "bias_tracking_correlation_dyad": "correlation of both over dyads",
    "bias_sd_therapist": "SD of the bias over therapists",
    "tracking_sd_therapist": "SD of the tracking over therapists",
    "residual_sd": "SD of the residuals",
    "actor_path": "actor path",
    "partner_path": "partner path",
    "partner_actor_ratio": "k",
}
R_C = 0.25 / (0.25 + 0.64 / ITEMS)  # of a change with variance .25 by items with error .64
PLANTED = {
    "directional_bias": -0.5,
    "directional_bias_given_centre": -0.5,
    "directional_bias_change": 0.0,
    "tracking_within": 0.4 * R_C,
    "tracking_within_corrected": 0.4,
    "tracking_within_change": 0.2 * R_C,
    "bias_tracking_correlation_dyad": 0.0,
    "actor_path": 1.0,
    "partner_path": 0.5,
    "partner_actor_ratio": 0.5,
}
COLUMNS = ["design", "sample", "statistic", "estimate", "lower", "upper"]


def simulate(therapists: int, clients: int, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    """Ratings of both with a row per session, items of the clients, and one row per client with the outcome."""
    n = therapists * clients
    client, session = np.repeat(np.arange(n), SESSIONS), np.tile(np.arange(1, SESSIONS + 1), n)
    therapist = client // clients
    mean = rng.normal(0, 0.3, therapists)[therapist] + rng.normal(0, 0.6, n)[client]
    change = rng.normal(0, 0.5, len(client))
    items = 5.5 + (mean + change)[:, None] + rng.normal(0, 0.8, (len(client), ITEMS))
    slope = np.where(session <= SESSIONS / 2, 0.3, 0.5) + rng.normal(0, 0.2, n)[client]
    slope = slope + rng.normal(0, 0.1, therapists)[therapist]
    own = rng.normal(0, 0.3, therapists)[therapist] + rng.normal(0, 0.4, n)[client]
    judge = 5.0 + 0.5 * mean + slope * change + own + rng.normal(0, 0.5, len(client))
    short = rng.random(n) < 0.2
    kept = (rng.random(len(client)) > 0.1) & ~(short[client] & (session > 2))
    data = {"client": client, "session": session, "judge": judge, "truth": items.mean(axis=1)}
    ratings = pd.DataFrame(data | {"therapist": [f"t{code:04d}" for code in therapist]})
    people = ratings.groupby("client", as_index=False).first()
    between = rng.normal(0, 0.4, therapists)[people["client"] // clients]
    people["y"] = people["truth"] + 0.5 * people["judge"] + between + rng.normal(0, 1, n)
    return ratings[kept], items[kept], people


def estimates(seed: int, design: str) -> pd.DataFrame:
    """All statistics of one sample; of one that stands for the population without intervals."""
    if design.startswith(TRUE):
        return population(seed, design)
    ratings, items, people = simulate(*DESIGNS[design], np.random.default_rng(seed))
    unit = ratings.groupby("client")["therapist"].first().to_numpy()
    how = {"draws": RESAMPLES, "seed": seed}
    who, when = ratings["client"], ratings["session"]
    components = variance_components(session_moments(items, who, when))
    drawn = session_moments(items, who, when, cluster_resamples(unit, 0, RESAMPLES, seed))
    redrawn = variance_components(drawn, start=components[0], tolerance=2e-3)
    reliability = {
        "reliability": float(cranford(components, 1, ITEMS)["r_c"][0]),
        "reliability_draws": cranford(redrawn, 1, ITEMS)["r_c"],
    }
    rows = truth_and_bias(ratings, **reliability, **how)
    bias = rows[rows["statistic"] == "directional_bias"]
    half = (bias["upper"] - bias["estimate"]) * bias["se_given_centre"] / bias["se"]
    given = bias.assign(statistic="directional_bias_given_centre", lower=bias["estimate"] - half)
    given["upper"] = bias["estimate"] + half
    paths = actor_partner(people, {"truth": "y"}, ("truth", "judge"), **how)
    found = pd.concat([rows, given, paths]).assign(design=design, sample=seed)
    return found.loc[found["statistic"].isin(list(NAMES)) & found["estimate"].notna(), COLUMNS]


def population(seed: int, design: str) -> pd.DataFrame:
    """Estimates in a large sample, SDs as squares, whose mean has no bias."""
    clients = DESIGNS[design.removeprefix(TRUE)][1]
    ratings, _, _ = simulate(LARGE // clients, clients, np.random.default_rng([1, seed]))
    fit = _fit(ratings, serial=False).fit
    found = {"residual_sd": fit.residual_covariance.iloc[0, 0]}
    for group, covariance in fit.covariances.items():
        found |= {f"bias_sd_{group}": covariance.iloc[0, 0], f"tracking_sd_{group}": covariance.iloc[1, 1]}
    effects = fit.fixed_effects().set_index("term")["estimate"]
    found["tracking_between"] = effects["between"]
    rows = pd.DataFrame({"statistic": list(found), "estimate": list(found.values())})
    return rows.assign(design=design, sample=seed).reindex(columns=COLUMNS)


def table(file: Path) -> None:
    print(f"# Recovery of truth and bias, actor and partner\n\n{' '.join(TEXT.split())}\n")
    print(
        "| sample | statistic | truth | mean error | 95% intervals that hold the truth (%) | too high (%) "
        "| too low (%) | samples |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    found = pd.read_csv(file)
    for design in DESIGNS:
        rows = found[(found["design"] == design) & found["lower"].notna()]
        large = found[found["design"] == TRUE + design].groupby("statistic")["estimate"].mean()
        true = {name: np.sqrt(value) if "sd" in name else value for name, value in large.items()} | PLANTED
        for statistic, name in NAMES.items():
            own = rows[rows["statistic"] == statistic]
            if own.empty or statistic not in true:
                continue
            value = true[statistic]
            high, low = (own["lower"] > value).mean(), (own["upper"] < value).mean()
            print(
                f"| {design} | {name} | {value:.2f} | {(own['estimate'] - value).mean():+.3f} | "
                f"{100 * (1 - high - low):.1f} | {100 * high:.1f} | {100 * low:.1f} | {own['sample'].nunique()} |",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_perspectives.csv"))
    given = parser.parse_args()
    large = [{"design": TRUE + design} for design in DESIGNS]
    add_samples(given.file, COLUMNS, large, estimates, min(given.samples, OF_LARGE), given.processes)
    cells = [{"design": design} for design in DESIGNS]
    add_samples(given.file, COLUMNS, cells, estimates, given.samples, given.processes)
    table(given.file)
