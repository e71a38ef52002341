"""Factors added until the model fits: sequential chi-square, lowest BIC and AIC, and the interval of RMSEA."""

import numpy as np
import pandas as pd

from psychometrics.correlation.matrix import CorrelationMatrix
from psychometrics.correlation.polychoric_errors import diagonal_weights
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.fit import fit_indices
from psychometrics.factors.retention.hull import common_part
from psychometrics.factors.solution import FactorSolution, fit_solution

SIGNIFICANCE = 0.05
CLOSE_FIT = 0.05
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
        Index k; columns degrees_of_freedom, chi_square, p_value, rmsea with its 90 % interval (rmsea_lower,
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
    rows = {
        k: _fit(correlations, k, extraction, weights, influence)
        for k in range(min(largest + 1, p))
        if degrees_of_freedom(p, k) > 0
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("k")


def _fit(
    correlations: CorrelationMatrix,
    k: int,
    extraction: str,
    weights: np.ndarray | None,
    influence: np.ndarray | None,
) -> dict[str, object]:
    """The row of `fit_by_factors` with k factors."""
    matrix, n = correlations.matrix, correlations.n_total
    try:
        solution = (
            fit_solution(matrix, n, k, extraction=extraction, weights=weights, rotation="none")
            if k
            else _no_factors(matrix, n, extraction)
        )
    except ValueError as error:
        return {"note": str(error)}
    if not solution.converged:
        return {
            "degrees_of_freedom": float(degrees_of_freedom(len(matrix), k)),
            "note": f"extraction by {extraction} did not converge",
        }
    indices = fit_indices(matrix, solution, correlation=correlations.method, influence=influence)
    indices = indices.set_index("statistic")
    found: dict[str, object] = {name: indices.loc[name, "estimate"] for name in STATISTICS}
    found |= {"rmsea_lower": indices.loc["rmsea", "lower"], "rmsea_upper": indices.loc["rmsea", "upper"]}
    found["caf"] = common_part(matrix.to_numpy(dtype=float), solution.pattern.to_numpy())
    notes = [*solution.notes, str(indices.loc["chi_square", "note"])]
    return found | {"note": "; ".join(filter(None, notes))}


class _NoFactors(FactorSolution):
    """A model of uncorrelated items."""

    @property
    def reproduced(self) -> pd.DataFrame:
        """The identity."""
        items = self.pattern.index
        return pd.DataFrame(np.eye(len(items)), index=items, columns=items)


def _no_factors(matrix: pd.DataFrame, n: int, extraction: str) -> FactorSolution:
    """The solution with k = 0."""
    return _NoFactors(
        pattern=pd.DataFrame(index=matrix.index),
        phi=pd.DataFrame(),
        uniqueness=pd.Series(1.0, index=matrix.index),
        n=n,
        extraction=extraction,
        rotation="none",
        objective=0.0,
        converged=True,
        starts=1,
        starts_at_best=1,
    )


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
        .05 does not reject; `lowest_bic`; `lowest_aic`; `rmsea`, the fewest factors whose 90 % interval of RMSEA starts
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
                "method": f"{method}; fewest factors with the lower limit of RMSEA (90 %) at most {CLOSE_FIT:g}",
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
