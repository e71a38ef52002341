"""Thresholds and polychoric correlations of ordinal items, and the influence of every person on them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.correlation.polychoric import MOST_CATEGORIES, Polychoric, encode, pair_tables, polychoric
from psychometrics.correlation.polychoric_errors import polychoric_variance
from psychometrics.not_computable import NotComputable


@dataclass(frozen=True)
class OrdinalMoments:
    """What diagonally weighted least squares knows of one group.

    Attributes
    ----------
    n : int
        Number of people.
    thresholds : numpy.ndarray of shape (p, c - 1)
        Thresholds, NaN beyond the categories of an item.
    correlations : numpy.ndarray of shape (p, p)
        Polychoric correlations.
    item : numpy.ndarray of int, shape (t,)
        Item of each of the t thresholds.
    number : numpy.ndarray of int, shape (t,)
        Number of each threshold within its item, from 0.
    influence : numpy.ndarray of shape (n, t + p (p - 1) / 2)
        Influence of every person on thresholds and correlations, the latter in the order of `np.triu_indices(p, 1)`;
        the asymptotic covariance matrix of sqrt(n) times these moments is G'G / n.
    weights : numpy.ndarray of shape (t + p (p - 1) / 2,)
        Inverse asymptotic variances.
    """

    n: int
    thresholds: np.ndarray
    correlations: np.ndarray
    item: np.ndarray
    number: np.ndarray
    influence: np.ndarray
    weights: np.ndarray

    def moments(self) -> np.ndarray:
        """Put thresholds and correlations in the order of the influences.

        Returns
        -------
        numpy.ndarray of shape (t + p (p - 1) / 2,)
            The moments.
        """
        upper = np.triu_indices(len(self.correlations), 1)
        return np.concatenate([self.thresholds[self.item, self.number], self.correlations[upper]])


def count_categories(answers: pd.DataFrame) -> dict[str, int]:
    """Count the categories in use, over all groups.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x ordinal items.

    Returns
    -------
    dict of str to int
        Item -> number of categories.

    Raises
    ------
    NotComputable
        An item with one category, or with more than 20.
    """
    counts = {str(item): int(answers[item].nunique()) for item in answers.columns}
    for item, count in counts.items():
        if count < 2:
            raise NotComputable(f"all answers to {item} are the same")
        if count > MOST_CATEGORIES:
            raise NotComputable(f"{item} has {count} categories: ordered items have at most {MOST_CATEGORIES}")
    return counts


def ordinal_moments(answers: pd.DataFrame, group: np.ndarray, names: Sequence[str]) -> list[OrdinalMoments]:
    r"""Compute thresholds, polychoric correlations and influences in every group.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x p ordinal items, missing answers missing.
    group : numpy.ndarray of int, shape (n,)
        Number of each person's group.
    names : sequence of str
        Names of the groups, for messages.

    Returns
    -------
    list of OrdinalMoments
        By group.

    Raises
    ------
    NotComputable
        A category that nobody in a group uses, a correlation without an estimate or a variance.

    Notes
    -----
    Muthen (1984), Psychometrika 49, 115-132. The influence on a threshold is :math:`n (1[a \le k] - F_k) / (n_t
    \phi(\tau_k))`, with n_t the people who answered the item; on correlations see `polychoric_variance`. Agrees with
    lavaan's sample statistics and NACOV.
    """
    codes, values = encode(answers)
    items = [str(name) for name in answers.columns]
    categories = max(len(value) for value in values)
    used = np.array([len(value) for value in values])
    result = []
    for number, name in enumerate(names):
        here = codes[group == number]
        where = f" in group {name}" if len(names) > 1 else ""
        for item in range(len(items)):
            counts = np.bincount(here[here[:, item] >= 0, item], minlength=used[item])[: used[item]]
            if (counts == 0).any():
                value = values[item][int(np.argmin(counts))]
                raise NotComputable(
                    f"nobody{where} gives the answer {value} to {items[item]}: merge categories in all groups"
                )
        full = np.where(here < 0, categories, here)
        tables = pair_tables(full, categories + 1)
        inner = tables[:, :categories, :, :categories]
        pairs = np.triu_indices(len(items), 1)
        if (inner.sum(axis=(1, 3))[pairs] < 3).any():
            raise NotComputable(f"fewer than three people{where} answered both items of a pair")
        fit = polychoric(inner)
        variance = polychoric_variance(fit, tables)
        if variance.undefined[pairs].any():
            place = int(np.argmax(variance.undefined[pairs]))
            one, two = items[pairs[0][place]], items[pairs[1][place]]
            raise NotComputable(f"the polychoric correlation of {one} with {two} has no estimate{where}")
        thresholds = np.where(np.arange(categories - 1) < used[:, None] - 1, fit.thresholds, np.nan)
        of, place_in = np.nonzero(~np.isnan(thresholds))
        of_thresholds = _threshold_influence(here, fit, of, place_in)
        influence = np.hstack([of_thresholds, variance.influence(full)])
        weights = 1 / np.mean(influence**2, axis=0)
        result.append(OrdinalMoments(len(here), thresholds, fit.rho, of, place_in, influence, weights))
    return result


def _threshold_influence(codes: np.ndarray, fit: Polychoric, item: np.ndarray, number: np.ndarray) -> np.ndarray:
    chosen = codes[:, item]
    answered = chosen >= 0
    below = np.where(answered, chosen <= number, 0.0)
    share = below.sum(axis=0) / answered.sum(axis=0)
    density = np.exp(-0.5 * fit.thresholds[item, number] ** 2) / np.sqrt(2 * np.pi)
    scale = len(codes) / (answered.sum(axis=0) * density)
    return np.where(answered, (below - share) * scale, 0.0)
