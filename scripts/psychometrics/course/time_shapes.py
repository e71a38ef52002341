"""Shapes that a course may have over time, and the columns of a mixed model that describe them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

POINTS = 9  # of a curve
NONE, LINEAR, LOG, QUADRATIC, TWO_PIECE = "none", "linear", "log", "quadratic", "two-piece"
FIXED = {
    NONE: [],
    LINEAR: ["elapsed"],
    LOG: ["log_elapsed"],
    QUADRATIC: ["elapsed", "elapsed_squared"],
    TWO_PIECE: ["before", "after"],
}
RANDOM = FIXED | {QUADRATIC: ["elapsed"]}  # dyads differ in their slopes; a bend of each would need many sessions


class Shape(NamedTuple):
    """A shape of the mean course.

    Attributes
    ----------
    name : str
        none, linear, log, quadratic or two-piece.
    bound : float
        Elapsed time at which the second piece begins; missing for other shapes.
    """

    name: str
    bound: float = np.nan

    @property
    def fixed(self) -> list[str]:
        """List the terms of the mean course beside the intercept.

        Returns
        -------
        list of str
            Columns of :meth:`columns`.
        """
        return FIXED[self.name]

    @property
    def random(self) -> list[str]:
        """List the terms in which dyads may differ, beside the intercept.

        Returns
        -------
        list of str
            Columns of :meth:`columns`.
        """
        return RANDOM[self.name]

    def columns(self, elapsed: np.ndarray) -> pd.DataFrame:
        """Give the terms at times.

        Parameters
        ----------
        elapsed : numpy.ndarray of shape (n,)
            Time since the first session that was rated, in sessions or weeks.

        Returns
        -------
        pandas.DataFrame of shape (n, terms)
            The terms of the mean course: time; the logarithm of 1 + time; time and its square; or time up to the bound
            and time beyond it, so that the two pieces meet.

        Examples
        --------
        >>> Shape("two-piece", 2.0).columns(np.array([0.0, 2, 5])).to_dict("list")
        {'before': [0.0, 2.0, 2.0], 'after': [0.0, 0.0, 3.0]}
        """
        every = {
            "elapsed": elapsed,
            "log_elapsed": np.log1p(elapsed),
            "elapsed_squared": elapsed**2,
            "before": np.minimum(elapsed, self.bound),
            "after": np.maximum(elapsed - self.bound, 0.0),
        }
        return pd.DataFrame({name: every[name] for name in self.fixed}, index=range(len(elapsed)))

    def points(self, last: float) -> np.ndarray:
        """Give times at which expected scores tell the course.

        Parameters
        ----------
        last : float
            Elapsed time at the end.

        Returns
        -------
        numpy.ndarray
            The ends of straight lines and between them, where intervals are shorter; of curves some points, closer
            together at the beginning.

        Examples
        --------
        >>> Shape("two-piece", 4.0).points(10.0).tolist()
        [0.0, 2.0, 4.0, 7.0, 10.0]
        """
        if self.name in (NONE, LINEAR):
            return np.linspace(0.0, last, 5)
        if self.name == TWO_PIECE:
            return np.array([0.0, self.bound / 2, self.bound, (self.bound + last) / 2, last])
        return last * np.linspace(0, 1, POINTS) ** 2


def shapes_for(elapsed: np.ndarray, bounds: Sequence[float]) -> list[tuple[Shape, str]]:
    """List the shapes that may be compared, each with the reason why it cannot be fitted.

    Parameters
    ----------
    elapsed : numpy.ndarray
        Times that were rated.
    bounds : sequence of float
        Elapsed times at which a phase ends.

    Returns
    -------
    list of (Shape, str)
        The reason is empty where the shape can be fitted.

    Examples
    --------
    >>> [(shape.name, reason) for shape, reason in shapes_for(np.array([0.0, 1.0]), [])][-1]
    ('two-piece', 'needs phases: none is named whose end all therapies share')
    """
    times = np.unique(elapsed)
    few = "" if len(times) > 2 else f"needs three measurement occasions: there are {len(times)}"
    found = [(Shape(NONE), ""), (Shape(LINEAR), ""), (Shape(LOG), few), (Shape(QUADRATIC), few)]
    if not len(bounds):
        return [*found, (Shape(TWO_PIECE), "needs phases: none is named whose end all therapies share")]
    for bound in bounds:
        inside = ((times > 0) & (times <= bound)).any() and (times > bound).any()
        reason = few or ("" if inside else "needs ratings on both sides of the end of the phase")
        found.append((Shape(TWO_PIECE, float(bound)), reason))
    return found
