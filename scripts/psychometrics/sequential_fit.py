"""How many factors until the model fits? Sequential chi-square, lowest BIC, and the interval of RMSEA."""
import numpy as np
import pandas as pd

from psychometrics.correlation import CorrelationMatrix
from psychometrics.extraction import degrees_of_freedom
from psychometrics.fit import fit_indices
from psychometrics.hull import common_part
from psychometrics.solution import FactorSolution, fit_solution

SIGNIFICANCE = 0.05
CLOSE_FIT = 0.05
STATISTICS = ("degrees_of_freedom", "chi_square", "p_value", "rmsea", "cfi", "tli", "bic")
COLUMNS = [*STATISTICS, "rmsea_lower", "rmsea_upper", "caf", "note"]


def fit_by_factors(correlations: CorrelationMatrix, *, largest: int, extraction: str = "ml") -> pd.DataFrame:
    """Fit of 0, 1, ... factors.

    Parameters
    ----------
    correlations : p items.
    largest : the most factors to fit; solutions without a degree of freedom are left out.
    extraction : minres, ml or pa.

    Returns
    -------
    Index k; columns degrees_of_freedom, chi_square, p_value, rmsea with its 90 % interval (rmsea_lower, rmsea_upper),
    cfi, tli, bic as in `fit.fit_indices`; caf, see `hull.common_part`; note. A solution that could not be had or did
    not converge has no values and the reason. Agrees with the slots of psych::fa(fm = "ml" or "minres").
    """
    p = len(correlations.matrix)
    rows = {k: _fit(correlations, k, extraction) for k in range(min(largest + 1, p))
            if degrees_of_freedom(p, k) > 0}
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("k")


def _fit(correlations: CorrelationMatrix, k: int, extraction: str) -> dict:
    matrix = correlations.matrix
    try:
        solution = (fit_solution(matrix, correlations.n_total, k, extraction=extraction, rotation="none") if k
                    else _no_factors(matrix, correlations.n_total, extraction))
    except ValueError as error:
        return {"note": str(error)}
    if not solution.converged:
        return {"degrees_of_freedom": float(degrees_of_freedom(len(matrix), k)),
                "note": f"extraction by {extraction} did not converge"}
    indices = fit_indices(matrix, solution, correlation=correlations.method).set_index("statistic")
    found = {name: indices.loc[name, "estimate"] for name in STATISTICS}
    found |= {"rmsea_lower": indices.loc["rmsea", "lower"], "rmsea_upper": indices.loc["rmsea", "upper"]}
    found["caf"] = common_part(matrix.to_numpy(dtype=float), solution.pattern.to_numpy())
    notes = [*solution.notes, indices.loc["chi_square", "note"]]
    return found | {"note": "; ".join(filter(None, notes))}


class _NoFactors(FactorSolution):
    """A model of uncorrelated items."""

    @property
    def reproduced(self) -> pd.DataFrame:
        items = self.pattern.index
        return pd.DataFrame(np.eye(len(items)), index=items, columns=items)


def _no_factors(matrix: pd.DataFrame, n: int, extraction: str) -> FactorSolution:
    return _NoFactors(
        pattern=pd.DataFrame(index=matrix.index), phi=pd.DataFrame(), uniqueness=pd.Series(1.0, index=matrix.index),
        n=n, extraction=extraction, rotation="none", objective=0.0, converged=True, starts=1, starts_at_best=1,
    )


def sequential_records(fits: pd.DataFrame, *, method: str, correlation: str = "pearson") -> pd.DataFrame:
    """Numbers of factors that the fit of 0, 1, ... factors asks for.

    Parameters
    ----------
    fits : of `fit_by_factors`.
    method : the extraction, for the column method.
    correlation : kind of correlation; of other than Pearson ones the chi-square is descriptive, which the note tells.

    Returns
    -------
    Rows statistic, estimate, method, note: `sequential_chi_square`, the fewest factors that a chi-square test at .05
    does not reject (Lawley 1940; Hayashi, Bentler & Yuan 2007); `lowest_bic` (Schwarz 1978); `rmsea`, the fewest
    factors whose 90 % interval of RMSEA starts at .05 or below (Browne & Cudeck 1992; Preacher, Zhang, Kim & Mels
    2013). The estimate is missing, with the reason, where no solution in question fits or none could be fitted.
    """
    usable = fits[fits["chi_square"].notna()]
    largest = int(fits.index.max()) if len(fits) else 0
    left_out = [f"{k} factors left out: {note}" for k, note in fits.loc[fits["chi_square"].isna(), "note"].items()]
    remarks = [] if correlation == "pearson" else [
        f"the chi-square assumes Pearson correlations of normal data; of {correlation} ones it is too large as a rule"]
    accepted = usable.index[usable["p_value"] > SIGNIFICANCE]
    close = usable.index[usable["rmsea_lower"] <= CLOSE_FIT]
    lowest = usable.index[usable["bic"] == usable["bic"].min()]
    at_edge = ["the lowest is the largest number tried"] if len(lowest) and lowest[0] == largest else []
    criteria = [
        ("sequential_chi_square", accepted, f"fewest factors not rejected at {SIGNIFICANCE:g}",
         f"all solutions up to {largest} factors are rejected", []),
        ("lowest_bic", lowest, f"lowest BIC of 0 to {largest} factors", "", at_edge),
        ("rmsea", close, f"fewest factors with the lower limit of RMSEA (90 %) at most {CLOSE_FIT:g}",
         f"no solution up to {largest} factors fits closely", []),
    ]
    rows = []
    for statistic, found, what, none, extra in criteria:
        if usable.empty:
            notes = list(dict.fromkeys(fits["note"])) or ["too few items: no solution has a degree of freedom"]
        elif len(found):
            # a solution that was left out matters where it comes before the one that was found
            earlier = [text for k, text in zip(fits.index[fits["chi_square"].isna()], left_out, strict=True)
                       if k < found[0] or statistic == "lowest_bic"]
            notes = [*extra, *earlier, *remarks]
        else:
            notes = [none, *left_out, *remarks]
        estimate = float(found[0]) if len(found) else np.nan
        rows.append((statistic, estimate, f"{method}; {what}", "; ".join(notes)))
    return pd.DataFrame(rows, columns=["statistic", "estimate", "method", "note"])
