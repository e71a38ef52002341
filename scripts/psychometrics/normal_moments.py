"""Means and covariances of incomplete answers by maximum likelihood for normal data (EM)."""
from dataclasses import dataclass

import numpy as np

MOST_ITERATIONS = 5_000
CONVERGED = 1e-8  # largest change of a mean or covariance, in standard deviations


@dataclass(frozen=True)
class NormalMoments:
    """mean (p,), covariance (p, p) with divisor n, whether EM converged, and its number of iterations."""

    mean: np.ndarray
    covariance: np.ndarray
    converged: bool
    iterations: int


def normal_moments(values: np.ndarray, weights: np.ndarray | None = None) -> NormalMoments:
    r"""Maximum likelihood mean and covariance matrix of multivariate normal answers, missing at random.

    Parameters
    ----------
    values : (n, p) answers, missing as NaN; every item needs answers that vary.
    weights : (n,) how often each person counts; None for once.

    Raises
    ------
    ValueError
        The covariance matrix becomes singular: too few people for the number of items.

    Notes
    -----
    EM (Dempster, Laird & Rubin 1977; Little & Rubin 2002, section 11.2). With K the inverse covariance matrix, the
    missing answers m of a person given the others o have the covariance :math:`C = K_{mm}^{-1}` and the mean
    :math:`\mu_m - C K_{mo} (x_o - \mu_o)`. So one inverse serves everyone, and small ones serve all patterns with the
    same number of missing answers together. Agrees with the saturated moments of lavaan (missing = "fiml") and with
    psych::corFiml.
    """
    weights = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=float)
    used = (weights > 0) & ~np.isnan(values).all(axis=1)
    values, weights = values[used], weights[used]
    missing = np.isnan(values)
    total = weights.sum()
    weight = np.where(missing, 0.0, weights[:, None])
    filled = np.where(missing, 0.0, values)
    centre = (weight * filled).sum(axis=0) / weight.sum(axis=0)
    spread = np.sqrt((weight * (filled - centre) ** 2).sum(axis=0) / weight.sum(axis=0))
    # in standard units one tolerance fits every item
    standard = np.where(missing, 0.0, (values - centre) / spread)
    p = values.shape[1]
    groups = _patterns(missing, weights)
    mean, covariance = np.zeros(p), np.eye(p)
    iteration, converged = 0, False
    while iteration < MOST_ITERATIONS and not converged:
        iteration += 1
        new_mean, new_covariance = _step(standard, missing, weights / total, groups, mean, covariance)
        change = max(np.abs(new_mean - mean).max(), np.abs(new_covariance - covariance).max())
        mean, covariance = new_mean, new_covariance
        if np.linalg.eigvalsh(covariance)[0] < 1e-8:
            raise ValueError(f"EM finds a singular covariance matrix: {len(values)} people are too few for {p} items "
                             "with these missing answers")
        converged = bool(change < CONVERGED)
    return NormalMoments(centre + spread * mean, covariance * np.outer(spread, spread), converged, iteration)


def _patterns(missing, weights):
    """For every number of missing answers above 0: the people (r,), which pattern each has (r,), the missing items of
    the patterns (b, m), and the patterns' shares of all people (b,)."""
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    which = which.ravel()
    share = np.bincount(which, weights) / weights.sum()
    number = patterns.sum(axis=1)
    groups = []
    for m in np.unique(number[number > 0]):
        chosen = np.flatnonzero(number == m)
        people = np.flatnonzero(number[which] == m)
        items = np.nonzero(patterns[chosen])[1].reshape(len(chosen), m)
        groups.append((people, np.searchsorted(chosen, which[people]), items, share[chosen]))
    return groups


def _step(values, missing, weights, groups, mean, covariance):
    """One E and one M step; weights sum to one."""
    p = len(mean)
    inverse = np.linalg.inv(covariance)
    deviation = np.where(missing, 0.0, values - mean)
    pulled = deviation @ inverse
    uncertain = np.zeros(p * p)
    for people, pattern, items, share in groups:
        conditional = np.linalg.inv(inverse[items[:, :, None], items[:, None, :]])
        mine = items[pattern]
        deviation[people[:, None], mine] = -np.matvec(conditional[pattern], pulled[people[:, None], mine])
        cells = items[:, :, None] * p + items[:, None, :]
        uncertain += np.bincount(cells.ravel(), (conditional * share[:, None, None]).ravel(), p * p)
    moved = weights @ deviation
    products = (deviation * weights[:, None]).T @ deviation + uncertain.reshape(p, p) - np.outer(moved, moved)
    return mean + moved, (products + products.T) / 2
