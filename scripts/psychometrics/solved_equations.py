"""The equations of one rotated solution, solved once: how its parameters move with the correlations."""
from collections.abc import Callable, Iterator
from copy import copy

import numpy as np

from psychometrics.estimating_equations import Layout, before_promax, jacobian, rotation_equations, score, weighted
from psychometrics.rotation import OBLIQUE
from psychometrics.solution import FactorSolution

MOST_DIRECTIONS = 2_000  # beyond it the bias is averaged over a random sample of directions
SAMPLED_DIRECTIONS = 500
AT_ONCE = 100
STEP = 1e-3  # of second differences along a direction, in units of standard deviations times sqrt(n)
SINGULAR = 1e10
FULFILLED = 1e-4


class SolvedEquations:
    """A solution as the root of its equations, see `standard_errors`.

    Parameters
    ----------
    solution : extracted by ml, minres, pa or dwls and rotated by any method.
    root : (m, p (p - 1) / 2) rows whose outer products sum to the asymptotic covariance matrix of sqrt(n) times the
        correlations, in the order of `np.triu_indices(p, 1)`; None for normal theory.
    layout : of the rotated parameters.

    Attributes
    ----------
    firm : False where the equations are singular; then there is neither variance nor bias.

    Raises
    ------
    ValueError : the solution does not fulfil the equations of its rotation.
    """

    def __init__(self, solution: FactorSolution, root: np.ndarray | None, layout: Layout):
        p, k = solution.pattern.shape
        pattern, phi = solution.pattern.to_numpy(dtype=float), solution.phi.to_numpy(dtype=float)
        rotation, options = solution.rotation, dict(solution.rotation_options)
        self._outcome = None  # from the parameters to the rotated ones, where they are not the same
        if rotation == "promax" and k > 1:
            pattern, self._outcome = before_promax(pattern, phi, options, layout)
            rotation, phi, options = "varimax", np.eye(k), {"normalize": True}
        self._layout = Layout(p, k, rotation in OBLIQUE and k > 1)
        self._estimator, self._root, self._weights = solution.extraction, root, None
        if self._estimator == "dwls":
            self._weights = np.eye(p)
            row, column = np.triu_indices(p, 1)
            self._weights[row, column] = self._weights[column, row] = 1 / np.sum(root**2, axis=0)
        theta = self._layout.pack(pattern, phi, np.zeros(p))
        self._equations, self._size = None, 0.0
        if k > 1:
            self._equations = rotation_equations(self._layout, rotation, options, self._estimator)
        self._solve(theta)
        if k > 1 and np.abs(self._equations(self._theta)).max() > FULFILLED:
            raise ValueError(f"the solution does not fulfil the equations of its rotation by {rotation}: were its "
                             "factors put in another order, or options of the rotation left out?")

    def _solve(self, theta: np.ndarray) -> None:
        layout = self._layout
        pattern, phi, _ = layout.unpack(theta)
        # the model reproduces the diagonal, so that uniqueness is what communality leaves
        self._theta = theta = layout.pack(pattern, phi, 1 - np.sum(pattern @ phi * pattern, axis=1))
        self._model = layout.reproduced(theta)
        slopes = layout.slopes(theta)
        moved = weighted(self._estimator, self._model, slopes, self._weights)
        size = len(slopes)
        bordered = slopes.reshape(size, -1) @ moved.reshape(size, -1).T
        if self._equations is not None:
            constraints = jacobian(self._equations, theta)
            # the rotation does not touch the discrepancy: the size of its equations is free
            self._size = np.sqrt(np.diag(bordered).mean()) / np.linalg.norm(constraints)
            constraints *= self._size
            bordered = np.block([[bordered, constraints.T], [constraints, np.zeros((len(constraints),) * 2)]])
        try:
            self._inverse = np.linalg.inv(bordered)
            self.firm = np.linalg.norm(bordered, 1) * np.linalg.norm(self._inverse, 1) < SINGULAR
        except np.linalg.LinAlgError:
            self.firm = False
        if self.firm:
            # a change dR of the matrix moves parameter a by the sum of kernel[a] * dR
            self._kernel = np.tensordot(self._inverse[:size, :size], moved, axes=1)

    def moved(self, change: np.ndarray) -> "SolvedEquations":
        """The same equations at parameters moved a little, tangentially to those of the rotation."""
        other = copy(self)
        other._solve(self._theta + change)
        return other

    def variances(self) -> np.ndarray:
        """Variances of sqrt(n) times the rotated parameters."""
        moves = self._moves(self._rotated(self._kernel))
        return self._products(moves, moves)

    def towards(self, parameter: int) -> tuple[np.ndarray, float]:
        """The least favourable direction, along which the data tell least of one rotated parameter: the covariances of
        sqrt(n) times the parameters with it, over its standard deviation; and that standard deviation."""
        own = self._moves(self._rotated(self._kernel)[parameter:parameter + 1])
        deviation = float(np.sqrt(self._products(own, own)[0]))
        return self._products(self._moves(self._kernel), own) / deviation, deviation

    def _rotated(self, kernel: np.ndarray) -> np.ndarray:
        if self._outcome is None:
            return kernel
        return np.tensordot(jacobian(self._outcome, self._theta), kernel, axes=1)

    def _moves(self, kernel: np.ndarray) -> np.ndarray:
        """What the data move parameters by, with the covariance as product."""
        if self._root is not None:
            return 2 * kernel[:, *np.triu_indices(self._layout.p, 1)] @ self._root.T
        # the variances of the items are estimated, too: dR = dS - (dS_ii + dS_jj) R / 2
        product = kernel @ self._model
        return product - np.diagonal(product, axis1=1, axis2=2)[:, :, None] * self._model

    def _products(self, some: np.ndarray, other: np.ndarray) -> np.ndarray:
        if self._root is not None:
            return np.sum(some * other, axis=1)
        return 2 * np.sum(some * np.swapaxes(other, 1, 2), axis=(1, 2))

    def bias(self, seed: int) -> np.ndarray:
        """n times the bias of the rotated parameters."""
        size, total, bent = len(self._theta), np.zeros(len(self._inverse)), 0.0
        for share, directions in self._directions(np.random.default_rng(seed)):
            change = directions
            if self._root is None:
                variances = np.diagonal(directions, axis1=1, axis2=2)
                change = directions - (variances[:, :, None] + variances[:, None, :]) / 2 * self._model
            tangent = np.tensordot(change, self._kernel, axes=([1, 2], [1, 2]))
            for sign in (STEP, -STEP):
                matrix, theta = self._model + sign * directions, self._theta + sign * tangent
                if self._root is None:
                    deviation = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2))
                    matrix = matrix / (deviation[:, :, None] * deviation[:, None, :])
                total[:size] += share * score(
                    self._layout, theta, matrix, self._estimator, self._weights).sum(axis=0)
                total[size:] += share * self._size * self._change_of(self._equations, theta)
                bent = bent + share * self._change_of(self._outcome, theta)
        bias = -(self._inverse @ (total / STEP**2))[:size] / 2
        if self._outcome is None:
            return bias
        return jacobian(self._outcome, self._theta) @ bias + bent / STEP**2 / 2

    def _change_of(self, function: Callable | None, theta: np.ndarray):
        return 0.0 if function is None else (function(theta) - function(self._theta)).sum(axis=0)

    def _directions(self, generator: np.random.Generator) -> Iterator[tuple[float, np.ndarray]]:
        """Stacks of symmetric changes (m, p, p) whose outer products, times their share, sum to the covariance matrix:
        of covariances for normal theory, else of correlations."""
        p = self._layout.p
        if self._root is None:
            triangle = np.linalg.cholesky(self._model)
            row, column = np.tril_indices(p)
            size = np.where(row == column, np.sqrt(0.5), 1.0)
            count = len(row)
        else:
            row, column = np.triu_indices(p, 1)
            count = len(self._root)
        sampled = count > MOST_DIRECTIONS
        drawn = SAMPLED_DIRECTIONS if sampled else count
        for first in range(0, drawn, AT_ONCE):
            mix = np.arange(first, min(first + AT_ONCE, drawn))
            weights = generator.normal(size=(len(mix), count)) if sampled else np.eye(count)[mix]
            inner = np.zeros((len(mix), p, p))
            inner[:, row, column] = weights * size if self._root is None else weights @ self._root
            inner += np.swapaxes(inner, 1, 2)
            yield (1 / drawn if sampled else 1.0), (
                triangle @ inner @ triangle.T if self._root is None else inner)
