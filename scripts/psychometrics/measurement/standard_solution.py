"""Loadings and correlations of the factors of a fitted model as matrices, and intervals of functions of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit, stdtrit

from psychometrics.covariance_structures.result import CovarianceStructureFit

STEP = 1e-5
# of every interval: as the sandwich makes them they held 92.1% in the worst of four designs with 12 to 80 therapists
WIDER = 1.05
SHARES_WIDER = 1.1  # of shares: a twentieth longer, those of sums held 91.9% (500 samples with a ceiling)


@dataclass(frozen=True)
class StandardSolution:
    """The standardized solution of a model of one group without regressions.

    Attributes
    ----------
    items : tuple of str
        The p observed variables.
    factors : tuple of str
        Factors that items load on.
    loadings : numpy.ndarray of shape (p, m)
        Standardized loadings.
    correlations : numpy.ndarray of shape (m, m)
        Correlations of the factors.
    residual : numpy.ndarray of shape (p, p)
        Correlations of the items that the factors do not make.
    higher : dict of str to float
        Loading of each factor on a factor above it, where there is one.
    """

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: np.ndarray
    correlations: np.ndarray
    residual: np.ndarray
    higher: dict[str, float]

    @property
    def implied(self) -> np.ndarray:
        """Compute the correlations of the items.

        Returns
        -------
        numpy.ndarray of shape (p, p)
            Correlations, the diagonal 1.
        """
        return self.loadings @ self.correlations @ self.loadings.T + self.residual


class Layout:
    """Where the standardized estimates of a model stand in its matrices.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        A model of one group: factors of items, at most one factor of factors, no regressions.
    """

    def __init__(self, fitted: CovarianceStructureFit) -> None:
        rows = fitted.estimates
        self.items = tuple(fitted.table.observed)
        item = {name: number for number, name in enumerate(self.items)}
        operator, left, right = (rows[name].tolist() for name in ("op", "lhs", "rhs"))
        measured = {one for op, one, two in zip(operator, left, right, strict=True) if op == "=~" and two in item}
        self.factors = tuple(name for name in fitted.table.latent if name in measured)
        factor = {name: number for number, name in enumerate(self.factors)}
        self._loadings, self._higher, self._residual, self._correlations = [], [], [], []
        for row, (op, one, two) in enumerate(zip(operator, left, right, strict=True)):
            if op == "=~" and two in item:
                self._loadings.append((row, item[two], factor[one]))
            elif op == "=~":
                self._higher.append((row, two))
            elif op == "~~" and one in item:
                self._residual.append((row, item[one], item[two]))
            elif op == "~~" and one != two and one in factor and two in factor:
                self._correlations.append((row, factor[one], factor[two]))

    @property
    def rows(self) -> list[int]:
        """List the rows of the estimates that stand in a matrix.

        Returns
        -------
        list of int
            Rows.
        """
        return [part[0] for part in (*self._loadings, *self._higher, *self._residual, *self._correlations)]

    def at(self, values: np.ndarray) -> StandardSolution:
        """Put standardized values into the matrices.

        Parameters
        ----------
        values : numpy.ndarray
            Standardized values, in the rows of the estimates.

        Returns
        -------
        StandardSolution
            The matrices.
        """
        p, m = len(self.items), len(self.factors)
        loadings, residual, correlations = np.zeros((p, m)), np.zeros((p, p)), np.eye(m)
        row, i, j = np.array(self._loadings, dtype=int).T
        loadings[i, j] = values[row]
        row, i, j = np.array(self._residual, dtype=int).reshape(-1, 3).T
        residual[i, j] = residual[j, i] = values[row]
        if (i != j).any():  # covariances of residuals are standardized by the standard deviations of residuals
            size = np.where(np.eye(p, dtype=bool), 1.0, np.sqrt(np.abs(np.outer(np.diag(residual), np.diag(residual)))))
            residual = residual * size
        row, i, j = np.array(self._correlations, dtype=int).reshape(-1, 3).T
        correlations[i, j] = correlations[j, i] = values[row]
        higher = {name: float(values[row]) for row, name in self._higher}
        if higher:
            above = np.array([higher.get(name, 0.0) for name in self.factors])
            correlations = np.where(np.eye(m, dtype=bool), 1.0, np.outer(above, above))
        return StandardSolution(self.items, self.factors, loadings, correlations, residual, higher)


def standard_solution(fitted: CovarianceStructureFit) -> StandardSolution:
    """Put the standardized estimates of a model into matrices.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        A model of one group: factors of items, at most one factor of factors, no regressions.

    Returns
    -------
    StandardSolution
        The matrices.
    """
    return Layout(fitted).at(fitted.estimates["standardized"].to_numpy(dtype=float))


def function_errors(
    fitted: CovarianceStructureFit, function: Callable[[StandardSolution], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Compute functions of the standardized solution and their standard errors by the delta method.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        A model of one group.
    function : callable
        Standardized solution -> values (k,).

    Returns
    -------
    estimates : numpy.ndarray of shape (k,)
        Values.
    errors : numpy.ndarray of shape (k,)
        Standard errors; the derivatives of the function are numerical, those of the solution exact.
    """
    layout, values = Layout(fitted), fitted.estimates["standardized"].to_numpy(dtype=float)
    estimates = function(layout.at(values))
    moving = [row for row in layout.rows if np.abs(fitted.gradients[row]).max() > 1e-12]
    slopes = np.zeros((len(estimates), len(moving)))
    for number, row in enumerate(moving):
        moved = []
        for step in (STEP, -STEP):
            changed = values.copy()
            changed[row] += step
            moved.append(function(layout.at(changed)))
        slopes[:, number] = (moved[0] - moved[1]) / (2 * STEP)
    along = slopes @ fitted.gradients[moving]
    return estimates, np.sqrt(np.sum((along @ fitted.covariance.to_numpy()) * along, axis=1))


