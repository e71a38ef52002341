"""Populations that the intervals are measured in: answers to twelve items of three subscales and two forms.

Every item measures a factor of its subscale, and the factors have a general one; the designs differ in what else is
true. Therapists share a part of every factor among their clients; the top category has 40 to 65% of the answers.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from psychometrics.correlation.bivariate_normal import distribution
from psychometrics.factors.alignment import align_arrays
from psychometrics.factors.extraction import degrees_of_freedom, extract_factors
from psychometrics.factors.solution import fit_solution

ITEMS = [f"i{j + 1:02d}" for j in range(12)]
SUBSCALES = {name: ITEMS[4 * j : 4 * j + 4] for j, name in enumerate(("task", "bond", "goal"))}
FORMS = {"one": ITEMS[0::2], "two": ITEMS[1::2]}  # two items of every subscale each
OF_FACTOR = np.repeat(np.arange(3), 4)
LOADINGS = np.tile([0.8, 0.75, 0.7, 0.65], 3)
STRUCTURES = (
    *("simple", "cross-loadings", "weak group factors", "strong group factors", "unequal group factors"),
    *("misplaced items", "one factor", "minor factors"),
)
SECOND_ORDER = {
    "weak group factors": (0.87, 0.87, 0.87),  # factors correlate .75
    "strong group factors": (0.5, 0.5, 0.5),  # .25
    "unequal group factors": (0.9, 0.7, 0.4),
    "one factor": (1.0, 1.0, 1.0),
}  # others: .71, so that factors correlate .50
MISFIT = 0.05  # RMSEA of three factors where there are minor ones
CATEGORIES = {5: (1.8, 1.25, 0.7, 0.0), 7: (2.3, 1.8, 1.35, 0.95, 0.5, 0.0)}  # cuts below the one of the top category
SYMMETRIC = {5: (-1.5, -0.5, 0.5, 1.5), 7: (-1.8, -1.1, -0.4, 0.4, 1.1, 1.8)}
TOP = np.linspace(0.40, 0.65, 12)[[0, 7, 3, 10, 5, 1, 8, 4, 11, 2, 9, 6]]  # share of answers in the top category


@dataclass(frozen=True)
class Design:
    """A population and how it is sampled.

    structure : one of STRUCTURES.
    n : clients.
    therapists : of unequal size; 0 where every client is a unit of its own.
    icc : share of therapists in every factor and in every uniqueness.
    categories : 5 or 7.
    ceiling : whether the top category has 40 to 65%.
    """

    structure: str = "simple"
    n: int = 140
    therapists: int = 0
    icc: float = 0.0
    categories: int = 7
    ceiling: bool = True


@dataclass(frozen=True)
class Sample:
    """Keyed answers (clients x items) and the independent unit of every client: the therapist, or the client."""

    answers: pd.DataFrame
    units: np.ndarray


# every level of every condition several times, not all their combinations
CELLS = {
    "simple, 60": Design(n=60),
    "simple, 140": Design(),
    "simple, 300, symmetric": Design(n=300, ceiling=False),
    "simple, 140, 18 therapists, ICC .1": Design(therapists=18, icc=0.1),
    "cross-loadings, 60": Design("cross-loadings", n=60),
    "cross-loadings, 140": Design("cross-loadings"),
    "cross-loadings, 300, five categories": Design("cross-loadings", n=300, categories=5),
    "cross-loadings, 140, 12 therapists, ICC .3": Design("cross-loadings", therapists=12, icc=0.3),
    "weak group factors, 140": Design("weak group factors"),
    "weak group factors, 300, 40 therapists, ICC .1": Design("weak group factors", n=300, therapists=40, icc=0.1),
    "weak group factors, 60, five categories": Design("weak group factors", n=60, categories=5),
    "strong group factors, 60, symmetric": Design("strong group factors", n=60, ceiling=False),
    "strong group factors, 140, 18 therapists, ICC .3": Design("strong group factors", therapists=18, icc=0.3),
    "unequal group factors, 140, five categories": Design("unequal group factors", categories=5),
    "unequal group factors, 300, 40 therapists, ICC .3": Design("unequal group factors", 300, 40, 0.3),
    "misplaced items, 140": Design("misplaced items"),
    "misplaced items, 300, 40 therapists, ICC 0": Design("misplaced items", n=300, therapists=40),
    "one factor, 140": Design("one factor"),
    "one factor, 300, 12 therapists, ICC 0": Design("one factor", n=300, therapists=12),
    "minor factors, 140, five categories": Design("minor factors", categories=5),
    "minor factors, 300, 18 therapists, ICC .1": Design("minor factors", n=300, therapists=18, icc=0.1),
}


def sample(design: Design, seed: int) -> Sample:
    """Draw clients, reproducibly: the same design and seed give the same answers."""
    rng = np.random.default_rng([seed, design.n, STRUCTURES.index(design.structure)])
    root = np.linalg.cholesky(latent(design.structure) + 1e-10 * np.eye(12))
    units = caseloads(design)
    own = np.sqrt(1 - design.icc) * rng.normal(size=(design.n, 12)) @ root.T
    shared = np.sqrt(design.icc) * rng.normal(size=(units.max() + 1, 12)) @ root.T
    values = own + shared[units] if design.therapists else own
    answers = 1 + np.stack([np.searchsorted(cuts, x) for cuts, x in zip(thresholds(design), values.T, strict=True)], 1)
    return Sample(pd.DataFrame(answers.astype(float), columns=ITEMS), units)


def caseloads(design: Design) -> np.ndarray:
    """The therapist of every client: the busiest have about six times as many as those with the fewest."""
    if not design.therapists:
        return np.arange(design.n)
    sizes = np.exp(np.linspace(0, 1.8, design.therapists))
    ends = np.round(np.cumsum(sizes / sizes.sum()) * design.n).astype(int)
    return np.searchsorted(ends, np.arange(design.n), side="right")


def thresholds(design: Design) -> np.ndarray:
    """Where the answers to each item are cut, (12, categories - 1)."""
    if not design.ceiling:
        return np.tile(SYMMETRIC[design.categories], (12, 1))
    return -ndtri(TOP)[:, None] - np.array(CATEGORIES[design.categories])


@cache
def latent(structure: str) -> np.ndarray:
    """Correlations of what lies behind the answers."""
    pattern, phi = major(structure)
    common = pattern @ phi @ pattern.T
    if structure == "minor factors":
        common = common + minor(common)
    matrix = common.copy()
    np.fill_diagonal(matrix, 1.0)
    return matrix


def major(structure: str) -> tuple[np.ndarray, np.ndarray]:
    """Pattern (12, 3) and correlations of the factors of the subscales."""
    gamma = np.array(SECOND_ORDER.get(structure, (0.71, 0.71, 0.71)))
    phi = np.outer(gamma, gamma)
    np.fill_diagonal(phi, 1.0)
    pattern = (OF_FACTOR[:, None] == np.arange(3)) * LOADINGS[:, None]
    if structure == "cross-loadings":
        crossed = np.random.default_rng(1).normal(0, 0.10, (12, 3))
        pattern = np.where(pattern == 0, crossed, pattern)
        for item, factor in ((2, 1), (6, 2)):
            pattern[item, factor], pattern[item, OF_FACTOR[item]] = 0.40, 0.45
    if structure == "misplaced items":
        for item, factor in ((3, 1), (7, 2)):
            pattern[item] = np.roll(np.array([0.65, 0.0, 0.0]), factor)
    return pattern, phi


def minor(common: np.ndarray) -> np.ndarray:
    """Common variance of fifty minor factors (Tucker, Koopman & Linn 1969), so large that the misfit is RMSEA .05."""
    loadings = np.random.default_rng(2).normal(size=(12, 50)) * 0.8 ** np.arange(50)
    shape = loadings @ loadings.T / np.sum(loadings**2, axis=1).mean()

    def excess(share: float) -> float:
        matrix = common + share * shape
        np.fill_diagonal(matrix, 1.0)
        found = extract_factors(matrix, 3, method="ml").loadings
        implied = found @ found.T
        np.fill_diagonal(implied, 1.0)
        misfit = (
            np.linalg.slogdet(implied)[1] - np.linalg.slogdet(matrix)[1] + np.trace(np.linalg.solve(implied, matrix))
        )
        return float(np.sqrt(max(misfit - 12, 0.0) / degrees_of_freedom(12, 3)) - MISFIT)

    return brentq(excess, 0.0, 0.25, xtol=1e-6) * shape


@cache
def population(design: Design) -> pd.DataFrame:
    """Covariances of the answers of everybody, from bivariate normal probabilities."""
    cuts, latent_r = thresholds(design), latent(design.structure)
    below = ndtr(cuts)
    covariance = np.empty((12, 12))
    for i in range(12):
        for j in range(i + 1):
            if i == j:
                joint = np.minimum(below[i][:, None], below[i])
            else:
                joint = distribution(cuts[i][:, None], cuts[j][None, :], latent_r[i, j])
            covariance[i, j] = covariance[j, i] = np.sum(joint - np.outer(below[i], below[j]))
    return pd.DataFrame(covariance, ITEMS, ITEMS)


@cache
def true_solution(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Pattern (12, 3) and correlations of the factors that everybody's answers have: minres, oblimin, Pearson.

    The factors are in the order of the subscales. Where the population has one factor, three cannot be told apart: then
    every subscale has its part of that factor, and the factors correlate 1.
    """
    covariance = population(design)
    sd = np.sqrt(np.diag(covariance))
    matrix = covariance / np.outer(sd, sd)
    if design.structure == "one factor":
        loadings = extract_factors(matrix.to_numpy(), 1).loadings[:, 0]
        return (OF_FACTOR[:, None] == np.arange(3)) * loadings[:, None] * np.sign(loadings.sum()), np.ones((3, 3))
    found = fit_solution(matrix, 1_000_000, 3)
    pattern, phi, _ = align_arrays(found.pattern.to_numpy(), found.phi.to_numpy(), major(design.structure)[0])
    return pattern, phi
