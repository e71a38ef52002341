"""Do intervals of associations hold the truth? Bias and coverage over many samples of clients who share therapists.

Run from the project's root: python benchmarks/recovery_association.py --samples 500 > docs/recovery_association.md
Every 10 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
table of what is in the file is printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples

from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.split_rows import split_with_intervals
from psychometrics.association.cluster_bootstrap import resample_units
from psychometrics.association.differences import score_differences
from psychometrics.association.disattenuation import disattenuate
from psychometrics.association.htmt import htmt_of_answers
from psychometrics.association.latent import latent_correlations
from psychometrics.association.partial import partial_correlations
from psychometrics.association.scores import correlate_scores
from psychometrics.association.within_between import repeated_correlations
from psychometrics.correlation.correlator import Correlator
from psychometrics.factors.bootstrap import CommonFactorRule, resample_solution
from psychometrics.factors.schmid_leiman import uncorrelated_factors
from psychometrics.factors.solution import fit_solution
from psychometrics.shared_variance.canonical_rows import relate_sets
from psychometrics.shared_variance.commonality import commonality_analysis
from psychometrics.shared_variance.split import TotalScores, VarianceSplit

TEXT = """A sample has 200 clients. Three instruments of eight items each, with two scales of four, have seven
categories and the ceiling that answers to alliance questionnaires have. Every item loads .50 on what all instruments
have in common, .45 on what its instrument and .25 on what its scale has; a baseline and an outcome are known; totals
correlate .28 to .33 with the outcome. The clients are independent, or belong to 40 therapists, five each, who make a
tenth of all factors' variance. Intervals are those that the pipeline shows first: of correlations and their differences
the jackknife's over therapists (clients), of rank correlations of independent clients Bonett and Wright's, of others
from 200 resamples of therapists (clients). The split of the totals' variance rests on
Pearson correlations, minres, oblimin and 100 resamples. The truth is the mean of the same statistic in five samples
of 200,000 clients. Correlations within and between clients are those of 200 other clients who have two to five
sessions each, with a ceiling as well. Squared correlations have the squared limits of the correlations and hold the
truth as often."""
N, OF_ONE, OF_THERAPISTS, RESAMPLES, REFITS, LEVEL = 200, 5, 0.10, 200, 100, 0.95
LARGE, LARGE_SAMPLES = 200_000, 5
FORMS = ["wai", "calpas", "haq"]
ITEMS = {form: [f"{form}_{j + 1:02d}" for j in range(8)] for form in FORMS}
CUTS = np.array([-2.5, -2.0, -1.5, -1.0, -0.4, 0.4])
DESIGNS = {"independent clients": 0.0, "clients of therapists": OF_THERAPISTS}
TOTALS = pd.DataFrame(
    [("client", form, "total") for form in FORMS],
    [f"client.{form}.total" for form in FORMS],
    ["perspective", "form", "scale"],
)
OTHERS = pd.DataFrame([(None, "outcome", "after"), (None, "baseline", "before")], ["after", "before"], TOTALS.columns)
NAMES = {
    "r_pearson": "correlation",
    "r_spearman": "rank correlation",
    "r_latent": "latent correlation",
    "r_disattenuated": "correlation corrected by alpha",
    "r_disattenuated_omega": "correlation corrected by omega",
    "r_latent_disattenuated": "latent correlation, corrected",
    "r_partial": "correlation, baseline held constant",
    "r_within": "correlation within clients",
    "r_between": "correlation between clients",
    "r_total": "correlation over all sessions",
    "difference": "difference of two correlations",
    "htmt": "HTMT",
    "canonical_r_shrunken": "first canonical correlation",
    "redundancy_1_by_2_shrunken": "redundancy",
    "r2": "R2 of the outcome",
    "r2_increment": "R2 beyond the baseline",
    "commonality": "common or unique part of R2",
    "common_share": "share of a total common to all",
    "specific_share": "share of a total specific to it",
    "unique_share": "share of a total unique to items",
}
COLUMNS = ["design", "sample", "statistic", "which", "estimate", "lower", "upper"]


def client_factors(n: int, rng: np.random.Generator, of_therapists: float, size: int) -> np.ndarray:
    """Standard normal factors of n clients, (n, size), of whose variance therapists make a share."""
    therapist = np.arange(n) // OF_ONE
    shared = np.sqrt(of_therapists) * rng.normal(size=(therapist[-1] + 1, size))[therapist]
    return shared + np.sqrt(1 - of_therapists) * rng.normal(size=(n, size))


def simulate(n: int, rng: np.random.Generator, of_therapists: float) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Answers, outcome and baseline, and the therapist of each client."""
    therapist, factor = np.arange(n) // OF_ONE, partial(client_factors, n, rng, of_therapists)
    common, own, scale = factor(1), factor(3), factor(6)
    latent = (
        0.5 * common
        + 0.45 * own.repeat(8, axis=1)
        + 0.25 * scale.repeat(4, axis=1)
        + np.sqrt(1 - 0.5**2 - 0.45**2 - 0.25**2) * rng.normal(size=(n, 24))
    )
    answers = pd.DataFrame(1 + np.searchsorted(CUTS, latent), columns=[*chain(*ITEMS.values())])
    before = factor(1)[:, 0] - 0.2 * common[:, 0]
    after = 0.4 * before + 0.6 * common[:, 0] + 0.1 * own[:, 0] + factor(1)[:, 0]
    return answers, pd.DataFrame({"after": after, "before": before}), therapist


