"""Which criterion finds the number of factors where criteria differ? Correlated, short, skewed, imperfect factors.

Run from the project's root: python benchmarks/recovery_retention.py --samples 500 > docs/recovery_retention.md
Every 10 samples go to a file at once (--file); a run that was ended goes on where it was, and with --samples 0 the
tables of what is in the file are printed. --check 20 compares shared random eigenvalues with a sample's own instead.
--real FOLDER adds the numbers of factors of the files that recovery_retention.R writes from data of R.
"""

import os

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")

import argparse
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))

from resumable import add_samples
from scipy.special import ndtri

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.matrix import given_matrix
from psychometrics.correlation.smoothing import SINGULAR
from psychometrics.factors.extraction import degrees_of_freedom, extract_factors
from psychometrics.factors.retention.comparison_data import comparison_fits
from psychometrics.factors.retention.criteria import MEDIAN_OF, median_record, retention_table
from psychometrics.factors.retention.nest import nest_record
from psychometrics.factors.retention.parallel_analysis import parallel_analysis, random_eigenvalues

TEXT = """A sample has one to six major factors with three to six items each, whose loadings run from .40 to .80; the
factors correlate 0, .30 or .60. Answers have five categories; 40 to 65% of the people choose the highest, the share
rising from item to item. Stray items load on no factor. Minor factors are model error: 50 random factors with falling
variance (Tucker, Koopman & Linn 1969), drawn anew for every sample and scaled so that the RMSEA of the major factors in
the population is .05; the criterion `rmsea`, which asks for just that, has an advantage here. The 18 cells hold every
level several times and its combinations as evenly as 18 cells can. Samples are analysed as the pipeline does it, by
polychoric correlations and minres. The random eigenvalues of parallel analysis (500 draws) are simulated once per cell;
with a sample's own instead, 54 samples had the same number in 207 of 216 comparisons (--check 3, 200 draws). Comparison
data (40 draws, up to 8 factors) are made in every 50th sample, NEST (100 draws) in every tenth."""
# factors, items per factor, correlation of the factors, people, minor factors, stray items
CELLS = [
    dict(zip(("factors", "items", "phi", "people", "minor", "stray"), cell, strict=True))
    for cell in [
        (1, 5, 0.0, 3000, 1, 4),
        (1, 5, 0.0, 1000, 0, 4),
        (1, 6, 0.0, 150, 0, 4),
        (2, 4, 0.0, 400, 1, 4),
        (2, 4, 0.6, 400, 0, 0),
        (2, 3, 0.3, 150, 1, 0),
        (3, 3, 0.6, 1000, 1, 4),
        (3, 5, 0.3, 400, 0, 0),
        (3, 4, 0.6, 3000, 0, 0),
        (4, 6, 0.0, 3000, 1, 0),
        (4, 4, 0.3, 150, 1, 4),
        (4, 5, 0.0, 150, 0, 4),
        (5, 3, 0.0, 400, 0, 0),
        (5, 6, 0.6, 400, 1, 4),
        (5, 4, 0.0, 1000, 1, 0),
        (6, 6, 0.3, 1000, 0, 0),
        (6, 3, 0.3, 3000, 0, 4),
        (6, 5, 0.6, 150, 1, 0),
    ]
]
NAMES = {
    "factors": "major factors",
    "items": "items per factor",
    "phi": "correlation of the factors",
    "people": "people",
    "minor": "minor factors",
    "stray": "stray items",
}
KEYS = list(NAMES)
COLUMNS = [*KEYS, "sample", "statistic", "estimate"]
MISFIT, MINOR_FACTORS, DECAY = 0.05, 50, 0.9
DRAWS, COMPARISON_DRAWS, NEST_DRAWS = 500, 40, 100
MOST_COMPARED, COMPARED_EVERY, NEST_EVERY = 8, 50, 10
SHARES = [1 / 15, 2 / 15, 4 / 15, 8 / 15]  # of the people below the highest category, lowest category first
AT_ONCE = [50, 100, 200, 300, 400, 500, 1000]  # samples a cell, after which the next cell has its turn


def population(factors: int, items: int, phi: float, minor: int, stray: int, rng: np.random.Generator) -> np.ndarray:
    """Root of the latent correlations of the items, (items, latent variables)."""
    pattern = np.kron(np.eye(factors), np.linspace(0.8, 0.4, items)[:, None])
    pattern = np.vstack([pattern, np.zeros((stray, factors))])
    major = pattern @ np.linalg.cholesky(np.full((factors, factors), phi) + (1 - phi) * np.eye(factors))
    p = len(major)
    weights = np.zeros((p, 0))
    if minor:
        unit = rng.normal(size=(p, MINOR_FACTORS)) * DECAY ** np.arange(MINOR_FACTORS)
        unit /= np.sqrt((unit**2).sum(axis=1).mean())
        size = 0.2
        for _ in range(8):  # the RMSEA grows about as the square of the size
            weights = size * unit
            common = np.hstack([major, weights])
            matrix = common @ common.T
            np.fill_diagonal(matrix, 1.0)
            if np.linalg.eigvalsh(matrix)[0] <= SINGULAR:  # the minor factors leave an item less than nothing
                size /= 2
                continue
            misfit = 2 * extract_factors(matrix, factors, method="ml").objective
            size *= np.sqrt(MISFIT / np.sqrt(max(misfit, 1e-8) / degrees_of_freedom(p, factors)))
        weights *= np.minimum(1, np.sqrt(0.98 * (1 - (major**2).sum(axis=1)) / (weights**2).sum(axis=1)))[:, None]
    common = np.hstack([major, weights])
    return np.hstack([common, np.diag(np.sqrt(1 - (common**2).sum(axis=1)))])


