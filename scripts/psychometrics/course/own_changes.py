"""The change of each dyad by itself: how far it may be trusted, and whether it is more than chance."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from psychometrics.course.growth import Growth
from psychometrics.mixed_models.component_values import Covariances


class OwnChanges(NamedTuple):
    """Changes over the median course by least squares, dyad by dyad.

    Attributes
    ----------
    change : numpy.ndarray of shape (dyads,)
        Change of each dyad with enough sessions.
    error : numpy.ndarray of shape (dyads,)
        Its error variance, in units of the residual variance.
    dyads : pandas.Index
        The dyads.
    """

    change: np.ndarray
    error: np.ndarray
    dyads: pd.Index


def own_changes(growth: Growth) -> OwnChanges:
    r"""Compute the change of each dyad from its own sessions.

    .. math:: \hat c_i = d'\hat\beta_i, \qquad \operatorname{var}(\hat c_i) = \sigma^2 d'(Z_i'Z_i)^{-1}d

    Parameters
    ----------
    growth : Growth
        Models of the course, with slopes of dyads.

    Returns
    -------
    OwnChanges
        Of the dyads whose sessions tell their slopes. d is what the terms gain over the median course; of a line the
        error is :math:`\sigma^2 T^2 / SST_i`, with the sum of squares of the dyad's times about their mean.
    """
    terms = growth.slopes_of("dyad")
    frame = growth.frame
    codes, names = pd.factorize(frame["dyad"], sort=True)
    design = np.column_stack([np.ones(len(frame)), frame[terms].to_numpy(float)])
    fixed = ["1", *growth.chosen.shape.fixed]
    effects = growth.effects
    mean = np.column_stack([np.ones(len(frame)), frame[fixed[1:]].to_numpy(float)]) @ effects
    rest = frame["score"].to_numpy(float) - mean
    q = design.shape[1]
    products, sums = np.zeros((len(names), q, q)), np.zeros((len(names), q))
    np.add.at(products, codes, design[:, :, None] * design[:, None, :])
    np.add.at(sums, codes, design * rest[:, None])
    size = np.sqrt(np.einsum("gii->gi", products))
    scaled = products / np.maximum(size[:, :, None] * size[:, None, :], 1e-12)
    told = np.linalg.eigvalsh(scaled)[:, 0] > 1e-6
    inverse = np.linalg.inv(products[told])
    step = np.concatenate([[0.0], growth.step(terms)])
    of_mean = float(growth.step(growth.chosen.shape.fixed) @ effects[1:])
    change = of_mean + (inverse @ sums[told][..., None])[..., 0] @ step
    return OwnChanges(change, np.einsum("i,gij,j->g", step, inverse, step), pd.Index(names[told]))


def change_variance(growth: Growth, level: str) -> Callable[[Covariances], np.ndarray]:
    """Make a function that gives the variance of changes over the median course between the groups of a level.

    Parameters
    ----------
    growth : Growth
        Models of the course.
    level : str
        A level with slopes.

    Returns
    -------
    callable
        Variances (m,) from covariance matrices of m fits.
    """
    step = np.concatenate([[0.0], growth.step(growth.slopes_of(level))])
    return lambda found: np.einsum("i,mij,j->m", step, found.blocks[level], step)


def slope_reliability(growth: Growth, own: OwnChanges) -> Callable[[Covariances], np.ndarray]:
    r"""Make a function that gives the mean reliability of the slopes of dyads.

    .. math:: \frac1n \sum_i \frac{\tau^2}{\tau^2 + \sigma^2 / SST_i}

    Parameters
    ----------
    growth : Growth
        Models of the course.
    own : OwnChanges
        Changes of the dyads.

    Returns
    -------
    callable
        Reliabilities (m,) from covariance matrices of m fits.

    Notes
    -----
    Raudenbush & Bryk (2002), Hierarchical linear models, eq. 3.59, with slopes of therapists in :math:`\tau^2`, since
    dyads of different therapists are told apart as well.
    """
    levels = [level for level in growth.levels if growth.slopes_of(level)]
    variances = [change_variance(growth, level) for level in levels]

    def _reliability(found: Covariances) -> np.ndarray:
        true = np.sum([variance(found) for variance in variances], axis=0)
        error = found.residual[:, 0, 0][:, None] * own.error
        return np.asarray((true[:, None] / (true[:, None] + error)).mean(axis=1))

    return _reliability


def beyond_chance(growth: Growth, own: OwnChanges, level: float) -> np.ndarray:
    """Tell which dyads changed by more than chance.

    Parameters
    ----------
    growth : Growth
        Models of the course.
    own : OwnChanges
        Changes of the dyads.
    level : float
        Level of the interval of each change, in (0, 1).

    Returns
    -------
    numpy.ndarray of int, shape (dyads,)
        1 up, -1 down, 0 where the interval of the dyad's own change holds 0.
    """
    variance = float(growth.fit.residual_covariance.to_numpy()[0, 0])
    limit = ndtri((1 + level) / 2) * np.sqrt(variance * own.error)
    return np.where(own.change > limit, 1, np.where(own.change < -limit, -1, 0))
