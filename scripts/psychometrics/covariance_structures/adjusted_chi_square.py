"""Standard errors and mean- and variance-adjusted test of diagonally weighted least squares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from psychometrics.correlation.influence import clustered
from psychometrics.covariance_structures.ordinal_moments import OrdinalMoments
from psychometrics.covariance_structures.weighted_least_squares import WeightedLeastSquares


@dataclass(frozen=True)
class Variation:
    r"""How the people, or clusters of people, move the moments of all groups.

    Attributes
    ----------
    n : int
        Number of people.
    rows : tuple of numpy.ndarray
        By group, rows R with R'R the asymptotic covariance matrix of :math:`\sqrt{N}` times the group's moments.
    units : tuple of numpy.ndarray of int
        By group, number of the unit of each row: rows of one unit in several groups vary together.
    """

    n: int
    rows: tuple[np.ndarray, ...]
    units: tuple[np.ndarray, ...]

    @property
    def count(self) -> int:
        """Count the units.

        Returns
        -------
        int
            Number of units over all groups.
        """
        return 1 + max(int(units.max()) for units in self.units)

    def spread(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        """Add up rows of the same unit over the groups.

        Parameters
        ----------
        parts : sequence of numpy.ndarray
            By group, one row for each of its rows.

        Returns
        -------
        numpy.ndarray
            One row for each unit.
        """
        total = np.zeros((self.count, parts[0].shape[1]))
        for part, units in zip(parts, self.units, strict=True):
            total[units] += part
        return total


def variation(groups: Sequence[OrdinalMoments], clusters: Sequence[np.ndarray] | None) -> Variation:
    """Collect the influences of the people, summed over clusters.

    Parameters
    ----------
    groups : sequence of OrdinalMoments
        Moments with influences, by group.
    clusters : sequence of numpy.ndarray of int, optional
        Number of each person's cluster, by group; by default everyone is independent.

    Returns
    -------
    Variation
        Rows that stand for the people.
    """
    total = sum(group.n for group in groups)
    rows, units, first = [], [], 0
    count = 0 if clusters is None else len(np.unique(np.concatenate(clusters)))
    for number, group in enumerate(groups):
        part = group.influence * (np.sqrt(total) / group.n)
        if clusters is None:
            # with more people than moments the triangle T with T'T = G'G stands in for G
            part = part if len(part) <= part.shape[1] else np.asarray(np.linalg.qr(part, mode="r"))
            those = first + np.arange(len(part))
            first += len(part)
        else:
            those, own = np.unique(clusters[number], return_inverse=True)
            summed = clustered(part, own) if len(those) > 1 else part.sum(axis=0, keepdims=True)
            # the factor for few clusters is that of all groups together
            here = np.sqrt(len(those) / (len(those) - 1)) if len(those) > 1 else 1.0
            part = summed / here * np.sqrt(count / (count - 1))
        rows.append(part)
        units.append(those)
    return Variation(total, tuple(rows), tuple(units))


@dataclass(frozen=True)
class AdjustedTest:
    """Test of a model, and what it takes to test a more restricted one.

    Attributes
    ----------
    statistic : float
        The adjusted statistic.
    unadjusted : float
        The weighted sum of squared residuals.
    df : int
        Degrees of freedom.
    scaling_factor : float
        Divisor of the unadjusted statistic.
    shift : float
        What is added after the division.
    """

    statistic: float
    unadjusted: float
    df: int
    scaling_factor: float
    shift: float


@dataclass(frozen=True)
class Sandwich:
    r"""Products of the derivatives with weights and influences, at the estimates.

    Attributes
    ----------
    bread : numpy.ndarray of shape (q, q)
        Inverse of :math:`\Delta' V \Delta`.
    collected : numpy.ndarray of shape (units, q)
        :math:`R V \Delta`.
    products : numpy.ndarray of shape (units, units)
        :math:`R V R'`.
    divisor : int
        Number of people minus the number of groups.
    """

    bread: np.ndarray
    collected: np.ndarray
    products: np.ndarray
    divisor: int

    def covariance(self) -> np.ndarray:
        """Covariance matrix of the estimates.

        Returns
        -------
        numpy.ndarray of shape (q, q)
            Sandwich of bread and influences.
        """
        half = self.collected @ self.bread
        return half.T @ half / self.divisor

    def test(self, unadjusted: float, df: int) -> AdjustedTest:
        r"""Adjust a test in mean and variance.

        Parameters
        ----------
        unadjusted : float
            The weighted sum of squared residuals.
        df : int
            Degrees of freedom.

        Returns
        -------
        AdjustedTest
            NaN without degrees of freedom.

        Notes
        -----
        .. math:: T_{adj} = a T + df - a\,\mathrm{tr}(U\Gamma), \quad a = \sqrt{df / \mathrm{tr}\{(U\Gamma)^2\}}, \quad
                  U = V - V\Delta(\Delta'V\Delta)^{-1}\Delta'V

        With R the rows of `Variation` the traces are the trace and the sum of squares of :math:`R U R'`, so that
        neither U nor :math:`\Gamma` is ever formed. Asparouhov and Muthen (2010), Simple second order chi-square
        correction. Agrees with lavaan's test = "scaled.shifted".
        """
        return adjusted(self.products - self.collected @ self.bread @ self.collected.T, unadjusted, df)


def adjusted(products: np.ndarray, unadjusted: float, df: int) -> AdjustedTest:
    """Adjust a statistic in mean and variance, given R U R'.

    Parameters
    ----------
    products : numpy.ndarray of shape (units, units)
        The matrix.
    unadjusted : float
        The statistic.
    df : int
        Degrees of freedom.

    Returns
    -------
    AdjustedTest
        NaN without degrees of freedom.
    """
    if df == 0:
        return AdjustedTest(np.nan, float(unadjusted), 0, np.nan, np.nan)
    scale = np.sqrt(df / np.vdot(products, products))
    shift = df - scale * np.trace(products)
    return AdjustedTest(float(unadjusted * scale + shift), float(unadjusted), df, float(1 / scale), float(shift))


def sandwich(discrepancy: WeightedLeastSquares, parameters: np.ndarray, people: Variation) -> Sandwich:
    """Collect the products that standard errors and tests are made of.

    Parameters
    ----------
    discrepancy : WeightedLeastSquares
        The model.
    parameters : numpy.ndarray of shape (q,)
        The estimates.
    people : Variation
        How the moments vary.

    Returns
    -------
    Sandwich
        The products.
    """
    information = np.zeros((discrepancy.n_free, discrepancy.n_free))
    collected = []
    products = np.zeros((people.count, people.count))
    for group, rows, units in zip(discrepancy.groups, people.rows, people.units, strict=True):
        weights = group.sample.weights * group.sample.n / people.n
        here = np.zeros((len(rows), discrepancy.n_free))
        for block in group.blocks(parameters):
            weighted = block.slopes * weights[block.moments, None]
            np.add.at(information, np.ix_(block.free, block.free), weighted.T @ block.slopes)
            here += block.gathered(rows[:, block.moments] @ weighted, discrepancy.n_free)
        collected.append(here)
        scaled = rows * np.sqrt(weights)
        products[np.ix_(units, units)] += scaled @ scaled.T
    bread = cho_solve(cho_factor(information), np.eye(len(information)))
    return Sandwich(bread, people.spread(collected), products, people.n - len(people.rows))


def baseline_test(groups: Sequence[OrdinalMoments], people: Variation) -> AdjustedTest:
    """Test the model of uncorrelated items, whose thresholds are those of the sample.

    Parameters
    ----------
    groups : sequence of OrdinalMoments
        The sample's moments.
    people : Variation
        How the moments vary.

    Returns
    -------
    AdjustedTest
        Its adjusted test.
    """
    statistic, df = 0.0, 0
    products = np.zeros((people.count, people.count))
    for group, rows, units in zip(groups, people.rows, people.units, strict=True):
        t = len(group.item)
        correlations, weights = group.moments()[t:], group.weights[t:]
        statistic += (group.n - 1) * np.sum(weights * correlations**2)
        df += len(correlations)
        scaled = rows[:, t:] * np.sqrt(weights * group.n / people.n)
        products[np.ix_(units, units)] += scaled @ scaled.T
    return adjusted(products, float(statistic), df)
