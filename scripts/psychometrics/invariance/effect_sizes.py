"""How much it matters that an item works differently in two units: in its own standard deviations, and in points."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.special import ndtr

from psychometrics.invariance.design import Design

NODES = 41


@dataclass(frozen=True)
class ItemCurve:
    """What an item's score is expected to be at each level of its factor.

    Attributes
    ----------
    loading : float
        Its loading.
    intercept : float
        Its intercept, of ordinal items that of the latent answer.
    residual : float
        Its residual variance.
    thresholds : numpy.ndarray of shape (c - 1,)
        Thresholds of the latent answer; empty where it is continuous.
    points : numpy.ndarray of shape (c,)
        What each category is worth.
    """

    loading: float
    intercept: float
    residual: float
    thresholds: np.ndarray
    points: np.ndarray

    def expected(self, factor: np.ndarray) -> np.ndarray:
        """Compute expected scores.

        Parameters
        ----------
        factor : numpy.ndarray of shape (m,)
            Levels of the factor.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Expected scores, in points of the answers.
        """
        latent = self.intercept + self.loading * factor
        if not len(self.thresholds):
            return latent
        below = ndtr((self.thresholds[:, None] - latent) / np.sqrt(max(self.residual, 1e-12)))
        return self.points[-1] - np.diff(self.points) @ below


def item_curve(
    design: Design, item: str, unit: int, values: Mapping[tuple[str, int], float], points: Mapping[str, np.ndarray]
) -> ItemCurve:
    """Collect the parameters of an item in one unit.

    Parameters
    ----------
    design : Design
        What is compared.
    item : str
        The item.
    unit : int
        Number of the unit.
    values : mapping of tuple to float
        Name and number of the group -> value of a parameter.
    points : mapping of str to numpy.ndarray
        Ordinal item -> what its categories are worth.

    Returns
    -------
    ItemCurve
        Its parameters.
    """
    factor = next(factor for factor, items in design.factors.items() if item in items)
    name, group = design.name(item, unit), design.group(unit)
    count = design.thresholds(item)
    return ItemCurve(
        values[f"{design.name(factor, unit)}=~{name}", group],
        values[f"{name}~1", group],
        values[f"{name}~~{name}", group],
        np.array([values[f"{name}|t{number}", group] for number in range(1, count + 1)]),
        np.asarray(points[item]) if count else np.empty(0),
    )


def item_difference(
    design: Design,
    item: str,
    unit: int,
    values: Mapping[tuple[str, int], float],
    points: Mapping[str, np.ndarray],
) -> tuple[float, float]:
    r"""Compare what an item's score is expected to be in a unit and in the reference, people being the same.

    Parameters
    ----------
    design : Design
        What is compared.
    item : str
        The item.
    unit : int
        Number of the unit.
    values : mapping of tuple to float
        Name and number of the group -> value of a parameter.
    points : mapping of str to numpy.ndarray
        Ordinal item -> what its categories are worth.

    Returns
    -------
    difference : float
        Expected score in the unit minus that in the reference, in points, averaged over the unit's factor.
    root : float
        Root of the mean squared difference; divided by the item's pooled standard deviation it is dMACS.

    Notes
    -----
    .. math:: \int \{E_F(x \mid \eta) - E_R(x \mid \eta)\} f_F(\eta)\, d\eta, \qquad
              d_{MACS} = \frac{1}{SD} \sqrt{\int \{E_F(x \mid \eta) - E_R(x \mid \eta)\}^2 f_F(\eta)\, d\eta}

    with the normal density of the factor in the unit F, by Gauss-Hermite quadrature (Nye & Drasgow 2011, J. Appl.
    Psychol. 96, 966-980, equations 3 and 4, as the R package dmacs states them). Of ordinal items the expected score is
    that of the graded response model in normal form.
    """
    factor = next(factor for factor, items in design.factors.items() if item in items)
    name, group = design.name(factor, unit), design.group(unit)
    nodes, weights = _quadrature()
    levels = values[f"{name}~1", group] + np.sqrt(max(values[f"{name}~~{name}", group], 0.0)) * nodes
    curves = [item_curve(design, item, number, values, points) for number in (0, unit)]
    apart = curves[1].expected(levels) - curves[0].expected(levels)
    return float(weights @ apart), float(np.sqrt(weights @ apart**2))


def pooled_sd(one: np.ndarray, other: np.ndarray) -> float:
    """Pool two standard deviations as dMACS does.

    Parameters
    ----------
    one : numpy.ndarray
        Answers in the reference, missing as NaN.
    other : numpy.ndarray
        Answers in the unit.

    Returns
    -------
    float
        Mean of both standard deviations, weighted by people minus 1.
    """
    one, other = one[~np.isnan(one)], other[~np.isnan(other)]
    weights = len(one) - 1, len(other) - 1
    return float((weights[0] * one.std(ddof=1) + weights[1] * other.std(ddof=1)) / sum(weights))


@cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights / weights.sum()
