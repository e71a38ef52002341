"""How much does each person move each correlation? Influences, and their sums over people who belong together."""

import numpy as np


def product_moment_influence(values: np.ndarray, correlations: np.ndarray) -> np.ndarray:
    r"""Influence of every person on every Pearson correlation.

    Parameters
    ----------
    values : (n, p) answers, missing as missing; correlations : (p, p) of the people who answered both items.

    Returns
    -------
    (n, p (p - 1) / 2) array in the order of `np.triu_indices(p, 1)`, with column means zero; 0 for people who did not
    answer both items. Its product with itself divided by n is the asymptotic covariance matrix of sqrt(n) times the
    correlations without the assumption of normal answers.

    Notes
    -----
    .. math:: g_{ij}(r) = \frac{n}{n_{ij}} \Bigl( z_i z_j - r_{ij} \frac{z_i^2 + z_j^2}{2} \Bigr)

    with z standardised among the n_ij people who answered both (Devlin, Gnanadesikan & Kettenring 1975, Biometrika 62;
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
    r"""Influences of clusters of people, such as the clients of one therapist.

    Parameters
    ----------
    influence : (n, m) of people; units : (n,) cluster of each person; at least two clusters.

    Returns
    -------
    (clusters, m) sums times :math:`\sqrt{C / (C - 1)}`, so that the covariance they give allows for any dependence
    within clusters (Liang & Zeger 1986, Biometrika 73); the factor is that of sandwich::vcovCL(cadjust = TRUE). Where
    everybody is a cluster of their own it is the covariance of independent people.

    Raises
    ------
    ValueError : fewer than two clusters.
    """
    _, number = np.unique(units, return_inverse=True)
    count = number.max() + 1
    if count < 2:
        raise ValueError("standard errors need at least two therapists or clients")
    sums = np.zeros((count, influence.shape[1]))
    np.add.at(sums, number, influence)
    return sums * np.sqrt(count / (count - 1))
