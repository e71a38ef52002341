"""Parallel analysis: how many eigenvalues exceed those of random data of the same shape?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.correlation.correlator import Correlator
from psychometrics.correlation.matrix import CorrelationMatrix

BASES = ("factor", "component")
BASIS_METHODS = {
    "factor": "eigenvalues of the reduced matrix, squared multiple correlations on its diagonal",
    "component": "eigenvalues of the correlation matrix",
}
MOST_SHUFFLES = 50
NEARLY_SINGULAR = np.sqrt(np.finfo(float).eps)  # psych::Pinv's, of the largest eigenvalue


@dataclass(frozen=True)
class ParallelAnalysis:
    """table : one tidy row per basis, position and statistic; k : number of factors by the deciding basis; by_basis :
    number by either, against the percentile; by_mean : the same against the mean of the random eigenvalues; draws,
    percentile and basis : how it was decided."""

    table: pd.DataFrame
    k: int
    by_basis: dict[str, int]
    by_mean: dict[str, int]
    draws: int
    percentile: float
    basis: str


def eigenvalues(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Eigenvalues in descending order, (p,) per basis.

    `component`: of the correlation matrix R; `factor`: of R with squared multiple correlations, 1 - 1 / diag(inv R), on
    its diagonal (Humphreys & Montanelli 1975, Multivariate Behav. Res. 10), as psych::fa.parallel(SMC = TRUE). Where
    smoothing left R nearly singular its pseudoinverse counts, as there: else all squared multiple correlations were 1.
    """
    inverse = np.linalg.pinv(matrix, rcond=NEARLY_SINGULAR, hermitian=True)
    reduced = matrix.copy()
    np.fill_diagonal(reduced, 1 - 1 / np.maximum(np.diag(inverse), 1.0))
    return {"component": np.linalg.eigvalsh(matrix)[::-1], "factor": np.linalg.eigvalsh(reduced)[::-1]}


def random_eigenvalues(
    source: Correlator | tuple[int, int], *, first_draw: int, n_draws: int, seed: int
) -> dict[str, np.ndarray]:
    """Eigenvalues of random data of the same shape, on the same kind of correlation.

    Parameters
    ----------
    source : of raw answers the Correlator, whose columns are permuted independently, so that margins and missing
        answers stay as they are; (n, p) for a matrix of n people and p items: normal answers, Pearson correlations.
    first_draw, n_draws : the draws wanted, counted from 0; any split into pieces gives the same draws.
    seed : integer >= 0.

    Returns
    -------
    (n_draws, p) per basis.

    Notes
    -----
    Horn (1965), Psychometrika 30; permutation: Buja & Eyuboglu (1992), Multivariate Behav. Res. 27. As
    psych::fa.parallel(sim = FALSE) for answers and (sim = TRUE) for a matrix.
    """
    drawn: dict[str, list[np.ndarray]] = {basis: [] for basis in BASES}
    for draw in range(first_draw, first_draw + n_draws):
        rng = np.random.default_rng(np.random.SeedSequence([seed, draw]))
        if isinstance(source, Correlator):
            matrix = _shuffled_matrix(source, rng)
        else:
            matrix = np.corrcoef(rng.normal(size=source), rowvar=False)
        for basis, values in eigenvalues(matrix).items():
            drawn[basis].append(values)
    return {basis: np.array(values) for basis, values in drawn.items()}


def _shuffled_matrix(correlator: Correlator, rng: np.random.Generator) -> np.ndarray:
    """A permutation of rare answers and missing ones can leave a pair without variation: then the next one is taken."""
    for _ in range(MOST_SHUFFLES - 1):
        try:
            return correlator.shuffled(rng)().matrix.to_numpy()
        except ValueError:
            continue
    return correlator.shuffled(rng)().matrix.to_numpy()


def decide(
    correlations: CorrelationMatrix, random: dict[str, np.ndarray], *, percentile: float = 95, basis: str = "factor"
) -> ParallelAnalysis:
    """Number of leading eigenvalues that exceed the percentile of the random ones.

    Parameters
    ----------
    correlations : of the analysis; random : (draws, p) per basis, from `random_eigenvalues`.
    percentile : in (0, 100).
    basis : which eigenvalues decide, factor or component.
    """
    if basis not in BASES:
        raise ValueError(f"the basis is one of {', '.join(BASES)}, not {basis!r}")
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
    return ParallelAnalysis(table, by_basis[basis], by_basis, by_mean, len(random[basis]), percentile, basis)


def leading(above: np.ndarray) -> int:
    """How many are True before the first that is not; above : (p,) of whether an eigenvalue exceeds its limit."""
    return int(len(above) if above.all() else np.argmin(above))


def parallel_records(parallel: ParallelAnalysis) -> list[dict]:
    """Records of `retention.retention_table`: the number of factors by either basis, against percentile and mean."""
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
