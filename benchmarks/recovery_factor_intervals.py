"""Do intervals of factor solutions and of shared variance hold the truth where the structure is not simple?

Run from the project's root: python benchmarks/recovery_factor_intervals.py > docs/recovery_factor_intervals.md
Every 20 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
tables of what is in the file are printed.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

import designs
from resumable import add_samples

from pipeline.steps.factor_resamples import FactorResamples
from pipeline.steps.factor_rows import describe_general_factor, describe_solution
from pipeline.steps.split_rows import split_with_intervals
from psychometrics.correlation.product_moment import batched_correlations
from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.alignment import align
from psychometrics.factors.batched_schmid_leiman import batched_factors
from psychometrics.factors.bootstrap import general_arrays
from psychometrics.factors.common_factor import instrument_members
from psychometrics.factors.general_factor_indices import general_factor_indices
from psychometrics.factors.minres import minres
from psychometrics.factors.schmid_leiman import general_factor_of
from psychometrics.factors.solution import FactorSolution, fit_solution
from psychometrics.resampling.weights import resample_weights
from psychometrics.shared_variance.canonical import canonical_correlations
from psychometrics.shared_variance.canonical_rows import relate_sets
from psychometrics.shared_variance.commonality import commonality_analysis, commonality_of_matrix
from psychometrics.shared_variance.split import TotalScores

TEXT = """A sample has twelve items of three subscales and of two forms, from the populations of
benchmarks/designs.py. Every item measures a factor of its subscale. With "cross-loadings", these have a standard
deviation of .10, and two are .40. Factors correlate .75 (weak group factors), .25 (strong), .28 to .63 (unequal) or
.50 (others). With "misplaced items", two items measure the factor of another subscale. With "minor factors", the
misfit is an RMSEA of .05. Answers have seven categories unless five are named, and 40 to 65% of them in the top
category unless they are symmetric. Clients are independent units, or nested in therapists of unequal size. The
analysis uses Pearson correlations, minres, oblimin with three factors (one, if there is one), and 100 resamples of
the units. The totals of two forms are split by the Schmid-Leiman solution. Canonical correlations are those of the
three scales of one form with those of the other, and of the six items with the six. Explained variance is that of the
mean of three items of the third subscale, explained by the other two subscales and the fourth item. The true value is
what the same analysis gives for the covariances of everybody's answers. Coverage is that of the samples with an
interval. If a sample has none, the table of results says why (a loading of the second order beyond 1 is a Heywood
case), and the share of such samples is given as well. The last rows count the samples: with 500 samples, a percentage
has a standard error of one point (less if a statistic has several values in a sample)."""
CELLS = designs.CELLS
INSTRUMENTS = pd.Series({item: form for form, items in designs.FORMS.items() for item in items})[designs.ITEMS]
DRAWS, LEVEL = 100, 0.95
OUTCOME = ["a", "b", "before", "after"]
NAMES = {
    "loading": "loadings",
    "communality": "communalities",
    "phi": "correlations of the factors (corrected)",
    "general_loading": "general loadings",
    "group_loading": "loadings on group factors",
    "second_order_loading": "loadings of the second order",
    "omega_hierarchical": "omega hierarchical",
    "omega_total": "omega total of the items of both forms",
    "ecv": "ECV",
    "share_of_general_variance": "share of a form in the general variance",
    "factor_share": "share of a factor in a total",
    "common_share": "share of a total common to both forms",
    "specific_share": "share of a total specific to it",
    "unique_share": "share of a total unique to items",
    "r_implied": "correlation of the totals, implied",
    "first of scales": "first canonical correlation, scales (shrunken)",
    "later of scales": "later canonical correlations, scales (shrunken)",
    "first of items": "first canonical correlation, items (shrunken)",
    "later of items": "later canonical correlations, items (shrunken)",
    "redundancy": "redundancies (shrunken)",
    "r2": "R2",
    "r2_increment": "R2 beyond the baseline",
    "commonality": "parts of R2",
    "general_dominance": "general dominance",
}
COLUMNS = ["cell", "sample", "statistic", "error", "held", "high", "low", "width", "estimate_held"]
SUBSCALES = [[designs.ITEMS.index(item) for item in items] for items in designs.SUBSCALES.values()]
FORMS = [[designs.ITEMS.index(item) for item in items] for items in designs.FORMS.values()]


def scores(values: np.ndarray) -> dict[str, np.ndarray]:
    """What is related, of answers (n, 12) or, of the identity, as weights of the items."""

    def mean(items):
        return values[:, items].mean(axis=1)

    scales = [np.column_stack([mean([i for i in own if i in form]) for own in SUBSCALES]) for form in FORMS]
    return {
        "scales": np.hstack(scales),
        "items": np.hstack([values[:, form] for form in FORMS]),
        "outcome": np.column_stack([mean(SUBSCALES[0]), mean(SUBSCALES[1]), values[:, 8], mean(SUBSCALES[2][1:])]),
    }


@cache
def true_matrix(design: designs.Design, kind: str) -> np.ndarray:
    weights = scores(np.eye(12))[kind]
    return to_correlations(weights.T @ designs.population(design).to_numpy() @ weights)[0]


@cache
def true_factors(design: designs.Design) -> tuple[FactorSolution, pd.DataFrame]:
    """The solution of everybody's answers, with the factors in the order of the subscales, and their correlations."""
    matrix = to_correlations(designs.population(design).to_numpy())[0]
    matrix = pd.DataFrame(matrix, designs.ITEMS, designs.ITEMS)
    if design.structure == "one factor":
        return fit_solution(matrix, 1_000_000, 1), matrix
    labels = ["F1", "F2", "F3"]
    pattern, phi = designs.true_solution(design)
    solution = fit_solution(matrix, 1_000_000, 3)
    return replace(
        solution,
        pattern=pd.DataFrame(pattern, designs.ITEMS, labels),
        phi=pd.DataFrame(phi, labels, labels),
    ), matrix


