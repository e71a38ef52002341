"""Do intervals contain the true value without simple structure? Coverage over the designs of benchmarks/designs.py.

Run from the project's root: python benchmarks/recovery_intervals.py --samples 500 > docs/recovery_intervals.md
Every ten samples of a design go to a file at once (--file); a run that was ended goes on where it was, and with
--samples 0 the tables of what is in the file are printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from designs import CELLS, FORMS, ITEMS, SUBSCALES, Design, population, sample, true_solution
from resumable import add_samples

from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.disattenuation import disattenuate
from psychometrics.association.scores import correlate_scores
from psychometrics.factors.extraction import extract_factors
from psychometrics.factors.general_factor_indices import schmid_leiman_indices
from psychometrics.factors.schmid_leiman import orthogonalised
from psychometrics.reliability.coefficients import coefficient_alpha
from psychometrics.reliability.omega_categorical import categorical_omega
from psychometrics.reliability.omega_hierarchical import omega_rows
from psychometrics.reliability.scale_reliability import reliability_coefficients, reliability_from_matrix

TEXT = """Each design is a population of answers to twelve items of three subscales (benchmarks/designs.py). Loadings
are .65 to .80 on factors that correlate .50. Weak group factors correlate .75, strong ones .25. Cross-loadings have a
standard deviation of .10, and two are .40. With misplaced items, two of the items measure the factor of a different
subscale from that in their key. With minor factors, fifty small factors make the RMSEA of the three major ones .05.
Answers have seven categories, or five; the highest has 40 to 65% of the answers, and symmetric answers have no
ceiling. Therapists have unequal numbers of clients (the busiest six times as many as those with the fewest) and
account for the given share (ICC) of the variance of all factors. If there are therapists, they are resampled.
Intervals are based on 200 resamples, jackknife intervals on at most 200 parts, and those of correlations on every
unit. The true value is the same coefficient computed from everybody's answers; with one factor, it is that of one
factor. Results for subscales or items are pooled over all subscales or items. Coverage is that of the samples with an
interval. If a sample has none, the table of results says why: an estimate of 1 or more, or parts of the answers
without an estimate (categorical omega). Wide intervals are longer than .5."""
RESAMPLES = 200
BLOCK = 10  # samples that each design gets before the next
OMEGAS = [
    *("omega_hierarchical", "omega_total_schmid_leiman", "relative_omega", "ecv", "construct_h_general"),
    *("omega_subscale", "omega_subscale_general", "omega_hierarchical_subscale", "ecv_subscale"),
    "construct_h_subscale",
]
SCALE = [
    *("alpha_jackknife", "alpha_standardized", "guttman_lambda_2", "guttman_lambda_6", "omega_total"),
    *("omega_total_standardized", "construct_reliability_h", "sem"),
]
ITEM = ["item_rest_r", "alpha_if_dropped", "omega_if_dropped"]
NAMES = {name: name.replace("_", " ") for name in [*OMEGAS, *SCALE]}
NAMES |= {f"{name} (4 items)": f"{name.replace('_', ' ')} (4 items)" for name in [*SCALE, *ITEM]}
NAMES |= {name: name.replace("_", " ") for name in ("omega_categorical", "r_pearson", "r_disattenuated")}
COLUMNS = ["design", "sample", "statistic", "part", "estimate", "uncorrected", "lower", "upper"]
WIDE = 0.5


def _tidy(rows: pd.DataFrame, wanted: list[str], part: str, suffix: str = "") -> pd.DataFrame:
    found = rows[rows["statistic"].isin(wanted)]
    return found.assign(statistic=found["statistic"] + suffix, part=found[part].fillna("") if part in found else "")


def estimates(seed: int, design: str) -> pd.DataFrame:
    """Estimate and limits of every coefficient in one sample."""
    drawn = sample(CELLS[design], seed)
    answers, units = drawn.answers, drawn.units
    given = {"units": units, "draws": RESAMPLES, "seed": seed}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [_tidy(omega_rows(answers, subscales=SUBSCALES, categorical=False, **given), OMEGAS, "factor")]
        four = reliability_coefficients(answers[SUBSCALES["task"]], **given)
        rows += [
            _tidy(reliability_coefficients(answers, items=False, **given), SCALE, "item"),
            _tidy(four, [*SCALE, *ITEM], "item", " (4 items)"),
            *_of_forms(answers, units, seed),
            pd.DataFrame([categorical_omega(answers, units=units, seed=seed)]).assign(part=""),
        ]
    return pd.concat(rows).reindex(columns=COLUMNS).assign(design=design, sample=seed)


def _of_forms(answers: pd.DataFrame, units: np.ndarray, seed: int) -> list[pd.DataFrame]:
    """The correlation of the totals of two forms, plain and corrected by alpha."""
    names = ["client/one/total", "client/two/total"]
    columns = pd.DataFrame({"perspective": "client", "form": ["one", "two"], "scale": "total"}, index=names)
    keyed = {name: answers[items] for name, items in zip(names, FORMS.values(), strict=True)}
    scores = pd.DataFrame({name: block.mean(axis=1) for name, block in keyed.items()})
    plain = correlate_scores(scores, columns, method="pearson", level=0.95, units=units)
    resamples = resample_units(units, RESAMPLES, seed)
    corrected = disattenuate(scores, keyed, columns, missing="listwise", level=0.95, resamples=resamples)
    return [_tidy(plain, ["r_pearson"], ""), _tidy(corrected, ["r_disattenuated"], "")]


def truth(design: Design) -> dict[tuple[str, str], float]:
    """Statistic and part -> value of everybody's answers."""
    covariance = population(design)
    sd = pd.Series(np.sqrt(np.diag(covariance)), ITEMS)
    matrix = covariance / np.outer(sd, sd)
    pattern, phi = true_solution(design)
    gamma = np.ones(3) if design.structure == "one factor" else extract_factors(phi, 1).loadings[:, 0]
    general, group = orthogonalised(pattern, gamma * np.sign(gamma.sum()))
    uniqueness = 1 - general**2 - (group**2).sum(axis=1)
    belongs = np.array([[item in own for own in SUBSCALES.values()] for item in ITEMS])
    indices = schmid_leiman_indices(general[None], group[None], uniqueness[None], matrix.to_numpy()[None], belongs)
    values = {}
    for name in OMEGAS:
        for part, value in zip(SUBSCALES if name.endswith("subscale") or name.endswith("subscale_general") else [""],
                               np.atleast_1d(indices[name][0]), strict=True):  # fmt: skip
            values[name, part] = float(np.clip(value, 0, 1))  # what one factor makes of rounded answers can pass 1
    for items, suffix in ((ITEMS, ""), (SUBSCALES["task"], " (4 items)")):
        rows = reliability_from_matrix(matrix.loc[items, items], sd[items], 1_000_000)
        known = rows[rows["statistic"].isin([*SCALE, *ITEM])]
        values |= {(f"{s}{suffix}", part): v for s, part, v in known[["statistic", "item", "estimate"]].to_numpy()}
    one, two = FORMS.values()
    between = covariance.loc[one, two].to_numpy().sum()
    r = between / np.sqrt(covariance.loc[one, one].to_numpy().sum() * covariance.loc[two, two].to_numpy().sum())
    alphas = [float(coefficient_alpha(covariance.loc[own, own].to_numpy())) for own in (one, two)]
    values["r_pearson", ""], values["r_disattenuated", ""] = float(r), float(r / np.sqrt(alphas[0] * alphas[1]))
    big = sample(Design(design.structure, 20_000, 0, 0.0, design.categories, design.ceiling), 1).answers
    values["omega_categorical", ""] = float(categorical_omega(big)["estimate"])
    return values


