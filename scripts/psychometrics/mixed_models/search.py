"""Many searches for a minimum at once, each with its own start."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Objective = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

STEPS = 300
LONGEST = 1.5  # of a parameter in one step: relative standard deviations are about 1
HALVINGS = 30


class Minima(NamedTuple):
    """Where the searches ended.

    Attributes
    ----------
    parameters : numpy.ndarray of shape (m, k)
        Parameters.
    value : numpy.ndarray of shape (m,)
        Values of the objective.
    converged : numpy.ndarray of bool, shape (m,)
        Whether no step would lower the objective by more than the tolerance.
    """

    parameters: np.ndarray
    value: np.ndarray
    converged: np.ndarray


def minimize_each(
    objective: Objective, start: np.ndarray, *, inverse: np.ndarray | None = None, tolerance: float = 1e-9
) -> Minima:
    """Minimize one function per row of the starts.

    Parameters
    ----------
    objective : callable
        ``objective(parameters, rows)`` gives values (r,) and gradients (r, k) of the functions with these numbers.
    start : numpy.ndarray of shape (m, k)
        Where each search begins.
    inverse : numpy.ndarray of shape (k, k), optional
        Inverse of the matrix of second derivatives near the minimum, where it is known.
    tolerance : float, default 1e-9
        A search ends when its next step is expected to lower the objective by less.

    Returns
    -------
    Minima
        Ends of the searches.

    Notes
    -----
    Quasi-Newton steps (Broyden-Fletcher-Goldfarb-Shanno) with halving. Nocedal & Wright (2006), Numerical optimization,
    eq. 6.17.

    Examples
    --------
    >>> found = minimize_each(lambda x, rows: (((x - 2) ** 2).sum(axis=1), 2 * (x - 2)), np.zeros((1, 2)))
    >>> found.parameters.round(6).tolist()
    [[2.0, 2.0]]
    """
    x = np.array(start, dtype=float)
    m, k = x.shape
    every = np.arange(m)
    value, gradient = objective(x, every)
    unit = np.eye(k)
    known = inverse is not None
    hessian = np.broadcast_to(unit if inverse is None else inverse, (m, k, k)).copy()
    if not known:
        hessian /= np.maximum(np.abs(gradient).max(axis=1, initial=0), 1e-8)[:, None, None] / 0.3
    fresh = np.full(m, not known)
    converged, active = np.zeros(m, dtype=bool), every
    for _ in range(STEPS if k else 0):
        step = -(hessian[active] @ gradient[active][..., None])[..., 0]
        slope = (step * gradient[active]).sum(axis=1)
        # the approximation is of no use where it does not lead down
        lost = ~(slope < 0)
        if lost.any():
            rows = active[lost]
            size = np.maximum(np.abs(gradient[rows]).max(axis=1), 1e-8)
            hessian[rows] = 0.1 * unit / size[:, None, None]
            fresh[rows] = True
            step[lost] = -0.1 * gradient[rows] / size[:, None]
            slope[lost] = (step[lost] * gradient[rows]).sum(axis=1)
        # a fresh matrix says nothing about how far it is: its first step counts by the gradient alone
        small = -slope < tolerance + 1e-13 * np.abs(value[active])
        small &= ~fresh[active] | (np.abs(gradient[active]).max(axis=1) < 1e-6)
        converged[active[small]] = True
        step, slope, active = step[~small], slope[~small], active[~small]
        if not active.size:
            break
        shrink = 1 / np.maximum(np.abs(step).max(axis=1) / LONGEST, 1)
        moved = np.zeros(len(active), dtype=bool)
        new_x, new_value, new_gradient = x[active].copy(), value[active].copy(), gradient[active].copy()
        for _ in range(HALVINGS):
            rest = np.flatnonzero(~moved)
            trial = x[active[rest]] + shrink[rest, None] * step[rest]
            reached, slopes = objective(trial, active[rest])
            enough = value[active[rest]] + 1e-4 * shrink[rest] * slope[rest] + 1e-14 * np.abs(value[active[rest]])
            good = reached <= enough
            kept = rest[good]
            new_x[kept], new_value[kept], new_gradient[kept] = trial[good], reached[good], slopes[good]
            moved[kept] = True
            shrink[rest[~good]] /= 3
            if moved.all():
                break
        # rounding hides what is left to gain
        stuck = active[~moved]
        converged[stuck] = -slope[~moved] < 1e-5
        change, turn = new_x - x[active], new_gradient - gradient[active]
        x[active], value[active], gradient[active] = new_x, new_value, new_gradient
        hessian[active] = _updated(hessian[active], change, turn, fresh[active])
        fresh[active[moved]] = False
        active = active[moved]
        if not active.size:
            break
    return Minima(x, value, converged | (k == 0))


def _updated(inverse: np.ndarray, change: np.ndarray, turn: np.ndarray, fresh: np.ndarray) -> np.ndarray:
    """The inverses of the second derivatives after a step, where the gradient has turned as a minimum wants it."""
    inner = (change * turn).sum(axis=1)
    bent = inner > 1e-12 * np.sqrt((change**2).sum(axis=1) * (turn**2).sum(axis=1))
    new = inverse.copy()
    if not bent.any():
        return new
    s, y, rho = change[bent][..., None], turn[bent][..., None], 1 / inner[bent][:, None, None]
    old = inverse[bent]
    scaled = np.eye(change.shape[1]) / rho / (y**2).sum(axis=1, keepdims=True)
    old = np.where(fresh[bent][:, None, None], scaled, old)
    left = np.eye(change.shape[1]) - rho * s @ np.swapaxes(y, -1, -2)
    new[bent] = left @ old @ np.swapaxes(left, -1, -2) + rho * s @ np.swapaxes(s, -1, -2)
    return new


def second_derivatives(objective: Objective, parameters: np.ndarray, step: float = 1e-4) -> np.ndarray:
    """Compute second derivatives as differences of gradients.

    Parameters
    ----------
    objective : callable
        As of :func:`minimize_each`; the function with number 0 is meant.
    parameters : numpy.ndarray of shape (k,)
        Where.
    step : float, default 1e-4
        Half the distance of the two gradients.

    Returns
    -------
    numpy.ndarray of shape (k, k)
        Symmetric matrix.

    Examples
    --------
    >>> second_derivatives(lambda x, rows: ((x**2).sum(axis=1), 2 * x), np.zeros(2)).round(6).tolist()
    [[2.0, 0.0], [0.0, 2.0]]
    """
    k = len(parameters)
    around = parameters + step * np.concatenate([np.eye(k), -np.eye(k)])
    slopes = objective(around, np.zeros(2 * k, dtype=np.intp))[1]
    found = (slopes[:k] - slopes[k:]) / (2 * step)
    return (found + found.T) / 2
