"""The two models that every other is held against: everything free, and everything uncorrelated."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from psychometrics.correlation.em_moments import em_moments
from psychometrics.covariance_structures.parameters import Parameter, ParameterTable
from psychometrics.not_computable import NotComputable


def sample_moments(values: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray], float]:
    """Maximum likelihood means and covariances of every group.

    Parameters
    ----------
    values : sequence of numpy.ndarray
        Answers (n, p) by group, missing as NaN.

    Returns
    -------
    means : list of numpy.ndarray of shape (p,)
        Means.
    covariances : list of numpy.ndarray of shape (p, p)
        Covariances, with divisor n, or by EM from incomplete answers.
    log_likelihood : float
        Log-likelihood of all groups there.

    Raises
    ------
    NotComputable
        Covariances that are singular, or that EM does not find.
    """
    means, covariances, total = [], [], 0.0
    for group in values:
        if np.isnan(group).any():
            try:
                found = em_moments(group, tolerance=1e-11)
            except ValueError as reason:
                raise NotComputable(str(reason)) from None
            if not found.converged:
                raise NotComputable("the means and covariances of the incomplete answers are not found by EM")
            means.append(found.mean)
            covariances.append(found.covariance)
            total += found.log_likelihood
            continue
        mean = group.mean(axis=0)
        centred = group - mean
        covariance = centred.T @ centred / len(group)
        means.append(mean)
        covariances.append(covariance)
        total += normal_log_likelihood(covariance, len(group))
    return means, covariances, total


def normal_log_likelihood(covariance: np.ndarray, n: int) -> float:
    """Log-likelihood of complete normal answers at their own moments.

    Parameters
    ----------
    covariance : numpy.ndarray of shape (p, p)
        Their covariances, with divisor n.
    n : int
        Number of people.

    Returns
    -------
    float
        Log-likelihood.

    Raises
    ------
    NotComputable
        Singular covariances.
    """
    p = len(covariance)
    size = np.sqrt(np.diag(covariance))
    if (size == 0).any() or np.linalg.eigvalsh(covariance / np.outer(size, size))[0] < 1e-10:
        raise NotComputable("a variable is constant or a sum of others: the covariance matrix is singular")
    return float(-0.5 * n * (np.linalg.slogdet(covariance)[1] + p + p * np.log(2 * np.pi)))


def saturated_table(table: ParameterTable) -> ParameterTable:
    """Make the model in which every mean and covariance of the observed variables is free.

    Parameters
    ----------
    table : ParameterTable
        The model at hand, with values of what is fixed at the sample's.

    Returns
    -------
    ParameterTable
        The parameters.
    """
    return _table(table, list(combinations(table.observed, 2)))


def baseline_table(table: ParameterTable) -> ParameterTable:
    """Make the model in which the observed variables are uncorrelated, exogenous ones excepted.

    Parameters
    ----------
    table : ParameterTable
        The model at hand, with values of what is fixed at the sample's.

    Returns
    -------
    ParameterTable
        The parameters.
    """
    return _table(table, [])


def _table(table: ParameterTable, pairs: list[tuple[str, str]]) -> ParameterTable:
    names = [name for name in table.observed if name not in table.exogenous]
    rows, free = [row for row in table.rows if row.of_sample], 0
    for group in range(table.options.groups):
        for left, operator, right in [
            *((name, "~~", name) for name in names),
            *((name, "~1", "") for name in names if table.options.means),
            *((a, "~~", b) for a, b in pairs if not {a, b} <= {*table.exogenous}),
        ]:
            rows.append(Parameter(left, operator, right, group, free=free))
            free += 1
    return replace(table, rows=tuple(rows), latent=(), defined=(), n_free=free)


def moments_as_parameters(
    table: ParameterTable, means: Sequence[np.ndarray], covariances: Sequence[np.ndarray]
) -> np.ndarray:
    """Find the parameters of a saturated or baseline model at given moments.

    Parameters
    ----------
    table : ParameterTable
        One of the two models.
    means : sequence of numpy.ndarray
        Means, by group.
    covariances : sequence of numpy.ndarray
        Covariances, by group.

    Returns
    -------
    numpy.ndarray of shape (q,)
        Values of the free parameters.
    """
    place = {name: number for number, name in enumerate(table.observed)}
    found = np.zeros(table.n_free)
    for row in table.rows:
        if row.free >= 0:
            left = place[row.left]
            one = means[row.group][left] if row.operator == "~1" else covariances[row.group][left, place[row.right]]
            found[row.free] = one
    return found


def single_moments(values: Sequence[np.ndarray]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Compute mean and variance of each variable from all its answers, the estimates of the baseline model.

    Parameters
    ----------
    values : sequence of numpy.ndarray
        Answers, by group.

    Returns
    -------
    means : list of numpy.ndarray of shape (p,)
        Means.
    variances : list of numpy.ndarray of shape (p, p)
        Diagonal matrices of variances.
    """
    return [np.nanmean(group, axis=0) for group in values], [np.diag(np.nanvar(group, axis=0)) for group in values]
