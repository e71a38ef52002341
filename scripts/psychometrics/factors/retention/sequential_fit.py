"""Factors added until the model fits: sequential chi-square, lowest BIC and AIC, and the interval of RMSEA."""

import numpy as np
import pandas as pd

from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.extraction import degrees_of_freedom, extract_factors
from psychometrics.factors.fit import likelihood_rows
from psychometrics.factors.fit_ordinal import ADJUSTED, AdjustedTest, adjusted_rows, adjusted_test
from psychometrics.factors.retention.hull import common_part

SIGNIFICANCE = 0.05
CLOSE_FIT = 0.05
RMSEA_LEVEL = 0.90
STATISTICS = ("degrees_of_freedom", "chi_square", "p_value", "rmsea", "cfi", "tli", "bic")
COLUMNS = [*STATISTICS, "rmsea_lower", "rmsea_upper", "caf", "note"]


def fit_by_factors(
    correlations: CorrelationMatrix, *, largest: int, extraction: str = "ml", influence: np.ndarray | None = None
) -> pd.DataFrame:
    """Fit 0, 1, ... factors.

    Parameters
    ----------
    correlations : CorrelationMatrix
        Correlations of p items; for dwls with their asymptotic variances.
    largest : int
        The largest number of factors to fit; solutions without a degree of freedom are left out.
    extraction : {"ml", "minres", "pa", "dwls"}, default "ml"
        How the factors are extracted.
    influence : numpy.ndarray, optional
        Influence of n people on the p (p - 1) / 2 polychoric correlations (`Correlator.influence`): with it the
        chi-square of all extractions but ml is the mean- and variance-adjusted one, and there is no BIC.

    Returns
    -------
    pandas.DataFrame
        Index k; columns degrees_of_freedom, chi_square, p_value, rmsea with its 90% interval (rmsea_lower,
        rmsea_upper), cfi, tli, bic as in `fit.fit_indices`; caf, see `hull.common_part`; note. Where there is no
        solution or the search did not converge, the values are missing and the note says why.

    Raises
    ------
    ValueError
        Extraction by dwls without variances of the correlations.

    Notes
    -----
    Agrees with the slots of psych::fa(fm = "ml" or "minres").
    """
    p, weights = len(correlations.matrix), None
    if extraction == "dwls":
        if correlations.variance is None:
            raise ValueError("extraction by dwls needs the asymptotic variances of the correlations")
        weights = diagonal_weights(correlations.variance.to_numpy(), list(correlations.matrix.index))[0]
    adjusted, test = False, None
    if influence is not None and extraction in ADJUSTED:
        adjusted, test = True, adjusted_test(influence, extraction)
    rows = {
        k: _fit(correlations, k, extraction, weights, adjusted, test)
        for k in range(min(largest + 1, p))
        if degrees_of_freedom(p, k) > 0
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("k")


def _fit(
    correlations: CorrelationMatrix,
    k: int,
    extraction: str,
    weights: np.ndarray | None,
    adjusted: bool,
    test: AdjustedTest | None,
) -> dict[str, object]:
    """The row of `fit_by_factors` with k factors: the numbers of `fit.fit_indices`, without its table."""
    matrix, n = correlations.matrix.to_numpy(dtype=float), correlations.n_total
    p = len(matrix)
    df, loadings = degrees_of_freedom(p, k), np.empty((p, 0))
    notes: tuple[str, ...] = ()
    if k:
        items = [str(item) for item in correlations.matrix.index]
        try:
            found = extract_factors(matrix, k, method=extraction, weights=weights, labels=items)
        except ValueError as error:
            return {"note": str(error)}
        if not found.converged:
            return {"degrees_of_freedom": float(df), "note": f"extraction by {extraction} did not converge"}
        loadings, notes = found.loadings, found.notes
    model = loadings @ loadings.T
    np.fill_diagonal(model, 1.0)
    rows = (
        adjusted_rows(matrix, model, loadings, test, df, RMSEA_LEVEL)
        if adjusted
        else likelihood_rows(matrix, model, n, k, df, RMSEA_LEVEL)
    )
    values = {row["statistic"]: row for row in rows}
    fit: dict[str, object] = {name: values[name]["estimate"] for name in STATISTICS if name in values}
    fit |= {f"rmsea_{limit}": values["rmsea"].get(limit, np.nan) for limit in ("lower", "upper")}
    fit |= {"degrees_of_freedom": float(df), "caf": common_part(matrix, loadings)}
    return fit | {"note": "; ".join(filter(None, [*notes, str(values["chi_square"]["note"])]))}


def sequential_records(
    likelihood: pd.DataFrame,
    *,
    correlation: str = "pearson",
    adjusted: pd.DataFrame | None = None,
    extraction: str = "minres",
) -> pd.DataFrame:
    """Find the numbers of factors that the fit of 0, 1, ... factors asks for.

    Parameters
    ----------
    likelihood : pandas.DataFrame
        Fit from `fit_by_factors` by ml.
    correlation : str, default "pearson"
        Kind of correlation. For other than Pearson correlations the normal-theory chi-square is descriptive, as the
        note says.
    adjusted : pandas.DataFrame, optional
        Fit from `fit_by_factors` with `influence`. It decides on chi-square and RMSEA, and the likelihood on BIC.
    extraction : str, default "minres"
        Extraction of the adjusted fit.

    Returns
    -------
    pandas.DataFrame
        Columns statistic, estimate, method, note: `sequential_chi_square`, the fewest factors that a chi-square test at
        .05 does not reject; `lowest_bic`; `lowest_aic`; `rmsea`, the fewest factors whose 90% interval of RMSEA starts
        at .05 or below. The estimate is missing, with the reason, where no solution in question fits or none could be
        fitted.

    Notes
    -----
    Sequential chi-square: Lawley (1940); Hayashi, Bentler & Yuan (2007). BIC: Schwarz (1978). AIC: Akaike (1987),
    Psychometrika 52, 317-332, as chi-square - 2 df; as EFAtools::SMT. RMSEA: Browne & Cudeck (1992); Preacher, Zhang,
    Kim & Mels (2013), who also compare AIC.
    """
    descriptive = (
        ""
        if correlation == "pearson"
        else (
            f"the chi-square assumes Pearson correlations of normal data; "
            f"of {correlation} ones it is too large as a rule"
        )
    )
    fits, method, remark = (
        (likelihood, "ml", descriptive)
        if adjusted is None
        else (adjusted, f"{extraction}, mean- and variance-adjusted chi-square", "")
    )
    tried = int(likelihood.index.max()) if len(likelihood) else 0
    information = {"bic": likelihood["bic"], "aic": likelihood["chi_square"] - 2 * likelihood["degrees_of_freedom"]}
    accepted = fits.index[fits["p_value"] > SIGNIFICANCE]
    close = fits.index[fits["rmsea_lower"] <= CLOSE_FIT]
    return pd.DataFrame(
        [
            {
                "statistic": "sequential_chi_square",
                "method": f"{method}; fewest factors not rejected at {SIGNIFICANCE:g}",
            }
            | _first(fits, accepted, f"all solutions up to {tried} factors are rejected", remark),
            *(_lowest(likelihood, name, values, tried, descriptive) for name, values in information.items()),
            {
                "statistic": "rmsea",
                "method": f"{method}; fewest factors with the lower limit of RMSEA (90%) at most {CLOSE_FIT:g}",
            }
            | _first(fits, close, f"no solution up to {tried} factors fits closely", remark),
        ],
        columns=["statistic", "estimate", "method", "note"],
    )


def _lowest(likelihood: pd.DataFrame, name: str, values: pd.Series, tried: int, descriptive: str) -> dict[str, object]:
    """The number of factors with the lowest information criterion."""
    known = values.dropna()
    lowest = known.index[known == known.min()]
    at_edge = "the lowest is the largest number tried" if len(lowest) and lowest[0] == tried else ""
    record = {"statistic": f"lowest_{name}", "method": f"ml; lowest {name.upper()} of 0 to {tried} factors"}
    return record | _first(likelihood, lowest, "", at_edge, descriptive)


def _first(fits: pd.DataFrame, found: pd.Index, none: str, *remarks: str) -> dict[str, object]:
    """The first of the numbers found, and what to mind: why there is none, and which were left out before it."""
    missing = fits.index[fits["chi_square"].isna()]
    if len(missing) == len(fits):
        reasons = list(dict.fromkeys(fits["note"])) or ["too few items: no solution has a degree of freedom"]
        return {"estimate": np.nan, "note": "; ".join(reasons)}
    before = missing if not len(found) else missing[missing < found[0]]
    notes = ["" if len(found) else none, left_out(fits.loc[before, "note"]), *remarks]
    return {"estimate": float(found[0]) if len(found) else np.nan, "note": "; ".join(filter(None, notes))}


def left_out(reasons: pd.Series) -> str:
    """Say which numbers of factors were left out, and why.

    Parameters
    ----------
    reasons : pandas.Series
        The reason for each number of factors (the index) that was left out.

    Returns
    -------
    str
        By reason, such as `0, 1 factors left out: ...`; empty where none was left out.
    """
    return "; ".join(
        f"{', '.join(map(str, same.index))} factors left out: {reason}"
        for reason, same in reasons.groupby(reasons, sort=False)
    )
