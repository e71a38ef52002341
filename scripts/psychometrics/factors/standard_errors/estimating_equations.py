"""What a rotated solution of factor analysis solves: equations of its estimator and of its rotation.

Everything takes stacks (..., q) of parameters and complex numbers, so that it can be differentiated without a step size
(Squire & Trapp 1998, SIAM Rev. 40) and along many directions at once.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from psychometrics.factors.alignment import congruence_array, match_factors
from psychometrics.factors.rotation import ORTHOGONAL, rotate
from psychometrics.factors.rotation_criteria import criterion


@dataclass(frozen=True)
class Layout:
    """Where the parameters of k factors of p items stand in a vector of length q: loadings by rows, correlations of
    the factors above the diagonal (none where they are orthogonal), uniquenesses."""

    p: int
    k: int
    oblique: bool

    @property
    def size(self) -> int:
        return self.p * self.k + self.p + (self.k * (self.k - 1) // 2 if self.oblique else 0)

    def pack(self, pattern: np.ndarray, phi: np.ndarray, uniqueness: np.ndarray) -> np.ndarray:
        """(..., p, k), (..., k, k), (..., p) -> (..., q)."""
        parts = [pattern.reshape(*pattern.shape[:-2], -1), uniqueness]
        if self.oblique:
            parts.insert(1, phi[(..., *np.triu_indices(self.k, 1))])
        return np.concatenate(parts, axis=-1)

    def unpack(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(..., q) -> pattern (..., p, k), phi (..., k, k), uniqueness (..., p)."""
        stack, loadings = theta.shape[:-1], self.p * self.k
        phi = np.broadcast_to(np.eye(self.k, dtype=theta.dtype), (*stack, self.k, self.k)).copy()
        if self.oblique:
            row, column = np.triu_indices(self.k, 1)
            phi[..., row, column] = phi[..., column, row] = theta[..., loadings : -self.p]
        return theta[..., :loadings].reshape(*stack, self.p, self.k), phi, theta[..., -self.p :]

    def reproduced(self, theta: np.ndarray) -> np.ndarray:
        """Lambda Phi Lambda' + Psi, (..., p, p)."""
        pattern, phi, uniqueness = self.unpack(theta)
        return pattern @ phi @ np.swapaxes(pattern, -1, -2) + uniqueness[..., None] * np.eye(self.p)

    def slopes(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives x y' + y x' of the reproduced matrix with respect to the parameters (q,): x and y (q, p)."""
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
    """The weight W of an estimator on changes (..., p, p) of the correlations: Sigma^-1 x Sigma^-1 for `ml`, the
    given ones for `dwls`, none for `minres` and `pa`."""
    if estimator == "ml":
        inverse = np.linalg.inv(model)
        return inverse @ change @ inverse
    return change if weights is None else weights * change


def score(
    layout: Layout, theta: np.ndarray, matrix: np.ndarray, estimator: str, weights: np.ndarray | None
) -> np.ndarray:
    """Gradient (..., q) of the discrepancy of the estimator at the parameters (..., q) and correlations (..., p, p)."""
    model = layout.reproduced(theta)
    return collected(layout, theta, weighted(estimator, model, model - matrix, weights))


def collected(layout: Layout, theta: np.ndarray, change: np.ndarray) -> np.ndarray:
    """Sums (..., q) over the elements of changes (..., p, p) times the derivatives of the reproduced matrix."""
    pattern, phi, _ = layout.unpack(theta)
    transposed = np.swapaxes(pattern, -1, -2)
    return layout.pack(
        2 * change @ pattern @ phi, 2 * transposed @ change @ pattern, np.diagonal(change, axis1=-2, axis2=-1)
    )


def information(layout: Layout, theta: np.ndarray, estimator: str, weights: np.ndarray | None) -> np.ndarray:
    r""":math:`\Delta'W\Delta` (q, q) of the derivatives of the reproduced matrix at the parameters (q,); no derivative
    is ever put together as a matrix, unless each of its elements has a weight of its own."""
    one, other = layout.slopes(theta)
    if weights is not None:
        return np.concatenate(
            [
                collected(layout, theta, weights * (product + np.swapaxes(product, 1, 2)))
                for product in (one[part, :, None] * other[part, None, :] for part in stretches(len(one)))
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


def stretches(count: int) -> list[slice]:
    """So many things, a hundred at a time: as many matrices of 200 items as memory does not mind."""
    return [slice(first, min(first + 100, count)) for first in range(0, count, 100)]


def rotation_equations(
    layout: Layout, rotation: str, options: dict, estimator: str
) -> Callable[[np.ndarray], np.ndarray]:
    r"""The equations c(theta) = 0, (..., q) -> (..., m), that fix the position of the axes.

    Notes
    -----
    A minimum of Q has :math:`\Lambda' \frac{dQ}{d\Lambda} \Phi^{-1}` diagonal if oblique (Jennrich 1973,
    Psychometrika 38) and :math:`\Lambda' \frac{dQ}{d\Lambda}` symmetric if orthogonal (Archer & Jennrich 1973,
    Psychometrika 38). Unrotated loadings have Lambda' Psi^-1 Lambda (ml) or Lambda' Lambda diagonal.
    """
    p, k = layout.p, layout.k
    above = (..., *np.triu_indices(k, 1))
    off_diagonal = (..., *np.nonzero(~np.eye(k, dtype=bool)))
    if rotation != "none":
        numbers = {name: options[name] for name in ("gamma", "delta", "target") if name in options}
        wanted = criterion(rotation, p, k, **numbers)
        normalize = options.get("normalize")
        normalize = rotation == "varimax" if normalize is None else normalize

    def equations(theta):
        pattern, phi, uniqueness = layout.unpack(theta)
        transposed = np.swapaxes(pattern, -1, -2)
        if rotation == "none":
            return (transposed @ (pattern / uniqueness[..., None] if estimator == "ml" else pattern))[above]
        if normalize:
            length = np.sqrt(np.sum(pattern @ phi * pattern, axis=-1, keepdims=True))
            pattern = pattern / length
            transposed = np.swapaxes(pattern, -1, -2)
        product = transposed @ wanted(pattern)[1]
        if rotation in ORTHOGONAL:
            return (product - np.swapaxes(product, -1, -2))[above]
        return (product @ np.linalg.inv(phi))[off_diagonal]

    return equations


def before_promax(
    pattern: np.ndarray, phi: np.ndarray, options: dict, layout: Layout
) -> tuple[np.ndarray, Callable[[np.ndarray], np.ndarray]]:
    """The varimax loadings a promax solution came from, and the function from their parameters to its own."""
    p, k = pattern.shape
    normalize, power = bool(options.get("normalize")), options.get("power", 4)

    def promax(theta):
        varimax, _, uniqueness = before.unpack(theta)
        if normalize:
            weight = np.sqrt(np.sum(varimax * varimax, axis=-1, keepdims=True))
            varimax = varimax / weight
        wanted = varimax * (varimax * varimax) ** ((power - 1) / 2)
        transposed = np.swapaxes(varimax, -1, -2)
        turn = np.linalg.solve(transposed @ varimax, transposed @ wanted)
        inner = np.linalg.inv(np.swapaxes(turn, -1, -2) @ turn)
        length = np.sqrt(np.diagonal(inner, axis1=-2, axis2=-1))
        turned = varimax @ turn * length[..., None, :]
        return layout.pack(
            turned * weight if normalize else turned, inner / (length[..., :, None] * length[..., None, :]), uniqueness
        )

    before = Layout(p, k, oblique=False)
    unrotated = pattern @ np.linalg.cholesky(phi)
    varimax = rotate(unrotated, method="varimax", starts=10).pattern
    theta = before.pack(varimax, np.eye(k), np.zeros(p))
    order, signs = match_factors(congruence_array(layout.unpack(promax(theta))[0], pattern))
    return varimax[:, order] * signs, promax


def jacobian(function: Callable[[np.ndarray], np.ndarray], theta: np.ndarray) -> np.ndarray:
    """Derivatives (m, q) of a function (..., q) -> (..., m) by the complex step."""
    return np.imag(function(theta + 1e-30j * np.eye(len(theta)))).T / 1e-30
