"""Chi-square of factors of polychoric correlations, adjusted in mean and variance to how polychorics really vary."""
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import chdtrc

from psychometrics.rmsea import rmsea

PEOPLE_AT_ONCE = 50  # so that their matrices stay in the cache
SINGULAR = 1e-10
ADJUSTED = ("dwls", "minres", "pa")  # extractions that minimise a weighted sum of squared residuals
STATISTICS = ("chi_square", "p_value", "chi_square_unadjusted", "scaling_factor", "shift", "chi_square_null", "rmsea",
              "tli", "cfi", "bic")


@dataclass(frozen=True)
class AdjustedChiSquare:
    """statistic = unadjusted / scaling_factor + shift, to be held against a chi-square with df degrees of freedom."""

    statistic: float
    unadjusted: float
    scaling_factor: float
    shift: float
    df: int


def adjusted_chi_square(
    residual: np.ndarray, influence: np.ndarray, weights: np.ndarray, loadings: np.ndarray, df: int
) -> AdjustedChiSquare:
    r"""Mean- and variance-adjusted chi-square of a model that minimises a weighted sum of squared residuals.

    Parameters
    ----------
    residual : (p, p) observed less reproduced correlations.
    influence : (n, p (p - 1) / 2) of people on correlations, see `polychoric_variance.PolychoricVariance.influence`.
    weights : (p, p) that the extraction gave the squared residuals.
    loadings : (p, k) of orthogonal factors in any position; k = 0 for a model of uncorrelated items.
    df : degrees of freedom, at least 1.

    Notes
    -----
    .. math:: T = (n - 1) \sum_{i<j} w_{ij} e_{ij}^2, \qquad
              T_{adj} = a T + df - a\,\mathrm{tr}(U\Gamma), \quad a = \sqrt{df / \mathrm{tr}\{(U\Gamma)^2\}}, \quad
              U = W - W\Delta(\Delta'W\Delta)^{-}\Delta'W

    with the derivatives :math:`\Delta` of the reproduced correlations and :math:`\Gamma = G'G/n`. Neither is ever put
    together: with :math:`Z = G W^{1/2}` freed of what the loadings can take up, the traces are sums of squares of Z
    and of ZZ'.

    Asparouhov and Muthen (2010), Simple second order chi-square correction; Satorra and Bentler (1994). Agrees with
    lavaan's test = "scaled.shifted", for dwls (WLSMV) and for minres (ULSMV).
    """
    n, p = len(influence), len(weights)
    pairs = np.triu_indices(p, 1)
    root = np.sqrt(weights[pairs])
    z = influence * root
    if loadings.shape[1]:
        solve = _solver(_information(weights, loadings), loadings)
        for start in range(0, n, PEOPLE_AT_ONCE):
            part = z[start:start + PEOPLE_AT_ONCE]
            square = np.zeros((len(part), p, p))
            square[:, pairs[0], pairs[1]] = part * root
            square += square.transpose(0, 2, 1)
            taken = solve((square @ loadings).reshape(len(part), -1)).reshape(len(part), *loadings.shape) @ loadings.T
            taken += taken.transpose(0, 2, 1)
            part -= taken[:, pairs[0], pairs[1]] * root
    product = z @ z.T if n < len(root) else z.T @ z
    trace, trace_of_square = np.sum(z * z) / n, np.sum(product * product) / n**2
    unadjusted = (n - 1) * np.sum(weights[pairs] * residual[pairs] ** 2)
    scale = np.sqrt(df / trace_of_square)
    shift = df - scale * trace
    return AdjustedChiSquare(float(unadjusted * scale + shift), float(unadjusted), float(1 / scale), float(shift), df)


def _information(weights: np.ndarray, loadings: np.ndarray) -> np.ndarray:
    r""":math:`\Delta'W\Delta` over the loadings, (p k, p k), without Delta."""
    p, k = loadings.shape
    weights = weights * (1 - np.eye(p))
    blocks = np.einsum("ij,jm,il->imjl", weights, loadings, loadings)
    items = np.arange(p)
    blocks[items, :, items, :] += np.einsum("ij,jm,jl->iml", weights, loadings, loadings)
    return blocks.reshape(p * k, p * k)


def _solver(information: np.ndarray, loadings: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """From rows b (m, p k) that the loadings can take up to rows x with information x = b.

    The information is singular in the directions of a rotation, which no b has: adding these makes it regular and
    changes nothing else. Where it is still singular its pseudoinverse counts, which takes some ten times as long.
    """
    k = loadings.shape[1]
    turns = np.zeros((k * (k - 1) // 2, *loadings.shape))
    for turn, (one, other) in zip(turns, zip(*np.triu_indices(k, 1), strict=True), strict=True):
        turn[:, one], turn[:, other] = loadings[:, other], -loadings[:, one]
    turns = turns.reshape(len(turns), loadings.size)
    try:
        factor = cho_factor(information + turns.T @ turns, lower=True)
        pivots = np.diag(factor[0]) ** 2
        if pivots.min() > SINGULAR * pivots.max():
            return lambda rows: cho_solve(factor, rows.T).T
    except LinAlgError:
        pass
    inverse = np.linalg.pinv(information, rcond=SINGULAR, hermitian=True)
    return lambda rows: rows @ inverse


def adjusted_rows(matrix, model, loadings, influence, extraction, df, level) -> list[dict]:
    """Rows of `fit.fit_indices` that rest on the chi-square, from the adjusted one.

    matrix, model : (p, p) observed and reproduced correlations; loadings : (p, k) of orthogonal factors.
    """
    p, n = len(matrix), len(influence)
    variance = np.mean(influence**2, axis=0)
    notes = dict.fromkeys(STATISTICS, "")
    values = dict.fromkeys(STATISTICS, np.nan)
    if not np.isfinite(variance).all() or (variance <= 0).any():
        reason = "the asymptotic variance of a polychoric correlation is undefined, see the notes on the correlations"
        return [{"statistic": name, "estimate": np.nan, "note": reason} for name in STATISTICS]
    notes["bic"] = "no likelihood: the correlations are polychoric"
    weights = np.ones((p, p))
    if extraction == "dwls":
        weights[np.triu_indices(p, 1)] = 1 / variance
        weights = np.triu(weights, 1)
        weights = weights + weights.T
    df_null = p * (p - 1) // 2
    null = adjusted_chi_square(matrix, influence, weights, np.empty((p, 0)), df_null)
    values["chi_square_null"] = null.statistic
    interval = {}
    if df == 0:
        for name in set(STATISTICS) - {"chi_square_null", "bic"}:
            notes[name] = "no degrees of freedom: the model fits any data"
    else:
        found = adjusted_chi_square(matrix - model, influence, weights, loadings, df)
        values |= {"chi_square": found.statistic, "p_value": chdtrc(df, max(found.statistic, 0.0)),
                   "chi_square_unadjusted": found.unadjusted, "scaling_factor": found.scaling_factor,
                   "shift": found.shift}
        values["rmsea"], lower, upper = rmsea(found.statistic, df, n, level)
        interval = {"lower": lower, "upper": upper, "level": level}
        misfit, null_misfit = found.statistic - df, null.statistic - df_null
        values["tli"] = 1 - (misfit / df) / (null_misfit / df_null)
        largest = max(misfit, null_misfit, 0.0)
        values["cfi"] = 1 - max(misfit, 0.0) / largest if largest > 0 else 1.0
    return [
        {"statistic": name, "estimate": values[name], "note": notes[name]} | (interval if name == "rmsea" else {})
        for name in STATISTICS
    ]