def factor_rows(answers: pd.DataFrame, units: np.ndarray, design: designs.Design, seed: int) -> pd.DataFrame:
    """Rows of the tables of the factor analysis and the split, with the truth."""
    truth, _ = true_factors(design)
    k, values = truth.pattern.shape[1], answers.to_numpy()
    matrix = answers.corr()
    solution = fit_solution(matrix, len(answers), k, starts=3, seed=seed)
    if not solution.converged:
        raise ValueError("no solution")
    solution = align(solution, truth.pattern)
    weights = resample_weights(units, 0, DRAWS, seed).astype(float)
    drawn = np.clip(batched_correlations(values, weights), -1, 1)
    _, members = instrument_members(INSTRUMENTS)
    if k == 1:
        loadings = batched_one(drawn, solution)
        patterns, phi = loadings, np.ones((len(drawn), 1, 1))
    else:
        patterns, phi, _ = batched_factors(drawn, solution.uniqueness.to_numpy(), solution.pattern.to_numpy())
    usable = np.isfinite(patterns[:, 0, 0])
    total = np.where(usable, drawn.sum(axis=(1, 2)), np.nan)
    upper = np.triu_indices(12, 1)
    arrays = {
        "pattern": patterns,
        "phi": phi,
        "correlations": np.where(usable[:, None], drawn[:, upper[0], upper[1]], np.nan),
        "congruence": np.ones((len(drawn), k)),
        "failed": ~usable,
    } | general_arrays(patterns, phi, total, solution, members)
    resamples = FactorResamples(arrays, "", "clients", LEVEL, len(np.unique(units)))
    nearby = resamples.nearby(solution, matrix, INSTRUMENTS)
    rows = [describe_solution(solution, resamples, None, nearby)]
    if k > 1:
        rows.append(describe_general_factor(solution, matrix, INSTRUMENTS, resamples, nearby))
    found = pd.concat(rows)
    found = found[found["statistic"].isin(NAMES)].fillna({"item": "", "factor": "", "factor_2": "", "group": ""})
    if "group" not in found:
        found["group"] = ""
    known = truths(design)
    keys = ["statistic", "item", "factor", "factor_2", "group"]
    found["truth"] = [known.get(tuple(key), np.nan) for key in found[keys].itertuples(index=False)]
    totals = TotalScores.of(designs.FORMS, {form: form for form in designs.FORMS}, answers.columns)
    shares, whole = split_with_intervals(solution, totals, matrix, resamples, nearby)
    sl = general_factor_of(truth)
    loadings = truth.pattern if sl is None else pd.concat([sl.general, sl.group], axis=1)
    true_values = whole.values(loadings.to_numpy()[None], 1 - truth.communality.to_numpy()[None])[0]
    shares = shares.iloc[: len(true_values)].assign(truth=true_values)
    return pd.concat([found, shares[shares["statistic"].isin(NAMES) & shares["lower"].notna()]])


