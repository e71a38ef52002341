"""Means and covariances of raw answers with missing ones, for distances of persons."""

import numpy as np
import pandas as pd

from psychometrics.correlation.em_moments import em_moments
from psychometrics.items.careless_indices import mahalanobis_distances
from psychometrics.items.variation import varying_items

TRIMMED = 0.1  # of the people, who lie farthest out


def answer_moments(answers: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame] | None:
    """Estimate the moments of the items that vary.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing.

    Returns
    -------
    tuple of pandas.Series and pandas.DataFrame, or None
        Means, and covariances with divisor n - 1, by EM where answers are missing; None where they cannot be estimated.
    """
    kept, _ = varying_items(answers)
    values = kept.to_numpy(dtype=float, na_value=np.nan)
    values = values[~np.isnan(values).all(axis=1)]
    n = len(values)
    if not all(len(np.unique(column[~np.isnan(column)])) > 1 for column in values.T):
        return None
    try:
        found = em_moments(values)
    except (ValueError, np.linalg.LinAlgError):
        return None
    if not found.converged:
        return None
    covariance = pd.DataFrame(found.covariance * n / (n - 1), kept.columns, kept.columns)
    return pd.Series(found.mean, kept.columns), covariance


def central_moments(
    answers: pd.DataFrame, moments: tuple[pd.Series, pd.DataFrame] | None
) -> tuple[np.ndarray, np.ndarray] | None:
    """Estimate the moments of the people in the middle, which rows that stand in the wrong place do not move.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing.
    moments : tuple of pandas.Series and pandas.DataFrame, or None
        Those of everybody, by :func:`answer_moments`.

    Returns
    -------
    tuple of numpy.ndarray, or None
        Means and covariances without the tenth of the people who lie farthest from the centre of all; None where they
        cannot be estimated or where an item does not vary.
    """
    if moments is None or len(moments[0]) < len(answers.columns):
        return None
    mean, covariance = (part.to_numpy() for part in moments)
    distance, answered = mahalanobis_distances(answers.to_numpy(dtype=float, na_value=np.nan), mean, covariance)
    farness = pd.Series(distance / np.maximum(answered, 1), answers.index)
    inner = answer_moments(answers[(farness <= farness.quantile(1 - TRIMMED)).to_numpy()])
    if inner is None or len(inner[0]) < len(answers.columns):
        return None
    return inner[0].to_numpy(), inner[1].to_numpy()
