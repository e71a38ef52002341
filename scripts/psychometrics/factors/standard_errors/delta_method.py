"""The equations of one rotated solution, solved once: how its parameters move with the correlations."""

from collections.abc import Callable, Iterator
from copy import copy

import numpy as np

from psychometrics.factors.rotation import OBLIQUE
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.estimating_equations import (
    Layout,
    before_promax,
    collected,
    information,
    jacobian,
    rotation_equations,
    score,
    stretches,
    weighted,
)

MOST_DIRECTIONS = 2_000  # beyond it the bias is averaged over a random sample of directions
SAMPLED_DIRECTIONS = 500
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
            raise ValueError(
                f"the solution does not fulfil the equations of its rotation by {rotation}: were its "
                "factors put in another order, or options of the rotation left out?"
            )

    def _solve(self, theta: np.ndarray) -> None:
        layout = self._layout
        pattern, phi, _ = layout.unpack(theta)
        # the model reproduces the diagonal, so that uniqueness is what communality leaves
        self._theta = theta = layout.pack(pattern, phi, 1 - np.sum(pattern @ phi * pattern, axis=1))
        self._model = layout.reproduced(theta)
        self._covariance = None
        bordered = information(layout, theta, self._estimator, self._weights)
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

    def moved(self, change: np.ndarray) -> "SolvedEquations":
        """The same equations at parameters moved a little, tangentially to those of the rotation."""
        other = copy(self)
        other._solve(self._theta + change)
        return other

    def variances(self) -> np.ndarray:
        """Variances of sqrt(n) times the rotated parameters."""
        rotated = self._rotated(self.covariance())
        return np.diag(self._rotated(rotated.T))

    def towards(self, parameter: int) -> tuple[np.ndarray, float]:
        """The least favourable direction, along which the data tell least of one rotated parameter: the covariances of
        sqrt(n) times the parameters with it, over its standard deviation; and that standard deviation."""
        own = self._rotated(self.covariance())[parameter]
        deviation = float(np.sqrt(self._rotated(own)[parameter]))
        return own / deviation, deviation

    def covariance(self) -> np.ndarray:
        """Covariance matrix of sqrt(n) times the parameters of the equations."""
        if self._covariance is None:
            parameters = slice(len(self._theta))
            inverse = self._inverse[parameters, parameters]
            self._covariance = inverse @ self._covariance_of_collected() @ inverse.T
        return self._covariance

    def _covariance_of_collected(self) -> np.ndarray:
        """Of what the equations collect from sqrt(n) times the changes of the correlations."""
        p = self._layout.p
        if self._root is not None:
            row, column = np.triu_indices(p, 1)
            parts = []
            for part in stretches(len(self._root)):
                change = np.zeros((part.stop - part.start, p, p))
                change[:, row, column] = change[:, column, row] = self._root[part]
                parts.append(self._collected(change))
            moves = np.concatenate(parts)
            return moves.T @ moves
        rows = []  # normal theory, where covariances vary as 2 S H S for a sum of them with coefficients H
        one, other = self._layout.slopes(self._theta)
        for part in stretches(len(one)):
            product = one[part, :, None] * other[part, None, :]
            change = weighted(self._estimator, self._model, product + np.swapaxes(product, 1, 2), None)
            shares = np.einsum("mij,ij->mi", change, self._model)
            change = change - shares[:, :, None] * np.eye(p)
            rows.append(self._collected(self._of_correlations(2 * self._model @ change @ self._model)))
        return np.concatenate(rows)

    def _collected(self, change: np.ndarray) -> np.ndarray:
        """What the equations collect (m, q) from changes (m, p, p) of the correlations."""
        return collected(self._layout, self._theta, weighted(self._estimator, self._model, change, self._weights))

    def _of_correlations(self, change: np.ndarray) -> np.ndarray:
        """Changes (m, p, p) of covariances as changes of correlations, for the variances are estimated, too:
        dR = dS - (dS_ii + dS_jj) R / 2."""
        variances = np.diagonal(change, axis1=1, axis2=2)
        return change - (variances[:, :, None] + variances[:, None, :]) / 2 * self._model

    def _rotated(self, moves: np.ndarray) -> np.ndarray:
        return moves if self._outcome is None else jacobian(self._outcome, self._theta) @ moves

    def bias(self, seed: int) -> np.ndarray:
        """n times the bias of the rotated parameters."""
        size, total, bent = len(self._theta), np.zeros(len(self._inverse)), 0.0
        for share, directions in self._directions(np.random.default_rng(seed)):
            change = directions if self._root is not None else self._of_correlations(directions)
            tangent = self._collected(change) @ self._inverse[:size, :size].T
            for sign in (STEP, -STEP):
                matrix, theta = self._model + sign * directions, self._theta + sign * tangent
                if self._root is None:
                    deviation = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2))
                    matrix = matrix / (deviation[:, :, None] * deviation[:, None, :])
                total[:size] += share * score(self._layout, theta, matrix, self._estimator, self._weights).sum(axis=0)
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
        for part in stretches(drawn):
            mix = np.arange(part.start, part.stop)
            weights = generator.normal(size=(len(mix), count)) if sampled else np.eye(count)[mix]
            inner = np.zeros((len(mix), p, p))
            inner[:, row, column] = weights * size if self._root is None else weights @ self._root
            inner += np.swapaxes(inner, 1, 2)
            yield (1 / drawn if sampled else 1.0), (triangle @ inner @ triangle.T if self._root is None else inner)
