"""Criteria for the number of factors, each as one record, and the one that decides."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.factors.retention.comparison_data import comparison_record
from psychometrics.factors.retention.hull import FEWEST_FACTORS, hull
from psychometrics.factors.retention.parallel_analysis import ParallelAnalysis, leading, parallel_records
from psychometrics.factors.retention.sequential_fit import fit_by_factors, left_out, sequential_records

MORE_FACTORS = 4  # tried beyond what any parallel analysis finds, to see whether the fit asks for them
MEDIAN_OF = {
    "parallel_analysis_component": "parallel analysis by components",
    "hull_cfi": "Hull by CFI",
    "lowest_bic": "lowest BIC",
}
NAMES_OF_MEDIAN = {1: "only one of three", 2: "smaller of two", 3: "median of three"}  # by how many could be applied
NOT_COUNTED = ("kaiser_guttman", "median_of_three", "factors_extracted")
NO_ANSWERS = "comparison data need the raw answers"
NO_NEST = "the next eigenvalue sufficiency test was not asked for"


def average_partial_correlations(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute the average squared and fourth-power partial correlations after components are removed.

    Parameters
    ----------
    matrix : numpy.ndarray
        Correlation matrix (p, p).

    Returns
    -------
    squares : numpy.ndarray
        Mean squared partial correlation after m = 0, 1, ..., p - 2 components; shorter where nothing is left of an
        item.
    fourths : numpy.ndarray
        Mean fourth power of the same.

    Notes
    -----
    The minimum average partial (MAP) test: Velicer (1976), Psychometrika 41, the squares. Agrees with psych::vss()$map,
    which leaves out m = 0.

    Velicer, Eaton & Fava (2000) raise to the fourth power, which is read in two ways. Here, as in the programs of
    O'Connor (2000), Behav. Res. Methods Instrum. Comput. 32, 396-402, EFA.dimensions::MAP and fungible::faMAP, each
    partial correlation is raised and the mean taken. EFAtools::MAP (TR4) raises the matrix M of partial correlations:
    (trace(M^4) - p) / (p (p - 1)). For squares the two are the same, since trace(M^2) is the sum of the squared
    entries; for fourth powers they are not, and may ask for different numbers of components.
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
    r"""Find the number of factors by the empirical Kaiser criterion.

    Parameters
    ----------
    matrix : numpy.ndarray
        Correlation matrix (p, p).
    n : int
        Number of people.

    Returns
    -------
    k : int
        Number of leading eigenvalues above their reference.
    reference : numpy.ndarray
        Reference eigenvalues, (p,).

    Notes
    -----
    .. math:: \lambda_j^{ref} = \max\left(\frac{p - \sum_{i<j} \lambda_i}{p - j + 1}(1 + \sqrt{p/n})^2, 1\right)

    Braeken & van Assen (2017), Psychol. Methods 22, 450-466, eq. 2. Agrees with EFAtools::EKC.

    Examples
    --------
    >>> import numpy as np
    >>> from psychometrics.factors.retention.criteria import empirical_kaiser
    >>> two_blocks = np.kron(np.eye(2), np.full((4, 4), 0.6)) + 0.4 * np.eye(8)
    >>> k, reference = empirical_kaiser(two_blocks, n=200)
    >>> k, reference[:3].round(2).tolist()
    (2, [1.44, 1.07, 1.0])
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
    nest: Mapping[str, object] | None = None,
    influence: np.ndarray | None = None,
) -> pd.DataFrame:
    """Find the number of factors by every criterion.

    Parameters
    ----------
    correlations : CorrelationMatrix
        Correlations of the analysis.
    parallel : ParallelAnalysis
        Their parallel analysis.
    extraction : {"minres", "ml", "pa", "dwls"}, default "minres"
        Extraction of the analysis; the common part accounted for rests on it.
    comparison : numpy.ndarray or str, optional
        Distances (draws, largest) from `comparison_data.comparison_fits`, or the reason why there are none.
    nest : mapping of str to object, optional
        Record from `nest.nest_record`.
    influence : numpy.ndarray, optional
        Influence of n people on the p (p - 1) / 2 polychoric correlations (`Correlator.influence`): with it chi-square,
        RMSEA and CFI are the mean- and variance-adjusted ones of the extraction. Without it, and for ml, they are those
        of maximum likelihood.

    Returns
    -------
    pandas.DataFrame
        One row per criterion: statistic, estimate (the number of factors), n, method, note. Criteria:
        `parallel_analysis_factor` and `parallel_analysis_component` (against a percentile; with `_mean` against the
        mean of the random eigenvalues), `map`, `map_4`, `empirical_kaiser`, `hull_caf`, `hull_cfi`, `comparison_data`,
        `nest`, `sequential_chi_square`, `lowest_bic`, `lowest_aic`, `rmsea`, `kaiser_guttman`,
        `median_of_three`. The estimate is missing, and the note says why, where a criterion cannot be applied.

    Notes
    -----
    Sources, and the R functions that the criteria agree with, are named where each is computed: `parallel_analysis`,
    `average_partial_correlations` (map), `empirical_kaiser`, `hull.hull`, `comparison_data.comparison_fits`,
    `nest.nest_record`, `sequential_fit.sequential_records` and `median_record`.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, retention_table
    >>> from psychometrics.factors.retention.parallel_analysis import parallel_analysis, random_eigenvalues
    >>> found = correlate(example_answers().filter(regex="_[0-9]+$"), method="pearson")
    >>> random = random_eigenvalues((200, 20), first_draw=0, n_draws=100, seed=1)
    >>> table = retention_table(found, parallel_analysis(found, random))
    >>> table[["statistic", "estimate"]].iloc[[0, 2, 4, 6, 7, 8]]
                         statistic  estimate
    0     parallel_analysis_factor       4.0
    2  parallel_analysis_component       4.0
    4                          map       4.0
    6             empirical_kaiser       4.0
    7                     hull_caf       1.0
    8                     hull_cfi       4.0
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
        {"statistic": "nest", "estimate": np.nan, "method": "", "note": NO_NEST} | dict(nest or {}),
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
    table = pd.DataFrame(rows, columns=["statistic", "estimate", "method", "note"]).astype({"estimate": float})
    median = median_record(dict(zip(table["statistic"], table["estimate"], strict=True)))
    return pd.concat([table, pd.DataFrame([median])], ignore_index=True).assign(n=n)


def _eigenvalue_records(matrix: np.ndarray, n: int) -> list[dict[str, object]]:
    """Records of the criteria that rest on eigenvalues and components."""
    squares, fourths = average_partial_correlations(matrix)
    found = [
        ("map", int(np.argmin(squares)), "smallest average squared partial correlation"),
        ("map_4", int(np.argmin(fourths)), "smallest average of the partial correlations each to the fourth power"),
        ("empirical_kaiser", empirical_kaiser(matrix, n)[0], "eigenvalues above their empirical reference"),
    ]
    return [{"statistic": statistic, "estimate": k, "method": method, "note": ""} for statistic, k, method in found]


def _hull_record(index: str, fits: pd.DataFrame, extraction: str) -> dict[str, object]:
    """Record of the Hull method by one of the columns of `fit_by_factors`."""
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


def median_record(estimates: Mapping[str, float]) -> dict[str, object]:
    """Find the number of factors in the middle of three criteria that err in different directions.

    Parameters
    ----------
    estimates : mapping of str to float
        Statistic -> number of factors; missing where a criterion could not be applied.

    Returns
    -------
    dict of str to object
        Record `median_of_three` with estimate, note and method: the median of `parallel_analysis_component`, `hull_cfi`
        and `lowest_bic`; the smaller one where only two could be applied.

    Notes
    -----
    Parallel analysis of components finds too few factors where they correlate, BIC too many where small factors that
    nobody means are seen in many people, and the Hull method either where its hull is flat. They rest on different
    evidence (random eigenvalues, what a factor adds to the fit, penalised likelihood), and the median is wrong only
    where two of them err on the same side. That combinations of criteria are right more often than each: Auerswald &
    Moshagen (2019), Psychol. Methods 24, 468-491. That this one is: docs/recovery_retention.md.

    Examples
    --------
    >>> from psychometrics.factors.retention.criteria import median_record
    >>> median_record({"parallel_analysis_component": 5.0, "hull_cfi": 6.0, "lowest_bic": 12.0})["estimate"]
    6.0
    """
    known = {name: estimates[name] for name in MEDIAN_OF if not np.isnan(estimates[name])}
    of = ", ".join(f"{MEDIAN_OF[name]} {k:g}" for name, k in known.items())
    missing = [label for name, label in MEDIAN_OF.items() if name not in known]
    return {
        "statistic": "median_of_three",
        "estimate": float(sorted(known.values())[(len(known) - 1) // 2]) if known else np.nan,
        "method": f"{NAMES_OF_MEDIAN[len(known)]}: {of}" if known else "",
        "note": f"not applied: {', '.join(missing)}" if missing else "",
    }


def counted(records: pd.DataFrame) -> pd.DataFrame:
    """Select the criteria that are counted where they are compared.

    Parameters
    ----------
    records : pandas.DataFrame
        Rows of `retention_table`, or of its file with the number extracted.

    Returns
    -------
    pandas.DataFrame
        The rows without `kaiser_guttman`, which is shown because it is so often reported, `median_of_three`, which
        rests on others, and `factors_extracted`.
    """
    return records[~records["statistic"].isin(NOT_COUNTED)]


def decide_k(records: pd.DataFrame, rule: str) -> tuple[int, str]:
    """Decide on the number of factors to extract by one of the criteria.

    Parameters
    ----------
    records : pandas.DataFrame
        Rows of `retention_table`.
    rule : str
        One of their statistics.

    Returns
    -------
    k : int
        At least 1: where the criterion finds no factor, one is shown and the phrase says so.
    phrase : str
        The criterion in words, with its own note where there is one.

    Raises
    ------
    ValueError
        There is no such criterion, or it could not be applied; with its reason.
    """
    found = records[records["statistic"] == rule]
    if found.empty:
        raise ValueError(f"the number of factors is decided by one of {', '.join(records['statistic'])}, not {rule!r}")
    row = found.iloc[0]
    name = rule.replace("_", " ")
    if np.isnan(row["estimate"]):
        raise ValueError(f"{name} cannot decide on the number of factors: {row['note']}")
    if row["estimate"] < 1:
        name += " finds none: one is shown"
    elif rule == "median_of_three":
        name = row["method"]
    phrase = [name, row["note"]]
    return max(int(row["estimate"]), 1), "; ".join(filter(None, phrase))
