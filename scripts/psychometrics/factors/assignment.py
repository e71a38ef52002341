"""The best pairs of rows and columns, such as factors and their targets."""

import numpy as np


def best_pairs(costs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the pairs of a row and a column each whose costs have the smallest sum (Hungarian method).

    Parameters
    ----------
    costs : numpy.ndarray of shape (m, n)
        Cost of each pair.

    Returns
    -------
    rows, columns : numpy.ndarray
        The pairs, as many as the shorter side has, in ascending order of the rows.

    Examples
    --------
    >>> import numpy as np
    >>> from psychometrics.factors.assignment import best_pairs
    >>> best_pairs(np.array([[1.0, 2.0], [1.0, 9.0]]))[1].tolist()
    [1, 0]
    """
    # half as long to import as pandas, and most of the steps that import this never come here
    from scipy.optimize import linear_sum_assignment

    return linear_sum_assignment(costs)
