"""Reliability of the sum of a factor's items as a measure of that factor."""

import numpy as np
import pandas as pd

from psychometrics.correlation.polychoric import encode
from psychometrics.covariance_structures.ordinal_moments import OrdinalMoments
from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.measurement.standard_solution import StandardSolution, standard_solution
from psychometrics.reliability.categorical_scores import score_covariances


def factor_reliabilities(
    fitted: CovarianceStructureFit, answers: pd.DataFrame, moments: OrdinalMoments | None = None
) -> dict[str, tuple[float, int]]:
    r"""Compute the share of the variance of the sum of a factor's items that the factor makes.

    Parameters
    ----------
    fitted : CovarianceStructureFit
        A model of one group, without negative variances.
    answers : pandas.DataFrame
        People x items, of which ordinal sums are made.
    moments : OrdinalMoments, optional
        Of ordinal items, in the order of the model: the sums are those of the ordinal answers.

    Returns
    -------
    dict of str to tuple
        Factor -> reliability and number of items; a factor of factors has all items.

    Notes
    -----
    .. math:: \omega_f = \frac{\sum_{i,j \in f} \operatorname{cov}(X_i, X_j \mid \lambda_{if}\lambda_{jf})}
                              {\operatorname{var}(\sum_{i \in f} X_i)}

    over the items with a loading on the factor; the variance is that which the model implies. Of continuous items the
    covariance is :math:`\lambda_{if}\lambda_{jf}`; of ordinal ones it is that of the answers (Green & Yang 2009,
    Psychometrika 74). In a bifactor model it is omega hierarchical of the general factor and of each specific one.
    Agrees with semTools::compRelSEM (obs.var = FALSE, ord.scale = TRUE), for the factor of factors with `higher`, where
    answers rise in steps of one. Jorgensen, Pornprasertmanit, Schoemann & Rosseel (2022), semTools.
    """
    solution = standard_solution(fitted)
    names = list(solution.items)
    loadings = {name: solution.loadings[:, k] for k, name in enumerate(solution.factors)}
    if solution.higher:
        (above,) = set(fitted.table.latent) - set(solution.factors)
        of_factors = np.array([solution.higher.get(name, 0.0) for name in solution.factors])
        loadings[above] = solution.loadings @ of_factors
    implied = fitted.implied[0].loc[names, names].to_numpy().copy()
    if moments is not None:
        np.fill_diagonal(implied, 1.0)
    cuts = None if moments is None else _cuts(answers[names], moments)
    found = {}
    for name, column in loadings.items():
        own = np.flatnonzero(np.abs(column) > 0)
        common, whole = np.outer(column[own], column[own]), implied[np.ix_(own, own)]
        if cuts is not None:
            thresholds, steps = cuts[0][own], cuts[1][own]
            parts = [score_covariances(matrix, thresholds, steps) for matrix in (common, whole)]
        else:
            size = np.sqrt(np.diag(implied))[own]
            parts = [float(np.sum(common * np.outer(size, size))), float(whole.sum())]
        found[name] = (parts[0] / parts[1] if parts[1] > 1e-12 else np.nan, len(own))
    return found


def _cuts(answers: pd.DataFrame, moments: OrdinalMoments) -> tuple[np.ndarray, np.ndarray]:
    """Thresholds, infinite beyond those in use, and the steps of the scores there."""
    _, values = encode(answers)
    steps = np.zeros(moments.thresholds.shape)
    for place, value in enumerate(values):
        steps[place, : len(value) - 1] = np.diff(value.astype(float))
    return np.where(np.isnan(moments.thresholds), np.inf, moments.thresholds), steps


def composite_shares(
    solution: StandardSolution, members: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    r"""Split the variance of sums of items, each of variance 1, into the parts of two uncorrelated factors.

    Parameters
    ----------
    solution : StandardSolution
        Standardized solution.
    members : numpy.ndarray of shape (k, p)
        1 for the items of each of k sums, 0 for the others.
    first : numpy.ndarray of int, shape (k,)
        Factor of each sum.
    second : numpy.ndarray of int, shape (k,)
        Another factor, -1 where there is none.

    Returns
    -------
    numpy.ndarray of shape (k, 2)
        :math:`(\sum_i \lambda_{if})^2` over the sum of these and of the residuals, for either factor.
    """
    sums = members @ solution.loadings
    place = np.arange(len(members))
    common = np.stack([sums[place, first], np.where(second >= 0, sums[place, second], 0.0)], axis=1) ** 2
    rest = np.sum((members @ solution.residual) * members, axis=1)
    return common / (common.sum(axis=1) + rest)[:, None]
