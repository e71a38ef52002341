"""Fit of a factor solution to the correlations it was extracted from."""

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from psychometrics.correlation.smoothing import SINGULAR
from psychometrics.factors.extraction import degrees_of_freedom
from psychometrics.factors.fit_ordinal import ADJUSTED, adjusted_rows, adjusted_test
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
    r"""Compute chi-square, the indices built on it, and the size of the residuals of a factor solution.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlation matrix (p, p) that the solution was extracted from.
    solution : FactorSolution
        Solution with k factors and the n that the matrix rests on.
    correlation : str, default "pearson"
        Kind of correlation, for the method. With other than Pearson correlations the normal-theory chi-square is
        descriptive, and so is everything that rests on it.
    level : float, default 0.90
        Coverage of the interval of RMSEA, in (0, 1); .90 by custom.
    influence : numpy.ndarray, optional
        Influence of n people on the p (p - 1) / 2 polychoric correlations, see `Correlator.influence`, with the items
        in the order of the solution. With it the chi-square of dwls, minres and pa is the mean- and variance-adjusted
        one, see `fit_ordinal.AdjustedTest`, and RMSEA, CFI and TLI rest on it.

    Returns
    -------
    pandas.DataFrame
        Columns statistic, estimate, lower, upper, level, n, method, note. The rows, with the slot of psych::fa that
        each agrees with: `degrees_of_freedom` (dof), `chi_square` (STATISTIC), `p_value` (PVAL), `chi_square_null`
        (null.chisq), `rmsea` (RMSEA, see below), `tli` (TLI), `cfi`, `bic` (BIC), `rmsr` (rms), `srmr`,
        `largest_residual` (largest in absolute size, with its sign). With `influence` also `chi_square_unadjusted`,
        `scaling_factor` and `shift`; these rows agree with lavaan's fitMeasures (chisq.scaled, rmsea.scaled,
        cfi.scaled, tli.scaled, srmr). Where a number is not defined the estimate is missing and `note` says why.

    Raises
    ------
    ValueError
        The influence is of another number of people or items.

    Notes
    -----
    .. math:: F = \mathrm{tr}(\Sigma^{-1}R) - \ln|\Sigma^{-1}R| - p, \qquad
              \chi^2 = F\,(n - 1 - (2p + 5)/6 - 2k/3)

    with Bartlett's (1951) correction, for every extraction: for `ml` F is what was minimised, for the others it is the
    likelihood discrepancy at their loadings. RMSEA is Steiger's (1990) sqrt(max((chi2 - df) / (df (n - 1)), 0)) with
    the interval from the noncentral chi-square; psych 2.2.9 divides chi2 by n but subtracts 1 / (n - 1), which makes
    its point estimate (not its interval) slightly smaller. TLI: Tucker and Lewis (1973). CFI: Bentler (1990). RMSR:
    root mean square of the p (p - 1) / 2 residuals; SRMR divides by p (p + 1) / 2, the diagonal being reproduced.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, fit_indices, fit_solution
    >>> found = correlate(example_answers().filter(regex="_[0-9]+$"), method="pearson")
    >>> solution = fit_solution(found.matrix, found.n_total, k=4, extraction="ml")
    >>> fit_indices(found.matrix, solution).set_index("statistic")["estimate"].round(3)
    statistic
    degrees_of_freedom     116.000
    chi_square             173.207
    p_value                  0.000
    chi_square_null       2087.915
    rmsea                    0.050
    tli                      0.950
    cfi                      0.970
    bic                   -441.398
    rmsr                     0.029
    srmr                     0.027
    largest_residual        -0.081
    Name: estimate, dtype: float64
    """
    items = solution.pattern.index
    matrix = correlations.loc[items, items].to_numpy(dtype=float)
    model = solution.reproduced.to_numpy()
    p, k, n = len(items), solution.pattern.shape[1], solution.n
    df = degrees_of_freedom(p, k)
    residual = matrix - model
    below = residual[np.tril_indices(p, -1)]
    rows = [{"statistic": "degrees_of_freedom", "estimate": float(df)}]
    adjusted = influence if solution.extraction in ADJUSTED else None
    if adjusted is not None:
        if adjusted.shape != (n, p * (p - 1) // 2):
            raise ValueError(
                f"the influence of {n} people on the correlations of {p} items has another shape: "
                f"{' by '.join(map(str, adjusted.shape))}"
            )
        loadings = solution.pattern.to_numpy() @ np.linalg.cholesky(solution.phi.to_numpy())
        test = adjusted_test(adjusted, solution.extraction)
        rows += adjusted_rows(matrix, model, loadings, test, df, level)
    else:
        rows += likelihood_rows(matrix, model, n, k, df, level)
    rows += [
        {"statistic": "rmsr", "estimate": np.sqrt(np.mean(below**2))},
        {"statistic": "srmr", "estimate": np.sqrt(np.sum(below**2) / (p * (p + 1) / 2))},
        {"statistic": "largest_residual", "estimate": below[np.argmax(np.abs(below))]},
    ]
    method = f"{solution.extraction}, {correlation}"
    if adjusted is not None:
        method += "; mean- and variance-adjusted chi-square"
    elif correlation != "pearson":
        method += "; normal-theory chi-square, descriptive"
    frame = pd.DataFrame(rows).reindex(columns=["statistic", "estimate", "lower", "upper", "level", "note"])
    frame = frame.assign(n=n, method=method, note=frame["note"].fillna(""))
    return frame[["statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]]


def residuals(correlations: pd.DataFrame, solution: FactorSolution, *, count: int = 10) -> pd.DataFrame:
    """List the residual correlations that are largest in absolute size.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Correlation matrix (p, p) that the solution was extracted from.
    solution : FactorSolution
        The factors that reproduce it.
    count : int, default 10
        How many residuals to list.

    Returns
    -------
    pandas.DataFrame
        Columns item, item_2, statistic (`residual`), estimate (observed minus reproduced correlation), n, method, note.

    Notes
    -----
    Agrees with residuals(psych::fa()).
    """
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


def likelihood_rows(
    matrix: np.ndarray, model: np.ndarray, n: int, k: int, df: int, level: float
) -> list[dict[str, object]]:
    """Build the rows of `fit_indices` that rest on the normal-theory chi-square.

    Parameters
    ----------
    matrix : numpy.ndarray
        Observed correlations, (p, p).
    model : numpy.ndarray
        Reproduced correlations, (p, p).
    n : int
        Number of people.
    k : int
        Number of factors.
    df : int
        Degrees of freedom of the model.
    level : float
        Coverage of the interval of RMSEA, in (0, 1).

    Returns
    -------
    list of dict
        One record per statistic: statistic, estimate, note, and for RMSEA lower, upper and level.
    """
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
