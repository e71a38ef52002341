"""Models of an outcome by bond, goals and tasks: added up, multiplied, by the lowest of them, by their mean."""

import numpy as np
import pandas as pd

from psychometrics.association.weighted import weighted_products
from psychometrics.resampling.weights import ClusterWeights

SCALES = ("bond", "goal", "task")
ADDITIVE, PRODUCTS, WEAKEST, MEAN = "additive", "with products", "weakest link", "mean alone"
MODELS = {
    ADDITIVE: SCALES,
    PRODUCTS: (*SCALES, "bond:goal", "bond:task", "goal:task"),
    WEAKEST: ("lowest",),
    MEAN: ("mean",),
}


def predictors_of(scales: pd.DataFrame) -> pd.DataFrame:
    """Make the predictors of all models from scales on one answer scale, centred at the mean of all three.

    Parameters
    ----------
    scales : pandas.DataFrame of shape (n, 3)
        Columns bond, goal, task, none missing.

    Returns
    -------
    pandas.DataFrame
        The scales, their products, the lowest and the mean.

    Examples
    --------
    >>> predictors_of(pd.DataFrame({"bond": [3.0, 5], "goal": [1.0, 5], "task": [2.0, 2]})).iloc[0].tolist()
    [0.0, -2.0, -1.0, -0.0, -0.0, 2.0, -2.0, -1.0]
    """
    values = scales[list(SCALES)].to_numpy(dtype=float)
    found = pd.DataFrame(values - values.mean(), columns=list(SCALES))
    for product in MODELS[PRODUCTS][3:]:
        one, two = product.split(":")
        found[product] = found[one] * found[two]
    own = found[list(SCALES)]
    return found.assign(lowest=own.min(axis=1), mean=own.mean(axis=1))


def least_squares(square: np.ndarray, cross: np.ndarray) -> np.ndarray:
    """Solve normal equations.

    Parameters
    ----------
    square : numpy.ndarray of shape (m, p, p)
        Products of the predictors.
    cross : numpy.ndarray of shape (m, p)
        Products of predictors and outcome.

    Returns
    -------
    numpy.ndarray of shape (m, p)
        Coefficients; missing where the products are not positive definite.
    """
    scale = np.sqrt(np.maximum(np.diagonal(square, axis1=1, axis2=2), 1e-300))
    scaled = square / (scale[:, :, None] * scale[:, None, :])
    sound = np.isfinite(scaled).all(axis=(1, 2))
    sound[sound] = np.linalg.eigvalsh(scaled[sound])[:, 0] > 1e-8
    found = np.full(cross.shape, np.nan)
    found[sound] = np.linalg.solve(scaled[sound], (cross / scale)[sound][..., None])[..., 0] / scale[sound]
    return found


