"""How often is invariance refused that holds, and how often is a biased item found? Samples with model error.

Run from the project's root: python benchmarks/recovery_invariance.py --samples 200 > docs/recovery_invariance.md
Every 10 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
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
from scipy.special import ndtr

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples

from psychometrics.invariance.measurement_invariance import measurement_invariance
from psychometrics.not_computable import NotComputable

TEXT = """A sample has ratings of one form of eight items with five categories and a ceiling: of the same dyads by
clients and therapists, or of two groups of 200. The loadings are .60 to .85. Model error: a tenth of the residual
variance of the items comes from three minor factors, alike on both sides, so that one factor does not fit exactly.
The second side's factor lies 0.3 standard deviations higher. Clients of a therapist are alike: a tenth of the
variance of clients' ratings, three tenths of that of therapists' and a tenth of the residual variance of each item
that therapists rate are the therapist's. In half of the cells one item of the second side is biased by half a
standard deviation of its latent answer. Tests by therapist where there are 20 or more,
intervals where there are 10. *Freed* is a sample in which
any unbiased item was freed; *found* one in which the biased item was. Intervals: of the difference of the latent
means, freed items free, and of the expected difference of the biased item where it was found, 95%."""
ITEMS = [f"i{item:02d}" for item in range(1, 9)]
LOADINGS = np.linspace(0.85, 0.60, 8)
CUTS = np.array([-1.8, -1.2, -0.5, 0.4])
SHIFT, BIASED, BIAS, MINOR, STYLE = 0.3, 3, 0.5, 0.1, 0.1
CELLS = {
    "30 therapists x 8 dyads": (30, 8),
    "two groups of 200": (0, 200),
    "12 therapists x 5 dyads": (12, 5),
}
STEPS = ["thresholds", "loadings", "intercepts", "residuals"]
COLUMNS = ["cell", "biased", "sample", "answer", "freed", "found", *STEPS, "latent", "held_latent", "item", "held_item"]
COLUMNS += ["seconds"]


def population() -> np.ndarray:
    """Loadings on the minor factors: those of a form, the same on both sides and in every sample; factor x item."""
    drawn = np.random.default_rng(2026).normal(size=(3, len(ITEMS)))
    return drawn / np.sqrt((drawn**2).sum(axis=0)) * np.sqrt(MINOR * (1 - LOADINGS**2))


def answers(rng: np.random.Generator, cell: str, *, biased: bool) -> tuple[dict[str, pd.DataFrame], pd.Series | None]:
    """Answers of two sides, the reference first, and the therapists."""
    therapists, size = CELLS[cell]
    minor = population()
    n = therapists * size if therapists else size
    therapist = np.repeat(np.arange(therapists), size) if therapists else None
    own = np.linalg.cholesky(np.array([[1, 0.3], [0.3, 1]]))
    found = {}
    dyad = (own @ rng.normal(size=(2, n))) if therapists else rng.normal(size=(2, n))
    unique = rng.normal(size=(2, n, len(ITEMS)))
    if therapists:
        unique[1] = 0.2 * unique[0] + np.sqrt(1 - 0.2**2) * unique[1]
        shared = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], therapists)
    for side, name in enumerate(("therapist", "client")):
        factor, residual = dyad[side], unique[side]
        if therapist is not None:
            share = 0.3 if side == 0 else 0.1
            factor = np.sqrt(1 - share) * factor + np.sqrt(share) * shared[therapist, side]
            if side == 0:
                style = rng.normal(size=(therapists, len(ITEMS)))[therapist]
                residual = np.sqrt(1 - STYLE) * residual + np.sqrt(STYLE) * style
        latent = (factor + SHIFT * side)[:, None] * LOADINGS
        latent += np.sqrt((1 - LOADINGS**2) * (1 - MINOR)) * residual + rng.normal(size=(n, 3)) @ minor
        if biased and side:
            latent[:, BIASED] += BIAS
        codes = 1.0 + (latent[..., None] > CUTS).sum(axis=-1)
        index = np.arange(n) + (0 if therapists else n * side)
        found[name] = pd.DataFrame(codes, columns=ITEMS, index=index)
    return found, None if therapist is None else pd.Series(therapist)


def true_difference() -> float:
    """Expected score of the biased item minus that without bias, over the second side's factor."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    latent = (nodes + SHIFT) * LOADINGS[BIASED]
    spread = np.sqrt(1 - LOADINGS[BIASED] ** 2)

    def _expected(bias: float) -> np.ndarray:
        return 5 - ndtr((CUTS[:, None] - latent - bias) / spread).sum(axis=0)

    return float(weights @ (_expected(BIAS) - _expected(0.0)) / weights.sum())


