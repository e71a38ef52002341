"""The search for the polychoric correlations that make the tables of all pairs of items likeliest."""

import itertools
from typing import Protocol

import numpy as np

from psychometrics.correlation.bivariate_normal import (
    FAR,
    rectangles,
    series_terms,
    tail_slope,
    tetrachoric_coefficients,
)

BOUND = 0.9999  # an estimate that runs off to +-1 stops here
SERIES_LIMIT = 0.8  # beyond it the series needs so many terms that integration is faster
PAIRS_AT_ONCE = 200
NEWTON_CONVERGED = 1e-4  # last step of atanh(rho): a Newton step squares the error, so that about 1e-8 is left
SCORING_CONVERGED = 1e-7
MOST_STEPS = 60
PATIENCE = 15  # steps after which a pair's bracket is only halved
TERMS_OF_GUESS = 9
FLAT = 1e-8  # information per person below which the likelihood does not depend on the correlation
UNLIKELY = 1e-13  # a cell's probability below this has lost its digits to rounding


def first_guess(tables: np.ndarray, cuts: np.ndarray, n: np.ndarray) -> np.ndarray:
    """Find the correlation at which two items' normal scores have the mean product that they have in their table.

    Parameters
    ----------
    tables : numpy.ndarray of shape (p, c, p, c)
        Counts of all pairs of items.
    cuts : numpy.ndarray of shape (p, c - 1)
        Finite thresholds.
    n : numpy.ndarray of shape (p, p)
        Number of people who answered both items.

    Returns
    -------
    numpy.ndarray of shape (p, p)
        Correlations from which a search can start, between -.95 and .95.
    """
    coefficients = tetrachoric_coefficients(cuts, TERMS_OF_GUESS)
    p, categories = coefficients.shape[:2]
    shares, slopes = coefficients[:, :, 0], coefficients[:, :, 1]
    scores = np.divide(slopes, shares, out=np.zeros_like(slopes), where=shares > 0)  # minus the category's normal mean
    by_item = (tables.reshape(p * categories, p, categories) * scores).sum(axis=2)
    products = (by_item.reshape(p, categories, p) * scores[:, :, None]).sum(axis=1) / n
    moments = np.einsum("ic,icm->mi", scores, coefficients)
    rho = np.clip(products / np.outer(moments[1], moments[1]), -0.8, 0.8)
    for _ in range(3):
        value = slope = np.zeros((p, p))
        for moment in moments[:0:-1]:
            slope = slope * rho + value
            value = value * rho + np.outer(moment, moment)
        # value is now the series divided by rho
        rho = np.clip(rho + (products - rho * value) / np.maximum(value + rho * slope, 0.05), -0.95, 0.95)
    return rho


