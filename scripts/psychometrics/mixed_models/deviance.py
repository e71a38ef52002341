"""The profiled deviance of a mixed model and its gradient, for many sets of parameters at once."""

from typing import NamedTuple

import numpy as np
from scipy.linalg import block_diag

from psychometrics.mixed_models.cross_products import Products, cross_products
from psychometrics.mixed_models.elimination import Eliminated, eliminate, times_slope, way_back, weighted_rest
from psychometrics.mixed_models.layout import Layout
from psychometrics.mixed_models.lowest_level import Lowest, LowestLevel

NUMBERS_AT_ONCE = 5_000_000
MOST_PARTS = 12  # elements of inverse residual matrices, such as the 5 of two roles, for which cross-products are kept


class State(NamedTuple):
    """What a set of parameters gives, in the units of the layout.

    Attributes
    ----------
    deviance : numpy.ndarray of shape (m,)
        Minus twice the log-likelihood, restricted or not.
    fixed : numpy.ndarray of shape (m, p)
        Effects of the orthogonal columns.
    variance : numpy.ndarray of shape (m,)
        Residual variance (of the first role).
    done : Eliminated
        Result of the elimination.
    """

    deviance: np.ndarray
    fixed: np.ndarray
    variance: np.ndarray
    done: Eliminated


class _Forward(NamedTuple):
    """A state, and what its gradient needs: factors of the levels, whitened columns and inverses of the residuals'.

    Where `lowest` is there, `state.done` is about the levels above it.
    """

    state: State
    lowest: Lowest | None
    factors: list[np.ndarray]
    whitened: np.ndarray | None
    inverses: list[np.ndarray]
    weights: np.ndarray | None


