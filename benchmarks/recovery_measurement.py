"""Do intervals of measurement models hold the truth? Bias and coverage in samples of clients who share therapists.

Run from the project's root: python benchmarks/recovery_measurement.py --samples 300 > docs/recovery_measurement.md
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

from psychometrics.measurement.designs import designs_of_blocks
from psychometrics.measurement.models import measurement_models

TEXT = """Clients belong to therapists, who make a tenth of the variance of every factor. Three instruments of six
items each have five categories; with a ceiling more than half of the answers are the best one. Items load
.60 to .85 on the factor of their instrument, and the factors correlate .60, .50 and .70. The correlated
factors are the true model; the bifactor-(S-1) model holds them, so that its consistency and specificity
have a truth by formula. Ordinal items, DWLS; standard errors by therapist, limits by Student's t on the
scale of Fisher's z and of the logit, a twentieth longer, those of consistency and specificity a tenth.
Chi-square takes people as independent: the last row of a design is how often it rejects the true model at
.05."""
BLOCKS = {form: [f"{form}_{item}" for item in range(1, 7)] for form in ("a", "b", "c")}
LOADINGS = np.array([0.60, 0.65, 0.70, 0.75, 0.80, 0.85])
PHI = np.array([[1, 0.6, 0.5], [0.6, 1, 0.7], [0.5, 0.7, 1]])
SYMMETRIC, CEILING = [-1.5, -0.5, 0.5, 1.5], [-2.2, -1.6, -1.0, -0.2]
OF_THERAPISTS, LEVEL = 0.10, 0.95
DESIGNS = {
    "12 therapists, 12 clients each": (12, 12, SYMMETRIC),
    "12 therapists, 30 clients each": (12, 30, SYMMETRIC),
    "20 therapists, 10 clients each": (20, 10, SYMMETRIC),
    "40 therapists, 7 clients each, ceiling": (40, 7, CEILING),
    "80 therapists, 3 clients each": (80, 3, SYMMETRIC),
}
NAMES = {
    "latent_correlation": "latent correlation",
    "standardized_loading": "standardized loading",
    "consistency of a sum": "consistency of an instrument's sum",
    "specificity of a sum": "specificity of an instrument's sum",
    "indicator_reliability of a sum": "consistency plus specificity of a sum",
    "consistency of an item": "consistency of an item",
    "specificity of an item": "specificity of an item",
    "p_value": "chi-square of the true model",
}
COLUMNS = ["design", "sample", "statistic", "which", "estimate", "lower", "upper"]


def simulate(design: str, seed: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Answers, and the therapist of each client."""
    therapists, clients, cuts = DESIGNS[design]
    rng = np.random.default_rng([seed, therapists])
    therapist = np.repeat(np.arange(therapists), clients)
    root = np.linalg.cholesky(PHI)
    shared = np.sqrt(OF_THERAPISTS) * rng.normal(size=(therapists, 3))[therapist]
    factors = (shared + np.sqrt(1 - OF_THERAPISTS) * rng.normal(size=(len(therapist), 3))) @ root.T
    latent = np.concatenate([factors[:, [k]] * LOADINGS for k in range(3)], axis=1)
    latent += np.sqrt(1 - np.tile(LOADINGS, 3) ** 2) * rng.normal(size=latent.shape)
    items = [item for members in BLOCKS.values() for item in members]
    return pd.DataFrame(1 + np.searchsorted(cuts, latent), columns=items), therapist


