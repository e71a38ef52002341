"""Smoothing of correlation matrices that are not positive definite."""

import numpy as np

from psychometrics.correlation.scaling import to_correlations

EIGENVALUE_TOLERANCE = 1e-12  # psych::cor.smooth's
SINGULAR = 1e-9  # smallest eigenvalue up to which the inverse says nothing; smoothing leaves about 1e-10


def smooth(matrix: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Make a correlation matrix positive definite, in the manner of psych::cor.smooth.

    Where the smallest eigenvalue is not positive, eigenvalues below 1e-12 become 1e-10, all are rescaled to sum to p,
    and the matrix is put together again with a unit diagonal.

    Parameters
    ----------
    matrix : numpy.ndarray of shape (p, p)
        Correlations.

    Returns
    -------
    matrix : numpy.ndarray of shape (p, p)
        The same correlations, or those of a positive definite matrix near them.
    notes : list of str
        What changed; empty where nothing did.
    """
    if np.linalg.eigvalsh(matrix)[0] >= np.finfo(float).eps:
        return matrix, []
    values, vectors = np.linalg.eigh(matrix)
    raised = np.where(values < EIGENVALUE_TOLERANCE, 100 * EIGENVALUE_TOLERANCE, values)
    raised *= len(matrix) / raised.sum()
    product = (vectors * raised) @ vectors.T
    smoothed, _ = to_correlations(product)
    smoothed = (smoothed + smoothed.T) / 2
    np.fill_diagonal(smoothed, 1)
    change = np.abs(smoothed - matrix).max()
    return smoothed, [
        f"the matrix was not positive definite (smallest eigenvalue {values[0]:.2g}) and was smoothed: "
        f"its largest change is {change:.2g}"
    ]
