"""From covariances to correlations, with one rule for variables without variance."""

import numpy as np

ROUNDING = 1e-12  # a variance up to this share of the largest in its matrix is rounding error


def to_correlations(covariance: np.ndarray, *, rounding: float = ROUNDING) -> tuple[np.ndarray, np.ndarray]:
    """Scale covariance matrices to correlations.

    Parameters
    ----------
    covariance : numpy.ndarray of shape (..., k, k)
        Covariances, or sums of squares and products.
    rounding : float, optional
        Share of the largest variance of the same matrix up to which a variance counts as none. Variances that a search
        drives towards zero need a larger one than sums of squares.

    Returns
    -------
    correlation : numpy.ndarray of shape (..., k, k)
        All correlations of a variable without variance are missing, also with itself.
    sd : numpy.ndarray of shape (..., k)
        Standard deviations, missing likewise.

    Notes
    -----
    stats::cov2cor, which divides by a variance of zero. Covariances from pairwise present answers can give correlations
    beyond 1, which are left as they are.

    Examples
    --------
    >>> import numpy as np
    >>> correlation, sd = to_correlations(np.array([[4.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    >>> correlation.round(2).tolist()
    [[1.0, 0.5, nan], [0.5, 1.0, nan], [nan, nan, nan]]
    >>> sd.tolist()
    [2.0, 1.0, nan]
    """
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(np.where(variance > rounding * variance.max(axis=-1, keepdims=True), variance, np.nan))
        return covariance / (sd[..., :, None] * sd[..., None, :]), sd