def simulate(rng: np.random.Generator, people: int, **cell) -> pd.DataFrame:
    """Answers of a sample from a population of its own."""
    root = population(**cell, rng=rng)
    latent = rng.normal(size=(people, root.shape[1])) @ root.T
    top = np.linspace(0.40, 0.65, len(root))
    answers = [
        1 + np.searchsorted(ndtri((1 - share) * np.cumsum(SHARES)), column)
        for share, column in zip(top, latent.T, strict=True)
    ]
    return pd.DataFrame(np.column_stack(answers), columns=[f"i{j + 1:02d}" for j in range(len(root))])


@cache
def shared_eigenvalues(cell: tuple) -> dict[str, np.ndarray]:
    """Random eigenvalues of a cell, from the margins of one sample of it."""
    answers = simulate(np.random.default_rng(CELLS.index(dict(cell))), **dict(cell))
    return random_eigenvalues(Correlator(answers), first_draw=0, n_draws=DRAWS, seed=1)


def numbers_of_factors(sample: int, **cell) -> pd.DataFrame:
    """The number of factors by every criterion in one sample."""
    answers = simulate(np.random.default_rng(np.random.SeedSequence([CELLS.index(cell), sample])), **cell)
    correlator = Correlator(answers)
    matrix, comparison, nest = correlator(), "not made", None
    p = len(matrix.matrix)
    if sample % COMPARED_EVERY == 0:
        largest = max(k for k in range(1, MOST_COMPARED + 1) if degrees_of_freedom(p, k) >= 0)
        comparison = comparison_fits(answers, largest=largest, first_draw=0, n_draws=COMPARISON_DRAWS, seed=sample)
    if sample % NEST_EVERY == 0:
        nest = nest_record(matrix, answers, draws=NEST_DRAWS, seed=sample)
    parallel = parallel_analysis(matrix, shared_eigenvalues(tuple(cell.items())))
    table = retention_table(matrix, parallel, comparison=comparison, nest=nest, influence=correlator.influence())
    return table.assign(**cell, sample=sample)[COLUMNS]


def check(samples: int) -> None:
    """Print how often parallel analysis finds another number with a sample's own random eigenvalues."""
    for cell in CELLS:
        differ = {}
        for sample in range(samples):
            answers = simulate(np.random.default_rng(np.random.SeedSequence([CELLS.index(cell), sample])), **cell)
            correlator = Correlator(answers)
            own = random_eigenvalues(correlator, first_draw=0, n_draws=DRAWS, seed=sample)
            shared = shared_eigenvalues(tuple(cell.items()))
            found = [parallel_analysis(correlator(), random) for random in (own, shared)]
            for name in ("by_basis", "by_mean"):
                for basis, k in getattr(found[0], name).items():
                    key = f"{basis} {name}"
                    differ[key] = differ.get(key, 0) + (k != getattr(found[1], name)[basis])
        print(cell, differ, flush=True)


def combined(found: pd.DataFrame) -> pd.DataFrame:
    """Put the combination of criteria behind the others; one column per criterion, one row per sample."""
    singles = found.drop(columns="median_of_three", errors="ignore")
    median = [median_record(row)["estimate"] for row in singles[list(MEDIAN_OF)].to_dict("records")]
    return singles.assign(median_of_three=median)


def shares(errors: pd.Series) -> list[str]:
    """Right, fewer and more factors than there are, in percent; the mean error; samples."""
    known = errors.dropna()
    parts = [100 * (known == 0).mean(), 100 * (known < 0).mean(), 100 * (known > 0).mean()]
    return [*(f"{part:.0f}" for part in parts), f"{known.mean():+.2f}", str(len(known))]


