"""Every coefficient of a scale that follows from its item covariances, for one matrix or for thousands of resamples."""

import numpy as np

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.general_factor_indices import construct_h
from psychometrics.factors.minres import one_factor_minres
from psychometrics.reliability.guttman import lambda_2, lambda_6
from psychometrics.reliability.omega_total import omega_total, omega_total_standardized
from psychometrics.reliability.split_half import split_reliability

ONE_FACTOR = "one-factor minres on Pearson r"
METHODS = {
    "alpha": "covariances",
    "alpha_jackknife": "covariances",
    "alpha_standardized": "correlations",
    "mean_inter_item_r": "correlations",
    "spearman_brown": "two items, 2 r / (1 + r)",
    "guttman_lambda_2": "covariances",
    "guttman_lambda_4": "covariances",
    "guttman_lambda_6": "covariances, squared multiple correlations",
    "omega_total": f"{ONE_FACTOR}, raw-score metric, over the model's variance",
    "omega_total_standardized": f"{ONE_FACTOR}, standardized items, over the observed variance",
    "construct_reliability_h": f"{ONE_FACTOR}, of the best weighted sum",
    "sem": "of the mean score, sd sqrt(1 - alpha)",
    "reliable_change": "of the mean score, 1.96 sqrt(2) sem",
}
CRITICAL = 1.96  # Jacobson & Truax's
NO_VARIANCE = 1e-12  # of a sum, as a share of the items' variances: rounding error
BOOTSTRAP_TOLERANCE = 1e-6  # of loadings; far below their sampling error


def coefficient_alpha(covariance: np.ndarray) -> np.ndarray:
    r"""Compute coefficient alpha of covariance matrices.

    Parameters
    ----------
    covariance : numpy.ndarray of shape (..., k, k)
        Covariances of keyed items; correlations give standardized alpha.

    Returns
    -------
    numpy.ndarray of shape (...)
        Alpha; missing for one item, and where the sum has no variance.

    Notes
    -----
    .. math:: \alpha = \frac{k}{k-1}\left(1 - \frac{\sum_j \sigma_j^2}{\sigma_X^2}\right)

    Cronbach (1951), Psychometrika 16, eq. 2. Agrees with psych::alpha.

    Examples
    --------
    >>> from psychometrics import coefficient_alpha, example_answers
    >>> bond = example_answers()[["wai_03", "wai_05", "wai_07", "wai_09"]].dropna()
    >>> round(float(coefficient_alpha(bond.cov().to_numpy())), 2)
    0.86
    """
    k = covariance.shape[-1]
    total, variance = covariance.sum(axis=(-2, -1)), np.trace(covariance, axis1=-2, axis2=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > NO_VARIANCE * variance, np.divide(k, k - 1) * (1 - variance / total), np.nan)


def scale_coefficients(
    covariance: np.ndarray,
    split: np.ndarray,
    *,
    start: np.ndarray | None = None,
    tolerance: float = BOOTSTRAP_TOLERANCE,
) -> dict[str, np.ndarray]:
    """Compute every coefficient of many covariance matrices.

    Parameters
    ----------
    covariance : numpy.ndarray of shape (m, k, k)
        Covariances of keyed items, k at least 2.
    split : numpy.ndarray of shape (k,)
        True for the items of one half of the greatest split.
    start : numpy.ndarray of shape (k,), optional
        Loadings at which the one-factor model begins.
    tolerance : float, optional
        Largest change of a loading in the last sweep of the one-factor model.

    Returns
    -------
    dict[str, numpy.ndarray]
        Name -> values (m,), missing where undefined; and `loadings` (m, k) of the one-factor model.
    """
    k = covariance.shape[-1]
    correlation, sd = to_correlations(covariance)
    with np.errstate(divide="ignore", invalid="ignore"):
        alpha = coefficient_alpha(covariance)
        mean_r = (correlation.sum(axis=(1, 2)) - k) / (k * (k - 1))
        loadings = np.full_like(sd, np.nan)
        if k > 2:
            start = start if start is not None and np.isfinite(start).all() else None
            loadings = one_factor_minres(correlation, start=start, tolerance=tolerance)
        varies = np.where(np.isfinite(alpha), 1.0, np.nan)
        sem = np.sqrt(np.maximum(covariance.sum(axis=(1, 2)) * (1 - alpha), 0)) / k
        return {
            "loadings": loadings,
            "alpha": alpha,
            "alpha_jackknife": alpha,
            "alpha_standardized": coefficient_alpha(correlation),
            "mean_inter_item_r": mean_r,
            "spearman_brown": 2 * mean_r / (1 + mean_r),
            "guttman_lambda_2": varies * lambda_2(covariance),
            "guttman_lambda_4": varies * split_reliability(covariance, split),
            "guttman_lambda_6": varies * lambda_6(covariance),
            "omega_total": omega_total(loadings, sd),
            "omega_total_standardized": omega_total_standardized(loadings, correlation),
            "construct_reliability_h": construct_h(loadings),
            "sem": sem,
            "reliable_change": CRITICAL * np.sqrt(2) * sem,
        }
