"""The correlation matrix of answers, under any weighting of the people."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.correlation.em_moments import em_moments
from psychometrics.correlation.influence import product_moment_influence
from psychometrics.correlation.matrix import FEWEST, CorrelationMatrix
from psychometrics.correlation.polychoric import MOST_CATEGORIES, encode, pair_tables, polychoric
from psychometrics.correlation.polychoric_errors import polychoric_variance
from psychometrics.correlation.polychoric_search import BOUND
from psychometrics.correlation.polyserial import mixed_correlations
from psychometrics.correlation.product_moment import (
    midranks,
    spearman_of_pairs,
    spearman_of_tables,
    weighted_correlations,
)
from psychometrics.correlation.scaling import to_correlations
from psychometrics.correlation.smoothing import smooth

METHODS = ("pearson", "spearman", "polychoric", "mixed")
MISSING = ("pairwise", "listwise", "em")
MOST_INFLUENCES = 100_000_000
MOST_NAMES = 8  # items or pairs that a message names

Found = tuple[np.ndarray, list[str], np.ndarray | None]  # correlations, notes, asymptotic variances


def correlate(
    answers: pd.DataFrame,
    *,
    method: str = "polychoric",
    missing: str = "pairwise",
    weights: ArrayLike | None = None,
    continuous: Sequence[str] | None = None,
    variances: bool = False,
) -> CorrelationMatrix:
    """Compute the correlation matrix of answers.

    `Correlator` does the same for many weightings of the same answers.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items (two or more), numbers; missing answers missing.
    method : {'polychoric', 'spearman', 'pearson', 'mixed'}, default 'polychoric'
        Kind of correlation: polychoric (two-step maximum likelihood, at most 20 categories per item), Spearman's rho,
        Pearson's r, or mixed (polychoric, polyserial or Pearson, as the two items ask for).
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        Rule for missing answers: "pairwise" uses all people who answered both items; "listwise" people who answered
        every item; "em", for Pearson, all answers of everyone, by normal-theory maximum likelihood.
    weights : array_like of shape (people,), optional
        How often each person counts, nonnegative whole numbers; by default once.
    continuous : sequence of str, optional
        Of "mixed", the items to take as continuous; by default those with more than 20 different values.
    variances : bool, default False
        Of "polychoric", whether to add the asymptotic variances that weighted least squares needs.

    Returns
    -------
    CorrelationMatrix
        The labelled matrix, the number of people behind each correlation, and notes on what was changed or left out.

    Raises
    ------
    ValueError
        As `Correlator`.

    Notes
    -----
    Sources and the R functions that this agrees with: see `Correlator`.

    Examples
    --------
    >>> from psychometrics import correlate, example_answers
    >>> answers = example_answers()[["wai_01", "wai_02", "wai_03"]]
    >>> found = correlate(answers)
    >>> found.matrix.round(2)
            wai_01  wai_02  wai_03
    wai_01    1.00    0.41    0.48
    wai_02    0.41    1.00    0.44
    wai_03    0.48    0.44    1.00
    >>> found.n
            wai_01  wai_02  wai_03
    wai_01     188     184     185
    wai_02     184     195     191
    wai_03     185     191     196
    >>> correlate(answers, method="pearson", missing="em").matrix.round(2)
            wai_01  wai_02  wai_03
    wai_01    1.00    0.31    0.42
    wai_02    0.31    1.00    0.38
    wai_03    0.42    0.38    1.00
    """
    correlator = Correlator(answers, method=method, missing=missing, continuous=continuous, variances=variances)
    return correlator(weights)


class Correlator:
    """Correlation matrices of one set of answers under any weighting of the people, as a bootstrap needs them.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x p >= 2 items, numbers; missing answers missing.
    method : {'polychoric', 'spearman', 'pearson', 'mixed'}, default 'polychoric'
        Kind of correlation: polychoric (two-step maximum likelihood, at most 20 categories per item), Spearman's rho,
        Pearson's r, or mixed (polychoric, polyserial or Pearson, as the two items ask for).
    missing : {'pairwise', 'listwise', 'em'}, default 'pairwise'
        Rule for missing answers: "pairwise" uses all people who answered both items; "listwise" people who answered
        every item; "em", for Pearson, all answers of everyone, by normal-theory maximum likelihood.
    continuous : sequence of str, optional
        Of "mixed", the items to take as continuous; by default those with more than 20 different values.
    variances : bool, default False
        Of "polychoric", whether to add the asymptotic variances that weighted least squares needs.

    Attributes
    ----------
    people : numpy.ndarray of bool, shape (n,)
        True for the people whose answers are used: with all answers (listwise) or at least one.

    Raises
    ------
    ValueError
        Naming the items: no answers, answers that do not vary, pairs with fewer than 3 common answers, too many
        categories for ordinal items; a method that EM or the asymptotic variances are not for. A weighting that takes
        an item's variation away raises it as well.

    Notes
    -----
    Pearson and Spearman agree with stats::cor(use = "pairwise" or "complete"): the ranks of a pair are taken among the
    people who answered both. Polychoric, mixed, EM: see `psychometrics.correlation.polychoric`,
    `psychometrics.correlation.polyserial` and `psychometrics.correlation.em_moments`. A matrix with an eigenvalue that
    is not positive is smoothed as psych::cor.smooth does, and a note says how much that changed.

    Examples
    --------
    >>> answers = pd.DataFrame({"one": [1, 2, 3, 3, 4], "two": [2, 1, 3, 4, 4]})
    >>> correlator = Correlator(answers, method="pearson")
    >>> correlator().matrix.round(2)
          one   two
    one  1.00  0.77
    two  0.77  1.00
    >>> correlator([0, 1, 1, 2, 1]).matrix.round(2)
          one   two
    one  1.00  0.81
    two  0.81  1.00
    """

    def __init__(
        self,
        answers: pd.DataFrame,
        *,
        method: str = "polychoric",
        missing: str = "pairwise",
        continuous: Sequence[str] | None = None,
        variances: bool = False,
    ) -> None:
        if method not in METHODS:
            raise ValueError(f"the correlation is one of {', '.join(METHODS)}, not {method!r}")
        if missing not in MISSING:
            raise ValueError(f"the rule for missing answers is one of {', '.join(MISSING)}, not {missing!r}")
        if missing == "em" and method != "pearson":
            raise ValueError(f"EM takes the answers as normal: it is for pearson correlations, not {method}")
        if variances and method != "polychoric":
            raise ValueError(f"asymptotic variances are for polychoric correlations, not {method}")
        if continuous is not None and method != "mixed":
            raise ValueError(f"items are named continuous for mixed correlations, not for {method}")
        if answers.shape[1] < 2:
            raise ValueError("correlations need at least two items")
        self.method, self.missing, self.items = method, missing, list(answers.columns)
        self._labels = pd.Index(self.items)
        self.variances = variances
        if not all(pd.api.types.is_numeric_dtype(dtype) for dtype in answers.dtypes):
            answers = answers.astype("Float64")
        answered = answers.notna().to_numpy()
        self.people = np.asarray(answered.all(axis=1) if missing == "listwise" else answered.any(axis=1))
        self._left_out = int(len(answered) - self.people.sum())
        if self._left_out:
            answers, answered = answers[self.people], answered[self.people]
        self._answered = answered
        if method != "polychoric":  # for these the numbers of the categories are enough, an eighth of the memory
            self._values = answers.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        if method != "pearson":
            self._codes, found = encode(answers)
            different = np.array([len(value) for value in found])
            self._continuous = self._which_continuous(continuous, different)
            self._codes[:, self._continuous] = -1
            self._categories = int(self._codes.max(initial=0)) + 1
            if method != "spearman" and self._categories > MOST_CATEGORIES:
                many = self._names((different > MOST_CATEGORIES) & ~self._continuous)
                raise ValueError(
                    f"polychoric correlations take at most {MOST_CATEGORIES} categories, and there are more in: {many}"
                )

    def _which_continuous(self, continuous: Sequence[str] | None, different: np.ndarray) -> np.ndarray:
        if self.method != "mixed":
            return np.zeros(len(different), dtype=bool)
        if continuous is None:
            return different > MOST_CATEGORIES
        if unknown := [str(item) for item in continuous if item not in self.items]:
            raise ValueError(f"there are no answers to the continuous items {', '.join(unknown)}")
        return np.isin(np.arange(len(different)), [self.items.index(item) for item in continuous])

    def __call__(self, weights: ArrayLike | None = None) -> CorrelationMatrix:
        """Correlation matrix in which person r counts weights[r] times (nonnegative whole numbers; None for once)."""
        weights = self._check_weights(weights)
        n, matrix, notes, variance = self._of_method(weights)
        self._check_defined(matrix)
        matrix, smoothing = smooth(matrix)
        if self.missing == "listwise" and self._left_out:
            notes = [f"{self._left_out} people left out because they did not answer every item", *notes]
        total = len(self._answered) if weights is None else int(weights.sum())
        return CorrelationMatrix(
            self._frame(matrix),
            self._frame(n.astype(int)),
            self.method,
            self.missing,
            total,
            (*notes, *smoothing),
            None if variance is None else self._frame(variance),
        )

    def influence(self, *, expected: bool = False) -> np.ndarray:
        """Compute the influence of every person on every polychoric or Pearson correlation, for sandwich covariances.

        Parameters
        ----------
        expected : bool, default False
            Whether those on polychoric correlations rest on expected information, which makes standard errors of small
            samples right, instead of lavaan's sums over the people; see `polychoric_variance`.

        Returns
        -------
        numpy.ndarray of shape (people, p (p - 1) / 2)
            Influences, the people being those marked in `people`; see `PolychoricVariance.influence` and
            `product_moment_influence`.

        Raises
        ------
        ValueError
            Spearman or mixed correlations, EM moments; more than 100 million numbers, some 800 megabytes.
        """
        if self.method not in ("polychoric", "pearson") or self.missing == "em":
            kind = f"{self.method} correlations" + (" from EM moments" if self.missing == "em" else "")
            raise ValueError(f"influences are for polychoric and Pearson correlations, not for {kind}")
        n, p = self._answered.shape
        if n * p * (p - 1) // 2 > MOST_INFLUENCES:
            raise ValueError(f"the influences of {n} people on the correlations of {p} items need too much memory")
        if self.method == "pearson":
            matrix = weighted_correlations(self._values, self._answered, self._counts(None), None)
            return product_moment_influence(self._values, matrix)
        tables = self._of_everyone
        inner = tables[:, : self._categories, :, : self._categories]
        codes = np.where(self._answered, self._codes, self._categories)
        return polychoric_variance(polychoric(inner), tables, expected=expected).influence(codes)

    def shuffled(self, rng: np.random.Generator) -> "Correlator":
        """Permute every item's column on its own: no association, with the same margins and missing answers.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of the permutations.

        Returns
        -------
        Correlator
            Correlations of the permuted answers.
        """
        other = object.__new__(Correlator)
        other.__dict__ |= {name: value for name, value in self.__dict__.items() if name != "_of_everyone"}
        if self.method == "pearson":
            other._values = rng.permuted(self._values, axis=0)
            other._answered = ~np.isnan(other._values)
        elif self.method == "mixed":
            order = rng.permuted(np.broadcast_to(np.arange(len(self._values))[:, None], self._values.shape), axis=0)
            for name in ("_values", "_codes", "_answered"):
                setattr(other, name, np.take_along_axis(getattr(self, name), order, axis=0))
        else:
            other._codes = rng.permuted(self._codes, axis=0)
            other._answered = other._codes >= 0
        return other

    def _check_weights(self, weights: ArrayLike | None) -> np.ndarray | None:
        if weights is None:
            return None
        weights = np.asarray(weights, dtype=float)
        if weights.shape != self.people.shape:
            raise ValueError(f"{weights.size} weights were given for {self.people.size} people")
        if (weights < 0).any() or (weights % 1 != 0).any():
            raise ValueError("weights count people: they must be whole and not negative")
        return weights[self.people]

    def _of_method(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray | None]:
        """Pair counts, correlations, notes and asymptotic variances."""
        if self.method == "polychoric":
            return self._polychoric(weights)
        n = self._counts(weights)
        return n, *getattr(self, f"_{self.method}")(n, weights)

    def _counts(self, weights: np.ndarray | None) -> np.ndarray:
        answered = self._answered.astype(float)
        n = answered.T @ (answered if weights is None else answered * weights[:, None])
        self._check_counts(n, weights)
        return n

    def _check_counts(self, n: np.ndarray, weights: np.ndarray | None) -> None:
        people = len(self._answered) if weights is None else np.count_nonzero(weights)
        if self.missing == "listwise" and people < FEWEST:
            raise ValueError(f"fewer than {FEWEST} people answered every item")
        if (empty := np.diag(n) == 0).any():
            raise ValueError(f"no answers to: {self._names(empty)}")
        if (n < FEWEST).any():
            pairs = self._pair_names(n < FEWEST)
            raise ValueError(f"fewer than {FEWEST} people answered both items of: {pairs}")

    def _pearson(self, n: np.ndarray, weights: np.ndarray | None) -> Found:
        matrix = weighted_correlations(self._values, self._answered, n, weights)
        if self.missing != "em":
            return matrix, [], None
        self._check_defined(matrix)
        moments = em_moments(self._values, weights)
        notes = [] if moments.converged else [f"EM did not converge in {moments.iterations} iterations"]
        return to_correlations(moments.covariance)[0], notes, None

    def _spearman(self, n: np.ndarray, weights: np.ndarray | None) -> Found:
        weight = np.ones(len(self._codes)) if weights is None else weights
        if self._answered.all():
            ranks = np.column_stack([midranks(np.bincount(code, weight))[code] for code in self._codes.T])
            return weighted_correlations(ranks, self._answered, n, weights), [], None
        if self._categories <= MOST_CATEGORIES:
            return spearman_of_tables(pair_tables(self._codes, self._categories, weights)), [], None
        return spearman_of_pairs(self._codes, weight), [], None

    def _polychoric(self, weights: np.ndarray | None) -> tuple[np.ndarray, np.ndarray, list[str], np.ndarray | None]:
        with_missing = self._tables_with_missing(weights) if self.variances else None
        if with_missing is None:
            tables = pair_tables(self._codes, self._categories, weights)
        else:
            tables = with_missing[:, : self._categories, :, : self._categories]
        n = tables.sum(axis=(1, 3))
        self._check_counts(n, weights)
        varies = (tables.sum(axis=3) > 0).sum(axis=1) > 1  # the row's item, among people who answered the column's
        self._check_defined(np.where(varies & varies.T, 0.0, np.nan))
        fit = polychoric(tables)
        variance = None if with_missing is None else polychoric_variance(fit, with_missing).variance
        return n, fit.rho, self._search_notes("polychoric", fit.bounded, fit.unfinished), variance

    def _mixed(self, n: np.ndarray, weights: np.ndarray | None) -> Found:
        weights = np.ones(len(self._codes)) if weights is None else weights
        matrix, *ends = mixed_correlations(self._values, self._codes, self._continuous, n, weights)
        notes = self._search_notes("polychoric or polyserial", *ends)
        return matrix, [f"continuous: {self._names(self._continuous) or 'no item'}", *notes], None

    @cached_property
    def _of_everyone(self) -> np.ndarray:
        """Tables of all pairs, with a last category for missing answers."""
        return self._tables_of(slice(None), None)

    def _tables_with_missing(self, weights: np.ndarray | None) -> np.ndarray:
        if weights is None:
            return self._of_everyone
        left_out = weights == 0
        if 2 * left_out.sum() < len(weights) and weights.max() == 1:
            # a jackknife leaves out few, and counts are whole numbers, so that the difference is exact
            return self._of_everyone - self._tables_of(left_out, None)
        return self._tables_of(slice(None), weights)

    def _tables_of(self, people: slice | np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        codes = np.where(self._answered[people], self._codes[people], self._categories)
        return pair_tables(codes, self._categories + 1, weights)

    def _search_notes(self, kind: str, bounded: np.ndarray, unfinished: np.ndarray) -> list[str]:
        notes = []
        if unfinished.any():
            pairs = self._pair_names(unfinished)
            notes.append(f"the search for the {kind} correlation did not converge in: {pairs}")
        if bounded.any():
            pairs = self._pair_names(bounded)
            notes.append(f"the likelihood rises up to a perfect correlation, which was bounded at {BOUND}, in: {pairs}")
        return notes

    def _check_defined(self, matrix: np.ndarray) -> None:
        undefined = ~np.isfinite(matrix)
        if (constant := np.diag(undefined)).any():
            raise ValueError(f"all answers are the same in: {self._names(constant)}")
        if undefined.any():
            raise ValueError(
                f"among the people who answered both items one of them does not vary in: {self._pair_names(undefined)}"
            )

    def _names(self, which: np.ndarray) -> str:
        return _listed([str(item) for item, wanted in zip(self.items, which, strict=True) if wanted])

    def _pair_names(self, which: np.ndarray) -> str:
        rows, columns = np.nonzero(np.triu(which, 1))
        return _listed([f"{self.items[i]} with {self.items[j]}" for i, j in zip(rows, columns, strict=True)])

    def _frame(self, values: np.ndarray) -> pd.DataFrame:
        return pd.DataFrame(values, index=self._labels, columns=self._labels)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
