"""The equations that a rotated factor solution solves: those of its estimator and those of its rotation.

Everything takes stacks (..., q) of parameters and complex numbers, so that it can be differentiated without a step size
(Squire & Trapp 1998, SIAM Rev. 40) and along many directions at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from psychometrics.factors.alignment import congruence_array, match_factors
from psychometrics.factors.rotation import ORTHOGONAL, rotate
from psychometrics.factors.rotation_criteria import criterion

Equations = Callable[[np.ndarray], np.ndarray]  # of parameters (..., q), to values (..., m)


@dataclass(frozen=True)
class Layout:
    """Where the parameters of k factors of p items stand in a vector of length q.

    The order is: loadings by rows; correlations of the factors above the diagonal (none where the factors are
    orthogonal); uniquenesses.

    Attributes
    ----------
    p : int
        Number of items.
    k : int
        Number of factors.
    oblique : bool
        Whether the factors may correlate.
    """

    p: int
    k: int
    oblique: bool

    @property
    def size(self) -> int:
        """Return the length q of the vector.

        Returns
        -------
        int
            Number of parameters.
        """
        return self.p * self.k + self.p + (self.k * (self.k - 1) // 2 if self.oblique else 0)

    def pack(self, pattern: np.ndarray, phi: np.ndarray, uniqueness: np.ndarray) -> np.ndarray:
        """Put loadings, factor correlations and uniquenesses into vectors.

        Parameters
        ----------
        pattern : numpy.ndarray
            Loadings, (..., p, k).
        phi : numpy.ndarray
            Factor correlations, (..., k, k).
        uniqueness : numpy.ndarray
            Uniquenesses, (..., p).

        Returns
        -------
        numpy.ndarray
            Parameters, (..., q).
        """
        parts = [pattern.reshape(*pattern.shape[:-2], -1), uniqueness]
        if self.oblique:
            row, column = np.triu_indices(self.k, 1)
            parts.insert(1, phi[..., row, column])
        return np.concatenate(parts, axis=-1)

    def unpack(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Take loadings, factor correlations and uniquenesses out of vectors.

        Parameters
        ----------
        theta : numpy.ndarray
            Parameters, (..., q).

        Returns
        -------
        pattern : numpy.ndarray
            Loadings, (..., p, k).
        phi : numpy.ndarray
            Factor correlations, (..., k, k).
        uniqueness : numpy.ndarray
            Uniquenesses, (..., p).
        """
        stack, loadings = theta.shape[:-1], self.p * self.k
        phi = np.broadcast_to(np.eye(self.k, dtype=theta.dtype), (*stack, self.k, self.k)).copy()
        if self.oblique:
            row, column = np.triu_indices(self.k, 1)
            phi[..., row, column] = phi[..., column, row] = theta[..., loadings : -self.p]
        return theta[..., :loadings].reshape(*stack, self.p, self.k), phi, theta[..., -self.p :]

    def reproduced(self, theta: np.ndarray) -> np.ndarray:
        """Compute the reproduced matrix, Lambda Phi Lambda' + Psi.

        Parameters
        ----------
        theta : numpy.ndarray
            Parameters, (..., q).

        Returns
        -------
        numpy.ndarray
            Reproduced matrices, (..., p, p).
        """
        pattern, phi, uniqueness = self.unpack(theta)
        return pattern @ phi @ np.swapaxes(pattern, -1, -2) + uniqueness[..., None] * np.eye(self.p)

    def slopes(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute the derivatives x y' + y x' of the reproduced matrix with respect to the parameters.

        Parameters
        ----------
        theta : numpy.ndarray
            Parameters, (q,).

        Returns
        -------
        x : numpy.ndarray
            First vector of each derivative, (q, p).
        y : numpy.ndarray
            Second vector of each derivative, (q, p).
        """
        pattern, phi, _ = self.unpack(theta)
        p, k = self.p, self.k
        item, factor = np.repeat(np.arange(p), k), np.tile(np.arange(k), p)
        first, second = [np.eye(p)[item]], [(pattern @ phi).T[factor]]
        if self.oblique:
            one, other = np.triu_indices(k, 1)
            first.append(pattern.T[one])
            second.append(pattern.T[other])
        return np.concatenate([*first, np.eye(p)]), np.concatenate([*second, np.eye(p) / 2])


def weighted(estimator: str, model: np.ndarray, change: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Apply the weight W of an estimator to changes of the correlations.

    Parameters
    ----------
    estimator : {"ml", "minres", "pa", "dwls"}
        The weight is Sigma^-1 x Sigma^-1 for `ml`, elementwise for `dwls`, and none for `minres` and `pa`.
    model : numpy.ndarray
        Reproduced matrices Sigma, (..., p, p).
    change : numpy.ndarray
        Changes x of the correlations, (..., p, p).
    weights : numpy.ndarray or None
        Weights (p, p) of `dwls`; None for the others.

    Returns
    -------
    numpy.ndarray
        Weighted changes, (..., p, p).
    """
    if estimator == "ml":
        inverse = np.linalg.inv(model)
        return inverse @ change @ inverse
    return change if weights is None else weights * change


def score(
    layout: Layout, theta: np.ndarray, matrix: np.ndarray, estimator: str, weights: np.ndarray | None
) -> np.ndarray:
    """Compute the gradient of the discrepancy of an estimator.

    Parameters
    ----------
    layout : Layout
        Layout of the parameters.
    theta : numpy.ndarray
        Parameters, (..., q).
    matrix : numpy.ndarray
        Correlations, (..., p, p).
    estimator : {"ml", "minres", "pa", "dwls"}
        The estimator.
    weights : numpy.ndarray or None
        Weights (p, p) of `dwls`; None for the others.

    Returns
    -------
    numpy.ndarray
        Gradient, (..., q).
    """
    model = layout.reproduced(theta)
    return collected(layout, theta, weighted(estimator, model, model - matrix, weights))


def collected(layout: Layout, theta: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Sum the elements of changes times the derivatives of the reproduced matrix.

    Parameters
    ----------
    layout : Layout
        Layout of the parameters.
    theta : numpy.ndarray
        Parameters, (..., q).
    change : numpy.ndarray
        Changes, (..., p, p).

    Returns
    -------
    numpy.ndarray
        The sum for each parameter, (..., q).
    """
    pattern, phi, _ = layout.unpack(theta)
    transposed = np.swapaxes(pattern, -1, -2)
    return layout.pack(
        2 * change @ pattern @ phi, 2 * transposed @ change @ pattern, np.diagonal(change, axis1=-2, axis2=-1)
    )


def information(layout: Layout, theta: np.ndarray, estimator: str, weights: np.ndarray | None) -> np.ndarray:
    r"""Compute the information matrix :math:`\Delta'W\Delta` from the derivatives of the reproduced matrix.

    Parameters
    ----------
    layout : Layout
        Layout of the parameters.
    theta : numpy.ndarray
        Parameters, (q,).
    estimator : {"ml", "minres", "pa", "dwls"}
        The estimator.
    weights : numpy.ndarray or None
        Weights (p, p) of `dwls`; None for the others.

    Returns
    -------
    numpy.ndarray
        Information matrix, (q, q).

    Notes
    -----
    No derivative is formed as a matrix, unless each of its elements has a weight of its own.
    """
    one, other = layout.slopes(theta)
    if weights is not None:
        return np.concatenate(
            [
                collected(layout, theta, weights * (product + np.swapaxes(product, 1, 2)))
                for product in (one[part, :, None] * other[part, None, :] for part in batches(len(one)))
            ]
        )
    if estimator == "ml":
        inverse = np.linalg.inv(layout.reproduced(theta))
        one, other = one @ inverse, other @ inverse
    pattern, phi, _ = layout.unpack(theta)
    structure = pattern @ phi
    loadings = one[:, :, None] * (other @ structure)[:, None] + other[:, :, None] * (one @ structure)[:, None]
    correlations = (one @ pattern)[:, :, None] * (other @ pattern)[:, None]
    return layout.pack(2 * loadings, 2 * (correlations + np.swapaxes(correlations, 1, 2)), 2 * one * other)


def batches(count: int) -> list[slice]:
    """Divide a count into slices of at most a hundred: so many matrices of 200 items fit into memory at once.

    Parameters
    ----------
    count : int
        Number of things.

    Returns
    -------
    list of slice
        Consecutive slices that cover 0 to count.
    """
    return [slice(first, min(first + 100, count)) for first in range(0, count, 100)]


def rotation_equations(layout: Layout, rotation: str, options: Mapping[str, Any], estimator: str) -> Equations:
    r"""Return the equations c(theta) = 0 that fix the position of the axes.

    Parameters
    ----------
    layout : Layout
        Layout of the parameters.
    rotation : str
        Method of `rotation.rotate` other than promax.
    options : mapping of str to object
        What was given to `rotate` beside the method.
    estimator : {"ml", "minres", "pa", "dwls"}
        The estimator, which fixes the axes of unrotated loadings.

    Returns
    -------
    callable
        Function c from parameters (..., q) to (..., m).

    Notes
    -----
    A minimum of Q has :math:`\Lambda' \frac{dQ}{d\Lambda} \Phi^{-1}` diagonal if oblique (Jennrich 1973, Psychometrika
    38) and :math:`\Lambda' \frac{dQ}{d\Lambda}` symmetric if orthogonal (Archer & Jennrich 1973, Psychometrika 38).
    Unrotated loadings have Lambda' Psi^-1 Lambda (ml) or Lambda' Lambda diagonal.
    """
    p, k = layout.p, layout.k
    row, column = np.triu_indices(k, 1)
    one, other = np.nonzero(~np.eye(k, dtype=bool))
    if rotation != "none":
        numbers = {name: options[name] for name in ("gamma", "delta", "target") if name in options}
        wanted = criterion(rotation, p, k, **numbers)
        normalize = options.get("normalize")
        normalize = rotation == "varimax" if normalize is None else normalize

    def _equations(theta: np.ndarray) -> np.ndarray:
        pattern, phi, uniqueness = layout.unpack(theta)
        transposed = np.swapaxes(pattern, -1, -2)
        if rotation == "none":
            return (transposed @ (pattern / uniqueness[..., None] if estimator == "ml" else pattern))[..., row, column]
        if normalize:
            length = np.sqrt(np.sum(pattern @ phi * pattern, axis=-1, keepdims=True))
            pattern = pattern / length
            transposed = np.swapaxes(pattern, -1, -2)
        product = transposed @ wanted(pattern)[1]
        if rotation in ORTHOGONAL:
            return (product - np.swapaxes(product, -1, -2))[..., row, column]
        return (product @ np.linalg.inv(phi))[..., one, other]

    return _equations


def before_promax(
    pattern: np.ndarray, phi: np.ndarray, options: Mapping[str, Any], layout: Layout
) -> tuple[np.ndarray, Equations]:
    """Go back from a promax solution to the varimax loadings it came from.

    Parameters
    ----------
    pattern : numpy.ndarray
        Promax loadings, (p, k).
    phi : numpy.ndarray
        Their factor correlations, (k, k).
    options : mapping of str to object
        What was given to `rotate` beside the method.
    layout : Layout
        Layout of the promax parameters.

    Returns
    -------
    varimax : numpy.ndarray
        Varimax loadings (p, k), their factors in the order and direction of the promax ones.
    promax : callable
        Function from varimax parameters (..., q) to promax parameters.
    """
    p, k = pattern.shape
    normalize, power = bool(options.get("normalize")), options.get("power", 4)

    def _promax(theta: np.ndarray) -> np.ndarray:
        varimax, _, uniqueness = before.unpack(theta)
        weight = np.sqrt(np.sum(varimax * varimax, axis=-1, keepdims=True)) if normalize else 1.0
        varimax = varimax / weight
        wanted = varimax * (varimax * varimax) ** ((power - 1) / 2)
        transposed = np.swapaxes(varimax, -1, -2)
        turn = np.linalg.solve(transposed @ varimax, transposed @ wanted)
        inner = np.linalg.inv(np.swapaxes(turn, -1, -2) @ turn)
        length = np.sqrt(np.diagonal(inner, axis1=-2, axis2=-1))
        turned = varimax @ turn * length[..., None, :]
        return layout.pack(turned * weight, inner / (length[..., :, None] * length[..., None, :]), uniqueness)

    before = Layout(p, k, oblique=False)
    unrotated = pattern @ np.linalg.cholesky(phi)
    varimax = rotate(unrotated, method="varimax", starts=10).pattern
    theta = before.pack(varimax, np.eye(k), np.zeros(p))
    order, signs = match_factors(congruence_array(layout.unpack(_promax(theta))[0], pattern))
    return varimax[:, order] * signs, _promax


def jacobian(function: Equations, theta: np.ndarray) -> np.ndarray:
    """Differentiate a function by the complex step.

    Parameters
    ----------
    function : callable
        From (..., q) to (..., m); analytic.
    theta : numpy.ndarray
        Where to differentiate, (q,).

    Returns
    -------
    numpy.ndarray
        Derivatives, (m, q).
    """
    return np.imag(function(theta + 1e-30j * np.eye(len(theta)))).T / 1e-30