def fit(design: np.ndarray, outcome: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Fit a linear model by least squares under many weightings of the rows.

    Parameters
    ----------
    design : numpy.ndarray of shape (n, p)
        Predictors with the intercept.
    outcome : numpy.ndarray of shape (n,)
        Outcome.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each row counts.

    Returns
    -------
    numpy.ndarray of shape (m, p)
        Coefficients.
    """
    products = weighted_products(np.column_stack([design, outcome]), weights)
    return least_squares(products[:, :-1, :-1], products[:, :-1, -1])


def corrected_aic(design: np.ndarray, outcome: np.ndarray) -> float:
    """Compute AICc of a linear model.

    Parameters
    ----------
    design : numpy.ndarray of shape (n, p)
        Predictors with the intercept.
    outcome : numpy.ndarray of shape (n,)
        Outcome.

    Returns
    -------
    float
        ``AIC(lm(...))`` of R plus 2k(k + 1) / (n - k - 1), where k counts the residual variance as well.
    """
    n, k = len(outcome), design.shape[1] + 1
    left = outcome - design @ fit(design, outcome, np.ones((1, n)))[0]
    return float(n * (np.log(2 * np.pi * left @ left / n) + 1) + 2 * k + 2 * k * (k + 1) / (n - k - 1))


def left_out_errors(design: np.ndarray, outcome: np.ndarray, parts: ClusterWeights) -> np.ndarray:
    """Predict each part of the rows from all others.

    Parameters
    ----------
    design : numpy.ndarray of shape (n, p)
        Predictors with the intercept.
    outcome : numpy.ndarray of shape (n,)
        Outcome.
    parts : ClusterWeights (parts, n)
        Leaves out one part at a time, such as a therapist.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Squared errors of prediction.
    """
    coefficients = fit(design, outcome, parts)
    return (outcome - np.vecdot(design, coefficients[parts.codes])) ** 2


def without_error(covariance: np.ndarray, reliabilities: np.ndarray) -> np.ndarray:
    """Take the error of the scales out of the covariances of scales and products.

    Parameters
    ----------
    covariance : numpy.ndarray of shape (m, 6, 6)
        Of the predictors of the model with products, each scale centred at its own mean.
    reliabilities : numpy.ndarray of shape (3,)
        Of the scales.

    Returns
    -------
    numpy.ndarray of shape (m, 6, 6)
        Covariances of true scores and of their products.

    Notes
    -----
    With independent errors a product of observed scores has variance v_b v_g + ..., of which the error makes
    v_b v_g - t_b t_g (v observed, t true); with another product that shares b it covaries by (v_b - t_b) c_gt more.
    """
    found = covariance.copy()
    variance = np.diagonal(covariance, axis1=1, axis2=2)[:, :3]
    true = variance * reliabilities
    for i in range(3):
        found[:, i, i] = true[:, i]
    pairs = [(0, 1), (0, 2), (1, 2)]
    for place, (i, j) in enumerate(pairs, start=3):
        found[:, place, place] -= variance[:, i] * variance[:, j] - true[:, i] * true[:, j]
        for other, (k, m) in enumerate(pairs, start=3):
            if other > place:
                shared = ({i, j} & {k, m}).pop()
                one, two = sorted({i, j} ^ {k, m})
                error = (variance[:, shared] - true[:, shared]) * covariance[:, one, two]
                found[:, place, other] -= error
                found[:, other, place] -= error
    return found


def covariances(values: np.ndarray, weights: np.ndarray | ClusterWeights) -> np.ndarray:
    """Compute covariances of all pairs of columns under many weightings of the rows, with the divisor n.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, q)
        Columns.
    weights : numpy.ndarray or ClusterWeights, (m, n)
        How often each row counts.

    Returns
    -------
    numpy.ndarray of shape (m, q, q)
        Covariances.
    """
    sums = weighted_products(np.column_stack([np.ones(len(values)), values]), weights)
    mean = sums[:, 0, 1:] / sums[:, :1, 0]
    return sums[:, 1:, 1:] / sums[:, :1, :1] - mean[:, :, None] * mean[:, None, :]


def corrected_fit(covariance: np.ndarray, reliabilities: np.ndarray, model: str) -> np.ndarray:
    """Fit a model to covariances without the error of the scales.

    Parameters
    ----------
    covariance : numpy.ndarray of shape (m, k + 7, k + 7)
        Of k baselines, the six predictors of the model with products (each scale centred at its own mean), and the
        outcome.
    reliabilities : numpy.ndarray of shape (3,)
        Of the scales.
    model : {'additive', 'with products', 'mean alone'}
        The model.

    Returns
    -------
    numpy.ndarray of shape (m, terms + 1)
        Slopes of the terms of the model, and the share of the variance that all predictors explain; missing where
        reliabilities are too low for the correlations.
    """
    first = covariance.shape[-1] - 7
    true = covariance.copy()
    true[:, first:-1, first:-1] = without_error(covariance[:, first:-1, first:-1], reliabilities)
    own = {ADDITIVE: np.eye(6)[:3], PRODUCTS: np.eye(6), MEAN: np.array([[1, 1, 1, 0, 0, 0]]) / 3}[model]
    taken = np.zeros((first + len(own), first + 6))
    taken[:first, :first], taken[first:, first:] = np.eye(first), own
    square, cross = taken @ true[:, :-1, :-1] @ taken.T, true[:, :-1, -1] @ taken.T
    slopes = least_squares(square, cross)
    explained = np.vecdot(slopes, cross) / true[:, -1, -1]
    return np.column_stack([slopes[:, first:], np.where(explained <= 1, explained, np.nan)])
