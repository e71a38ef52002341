"""Standard errors of what is made of covariance matrices, if the random effects are normal: by the delta method."""

from collections.abc import Callable

import numpy as np

from psychometrics.mixed_models.component_values import Covariances, covariances_of
from psychometrics.mixed_models.deviance import Deviance
from psychometrics.mixed_models.search import second_derivatives

STEP = 1e-4


def model_errors(
    deviance: Deviance, parameters: np.ndarray, values_of: Callable[[Covariances], np.ndarray]
) -> np.ndarray:
    r"""Compute standard errors from the curvature of the likelihood.

    Parameters
    ----------
    deviance : Deviance
        The model.
    parameters : numpy.ndarray of shape (k,)
        Parameters at the maximum, or near it where a standard deviation is 0 there.
    values_of : callable
        Values (m, r) from covariance matrices of m fits.

    Returns
    -------
    numpy.ndarray of shape (r,)
        Standard errors; missing where the likelihood has no maximum there.

    Notes
    -----
    The profiled deviance :math:`d(\theta)` has the residual standard deviation :math:`\sigma` at its best for each
    :math:`\theta`. Errors of :math:`\theta` have the covariance matrix
    :math:`2 (\partial^2 d / \partial\theta^2)^{-1}`; that of :math:`\log\sigma` beyond them has the variance
    :math:`1 / (2 n)`, with n - p for REML. Pinheiro & Bates (2000), Mixed-effects models in S and S-PLUS, chapter 2.
    """
    k = len(parameters)
    bends = second_derivatives(deviance, parameters) if k else np.empty((0, 0))
    around = parameters + STEP * np.concatenate([np.eye(k), -np.eye(k), np.zeros((2, k))])
    variance = deviance.state(around).variance * np.exp(np.r_[np.zeros(2 * k), 2 * STEP, -2 * STEP])
    values = values_of(covariances_of(deviance, around, variance))
    slopes = (values[:k] - values[k : 2 * k]) / (2 * STEP)
    of_scale = (values[-2] - values[-1]) / (2 * STEP)
    df = deviance.layout.n - deviance.p * deviance.restricted
    square = of_scale**2 / (2 * df)
    if k:
        roots, vectors = np.linalg.eigh(bends)
        if roots[0] <= 1e-9 * roots[-1]:
            return np.full(values.shape[1], np.nan)
        square = square + 2 * ((vectors.T @ slopes) ** 2 / roots[:, None]).sum(axis=0)
    return np.sqrt(square)
