"""Means and covariances of incomplete answers by maximum likelihood for normal data (EM)."""

from dataclasses import dataclass

import numpy as np

MOST_ITERATIONS = 1_000
CONVERGED = 1e-8  # largest change of a mean or covariance, in standard deviations
SINGULAR = 1e-6  # smallest eigenvalue of the covariances in standard units


@dataclass(frozen=True)
class EmMoments:
    """Maximum likelihood moments of multivariate normal answers.

    Attributes
    ----------
    mean : numpy.ndarray of shape (p,)
        Means.
    covariance : numpy.ndarray of shape (p, p)
        Covariances, with divisor n.
    log_likelihood : float
        Log-likelihood there.
    converged : bool
        Whether EM converged.
    iterations : int
        Number of iterations, of two EM steps and one that extrapolates them.
    """

    mean: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    converged: bool
    iterations: int


def em_moments(
    values: np.ndarray,
    weights: np.ndarray | None = None,
    *,
    start: EmMoments | None = None,
    tolerance: float = CONVERGED,
) -> EmMoments:
    r"""Estimate the mean and covariance matrix of multivariate normal answers, missing at random, by EM.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Answers, missing as NaN; every item needs answers that vary.
    weights : numpy.ndarray of shape (n,), optional
        How often each person counts; by default once.
    start : EmMoments, optional
        Moments to begin at, for example those of the whole sample for a resample; by default no correlations.
    tolerance : float, default 1e-8
        Largest change of a mean or covariance in the last step, in standard deviations.

    Returns
    -------
    EmMoments
        Maximum likelihood estimates.

    Raises
    ------
    ValueError
        The covariance matrix becomes singular: too few people for the number of items.

    Notes
    -----
    EM (Dempster, Laird & Rubin 1977; Little & Rubin 2002, section 11.2). With K the inverse covariance matrix, the
    missing answers m of a person given the others o have the covariance :math:`C = K_{mm}^{-1}` and the mean
    :math:`\mu_m - C K_{mo} (x_o - \mu_o)`. So one inverse serves everyone, and small ones serve all patterns with the
    same number of missing answers together. Every two steps are extrapolated (SQUAREM, Varadhan & Roland 2008), and
    the result is kept where the likelihood does not fall. Agrees with the saturated moments of lavaan
    (missing = "fiml") and with psych::corFiml.

    Examples
    --------
    >>> answers = np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 3.0], [4.0, 5.0], [5.0, np.nan]])
    >>> em_moments(answers).mean.round(3)
    array([3. , 3.7])
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
    em = _Step(standard, missing, weights / total)
    parameters, converged, iteration = np.concatenate([np.zeros(p), np.eye(p).ravel()]), False, 0
    if start is not None:
        begin = np.concatenate([(start.mean - centre) / spread, (start.covariance / np.outer(spread, spread)).ravel()])
        parameters = begin if em.smallest_eigenvalue(begin) > SINGULAR else parameters
    while iteration < MOST_ITERATIONS and not converged:
        iteration += 1
        first, _ = em(parameters)
        second, likelihood = em(first)
        converged = bool(np.abs(second - first).max() < tolerance)
        before, parameters = parameters, second
        if not converged and (beyond := _extrapolated(before, first, second)) is not None:
            further, reached = em(beyond)
            if reached >= likelihood:
                parameters = further
        if em.smallest_eigenvalue(parameters) < SINGULAR:
            raise ValueError(
                f"EM finds a singular covariance matrix: {len(values)} people are too few for {p} items "
                "with these missing answers"
            )
    _, likelihood = em(parameters)
    mean, covariance = em.split(parameters)
    # the likelihood of the answers as they are, not of the standardized ones
    likelihood = total * likelihood - weight.sum(axis=0) @ np.log(spread)
    return EmMoments(
        centre + spread * mean, covariance * np.outer(spread, spread), float(likelihood), converged, iteration
    )


def _extrapolated(start: np.ndarray, first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    """Where two EM steps lead if their change goes on shrinking as it does; None where that is no covariance matrix."""
    step, bend = first - start, second - 2 * first + start
    size = np.linalg.norm(bend)
    length = np.linalg.norm(step) / size if size > 0 else 1.0
    if length <= 1:
        return None
    beyond = start + 2 * length * step + length**2 * bend
    return beyond if _Step.smallest_eigenvalue(beyond) > SINGULAR else None


class _Step:
    """One E and one M step for standardized answers; weights sum to one."""

    def __init__(self, values: np.ndarray, missing: np.ndarray, weights: np.ndarray) -> None:
        self.values, self.missing, self.weights = values, missing, weights
        self.groups = _patterns(missing, weights)

    @staticmethod
    def split(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = int(np.sqrt(len(parameters)))
        return parameters[:p], parameters[p:].reshape(p, p)

    @classmethod
    def smallest_eigenvalue(cls, parameters: np.ndarray) -> float:
        return np.linalg.eigvalsh(cls.split(parameters)[1])[0]

    def __call__(self, parameters: np.ndarray) -> tuple[np.ndarray, float]:
        """New parameters, and the mean log-likelihood of the answers under the old ones."""
        mean, covariance = self.split(parameters)
        p = len(mean)
        inverse = np.linalg.inv(covariance)
        deviation = np.where(self.missing, 0.0, self.values - mean)
        pulled = deviation @ inverse
        distance = np.vecdot(deviation, pulled)
        determinant = np.full(len(self.values), np.linalg.slogdet(covariance)[1])
        uncertain = np.zeros(p * p)
        for people, pattern, items, share in self.groups:
            block = inverse[items[:, :, None], items[:, None, :]]
            conditional = np.linalg.inv(block)
            mine = items[pattern]
            here = pulled[people[:, None], mine]
            expected = -np.matvec(conditional[pattern], here)
            deviation[people[:, None], mine] = expected
            distance[people] += np.vecdot(expected, here)
            determinant[people] += np.linalg.slogdet(block)[1][pattern]
            cells = items[:, :, None] * p + items[:, None, :]
            uncertain += np.bincount(cells.ravel(), (conditional * share[:, None, None]).ravel(), p * p)
        answers = np.sum(~self.missing, axis=1)
        likelihood = -0.5 * self.weights @ (answers * np.log(2 * np.pi) + determinant + distance)
        moved = self.weights @ deviation
        products = (deviation * self.weights[:, None]).T @ deviation
        products += uncertain.reshape(p, p) - np.outer(moved, moved)
        return np.concatenate([mean + moved, ((products + products.T) / 2).ravel()]), likelihood


def _patterns(missing: np.ndarray, weights: np.ndarray) -> list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Patterns of each number of missing answers above 0.

    For every such number: the people (r,), which pattern each has (r,), the missing items of the patterns (b, m), and
    the patterns' summed weights (b,).
    """
    patterns, which = np.unique(missing, axis=0, return_inverse=True)
    which = which.ravel()
    share = np.bincount(which, weights)
    number = patterns.sum(axis=1)
    groups = []
    for m in np.unique(number[number > 0]):
        chosen = np.flatnonzero(number == m)
        people = np.flatnonzero(number[which] == m)
        items = np.nonzero(patterns[chosen])[1].reshape(len(chosen), m)
        groups.append((people, np.searchsorted(chosen, which[people]), items, share[chosen]))
    return groups
