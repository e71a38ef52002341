"""Influence of each person on each correlation, and sums of influences over people who belong together."""

import numpy as np
from scipy.sparse import csr_array


def product_moment_influence(values: np.ndarray, correlations: np.ndarray) -> np.ndarray:
    r"""Compute the influence of every person on every Pearson correlation.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Answers, missing as missing.
    correlations : numpy.ndarray of shape (p, p)
        Correlations of the people who answered both items.

    Returns
    -------
    numpy.ndarray of shape (n, p (p - 1) / 2)
        Influences in the order of `np.triu_indices(p, 1)`, with column means zero; 0 for people who did not answer both
        items. Their product with themselves divided by n is the asymptotic covariance matrix of sqrt(n) times the
        correlations without the assumption of normal answers.

    Notes
    -----
    .. math:: g_{ij}(r) = \frac{n}{n_{ij}} \Bigl( z_i z_j - r_{ij} \frac{z_i^2 + z_j^2}{2} \Bigr)

    with z standardized among the n_ij people who answered both (Devlin, Gnanadesikan & Kettenring 1975, Biometrika 62;
    Steiger & Hakstian 1982, Br. J. Math. Stat. Psychol. 35).
    """
    n, p = values.shape
    first, second = np.triu_indices(p, 1)
    influence = np.empty((n, len(first)))
    for number, (i, j) in enumerate(zip(first, second, strict=True)):
        pair = values[:, [i, j]]
        both = ~np.isnan(pair).any(axis=1)
        known = pair[both]
        z = (known - known.mean(axis=0)) / known.std(axis=0)
        influence[:, number] = 0.0
        influence[both, number] = n / len(z) * (z[:, 0] * z[:, 1] - correlations[i, j] * np.mean(z**2, axis=1))
    return influence


def clustered(influence: np.ndarray, units: np.ndarray) -> np.ndarray:
    r"""Sum influences over clusters of people, such as the clients of one therapist.

    Parameters
    ----------
    influence : numpy.ndarray of shape (n, m)
        Influences of the people.
    units : numpy.ndarray of shape (n,)
        Cluster of each person; at least two clusters.

    Returns
    -------
    numpy.ndarray of shape (clusters, m)
        Sums times :math:`\sqrt{C / (C - 1)}`, so that the covariance they give allows for any dependence within
        clusters. Where every person is a separate cluster it is the covariance of independent people.

    Raises
    ------
    ValueError
        If there are fewer than two clusters.

    Notes
    -----
    Liang & Zeger (1986), Biometrika 73; the factor is that of sandwich::vcovCL(cadjust = TRUE).

    Examples
    --------
    >>> clustered(np.array([[1.0], [2.0], [-3.0]]), np.array(["ann", "ann", "ben"])).round(3)
    array([[ 4.243],
           [-4.243]])
    """
    _, number = np.unique(units, return_inverse=True)
    count = number.max() + 1
    if count < 2:
        raise ValueError("standard errors need at least two therapists or clients")
    people = np.arange(len(number))
    sums = csr_array((np.ones(len(number)), (number, people)), shape=(count, len(number))) @ influence
    return sums * np.sqrt(count / (count - 1))
