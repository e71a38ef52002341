"""Analytic standard errors of rotated loadings, and the bias that rotation adds in small samples."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from psychometrics.factors.rotation import OBLIQUE
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.delta_method import SolvedEquations
from psychometrics.factors.standard_errors.estimating_equations import Layout
from psychometrics.resampling.bootstrap_intervals import SCALES

STEP = 0.05  # of the slope of the bias, in standard errors


@dataclass(frozen=True)
class LoadingErrors:
    """Standard errors and biases of a solution, in its own order of items and factors.

    Attributes
    ----------
    solution : FactorSolution
        The solution.
    pattern : pandas.DataFrame
        Items x factors, standard errors of the loadings.
    phi : pandas.DataFrame
        Factors x factors, standard errors of the factor correlations; the diagonal is 0.
    uniqueness : pandas.Series
        Standard error of each item's uniqueness, and so of its communality.
    pattern_bias : pandas.DataFrame
        Items x factors, expected minus population value, to the order 1/n.
    phi_bias : pandas.DataFrame
        The same of the factor correlations.
    uniqueness_bias : pandas.Series
        The same of the uniquenesses.
    phi_widening : pandas.DataFrame
        Factor by which the standard error of a factor correlation grows when its bias is subtracted; the diagonal is 0.
    n : int
        Sample size.
    method : str
        How the standard errors came about.
    degrees_of_freedom : float
        Of the intervals: number of units minus one; infinite for normal theory.
    note : str
        Why there are none, where all are missing.
    """

    solution: FactorSolution
    pattern: pd.DataFrame
    phi: pd.DataFrame
    uniqueness: pd.Series
    pattern_bias: pd.DataFrame
    phi_bias: pd.DataFrame
    uniqueness_bias: pd.Series
    phi_widening: pd.DataFrame
    n: int
    method: str
    degrees_of_freedom: float = np.inf
    note: str = ""

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """Put estimates, standard errors, biases and intervals into tidy rows.

        Parameters
        ----------
        level : float, default 0.95
            Coverage of the intervals, in (0, 1).

        Returns
        -------
        pandas.DataFrame
            Columns item, factor, factor_2, statistic, estimate, uncorrected, se, bias, lower, upper, level, n, method,
            note. Statistics: `loading`, `phi` (of factor and factor_2), `communality` and `uniqueness`. Limits are
            Student's: around loadings on their own scale, around communalities on that of Fisher's z of the root, and
            on that of z around phi minus its bias, which is the estimate, with a widened standard error; the sample's
            own phi is in `uncorrected`.
        """
        solution = self.solution
        first, second = np.triu_indices(len(solution.labels), 1)
        items, labels = solution.pattern.index.to_numpy(), np.array(solution.labels)

        def _block(
            statistic: str,
            values: np.ndarray,
            errors: np.ndarray,
            bias: np.ndarray,
            widening: np.ndarray | float = 1.0,
            **columns: np.ndarray,
        ) -> pd.DataFrame:
            return pd.DataFrame(
                {
                    **columns,
                    "statistic": statistic,
                    "estimate": values,
                    "se": errors,
                    "bias": bias,
                    "widening": widening,
                }
            )

        p, k = solution.pattern.shape
        places = {"item": np.repeat(items, k), "factor": np.tile(labels, p)}
        blocks = [
            _block(
                "loading",
                *(frame.to_numpy().ravel() for frame in (solution.pattern, self.pattern, self.pattern_bias)),
                **places,
            )
        ]
        if k > 1:
            blocks.append(
                _block(
                    "phi",
                    *(
                        frame.to_numpy()[first, second]
                        for frame in (solution.phi, self.phi, self.phi_bias, self.phi_widening)
                    ),
                    factor=labels[first],
                    factor_2=labels[second],
                )
            )
        errors, bias = self.uniqueness.to_numpy(), self.uniqueness_bias.to_numpy()
        blocks.append(_block("communality", solution.communality.to_numpy(), errors, -bias, item=items))
        blocks.append(_block("uniqueness", solution.uniqueness.to_numpy(), errors, bias, item=items))
        frame = pd.concat(blocks, ignore_index=True)
        frame = frame.assign(**self._limits(frame, level)).assign(
            level=level,
            n=self.n,
            method=f"{solution.method}; {self.method}",
            note=self.note,
        )
        return frame.reindex(
            columns=[
                "item",
                "factor",
                "factor_2",
                "statistic",
                "estimate",
                "uncorrected",
                "se",
                "bias",
                "lower",
                "upper",
                "level",
                "n",
                "method",
                "note",
            ]
        )

    def _limits(self, frame: pd.DataFrame, level: float) -> dict[str, np.ndarray]:
        """Limits of all rows, and estimates where they are corrected."""
        quantile = float(stdtrit(self.degrees_of_freedom, (1 + level) / 2))
        own, bias = frame["estimate"].to_numpy(), frame["bias"].to_numpy()
        half = quantile * (frame["se"] * frame["widening"]).to_numpy()
        statistic = frame["statistic"].to_numpy()
        estimate, uncorrected, lower, upper = own.copy(), np.full(len(own), np.nan), own - half, own + half
        phi = (statistic == "phi") & np.isfinite(half)
        there, back = SCALES["z"].there, SCALES["z"].back
        slope = 1 / (1 - own[phi] ** 2)
        middle = there(own[phi]) - bias[phi] * slope
        uncorrected[phi], estimate[phi] = own[phi], back(middle)
        lower[phi], upper[phi] = back(middle - half[phi] * slope), back(middle + half[phi] * slope)
        for name, turned in (("communality", False), ("uniqueness", True)):
            here = (statistic == name) & np.isfinite(half)
            share = 1 - own[here] if turned else own[here]
            limits = _around_share(share, half[here])
            lower[here], upper[here] = (1 - limits[1], 1 - limits[0]) if turned else limits
        return {"estimate": estimate, "uncorrected": uncorrected, "lower": lower, "upper": upper}


def _around_share(share: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits of shares on the scale of Fisher's z of the root, half a width given on their own scale."""
    scale = SCALES["root z"]
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, slope = scale.there(share), 1 / (2 * np.sqrt(share) * (1 - share))
        return scale.back(middle - half * slope), scale.back(middle + half * slope)


