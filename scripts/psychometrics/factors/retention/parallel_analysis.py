"""Parallel analysis: how many eigenvalues exceed those of random data of the same shape."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.resampling.weights import generator_of

BASES = ("factor", "component")
BASIS_METHODS = {
    "factor": "eigenvalues of the reduced matrix, squared multiple correlations on its diagonal",
    "component": "eigenvalues of the correlation matrix",
}
MOST_SHUFFLES = 50
NEARLY_SINGULAR = np.sqrt(np.finfo(float).eps)  # psych::Pinv's, of the largest eigenvalue


@dataclass(frozen=True)
class ParallelAnalysis:
    """Numbers of eigenvalues that exceed those of random data.

    Attributes
    ----------
    table : pandas.DataFrame
        One tidy row per basis, position and statistic: the observed eigenvalue, and mean and percentile of the random
        ones.
    by_basis : dict of str to int
        Number of factors by either basis (`factor`, `component`), against the percentile.
    by_mean : dict of str to int
        The same, against the mean of the random eigenvalues.
    draws : int
        Number of random data sets.
    percentile : float
        The percentile, in (0, 100).
    """

    table: pd.DataFrame
    by_basis: dict[str, int]
    by_mean: dict[str, int]
    draws: int
    percentile: float


def eigenvalues(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the eigenvalues of a correlation matrix and of the reduced matrix.

    Parameters
    ----------
    matrix : numpy.ndarray
        Correlation matrix R, (p, p).

    Returns
    -------
    dict of str to numpy.ndarray
        Eigenvalues in descending order, (p,): `component` of R; `factor` of R with the squared multiple correlations,
        1 - 1 / diag(inv R), on its diagonal.

    Notes
    -----
    Humphreys & Montanelli (1975), Multivariate Behav. Res. 10; as psych::fa.parallel(SMC = TRUE). Where smoothing left
    R nearly singular its pseudoinverse is taken, as there: otherwise all squared multiple correlations would be 1.
    """
    inverse = np.linalg.pinv(matrix, rcond=NEARLY_SINGULAR, hermitian=True)
    reduced = matrix.copy()
    np.fill_diagonal(reduced, 1 - 1 / np.maximum(np.diag(inverse), 1.0))
    return {"component": np.linalg.eigvalsh(matrix)[::-1], "factor": np.linalg.eigvalsh(reduced)[::-1]}


def random_eigenvalues(
    source: Correlator | tuple[int, int], *, first_draw: int, n_draws: int, seed: int
) -> dict[str, np.ndarray]:
    """Compute the eigenvalues of random data of the same shape, on the same kind of correlation.

    Parameters
    ----------
    source : Correlator or tuple of int
        For raw answers the Correlator, whose columns are permuted independently, so that margins and missing answers
        stay as they are; for a matrix (n, p), the numbers of people and items: normal answers, Pearson correlations.
    first_draw : int
        First of the draws wanted, counted from 0; any division into pieces gives the same draws.
    n_draws : int
        How many draws.
    seed : int
        Seed of the random data, at least 0.

    Returns
    -------
    dict of str to numpy.ndarray
        Eigenvalues (n_draws, p) of either basis, see `eigenvalues`.

    Notes
    -----
    Horn (1965), Psychometrika 30; permutation: Buja & Eyuboglu (1992), Multivariate Behav. Res. 27. As
    psych::fa.parallel(sim = FALSE) for answers and (sim = TRUE) for a matrix.
    """
    drawn: dict[str, list[np.ndarray]] = {basis: [] for basis in BASES}
    for draw in range(first_draw, first_draw + n_draws):
        rng = generator_of(seed, draw)
        if isinstance(source, Correlator):
            matrix = _shuffled_matrix(source, rng)
        else:
            matrix = np.asarray(np.corrcoef(rng.normal(size=source), rowvar=False))
        for basis, values in eigenvalues(matrix).items():
            drawn[basis].append(values)
    return {basis: np.array(values) for basis, values in drawn.items()}


def _shuffled_matrix(correlator: Correlator, rng: np.random.Generator) -> np.ndarray:
    """Correlations of permuted answers.

    A permutation of rare answers and missing ones can leave a pair without variation: then the next one is taken.
    """
    for _ in range(MOST_SHUFFLES - 1):
        try:
            return correlator.shuffled(rng)().matrix.to_numpy()
        except ValueError:
            continue
    return correlator.shuffled(rng)().matrix.to_numpy()


def parallel_analysis(
    correlations: CorrelationMatrix, random: dict[str, np.ndarray], *, percentile: float = 95
) -> ParallelAnalysis:
    """Count the leading eigenvalues that exceed those of random data.

    Parameters
    ----------
    correlations : CorrelationMatrix
        Correlations of the analysis.
    random : dict of str to numpy.ndarray
        Random eigenvalues (draws, p) of either basis, from `random_eigenvalues`.
    percentile : float, default 95
        Percentile of the random eigenvalues that an observed one must exceed, in (0, 100).

    Returns
    -------
    ParallelAnalysis
        The numbers of factors by either basis, and the eigenvalues they rest on.
    """
    observed = eigenvalues(correlations.matrix.to_numpy(dtype=float))
    parts, by_basis, by_mean = [], {}, {}
    for name in BASES:
        mean, limit = random[name].mean(axis=0), np.percentile(random[name], percentile, axis=0)
        by_basis[name], by_mean[name] = (leading(observed[name] > values) for values in (limit, mean))
        for statistic, values in (("observed", observed[name]), ("random_mean", mean), ("random_percentile", limit)):
            parts.append(
                pd.DataFrame(
                    {
                        "group": name,
                        "position": np.arange(1, len(values) + 1),
                        "statistic": f"eigenvalue_{statistic}",
                        "estimate": values,
                        "n": correlations.n_total,
                        "method": BASIS_METHODS[name],
                        "note": "",
                    }
                )
            )
    table = pd.concat(parts, ignore_index=True)
    return ParallelAnalysis(table, by_basis, by_mean, len(random["factor"]), percentile)


def leading(above: np.ndarray) -> int:
    """Count the values that exceed their limits before the first that does not.

    Parameters
    ----------
    above : numpy.ndarray
        Whether each value exceeds its limit, (p,).

    Returns
    -------
    int
        How many are True before the first False.
    """
    return int(len(above) if above.all() else np.argmin(above))


def parallel_records(parallel: ParallelAnalysis) -> list[dict[str, object]]:
    """Put the numbers of factors by parallel analysis into records of `criteria.retention_table`.

    Parameters
    ----------
    parallel : ParallelAnalysis
        The numbers of factors by either basis, against percentile and mean.

    Returns
    -------
    list of dict
        One record per basis and limit: statistic, estimate, note, method.
    """
    found = [
        (basis, suffix, counts[basis], line)
        for basis in BASES
        for suffix, counts, line in (
            ("", parallel.by_basis, f"percentile {parallel.percentile:g}"),
            ("_mean", parallel.by_mean, "mean"),
        )
    ]
    return [
        {
            "statistic": f"parallel_analysis_{basis}{suffix}",
            "estimate": k,
            "note": "",
            "method": f"{parallel.draws} draws, {line}; {BASIS_METHODS[basis]}",
        }
        for basis, suffix, k, line in found
    ]