def reach(error: float, units: int, level: float, wider: float = WIDER) -> float:
    """Compute half the length of an interval by Student's t with units - 1 degrees of freedom, a twentieth longer.

    Parameters
    ----------
    error : float
        Standard error.
    units : int
        Number of independent units.
    level : float
        Coverage, in (0, 1).
    wider : float, default 1.05
        By what the length is multiplied.

    Returns
    -------
    float
        Half the length; missing with fewer than three units.

    Notes
    -----
    Standard errors take the weights of diagonally weighted least squares as known, and sums over few therapists vary:
    see docs/recovery_measurement.md for what the longer intervals hold.
    """
    return float(wider * stdtrit(units - 1, (1 + level) / 2) * error) if units > 2 else np.nan


def correlation_limits(value: float, error: float, units: int, level: float) -> tuple[float, float]:
    """Compute the limits of a correlation on the scale of Fisher's z.

    Parameters
    ----------
    value : float
        The correlation.
    error : float
        Its standard error.
    units : int
        Number of independent units.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    lower, upper : float
        Limits, see `reach`; missing where the correlation lies beyond 1.
    """
    if not (abs(value) < 1 and np.isfinite(error) and units > 2):
        return np.nan, np.nan
    half = reach(error, units, level) / (1 - value**2)
    return float(np.tanh(np.arctanh(value) - half)), float(np.tanh(np.arctanh(value) + half))


def share_limits(value: float, error: float, units: int, level: float) -> tuple[float, float]:
    """Compute the limits of a share on the scale of the logit.

    Parameters
    ----------
    value : float
        The share.
    error : float
        Its standard error.
    units : int
        Number of independent units.
    level : float
        Coverage, in (0, 1).

    Returns
    -------
    lower, upper : float
        Limits, see `reach`, but a tenth longer; missing where the share lies at 0, 1 or beyond.
    """
    if not (1e-12 < value < 1 and np.isfinite(error) and units > 2):
        return np.nan, np.nan
    half = reach(error, units, level, SHARES_WIDER) / (value * (1 - value))
    return float(expit(logit(value) - half)), float(expit(logit(value) + half))