def standard_errors(
    solution: FactorSolution,
    influence: np.ndarray | None = None,
    n: int | None = None,
    *,
    units: str = "people",
    seed: int = 0,
    widening: bool = True,
) -> LoadingErrors:
    r"""Compute standard errors of rotated loadings, factor correlations and uniquenesses by the delta method.

    Parameters
    ----------
    solution : FactorSolution
        Extracted by ml, minres, pa or dwls and rotated by any method.
    influence : numpy.ndarray, optional
        Influence (m, p (p - 1) / 2) of each of m people, or of clusters of people, on the correlations in the order of
        `np.triu_indices(p, 1)`, such that its product with itself divided by n is the asymptotic covariance matrix of
        sqrt(n) times the correlations; see `Correlator.influence` and `clustered`. `dwls` needs it, because the inverse
        variances are the weights. None for normal theory.
    n : int, optional
        Sample size; by default that of the solution.
    units : str, default "people"
        What the rows of the influence are, for the method.
    seed : int, default 0
        Seed of the sample of directions for the bias of large problems.
    widening : bool, default True
        False leaves the widening missing, which takes most of the time.

    Returns
    -------
    LoadingErrors
        All missing, with a note, where the theory does not hold: a Heywood case, a search that did not converge, a
        rotation without a firm position.

    Raises
    ------
    ValueError
        Influences of another number of items, none for dwls, or a solution that does not fulfil the equations of its
        rotation.

    Notes
    -----
    The parameters :math:`\theta` (loadings, factor correlations, uniquenesses) solve the equations of the estimator
    under those of the rotation, :math:`c(\theta) = 0`. With H the Hessian and C the derivatives of c, a change of the
    correlations moves them by

    .. math:: \begin{pmatrix} H & C' \\ C & 0 \end{pmatrix} \begin{pmatrix} d\theta \\ \mu \end{pmatrix} =
              \begin{pmatrix} \Delta' W\, dr \\ 0 \end{pmatrix}

    the augmented information matrix of Jennrich (1974, Br. J. Math. Stat. Psychol. 27); so :math:`d\theta = J\,dr` and
    the covariance matrix is :math:`J \Gamma J' / n`. For ML and normal answers this is the inverse information in the
    correlation metric; it agrees with lavaan::efa's standardized solution. Everything is evaluated at the model, as in
    lavaan. Promax is a function of varimax and follows by the chain rule.

    Bias: the curvature of :math:`\theta(r)` makes it :math:`\tfrac{1}{2n} \sum_m \theta''[d_m, d_m]` over directions
    :math:`\sum d_m d_m' = \Gamma`. It follows from the second derivative of the same equations along the path
    :math:`\theta + t\,J d_m` without any refit (Cox & Snell 1968, J. R. Stat. Soc. B 30). Under normal theory the
    directions are those of the covariances, which includes the bias of r; given influences leave that out.

    Widening: the bias b of a factor correlation grows with the correlation, so that :math:`\hat\phi - b(\hat\theta)`
    varies more than :math:`\hat\phi`: by the factor :math:`|1 - b'|`, with b' the slope of the bias along the least
    favourable direction, in which all parameters move as they covary with this one (Stein 1956; DiCiccio & Efron 1992,
    Biometrika 79). In simulations (docs/recovery.md) the interval without it is too short, most of all with few people.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers, fit_solution, standard_errors
    >>> found = correlate(example_answers().filter(like="wai_0"), method="pearson")
    >>> solution = fit_solution(found.matrix, found.n_total, k=3, extraction="ml")
    >>> rows = standard_errors(solution).tidy()
    >>> rows[["item", "factor", "estimate", "se", "lower", "upper"]].head(6).round(2)
         item factor  estimate    se  lower  upper
    0  wai_01     F1      0.03  0.06  -0.08   0.14
    1  wai_01     F2      0.71  0.06   0.59   0.84
    2  wai_01     F3      0.06  0.07  -0.07   0.20
    3  wai_02     F1      0.12  0.12  -0.13   0.36
    4  wai_02     F2     -0.00  0.09  -0.18   0.18
    5  wai_02     F3      0.69  0.21   0.28   1.09
    """
    n = solution.n if n is None else n
    p, k = solution.pattern.shape
    root = _root(influence, p, solution.extraction, n)
    layout = Layout(p, k, solution.rotation in OBLIQUE and k > 1)
    method = "normal theory" if root is None else f"sandwich over {len(root)} {units}"
    reason, numbers = _undefined(solution), np.full((2, layout.size), np.nan)
    wider = np.full(layout.size, np.nan)
    if not reason:
        system = SolvedEquations(solution, root, layout)
        if system.firm:
            numbers = np.array([np.sqrt(np.maximum(system.variances(), 0.0) / n), system.bias(seed) / n])
            if widening:
                wider = _widening(system, layout, n, seed)
        else:
            reason = "no standard errors: the equations of the rotation are singular"
    pattern, phi, uniqueness = layout.unpack(numbers)
    items, labels = solution.pattern.index, solution.labels
    apart = ~np.eye(k, dtype=bool)
    phi, wider = phi * apart, layout.unpack(wider)[1] * apart
    patterns = [pd.DataFrame(values, items, labels) for values in pattern]
    correlations = [pd.DataFrame(values, labels, labels) for values in phi]
    rest = [pd.Series(values, items) for values in uniqueness]
    return LoadingErrors(
        solution,
        patterns[0],
        correlations[0],
        rest[0],
        patterns[1],
        correlations[1],
        rest[1],
        phi_widening=pd.DataFrame(wider, labels, labels),
        n=n,
        method=method,
        degrees_of_freedom=np.inf if root is None else len(root) - 1,
        note=reason,
    )


