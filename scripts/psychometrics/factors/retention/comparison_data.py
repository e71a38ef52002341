"""Comparison data: the number of factors that makes data whose eigenvalues look like the observed ones."""

import numpy as np
import pandas as pd
from scipy.special import ndtr

from psychometrics.correlation.product_moment import midranks, weighted_correlations
from psychometrics.factors.extraction import degrees_of_freedom, extract_factors

POPULATION = 10_000  # people in the finite population of comparison data
PATIENCE = 5  # rounds without improvement before a population is done
SIGNIFICANCE = 0.30  # of the improvement by one more factor: liberal, as Ruscio & Roche recommend


def comparison_fits(
    answers: pd.DataFrame, *, largest: int, first_draw: int, n_draws: int, seed: int, smallest: int = 1
) -> np.ndarray:
    r"""Compare the eigenvalues of samples from populations with 1, 2, ... factors with the observed ones.

    Parameters
    ----------
    answers : pandas.DataFrame
        Answers of n people to p items, numbers; missing as missing.
    largest : int
        The largest number of factors of a population.
    first_draw : int
        First of the draws wanted, counted from 0; any division into pieces gives the same draws.
    n_draws : int
        How many draws.
    seed : int
        Seed of populations and samples, at least 0.
    smallest : int, default 1
        The smallest number of factors of a population: a division by populations makes each of them only once.

    Returns
    -------
    numpy.ndarray
        Root mean squared differences of the p eigenvalues, (n_draws, largest - smallest + 1).

    Raises
    ------
    ValueError
        An item that does not vary, pairs of items without common answers, more factors than leave zero degrees of
        freedom.

    Notes
    -----
    For every number of factors a population of 10,000 people is made whose items have the observed margins and, as
    nearly as that many factors allow, the observed Pearson correlations (`comparison_population`); samples of n people
    are drawn from it. Comparison data are discrete and skewed as the answers are, so that Pearson correlations are at
    no disadvantage whatever correlation the analysis uses. Answers missing among the observed are missing in the same
    places of every sample.

    Ruscio & Roche (2012), Psychol. Assessment 24, 282-292; their program EFA.Comp.Data, and EFAtools::CD, leave
    complete samples complete.
    """
    values, answered = numbers(answers)
    n, p = values.shape
    if not 1 <= largest < p or degrees_of_freedom(p, largest) < 0:
        raise ValueError(f"{largest} factors of {p} items leave fewer than zero degrees of freedom")
    target = correlations_of_answers(values, answered, list(answers.columns))
    counts = answered.T.astype(float) @ answered
    observed = np.linalg.eigvalsh(target)
    fits = np.empty((n_draws, largest - smallest + 1))
    for column, k in enumerate(range(smallest, largest + 1)):
        population = comparison_population(values, target, k, seed=seed)
        for row, draw in enumerate(range(first_draw, first_draw + n_draws)):
            people = _generator(seed, k, draw).integers(POPULATION, size=n)
            matrix = sample_correlations(population[people], answered, counts)
            fits[row, column] = np.sqrt(np.mean((np.linalg.eigvalsh(matrix) - observed) ** 2))
    return fits


def comparison_population(values: np.ndarray, target: np.ndarray, k: int, *, seed: int) -> np.ndarray:
    """Make a population of 10,000 people with k factors, the margins of the answers and nearly their correlations.

    Parameters
    ----------
    values : numpy.ndarray
        Answers (n, p); NaN where missing.
    target : numpy.ndarray
        Pearson correlations (p, p) to approximate.
    k : int
        Number of factors.
    seed : int
        Seed of the population, at least 0.

    Returns
    -------
    numpy.ndarray
        Answers of the population, (10,000, p).

    Notes
    -----
    Normal scores with k factors are replaced by each item's answers according to rank. That weakens their correlations,
    so the correlations put in are raised by what is missing, until five rounds in a row bring the root mean square of
    the residuals no lower. Ruscio & Kaczetow (2008), Multivariate Behav. Res. 43, 355-381 (GenData). Where they stop
    principal axis factoring at .001, converged least squares loadings are used here.
    """
    rng = _generator(seed, k)
    p = values.shape[1]
    margins = np.stack([np.sort(rng.choice(column[~np.isnan(column)], POPULATION)) for column in values.T])
    shared, unique = rng.standard_normal((k, POPULATION)), rng.standard_normal((p, POPULATION))
    below = np.tril_indices(p, -1)
    best, wanted, best_wanted, residual = np.inf, target, target, np.zeros_like(target)
    population, psi, failures = margins, None, 0
    while failures < PATIENCE:
        loadings, psi = _loadings(wanted, k, psi)
        scores = loadings @ shared + np.sqrt(np.maximum(1 - np.sum(loadings**2, axis=1), 0))[:, None] * unique
        made = np.empty_like(scores)
        np.put_along_axis(made, scores.argsort(axis=1), margins, axis=1)
        difference = target - np.corrcoef(made)
        size = np.sqrt(np.mean(difference[below] ** 2))
        if size < best:
            best, best_wanted, residual, population, failures = size, wanted, difference, made, 0
            wanted = wanted + difference
        else:
            failures += 1
            wanted = best_wanted + 0.5**failures * residual
    return np.ascontiguousarray(population.T)


