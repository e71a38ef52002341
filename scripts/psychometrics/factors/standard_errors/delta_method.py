"""The equations of one rotated solution, solved once: how its parameters move with the correlations (delta method)."""

from collections.abc import Iterator
from copy import copy

import numpy as np

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.rotation import OBLIQUE
from psychometrics.factors.solution import FactorSolution
from psychometrics.factors.standard_errors.estimating_equations import (
    Equations,
    Layout,
    batches,
    before_promax,
    collected,
    information,
    jacobian,
    rotation_equations,
    score,
    weighted,
)

MOST_DIRECTIONS = 2_000  # beyond it the bias is averaged over a random sample of directions
SAMPLED_DIRECTIONS = 500
STEP = 1e-3  # of second differences along a direction, in units of standard deviations times sqrt(n)
SINGULAR = 1e10
FULFILLED = 1e-4


class SolvedEquations:
    """A solution as the root of its estimating equations, see `standard_errors`.

    Parameters
    ----------
    solution : FactorSolution
        Extracted by ml, minres, pa or dwls and rotated by any method.
    root : numpy.ndarray or None
        Rows (m, p (p - 1) / 2) whose outer products sum to the asymptotic covariance matrix of sqrt(n) times the
        correlations, in the order of `np.triu_indices(p, 1)`; None for normal theory, which dwls does not allow.
    layout : Layout
        Layout of the rotated parameters.

    Attributes
    ----------
    firm : bool
        False where the equations are singular; then there is neither variance nor bias.

    Raises
    ------
    ValueError
        The solution does not fulfil the equations of its rotation.
    """

    def __init__(self, solution: FactorSolution, root: np.ndarray | None, layout: Layout):
        p, k = solution.pattern.shape
        pattern, phi = solution.pattern.to_numpy(dtype=float), solution.phi.to_numpy(dtype=float)
        rotation, options = solution.rotation, dict(solution.rotation_options)
        self._outcome: Equations | None = None  # from the parameters to the rotated ones, where they are not the same
        if rotation == "promax" and k > 1:
            pattern, self._outcome = before_promax(pattern, phi, options, layout)
            rotation, phi, options = "varimax", np.eye(k), {"normalize": True}
        self._layout = Layout(p, k, rotation in OBLIQUE and k > 1)
        self._estimator, self._root = solution.extraction, root
        self._weights = _inverse_variances(root, p) if self._estimator == "dwls" else None
        theta = self._layout.pack(pattern, phi, np.zeros(p))
        self._equations: Equations | None = None
        self._size = 0.0  # of the equations of the rotation
        if k > 1:
            self._equations = rotation_equations(self._layout, rotation, options, self._estimator)
        self._solve(theta)
        if self._equations is not None and np.abs(self._equations(self._theta)).max() > FULFILLED:
            raise ValueError(
                f"the solution does not fulfil the equations of its rotation by {rotation}: were its "
                "factors put in another order, or options of the rotation left out?"
            )

    def _solve(self, theta: np.ndarray) -> None:
        """Linearise the equations at the parameters."""
        layout = self._layout
        pattern, phi, _ = layout.unpack(theta)
        # the model reproduces the diagonal, so that uniqueness is what communality leaves
        self._theta = theta = layout.pack(pattern, phi, 1 - np.sum(pattern @ phi * pattern, axis=1))
        self._model = layout.reproduced(theta)
        self._covariance: np.ndarray | None = None
        bordered = information(layout, theta, self._estimator, self._weights)
        if self._equations is not None:
            constraints = jacobian(self._equations, theta)
            # the rotation does not touch the discrepancy: the size of its equations is free
            self._size = np.sqrt(np.diag(bordered).mean()) / np.linalg.norm(constraints)
            constraints *= self._size
            bordered = np.block([[bordered, constraints.T], [constraints, np.zeros((len(constraints),) * 2)]])
        try:
            self._inverse = np.linalg.inv(bordered)
            self.firm = bool(np.linalg.norm(bordered, 1) * np.linalg.norm(self._inverse, 1) < SINGULAR)
        except np.linalg.LinAlgError:
            self.firm = False

    def moved(self, change: np.ndarray) -> "SolvedEquations":
        """Return the same equations at parameters moved a little.

        Parameters
        ----------
        change : numpy.ndarray
            Change (q,) of the parameters, tangential to the equations of the rotation.

        Returns
        -------
        SolvedEquations
            The equations, solved at the new place.
        """
        other = copy(self)
        other._solve(self._theta + change)
        return other

    def variances(self) -> np.ndarray:
        """Compute the variances of sqrt(n) times the rotated parameters.

        Returns
        -------
        numpy.ndarray
            Variances, (q,).
        """
        rotated = self._rotated(self.covariance())
        return np.diag(self._rotated(rotated.T))

    def towards(self, parameter: int) -> tuple[np.ndarray, float]:
        """Find the least favourable direction for one rotated parameter, along which the data tell least about it.

        Parameters
        ----------
        parameter : int
            Position of the rotated parameter.

        Returns
        -------
        direction : numpy.ndarray
            Covariances of sqrt(n) times the parameters with it, divided by its standard deviation, (q,).
        deviation : float
            The standard deviation of sqrt(n) times the parameter.
        """
        own = self._rotated(self.covariance())[parameter]
        deviation = float(np.sqrt(self._rotated(own)[parameter]))
        return own / deviation, deviation

    def covariance(self) -> np.ndarray:
        """Compute the covariance matrix of sqrt(n) times the parameters of the equations.

        Returns
        -------
        numpy.ndarray
            Covariance matrix, (q, q).
        """
        if self._covariance is None:
            parameters = slice(len(self._theta))
            inverse = self._inverse[parameters, parameters]
            self._covariance = inverse @ self._covariance_of_collected() @ inverse.T
        return self._covariance

    def _covariance_of_collected(self) -> np.ndarray:
        """Covariance matrix of what the equations collect from sqrt(n) times the changes of the correlations."""
        p = self._layout.p
        if self._root is not None:
            row, column = np.triu_indices(p, 1)
            parts = []
            for part in batches(len(self._root)):
                change = np.zeros((part.stop - part.start, p, p))
                change[:, row, column] = change[:, column, row] = self._root[part]
                parts.append(self._collected(change))
            moves = np.concatenate(parts)
            return moves.T @ moves
        rows = []  # normal theory, where covariances vary as 2 S H S for a sum of them with coefficients H
        one, other = self._layout.slopes(self._theta)
        for part in batches(len(one)):
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
        """Changes (m, p, p) of covariances as changes of correlations: dR = dS - (dS_ii + dS_jj) R / 2.

        The second term is there because the variances are estimated too.
        """
        variances = np.diagonal(change, axis1=1, axis2=2)
        return change - (variances[:, :, None] + variances[:, None, :]) / 2 * self._model

    def _rotated(self, moves: np.ndarray) -> np.ndarray:
        """Moves (q, ...) of the parameters of the equations as moves of the rotated parameters."""
        return moves if self._outcome is None else jacobian(self._outcome, self._theta) @ moves

    def bias(self, seed: int) -> np.ndarray:
        """Compute n times the bias of the rotated parameters.

        Parameters
        ----------
        seed : int
            Seed of the sample of directions, where there are too many to take all.

        Returns
        -------
        numpy.ndarray
            Bias, (q,).
        """
        size, total = len(self._theta), np.zeros(len(self._inverse))
        bent: np.ndarray | float = 0.0
        for share, directions in self._directions(np.random.default_rng(seed)):
            change = directions if self._root is not None else self._of_correlations(directions)
            tangent = self._collected(change) @ self._inverse[:size, :size].T
            for sign in (STEP, -STEP):
                matrix, theta = self._model + sign * directions, self._theta + sign * tangent
                if self._root is None:
                    matrix, _ = to_correlations(matrix)
                total[:size] += share * score(self._layout, theta, matrix, self._estimator, self._weights).sum(axis=0)
                total[size:] += share * self._size * self._change_of(self._equations, theta)
                bent = bent + share * self._change_of(self._outcome, theta)
        bias = -(self._inverse @ (total / STEP**2))[:size] / 2
        if self._outcome is None:
            return bias
        return jacobian(self._outcome, self._theta) @ bias + bent / STEP**2 / 2

    def _change_of(self, function: Equations | None, theta: np.ndarray) -> np.ndarray | float:
        """Sum over a stack (m, q) of parameters of how far a function is from its value at the solution."""
        return 0.0 if function is None else (function(theta) - function(self._theta)).sum(axis=0)

    def _directions(self, generator: np.random.Generator) -> Iterator[tuple[float, np.ndarray]]:
        """Stacks of symmetric changes (m, p, p) whose outer products, times their share, sum to the covariance matrix.

        The changes are of covariances under normal theory, of correlations otherwise.
        """
        p = self._layout.p
        if self._root is None:
            triangle = np.linalg.cholesky(self._model)
            row, column = np.tril_indices(p)
            size = np.where(row == column, np.sqrt(0.5), 1.0)
            for share, weights in _mixtures(len(row), generator):
                yield share, triangle @ _symmetric(weights * size, row, column, p) @ triangle.T
        else:
            row, column = np.triu_indices(p, 1)
            for share, weights in _mixtures(len(self._root), generator):
                yield share, _symmetric(weights @ self._root, row, column, p)


