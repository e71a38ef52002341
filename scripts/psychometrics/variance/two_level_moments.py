"""Sums behind the two-level likelihood: answers within clients and means of clients, for many resamples at once."""

from typing import NamedTuple

import numpy as np


class TwoLevelMoments(NamedTuple):
    """Sums that the normal likelihood of repeated answers needs, for m sets of weights and S numbers of sessions.

    sizes (S,): the numbers of sessions per client that occur; clients (m, S): how many have each; within (m, k, k):
    cross-products about the clients' means; means (m, S, k) and products (m, S, k, k): sums over clients of their means
    and of the outer products of their means. Answers are centred at `centre` (k,) first.
    """

    sizes: np.ndarray
    clients: np.ndarray
    within: np.ndarray
    means: np.ndarray
    products: np.ndarray
    centre: np.ndarray

    @property
    def freedom(self):
        """(m,) administrations less clients: degrees of freedom within clients."""
        return self.clients @ (self.sizes - 1.0)


def two_level_moments(values, clients, weights=None):
    """Sums behind the two-level likelihood.

    Parameters
    ----------
    values : (rows, k) answers without missing ones, one row per administration.
    clients : (rows,) the client of each row.
    weights : (m, clients) how often each client, in sorted order, enters each resample; by default once.

    Returns
    -------
    TwoLevelMoments

    Raises
    ------
    ValueError : an answer is missing, or rows and clients differ in number.
    """
    values, clients = np.asarray(values, dtype=float), np.asarray(clients)
    if values.ndim != 2 or len(values) != len(clients) or not np.isfinite(values).all():
        raise ValueError("two-level moments need complete answers, one row per administration with its client")
    k = values.shape[1]
    names, code, count = np.unique(clients, return_inverse=True, return_counts=True)
    weights = np.ones((1, len(names))) if weights is None else np.asarray(weights, dtype=float)
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


def positive(matrices):
    """(m,) whether each matrix of a stack is positive definite."""
    matrices = np.asarray(matrices)
    scale = np.abs(np.diagonal(matrices, axis1=-2, axis2=-1)).max(axis=-1)
    return np.linalg.eigvalsh(matrices)[:, 0] > 1e-10 * scale


def grouped_products(moments, mean):
    """(m, S, k, k) sums over clients with n sessions of n (mean_i - mu)(mean_i - mu)', for centred mu (m, k)."""
    cross = moments.means[..., None] * mean[:, None, None, :]
    centred = moments.products - cross - np.swapaxes(cross, -1, -2)
    centred += moments.clients[..., None, None] * (mean[:, :, None] * mean[:, None, :])[:, None]
    return moments.sizes[:, None, None] * centred


def take_rows(moments, rows):
    """The moments of some of the resamples."""
    fields = ("clients", "within", "means", "products")
    return moments._replace(**{name: getattr(moments, name)[rows] for name in fields})


def _square(flat, k):
    first, second = np.triu_indices(k)
    matrix = np.empty((len(flat), k, k))
    matrix[:, first, second] = matrix[:, second, first] = flat
    return matrix
