"""Indices of careless responding, one value per person: long strings, variability, consistency, distance."""

from collections.abc import Sequence

import numpy as np

FEWEST_PAIRS = 3  # of items or of half scales, of which a correlation within a person can be spoken
ROUNDING = 1e-12  # of a within-person variance that is 0


def longest_runs(answers: np.ndarray) -> np.ndarray:
    """Find each person's longest run of the same answer to items in a row (long string).

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Raw answers in the order of the form, missing as NaN; a missing answer ends a run.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Number of items in the longest run; 0 without an answer.

    Notes
    -----
    Johnson (2005), J. Res. Pers. 39, 103-129. Agrees with careless::longstring.

    Examples
    --------
    >>> longest_runs(np.array([[3, 3, 3, 5], [1, 2, 1, 2], [4, 4, np.nan, 4]]))
    array([3, 1, 2])
    """
    run = longest = np.isfinite(answers[:, 0]).astype(int)
    for j in range(1, answers.shape[1]):
        run = np.where(answers[:, j] == answers[:, j - 1], run + 1, np.isfinite(answers[:, j]).astype(int))
        longest = np.maximum(longest, run)
    return longest


def response_variability(answers: np.ndarray) -> np.ndarray:
    """Compute the intra-individual response variability: the standard deviation of a person's answers.

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Raw answers, missing as NaN.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Standard deviations with divisor (answers - 1); missing with fewer than two answers.

    Notes
    -----
    Dunn, Heggestad, Shanock & Theilgard (2018), J. Bus. Psychol. 33, 105-121. Agrees with careless::irv.

    Examples
    --------
    >>> response_variability(np.array([[3, 3, 3], [1, 3, 5], [2, np.nan, 4]])).round(2)
    array([0.  , 2.  , 1.41])
    """
    given = np.isfinite(answers)
    n = given.sum(axis=1)
    filled = np.where(given, answers, 0.0)
    mean = filled.sum(axis=1) / np.maximum(n, 1)
    squares = np.where(given, (answers - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return np.where(n > 1, np.sqrt(squares / np.maximum(n - 1, 1)), np.nan)


def even_odd_consistency(keyed: np.ndarray, scales: Sequence[Sequence[int]]) -> np.ndarray:
    r"""Correlate the halves of the scales within each person, corrected to full length.

    Parameters
    ----------
    keyed : numpy.ndarray of shape (n, k)
        Keyed answers, missing as NaN.
    scales : sequence of sequence of int
        Positions of the items of each scale, in the order of the form.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Consistency in [-1, 1]; missing where fewer than three scales have both halves, or where a half does not vary
        over the scales.

    Notes
    -----
    Johnson (2005), J. Res. Pers. 39: mean of the first, third, ... and of the second, fourth, ... item of every scale,
    their correlation over the scales, 2r / (1 + r), not below -1. Minus careless::evenodd, which turns the sign so that
    a high value is a sign of carelessness, and which takes two scales as well. With few scales the correlation of one
    person is crude: Johnson had 30.

    Examples
    --------
    >>> answers = np.array([[1, 2, 3, 2, 5, 4], [1, 5, 5, 1, 3, 3]])
    >>> even_odd_consistency(answers, [[0, 1], [2, 3], [4, 5]]).round(2)
    array([ 0.93, -1.  ])
    """
    halves = [np.stack([_row_means(keyed[:, list(items)[first::2]]) for items in scales], axis=1) for first in (0, 1)]
    r = _row_correlations(*halves)
    with np.errstate(divide="ignore", invalid="ignore"):
        corrected = np.where(r > -1, 2 * r / (1 + r), -1.0)
    return np.where(np.isnan(r), np.nan, np.maximum(corrected, -1.0))


def alike_pairs(answers: np.ndarray, least: float = 0.6, opposite: bool = False) -> list[tuple[int, int]]:
    """Find psychometric synonyms or antonyms: pairs of items with a high correlation in these answers.

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Raw answers, missing as NaN.
    least : float, default 0.6
        The correlation that a pair must exceed, in (0, 1).
    opposite : bool, default False
        Whether antonyms are looked for, whose correlation lies below minus `least`.

    Returns
    -------
    list of tuple of int
        Positions of both items, the later one first.

    Notes
    -----
    Meade & Craig (2012), Psychol. Methods 17, 437-455. Correlations are pairwise, as in careless::psychsyn.

    Examples
    --------
    >>> alike_pairs(np.array([[1, 1, 5], [2, 2, 4], [3, 4, 2], [5, 5, 1]]))
    [(1, 0)]
    >>> alike_pairs(np.array([[1, 1, 5], [2, 2, 4], [3, 4, 2], [5, 5, 1]]), opposite=True)
    [(2, 0), (2, 1)]
    """
    given = np.isfinite(answers)
    known = given.astype(float)
    filled = np.where(given, answers - _column_means(answers), 0.0)
    n = known.T @ known
    total, squares, products = filled.T @ known, (filled**2).T @ known, filled.T @ filled
    spread = n * squares - total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        r = (n * products - total * total.T) / np.sqrt(spread * spread.T)
        exceeds = (-r if opposite else r) > least
    exceeds &= (n >= FEWEST_PAIRS) & (spread > ROUNDING * n) & (spread.T > ROUNDING * n)
    return [(int(second), int(first)) for first, second in zip(*np.nonzero(np.triu(exceeds, 1)), strict=True)]


def pair_consistency(answers: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Correlate the items of pairs within each person, over the pairs.

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Raw answers, missing as NaN.
    pairs : sequence of tuple of int
        Psychometric synonyms or antonyms, by :func:`alike_pairs`.

    Returns
    -------
    numpy.ndarray of shape (n,)
        Correlations; missing with fewer than three answered pairs, or where one side does not vary.

    Notes
    -----
    Meade & Craig (2012), Psychol. Methods 17. Agrees with careless::psychsyn (resample_na = FALSE; anto = TRUE for
    antonyms). The
    correlation depends on which item of a pair stands first; as there, it is the later one.

    Examples
    --------
    >>> pair_consistency(np.array([[1, 1, 3, 4, 5, 5], [1, 5, 3, 3, 5, 1]]), [(1, 0), (3, 2), (5, 4)]).round(2)
    array([ 0.96, -1.  ])
    """
    if len(pairs) < FEWEST_PAIRS:
        return np.full(len(answers), np.nan)
    one, two = np.array(pairs).T
    return _row_correlations(answers[:, one], answers[:, two])


def mahalanobis_distances(
    answers: np.ndarray, mean: np.ndarray, covariance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    r"""Compute how far each person's answers lie from the centre, from the items that the person answered.

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Answers, missing as NaN.
    mean : numpy.ndarray of shape (k,)
        Means of the items.
    covariance : numpy.ndarray of shape (k, k)
        Their covariances, not singular.

    Returns
    -------
    distance : numpy.ndarray of shape (n,)
        Squared distances; missing without an answer.
    answered : numpy.ndarray of shape (n,)
        Number of answered items, the degrees of freedom of the chi-square distribution of normal answers.

    Notes
    -----
    Mahalanobis (1936). With o the items that a person answered:

    .. math:: d^2 = (x_o - \mu_o)' \Sigma_{oo}^{-1} (x_o - \mu_o)

    Agrees with stats::mahalanobis and, of complete answers, with careless::mahad (psych::outlier), which for missing
    answers takes the inverse of all items and leaves out the terms that are missing.

    Examples
    --------
    >>> distance, answered = mahalanobis_distances(np.array([[1.0, 1.0], [2.0, np.nan]]), np.zeros(2), np.eye(2))
    >>> distance, answered
    (array([2., 4.]), array([2, 1]))
    """
    given = np.isfinite(answers)
    patterns, which = np.unique(given, axis=0, return_inverse=True)
    which = which.ravel()
    distance = np.full(len(answers), np.nan)
    for number, here in enumerate(patterns):
        if here.any():
            people = which == number
            deviation = answers[np.ix_(people, here)] - mean[here]
            pulled = np.linalg.solve(covariance[np.ix_(here, here)], deviation.T).T
            distance[people] = np.vecdot(deviation, pulled)
    return distance, given.sum(axis=1)


def _column_means(values: np.ndarray) -> np.ndarray:
    """Means of the known values of each column; 0 where there are none."""
    known = np.isfinite(values)
    return np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def _row_means(values: np.ndarray) -> np.ndarray:
    """Means of the known values of each row; missing where there are none."""
    known = np.isfinite(values)
    n = known.sum(axis=1)
    return np.where(n > 0, np.where(known, values, 0.0).sum(axis=1) / np.maximum(n, 1), np.nan)


def _row_correlations(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    """Correlation of two rows of values, person by person, over the columns known on both sides."""
    both = np.isfinite(one) & np.isfinite(two)
    n = both.sum(axis=1)
    a, b = (np.where(both, side - _row_means(np.where(both, side, np.nan))[:, None], 0.0) for side in (one, two))
    spread = (a**2).sum(axis=1) * (b**2).sum(axis=1)
    known = (n >= FEWEST_PAIRS) & (spread > ROUNDING)
    return np.where(known, (a * b).sum(axis=1) / np.sqrt(np.where(known, spread, 1.0)), np.nan)