def _error(samples: int) -> str:
    return f"{100 * np.sqrt(0.95 * 0.05 / samples):.1f}"


def tables(file: Path) -> None:
    found = pd.read_csv(file, keep_default_na=False, na_values=[""])
    found["part"] = found["part"].fillna("")
    true = {(name, *key): value for name in found["design"].unique() for key, value in truth(CELLS[name]).items()}
    keys = zip(found["design"], found["statistic"], found["part"], strict=True)
    found["truth"] = [true[key] for key in keys]
    found["held"] = (found["lower"] <= found["truth"] + 1e-9) & (found["truth"] <= found["upper"] + 1e-9)
    found["width"], found["own"] = found["upper"] - found["lower"], found["uncorrected"].fillna(found["estimate"])
    found["error"], found["error_own"] = found["estimate"] - found["truth"], found["own"] - found["truth"]
    found["wide"] = found["width"] > WIDE
    samples = found.groupby(["statistic", "design"])["sample"].nunique().groupby("statistic").min()
    said = (
        f"Samples of a design: {samples.max()}; a coverage of 95% then has a standard error of {_error(samples.max())}"
    )
    for name, count in samples[samples < samples.max()].items():
        said += f"; {NAMES[name]}: {count} (a standard error of {_error(count)})"
    print(f"# Coverage of intervals without simple structure\n\n{' '.join(TEXT.split())} {said}.\n")
    found["known"] = found["width"].notna()
    by = found.groupby(["statistic", "design"], sort=False)
    covered = (100 * by["held"].sum() / by["known"].sum()).unstack()
    without = (100 * (1 - by["known"].mean())).unstack()
    print("## Over all designs\n")
    print(
        "| coefficient | designs below 93% | lowest coverage (%) | where | mean (%) | median width | wide (%) | "
        "without an interval (%): mean | highest |"
    )
    print("| --- " * 9 + "|")
    for name in (name for name in NAMES if name in covered.index):
        own, rows = covered.loc[name].dropna(), found[found["statistic"] == name]
        print(
            f"| {NAMES[name]} | {(own < 93).sum()} of {len(own)} | {own.min():.1f} | {own.idxmin()} | "
            f"{own.mean():.1f} | {rows['width'].median():.2f} | {100 * rows['wide'].mean():.0f} | "
            f"{without.loc[name].mean():.1f} | {without.loc[name].max():.1f} |"
        )
    designs = [name for name in CELLS if name in covered.columns]
    print("\n## Coverage by design (%)\n")
    print("| coefficient | " + " | ".join(designs) + " |\n" + "| --- " * (len(designs) + 1) + "|")
    for name in (name for name in NAMES if name in covered.index):
        print(f"| {NAMES[name]} | " + " | ".join(f"{value:.1f}" for value in covered.loc[name, designs]) + " |")
    often = [name for name in NAMES if name in without.index and without.loc[name].max() >= 1]
    print("\n## Samples without an interval (%), where that happens in 1% or more of a design\n")
    print("| coefficient | " + " | ".join(designs) + " |\n" + "| --- " * (len(designs) + 1) + "|")
    for name in often:
        print(f"| {NAMES[name]} | " + " | ".join(f"{value:.1f}" for value in without.loc[name, designs]) + " |")
    print("\n## Mean error of what is corrected: of the estimate, and of the sample's own value\n")
    print("| coefficient | " + " | ".join(designs) + " |\n" + "| --- " * (len(designs) + 1) + "|")
    errors = by[["error", "error_own"]].mean()
    for name in ("omega_hierarchical", "ecv", "construct_h_general", "omega_hierarchical_subscale"):
        cells = [errors.loc[(name, design)] for design in designs]
        print(f"| {NAMES[name]} | " + " | ".join(f"{c['error']:+.2f}, {c['error_own']:+.2f}" for c in cells) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--designs", nargs="+", default=list(CELLS))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_intervals.csv"))
    given = parser.parse_args()
    cells = [{"design": name} for name in given.designs]
    for samples in [*range(BLOCK, given.samples, BLOCK), given.samples]:  # all designs get on together
        add_samples(given.file, COLUMNS, cells, estimates, samples, given.processes)
    tables(given.file)
