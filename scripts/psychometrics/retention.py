"""How many factors? Parallel analysis and other criteria, each as one record."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.correlation import CorrelationMatrix, Correlator

BASES = ("factor", "component")
MOST_SHUFFLES = 50
BASIS_METHODS = {
    "factor": "eigenvalues of the reduced matrix, squared multiple correlations on its diagonal",
    "component": "eigenvalues of the correlation matrix",
}


@dataclass(frozen=True)
class ParallelAnalysis:
    """table : one tidy row per basis, position and statistic; k : number of factors by the deciding basis; by_basis :
    number by either; draws, percentile and basis : how it was decided."""

    table: pd.DataFrame
    k: int
    by_basis: dict[str, int]
    draws: int
    percentile: float
    basis: str


def eigenvalues(matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Eigenvalues in descending order, (p,) per basis.

    `component`: of the correlation matrix R; `factor`: of R with squared multiple correlations, 1 - 1 / diag(inv R), on
    its diagonal (Humphreys & Montanelli 1975, Multivariate Behav. Res. 10), as psych::fa.parallel(SMC = TRUE).
    """
    inverse = np.linalg.pinv(matrix, hermitian=True)
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
    parts, by_basis = [], {}
    for name in BASES:
        mean, limit = random[name].mean(axis=0), np.percentile(random[name], percentile, axis=0)
        above = observed[name] > limit
        by_basis[name] = int(len(above) if above.all() else np.argmin(above))
        for statistic, values in (("observed", observed[name]), ("random_mean", mean), ("random_percentile", limit)):
            parts.append(pd.DataFrame({
                "group": name, "position": np.arange(1, len(values) + 1), "statistic": f"eigenvalue_{statistic}",
                "estimate": values, "n": correlations.n_total, "method": BASIS_METHODS[name], "note": "",
            }))
    table = pd.concat(parts, ignore_index=True)
    return ParallelAnalysis(table, by_basis[basis], by_basis, len(random[basis]), percentile, basis)


def average_partial_correlations(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean squared and mean fourth power of the partial correlations after m = 0 ... p - 2 components are removed.

    Velicer (1976), Psychometrika 41; fourth power: Velicer, Eaton & Fava (2000). Agrees with psych::vss()$map,
    which leaves out m = 0.
    """
    p = len(matrix)
    values, vectors = np.linalg.eigh(matrix)
    loadings = (vectors * np.sqrt(np.maximum(values, 0)))[:, ::-1]
    off = ~np.eye(p, dtype=bool)
    squares, fourths = [np.mean(matrix[off] ** 2)], [np.mean(matrix[off] ** 4)]
    for m in range(1, p - 1):
        rest = matrix - loadings[:, :m] @ loadings[:, :m].T
        variance = np.diag(rest)
        if variance.min() <= 1e-10:  # nothing is left of an item: the partial correlations are not defined
            break
        partial = rest / np.sqrt(np.outer(variance, variance))
        squares.append(np.mean(partial[off] ** 2))
        fourths.append(np.mean(partial[off] ** 4))
    return np.array(squares), np.array(fourths)


def empirical_kaiser(matrix: np.ndarray, n: int) -> tuple[int, np.ndarray]:
    r"""Empirical Kaiser criterion: k and the reference eigenvalues (p,).

    .. math:: \lambda_j^{ref} = \max\left(\frac{p - \sum_{i<j} \lambda_i}{p - j + 1}(1 + \sqrt{p/n})^2, 1\right)

    Braeken & van Assen (2017), Psychol. Methods 22, 450-466, eq. 2. Agrees with EFAtools::EKC.
    """
    values = np.linalg.eigvalsh(matrix)[::-1]
    p = len(values)
    left = p - np.concatenate([[0], np.cumsum(values)[:-1]])
    reference = np.maximum(left / np.arange(p, 0, -1) * (1 + np.sqrt(p / n)) ** 2, 1)
    above = values > reference
    return int(p if above.all() else np.argmin(above)), reference


def retention_table(correlations: CorrelationMatrix, parallel: ParallelAnalysis) -> pd.DataFrame:
    """One tidy row per criterion: statistic, estimate (the number of factors), n, method, note."""
    matrix, n = correlations.matrix.to_numpy(dtype=float), correlations.n_total
    squares, fourths = average_partial_correlations(matrix)
    kaiser, _ = empirical_kaiser(matrix, n)
    described = f"{parallel.draws} draws, percentile {parallel.percentile:g}"
    rows = [(f"parallel_analysis_{basis}", k, f"{described}; {BASIS_METHODS[basis]}",
             "decides unless config names a number" if basis == parallel.basis else "")
            for basis, k in parallel.by_basis.items()]
    rows += [
        ("map", int(np.argmin(squares)), "smallest average squared partial correlation", ""),
        ("map_4", int(np.argmin(fourths)), "smallest average partial correlation to the fourth power", ""),
        ("empirical_kaiser", kaiser, "eigenvalues above their empirical reference", ""),
        ("kaiser_guttman", int((np.linalg.eigvalsh(matrix) > 1).sum()), "eigenvalues above 1",
         "known to find too many; shown because it is so often reported"),
    ]
    return pd.DataFrame(rows, columns=["statistic", "estimate", "method", "note"]).assign(n=n)