def batched_one(drawn: np.ndarray, solution: FactorSolution) -> np.ndarray:
    """Loadings on one factor in every resample."""
    found = minres(drawn, 1, solution.uniqueness.to_numpy())
    loadings = np.where(found.converged[:, None, None], found.loadings, np.nan)
    return loadings * np.where((loadings * solution.pattern.to_numpy()).sum(axis=1, keepdims=True) < 0, -1, 1)


@cache
def truths(design: designs.Design) -> dict[tuple, float]:
    """The value of every row of the tables in the population."""
    truth, matrix = true_factors(design)
    blocks = [truth.tidy()]
    sl = general_factor_of(truth)
    if sl is not None:
        blocks.append(pd.DataFrame({"item": sl.general.index, "statistic": "general_loading", "estimate": sl.general}))
        second = sl.second_order_loadings
        blocks.append(
            pd.DataFrame({"factor": second.index, "statistic": "second_order_loading", "estimate": second.to_numpy()})
        )
        group = sl.group.rename_axis("item").reset_index().melt("item", var_name="factor", value_name="estimate")
        blocks.append(group.assign(statistic="group_loading"))
        blocks.append(general_factor_indices(sl, INSTRUMENTS, correlations=matrix))
    rows = pd.concat(blocks)
    keys = ["statistic", "item", "factor", "factor_2", "group"]
    rows = rows.reindex(columns=[*keys, "estimate"]).fillna(dict.fromkeys(keys, ""))
    return dict(zip(rows[keys].itertuples(index=False, name=None), rows["estimate"], strict=True))


def score_rows(values: np.ndarray, units: np.ndarray, design: designs.Design, seed: int) -> pd.DataFrame:
    """Rows of canonical correlations and of explained variance, with the truth."""
    parts, own = [], scores(values)
    for kind, p in (("scales", 3), ("items", 6)):
        sets = pd.DataFrame(own[kind])
        found = relate_sets(sets.iloc[:, :p], sets.iloc[:, p:], units=units, level=LEVEL, draws=1, seed=seed)
        true = canonical_correlations(true_matrix(design, kind), p)
        rows = found[found["statistic"] == "canonical_r_shrunken"]
        names = [f"{'first' if factor == '1' else 'later'} of {kind}" for factor in rows["factor"]]
        parts.append(rows.assign(truth=true.r, statistic=names))
        rows = found[found["statistic"].str.fullmatch("redundancy.*_shrunken")]
        parts.append(rows.assign(truth=[float(true.x_by_y), float(true.y_by_x)], statistic="redundancy"))
    people = pd.DataFrame(own["outcome"], columns=OUTCOME)
    rows = commonality_analysis(
        people[["a", "b"]],
        people["after"],
        baseline=people[["before"]],
        units=units,
        level=LEVEL,
        draws=DRAWS,
        seed=seed,
    )
    true = true_parts(design)
    rows = rows[rows["statistic"].isin(NAMES)]
    parts.append(rows.assign(truth=[true[key] for key in zip(rows["statistic"], rows["group"], strict=True)]))
    return pd.concat(parts)


@cache
def true_parts(design: designs.Design) -> pd.Series:
    matrix = pd.DataFrame(true_matrix(design, "outcome"), OUTCOME, OUTCOME)
    return commonality_of_matrix(matrix, 1_000_000, instruments=2).set_index(["statistic", "group"])["estimate"]