def _inverse_variances(root: np.ndarray | None, p: int) -> np.ndarray:
    """Weights (p, p) of dwls, with ones on the diagonal."""
    assert root is not None  # `standard_errors` asks for influences with dwls
    weights, (row, column) = np.eye(p), np.triu_indices(p, 1)
    weights[row, column] = weights[column, row] = 1 / np.sum(root**2, axis=0)
    return weights


def _mixtures(count: int, generator: np.random.Generator) -> Iterator[tuple[float, np.ndarray]]:
    """Weights (m, count) of directions and their share: each direction by itself or, of too many, a random sample."""
    sampled = count > MOST_DIRECTIONS
    drawn = SAMPLED_DIRECTIONS if sampled else count
    for part in batches(drawn):
        mix = np.arange(part.start, part.stop)
        weights = generator.normal(size=(len(mix), count)) if sampled else np.eye(count)[mix]
        yield (1 / drawn if sampled else 1.0), weights


def _symmetric(values: np.ndarray, row: np.ndarray, column: np.ndarray, p: int) -> np.ndarray:
    """Matrices (m, p, p) with values (m, count) at the places of a triangle, plus their transposes."""
    matrices = np.zeros((len(values), p, p))
    matrices[:, row, column] = values
    matrices += np.swapaxes(matrices, 1, 2)
    return matrices