def estimates(seed: int, design: str) -> pd.DataFrame:
    """Everything with an interval from one sample."""
    answers, therapist = simulate(design, seed)
    designs = [
        one for one in designs_of_blocks(BLOCKS, "a") if one.name in ("correlated_factors", "bifactor_s_minus_1")
    ]
    models, rows = measurement_models(designs, answers, units=therapist, level=LEVEL)
    first = rows["model"].eq("correlated_factors") & rows["statistic"].isin(
        ["latent_correlation", "standardized_loading"]
    )
    shares = rows["model"].eq("bifactor_s_minus_1") & rows["block"].isin(["b", "c"])
    kind = np.where(rows["item"].eq(""), " of a sum", " of an item")
    rows = rows.assign(
        which=rows["factor"] + rows["factor_2"] + rows["block"] + rows["item"],
        statistic=np.where(shares, rows["statistic"] + kind, rows["statistic"]),
    )
    rows.loc[shares, "which"] = rows["block"] + rows["item"]
    found = rows[(first | shares) & rows["statistic"].isin(list(NAMES))]
    test = models[models["model"].eq("correlated_factors") & models["statistic"].eq("p_value")]
    return pd.concat([found, test.assign(which="")]).assign(design=design, sample=seed)[COLUMNS]


def truth() -> dict[tuple[str, str], float]:
    """Every statistic in the population, by formula."""
    found = {}
    names = list(BLOCKS)
    for i, j in zip(*np.triu_indices(3, 1), strict=True):
        found["latent_correlation", names[i] + names[j]] = PHI[i, j]
    for k, (block, items) in enumerate(BLOCKS.items()):
        whole, rest = LOADINGS.sum() ** 2, np.sum(1 - LOADINGS**2)
        found["consistency of a sum", block] = PHI[0, k] ** 2 * whole / (whole + rest)
        found["specificity of a sum", block] = (1 - PHI[0, k] ** 2) * whole / (whole + rest)
        found["indicator_reliability of a sum", block] = whole / (whole + rest)
        for item, loading in zip(items, LOADINGS, strict=True):
            found["standardized_loading", f"{block}{item}"] = loading
            found["consistency of an item", block + item] = (PHI[0, k] * loading) ** 2
            found["specificity of an item", block + item] = (1 - PHI[0, k] ** 2) * loading**2
    return found


def table(rows: pd.DataFrame) -> str:
    """Coverage by design and kind of statistic, as Markdown."""
    known = pd.Series(truth())
    keys = pd.MultiIndex.from_frame(rows[["statistic", "which"]].fillna(""))
    rows = rows.assign(truth=known.reindex(keys).to_numpy())
    head = ["clients", "statistic", "truth", "mean error", "95% intervals that hold the truth (%)", "too high (%)"]
    head += ["too low (%)", "without an interval (%)", "samples"]
    lines = [f"| {' | '.join(head)} |", f"| {' | '.join(['---'] * len(head))} |"]
    for design in DESIGNS:
        for statistic, name in NAMES.items():
            own = rows[(rows["design"] == design) & (rows["statistic"] == statistic)]
            if own.empty:
                continue
            samples = own["sample"].nunique()
            if statistic == "p_value":
                share = 100 * (own["estimate"] < 0.05).mean()
                lines.append(f"| {design} | {name} | rejected in 5% | | rejected in {share:.1f}% | | | | {samples} |")
                continue
            low, high = own["truth"].min(), own["truth"].max()
            true = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" else f"{low:.2f} to {high:.2f}"
            with_limits = own.dropna(subset=["lower", "upper"])
            above, below = (with_limits["lower"] > with_limits["truth"]), (with_limits["upper"] < with_limits["truth"])
            shown = [100 * (1 - (above | below).mean()), 100 * above.mean(), 100 * below.mean()]
            shown.append(100 * (1 - len(with_limits) / len(own)))
            error = (own["estimate"] - own["truth"]).mean()
            lines.append(
                f"| {design} | {name} | {true} | {error:+.3f} | {' | '.join(f'{x:.1f}' for x in shown)} | {samples} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_measurement.csv"))
    given = parser.parse_args()
    add_samples(given.file, COLUMNS, [{"design": name} for name in DESIGNS], estimates, given.samples, given.processes)
    print("# Recovery of measurement models\n")
    print(TEXT.replace("\n", " ") + "\n")
    print(table(pd.read_csv(given.file)))


if __name__ == "__main__":
    main()