class Deviance:
    """The profiled deviance of one layout.

    Parameters
    ----------
    layout : Layout
        Rows and columns.
    restricted : bool
        Whether the likelihood is restricted (REML).
    weights : numpy.ndarray of shape (m, clusters), optional
        How often each cluster enters each of m resamples.

    Notes
    -----
    Parameters are the relative Cholesky factors of the blocks, row by row, then those of the residuals. Fixed effects
    and the residual variance are profiled out: Bates et al. (2015), J. Stat. Softw. 67(1), section 3. The gradient goes
    the same way backwards.
    """

    def __init__(self, layout: Layout, *, restricted: bool, weights: np.ndarray | None = None) -> None:
        self.layout, self.restricted = layout, restricted
        self.weights = None if weights is None else weights.astype(float)
        n, p = layout.n, layout.columns.shape[1] - 1 - (layout.levels[-1].end if layout.levels else 0)
        self.p = p
        starts = np.zeros(1, dtype=np.intp) if weights is None else np.unique(layout.clusters, return_index=True)[1]
        self.starts = starts
        one = np.full(1, float(n))
        self.rows = one if self.weights is None else self.weights @ np.bincount(layout.clusters)
        self.products: Products | None = None
        self.parts: Products | None = None
        self.lowest: LowestLevel | None = None
        if layout.residual is None:
            self.products = cross_products(layout.columns, layout.columns, layout.levels, starts)
            # one intercept by one kind of group alone has no small matrices that could be taken together
            if not layout.crossed and sum(level.width for level in layout.levels) > 1:
                self.lowest = LowestLevel(self.products, layout.levels)
        elif layout.residual.n_parts <= MOST_PARTS:
            each = [
                cross_products(layout.columns, part, layout.levels, starts)
                for part in layout.residual.parts(layout.columns)
            ]
            levels = [np.stack(level) for level in zip(*(part.levels for part in each), strict=True)]
            self.parts = Products(levels, np.stack([part.rest for part in each]))
        self.sizes = [block.n_parameters for block in layout.blocks]
        self.of_residual = layout.residual.n_parameters if layout.residual else 0
        # the determinant of the turn from the orthogonal columns to the given ones
        self.of_turn = 2 * float(np.linalg.slogdet(layout.turn)[1]) if p else 0.0

    @property
    def n_parameters(self) -> int:
        """Count the parameters of the search.

        Returns
        -------
        int
            Parameters.
        """
        return sum(self.sizes) + self.of_residual

    def block_factors(self, parameters: np.ndarray) -> list[np.ndarray]:
        """Make the relative Cholesky factors of the blocks.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.

        Returns
        -------
        list of numpy.ndarray, each (m, q, q)
            Lower triangular factors.
        """
        found, first = [], 0
        for block, size in zip(self.layout.blocks, self.sizes, strict=True):
            q = len(block.effects)
            factor = np.zeros((len(parameters), q, q))
            factor[:, *block.positions] = parameters[:, first : first + size]
            found.append(factor)
            first += size
        return found

    def level_factors(self, blocks: list[np.ndarray]) -> list[np.ndarray]:
        """Put the factors of the blocks of each level together.

        Parameters
        ----------
        blocks : list of numpy.ndarray
            Factors of :meth:`block_factors`.

        Returns
        -------
        list of numpy.ndarray, each (m, width, width)
            Factors of the levels.
        """
        found = []
        for level, members in zip(self.layout.levels, self.layout.of_level, strict=True):
            if not level.single:
                found.append(blocks[members[0]])
                continue
            counts = [len(self.layout.blocks[number].groups) for number in members]
            each = zip(*(blocks[number] for number in members), strict=True)
            found.append(
                np.stack(
                    [block_diag(*(np.kron(np.eye(c), f) for c, f in zip(counts, own, strict=True))) for own in each]
                )
            )
        return found

    def state(self, parameters: np.ndarray, rows: np.ndarray | None = None) -> State:
        """Compute the deviance.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.
        rows : numpy.ndarray of int, shape (m,), optional
            Resample of each set of parameters.

        Returns
        -------
        State
            Deviance and what goes with it.
        """
        return self._forward(parameters, rows, None).state

    def profiled(self, parameters: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute residual variances and fixed effects, in pieces that fit into memory.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.
        rows : numpy.ndarray of int, shape (m,)
            Resample of each set of parameters.

        Returns
        -------
        variance : numpy.ndarray of shape (m,)
            In the units of the layout.
        fixed : numpy.ndarray of shape (m, p)
            Effects of the orthogonal columns.
        """
        step = self._at_once
        if not len(parameters):
            return np.empty(0), np.empty((0, self.p))
        pieces = [slice(start, start + step) for start in range(0, len(parameters), step)]
        states = [self.state(parameters[piece], rows[piece]) for piece in pieces]
        return np.concatenate([state.variance for state in states]), np.concatenate([state.fixed for state in states])

    def estimable(self) -> np.ndarray:
        """Tell in which resamples the fixed effects can be told apart.

        Returns
        -------
        numpy.ndarray of bool, shape (m,)
            False where a column does not vary any more.
        """
        assert self.weights is not None
        design = self.layout.columns[:, -1 - self.p : -1]
        if not self.p:
            return np.ones(len(self.weights), dtype=bool)
        each = np.add.reduceat(design[:, :, None] * design[:, None, :], self.starts, axis=0)
        values = np.linalg.eigvalsh(np.tensordot(self.weights, each, axes=1))
        return values[:, 0] > 1e-8 * values[:, -1]

    @property
    def _at_once(self) -> int:
        """How many sets of parameters fit into memory."""
        layout = self.layout
        each = sum(len(level.starts) * level.width * (layout.columns.shape[1] - level.first) for level in layout.levels)
        if layout.residual is not None and self.parts is None:
            each += 3 * layout.columns.size
        return max(1, NUMBERS_AT_ONCE // max(each, 1))

    def _forward(self, parameters: np.ndarray, rows: np.ndarray | None, lowest_level: LowestLevel | None) -> _Forward:
        layout = self.layout
        weights = None if self.weights is None or rows is None else self.weights[rows]
        n = self.rows if rows is None or self.weights is None else self.rows[rows]
        of_residual = parameters[:, sum(self.sizes) :]
        products, whitened = self.products, None
        inverses: list[np.ndarray] = []
        logs: np.ndarray | float = 0.0
        if layout.residual is not None:
            if self.parts is None:
                whitened, inverses, each = layout.residual.whiten(of_residual, layout.columns)
                products = cross_products(layout.columns, whitened, layout.levels, self.starts)
            else:
                # the inverse is linear in its elements, and so are all products with it
                inverses, each = layout.residual.inverses(of_residual)
                elements = layout.residual.elements(inverses)
                levels = [np.tensordot(elements, level, axes=1) for level in self.parts.levels]
                products = Products(levels, np.tensordot(elements, self.parts.rest, axes=1))
            counts = self._of_kinds(weights)
            logs = np.sum([(own * count).sum(axis=1) for own, count in zip(each, counts, strict=True)], axis=0)
        assert products is not None
        factors = self.level_factors(self.block_factors(parameters))
        rest, lowest = weighted_rest(products, weights), None
        if lowest_level is None:
            done = eliminate(products.levels, rest, factors, layout.levels, weights)
        else:
            lowest = lowest_level.eliminate(factors[0], rest, weights)
            logs = lowest.log_determinant
            done = eliminate(lowest.held, lowest.rest, factors[1:], layout.levels[1:], weights)
        rest = np.broadcast_to(done.rest, (len(parameters), *done.rest.shape[-2:]))
        inside, cross = rest[:, :-1, :-1], rest[:, :-1, -1]
        fixed = np.linalg.solve(inside, cross[..., None])[..., 0] if self.p else cross
        square = rest[:, -1, -1] - (cross * fixed).sum(axis=1)
        df = n - self.p if self.restricted else n
        deviance = done.log_determinant + logs + df * (1 + np.log(2 * np.pi * square / df))
        deviance = deviance + 2 * df * np.log(layout.unit)
        if self.restricted:
            deviance = deviance + np.linalg.slogdet(inside)[1] + self.of_turn
        state = State(deviance, fixed, square / df, done._replace(rest=rest))
        return _Forward(state, lowest, factors, whitened, inverses, weights)

    def __call__(self, parameters: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Compute deviances and gradients, in pieces that fit into memory.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.
        rows : numpy.ndarray of int, shape (m,)
            Resample of each set of parameters.

        Returns
        -------
        deviance : numpy.ndarray of shape (m,)
            Infinite where parameters are impossible.
        gradient : numpy.ndarray of shape (m, k)
            Derivatives.
        """
        step = self._at_once
        parts = [
            self._with_gradient(parameters[start : start + step], rows[start : start + step])
            for start in range(0, len(parameters), step)
        ]
        return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])

    def _with_gradient(self, parameters: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        layout = self.layout
        with np.errstate(all="ignore"):
            state, lowest, factors, whitened, inverses, weights = self._forward(parameters, rows, self.lowest)
        # derivative of the deviance by the products of fixed effects and outcome
        arrow = np.concatenate([state.fixed, -np.ones((len(parameters), 1))], axis=1)
        slope = (1 / state.variance)[:, None, None] * arrow[:, :, None] * arrow[:, None, :]
        if self.restricted and self.p:
            slope[:, :-1, :-1] += np.linalg.inv(state.done.rest[:, :-1, :-1])
        if lowest is None or self.lowest is None:
            of_factors, of_products = way_back(state.done, slope, factors, layout.levels, weights)
        else:
            of_factors, of_products = way_back(state.done, slope, factors[1:], layout.levels[1:], weights)
            of_factors.insert(0, self.lowest.way_back(lowest, of_products, slope))
        found = [self._of_blocks(of_factors)] if layout.blocks else []
        if layout.residual is not None:
            if whitened is None:
                by_matrix = self._by_parts(inverses, of_products, slope, weights)
            else:
                by_matrix = self._by_matrix(whitened, inverses, of_products, slope, weights)
            found.append(layout.residual.gradient(parameters[:, sum(self.sizes) :], by_matrix))
        gradient = np.concatenate(found, axis=1) if found else np.empty((len(parameters), 0))
        sound = np.isfinite(state.deviance) & np.isfinite(gradient).all(axis=1) & (state.variance > 0)
        return np.where(sound, state.deviance, np.inf), np.where(sound[:, None], gradient, 0.0)

    def _of_blocks(self, of_factors: list[np.ndarray]) -> np.ndarray:
        """Derivatives by the parameters of the blocks."""
        found = []
        for level, members, slope in zip(self.layout.levels, self.layout.of_level, of_factors, strict=True):
            first = 0
            for number in members:
                block = self.layout.blocks[number]
                q, count = len(block.effects), len(block.groups) if level.single else 1
                own = slice(first, first + q * count)
                pieces = slope[:, own, own].reshape(len(slope), count, q, count, q)
                summed = np.einsum("mgigj->mij", pieces)
                found.append(summed[:, *block.positions])
                first += q * count
        return np.concatenate(found, axis=1)

    def _by_matrix(
        self,
        whitened: np.ndarray,
        inverses: list[np.ndarray],
        of_products: list[np.ndarray],
        slope: np.ndarray,
        weights: np.ndarray | None,
    ) -> list[np.ndarray]:
        """Derivatives by the covariance matrices of the residuals."""
        layout = self.layout
        assert layout.residual is not None
        every = np.arange(layout.n)
        counts = None if weights is None else weights[:, layout.clusters]
        through = times_slope(whitened[:, :, None], 0, every, 0, of_products, slope, layout.levels, counts)[:, :, 0]
        found = []
        for batch, inverse, count in zip(layout.residual.batches, inverses, self._of_kinds(weights), strict=True):
            product = batch.sum_kinds(through[:, batch.rows] @ np.swapaxes(whitened[:, batch.rows], -1, -2))
            found.append(inverse * count[..., None, None] - (product + np.swapaxes(product, -1, -2)) / 2)
        return found

    def _by_parts(
        self,
        inverses: list[np.ndarray],
        of_products: list[np.ndarray],
        slope: np.ndarray,
        weights: np.ndarray | None,
    ) -> list[np.ndarray]:
        """The same from cross-products by element of the inverse matrices."""
        residual, parts = self.layout.residual, self.parts
        assert residual is not None and parts is not None
        rest = parts.rest.sum(axis=1)[None] if weights is None else np.tensordot(weights, parts.rest, axes=(1, 1))
        by_element = (rest * slope[:, None]).sum(axis=(2, 3))
        for level, product, part in zip(self.layout.levels, of_products, parts.levels, strict=True):
            twice = product.copy()  # what lies off the diagonal block stands there once and counts twice
            twice[..., level.width :] *= 2
            by_element = by_element + twice.reshape(len(twice), -1) @ part.reshape(len(part), -1).T
        found = []
        slopes = residual.matrices_of(by_element, inverses)
        for inverse, own, count in zip(inverses, slopes, self._of_kinds(weights), strict=True):
            found.append(inverse * count[..., None, None] - inverse @ own @ inverse)
        return found

    def _of_kinds(self, weights: np.ndarray | None) -> list[np.ndarray]:
        """How often each kind of residual group counts, (m, kinds) by batch."""
        layout = self.layout
        assert layout.residual is not None
        if weights is None:
            return [batch.sum_kinds(np.ones((1, len(batch.rows)))) for batch in layout.residual.batches]
        return [batch.sum_kinds(weights[:, layout.clusters[batch.rows[:, 0]]]) for batch in layout.residual.batches]