def associations(answers, variables, units, draws: int, seed: int) -> pd.DataFrame:
    """Estimate and limits of every statistic, and which of several it is."""
    blocks = {f"client.{form}.total": answers[items] for form, items in ITEMS.items()}
    scores = pd.DataFrame({name: block.mean(axis=1) for name, block in blocks.items()}).join(variables)
    scales = [
        pd.DataFrame(
            {half: answers[ITEMS[form][first : first + 4]].mean(axis=1) for half, first in (("a", 0), ("b", 4))}
        )
        for form in FORMS[:2]
    ]
    every, how = pd.concat([TOTALS, OTHERS]), {"level": LEVEL, "units": units}
    with_baseline = {"units": units, "level": LEVEL, "draws": max(draws, 1), "seed": seed}
    totals = scores[TOTALS.index].set_axis(FORMS, axis=1)
    parts = [
        correlate_scores(scores, every, method="pearson", **how),
        correlate_scores(scores, every, method="spearman", **how),
        disattenuate(scores, blocks, TOTALS, level=LEVEL, resamples=resample_units(units, draws, seed)),
        latent_correlations(blocks, {name: (name, list(block)) for name, block in blocks.items()}, TOTALS, **how),
        partial_correlations(scores, every.drop(index="before"), {"before": "before"}, **how),
        score_differences(scores, TOTALS, **how),
        htmt_of_answers(answers[ITEMS["wai"] + ITEMS["calpas"]], 8, units=units, level=LEVEL),
        relate_sets(*scales, units=units, draws=1, seed=seed),
        commonality_analysis(totals, scores["after"], **with_baseline),
        commonality_analysis(totals, scores["after"], baseline=scores[["before"]], **with_baseline).query(
            "statistic == 'r2_increment'"
        ),
    ]
    return numbered(pd.concat(parts)[["statistic", "estimate", "lower", "upper"]])


def over_sessions(n: int, rng: np.random.Generator, of_therapists: float) -> tuple[pd.DataFrame, np.ndarray]:
    """Totals of two instruments at two to five sessions of every client, and the client of each row."""
    client = np.repeat(np.arange(n), rng.integers(2, 6, n))
    factor = partial(client_factors, n, rng, of_therapists)
    stable = np.sqrt(0.6) * factor(1) + np.sqrt(0.4) * factor(2)
    moving = np.sqrt(0.4) * rng.normal(size=(len(client), 1)) + np.sqrt(0.6) * rng.normal(size=(len(client), 2))
    latent = np.sqrt(0.35) * stable[client] + np.sqrt(0.25) * moving
    items = latent[..., None] + np.sqrt(0.4) * rng.normal(size=(len(client), 2, 8))
    return pd.DataFrame((1 + np.searchsorted(CUTS, items)).mean(axis=-1), columns=TOTALS.index[:2]), client


def courses(n: int, seed: list[int], of_therapists: float) -> pd.DataFrame:
    """Correlations over sessions of one sample."""
    scores, client = over_sessions(n, np.random.default_rng(seed), of_therapists)
    units = np.arange(n) // OF_ONE if of_therapists else np.arange(n)
    return numbered(repeated_correlations(scores, client, TOTALS[:2], level=LEVEL, units=units))


