"""One partner for each: the assignment problem."""

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching


def best_matching(cost: np.ndarray) -> np.ndarray:
    """Find the column that goes with each row, no column twice, so that the costs add up to the least.

    Parameters
    ----------
    cost : numpy.ndarray of shape (r, c)
        Finite costs, no more rows than columns.

    Returns
    -------
    numpy.ndarray of int, shape (r,)
        The column of each row.

    Notes
    -----
    Where every row has its cheapest column for itself, no more is to be done; otherwise the algorithm of Jonker and
    Volgenant. The same as `scipy.optimize.linear_sum_assignment`, which takes a sixth of a second to import.

    Examples
    --------
    >>> best_matching(np.array([[1.0, 2.0], [1.0, 4.0]])).tolist()
    [1, 0]
    """
    cheapest = cost.argmin(axis=1)
    if len(set(cheapest.tolist())) == len(cheapest):
        return cheapest
    rows, columns = min_weight_full_bipartite_matching(csr_array(cost - cost.max() - 1))  # a zero would be no pair
    return columns[np.argsort(rows)]
