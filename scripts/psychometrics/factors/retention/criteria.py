"""How many factors? Each criterion as one record, and the one that decides."""

import numpy as np
import pandas as pd

from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.retention.comparison_data import comparison_record
from psychometrics.factors.retention.hull import FEWEST_FACTORS, hull
from psychometrics.factors.retention.parallel_analysis import ParallelAnalysis, leading, parallel_records
from psychometrics.factors.retention.sequential_fit import fit_by_factors, left_out, sequential_records

MORE_FACTORS = 4  # tried beyond what any parallel analysis finds, to see whether the fit asks for them
NO_ANSWERS = "comparison data need the raw answers"


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
    return leading(values > reference), reference


def retention_table(
    correlations: CorrelationMatrix,
    parallel: ParallelAnalysis,
    *,
    extraction: str = "minres",
    comparison: np.ndarray | str = NO_ANSWERS,
    influence: np.ndarray | None = None,
) -> pd.DataFrame:
    """One tidy row per criterion: statistic, estimate (the number of factors), n, method, note.

    Parameters
    ----------
    correlations : of the analysis; parallel : its parallel analysis.
    extraction : of the analysis; the common part accounted for rests on it.
    comparison : (draws, largest) of `comparison_data.comparison_fits`, or the reason why there is none.
    influence : of people on polychoric correlations (`Correlator.influence`): then chi-square, RMSEA and CFI are the
        mean- and variance-adjusted ones of the extraction. Without it, and for ml, they are of maximum likelihood.

    Returns
    -------
    Criteria: parallel_analysis_factor, parallel_analysis_component (percentile; with `_mean` against the mean of the
    random eigenvalues), map, map_4, empirical_kaiser, hull_caf, hull_cfi, comparison_data, sequential_chi_square,
    lowest_bic, rmsea, kaiser_guttman. The estimate is missing, and the note says why, where a criterion cannot run.
    """
    matrix, n = correlations.matrix.to_numpy(dtype=float), correlations.n_total
    bound = max(1 + max(*parallel.by_basis.values(), *parallel.by_mean.values()), FEWEST_FACTORS)
    likelihood = fit_by_factors(correlations, largest=bound + MORE_FACTORS, extraction="ml")
    common, adjusted = likelihood, None
    if extraction != "ml":
        most = bound if influence is None else bound + MORE_FACTORS
        common = fit_by_factors(correlations, largest=most, extraction=extraction, influence=influence)
        adjusted = None if influence is None else common
    tested = likelihood if adjusted is None else adjusted
    compared = (
        {"estimate": np.nan, "method": "", "note": comparison}
        if isinstance(comparison, str)
        else (comparison_record(comparison))
    )
    rows = [
        *parallel_records(parallel),
        *_eigenvalue_records(matrix, n),
        _hull_record("caf", common.loc[:bound], extraction),
        _hull_record("cfi", tested.loc[:bound], "ml" if adjusted is None else extraction),
        {"statistic": "comparison_data"} | compared,
        *sequential_records(
            likelihood, correlation=correlations.method, adjusted=adjusted, extraction=extraction
        ).to_dict("records"),
        {
            "statistic": "kaiser_guttman",
            "estimate": (np.linalg.eigvalsh(matrix) > 1).sum(),
            "method": "eigenvalues above 1",
            "note": "known to find too many; shown because it is so often reported",
        },
    ]
    table = pd.DataFrame(rows, columns=["statistic", "estimate", "method", "note"])
    return table.astype({"estimate": float}).assign(n=n)


def _eigenvalue_records(matrix: np.ndarray, n: int) -> list[dict]:
    squares, fourths = average_partial_correlations(matrix)
    found = [
        ("map", int(np.argmin(squares)), "smallest average squared partial correlation"),
        ("map_4", int(np.argmin(fourths)), "smallest average partial correlation to the fourth power"),
        ("empirical_kaiser", empirical_kaiser(matrix, n)[0], "eigenvalues above their empirical reference"),
    ]
    return [{"statistic": statistic, "estimate": k, "method": method, "note": ""} for statistic, k, method in found]


def _hull_record(index: str, fits: pd.DataFrame, extraction: str) -> dict:
    """By one of the columns of `fit_by_factors`."""
    found = hull(fits[index], fits["degrees_of_freedom"])
    missing = fits.loc[fits[index].isna(), "note"].replace("", "the residual correlations are not positive definite")
    notes = [found.note, left_out(missing)]
    if len(missing) == len(fits):
        notes = list(dict.fromkeys(missing)) or ["too few items: no solution has a degree of freedom"]
    return {
        "statistic": f"hull_{index}",
        "estimate": found.k,
        "note": "; ".join(filter(None, notes)),
        "method": f"{extraction}; elbow of {index.upper()} by degrees of freedom, up to {len(fits) - 1} factors",
    }


def decide_k(records: pd.DataFrame, rule: str) -> tuple[int, str]:
    """The number of factors to extract by one of the criteria, and a phrase that says so.

    Parameters
    ----------
    records : rows of `retention_table`; rule : one of their statistics.

    Returns
    -------
    k of at least 1: where the criterion finds no factor one is shown, and the phrase tells. It ends with the
    criterion's own note where there is one.

    Raises
    ------
    ValueError : no such criterion, or one that could not run, with its reason.
    """
    found = records[records["statistic"] == rule]
    if found.empty:
        raise ValueError(f"the number of factors is decided by one of {', '.join(records['statistic'])}, not {rule!r}")
    row = found.iloc[0]
    name = rule.replace("_", " ")
    if np.isnan(row["estimate"]):
        raise ValueError(f"{name} cannot decide on the number of factors: {row['note']}")
    phrase = [name if row["estimate"] >= 1 else f"{name} finds none: one is shown", row["note"]]
    return max(int(row["estimate"]), 1), "; ".join(filter(None, phrase))