def numbered(rows: pd.DataFrame) -> pd.DataFrame:
    """The wanted rows; which of several of a statistic they are. Of the canonical correlations only the first."""
    rows = rows[rows["statistic"].isin(list(NAMES)) & rows["estimate"].notna()]
    rows = rows.assign(which=rows.groupby("statistic").cumcount())
    return rows.loc[(rows["statistic"] != "canonical_r_shrunken") | (rows["which"] == 0), COLUMNS[2:]]


def shares(answers: pd.DataFrame, units: np.ndarray, refits: int, seed: int) -> pd.DataFrame:
    """The split of the totals' variance by the general and three group factors, with intervals."""
    correlator = Correlator(answers, method="pearson")
    matrix = correlator().matrix
    solution = fit_solution(matrix, len(answers), 3, seed=seed)
    totals = TotalScores.of(ITEMS, {form: form for form in FORMS}, answers.columns)
    if not refits:
        loadings, uniqueness = uncorrelated_factors(solution)
        return numbered(VarianceSplit(loadings, uniqueness, totals).table().assign(note="", lower=np.nan, upper=np.nan))
    instruments = pd.Series({item: form for form in FORMS for item in ITEMS[form]})
    rule = CommonFactorRule(instruments, salient=0.4, minimum_share=0.05, markers=None)
    drawn = resample_solution(correlator, units, solution, rule, first_draw=0, n_draws=refits, seed=seed)
    resamples = FactorResamples(drawn, "", "clients", LEVEL, len(np.unique(units)))
    nearby = resamples.nearby(solution, matrix, instruments)
    return numbered(split_with_intervals(solution, totals, matrix, resamples, nearby)[0])


def estimates(seed: int, design: str) -> pd.DataFrame:
    """All statistics of one sample."""
    answers, variables, therapist = simulate(N, np.random.default_rng(seed), DESIGNS[design])
    units = therapist if DESIGNS[design] else np.arange(N)
    found = [
        associations(answers, variables, units, RESAMPLES, seed),
        shares(answers, units, REFITS, seed),
        courses(N, [2, seed], DESIGNS[design]),
    ]
    return pd.concat(found).assign(design=design, sample=seed)[COLUMNS]


def truth(design: str) -> pd.Series:
    """Every statistic, by statistic and which: mean of very large samples, whose intervals need no resamples."""
    units, means = np.arange(LARGE) % 20, []  # few: nothing is left out or resampled one by one
    for sample in range(LARGE_SAMPLES):
        answers, variables, _ = simulate(LARGE, np.random.default_rng([1, sample]), DESIGNS[design])
        found = pd.concat(
            [
                associations(answers, variables, units, 0, 0),
                shares(answers, units, 0, 0),
                courses(LARGE, [3, sample], DESIGNS[design]),
            ]
        )
        means.append(found.set_index(["statistic", "which"])["estimate"].astype(float))
    return pd.concat(means, axis=1).mean(axis=1)


def table(file: Path) -> None:
    print(f"# Recovery of associations\n\n{' '.join(TEXT.split())}\n")
    print(
        "| clients | statistic | truth | mean error | 95% intervals that hold the truth (%) | too high (%) "
        "| too low (%) | samples |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    found = pd.read_csv(file)
    for design in DESIGNS:
        planted = truth(design).rename("true")
        rows = found[found["design"] == design].join(planted, on=["statistic", "which"])
        for statistic, name in NAMES.items():
            own = rows[rows["statistic"] == statistic]
            high, low = (own["lower"] > own["true"]).mean(), (own["upper"] < own["true"]).mean()
            held = ((own["lower"] <= own["true"]) & (own["true"] <= own["upper"])).mean()  # no interval: a miss
            low_high = [f"{value:.2f}" for value in (own["true"].min(), own["true"].max())]
            print(
                f"| {design} | {name} | {' to '.join(dict.fromkeys(low_high))} | "
                f"{(own['estimate'] - own['true']).mean():+.3f} | {100 * held:.1f} | {100 * high:.1f} | "
                f"{100 * low:.1f} | {own['sample'].nunique()} |",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_association.csv"))
    given = parser.parse_args()
    cells = [{"design": design} for design in DESIGNS]
    add_samples(given.file, COLUMNS, cells, estimates, given.samples, given.processes)
    table(given.file)
