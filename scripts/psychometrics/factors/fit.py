"""Fit of a factor solution to the correlations it was extracted from."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from psychometrics.correlation.smoothing import SINGULAR
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.fit_ordinal import ADJUSTED, adjusted_rows
from psychometrics.factors.rmsea import rmsea
from psychometrics.factors.solution import FactorSolution


def fit_indices(
    correlations: pd.DataFrame,
    solution: FactorSolution,
    *,
    correlation: str = "pearson",
    level: float = 0.90,
    influence: np.ndarray | None = None,
) -> pd.DataFrame:
    r"""Chi-square and the indices built on it, and the size of the residuals.

    Parameters
    ----------
    correlations : (p, p) matrix the solution was extracted from.
    solution : k factors with the n the matrix rests on.
    correlation : kind of correlation, told in `method`. Of other than Pearson correlations the normal-theory chi-square
        is descriptive, and so is all that rests on it.
    level : coverage of the interval of RMSEA; .90 by custom.
    influence : (n, p (p - 1) / 2) of people on polychoric correlations, see `Correlator.influence`, items in the order
        of the solution. With it the chi-square of dwls, minres and pa is the mean- and variance-adjusted one, see
        `fit_ordinal.AdjustedTest`, and RMSEA, CFI and TLI rest on it.

    Returns
    -------
    Rows, with the slot of psych::fa each agrees with: `degrees_of_freedom` (dof), `chi_square` (STATISTIC),
    `p_value` (PVAL), `chi_square_null` (null.chisq), `rmsea` (RMSEA, see below), `tli` (TLI), `cfi`, `bic` (BIC),
    `rmsr` (rms), `srmr`, `largest_residual` (in absolute size, with its sign). Where a number is not defined the
    estimate is missing and `note` says why. With `influence` also `chi_square_unadjusted`, `scaling_factor` and
    `shift`; these rows agree with lavaan's fitMeasures (chisq.scaled, rmsea.scaled, cfi.scaled, tli.scaled, srmr).

    Notes
    -----
    .. math:: F = \mathrm{tr}(\Sigma^{-1}R) - \ln|\Sigma^{-1}R| - p, \qquad
              \chi^2 = F\,(n - 1 - (2p + 5)/6 - 2k/3)

    with Bartlett's (1951) correction, for every extraction: for `ml` F is what was minimised, for the others it is
    the likelihood discrepancy at their loadings. RMSEA is Steiger's (1990) sqrt(max((chi2 - df) / (df (n - 1)), 0))
    with the interval from the noncentral chi-square; psych 2.2.9 divides chi2 by n but subtracts 1 / (n - 1), which
    makes its point (not its interval) slightly smaller. TLI: Tucker and Lewis (1973). CFI: Bentler (1990). RMSR: root
    mean square of the p (p - 1) / 2 residuals; SRMR divides by p (p + 1) / 2, the diagonal being reproduced.
    """
    items = solution.pattern.index
    matrix = correlations.loc[items, items].to_numpy(dtype=float)
    model = solution.reproduced.to_numpy()
    p, k, n = len(items), solution.pattern.shape[1], solution.n
    df = degrees_of_freedom(p, k)
    residual = matrix - model
    below = residual[np.tril_indices(p, -1)]
    rows = [{"statistic": "degrees_of_freedom", "estimate": float(df)}]
    adjusted = influence is not None and solution.extraction in ADJUSTED
    if adjusted:
        if influence.shape != (n, p * (p - 1) // 2):
            raise ValueError(
                f"the influence of {n} people on the correlations of {p} items has another shape: "
                f"{' by '.join(map(str, influence.shape))}"
            )
        loadings = solution.pattern.to_numpy() @ np.linalg.cholesky(solution.phi.to_numpy())
        rows += adjusted_rows(matrix, model, loadings, influence, solution.extraction, df, level)
    else:
        rows += _chi_square_rows(matrix, model, n, k, df, level)
    rows += [
        {"statistic": "rmsr", "estimate": np.sqrt(np.mean(below**2))},
        {"statistic": "srmr", "estimate": np.sqrt(np.sum(below**2) / (p * (p + 1) / 2))},
        {"statistic": "largest_residual", "estimate": below[np.argmax(np.abs(below))]},
    ]
    method = f"{solution.extraction}, {correlation}"
    if adjusted:
        method += "; mean- and variance-adjusted chi-square"
    elif correlation != "pearson":
        method += "; normal-theory chi-square, descriptive"
    frame = pd.DataFrame(rows).reindex(columns=["statistic", "estimate", "lower", "upper", "level", "note"])
    frame = frame.assign(n=n, method=method, note=frame["note"].fillna(""))
    return frame[["statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]]


def residuals(correlations: pd.DataFrame, solution: FactorSolution, *, count: int = 10) -> pd.DataFrame:
    """The `count` residual correlations that are largest in absolute size: item, item_2, statistic `residual`, estimate
    (observed less reproduced), n, method, note. Agrees with residuals(psych::fa())."""
    items = solution.pattern.index
    difference = correlations.loc[items, items].to_numpy(dtype=float) - solution.reproduced.to_numpy()
    first, second = np.triu_indices(len(items), 1)
    values = difference[first, second]
    largest = np.argsort(-np.abs(values), kind="stable")[:count]
    return pd.DataFrame(
        {
            "item": items[first[largest]],
            "item_2": items[second[largest]],
            "statistic": "residual",
            "estimate": values[largest],
            "n": solution.n,
            "method": solution.extraction,
            "note": "",
        }
    )


def _chi_square_rows(matrix, model, n, k, df, level) -> list[dict]:
    p = len(matrix)
    names = ["chi_square", "p_value", "chi_square_null", "rmsea", "tli", "cfi", "bic"]
    values = dict.fromkeys(names, np.nan)
    notes = dict.fromkeys(names, "")
    multiplier = n - 1 - (2 * p + 5) / 6 - 2 * k / 3
    reason = ""
    if np.linalg.eigvalsh(matrix)[0] <= SINGULAR:
        reason = "the correlation matrix is not positive definite: no likelihood"
    elif np.linalg.eigvalsh(model)[0] <= 1e-10:
        reason = "the reproduced matrix is not positive definite: no likelihood"
    elif multiplier <= 0:
        reason = f"n = {n} is too small for Bartlett's correction"
    if reason:
        return [{"statistic": name, "estimate": np.nan, "note": reason} for name in names]
    log_determinant = np.linalg.slogdet(matrix)[1]
    discrepancy = np.trace(np.linalg.solve(model, matrix)) - log_determinant + np.linalg.slogdet(model)[1] - p
    chi_square = max(0.0, discrepancy * multiplier)
    df_null = p * (p - 1) // 2
    null = -log_determinant * (n - 1 - (2 * p + 5) / 6)
    values |= {"chi_square": chi_square, "chi_square_null": null}
    interval = {}
    if df == 0:
        for name in set(names) - {"chi_square", "chi_square_null"}:
            notes[name] = "no degrees of freedom: the model fits any data"
    else:
        values["p_value"] = chdtrc(df, chi_square)
        values["rmsea"], lower, upper = rmsea(chi_square, df, n, level)
        interval = {"lower": lower, "upper": upper, "level": level}
        null_ratio, ratio = -log_determinant / df_null, discrepancy / df
        values["tli"] = (null_ratio - ratio) / (null_ratio - 1 / multiplier)
        misfit, null_misfit = max(chi_square - df, 0.0), max(null - df_null, chi_square - df, 0.0)
        values["cfi"] = 1 - misfit / null_misfit if null_misfit > 0 else 1.0
        values["bic"] = chi_square - df * np.log(n)
    return [
        {"statistic": name, "estimate": values[name], "note": notes[name]} | (interval if name == "rmsea" else {})
        for name in names
    ]
