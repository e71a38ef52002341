"""Models of a published correlation matrix without the people behind it."""

import numpy as np
import pandas as pd

from psychometrics.not_computable import NotComputable


def answers_with(correlations: pd.DataFrame, n: int) -> pd.DataFrame:
    """Make up answers of n people that have just these correlations, for estimation that rests on nothing else.

    Parameters
    ----------
    correlations : pandas.DataFrame
        Item x item, positive definite.
    n : int
        Number of people behind it.

    Returns
    -------
    pandas.DataFrame
        People x items with means 0, variances 1 (divisor n) and the given correlations. Maximum likelihood from
        complete answers depends on them by these moments alone, so that estimates, chi-square and the standardized
        solution with its standard errors are those of the matrix.

    Raises
    ------
    NotComputable
        Fewer people than items, or a matrix that is not positive definite.

    Examples
    --------
    >>> matrix = pd.DataFrame([[1, 0.4], [0.4, 1]], index=["a", "b"], columns=["a", "b"])
    >>> answers_with(matrix, 5).corr().round(10)
         a    b
    a  1.0  0.4
    b  0.4  1.0
    """
    p = len(correlations)
    if n <= p + 1:
        raise NotComputable(f"{n} people are too few for the correlations of {p} items")
    try:
        root = np.linalg.cholesky(correlations.to_numpy(dtype=float))
    except np.linalg.LinAlgError:
        raise NotComputable("the correlation matrix is not positive definite") from None
    # columns of a discrete cosine basis are orthogonal to each other and to a constant
    place = np.outer(np.arange(n) + 0.5, np.arange(1, p + 1)) * np.pi / n
    return pd.DataFrame(np.sqrt(2) * np.cos(place) @ root.T, columns=correlations.columns)
