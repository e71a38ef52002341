"""The moments of ordinal answers and how they vary, computed once for any number of models of the same answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from psychometrics.covariance_structures.adjusted_chi_square import (
    AdjustedTest,
    Variation,
    baseline_test,
    variation,
)
from psychometrics.covariance_structures.ordinal_moments import OrdinalMoments, ordinal_moments
from psychometrics.covariance_structures.preparation import Prepared


@dataclass(frozen=True)
class OrdinalSample:
    """What every model of the same ordinal answers has alike.

    Attributes
    ----------
    items : tuple of str
        The items, in the order of the moments.
    moments : tuple of OrdinalMoments
        Thresholds and polychoric correlations, by group.
    tested : Variation
        How they vary, for chi-squares.
    varied : Variation
        How they vary, for standard errors.
    null : AdjustedTest
        Test of the model of uncorrelated items.
    """

    items: tuple[str, ...]
    moments: tuple[OrdinalMoments, ...]
    tested: Variation
    varied: Variation
    null: AdjustedTest

    def ordered(self, items: Sequence[str]) -> "OrdinalSample":
        """Put the items into the order of a model.

        Parameters
        ----------
        items : sequence of str
            The same items.

        Returns
        -------
        OrdinalSample
            Itself where the order is the same.

        Raises
        ------
        ValueError
            Other items.
        """
        if tuple(items) == self.items:
            return self
        if sorted(items) != sorted(self.items):
            raise ValueError("the model and the moments are not about the same items")
        place = np.array([self.items.index(item) for item in items])
        order = [_order(group, place) for group in self.moments]
        moments = tuple(_moved(group, place, columns) for group, columns in zip(self.moments, order, strict=True))
        tested = _turned(self.tested, order)
        varied = tested if self.varied is self.tested else _turned(self.varied, order)
        return OrdinalSample(tuple(items), moments, tested, varied, self.null)


def ordinal_sample(prepared: Prepared, *, independent_tests: bool = False) -> OrdinalSample:
    """Compute the moments of the answers of every group.

    Parameters
    ----------
    prepared : Prepared
        Answers, groups, clusters.
    independent_tests : bool, default False
        Whether chi-squares take people as independent though standard errors know their clusters: with fewer clusters
        than degrees of freedom the adjusted chi-square and all indices that rest on it shrink.

    Returns
    -------
    OrdinalSample
        Moments and their variation.

    Raises
    ------
    NotComputable
        As `ordinal_moments`.
    """
    moments = ordinal_moments(prepared.answers, prepared.group, prepared.groups or ("",))
    clusters = prepared.clusters()
    varied = variation(moments, clusters)
    tested = variation(moments, None) if independent_tests and clusters is not None else varied
    items = tuple(str(name) for name in prepared.answers.columns)
    return OrdinalSample(items, tuple(moments), tested, varied, baseline_test(moments, tested))


def _order(group: OrdinalMoments, place: np.ndarray) -> np.ndarray:
    """Where each moment of the new order stands in the old one."""
    t, p = len(group.item), len(place)
    thresholds = np.concatenate([np.flatnonzero(group.item == item) for item in place])
    number = np.zeros((p, p), dtype=int)
    number[np.triu_indices(p, 1)] = np.arange(p * (p - 1) // 2)
    number += number.T
    return np.concatenate([thresholds, t + number[np.ix_(place, place)][np.triu_indices(p, 1)]])


def _moved(group: OrdinalMoments, place: np.ndarray, columns: np.ndarray) -> OrdinalMoments:
    thresholds = columns[: len(group.item)]
    return replace(
        group,
        thresholds=group.thresholds[place],
        correlations=group.correlations[np.ix_(place, place)],
        item=np.argsort(place)[group.item[thresholds]],
        number=group.number[thresholds],
        influence=group.influence[:, columns],
        weights=group.weights[columns],
    )


def _turned(varied: Variation, order: Sequence[np.ndarray]) -> Variation:
    return replace(varied, rows=tuple(rows[:, columns] for rows, columns in zip(varied.rows, order, strict=True)))