def estimates(seed: int, cell: str) -> pd.DataFrame:
    """Per statistic the means over its rows in one sample."""
    warnings.simplefilter("ignore")
    design = CELLS[cell]
    drawn = designs.sample(design, seed)
    parts = [score_rows(drawn.answers.to_numpy(), drawn.units, design, seed)]
    try:
        parts.append(factor_rows(drawn.answers, drawn.units, design, seed))
    except ValueError:
        print(f"no solution: {cell}, {seed}", file=sys.stderr)
    rows = pd.concat(parts)
    low, high, truth, value = (rows[name].to_numpy(dtype=float) for name in ("lower", "upper", "truth", "estimate"))
    about = 1e-9  # a share whose classes leave nothing is exactly 0, and so are its limits
    rows = rows.assign(
        error=value - truth,
        held=(low <= truth + about) & (truth <= high + about),
        high=low > truth + about,
        low=high < truth - about,
        width=high - low,
        estimate_held=np.isnan(low) | ((low <= value + about) & (value <= high + about)),
    )
    means = rows.groupby("statistic", sort=False)[["error", "held", "high", "low", "width", "estimate_held"]].mean()
    return means.reset_index().assign(cell=cell, sample=seed)


def table(file: Path) -> None:
    print(f"# Recovery by intervals of factors and shared variance\n\n{' '.join(TEXT.split())}\n")
    found = pd.read_csv(file)
    means = found.groupby(["statistic", "cell"])[["error", "held", "high", "low", "width", "estimate_held"]].mean()
    parts = ["held", "high", "low"]
    known = means[parts].sum(axis=1)
    means[parts] = means[parts].div(known, axis=0)
    means["without"] = 1 - known
    print(
        "| statistic | 95% intervals that hold the truth (%): mean of the cells | lowest | highest | too high (%) | "
        "too low (%) | without an interval (%): mean | highest | largest mean error | mean width | "
        "hold their estimate (%) |\n" + "| --- " * 11 + "|"
    )
    for statistic, name in NAMES.items():
        if statistic not in means.index:
            continue
        own = means.loc[statistic]
        largest = own["error"][own["error"].abs().idxmax()]
        print(
            f"| {name} | {100 * own['held'].mean():.1f} | {100 * own['held'].min():.1f} | "
            f"{100 * own['held'].max():.1f} | {100 * own['high'].mean():.1f} | {100 * own['low'].mean():.1f} | "
            f"{100 * own['without'].mean():.1f} | {100 * own['without'].max():.1f} | {largest:+.3f} | "
            f"{own['width'].mean():.2f} | {100 * own['estimate_held'].mean():.0f} |"
        )
    cells = [cell for cell in CELLS if cell in set(found["cell"])]
    print("\n95% intervals that hold the truth (%), by population; clients:\n")
    print("| statistic | " + " | ".join(cells) + " |\n| --- |" + " --- |" * len(cells))
    for statistic, name in NAMES.items():
        if statistic in means.index:
            own = means.loc[statistic]["held"].reindex(cells)
            print(f"| {name} | " + " | ".join("" if np.isnan(x) else f"{100 * x:.0f}" for x in own) + " |")
    count = found.groupby(["statistic", "cell"])["sample"].nunique().unstack()[cells]
    most = count.max().astype(int)
    print("| samples | " + " | ".join(str(most[cell]) for cell in cells) + " |")
    for statistic in (name for name in NAMES if name in count.index and (count.loc[name] < 0.9 * most).any()):
        shown = ["" if np.isnan(x) else f"{x:.0f}" for x in count.loc[statistic]]
        print(f"| samples: {NAMES[statistic]} | " + " | ".join(shown) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--cells", nargs="+", choices=[*CELLS], default=[*CELLS], metavar="POPULATION")
    parser.add_argument("--file", type=Path, default=Path("results/recovery_factor_intervals.csv"))
    given = parser.parse_args()
    cells = [{"cell": cell} for cell in given.cells]
    # all cells grow alike, so that a run that is ended says something of each
    for samples in range(20, given.samples + 20, 20):
        add_samples(given.file, COLUMNS, cells, estimates, min(samples, given.samples), given.processes)
    table(given.file)
