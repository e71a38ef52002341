"""Guttman's lower bounds to reliability that have a closed form, for one covariance matrix or a stack of them."""

import numpy as np
from numpy.typing import ArrayLike


def lambda_2(covariance: ArrayLike) -> np.ndarray:
    r"""Compute Guttman's lambda 2.

    .. math:: \lambda_2 = \frac{1}{\sigma_X^2}\left(\sum_{i \ne j} \sigma_{ij}
              + \sqrt{\tfrac{k}{k-1} \sum_{i \ne j} \sigma_{ij}^2}\right)

    Parameters
    ----------
    covariance : array_like of shape (..., k, k)
        Covariances of keyed items, k >= 2; correlations give the bound of standardized items.

    Returns
    -------
    numpy.ndarray of shape (...)
        Lambda 2.

    Notes
    -----
    Guttman (1945), Psychometrika 10, 255-282; never below alpha, which is his lambda 3. Agrees with lambda.2 of
    psych::guttman (correlations) and lambda2 of psych::splitHalf(covar = TRUE).

    Examples
    --------
    >>> covariance = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.5], [0.3, 0.5, 1.0]])
    >>> round(float(lambda_2(covariance)), 3)
    0.733
    """
    covariance = np.asarray(covariance, dtype=float)
    k = covariance.shape[-1]
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    total = covariance.sum(axis=(-2, -1))
    squares = np.maximum((covariance**2).sum(axis=(-2, -1)) - (variance**2).sum(axis=-1), 0.0)
    return (total - variance.sum(axis=-1) + np.sqrt(k / (k - 1) * squares)) / total


def lambda_6(covariance: ArrayLike) -> np.ndarray:
    r"""Compute Guttman's lambda 6, where the residual of each item in a regression on the others counts as error.

    .. math:: \lambda_6 = 1 - \frac{1}{\sigma_X^2} \sum_j \frac{1}{(\Sigma^{-1})_{jj}}

    Parameters
    ----------
    covariance : array_like of shape (..., k, k)
        Covariances of keyed items.

    Returns
    -------
    numpy.ndarray of shape (...)
        Lambda 6; missing where the matrix is singular or not positive definite.

    Notes
    -----
    Guttman (1945), Psychometrika 10, 255-282. Agrees with lambda.6 of psych::guttman and G6(smc) of psych::alpha
    (correlations), and with lambda6 of psych::splitHalf(covar = TRUE).

    Examples
    --------
    >>> covariance = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.5], [0.3, 0.5, 1.0]])
    >>> round(float(lambda_6(covariance)), 3)
    0.669
    """
    covariance = np.asarray(covariance, dtype=float)
    stack = covariance.reshape(-1, *covariance.shape[-2:])
    found = np.full(len(stack), np.nan)
    known = np.flatnonzero(np.isfinite(stack).all(axis=(1, 2)))
    smallest = np.linalg.eigvalsh(stack[known])[:, 0]
    usable = known[smallest > 1e-10 * np.trace(stack[known], axis1=1, axis2=2)]
    errors = 1 / np.diagonal(np.linalg.inv(stack[usable]), axis1=1, axis2=2)
    found[usable] = 1 - errors.sum(axis=1) / stack[usable].sum(axis=(1, 2))
    return found.reshape(covariance.shape[:-2])
