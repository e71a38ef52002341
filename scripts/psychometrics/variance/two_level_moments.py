"""Sums behind the two-level likelihood: answers within clients and means of clients, for many resamples at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from psychometrics.resampling.weights import ClusterWeights


class TwoLevelMoments(NamedTuple):
    """Sums that the normal likelihood of repeated answers needs, for m sets of weights and S numbers of sessions.

    Attributes
    ----------
    sizes : numpy.ndarray of int, shape (S,)
        Numbers of sessions per client that occur.
    clients : numpy.ndarray of shape (m, S)
        How many clients have each.
    within : numpy.ndarray of shape (m, k, k)
        Cross-products about the clients' means.
    means : numpy.ndarray of shape (m, S, k)
        Sums over clients of their means.
    products : numpy.ndarray of shape (m, S, k, k)
        Sums over clients of the outer products of their means.
    centre : numpy.ndarray of shape (k,)
        What was taken from the answers first.
    """

    sizes: np.ndarray
    clients: np.ndarray
    within: np.ndarray
    means: np.ndarray
    products: np.ndarray
    centre: np.ndarray

    @property
    def freedom(self) -> np.ndarray:
        """Count the degrees of freedom within clients, (m,): administrations minus clients.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Degrees of freedom.
        """
        return self.clients @ (self.sizes - 1.0)


def two_level_moments(
    values: np.ndarray, clients: np.ndarray, weights: np.ndarray | ClusterWeights | None = None
) -> TwoLevelMoments:
    """Compute the sums behind the two-level likelihood.

    Parameters
    ----------
    values : numpy.ndarray of shape (rows, k)
        Answers without missing ones, one row per administration.
    clients : numpy.ndarray of shape (rows,)
        The client of each row.
    weights : numpy.ndarray or ClusterWeights, (m, clients), optional
        How often each client, in sorted order, enters each resample; by default once.

    Returns
    -------
    TwoLevelMoments
        Sums for each set of weights.

    Raises
    ------
    ValueError
        If an answer is missing, or rows and clients differ in number.
    """
    values, clients = np.asarray(values, dtype=float), np.asarray(clients)
    if values.ndim != 2 or len(values) != len(clients) or not np.isfinite(values).all():
        raise ValueError("two-level moments need complete answers, one row per administration with its client")
    k = values.shape[1]
    names, code, count = np.unique(clients, return_inverse=True, return_counts=True)
    weights = np.ones((1, len(names))) if weights is None else weights
    centre = values.mean(axis=0)
    values = values - centre
    means = np.zeros((len(names), k))
    np.add.at(means, code, values)
    means /= count[:, None]
    first, second = np.triu_indices(k)
    deviations = values - means[code]
    own = np.zeros((len(names), len(first)))
    np.add.at(own, code, deviations[:, first] * deviations[:, second])
    outer = means[:, first] * means[:, second]
    sizes = np.unique(count)
    groups = [count == size for size in sizes]
    return TwoLevelMoments(
        sizes=sizes,
        centre=centre,
        within=_square(weights @ own, k),
        clients=np.stack([weights[:, group].sum(axis=1) for group in groups], axis=1),
        means=np.stack([weights[:, group] @ means[group] for group in groups], axis=1),
        products=np.stack([_square(weights[:, group] @ outer[group], k) for group in groups], axis=1),
    )


def positive(matrices: np.ndarray) -> np.ndarray:
    """Tell whether each matrix of a stack is positive definite.

    Parameters
    ----------
    matrices : numpy.ndarray of shape (m, k, k)
        Symmetric matrices.

    Returns
    -------
    numpy.ndarray of bool, shape (m,)
        True where it is.
    """
    matrices = np.asarray(matrices)
    scale = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1)).max(axis=-1)
    return np.linalg.eigvalsh(matrices)[:, 0] > 1e-10 * scale


def grouped_products(moments: TwoLevelMoments, mean: np.ndarray) -> np.ndarray:
    """Sum n (mean_i - mu)(mean_i - mu)' over the clients with n sessions.

    Parameters
    ----------
    moments : TwoLevelMoments
        Sums of :func:`two_level_moments`.
    mean : numpy.ndarray of shape (m, k)
        Centred means mu.

    Returns
    -------
    numpy.ndarray of shape (m, S, k, k)
        Sums for each number of sessions.
    """
    cross = moments.means[..., None] * mean[:, None, None, :]
    centred = moments.products - cross - np.swapaxes(cross, -1, -2)
    centred += moments.clients[..., None, None] * (mean[:, :, None] * mean[:, None, :])[:, None]
    return moments.sizes[:, None, None] * centred


def take_rows(moments: TwoLevelMoments, rows: ArrayLike) -> TwoLevelMoments:
    """Take the moments of some of the resamples.

    Parameters
    ----------
    moments : TwoLevelMoments
        Sums of :func:`two_level_moments`.
    rows : array_like of int
        Positions of the resamples.

    Returns
    -------
    TwoLevelMoments
        Their sums.
    """
    fields = ("clients", "within", "means", "products")
    return moments._replace(**{name: getattr(moments, name)[rows] for name in fields})


def _square(flat: np.ndarray, k: int) -> np.ndarray:
    first, second = np.triu_indices(k)
    matrix = np.empty((len(flat), k, k))
    matrix[:, first, second] = matrix[:, second, first] = flat
    return matrix
