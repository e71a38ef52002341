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
        self.coefficients = np.empty((0, 0, 0))  # of the series: as many terms as have been needed so far
        self.counts = tables[j, :, i, :]
        self.total = self.counts.sum(axis=(1, 2))

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
            cells = rectangles(self.cuts[self.j[wanted[part]]], self.cuts[self.i[wanted[part]]], rho[part])
            result[:, part] = self._sums(wanted[part], rho[part], cells)
        if not strong.all():
            terms = series_terms(np.abs(rho[~strong]).max())
            if terms > self.coefficients.shape[2]:
                self.coefficients = tetrachoric_coefficients(self.cuts, terms)
        for part in _slices(np.flatnonzero(~strong)):
            cells = self._series(wanted[part], rho[part])
            result[:, part] = self._sums(wanted[part], rho[part], cells, unit=rho[part])
        return result

    def _series(self, pairs: np.ndarray, rho: np.ndarray) -> np.ndarray:
        """Return p, rho p' and rho^2 p'' of all cells: item by item, one matrix product with all its partners."""
        categories = self.counts.shape[1]
        terms = series_terms(np.abs(rho).max())
        power = np.arange(terms)
        factors = np.empty((len(rho), terms))
        factors[:, 0] = 1
        factors[:, 1:] = rho[:, None]
        factors = np.multiply.accumulate(factors, axis=1)
        coefficients = np.ascontiguousarray(self.coefficients[:, :, :terms])
        cells = np.empty((3, len(rho), categories, categories))
        i, j = self.i[pairs], self.j[pairs]
        edges = [0, *(np.flatnonzero(np.diff(i)) + 1), len(i)]
        for first, last in itertools.pairwise(edges):
            one = coefficients[i[first]]
            three = np.concatenate([one, one * power, one * (power * (power - 1))])
            many = coefficients.take(j[first:last], axis=0)
            many *= factors[first:last, None, :]
            product = many.reshape(-1, terms) @ three.T
            cells[:, first:last] = product.reshape(-1, categories, 3, categories).transpose(2, 0, 1, 3)
        return cells

    def _sums(
        self,
        pairs: np.ndarray,
        rho: np.ndarray,
        cells: np.ndarray,
        unit: np.ndarray | float = 1.0,
    ) -> np.ndarray:
        """Sums over the cells; their first and second derivatives by rho come times unit and its square."""
        cell, slope, curvature = cells
        counts = self.counts[pairs]
        lost = cell < UNLIKELY
        cell = np.maximum(cell, UNLIKELY)
        ratio = slope / cell
        weight = counts / cell
        tail: np.ndarray | float = 0.0
        if lost.any() and (lost := lost & (counts > 0)).any():
            # the probabilities of these cells have lost their digits to rounding
            b, row, column = np.nonzero(lost)
            x, y = self._likeliest_point(self.j[pairs[b]], row, self.i[pairs[b]], column, rho[b])
            of_lost = np.zeros(len(pairs))
            np.add.at(of_lost, b, counts[lost] * tail_slope(x, y, rho[b]))
            weight[lost] = 0
            tail = of_lost
        flat = (len(pairs), -1)
        cell, slope, curvature, ratio, weight = (x.reshape(flat) for x in (cell, slope, curvature, ratio, weight))
        return np.stack(
            [
                np.vecdot(weight, slope) / unit + tail,
                (np.vecdot(weight, slope * ratio) - np.vecdot(weight, curvature)) / unit**2,
                np.vecdot(ratio, slope) * self.total[pairs] / unit**2,
            ]
        )

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
