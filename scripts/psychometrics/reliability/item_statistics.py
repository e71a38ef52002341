"""What each item contributes to its scale."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from psychometrics.correlation.scaling import to_correlations
from psychometrics.factors.minres import one_factor_minres
from psychometrics.reliability.coefficients import BOOTSTRAP_TOLERANCE, ONE_FACTOR
from psychometrics.reliability.omega_total import omega_total
from psychometrics.resampling.formula_intervals import feldt_interval, fisher_interval


def item_coefficients(covariance: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    r"""Compute corrected item-total correlations, and alpha of the scale without each item.

    .. math:: r_{i(X-i)} = \frac{\sigma_{iX} - \sigma_i^2}{\sigma_i \sqrt{\sigma_X^2 - 2\sigma_{iX} + \sigma_i^2}}

    Parameters
    ----------
    covariance : array_like of shape (..., k, k)
        Covariances of keyed items.

    Returns
    -------
    item_rest_r : numpy.ndarray of shape (..., k)
        Correlation of each item with the sum of the others; missing where undefined.
    alpha_if_dropped : numpy.ndarray of shape (..., k)
        Alpha without the item; missing where undefined.

    Notes
    -----
    Nunnally & Bernstein (1994), Psychometric theory, chapter 8. Agrees with r.drop and raw_alpha in psych::alpha.

    Examples
    --------
    >>> covariance = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.5], [0.3, 0.5, 1.0]])
    >>> item_rest_r, alpha_if_dropped = item_coefficients(covariance)
    >>> item_rest_r.round(2), alpha_if_dropped.round(2)
    (array([0.52, 0.68, 0.45]), array([0.67, 0.46, 0.75]))
    """
    covariance = np.asarray(covariance, dtype=float)
    k = covariance.shape[-1]
    variance, with_total = np.diagonal(covariance, axis1=-2, axis2=-1), covariance.sum(axis=-1)
    total = covariance.sum(axis=(-2, -1))[..., None]
    rest = total - 2 * with_total + variance
    # where the sum of the other items is constant, rounding may leave it a variance just above zero
    rest_varies = rest > 1e-12 * np.maximum(total, variance.max(axis=-1, initial=0.0)[..., None])
    with np.errstate(divide="ignore", invalid="ignore"):
        r = np.clip((with_total - variance) / np.sqrt(variance * np.abs(rest)), -1, 1)
        alpha = np.full_like(r, np.nan)
        if k > 2:
            alpha = (k - 1) / (k - 2) * (1 - (variance.sum(axis=-1)[..., None] - variance) / rest)
    return np.where((variance > 0) & rest_varies, r, np.nan), np.where(rest_varies, alpha, np.nan)


def omega_if_dropped(
    covariance: ArrayLike, *, start: np.ndarray | None = None, tolerance: float = BOOTSTRAP_TOLERANCE
) -> np.ndarray:
    """Compute omega total of the scale without each item.

    Parameters
    ----------
    covariance : array_like of shape (m, k, k)
        Covariances of keyed items.
    start : numpy.ndarray of shape (k,), optional
        Loadings at which the one-factor models begin.
    tolerance : float, optional
        Largest change of a loading in the last step.

    Returns
    -------
    numpy.ndarray of shape (m, k)
        Omega total, as :func:`psychometrics.reliability.omega_total.omega_total`; missing where fewer than three items
        are left or the model has no finite solution.
    """
    correlation, sd = to_correlations(np.asarray(covariance, dtype=float))
    k = sd.shape[1]
    found = np.full(sd.shape, np.nan)
    if k > 3:
        for j in range(k):
            rest = np.flatnonzero(np.arange(k) != j)
            first = None if start is None or not np.isfinite(start).all() else start[rest]
            loadings = one_factor_minres(correlation[:, rest[:, None], rest], start=first, tolerance=tolerance)
            with np.errstate(divide="ignore", invalid="ignore"):
                found[:, j] = omega_total(loadings, sd[:, rest])
    return found


def item_statistics(covariance: ArrayLike, n: int, items: Sequence[str], *, level: float = 0.95) -> pd.DataFrame:
    """Make tidy rows of :func:`item_coefficients` and :func:`omega_if_dropped`.

    Parameters
    ----------
    covariance : array_like of shape (k, k)
        Covariances of keyed items.
    n : int
        Number of people behind them.
    items : sequence of str
        Names of the items.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Rows item_rest_r, alpha_if_dropped and omega_if_dropped: item, statistic, estimate, lower, upper, level, n,
        method, note. Intervals by formula, Fisher's z and Feldt's; that of omega needs resamples.
    """
    covariance = np.asarray(covariance, dtype=float)
    k = len(covariance)
    r, alpha = item_coefficients(covariance)
    omega = omega_if_dropped(covariance[None], tolerance=1e-10)[0]
    none = np.full(k, np.nan)
    flat = np.array(
        [
            f"without variance: {item}" if variance <= 0 else ""
            for item, variance in zip(items, np.diag(covariance), strict=True)
        ]
    )
    why_no_rest = "the other items' sum does not vary"
    blocks = [
        (
            "item_rest_r",
            r,
            fisher_interval(r, n, level),
            "Fisher interval",
            np.where(np.diag(covariance) <= 0, "the item does not vary", why_no_rest),
        ),
        (
            "alpha_if_dropped",
            alpha,
            feldt_interval(alpha, n, k - 1, level),
            "Feldt interval",
            np.full(k, "fewer than two items are left" if k < 3 else why_no_rest),
        ),
        (
            "omega_if_dropped",
            omega,
            (none, none),
            f"{ONE_FACTOR}, raw-score metric, over the model's variance",
            np.array([_why_no_omega(k, flat, j) for j in range(k)]),
        ),
    ]
    rows = []
    for j, item in enumerate(items):
        for statistic, estimate, (lower, upper), method, reason in blocks:
            known = np.isfinite(estimate[j])
            note = "" if known else str(reason[j])
            if known and statistic == "item_rest_r" and estimate[j] < 0:
                note = "negative: check the keying of the item"
            rows.append(
                {
                    "item": item,
                    "statistic": statistic,
                    "estimate": estimate[j],
                    "lower": lower[j],
                    "upper": upper[j],
                    "level": level,
                    "n": n,
                    "method": method,
                    "note": note,
                }
            )
    return pd.DataFrame(rows)


def _why_no_omega(k: int, flat: np.ndarray, dropped: int) -> str:
    if k < 4:
        return "fewer than three items are left"
    others = "; ".join(reason for j, reason in enumerate(flat) if reason and j != dropped)
    return others or "the one-factor model has no finite solution"
