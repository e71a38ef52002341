"""The one correlation matrix of an analysis: from answers or given, with its pair counts and what was done to it."""
from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.polychoric import MOST_CATEGORIES, encode, pair_tables, polychoric
from psychometrics.polychoric_search import BOUND
from psychometrics.product_moment import midranks, spearman_of_pairs, spearman_of_tables, weighted_correlations

METHODS = ("pearson", "spearman", "polychoric")
MISSING = ("pairwise", "listwise")
FEWEST = 3  # common answers that a pair of items needs
EIGENVALUE_TOLERANCE = 1e-12  # psych::cor.smooth's


@dataclass(frozen=True)
class CorrelationMatrix:
    """A correlation matrix and how it came about.

    matrix : (p, p) labelled correlations, positive definite.
    n : (p, p) labelled number of people behind each correlation.
    method : pearson, spearman or polychoric.
    missing : pairwise or listwise.
    n_total : the n for a test that needs one number: people with at least one answer (pairwise) or all (listwise).
    notes : sentences on what was changed, bounded or left out.
    """

    matrix: pd.DataFrame
    n: pd.DataFrame
    method: str
    missing: str
    n_total: int
    notes: tuple[str, ...] = ()


def correlate(answers, *, method="polychoric", missing="pairwise", weights=None) -> CorrelationMatrix:
    """Correlation matrix of answers; see `Correlator`, which is for many weightings of the same answers."""
    return Correlator(answers, method=method, missing=missing)(weights)


class Correlator:
    """Correlation matrices of one set of answers under any weighting of the people, as a bootstrap needs them.

    Parameters
    ----------
    answers : (n people, p >= 2 items) numbers, missing as missing.
    method : "polychoric" (two-step maximum likelihood, at most 20 categories per item), "spearman" or "pearson".
    missing : "pairwise" uses all people who answered both items; "listwise" people who answered every item.

    Raises
    ------
    ValueError
        Naming the items: no answers, answers that do not vary, pairs with fewer than 3 common answers, too many
        categories for polychoric correlations. A weighting that takes an item's variation away raises it as well.

    Notes
    -----
    Pearson and Spearman agree with stats::cor(use = "pairwise" or "complete"): the ranks of a pair are taken among the
    people who answered both. Polychoric: see `psychometrics.polychoric`. A matrix with an eigenvalue that is not
    positive is smoothed as psych::cor.smooth does, and a note says how much that changed.
    """

    def __init__(self, answers: pd.DataFrame, *, method="polychoric", missing="pairwise"):
        if method not in METHODS:
            raise ValueError(f"the correlation is one of {', '.join(METHODS)}, not {method!r}")
        if missing not in MISSING:
            raise ValueError(f"the rule for missing answers is one of {', '.join(MISSING)}, not {missing!r}")
        if answers.shape[1] < 2:
            raise ValueError("correlations need at least two items")
        self.method, self.missing, self.items = method, missing, list(answers.columns)
        values = answers.astype("Float64").to_numpy(dtype=float, na_value=np.nan)
        answered = ~np.isnan(values)
        self._kept = answered.any(axis=1) if missing == "pairwise" else answered.all(axis=1)
        self._left_out = int(len(values) - self._kept.sum())
        self._values, self._answered = values[self._kept], answered[self._kept]
        if method != "pearson":
            self._codes, _ = encode(pd.DataFrame(self._values))
            self._categories = int(self._codes.max(initial=0)) + 1
            if method == "polychoric" and self._categories > MOST_CATEGORIES:
                many = self._names(self._codes.max(axis=0) >= MOST_CATEGORIES)
                raise ValueError(f"polychoric correlations take at most {MOST_CATEGORIES} categories, "
                                 f"and there are more in: {many}")

    def __call__(self, weights=None) -> CorrelationMatrix:
        """Correlation matrix in which person r counts weights[r] times (nonnegative whole numbers; None for once)."""
        weights = self._check_weights(weights)
        n = self._counts(weights)
        matrix, notes = getattr(self, f"_{self.method}")(n, weights)
        self._check_defined(matrix)
        matrix, smoothing = smooth(matrix)
        if self.missing == "listwise" and self._left_out:
            notes = [f"{self._left_out} people left out because they did not answer every item", *notes]
        total = len(self._values) if weights is None else int(weights.sum())
        return CorrelationMatrix(self._frame(matrix), self._frame(n.astype(int)), self.method, self.missing, total,
                                 (*notes, *smoothing))

    def shuffled(self, rng: np.random.Generator) -> "Correlator":
        """The same answers with every item's column permuted on its own: no association, margins and missings kept."""
        other = object.__new__(Correlator)
        other.__dict__ |= self.__dict__
        if self.method == "pearson":
            other._values = rng.permuted(self._values, axis=0)
            other._answered = ~np.isnan(other._values)
        else:
            other._codes = rng.permuted(self._codes, axis=0)
            other._answered = other._codes >= 0
        return other

    def _check_weights(self, weights):
        if weights is None:
            return None
        weights = np.asarray(weights, dtype=float)
        if weights.shape != self._kept.shape:
            raise ValueError(f"{weights.size} weights were given for {self._kept.size} people")
        if (weights < 0).any() or (weights % 1 != 0).any():
            raise ValueError("weights count people: they must be whole and not negative")
        return weights[self._kept]

    def _counts(self, weights):
        people = len(self._answered) if weights is None else np.count_nonzero(weights)
        if self.missing == "listwise" and people < FEWEST:
            raise ValueError(f"fewer than {FEWEST} people answered every item")
        answered = self._answered.astype(float)
        n = answered.T @ (answered if weights is None else answered * weights[:, None])
        if (empty := np.diag(n) == 0).any():
            raise ValueError(f"no answers to: {self._names(empty)}")
        if (n < FEWEST).any():
            pairs = self._pair_names(n < FEWEST)
            raise ValueError(f"fewer than {FEWEST} people answered both items of: {pairs}")
        return n

    def _pearson(self, n, weights):
        return weighted_correlations(self._values, self._answered, n, weights), []

    def _spearman(self, n, weights):
        weight = np.ones(len(self._codes)) if weights is None else weights
        if self._answered.all():
            ranks = np.column_stack([midranks(np.bincount(code, weight))[code] for code in self._codes.T])
            return weighted_correlations(ranks, self._answered, n, weights), []
        if self._categories <= MOST_CATEGORIES:
            return spearman_of_tables(pair_tables(self._codes, self._categories, weights)), []
        return spearman_of_pairs(self._codes, weight), []

    def _polychoric(self, n, weights):
        tables = pair_tables(self._codes, self._categories, weights)
        varies = (tables.sum(axis=3) > 0).sum(axis=1) > 1  # the row's item, among people who answered the column's
        self._check_defined(np.where(varies & varies.T, 0.0, np.nan))
        fit = polychoric(tables)
        notes = []
        if fit.unfinished.any():
            pairs = self._pair_names(fit.unfinished)
            notes.append(f"the search for the polychoric correlation did not converge in: {pairs}")
        if fit.bounded.any():
            pairs = self._pair_names(fit.bounded)
            notes.append(f"the likelihood rises up to a perfect correlation, which was bounded at {BOUND}, in: {pairs}")
        return fit.rho, notes

    def _check_defined(self, matrix):
        undefined = ~np.isfinite(matrix)
        if (constant := np.diag(undefined)).any():
            raise ValueError(f"all answers are the same in: {self._names(constant)}")
        if undefined.any():
            raise ValueError("among the people who answered both items one of them does not vary in: "
                             f"{self._pair_names(undefined)}")

    def _names(self, which):
        return ", ".join(str(item) for item, wanted in zip(self.items, which, strict=True) if wanted)

    def _pair_names(self, which):
        rows, columns = np.nonzero(np.triu(which, 1))
        return ", ".join(f"{self.items[i]} with {self.items[j]}" for i, j in zip(rows, columns, strict=True))

    def _frame(self, values):
        return pd.DataFrame(values, index=self.items, columns=self.items)