def tables(file: Path) -> None:
    """Print what was found in all cells, level by level, and cell by cell."""
    samples = pd.read_csv(file).drop_duplicates([*KEYS, "sample", "statistic"])
    wide = samples.pivot(index=[*KEYS, "sample"], columns="statistic", values="estimate")[samples["statistic"].unique()]
    found = combined(wide)
    errors = found.sub(found.index.get_level_values("factors"), axis=0)
    count = wide.groupby(level=KEYS, sort=False)["map"].size()
    print(f"# Recovery of the number of factors\n\n{' '.join(TEXT.split())}\n")
    number = f"{count.min()}" if count.min() == count.max() else f"{count.min()} to {count.max()}"
    cells = "" if len(count) == len(CELLS) else f" of {len(count)} of the {len(CELLS)} cells; the others were not run"
    print(f"Samples of each cell: {number}{cells}. Criteria that were not applied in every sample have fewer.\n")
    print("| criterion | right (%) | fewer (%) | more (%) | mean error | samples |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in errors:
        # every cell counts alike
        parts = errors[name].groupby(level=KEYS).apply(lambda own: pd.Series(shares(own)[:4], dtype=float)).unstack()
        right, fewer, more, error = parts.mean()
        print(f"| {name} | {right:.0f} | {fewer:.0f} | {more:.0f} | {error:+.2f} | {errors[name].notna().sum()} |")
    print("\nEvery cell counts alike. `median_of_three`: of parallel_analysis_component, hull_cfi and lowest_bic.")
    print("\nRight (%), by the level of each condition. Correlations of the factors without the cells of one factor.")
    for key, label in NAMES.items():
        own = errors[found.index.get_level_values("factors") > 1] if key == "phi" else errors
        levels = sorted(own.index.get_level_values(key).unique())
        right = own.eq(0).where(own.notna()).groupby(level=KEYS).mean().groupby(level=key).mean()
        shown = [{0: "no", 1: "yes"}[level] if key == "minor" else f"{level:g}" for level in levels]
        print(f"\n| {label} | {' | '.join(shown)} |\n| --- |{' --- |' * len(levels)}")
        for name in errors:
            print(f"| {name} | {' | '.join(f'{100 * right.loc[level, name]:.0f}' for level in levels)} |")
    print("\nRight (%), cell by cell; in brackets the mean error.\n")
    names = list(errors)
    print(f"| {' | '.join([*NAMES.values(), *names])} |\n|{' --- |' * (len(NAMES) + len(names))}")
    for cell in CELLS:
        key = tuple(cell.values())
        if key in count.index:
            own = [shares(errors.loc[key, name]) for name in names]
            conditions = [f"{value:g}" for value in key]
            print(f"| {' | '.join([*conditions, *(f'{part[0]} ({part[3]})' for part in own)])} |")


REAL = """Numbers of factors in answers and matrices that come with R (psych 2.2.9, psychTools 2.5.3 and datasets),
where nobody knows the truth. Usually reported: bfi five factors (25 items of 2,800 people), sai (20 items of 3,032
people at their first occasion) one or two, msq (its first 40 items of 3,896 people) two to four, epi (57 items of
3,570 people) two and a lie scale, Thurstone three, Holzinger's nine tests three, Bechtoldt six, Reise a general
factor and five groups of items, Harman's 24 tests four. NEST with 100 draws, comparison data with 40 draws and up to
8 factors. With epi's answers of yes and no the criteria lie between 2 and 42, and the median of three finds 29: where
they lie that far apart, as a report says first, no single one is to be trusted."""


def real(folder: Path) -> None:
    """Print what the criteria find in answers and matrices of others."""
    found = {}
    for file in sorted(folder.glob("*.csv")):
        name, _, people = file.stem.rpartition("_")
        if not name or not (people == "answers" or people.isdigit()):
            raise ValueError(f"{file}: not a file of recovery_retention.R, whose names end with _answers or _<people>")
        if people == "answers":
            answers = pd.read_csv(file).dropna(how="all")
            source = Correlator(answers)
            matrix, influence = source(), source.influence()
            comparison = comparison_fits(answers, largest=MOST_COMPARED, first_draw=0, n_draws=COMPARISON_DRAWS, seed=1)
            nest = nest_record(matrix, answers, draws=NEST_DRAWS)
        else:
            values = pd.read_csv(file, index_col=0)
            matrix = given_matrix(values.set_axis(values.index, axis="columns"), int(people))
            source, influence, comparison = (int(people), len(values)), None, "no answers"
            nest = nest_record(matrix, draws=NEST_DRAWS)
        random = random_eigenvalues(source, first_draw=0, n_draws=DRAWS, seed=1)
        table = retention_table(
            matrix, parallel_analysis(matrix, random), comparison=comparison, nest=nest, influence=influence
        )
        found[name] = table.set_index("statistic")["estimate"]
    numbers = pd.DataFrame(found)
    print(f"\n## Real data\n\n{' '.join(REAL.split())}\n")
    print(f"| criterion | {' | '.join(numbers)} |\n| --- |{' --- |' * len(numbers.columns)}")
    for name, row in numbers.iterrows():
        print(f"| {name} | {' | '.join('–' if np.isnan(k) else f'{k:g}' for k in row)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--file", type=Path, default=Path("results/recovery_retention.csv"))
    parser.add_argument("--processes", type=int)
    parser.add_argument("--check", type=int, default=0)
    parser.add_argument("--real", type=Path)
    given = parser.parse_args()
    if given.check:
        check(given.check)
    else:
        for number in [*(step for step in AT_ONCE if step < given.samples), given.samples]:
            add_samples(given.file, COLUMNS, CELLS, numbers_of_factors, number, given.processes)
        tables(given.file)
        if given.real:
            real(given.real)
