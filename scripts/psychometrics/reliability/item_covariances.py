"""Covariances of the items of one scale under the rule for missing answers, and for resamples of the people."""

import numpy as np
import pandas as pd

from psychometrics.correlation.em_moments import CONVERGED, EmMoments, em_moments
from psychometrics.resampling.weights import ClusterWeights

MISSING = ("pairwise", "listwise", "em")
FEWEST = 3  # common answers that a pair of items needs
NUMBERS_AT_ONCE = 30_000_000
RESAMPLED = 1e-5  # largest change in the last step of EM in a resample: far below its sampling error


def harmonic_n(counts: np.ndarray) -> int:
    """Compute the one number of people that pairwise matrices are treated as having.

    Parameters
    ----------
    counts : numpy.ndarray of shape (pairs,)
        Number of people behind each pair of items, at least 1.

    Returns
    -------
    int
        The harmonic mean, rounded down.

    Examples
    --------
    >>> harmonic_n(np.array([100, 50]))
    66
    """
    return int(len(counts) / np.sum(1 / counts) + 1e-9)  # equal counts may round to just below


class ItemCovariances:
    """Covariance matrices of one set of answers, under any weighting of the people.

    Parameters
    ----------
    answers : pandas.DataFrame of shape (n people, k items)
        Answers as numbers, missing as missing.
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        "pairwise" takes each covariance over the people who answered both items; "listwise" takes people who answered
        every item; "em" uses all answers of everyone, by normal-theory maximum likelihood.

    Attributes
    ----------
    people : numpy.ndarray of shape (n,)
        True for those whose answers are used: with every item answered (listwise) or at least one.
    n : int
        How many that are; pairwise, where answers are missing, the harmonic mean of the numbers behind the covariances,
        rounded down, which intervals by formula use.
    method : str
        The rule in words, for the row of a result.
    reason : str
        Why there are no covariances; "" where there are.

    Raises
    ------
    ValueError
        For an unknown rule.

    Notes
    -----
    Agrees with stats::cov(use = "pairwise" or "complete"). Those of EM are the covariances of
    :func:`psychometrics.correlation.em_moments.em_moments` times n / (n - 1), so that all rules give the same
    numbers where no answer is missing.
    """

    def __init__(self, answers: pd.DataFrame, *, missing: str = "pairwise") -> None:
        if missing not in MISSING:
            raise ValueError(f"the rule for missing answers is one of {', '.join(MISSING)}, not {missing!r}")
        values = answers.to_numpy(dtype=float, na_value=np.nan)
        answered = np.isfinite(values)
        self.people = answered.all(axis=1) if missing == "listwise" else answered.any(axis=1)
        values, self._answered = values[self.people], answered[self.people]
        self._complete = bool(self._answered.all())
        # centred values keep the sums of squares small; covariances do not depend on it
        counts = np.maximum(self._answered.sum(axis=0), 1)
        self._values = np.where(self._answered, values - np.where(self._answered, values, 0).sum(axis=0) / counts, 0.0)
        self._missing, self._first, self._second = missing, *np.triu_indices(values.shape[1])
        pairs = self._answered.astype(float).T @ self._answered
        self.n, self.method = self._describe(pairs[np.triu_indices(len(pairs), 1)], int(len(answers) - len(values)))
        self.reason = self._why_not(pairs, list(answers.columns))
        if not self.reason and missing == "em" and not self._complete:
            try:
                self._whole = self._em(None)
            except ValueError as failure:
                self.reason = str(failure)

    def _describe(self, pairs: np.ndarray, left_out: int) -> tuple[int, str]:
        people = len(self._values)
        if self._missing == "listwise":
            return people, f"covariances, listwise: {left_out} left out" if left_out else "covariances"
        if self._complete or not pairs.size or pairs.min() == 0:
            return people, "covariances"
        if self._missing == "em":
            return people, "covariances by EM, n everyone with an answer"
        return harmonic_n(
            pairs
        ), f"covariances, pairwise: n the harmonic mean of {pairs.min():.0f} to {pairs.max():.0f}"

    def _why_not(self, pairs: np.ndarray, items: list) -> str:
        if self._missing == "listwise" or self._complete:
            return "" if len(self._values) >= FEWEST else "fewer than three people answered every item"
        i, j = np.unravel_index(pairs.argmin(), pairs.shape)
        if pairs[i, j] < FEWEST:
            both = f"both {items[min(i, j)]} and {items[max(i, j)]}" if i != j else f"{items[i]}"
            return f"fewer than three people answered {both}"
        return ""

    def matrix(self) -> np.ndarray:
        """Compute the covariances of the people as they are.

        Returns
        -------
        numpy.ndarray of shape (k, k)
            Covariances.
        """
        return self.resampled(np.ones((1, len(self._values))))[0]

    def resampled(self, weights: np.ndarray | ClusterWeights) -> np.ndarray:
        """Compute the covariances under many weightings of the people.

        Parameters
        ----------
        weights : numpy.ndarray or ClusterWeights, (m, people used)
            How often each person counts, in whole numbers.

        Returns
        -------
        numpy.ndarray of shape (m, k, k)
            Covariances; missing where undefined.
        """
        if self._missing == "em" and not self._complete:
            return np.array([self._em_or_missing(row) for row in weights])
        if not isinstance(weights, ClusterWeights):
            weights = np.asarray(weights, dtype=float)
        k = self._values.shape[1]
        covariance = np.empty((len(weights), k, k))
        at_once = max(1, NUMBERS_AT_ONCE // max(len(self._values), 1))
        for start in range(0, len(self._first), at_once):
            first, second = (items[start : start + at_once] for items in (self._first, self._second))
            covariance[:, first, second] = covariance[:, second, first] = self._moments(weights, first, second)
        return covariance

    def _moments(self, weights: np.ndarray | ClusterWeights, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Covariances of pairs of items, (m, pairs)."""
        one, two = self._values[:, first], self._values[:, second]
        if self._complete:
            count = weights.sum(axis=1, keepdims=True)
            sums = weights @ self._values
            product_of_sums = sums[:, first] * sums[:, second]
        else:
            here = self._answered[:, first] & self._answered[:, second]
            count = weights @ here
            product_of_sums = (weights @ (one * here)) * (weights @ (two * here))
        with np.errstate(divide="ignore", invalid="ignore"):
            return (weights @ (one * two) - product_of_sums / count) / (count - 1)

    def _em(
        self, weights: np.ndarray | None, *, start: EmMoments | None = None, tolerance: float = CONVERGED
    ) -> EmMoments:
        values = np.where(self._answered, self._values, np.nan)
        return em_moments(values, weights, start=start, tolerance=tolerance)

    def _em_or_missing(self, weights: np.ndarray) -> np.ndarray:
        k = self._values.shape[1]
        unbiased = weights.sum() / (weights.sum() - 1)
        if (weights == 1).all():
            return self._whole.covariance * unbiased
        drawn = self._answered[weights > 0]
        spread = np.where(self._answered, self._values, np.nan)[weights > 0]
        if not drawn.any(axis=0).all() or not np.all(np.nanmax(spread, axis=0) > np.nanmin(spread, axis=0)):
            return np.full((k, k), np.nan)
        try:
            return self._em(weights, start=self._whole, tolerance=RESAMPLED).covariance * unbiased
        except ValueError:  # too few of the people were drawn for these missing answers
            return np.full((k, k), np.nan)