def comparison_record(fits: np.ndarray) -> dict[str, object]:
    """Find the number of factors by comparison data.

    Parameters
    ----------
    fits : numpy.ndarray
        Distances (draws, largest) from `comparison_fits`.

    Returns
    -------
    dict of str to object
        Record with estimate (the number of factors), note and method.

    Notes
    -----
    Factors are added while the distances to the observed eigenvalues are smaller than with one factor less, by a
    one-sided Wilcoxon rank-sum test at .30 in the normal approximation of stats::wilcox.test(exact = FALSE). One factor
    is the least that this criterion can find.
    """
    draws, largest = fits.shape
    k = 1
    while k < largest and rank_sum_p(fits[:, k], fits[:, k - 1]) < SIGNIFICANCE:
        k += 1
    return {
        "estimate": float(k),
        "note": "the largest number compared" if k == largest else "",
        "method": f"eigenvalues of {draws} samples from each of populations with 1 to {largest} factors",
    }


def rank_sum_p(smaller: np.ndarray, larger: np.ndarray) -> float:
    """Test whether the first values are the smaller ones by the Wilcoxon rank-sum test.

    Parameters
    ----------
    smaller : numpy.ndarray
        Values (m,) expected to be smaller.
    larger : numpy.ndarray
        Values (n,) expected to be larger.

    Returns
    -------
    float
        One-sided p value, corrected for ties and continuity; 1 where all values are equal.

    Notes
    -----
    Agrees with stats::wilcox.test(alternative = "less", exact = FALSE).

    Examples
    --------
    >>> import numpy as np
    >>> from psychometrics.factors.retention.comparison_data import rank_sum_p
    >>> round(rank_sum_p(np.array([1.0, 2.0, 3.0]), np.array([2.5, 4.0, 5.0])), 3)
    0.095
    """
    m, n = len(smaller), len(larger)
    _, place, counts = np.unique(np.concatenate([smaller, larger]), return_inverse=True, return_counts=True)
    statistic = midranks(counts)[place[:m]].sum() - m * (m + 1) / 2
    ties = np.sum(counts**3 - counts) / ((m + n) * (m + n - 1))
    spread = np.sqrt(m * n / 12 * (m + n + 1 - ties))
    return float(ndtr((statistic - m * n / 2 + 0.5) / spread)) if spread > 0 else 1.0


def _generator(seed: int, k: int, draw: int | None = None) -> np.random.Generator:
    """A stream for the population with k factors, and one for each of its samples."""
    key = (k,) if draw is None else (k, draw)
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def numbers(answers: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Make numbers of the answers of the people who gave at least one.

    Parameters
    ----------
    answers : pandas.DataFrame
        Answers of people to p items, numbers; missing as missing.

    Returns
    -------
    values : numpy.ndarray
        Answers of n people, (n, p); NaN where missing.
    answered : numpy.ndarray of bool
        Which of them are given, (n, p).
    """
    values = answers.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    values = values[~np.isnan(values).all(axis=1)]
    return values, ~np.isnan(values)


def correlations_of_answers(values: np.ndarray, answered: np.ndarray, items: list[str]) -> np.ndarray:
    """Correlate the answers given to both items of each pair.

    Parameters
    ----------
    values : numpy.ndarray
        Answers (n, p); NaN where missing.
    answered : numpy.ndarray of bool
        Which of them are given, (n, p).
    items : list of str
        Names of the p items, for the message.

    Returns
    -------
    numpy.ndarray
        Pearson correlations, (p, p).

    Raises
    ------
    ValueError
        An item that does not vary, or pairs of items without common answers.
    """
    counts = answered.T.astype(float) @ answered
    if counts.size == 0 or counts.min() < 2:
        raise ValueError("comparison data need at least two common answers to every pair of items")
    matrix = weighted_correlations(values, answered, counts)
    if np.isnan(matrix).any():
        constant = np.isnan(np.diag(matrix))
        which = [str(item) for item, same in zip(items, constant, strict=True) if same]
        raise ValueError(
            f"all answers are the same in: {', '.join(which)}"
            if which
            else "among the people who answered both items of a pair one of them does not vary"
        )
    return matrix


def sample_correlations(sample: np.ndarray, answered: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Correlate the items of a random sample with the gaps of the observed answers.

    Parameters
    ----------
    sample : numpy.ndarray
        Answers (n, p).
    answered : numpy.ndarray of bool
        Which of them count, (n, p).
    counts : numpy.ndarray
        How many people answered both items of each pair, (p, p).

    Returns
    -------
    numpy.ndarray
        Pearson correlations, (p, p). An item that does not vary, its rare answer absent, is taken as unrelated.
    """
    if answered.all():  # several times as fast
        with np.errstate(invalid="ignore", divide="ignore"):
            matrix = np.corrcoef(sample, rowvar=False)
    else:
        matrix = weighted_correlations(sample, answered, counts)
    matrix[np.isnan(matrix)] = 0.0
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _loadings(wanted: np.ndarray, k: int, psi: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Least squares loadings of k factors, no larger than 1, and the uniquenesses to start the next search from."""
    matrix = np.clip(wanted, -1.0, 1.0)
    np.fill_diagonal(matrix, 1.0)
    found = extract_factors(matrix, k, method="minres", start=psi)
    return np.clip(found.loadings, -1.0, 1.0), found.uniqueness