def _root(influence: np.ndarray | None, p: int, extraction: str, n: int) -> np.ndarray | None:
    """Rows whose outer products sum to the covariance matrix of the correlations, from checked influences."""
    pairs = p * (p - 1) // 2
    if influence is None:
        if extraction == "dwls":
            raise ValueError("standard errors of dwls need the influences of the people on the correlations")
        return None
    influence = np.asarray(influence, dtype=float)
    if influence.ndim != 2 or influence.shape[1] != pairs or not np.isfinite(influence).all():
        raise ValueError(
            f"the influences on the correlations of {p} items must have {pairs} columns and no missing value"
        )
    return influence / np.sqrt(n)


def _undefined(solution: FactorSolution) -> str:
    """Why a solution has no standard errors; empty where it has."""
    if solution.heywood:
        return f"no standard errors with a Heywood case ({', '.join(solution.heywood)})"
    if not solution.converged:
        return "no standard errors: the solution did not converge"
    return ""


def _widening(system: SolvedEquations, layout: Layout, n: int, seed: int) -> np.ndarray:
    """|1 - slope of the bias| of the factor correlations, as a vector of parameters; 1 for the others."""
    widening = np.ones(layout.size)
    first, last = layout.p * layout.k, layout.size - layout.p
    for parameter in range(first, last):
        direction, deviation = system.towards(parameter)
        ahead, behind = (system.moved(step * direction / np.sqrt(n)).bias(seed)[parameter] for step in (STEP, -STEP))
        widening[parameter] = abs(1 - (ahead - behind) / (2 * STEP * deviation * np.sqrt(n)))
    return widening
