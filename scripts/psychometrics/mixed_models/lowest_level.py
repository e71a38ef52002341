r"""Eliminate the groups of the lowest level where their cross-products are the same for all sets of parameters.

With the relative factor :math:`\Lambda` of a level, cross-products :math:`D_g` of a group's own columns and
:math:`B_g` of these with all columns behind, elimination takes :math:`B_g' W_g B_g` away from what stands behind, where
:math:`W_g = \Lambda Q_g \Lambda'` and :math:`Q_g = (\Lambda' D_g \Lambda + I)^{-1}`. Without parameters of the
residuals :math:`D_g` and :math:`B_g` are fixed, and all but the inverse is linear in the elements of :math:`D_g` or
:math:`W_g`: a few large matrix products for all groups and sets of parameters, where
:mod:`psychometrics.mixed_models.elimination` needs many small ones for each.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from psychometrics.mixed_models.cross_products import Level, Products


class Lowest(NamedTuple):
    """The lowest level eliminated, and what is needed on the way back. Elements are those of a triangle.

    Attributes
    ----------
    factor : numpy.ndarray of shape (m, width, width)
        Relative Cholesky factor.
    inverse : numpy.ndarray of shape (m, elements, groups)
        The matrices Q.
    counts : numpy.ndarray of shape (m, groups) or None
        How often each group counts.
    log_determinant : numpy.ndarray of shape (m,)
        Of the level.
    held : list of numpy.ndarray, each (m, groups, width, columns)
        What the levels above hold.
    rest : numpy.ndarray of shape (m, p + 1, p + 1)
        What is left of the cross-products of fixed effects and outcome.
    """

    factor: np.ndarray
    inverse: np.ndarray
    counts: np.ndarray | None
    log_determinant: np.ndarray
    held: list[np.ndarray]
    rest: np.ndarray


class LowestLevel:
    """The groups of the lowest level, ready for many sets of parameters.

    Parameters
    ----------
    products : Products
        Cross-products that do not depend on parameters.
    levels : sequence of Level
        Nested levels from the lowest.
    """

    def __init__(self, products: Products, levels: Sequence[Level]) -> None:
        level, above = levels[0], levels[1:]
        self.width, self.products, self.above = level.width, products, above
        self.rows, self.columns = np.triu_indices(level.width)
        self.place = np.zeros((level.width, level.width), dtype=np.intp)
        self.place[self.rows, self.columns] = self.place[self.columns, self.rows] = np.arange(len(self.rows))
        own, behind = products.levels[0][..., : level.width], products.levels[0][..., level.width :]
        self.own = np.ascontiguousarray(own[:, self.rows, self.columns].T)
        self.to_cluster = levels[-1].codes[level.starts]
        fixed = behind[..., levels[-1].end - level.end :]
        self.of_rest = self._pairs(fixed, *np.triu_indices(fixed.shape[-1]))
        self.groups_of, self.of_above = [], []
        for upper in above:
            first = upper.first - level.end
            bounds = np.append(np.searchsorted(level.starts, upper.starts), len(level.starts)) * len(self.rows)
            pairs = np.indices((upper.width, behind.shape[-1] - first)).reshape(2, -1) + first
            self.groups_of.append([slice(*ends) for ends in pairwise(bounds)])
            self.of_above.append(self._pairs(behind, *pairs))

    def _pairs(self, behind: np.ndarray, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        """What each element of W gives to B'WB in pairs of columns, (groups x elements, pairs)."""
        left, right = behind[:, self.rows], behind[:, self.columns]
        found = left[..., one] * right[..., two]
        found += (self.rows != self.columns)[:, None] * (right[..., one] * left[..., two])
        return found.reshape(-1, len(one))

    def _turned(self, factor: np.ndarray) -> np.ndarray:
        """Matrices (m, elements, elements) that make the elements of L'XL from those of a symmetric X."""
        a, b = self.rows[:, None], self.columns[:, None]
        c, d = self.rows, self.columns
        return factor[:, c, a] * factor[:, d, b] + (c != d) * (factor[:, d, a] * factor[:, c, b])

    def eliminate(self, factor: np.ndarray, rest: np.ndarray, weights: np.ndarray | None) -> Lowest:
        """Eliminate the level.

        Parameters
        ----------
        factor : numpy.ndarray of shape (m, width, width)
            Relative Cholesky factor.
        rest : numpy.ndarray of shape (m, p + 1, p + 1) or (p + 1, p + 1)
            Cross-products of fixed effects and outcome.
        weights : numpy.ndarray of shape (m, clusters) or None
            How often each group of the highest level counts.

        Returns
        -------
        Lowest
            What is left.
        """
        m = len(factor)
        block = self._turned(factor) @ self.own
        block[:, self.rows == self.columns] += 1
        inverse, logs = self._inverted(block)
        of_elements = np.swapaxes(self._turned(np.swapaxes(factor, 1, 2)) @ inverse, 1, 2)
        counts = None if weights is None else weights[:, self.to_cluster]
        counted = of_elements if counts is None else of_elements * counts[..., None]
        taken = counted.reshape(m, -1) @ self.of_rest
        one, two = np.triu_indices(rest.shape[-1])
        left = np.broadcast_to(rest, (m, *rest.shape[-2:])).copy()
        left[:, one, two] -= taken
        left[:, two, one] = left[:, one, two]
        flat = of_elements.reshape(m, -1)
        held = []
        for own, groups, pairs in zip(self.products.levels[1:], self.groups_of, self.of_above, strict=True):
            taken = np.stack([flat[:, group] @ pairs[group] for group in groups], axis=1)
            held.append(own - taken.reshape(m, *own.shape))
        log_determinant = (logs if counts is None else logs * counts).sum(axis=1)
        return Lowest(factor, inverse, counts, log_determinant, held, left)

    def _inverted(self, block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Inverses and log determinants of positive definite matrices, by the sweep of one row after the other."""
        swept = np.moveaxis(block, 1, 0)[self.place]
        logs = np.zeros(swept.shape[2:])
        for k in range(self.width):
            pivot, column = swept[k, k].copy(), swept[:, k].copy()
            logs += np.log(pivot)
            row = swept[k] / pivot
            row[k] = 1 / pivot
            swept[:, k] = 0
            swept -= column[:, None] * row
            swept[k] = row
        return np.ascontiguousarray(np.moveaxis(swept[self.rows, self.columns], 0, 1)), logs

    def way_back(self, done: Lowest, of_above: Sequence[np.ndarray], slope: np.ndarray) -> np.ndarray:
        """Carry the derivatives by what is left back to the factor.

        Parameters
        ----------
        done : Lowest
            Result of :meth:`eliminate`.
        of_above : sequence of numpy.ndarray, each (m, groups, width, columns)
            Derivatives by what the levels above hold, half of those off their diagonal blocks.
        slope : numpy.ndarray of shape (m, p + 1, p + 1)
            Derivative of a function by `rest`; the function is that plus the log determinant.

        Returns
        -------
        numpy.ndarray of shape (m, width, width)
            Derivatives by the factor.
        """
        m, q = len(slope), len(self.rows)
        one, two = np.triu_indices(slope.shape[-1])
        by_element = (slope[:, one, two] * np.where(one == two, 1, 2)) @ self.of_rest.T
        if done.counts is not None:
            by_element *= np.repeat(done.counts, q, axis=1)
        for upper, half, groups, pairs in zip(self.above, of_above, self.groups_of, self.of_above, strict=True):
            twice = half.copy()
            twice[..., upper.width :] *= 2
            twice = twice.reshape(m, len(groups), -1)
            for number, group in enumerate(groups):
                by_element[:, group] += twice[:, number] @ pairs[group].T
        # an element off the diagonal stands in two places of the matrix
        by_matrix = -np.swapaxes(by_element.reshape(m, -1, q) / np.where(self.rows == self.columns, 1, 2), 1, 2)
        inverse = done.inverse
        full = inverse[:, self.place]
        inner = (self._turned(done.factor) @ by_matrix)[:, self.place]
        through = np.einsum("mabg,mbcg->macg", np.einsum("mabg,mbcg->macg", full, inner), full)
        through = through[:, self.rows, self.columns]
        counted = inverse if done.counts is None else inverse * done.counts[:, None]
        both = self.own @ np.swapaxes(counted - through, 1, 2) + by_matrix @ np.swapaxes(inverse, 1, 2)
        both = both[:, self.place][..., self.place]
        return 2 * np.einsum("miklj,mkl->mij", both, done.factor)
