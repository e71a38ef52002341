"""The independent units of clients: therapists where clients are nested in them, otherwise the clients themselves."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.resampling.weights import ClusterWeights, leave_out_resamples

MOST_PARTS = 500  # of the units that are left out in turn; more units than that are put together at random


@dataclass(frozen=True)
class Units:
    """Which unit each client belongs to.

    Attributes
    ----------
    codes : numpy.ndarray of shape (n,)
        The unit of each client as 0, 1, ...
    nested : bool
        True where a unit holds several clients.
    """

    codes: np.ndarray
    nested: bool

    @classmethod
    def of(cls, units: ArrayLike | None, people: int) -> Self:
        """Number the units.

        Parameters
        ----------
        units : array_like of shape (n,) or None
            The unit of each client; None where every client is one.
        people : int
            Number of clients.

        Returns
        -------
        Units
            The units in sorted order.
        """
        codes, names = pd.factorize(np.arange(people) if units is None else np.asarray(units), sort=True)
        return cls(codes, len(names) < len(codes))

    @cached_property
    def parts(self) -> ClusterWeights:
        """Leave out one unit at a time, or one of :data:`MOST_PARTS` parts of many units.

        Returns
        -------
        ClusterWeights
            Zeros and ones, parts x clients.
        """
        if not len(self.codes):
            return ClusterWeights(np.ones((0, 1), dtype=np.int8), self.codes)
        return leave_out_resamples(self.codes, MOST_PARTS, 0)

    def units_behind(self, used: np.ndarray) -> np.ndarray:
        """Count the units behind estimates that use different clients.

        Parameters
        ----------
        used : numpy.ndarray of shape (n, p)
            True for the clients behind each of p estimates.

        Returns
        -------
        numpy.ndarray of shape (p,)
            Number of units with at least one client.
        """
        return _holding(self.codes, used).sum(axis=0)

    def parts_behind(self, used: np.ndarray) -> np.ndarray:
        """Flag the parts that matter to estimates that use different clients.

        Parameters
        ----------
        used : numpy.ndarray of shape (n, p)
            True for the clients behind each of p estimates.

        Returns
        -------
        numpy.ndarray of shape (parts, p)
            True where a part holds at least one client.
        """
        return _holding(self.parts.codes, used)

    def taken_as_independent(self, what: str, used: np.ndarray) -> list[str]:
        """Say what is wrong with a formula that takes nested clients as independent.

        Parameters
        ----------
        what : {'interval', 'test'}
            What the formula makes.
        used : numpy.ndarray of shape (n, p)
            True for the clients behind each of p estimates.

        Returns
        -------
        list of str
            One note for each estimate.
        """
        return [
            f"the {what} treats the {clients} clients as independent although they belong to {count} units"
            for clients, count in zip(used.sum(axis=0), self.units_behind(used), strict=True)
        ]


def _holding(codes: np.ndarray, used: np.ndarray) -> np.ndarray:
    """(groups, p) flags of the groups 0, 1, ... with at least one of the clients used."""
    if not len(codes):
        return np.zeros((0, used.shape[1]), dtype=bool)
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return np.logical_or.reduceat(used[order], starts, axis=0)