class Pairs(Protocol):
    """Likelihoods of pairs of items, each a function of one correlation.

    Attributes
    ----------
    total : numpy.ndarray of shape (B,)
        Number of people behind each pair.
    """

    total: np.ndarray

    def derivatives(self, rho: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Compute derivatives of the log-likelihood by rho.

        Parameters
        ----------
        rho : numpy.ndarray of shape (m,)
            Correlations of the wanted pairs.
        wanted : numpy.ndarray of int, shape (m,)
            Positions of the pairs.

        Returns
        -------
        numpy.ndarray of shape (3, m)
            The first derivative, minus the second, and the information of a scoring step.
        """
        ...


class PairTables:
    """Tables and cuts of the pairs (i[0], j[0]), (i[1], j[1]), ... in ascending order of i.

    Parameters
    ----------
    tables : numpy.ndarray of shape (p, c, p, c)
        Counts of all pairs of items.
    cuts : numpy.ndarray of shape (p, c - 1)
        Finite thresholds.
    i : numpy.ndarray of int, shape (B,)
        First item of each pair.
    j : numpy.ndarray of int, shape (B,)
        Second item of each pair.
    """

    def __init__(self, tables: np.ndarray, cuts: np.ndarray, i: np.ndarray, j: np.ndarray) -> None:
        self.i, self.j, self.cuts = i, j, cuts
        # of the series: as many terms as have been needed so far
        self.coefficients = np.empty((0, 0, 0))
        self.with_slopes = np.empty((0, 0, 0))
        # categories of the first item, pairs, categories of the second: sums over the cells are sums of long rows
        self.counts = tables.transpose(1, 0, 2, 3)[:, i, j]
        self.total = self.counts.sum(axis=(0, 2))

    def derivatives(self, rho: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Compute derivatives of the log-likelihood by rho.

        Parameters
        ----------
        rho : numpy.ndarray of shape (m,)
            Correlations of the wanted pairs.
        wanted : numpy.ndarray of int, shape (m,)
            Positions of the pairs.

        Returns
        -------
        numpy.ndarray of shape (3, m)
            The first derivative, minus the second, and the expectation of that.
        """
        rho = np.where(np.abs(rho) < 1e-8, 1e-8, rho)  # the series gives rho times the derivatives
        result = np.empty((3, len(wanted)))
        strong = np.abs(rho) > SERIES_LIMIT
        for part in _slices(np.flatnonzero(strong)):
            cells = rectangles(self.cuts[self.i[wanted[part]]], self.cuts[self.j[wanted[part]]], rho[part])
            result[:, part] = self._sums(wanted[part], rho[part], cells.transpose(0, 2, 1, 3))
        if not strong.all():
            self._prepare(series_terms(np.abs(rho[~strong]).max()))
        weak = np.flatnonzero(~strong)
        # pairs with correlations of similar size together: the largest of a slice sets the number of terms
        for part in _slices(weak[np.argsort(np.abs(rho[weak]), kind="stable")]):
            part.sort()
            cells = self._series(wanted[part], rho[part])
            result[:, part] = self._sums(wanted[part], rho[part], cells, unit=rho[part])
        return result

    def _prepare(self, terms: int) -> None:
        """Coefficients of so many terms, and beside them those of rho p' and rho^2 p''."""
        if terms > self.coefficients.shape[2]:
            one = self.coefficients = tetrachoric_coefficients(self.cuts, terms)
            power = np.arange(terms)
            self.with_slopes = np.concatenate([one, one * power, one * (power * (power - 1))], axis=1)

    def _series(self, pairs: np.ndarray, rho: np.ndarray) -> np.ndarray:
        """Return p, rho p' and rho^2 p'' of all cells: item by item, one matrix product with all its partners."""
        categories = len(self.counts)
        terms = series_terms(np.abs(rho).max())
        factors = np.empty((len(rho), terms))
        factors[:, 0] = 1
        factors[:, 1:] = rho[:, None]
        factors = np.multiply.accumulate(factors, axis=1)
        i, j = self.i[pairs], self.j[pairs]
        partners = self.coefficients[:, :, :terms].take(j, axis=0)
        partners *= factors[:, None, :]
        columns = partners.reshape(-1, terms).T
        cells = np.empty((3 * categories, columns.shape[1]))
        edges = [0, *(np.flatnonzero(np.diff(i)) + 1), len(i)]
        for first, last in itertools.pairwise(edges):
            those = slice(first * categories, last * categories)
            np.matmul(self.with_slopes[i[first], :, :terms], columns[:, those], out=cells[:, those])
        return cells.reshape(3, categories, len(pairs), categories)

    def _sums(
        self,
        pairs: np.ndarray,
        rho: np.ndarray,
        cells: np.ndarray,
        unit: np.ndarray | float = 1.0,
    ) -> np.ndarray:
        """Sums over the cells; their first and second derivatives by rho come times unit and its square."""
        cell, slope, curvature = cells
        counts = self.counts[:, pairs]
        tail: np.ndarray | float = 0.0
        if cell.min() < UNLIKELY:
            lost = (cell < UNLIKELY) & (counts > 0)
            cell = np.maximum(cell, UNLIKELY)
            if lost.any():
                # the probabilities of these cells have lost their digits to rounding
                row, b, column = np.nonzero(lost)
                x, y = self._likeliest_point(self.i[pairs[b]], row, self.j[pairs[b]], column, rho[b])
                tail = np.bincount(b, counts[lost] * tail_slope(x, y, rho[b]), len(pairs))
                counts[lost] = 0
        ratio = slope / cell
        weighted = counts * ratio
        curved = weighted * ratio - counts * (curvature / cell)
        ones = np.ones(len(counts))
        first, second, expected = (x.sum(axis=0) @ ones for x in (weighted, curved, ratio * slope))
        return np.stack([first / unit + tail, second / unit**2, expected * self.total[pairs] / unit**2])

    def _likeliest_point(
        self, i: np.ndarray, row: np.ndarray, j: np.ndarray, column: np.ndarray, rho: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        edges = np.pad(self.cuts, ((0, 0), (1, 1)), constant_values=((0, 0), (-FAR, FAR)))
        x, y = np.zeros(len(rho)), np.zeros(len(rho))
        for _ in range(4):
            x = np.clip(rho * y, edges[i, row], edges[i, row + 1])
            y = np.clip(rho * x, edges[j, column], edges[j, column + 1])
        return x, y


def _slices(pairs: np.ndarray) -> list[np.ndarray]:
    return [pairs[start : start + PAIRS_AT_ONCE] for start in range(0, len(pairs), PAIRS_AT_ONCE)]


def maximise(pairs: Pairs, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Maximise likelihoods by Newton's method on z = atanh(rho) within a shrinking bracket.

    Scoring replaces Newton's step where the likelihood is not concave; halving the bracket replaces a step out of it.
    Only unfinished pairs go on.

    Parameters
    ----------
    pairs : Pairs
        Likelihoods of B pairs, of tables or of answers to an ordinal and a continuous item.
    z : numpy.ndarray of shape (B,)
        Values to start from; changed in place.

    Returns
    -------
    z : numpy.ndarray of shape (B,)
        Values at the maximum.
    information : numpy.ndarray of shape (B,)
        Expected information on z.
    bounded : numpy.ndarray of bool, shape (B,)
        Whether z stands at the bound.
    unfinished : numpy.ndarray of bool, shape (B,)
        Whether the search did not converge.
    """
    end = np.arctanh(BOUND)
    lowest, highest = np.full(len(z), -end), np.full(len(z), end)
    information = np.zeros(len(z))
    bounded = np.zeros(len(z), dtype=bool)
    active = np.arange(len(z))
    for number in range(MOST_STEPS):
        now = z[active]
        rho = np.tanh(now)
        slope, observed, expected = pairs.derivatives(rho, active)
        rest = 1 - rho * rho
        slope, expected = slope * rest, expected * rest * rest
        observed = observed * rest * rest + 2 * rho * slope
        information[active] = expected
        low = lowest[active] = np.where(slope > 0, now, lowest[active])
        high = highest[active] = np.where(slope < 0, now, highest[active])

        newton = observed > expected / 100
        step = slope / np.maximum(np.where(newton, observed, expected), 1e-300)
        new = np.clip(now + np.clip(step, -0.5, 0.5), -end, end)
        outside = ((new >= high) & (high < end)) | ((new <= low) & (low > -end))
        outside |= (number > PATIENCE) & (low > -end) & (high < end)
        new = np.where(outside & (slope != 0), (low + high) / 2, new)
        # no cell changes any more and none holds the correlation back: the likelihood has risen to its plateau
        plateau = (np.abs(rho) > SERIES_LIMIT) & (np.maximum(np.abs(slope), expected) < FLAT * pairs.total[active])
        new = np.where(plateau, np.sign(rho) * end, new)
        bounded[active] = np.abs(new) == end
        z[active] = new
        moved = np.abs(new - now)
        active = active[~plateau & (moved > np.where(newton & ~outside, NEWTON_CONVERGED, SCORING_CONVERGED))]
        if not len(active):
            break
    unfinished = np.zeros(len(z), dtype=bool)
    unfinished[active] = True
    return z, information, bounded, unfinished
