"""Do the intervals of coders' agreement hold what they promise? Coverage over many samples of items.

Run from the project's root: python benchmarks/recovery_agreement.py --samples 1000 > docs/recovery_agreement.md
A thousand samples take about two minutes of one core.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import stdtrit

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from psychometrics.content.agreement import nominal_agreement

TEXT = """Each item has a true category. A coder gives it with the probability named as right, otherwise a category at
random from a distribution of the coder's own, so that coders differ in what they like to give. Truth: the coefficient
of all items of the kind. Too high: the 95% interval lies above the truth. Undefined: all coders gave one category, and
there is no kappa and no alpha. Wald: the estimate plus and minus t standard errors, cut at 1, as irrCAC gives it (here
with the standard error that the formula gives, also where it is 0)."""
SKEWED = (0.80, 0.15, 0.05)
DESIGNS = {  # shares of the categories, coders, right, codes missing
    "2 coders, 80% right, skewed": (SKEWED, 2, 0.80, 0.0),
    "2 coders, 95% right, skewed": (SKEWED, 2, 0.95, 0.0),
    "2 coders, 80% right, even": ((0.34, 0.33, 0.33), 2, 0.80, 0.0),
    "2 coders, 90% right, two categories, skewed": ((0.90, 0.10), 2, 0.90, 0.0),
    "4 coders, 90% right, 20% missing, skewed": (SKEWED, 4, 0.90, 0.2),
    "3 coders, 70% right, 40% missing, six categories": ((0.5, 0.2, 0.1, 0.1, 0.05, 0.05), 3, 0.70, 0.4),
}
ITEMS = (12, 30, 80)
LEVEL = 0.95


def given(shares, coders, right):
    """Probabilities (coders, true categories, given categories)."""
    size = len(shares)
    liked = np.arange(1, size + 1) / np.arange(1, size + 1).sum()
    return np.array([right * np.eye(size) + (1 - right) * np.roll(liked, coder) for coder in range(coders)])


def truths(shares, probabilities):
    """The coefficients of all items, from the definitions."""
    pairs = list(combinations(probabilities, 2))
    agree = np.mean([np.einsum("t,tk,tk->", shares, one, two) for one, two in pairs])
    mean = np.einsum("t,gtk->gk", shares, probabilities)
    middle = mean.mean(axis=0)
    chance = {
        "agreement_share": 0.0,
        "krippendorff_alpha": middle @ middle,
        "gwet_ac1": middle @ (1 - middle) / (len(middle) - 1),
        "fleiss_kappa": middle @ middle,
        "conger_kappa": np.mean([one @ two for one, two in combinations(mean, 2)]),
    }
    chance["cohen_kappa"] = chance["conger_kappa"]
    return {name: (agree - share) / (1 - share) for name, share in chance.items()}


def sample(rng, shares, probabilities, items, missing):
    true = rng.choice(len(shares), items, p=shares)
    codes = [(rng.random((items, 1)) > table.cumsum(axis=1)[true, :-1]).sum(axis=1) for table in probabilities]
    table = pd.DataFrame(np.transpose(codes)).astype(object)
    return table.mask(rng.random(table.shape) < missing)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=1000)
    samples = parser.parse_args().samples
    print(f"# Recovery of the agreement of coders\n\n{samples} samples per row. {' '.join(TEXT.split())}\n")
    heads = "items|coefficient|truth|mean estimate|covered, %|too high, %|too low, %|mean width|Wald covers, %"
    print("|".join(["| coders ", *(f" {head} " for head in f"{heads}|undefined, %".split("|"))]) + "|")
    print("|---" * 11 + "|")
    for name, (shares, coders, right, missing) in DESIGNS.items():
        probabilities = given(shares, coders, right)
        truth = truths(shares, probabilities)
        for items in ITEMS:
            tables = (
                sample(np.random.default_rng([1, items, i]), shares, probabilities, items, missing)
                for i in range(samples)
            )
            found = pd.concat(
                [nominal_agreement(table, categories=range(len(shares)), level=LEVEL) for table in tables]
            )
            found = found[(found["statistic"] != "cohen_kappa") | (coders == 2)]
            for statistic, rows in found.groupby("statistic", sort=False):
                known, true = rows.dropna(subset=["estimate"]), truth[statistic]
                # the true value can be a limit to the last bits
                high = 100 * (known["lower"] > true + 1e-9).mean()
                low = 100 * (known["upper"] < true - 1e-9).mean()
                half = stdtrit(known["n"] - 1, (1 + LEVEL) / 2) * known["se"].fillna(0)
                wald = (known["estimate"] - half <= true) & (true <= np.minimum(known["estimate"] + half, 1))
                print(
                    f"| {name} | {items} | {statistic} | {true:.3f} | {known['estimate'].mean():.3f} | "
                    f"{100 - high - low:.1f} | {high:.1f} | {low:.1f} | "
                    f"{(known['upper'] - known['lower']).mean():.2f} | {100 * wald.mean():.1f} | "
                    f"{100 * (1 - len(known) / len(rows)):.1f} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