def estimate(sample: int, cell: str, biased: bool) -> pd.DataFrame:
    """One row of what a sample finds."""
    rng = np.random.default_rng([113, list(CELLS).index(cell), int(biased), sample])
    data, therapist = answers(rng, cell, biased=biased)
    began = time.process_time()
    row: dict = {"cell": cell, "biased": biased, "sample": sample, "answer": "none"}
    try:
        found = measurement_invariance(data, {"alliance": ITEMS}, paired=therapist is not None, cluster=therapist)
    except NotComputable:
        return pd.DataFrame([row]).reindex(columns=COLUMNS)
    steps, items = found.steps, found.items
    p = steps[(steps["statistic"] == "p_value_difference") & (steps["model"] == "all items equal")]
    row |= {step: value < 0.05 for step, value in zip(p["step"], p["estimate"], strict=True)}
    name = ITEMS[BIASED]
    wrongly = [item for item in found.freed if not (biased and item == name)]
    row |= {"answer": found.answer, "freed": len(wrongly) > 0, "found": name in found.freed}
    latent = steps[steps["statistic"] == "latent_mean_difference"].iloc[-1]
    row |= {"latent": latent["estimate"], "held_latent": latent["lower"] <= SHIFT <= latent["upper"]}
    own = items[(items["statistic"] == "expected_item_difference") & (items["item"] == name)].iloc[0]
    if biased and name in found.freed:
        row |= {"item": own["estimate"], "held_item": own["lower"] <= true_difference() <= own["upper"]}
    return pd.DataFrame([row | {"seconds": time.process_time() - began}]).reindex(columns=COLUMNS)


def percent(values: pd.Series) -> str:
    """The mean of ones and zeros, as a percentage."""
    return f"{100 * pd.to_numeric(values).mean():.1f}"


def table(rows: pd.DataFrame) -> str:
    """The table of the documentation."""
    head = [
        "sample",
        "biased item",
        "samples",
        "thresholds p < .05 (%)",
        "loadings",
        "intercepts",
        "residual variances",
    ]
    head += ["unbiased item freed (%)", "biased item found (%)", "yes (%)", "partly", "no or undecided"]
    head += ["mean latent difference (0.30)", "held (%)", f"mean item difference ({true_difference():.2f})", "held (%)"]
    lines = [head, ["---"] * len(head)]
    for (cell, biased), own in rows.groupby(["cell", "biased"], sort=False):
        known = own[own["answer"] != "none"]
        flags = known[[*STEPS, "freed", "found", "held_latent"]].map(lambda value: str(value) in ("True", "1", "1.0"))
        tested = [percent(flags.loc[known[step].notna(), step]) for step in STEPS]
        held = known["held_item"].dropna().map(lambda value: str(value) in ("True", "1", "1.0"))
        lines.append(
            [cell, "yes" if biased else "no", f"{len(known)} of {len(own)}", *tested, percent(flags["freed"])]
            + [percent(flags["found"]) if biased else "–"]
            + [percent(known["answer"] == answer) for answer in ("yes", "partly")]
            + [percent(known["answer"].isin(["no", "undecided"]))]
            + [f"{known['latent'].mean():.2f}", percent(flags["held_latent"])]
            + ([f"{known['item'].mean():.2f}", percent(held)] if len(held) else ["–", "–"])
        )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--file", type=Path, default=Path("benchmarks/recovery_invariance.csv"))
    chosen = parser.parse_args()
    cells = [{"cell": cell, "biased": biased} for cell in CELLS for biased in (False, True)]
    add_samples(chosen.file, COLUMNS, cells, estimate, chosen.samples, chosen.processes)
    rows = pd.read_csv(chosen.file)
    print(f"# Recovery of measurement invariance\n\n{' '.join(TEXT.split())}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
