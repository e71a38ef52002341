"""Answers that stand where they do not belong: copied to another person or session, or moved by one column."""

import numpy as np
from scipy.special import chdtrc

LEAST_ANSWERS = 3  # in common, of which sameness says something
MOST_PEOPLE = 2_000  # whose answers are compared with everybody's
UNLIKELY, PLAUSIBLE = 1e-3, 1e-2  # p of the distance of a row as it stands, and in the other place
# log likelihood by which the other place has to fit better: where the cell that a shift leaves empty is, and otherwise
EVIDENCE_AT_A_GAP, EVIDENCE = np.log(1e4), np.log(1e6)


def carried_forward(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Find people whose answers in one session are all those of the session before.

    Parameters
    ----------
    before : numpy.ndarray of shape (n, k)
        Answers in the earlier session, missing as NaN.
    after : numpy.ndarray of shape (n, k)
        Answers of the same people in the later one.

    Returns
    -------
    numpy.ndarray of shape (n,)
        1 where both sessions have the same answers, not all of them alike, and leave out the same items; 0 where they
        differ; missing where fewer than three items are answered in both or where the answers are all alike, which
        repeats for many reasons.

    Examples
    --------
    >>> before = np.array([[1.0, 3, 2, 4], [1, 3, 2, 4], [5, 5, 5, 5]])
    >>> carried_forward(before, np.array([[1.0, 3, 2, 4], [1, 3, 3, 4], [5, 5, 5, 5]]))
    array([ 1.,  0., nan])
    """
    same = ((before == after) | (np.isnan(before) & np.isnan(after))).all(axis=1)
    both = np.isfinite(before) & np.isfinite(after)
    varied = np.zeros(len(before), dtype=bool)
    for values in (before, after):
        highest, lowest = (np.where(both, values, end) for end in (-np.inf, np.inf))
        varied |= highest.max(axis=1, initial=-np.inf) > lowest.min(axis=1, initial=np.inf)
    judged = (both.sum(axis=1) >= LEAST_ANSWERS) & varied
    return np.where(judged, same.astype(float), np.nan)


def same_as_another(answers: np.ndarray) -> tuple[np.ndarray, float, float]:
    r"""Find people whose answers are those of somebody else, and how many pairs are so by chance.

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Raw answers, missing as NaN; one row per person.

    Returns
    -------
    same : numpy.ndarray of shape (n,)
        1 where another person has the same answers throughout, 0 where none has; missing for incomplete answers, for
        answers that are all alike, and beyond the first 2,000 people.
    pairs : float
        Pairs of people with the same answers; missing where nobody was judged.
    expected : float
        How many there would be by chance, from the pairs that differ in one and in two items.

    Notes
    -----
    The idea is that of percentmatch (Kuriakose & Robbins 2016, Stat. J. IAOS 32): honest pairs who agree in all items
    follow from those who agree in all but one and all but two. If each of k items agrees with the same probability,

    .. math:: E(N_k) = \frac{N_{k-1}^2}{N_{k-2}} \cdot \frac{k - 1}{2k}

    People differ in how alike they answer, so that honest answers lie somewhat above it.

    Examples
    --------
    >>> answers = np.array([[1.0, 3, 2, 4, 5], [1, 3, 2, 4, 5], [2, 3, 3, 1, 5], [5, 5, 5, 5, 5]])
    >>> same_as_another(answers)
    (array([ 1.,  1.,  0., nan]), 1.0, 0.0)
    """
    n, k = answers.shape
    judged = np.flatnonzero(np.isfinite(answers).all(axis=1))[:MOST_PEOPLE] if k >= LEAST_ANSWERS else np.array([], int)
    judged = judged[np.ptp(answers[judged], axis=1) > 0]
    found = np.full(n, np.nan)
    if not len(judged):
        return found, np.nan, np.nan
    agree = np.zeros((len(judged), len(judged)), dtype=np.int16)
    for column in answers[judged].T:
        agree += column[:, None] == column[None, :]
    np.fill_diagonal(agree, -1)
    found[judged] = (agree == k).any(axis=1)
    all_items, but_one, but_two = (float((agree == k - less).sum() / 2) for less in range(3))
    return found, all_items, but_one**2 / max(but_two, 1.0) * (k - 1) / (2 * k)


def shifted_by_one(answers: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    r"""Find people whose answers fit the form much better one column to the left or to the right.

    Parameters
    ----------
    answers : numpy.ndarray of shape (n, k)
        Raw answers in the order of the form, missing as NaN.
    mean : numpy.ndarray of shape (k,)
        Means of the items.
    covariance : numpy.ndarray of shape (k, k)
        Their covariances, not singular.

    Returns
    -------
    numpy.ndarray of shape (n,)
        -1 where the answers belong one column to the left, 1 to the right, 0 where they stand right; missing where
        fewer than three answers would be left.

    Notes
    -----
    The answers to items 2 to k are read as those to items 1 to k - 1, and the reverse. With d the Mahalanobis distance
    of these answers from the items where they stand, and from those where they then belong (s), a row counts as shifted
    where

    .. math:: \tfrac12 (d^2 + \ln|\Sigma|) - \tfrac12 (d^2_s + \ln|\Sigma_s|) > \ln 10^6,

    so that normal answers are a million times as likely in the other place, and where their distance has p < .001 as
    they stand and p > .01 there: careless answers fit nowhere. Where the cell that a shift leaves empty is empty, ten
    thousand times are enough. Honest normal answers pass this at most once in a million, or in ten thousand (Markov's
    inequality). A shift among items with similar means and correlations is not found.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> mean = np.array([1.0, 1, 5, 1, 5, 5])
    >>> answers = mean + 0.3 * rng.normal(size=(20, 6))
    >>> answers[0] = [np.nan, *answers[0, :-1]]
    >>> shifted_by_one(answers, mean, 0.09 * np.eye(6))[:3]
    array([-1.,  0.,  0.])
    """
    k = answers.shape[1]
    found, best = np.zeros(len(answers)), np.zeros(len(answers))
    for direction, there, here in ((-1, np.arange(k - 1), np.arange(1, k)), (1, np.arange(1, k), np.arange(k - 1))):
        moved = answers[:, here]
        patterns, which = np.unique(np.isfinite(moved), axis=0, return_inverse=True)
        for number, known in enumerate(patterns):
            people = np.flatnonzero(which.ravel() == number)
            if known.sum() < LEAST_ANSWERS:
                found[people] = np.nan
                continue
            values = moved[np.ix_(people, known)]
            stands, fits = (
                _surprise(values, mean[place[known]], covariance[np.ix_(place[known], place[known])])
                for place in (here, there)
            )
            gain = stands[1] - fits[1]
            gap = np.isnan(answers[people, 0 if direction < 0 else k - 1])
            unlikely, plausible = (
                chdtrc(int(known.sum()), stands[0]) < UNLIKELY,
                chdtrc(int(known.sum()), fits[0]) > PLAUSIBLE,
            )
            sure = plausible & ((unlikely & (gain > EVIDENCE)) | (gap & (gain > EVIDENCE_AT_A_GAP)))
            nearer = sure & (gain > best[people])
            found[people[nearer]], best[people[nearer]] = direction, gain[nearer]
    return found


def _surprise(values: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances, and minus the normal log likelihood without its constant."""
    deviation = values - mean
    distance = np.vecdot(deviation, np.linalg.solve(covariance, deviation.T).T)
    return distance, (distance + np.linalg.slogdet(covariance)[1]) / 2
