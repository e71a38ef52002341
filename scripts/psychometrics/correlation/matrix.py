"""The one correlation matrix of an analysis, with its pair counts and what was done to it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from psychometrics.correlation.smoothing import smooth

FEWEST = 3  # common answers that a pair of items needs


@dataclass(frozen=True)
class CorrelationMatrix:
    """A correlation matrix and how it was obtained.

    Attributes
    ----------
    matrix : pandas.DataFrame
        Labelled correlations (p, p), positive definite.
    n : pandas.DataFrame
        Number of people behind each correlation (p, p), labelled.
    method : {'pearson', 'spearman', 'polychoric', 'mixed'}
        Kind of correlation.
    missing : {'pairwise', 'listwise', 'em'}
        Rule for missing answers.
    n_total : int
        The n for a test that needs one number: people with all answers (listwise) or at least one.
    notes : tuple of str
        Sentences on what was changed, bounded or left out.
    variance : pandas.DataFrame or None
        Asymptotic variances (p, p), labelled, of sqrt(n) times the polychoric correlations, where asked for.
    """

    matrix: pd.DataFrame
    n: pd.DataFrame
    method: str
    missing: str
    n_total: int
    notes: tuple[str, ...] = ()
    variance: pd.DataFrame | None = None


def given_matrix(matrix: pd.DataFrame, n: int) -> CorrelationMatrix:
    """Take a published correlation matrix as the start of an analysis; it counts as Pearson, listwise.

    Parameters
    ----------
    matrix : pandas.DataFrame
        Correlations, item x item.
    n : int
        Number of people behind it.

    Returns
    -------
    CorrelationMatrix
        The matrix, made positive definite where it is not, with a note.

    Raises
    ------
    ValueError
        Not square, labels of rows and columns differ, a missing value, not symmetric, diagonal not 1, a correlation
        outside [-1, 1], fewer than 3 people.
    """
    values = matrix.to_numpy(dtype=float)
    if values.shape[0] != values.shape[1]:
        raise ValueError(f"a correlation matrix is square, not {values.shape[0]} by {values.shape[1]}")
    if list(matrix.index) != list(matrix.columns):
        raise ValueError("the labels of the correlation matrix's rows and columns differ")
    labels = np.asarray(matrix.columns)
    _refuse(labels, ~np.isfinite(values), "has a missing value")
    _refuse(labels, np.abs(values - values.T) > 1e-8, "is not symmetric")
    _refuse(labels, np.diag(np.abs(np.diag(values) - 1) > 1e-8), "has a diagonal that is not 1")
    _refuse(labels, np.abs(values) > 1 + 1e-8, "has a correlation outside [-1, 1]")
    if n < FEWEST:
        raise ValueError(f"a correlation matrix needs at least {FEWEST} people behind it, not {n}")
    smoothed, notes = smooth((values + values.T) / 2)
    frame = pd.DataFrame(smoothed, index=matrix.index, columns=matrix.columns)
    counts = pd.DataFrame(int(n), index=matrix.index, columns=matrix.columns)
    return CorrelationMatrix(frame, counts, "pearson", "listwise", int(n), tuple(notes))


def _refuse(labels: np.ndarray, wrong: np.ndarray, fault: str) -> None:
    """Raise an error that names the first pair of items at which something is wrong."""
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(f"the correlation matrix {fault} at {labels[row]}, {labels[column]}")
