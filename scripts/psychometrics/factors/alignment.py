"""Matching of the factors of one solution with those of another: congruence, order and direction."""

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from psychometrics.factors.solution import FactorSolution


def tucker_congruence(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    r"""Coefficients of congruence of the factors of two patterns over the items they share.

    .. math:: \phi_{jk} = \frac{\sum_i a_{ij} b_{ik}}{\sqrt{\sum_i a_{ij}^2 \sum_i b_{ik}^2}}

    a : items x factors; b : items x factors. Returns factors of a x factors of b, each in [-1, 1]. Tucker (1951); above
    .95 factors count as equal, .85-.94 as similar (Lorenzo-Seva & ten Berge 2006, Methodology 2). Agrees with
    psych::factor.congruence.

    Raises
    ------
    ValueError : the two patterns share no item.
    """
    items = a.index.intersection(b.index, sort=False)
    if not len(items):
        raise ValueError("the two patterns share no item")
    values = congruence_array(a.loc[items].to_numpy(dtype=float), b.loc[items].to_numpy(dtype=float))
    return pd.DataFrame(values, index=a.columns, columns=b.columns)


def congruence_array(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Congruence of the columns of a (p, k) with those of b (p, m), as (k, m); 0 where a column is all zero."""
    lengths = np.sqrt(np.outer((a * a).sum(axis=0), (b * b).sum(axis=0)))
    return np.divide(a.T @ b, lengths, out=np.zeros(lengths.shape), where=lengths > 0)


def match_factors(congruence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Order and signs that bring k factors (rows) onto k target factors (columns).

    The assignment has the largest sum of absolute congruences of all orders (Hungarian method). Returns `order` (k,),
    the row for each target factor, and `signs` (k,), 1 or -1, as `FactorSolution.permuted` takes them.
    """
    columns, order = linear_sum_assignment(-np.abs(congruence).T)
    signs = np.where(congruence[order, columns] < 0, -1.0, 1.0)
    return order, signs


def align_arrays(pattern: np.ndarray, phi: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`align` for arrays, for resampling: pattern (p, k), phi (k, k), target (p, k).

    Returns the pattern and phi in the target's order and direction, and the congruence (k,) of each matched pair.
    """
    congruence = congruence_array(pattern, target)
    order, signs = match_factors(congruence)
    matched = np.abs(congruence[order, np.arange(len(order))])
    return pattern[:, order] * signs, phi[np.ix_(order, order)] * np.outer(signs, signs), matched


def align(solution: FactorSolution, target_pattern: pd.DataFrame) -> FactorSolution:
    """The solution with its factors in the order and direction, and under the names, of the most congruent factors of a
    target.

    target_pattern : items x factors, as many factors as the solution; items in common decide.

    Raises
    ------
    ValueError : another number of factors, or no item in common.
    """
    if target_pattern.shape[1] != solution.pattern.shape[1]:
        raise ValueError(
            f"the target has {target_pattern.shape[1]} factors and the solution {solution.pattern.shape[1]}"
        )
    congruence = tucker_congruence(solution.pattern, target_pattern)
    order, signs = match_factors(congruence.to_numpy())
    return solution.permuted(order, signs, labels=list(target_pattern.columns))
