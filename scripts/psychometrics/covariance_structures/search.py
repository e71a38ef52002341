"""The search for the parameters at which a discrepancy is smallest."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from psychometrics.not_computable import NotComputable

MOST_STEPS = 500
CONVERGED = 1e-13  # fall that a full step promises, in units of chi-square
FLAT = 1e-10  # smallest eigenvalue of information in standard units at which a model is identified


@dataclass(frozen=True)
class Discrepancy:
    """A discrepancy to minimise, in units of half a chi-square.

    Attributes
    ----------
    value : Callable
        Parameters -> value, infinite where there is none.
    gradient : Callable
        Parameters -> slopes (q,).
    information : Callable
        Parameters -> positive semidefinite second derivatives (q, q), by scoring or Gauss-Newton.
    second_derivatives : Callable, optional
        Parameters -> exact second derivatives (q, q), taken where they are positive definite.
    """

    value: Callable[[np.ndarray], float]
    gradient: Callable[[np.ndarray], np.ndarray]
    information: Callable[[np.ndarray], np.ndarray]
    second_derivatives: Callable[[np.ndarray], np.ndarray] | None = None


def minimise(discrepancy: Discrepancy, start: np.ndarray) -> np.ndarray:
    """Minimise by scoring steps, damped until the discrepancy falls (Levenberg-Marquardt).

    Parameters
    ----------
    discrepancy : Discrepancy
        What to minimise.
    start : numpy.ndarray of shape (q,)
        Parameters to start from.

    Returns
    -------
    numpy.ndarray of shape (q,)
        The minimum.

    Raises
    ------
    NotComputable
        No minimum is reached.
    """
    x, value = np.array(start, dtype=float), discrepancy.value(start)
    damping = 1e-3
    for step in range(1, MOST_STEPS + 1):
        slope = discrepancy.gradient(x)
        hessian = None if discrepancy.second_derivatives is None else discrepancy.second_derivatives(x)
        if hessian is None or _factor(hessian) is None:
            hessian = discrepancy.information(x)
        size = np.maximum(np.diag(hessian), 1e-12 * np.diag(hessian).max(initial=1e-300))
        fall = np.inf
        for _ in range(60):
            factor = _factor(hessian + damping * np.diag(size))
            if factor is not None:
                move = -cho_solve(factor, slope)
                fall = float(-slope @ move)
                new = discrepancy.value(x + move)
                # near the minimum the fall is smaller than the rounding of the sum
                if new <= value + 1e-13 * max(1.0, abs(value)):
                    break
            damping = max(10 * damping, 1e-8)
        else:
            raise NotComputable(f"the search for the estimates stops after {step} steps without a minimum")
        x, value = x + move, new
        if fall < CONVERGED * (1 + damping):
            return x
        damping = max(damping / 10, 1e-12)
        if not np.isfinite(x).all() or np.abs(x).max() > 1e8:
            break
    raise NotComputable(f"the search for the estimates has not converged after {step} steps")


def check_identified(information: np.ndarray, names: list[str]) -> None:
    """Refuse a model whose parameters the moments do not determine.

    Parameters
    ----------
    information : numpy.ndarray of shape (q, q)
        Information, or any positive semidefinite matrix of the same rank.
    names : list of str
        Names of the parameters.

    Raises
    ------
    NotComputable
        Naming the parameters that can change together without a change of the moments.
    """
    size = np.sqrt(np.diag(information))
    if (size == 0).any():
        raise NotComputable(f"the model is not identified: the moments do not depend on {names[int(size.argmin())]}")
    values, vectors = np.linalg.eigh(information / np.outer(size, size))
    if values[0] < FLAT:
        weight = np.abs(vectors[:, 0])
        those = [names[place] for place in np.argsort(-weight, kind="stable")[:4] if weight[place] > 0.1]
        raise NotComputable(f"the model is not identified: nothing determines {', '.join(those)} apart from each other")


def check_start(discrepancy: Discrepancy, start: np.ndarray, names: list[str]) -> None:
    """Refuse a search that cannot begin, or cannot end, at a single point.

    Parameters
    ----------
    discrepancy : Discrepancy
        What is to be minimised.
    start : numpy.ndarray of shape (q,)
        Starting values.
    names : list of str
        Names of the parameters.

    Raises
    ------
    NotComputable
        Starting values without a discrepancy; a model that is not identified.
    """
    if not np.isfinite(discrepancy.value(start)):
        raise NotComputable("the starting values give no positive definite covariance matrix: give others by start()")
    # at values such as 0 a model may only seem not to be identified
    near = start + 0.05 * (0.5 + np.abs(start)) * np.random.default_rng(1).random(len(start))
    check_identified(discrepancy.information(near if np.isfinite(discrepancy.value(near)) else start), names)


def _factor(matrix: np.ndarray) -> tuple[np.ndarray, bool] | None:
    """Cholesky factor; None where the matrix is not positive definite."""
    try:
        return cho_factor(matrix)
    except (LinAlgError, ValueError):
        return None
