"""Cross-products of the columns of a mixed model, by groups."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Level(NamedTuple):
    """The groups of one level, in the order of the rows.

    Attributes
    ----------
    first : int
        First column of the level's own random effects.
    width : int
        Number of these columns in a group.
    starts : numpy.ndarray of int, shape (groups,)
        First row of each group.
    codes : numpy.ndarray of int, shape (n,)
        Group of each row.
    single : bool
        Whether all rows are one group, as of crossed effects.
    """

    first: int
    width: int
    starts: np.ndarray
    codes: np.ndarray
    single: bool

    @property
    def end(self) -> int:
        """Number of the first column behind the level's own.

        Returns
        -------
        int
            Column.
        """
        return self.first + self.width


class Products(NamedTuple):
    """Cross-products of the columns: those of each level's own with itself and all behind, and of what is left.

    Attributes
    ----------
    levels : list of numpy.ndarray, each (..., groups, width, columns)
        For each level.
    rest : numpy.ndarray of shape (..., clusters, p + 1, p + 1)
        Fixed effects and outcome; one cluster where nothing is resampled.
    """

    levels: list[np.ndarray]
    rest: np.ndarray


def sum_groups(values: np.ndarray, level: Level, axis: int) -> np.ndarray:
    """Sum rows over the groups of a level.

    Parameters
    ----------
    values : numpy.ndarray
        Rows along the axis.
    level : Level
        Level.
    axis : int
        Axis of the rows.

    Returns
    -------
    numpy.ndarray
        Groups along the axis.
    """
    return np.add.reduceat(values, level.starts, axis=axis)


def cross_products(left: np.ndarray, right: np.ndarray, levels: Sequence[Level], clusters: np.ndarray) -> Products:
    """Compute the cross-products of columns by groups.

    Parameters
    ----------
    left : numpy.ndarray of shape (n, c)
        Columns: random effects level by level, fixed effects, outcome.
    right : numpy.ndarray of shape (..., n, c)
        The same columns, multiplied by the inverse covariance of the residuals.
    levels : sequence of Level
        Levels from the lowest.
    clusters : numpy.ndarray of int
        First row of each cluster that is resampled; only 0 where none is.

    Returns
    -------
    Products
        Cross-products.
    """
    found = []
    for level in levels:
        own = left[:, level.first : level.end]
        if level.single:
            found.append((own.T @ right[..., level.first :])[..., None, :, :])
        else:
            rows = [sum_groups(column[:, None] * right[..., level.first :], level, -2) for column in own.T]
            found.append(np.stack(rows, axis=-2))
    first = levels[-1].end if levels else 0
    own = left[:, first:]
    if len(clusters) == 1:
        rest = (own.T @ right[..., first:])[..., None, :, :]
    else:
        rows = [np.add.reduceat(column[:, None] * right[..., first:], clusters, axis=-2) for column in own.T]
        rest = np.stack(rows, axis=-2)
    return Products(found, rest)
