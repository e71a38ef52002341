"""Canonical correlations between two sets of scores, and how much of each set's variance the other explains."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc

from psychometrics.not_computable import NotComputable
from psychometrics.resampling.weights import generator_of

CHUNK = 100  # permutations at once: bounds the memory


@dataclass(frozen=True)
class Canonical:
    """Canonical correlations of two sets of p and q standardized variables.

    Attributes
    ----------
    r : numpy.ndarray of shape (..., m)
        Canonical correlations, descending; m = min(p, q).
    x_weights : numpy.ndarray of shape (..., p, p)
        The first m columns give the variates of the first set.
    y_weights : numpy.ndarray of shape (..., q, q)
        The first m columns give the variates of the second set.
    x_by_y : numpy.ndarray of shape (...)
        Redundancy, the share of the variance of the first set that the second explains.
    y_by_x : numpy.ndarray of shape (...)
        Redundancy of the second set given the first.
    """

    r: np.ndarray
    x_weights: np.ndarray
    y_weights: np.ndarray
    x_by_y: np.ndarray
    y_by_x: np.ndarray


def canonical_correlations(correlations: np.ndarray, p: int) -> Canonical:
    r"""Compute canonical correlations of the first `p` variables of correlation matrices with the others.

    Parameters
    ----------
    correlations : numpy.ndarray of shape (..., p + q, p + q)
        Correlations of the variables of both sets.
    p : int
        Number of variables of the first set.

    Returns
    -------
    Canonical
        Canonical correlations, weights and redundancies.

    Raises
    ------
    NotComputable
        If a variable does not vary, or is a sum of others of its set.
    ValueError
        If a set is empty.

    Notes
    -----
    Hotelling (1936), Biometrika 28: singular values of :math:`L_x^{-1} R_{xy} L_y^{-T}` with Cholesky factors of
    the correlations within the sets. Agrees with stats::cancor. Redundancy (Stewart & Love 1968, Psychol. Bull. 70,
    160-163) is the mean squared multiple correlation of the variables of one set on the other set, which is also the
    sum over the variates of their share in the variance of the set times the squared canonical correlation.

    Examples
    --------
    >>> from psychometrics import canonical_correlations, example_answers
    >>> answers = example_answers()
    >>> wai, haq = answers.filter(regex="wai_[0-9]"), answers.filter(regex="haq_[0-9]")
    >>> found = canonical_correlations(wai.join(haq).corr().to_numpy(), p=12)
    >>> found.r[:3].round(2)
    array([0.83, 0.6 , 0.4 ])
    >>> round(float(found.y_by_x), 2)
    0.3
    """
    correlations = np.asarray(correlations, dtype=float)
    x, y = correlations[..., :p, :p], correlations[..., p:, p:]
    between = correlations[..., :p, p:]
    if 0 in between.shape[-2:]:
        raise ValueError("Both sets need at least one variable.")
    if not np.isfinite(correlations).all():
        raise NotComputable("a variable does not vary")
    if min(np.linalg.eigvalsh(part)[..., 0].min() for part in (x, y)) < 1e-9:
        raise NotComputable("a variable is a sum of others of its set")
    lower_x, lower_y = np.linalg.cholesky(x), np.linalg.cholesky(y)
    from_x = np.linalg.solve(lower_x, between)  # its squared columns sum to squared multiple correlations of y on x
    from_y = np.linalg.solve(lower_y, between.swapaxes(-1, -2))
    left, r, right = np.linalg.svd(np.linalg.solve(lower_y, from_x.swapaxes(-1, -2)).swapaxes(-1, -2))
    return Canonical(
        r=np.minimum(r, 1.0),
        x_weights=np.linalg.solve(lower_x.swapaxes(-1, -2), left),
        y_weights=np.linalg.solve(lower_y.swapaxes(-1, -2), right.swapaxes(-1, -2)),
        x_by_y=(from_y**2).sum(axis=(-2, -1)) / x.shape[-1],
        y_by_x=(from_x**2).sum(axis=(-2, -1)) / y.shape[-1],
    )


def wilks_tests(r: np.ndarray, n: int, p: int, q: int) -> pd.DataFrame:
    r"""Test whether the k-th canonical correlation and all smaller ones are zero.

    .. math:: \Lambda_k = \prod_{i \ge k} (1 - r_i^2)

    Parameters
    ----------
    r : numpy.ndarray of shape (m,)
        Canonical correlations, descending.
    n : int
        Number of people.
    p : int
        Number of variables of the first set.
    q : int
        Number of variables of the second set.

    Returns
    -------
    pandas.DataFrame
        One row per k: wilks_lambda, p_wilks (Rao's F), p_bartlett (chi-square with (p - k + 1)(q - k + 1) degrees of
        freedom); the p values are missing where n leaves no degrees of freedom.

    Notes
    -----
    Rao (1951), Bull. Int. Statist. Inst. 33; Bartlett (1941), Biometrika 32. Both presume normal variables and
    independent people. Agrees with anova(lm(y ~ x), test = "Wilks") in R for k = 1; the F of
    statsmodels' CanCorr has one degree of freedom more.
    """
    rows = []
    scale = n - 1 - (p + q + 1) / 2
    for k in range(len(r)):
        wilks = np.prod(1 - r[k:] ** 2)
        a, b = p - k, q - k
        root = np.sqrt(((a * b) ** 2 - 4) / (a**2 + b**2 - 5)) if a**2 + b**2 > 5 else 1.0
        rest = scale * root - a * b / 2 + 1
        row = {"wilks_lambda": wilks, "p_wilks": np.nan, "p_bartlett": np.nan}
        if rest > 0 and scale > 0:
            with np.errstate(divide="ignore"):
                row["p_wilks"] = float(fdtrc(a * b, rest, (wilks ** (-1 / root) - 1) * rest / (a * b)))
                row["p_bartlett"] = float(chdtrc(a * b, -scale * np.log(wilks)))
        rows.append(row)
    return pd.DataFrame(rows)


def permutation_p(x: np.ndarray, y: np.ndarray, draws: int, seed: int) -> np.ndarray:
    """Compute p values of the tests of :func:`wilks_tests` by permuting the people of one set against the other.

    Parameters
    ----------
    x : numpy.ndarray of shape (n, p)
        Complete scores of people who count as independent.
    y : numpy.ndarray of shape (n, q)
        Complete scores of the same people.
    draws : int
        Number of permutations.
    seed : int
        At least 0. Each permutation has a generator of its own.

    Returns
    -------
    numpy.ndarray of shape (m,)
        P values of at least 1 / (draws + 1), never falling with k.

    Notes
    -----
    Winkler, Renaud, Smith & Nichols (2020), NeuroImage 220, 117065: for k > 1 only what the first k - 1 pairs of
    variates leave is permuted, and a p value is never below that of a larger canonical correlation.
    """
    n, p = x.shape
    standard = [(block - block.mean(axis=0)) / block.std(axis=0) for block in (x, y)]
    found = canonical_correlations(np.corrcoef(np.hstack([x, y]), rowvar=False), p)
    one = standard[0] @ found.x_weights / np.sqrt(n)
    two = standard[1] @ found.y_weights / np.sqrt(n)
    observed = np.array([float(_log_wilks(np.diag(found.r[k:]))) for k in range(len(found.r))])
    below = np.zeros(len(observed))
    for first in range(0, draws, CHUNK):
        orders = np.array([generator_of(seed, draw).permutation(n) for draw in range(first, min(first + CHUNK, draws))])
        between = one[orders].transpose(0, 2, 1) @ two
        for k, value in enumerate(observed):
            below[k] += np.count_nonzero(_log_wilks(between[:, k:, k:]) <= value)
    return np.maximum.accumulate((1 + below) / (1 + draws))


def shrunken_square(square: np.ndarray, n: int, predictors: int) -> np.ndarray:
    """Shrink a squared multiple correlation by what chance adds to it: 1 - (1 - R^2)(n - 1) / (n - k - 1), at least 0.

    Parameters
    ----------
    square : numpy.ndarray
        Squared multiple correlations, any shape.
    n : int
        Number of people.
    predictors : int
        Number of predictors, k.

    Returns
    -------
    numpy.ndarray
        The shrunken values; missing where n leaves no degrees of freedom.

    Notes
    -----
    Wherry's (1931) formula as Ezekiel gave it. For a redundancy k is the size of the predicting set (Dawson-Saunders
    1982, Educ. Psychol. Meas. 42), for the first canonical correlation that of both sets minus one: where a set has one
    variable this is the multiple correlation's, and it is close to the bias known from theory (Glynn & Muirhead 1978,
    J. Multivar. Anal. 8). Thompson (1990, Educ. Psychol. Meas. 50) counts both sets in full, which makes correlations
    too small: 2 x 2 scales, rho = .43, by .007 at n = 200 and .026 at n = 80, against .002 and .011.

    Examples
    --------
    >>> shrunken_square(np.array([0.5, 0.01]), n=100, predictors=4).round(3)
    array([0.479, 0.   ])
    """
    left = n - predictors - 1
    return np.maximum(1 - (1 - np.asarray(square, float)) * (n - 1) / left, 0.0) if left > 0 else square * np.nan


def _log_wilks(between: np.ndarray) -> np.ndarray:
    """Log of Wilks' lambda from the correlations (..., a, b) of two sets of uncorrelated variables."""
    turned = between.swapaxes(-1, -2)
    small = between @ turned if between.shape[-2] <= between.shape[-1] else turned @ between
    return np.linalg.slogdet(np.eye(small.shape[-1]) - small)[1]
