"""Factors of one solution matched to those of another: congruence, order and direction."""

import numpy as np
import pandas as pd

from psychometrics.factors.assignment import best_pairs
from psychometrics.factors.solution import FactorSolution


def tucker_congruence(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    r"""Compute coefficients of congruence of the factors of two patterns over the items they share.

    Parameters
    ----------
    a : pandas.DataFrame
        Items x factors, pattern loadings of the first solution.
    b : pandas.DataFrame
        Items x factors, pattern loadings of the second solution; the number of factors may differ.

    Returns
    -------
    pandas.DataFrame
        Factors of `a` x factors of `b`, each coefficient in [-1, 1]; 0 where all loadings of a factor are 0.

    Raises
    ------
    ValueError
        The two patterns share no item.

    Notes
    -----
    .. math:: \phi_{jk} = \frac{\sum_i a_{ij} b_{ik}}{\sqrt{\sum_i a_{ij}^2 \sum_i b_{ik}^2}}

    Tucker (1951). Above .95 factors count as equal, from .85 to .94 as similar (Lorenzo-Seva & ten Berge 2006,
    Methodology 2). Agrees with psych::factor.congruence.

    Examples
    --------
    The factors of polychoric and of Pearson correlations of the same answers:

    >>> from psychometrics import correlate, example_answers, fit_solution, tucker_congruence
    >>> items = example_answers().filter(regex="_[0-9]+$")
    >>> ordinal, metric = (
    ...     fit_solution(correlate(items, method=method).matrix, n=200, k=4).pattern
    ...     for method in ("polychoric", "pearson")
    ... )
    >>> tucker_congruence(ordinal, metric).round(2)
          F1    F2    F3    F4
    F1  0.07  1.00  0.05  0.09
    F2  1.00  0.07  0.05  0.06
    F3  0.06  0.05  1.00  0.06
    F4  0.06  0.05  0.08  1.00
    """
    items = a.index.intersection(b.index, sort=False)
    if not len(items):
        raise ValueError("the two patterns share no item")
    values = congruence_array(a.loc[items].to_numpy(dtype=float), b.loc[items].to_numpy(dtype=float))
    return pd.DataFrame(values, index=a.columns, columns=b.columns)


def congruences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute Tucker congruences over the items whose loadings are known in both solutions, see `tucker_congruence`.

    Parameters
    ----------
    a : numpy.ndarray
        Loadings (..., p, k), one solution or a stack of them; NaN where unknown.
    b : numpy.ndarray
        Loadings (..., p, m) of the same items; NaN where unknown.

    Returns
    -------
    numpy.ndarray
        Congruences (..., k, m) of the columns; NaN where no loading is known in both or all of them are 0.
    """
    known_a, known_b = (np.isfinite(values).astype(float) for values in (a, b))
    a, b = np.nan_to_num(a), np.nan_to_num(b)
    size = (np.swapaxes(a**2, -1, -2) @ known_b) * (np.swapaxes(known_a, -1, -2) @ b**2)
    return np.divide(np.swapaxes(a, -1, -2) @ b, np.sqrt(size), out=np.full(size.shape, np.nan), where=size > 0)


def congruence_array(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Compute congruences for matching, where a factor without loadings is like no other.

    Parameters
    ----------
    a : numpy.ndarray
        Loadings (p, k).
    b : numpy.ndarray
        Loadings (p, m) of the same items.

    Returns
    -------
    numpy.ndarray
        Congruences (k, m); 0 where a column is all zero.
    """
    return np.nan_to_num(congruences(a, b))


def match_factors(congruence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the order and signs that bring k factors onto k target factors.

    Parameters
    ----------
    congruence : numpy.ndarray
        Congruences of the factors (rows) with the target factors (columns).

    Returns
    -------
    order : numpy.ndarray
        For each target factor the row that is matched to it, (k,), as `FactorSolution.permuted` takes it.
    signs : numpy.ndarray
        For each target factor 1 or -1, (k,): the direction of the matched factor.

    Notes
    -----
    Of all orders the one with the largest sum of absolute congruences is taken (Hungarian method).

    Examples
    --------
    >>> import numpy as np
    >>> from psychometrics.factors.alignment import match_factors
    >>> order, signs = match_factors(np.array([[0.1, -0.9], [0.8, 0.2]]))
    >>> order.tolist(), signs.tolist()
    ([1, 0], [1.0, -1.0])
    """
    columns, order = best_pairs(-np.abs(congruence).T)
    signs = np.where(congruence[order, columns] < 0, -1.0, 1.0)
    return order, signs


def align_arrays(pattern: np.ndarray, phi: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Align loadings and factor correlations to a target: `align` for arrays, for resampling.

    Parameters
    ----------
    pattern : numpy.ndarray
        Pattern loadings (p, k).
    phi : numpy.ndarray
        Factor correlations (k, k).
    target : numpy.ndarray
        Pattern loadings (p, k) that decide on order and direction.

    Returns
    -------
    pattern : numpy.ndarray
        The pattern (p, k) with the target's order and direction of the factors.
    phi : numpy.ndarray
        The factor correlations (k, k), likewise.
    congruence : numpy.ndarray
        Absolute congruence of each matched pair of factors, (k,).
    """
    congruence = congruence_array(pattern, target)
    order, signs = match_factors(congruence)
    matched = np.abs(congruence[order, np.arange(len(order))])
    return pattern[:, order] * signs, phi[np.ix_(order, order)] * np.outer(signs, signs), matched


def align(solution: FactorSolution, target_pattern: pd.DataFrame) -> FactorSolution:
    """Align a solution to the factors of a target.

    Parameters
    ----------
    solution : FactorSolution
        A solution with k factors.
    target_pattern : pandas.DataFrame
        Items x k factors; the items it shares with the solution decide.

    Returns
    -------
    FactorSolution
        The solution with its factors in the order and direction, and under the names, of the most congruent factors of
        the target.

    Raises
    ------
    ValueError
        The numbers of factors differ, or no item is shared.
    """
    if target_pattern.shape[1] != solution.pattern.shape[1]:
        raise ValueError(
            f"the target has {target_pattern.shape[1]} factors and the solution {solution.pattern.shape[1]}"
        )
    congruence = tucker_congruence(solution.pattern, target_pattern)
    order, signs = match_factors(congruence.to_numpy())
    return solution.permuted(order.tolist(), signs.tolist(), labels=list(target_pattern.columns))
