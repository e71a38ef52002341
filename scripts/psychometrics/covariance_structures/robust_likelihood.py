"""Robust maximum likelihood: sandwich standard errors, and the scaling of chi-square by Yuan and Bentler."""

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from psychometrics.covariance_structures.moments import group_structures
from psychometrics.covariance_structures.normal_likelihood import NormalLikelihood
from psychometrics.covariance_structures.parameters import ParameterTable
from psychometrics.covariance_structures.reference_models import moments_as_parameters, saturated_table
from psychometrics.not_computable import NotComputable

MOST_MOMENTS = 6_000  # of incomplete answers, whose information is a matrix of moments by moments


def unit_sums(parts: Sequence[np.ndarray], clusters: Sequence[np.ndarray] | None) -> np.ndarray:
    """Sum rows of people over clusters.

    Parameters
    ----------
    parts : sequence of numpy.ndarray of shape (n, q)
        Rows by group.
    clusters : sequence of numpy.ndarray of int, optional
        Number of each person's cluster, by group; by default everyone is independent.

    Returns
    -------
    numpy.ndarray of shape (units, q)
        Sums; of C clusters times the root of C / (C - 1).
    """
    rows = np.vstack(parts)
    if clusters is None:
        return rows
    _, number = np.unique(np.concatenate(clusters), return_inverse=True)
    count = int(number.max()) + 1
    sums = np.zeros((count, rows.shape[1]))
    np.add.at(sums, number, rows)
    return sums * np.sqrt(count / (count - 1))


def sandwich_covariance(information: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Compute the covariance matrix of estimates that holds for other than normal answers.

    Parameters
    ----------
    information : numpy.ndarray of shape (q, q)
        Observed information.
    scores : numpy.ndarray of shape (units, q)
        Scores of independent units.

    Returns
    -------
    numpy.ndarray of shape (q, q)
        Inverse information times the scores' products times inverse information (Huber 1967; White 1982).
    """
    half = cho_solve(cho_factor(information), scores.T)
    return half @ half.T


def trace_of(information: np.ndarray, scores: np.ndarray) -> float:
    """Trace of the scores' products times the inverse information.

    Parameters
    ----------
    information : numpy.ndarray of shape (q, q)
        Observed information.
    scores : numpy.ndarray of shape (units, q)
        Scores of independent units.

    Returns
    -------
    float
        Number of parameters where the model and its normality hold.
    """
    return float(np.sum(scores * cho_solve(cho_factor(information), scores.T).T))


def saturated_trace(
    table: ParameterTable,
    values: Sequence[np.ndarray],
    means: Sequence[np.ndarray],
    covariances: Sequence[np.ndarray],
    clusters: Sequence[np.ndarray] | None,
) -> float:
    r"""Compute the trace of `trace_of` for the model in which all means and covariances are free.

    Parameters
    ----------
    table : ParameterTable
        The model at hand.
    values : sequence of numpy.ndarray
        Answers, by group.
    means : sequence of numpy.ndarray
        Maximum likelihood means, by group.
    covariances : sequence of numpy.ndarray
        Maximum likelihood covariances, by group.
    clusters : sequence of numpy.ndarray of int, optional
        Number of each person's cluster, by group.

    Returns
    -------
    float
        The trace.

    Raises
    ------
    NotComputable
        Too many moments of incomplete answers.

    Notes
    -----
    Of complete answers it is :math:`\tfrac{1}{n} \sum_u \tfrac{1}{2} \lVert W_u \rVert^2 + \lVert w_u \rVert^2` with
    :math:`w_u` the sum of standardized answers z of a unit and :math:`W_u` that of :math:`z z' - I`. With every person
    a unit this is Mardia's kurtosis up to constants.
    """
    if not any(np.isnan(group).any() for group in values):
        outside = [table.observed.index(name) for name in table.exogenous]
        total = _complete_trace(values, means, covariances, clusters, table.options.means)
        if outside:
            total -= _complete_trace(
                [group[:, outside] for group in values],
                [mean[outside] for mean in means],
                [covariance[np.ix_(outside, outside)] for covariance in covariances],
                clusters,
                table.options.means,
            )
        return total
    everything = saturated_table(table)
    if everything.n_free > MOST_MOMENTS:
        raise NotComputable(
            f"the robust test of incomplete answers to {len(table.observed)} variables needs too much memory"
        )
    saturated = NormalLikelihood(group_structures(everything), values, True)
    parameters = moments_as_parameters(everything, means, covariances)
    return trace_of(saturated.observed_information(parameters), unit_sums(saturated.scores(parameters), clusters))


def _complete_trace(
    values: Sequence[np.ndarray],
    means: Sequence[np.ndarray],
    covariances: Sequence[np.ndarray],
    clusters: Sequence[np.ndarray] | None,
    with_means: bool,
) -> float:
    total = 0.0
    count = 0 if clusters is None else len(np.unique(np.concatenate(clusters)))
    for number, (group, mean, covariance) in enumerate(zip(values, means, covariances, strict=True)):
        z = np.linalg.solve(np.linalg.cholesky(covariance), (group - mean).T).T
        n, p = z.shape
        if clusters is None:
            length = np.sum(z**2, axis=1)
            total += float(np.mean(0.5 * (length**2 - 2 * length + p) + with_means * length))
            continue
        for unit in np.unique(clusters[number]):
            here = z[clusters[number] == unit]
            products = here.T @ here - len(here) * np.eye(p)
            of_means = with_means * np.sum(here.sum(axis=0) ** 2)
            total += (0.5 * np.sum(products**2) + of_means) / n * count / (count - 1)
    return total
