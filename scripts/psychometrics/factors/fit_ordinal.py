"""Chi-square of factors of polychoric correlations, adjusted in mean and variance for how these really vary."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import chdtrc

from psychometrics.factors.rmsea import rmsea

PEOPLE_AT_ONCE = 50  # so that their matrices stay in the cache
ROWS_OF_TRIANGLE = 4_000
SINGULAR = 1e-10
ADJUSTED = ("dwls", "minres", "pa")  # extractions that minimise a weighted sum of squared residuals
STATISTICS = (
    "chi_square",
    "p_value",
    "chi_square_unadjusted",
    "scaling_factor",
    "shift",
    "chi_square_null",
    "rmsea",
    "tli",
    "cfi",
    "bic",
)


@dataclass(frozen=True)
class AdjustedChiSquare:
    """A mean- and variance-adjusted chi-square: statistic = unadjusted / scaling_factor + shift.

    Attributes
    ----------
    statistic : float
        The adjusted statistic, to be compared with a chi-square distribution with the model's degrees of freedom.
    unadjusted : float
        n - 1 times the weighted sum of squared residuals.
    scaling_factor : float
        Divisor of the unadjusted statistic.
    shift : float
        What is added after the division.
    """

    statistic: float
    unadjusted: float
    scaling_factor: float
    shift: float


class AdjustedTest:
    """Test of models that minimise a weighted sum of squared residuals, with one set of weights.

    Parameters
    ----------
    influence : numpy.ndarray
        Influence of n people on the p (p - 1) / 2 correlations, see `polychoric_errors.PolychoricVariance.influence`.
    weights : numpy.ndarray
        Weights (p, p) that the extraction gives the squared residuals.

    Attributes
    ----------
    n : int
        Number of people.
    weights : numpy.ndarray
        The weights (p, p).
    """

    def __init__(self, influence: np.ndarray, weights: np.ndarray):
        self.n, self.weights = len(influence), weights
        self._pairs = np.triu_indices(len(weights), 1)
        self._rows = influence if self.n <= influence.shape[1] else _triangle(influence)
        z = self._rows * np.sqrt(weights[self._pairs])
        self._products = z @ z.T

    def chi_square(self, residual: np.ndarray, loadings: np.ndarray, df: int) -> AdjustedChiSquare:
        r"""Compute the mean- and variance-adjusted chi-square of one model.

        Parameters
        ----------
        residual : numpy.ndarray
            Observed minus reproduced correlations, (p, p).
        loadings : numpy.ndarray
            Loadings (p, k) of orthogonal factors in any position; k = 0 for a model of uncorrelated items.
        df : int
            Degrees of freedom, at least 1.

        Returns
        -------
        AdjustedChiSquare
            The adjusted statistic and what it was made of.

        Notes
        -----
        .. math:: T = (n - 1) \sum_{i<j} w_{ij} e_{ij}^2, \qquad
                  T_{adj} = a T + df - a\,\mathrm{tr}(U\Gamma), \quad a = \sqrt{df / \mathrm{tr}\{(U\Gamma)^2\}}, \quad
                  U = W - W\Delta(\Delta'W\Delta)^{-}\Delta'W

        with the derivatives :math:`\Delta` of the reproduced correlations and :math:`\Gamma = G'G/n` of the influences
        G. Neither U nor Gamma is ever formed: with :math:`Z = G W^{1/2}` and :math:`C = G W \Delta` the traces are the
        trace and the sum of squares of :math:`(ZZ' - C(\Delta'W\Delta)^{-}C')/n`. Where there are more people than
        correlations, the triangle T with :math:`T'T = G'G` stands in for G.

        Asparouhov and Muthen (2010), Simple second order chi-square correction; Satorra and Bentler (1994). Agrees with
        lavaan's test = "scaled.shifted", for dwls (WLSMV) and for minres (ULSMV).
        """
        products = self._products
        if loadings.shape[1]:
            taken = self._collected(loadings)
            products = products - taken @ _solver(_information(self.weights, loadings), loadings)(taken).T
        weights = self.weights[self._pairs]
        trace, trace_of_square = np.trace(products) / self.n, np.vdot(products, products) / self.n**2
        unadjusted = (self.n - 1) * np.sum(weights * residual[self._pairs] ** 2)
        scale = np.sqrt(df / trace_of_square)
        shift = df - scale * trace
        return AdjustedChiSquare(float(unadjusted * scale + shift), float(unadjusted), float(1 / scale), float(shift))

    def _collected(self, loadings: np.ndarray) -> np.ndarray:
        """C = G W Delta, (people, p k)."""
        p, (row, column) = len(loadings), self._pairs
        collected = np.empty((len(self._rows), loadings.size))
        square = np.zeros((PEOPLE_AT_ONCE, p, p))
        for start in range(0, len(collected), PEOPLE_AT_ONCE):
            part = self._rows[start : start + PEOPLE_AT_ONCE] * self.weights[self._pairs]
            square[: len(part), row, column] = square[: len(part), column, row] = part
            collected[start : start + len(part)] = (square[: len(part)] @ loadings).reshape(len(part), -1)
        return collected


def _triangle(rows: np.ndarray) -> np.ndarray:
    """T with T'T = G'G, from slices of G that stay in the processor's cache."""
    triangle = np.asarray(np.linalg.qr(rows[:ROWS_OF_TRIANGLE], mode="r"))
    for start in range(ROWS_OF_TRIANGLE, len(rows), ROWS_OF_TRIANGLE):
        more = np.vstack([triangle, rows[start : start + ROWS_OF_TRIANGLE]])
        triangle = np.asarray(np.linalg.qr(more, mode="r"))
    return triangle


def _information(weights: np.ndarray, loadings: np.ndarray) -> np.ndarray:
    r"""Matrix :math:`\Delta'W\Delta` over the loadings, (p k, p k), without forming Delta."""
    p, k = loadings.shape
    weights = weights * (1 - np.eye(p))
    blocks = np.einsum("ij,jm,il->imjl", weights, loadings, loadings)
    items = np.arange(p)
    blocks[items, :, items, :] += np.einsum("ij,jm,jl->iml", weights, loadings, loadings)
    return blocks.reshape(p * k, p * k)


def _solver(information: np.ndarray, loadings: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Function from rows b (m, p k) within the reach of the loadings to rows x with information x = b.

    The information is singular in the directions of a rotation, in which no b has a part: adding these directions makes
    it regular and changes nothing else. Where it is still singular its pseudoinverse is taken, which needs some ten
    times as long.
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


def adjusted_test(influence: np.ndarray, extraction: str) -> AdjustedTest | None:
    """Prepare the test of solutions with any number of factors.

    Parameters
    ----------
    influence : numpy.ndarray
        Influence of n people on the p (p - 1) / 2 polychoric correlations.
    extraction : {"dwls", "minres", "pa"}
        How the factors are extracted: `dwls` weights the squared residuals by inverse variances, the others by 1.

    Returns
    -------
    AdjustedTest or None
        None where the asymptotic variance of a correlation is undefined.
    """
    variance = np.mean(influence**2, axis=0)
    if not np.isfinite(variance).all() or (variance <= 0).any():
        return None
    p = round((1 + np.sqrt(1 + 8 * influence.shape[1])) / 2)
    weights = np.ones((p, p))
    if extraction == "dwls":
        weights[np.triu_indices(p, 1)] = 1 / variance
        weights = np.triu(weights, 1)
        weights = weights + weights.T
    return AdjustedTest(influence, weights)


def adjusted_rows(
    matrix: np.ndarray,
    model: np.ndarray,
    loadings: np.ndarray,
    test: AdjustedTest | None,
    df: int,
    level: float,
) -> list[dict[str, object]]:
    """Build the rows of `fit.fit_indices` that rest on the chi-square, from the adjusted one.

    Parameters
    ----------
    matrix : numpy.ndarray
        Observed polychoric correlations, (p, p).
    model : numpy.ndarray
        Reproduced correlations, (p, p).
    loadings : numpy.ndarray
        Loadings (p, k) of orthogonal factors.
    test : AdjustedTest or None
        From `adjusted_test`.
    df : int
        Degrees of freedom of the model.
    level : float
        Coverage of the interval of RMSEA, in (0, 1).

    Returns
    -------
    list of dict
        One record per name in `STATISTICS`: statistic, estimate, note, and for RMSEA lower, upper and level.
    """
    notes = dict.fromkeys(STATISTICS, "")
    values = dict.fromkeys(STATISTICS, np.nan)
    if test is None:
        reason = "the asymptotic variance of a polychoric correlation is undefined, see the notes on the correlations"
        return [{"statistic": name, "estimate": np.nan, "note": reason} for name in STATISTICS]
    notes["bic"] = "no likelihood: the correlations are polychoric"
    p, n = len(matrix), test.n
    df_null = p * (p - 1) // 2
    null = test.chi_square(matrix, np.empty((p, 0)), df_null)
    values["chi_square_null"] = null.statistic
    interval = {}
    if df == 0:
        for name in set(STATISTICS) - {"chi_square_null", "bic"}:
            notes[name] = "no degrees of freedom: the model fits any data"
    else:
        found = test.chi_square(matrix - model, loadings, df)
        values |= {
            "chi_square": found.statistic,
            "p_value": float(chdtrc(df, max(found.statistic, 0.0))),
            "chi_square_unadjusted": found.unadjusted,
            "scaling_factor": found.scaling_factor,
            "shift": found.shift,
        }
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