def smooth(matrix):
    """The nearest positive definite matrix in the manner of psych::cor.smooth, and notes on what changed.

    Where the smallest eigenvalue is not positive, eigenvalues below 1e-12 become 1e-10, all are rescaled to sum to p,
    and the matrix is put together again with a unit diagonal.
    """
    if np.linalg.eigvalsh(matrix)[0] >= np.finfo(float).eps:
        return matrix, []
    values, vectors = np.linalg.eigh(matrix)
    raised = np.where(values < EIGENVALUE_TOLERANCE, 100 * EIGENVALUE_TOLERANCE, values)
    raised *= len(matrix) / raised.sum()
    product = (vectors * raised) @ vectors.T
    scale = np.sqrt(np.diag(product))
    smoothed = product / np.outer(scale, scale)
    smoothed = (smoothed + smoothed.T) / 2
    np.fill_diagonal(smoothed, 1)
    change = np.abs(smoothed - matrix).max()
    return smoothed, [f"the matrix was not positive definite (smallest eigenvalue {values[0]:.2g}) and was smoothed: "
                      f"its largest change is {change:.2g}"]


def given_matrix(matrix: pd.DataFrame, n: int) -> CorrelationMatrix:
    """A published correlation matrix of n people as the start of an analysis; taken as Pearson, listwise.

    Raises
    ------
    ValueError
        Not square, labels of rows and columns differ, a missing value, not symmetric, diagonal not 1, |r| above 1,
        fewer than 3 people.
    """
    values = matrix.to_numpy(dtype=float)
    if values.shape[0] != values.shape[1]:
        raise ValueError(f"a correlation matrix is square, not {values.shape[0]} by {values.shape[1]}")
    if list(matrix.index) != list(matrix.columns):
        raise ValueError("the labels of the correlation matrix's rows and columns differ")
    labels = np.asarray(matrix.columns)

    def check(wrong, fault):
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            raise ValueError(f"the correlation matrix {fault} at {labels[row]}, {labels[column]}")

    check(~np.isfinite(values), "has a missing value")
    check(np.abs(values - values.T) > 1e-8, "is not symmetric")
    check(np.diag(np.abs(np.diag(values) - 1) > 1e-8), "has a diagonal that is not 1")
    check(np.abs(values) > 1 + 1e-8, "has a correlation outside [-1, 1]")
    if n < FEWEST:
        raise ValueError(f"a correlation matrix needs at least {FEWEST} people behind it, not {n}")
    smoothed, notes = smooth((values + values.T) / 2)
    frame = pd.DataFrame(smoothed, index=matrix.index, columns=matrix.columns)
    counts = pd.DataFrame(int(n), index=matrix.index, columns=matrix.columns)
    return CorrelationMatrix(frame, counts, "pearson", "listwise", int(n), tuple(notes))
