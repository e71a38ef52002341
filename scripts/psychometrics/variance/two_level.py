"""Covariances within and between clients from repeated sessions, by maximum likelihood."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from psychometrics.variance.two_level_moments import TwoLevelMoments, grouped_products, positive, take_rows

TOLERANCE = 1e-10  # largest change of an element in the last step, where W is scaled to the identity
NOTHING = 1e-9  # variance between clients, in units of that within, that counts as none

# state of a search (a root of W, and B over W in its coordinates), the mean, the largest change
Step = tuple[tuple[np.ndarray, np.ndarray], np.ndarray, float]


class TwoLevel(NamedTuple):
    """Covariances at two levels; missing where the search did not converge.

    Attributes
    ----------
    within : numpy.ndarray of shape (m, k, k)
        Covariances within clients.
    between : numpy.ndarray of shape (m, k, k)
        Covariances between clients.
    mean : numpy.ndarray of shape (m, k)
        Means.
    steps : numpy.ndarray of int, shape (m,)
        Steps of the search; -1 where it did not converge.
    """

    within: np.ndarray
    between: np.ndarray
    mean: np.ndarray
    steps: np.ndarray


def two_level_covariance(moments: TwoLevelMoments) -> TwoLevel:
    r"""Estimate the saturated two-level model: free covariance matrices within and between clients, by ML.

    .. math:: y_{ij} = \mu + u_i + w_{ij}, \qquad u_i \sim N(0, B), \quad w_{ij} \sim N(0, W)

    Parameters
    ----------
    moments : TwoLevelMoments
        Sums of :func:`psychometrics.variance.two_level_moments.two_level_moments`.

    Returns
    -------
    TwoLevel
        Maximum likelihood estimates.

    Notes
    -----
    Fisher scoring. In coordinates in which W is the identity and B is diagonal the expected information falls apart
    into one 2 x 2 block for each pair of items, so that a step costs one eigendecomposition. B is positive
    semidefinite: a direction in which clients differ less than by chance stays at 0 as long as the likelihood
    falls beyond that bound. Without it the likelihood of many items and unequal numbers of sessions has no maximum.
    Where scoring does not converge, as with hardly more repeated answers than items, smaller steps and then EM take
    over.
    Goldstein (1986), Biometrika 73, 43-56; Muthen (1994), Sociol. Methods Res. 22, 376-398. Agrees with lavaan::sem(
    cluster = ) with all covariances free at both levels.
    """
    within, between = moment_covariances(moments)
    mean, taken = np.full(within.shape[:2], np.nan), np.full(len(within), -1)
    for row in np.flatnonzero(np.isfinite(within[:, 0, 0])):
        one = take_rows(moments, [row])
        start = _diagonal(*_factored(within[[row]], within[[row]]))
        for step_of, limit, enough in SEARCHES:
            state, located, size, step = start, mean[[row]], np.inf, 0
            while step < limit and size > enough:
                state, located, size = step_of(*state, one)
                step += 1
            if size <= enough:
                within[row], between[row] = _product(state[0], np.ones_like(state[1]))[0], _product(*state)[0]
                mean[row], taken[row] = located[0], step
                break
    lost = taken < 0
    within[lost], between[lost] = np.nan, np.nan
    return TwoLevel(within, between, mean + moments.centre, taken)


def moment_covariances(moments: TwoLevelMoments) -> tuple[np.ndarray, np.ndarray]:
    """Compute pooled covariances within clients and scaled ones between them, without a search.

    Parameters
    ----------
    moments : TwoLevelMoments
        Sums of :func:`psychometrics.variance.two_level_moments.two_level_moments`.

    Returns
    -------
    within : numpy.ndarray of shape (m, k, k)
        Covariances W within clients, missing where W is singular.
    between : numpy.ndarray of shape (m, k, k)
        Covariances B between clients, missing where W is singular.

    Notes
    -----
    W from the deviations with administrations minus clients degrees of freedom; B = (S - W) / c, where S is n times the
    products of the clients' means over all clients and c is the mean number of sessions. Directions in which B would be
    negative are set to 0. With the same number of sessions for all clients and no such direction this is the maximum
    likelihood solution.
    Muthen (1994), Sociol. Methods Res. 22, 376-398, eqs 10-13 (MUML), with c for all clients.
    """
    total = moments.clients.sum(axis=1)
    sizes = moments.sizes.astype(float)
    rows = moments.clients @ sizes
    with np.errstate(divide="ignore", invalid="ignore"):
        within = moments.within / moments.freedom[:, None, None]
        mean = (sizes[:, None] * moments.means).sum(axis=1) / rows[:, None]
        among = grouped_products(moments, mean).sum(axis=1) / total[:, None, None]
        between = (among - within) / (rows / total)[:, None, None]
    known = np.isfinite(within).all(axis=(1, 2))
    known[known] = positive(within[known])
    within[~known], between[~known] = np.nan, np.nan
    between[known] = _product(*_diagonal(*_factored(within[known], between[known])))
    return within, between


def _coordinates(
    back: np.ndarray, ratio: np.ndarray, data: TwoLevelMoments
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Moments where W is the identity and B is diagonal: spread of the means, located mean, within, among."""
    there = np.linalg.inv(back)
    across = np.swapaxes(there, 1, 2)
    sizes = data.sizes.astype(float)
    spread = 1 + sizes[:, None] * ratio[:, None, :]  # (m, S, k): variances of sqrt(n) times the clients' means
    means = data.means @ across
    weight = sizes[:, None] / spread
    mean = (weight * means).sum(axis=1) / (weight * data.clients[:, :, None]).sum(axis=1)
    turned = data._replace(means=means, products=there[:, None] @ data.products @ across[:, None])
    return spread, mean, there @ data.within @ across, grouped_products(turned, mean)


def _scoring_step(back: np.ndarray, ratio: np.ndarray, data: TwoLevelMoments, part: float = 1.0) -> Step:
    """From W = A A', B = A diag(ratio) A' to the new A and ratio; the mean; the change."""
    spread, mean, own, among = _coordinates(back, ratio, data)
    back, freedom, k = back.copy(), data.freedom, back.shape[-1]
    diagonal, by_size = np.arange(k), data.sizes[:, None, None].astype(float)
    pairs = 1 / (spread[..., :, None] * spread[..., None, :])
    score = among * pairs
    score[..., diagonal, diagonal] -= data.clients[..., None] / spread
    score_within, score_between = own + score.sum(axis=1), (by_size * score).sum(axis=1)
    score_within[:, diagonal, diagonal] -= freedom[:, None]
    information = data.clients[..., None, None] * pairs
    ww = freedom[:, None, None] + information.sum(axis=1)
    wb, bb = (by_size * information).sum(axis=1), (by_size**2 * information).sum(axis=1)
    stuck = np.zeros(ratio.shape, dtype=bool)
    for row in np.flatnonzero((ratio <= 0).any(axis=1)).tolist():
        _turn_towards_zero(row, back, ratio, mean, score_within, score_between, ww, wb, bb, stuck)
    determinant = ww * bb - wb**2
    both = stuck[:, :, None] & stuck[:, None, :]
    change_within = np.where(both, score_within / ww, (bb * score_within - wb * score_between) / determinant)
    change_between = np.where(both, 0.0, (ww * score_between - wb * score_within) / determinant)
    shrink = np.full(len(back), part)
    while (bad := ~positive(np.eye(k) + shrink[:, None, None] * change_within)).any():
        shrink[bad] /= 2
    scaled = np.eye(k) + shrink[:, None, None] * change_within
    target = shrink[:, None, None] * change_between
    target[:, diagonal, diagonal] += ratio
    return _moved(back, ratio, scaled, target, mean)


def _moved(back: np.ndarray, ratio: np.ndarray, scaled: np.ndarray, target: np.ndarray, mean: np.ndarray) -> Step:
    """The state after W and B in the old coordinates became `scaled` and `target`; the mean; the change."""
    k = scaled.shape[-1]
    turn, new_ratio = _diagonal(*_factored(scaled, target))
    size = max(np.abs(scaled - np.eye(k)).max(), np.abs(_product(turn, new_ratio) - np.eye(k) * ratio[:, None]).max())
    return (back @ turn, new_ratio), np.einsum("mab,mb->ma", back, mean), size


def _turn_towards_zero(
    row: int,
    back: np.ndarray,
    ratio: np.ndarray,
    mean: np.ndarray,
    score_within: np.ndarray,
    score_between: np.ndarray,
    ww: np.ndarray,
    wb: np.ndarray,
    bb: np.ndarray,
    stuck: np.ndarray,
) -> None:
    """Find the directions in which B is 0 and has to stay so (all arguments of this row are changed in place).

    Among directions without variance between clients any rotation is allowed: the one that makes the step diagonal
    shows which of them would become negative. Those may still turn into a direction b with variance r_b, but a turn by
    d gives them the variance d^2 / r_b, which the likelihood penalises: that is added to the information on the turn.
    """
    none = np.flatnonzero(ratio[row] <= 0)
    at = np.ix_(none, none)
    slope = score_between[row][at] - wb[row][at] / ww[row][at] * score_within[row][at]
    value, vector = np.linalg.eigh(slope)
    turn = np.eye(len(ratio[row]))
    turn[at] = vector
    back[row], mean[row] = back[row] @ turn, turn.T @ mean[row]
    score_within[row] = turn.T @ score_within[row] @ turn
    score_between[row] = turn.T @ score_between[row] @ turn
    stuck[row, none[value < 0]] = True
    some = ratio[row] > 0
    for direction, price in zip(none[value < 0], -value[value < 0], strict=True):
        bb[row, direction, some] += price / ratio[row, some]
        bb[row, some, direction] += price / ratio[row, some]


def _diagonal(root: np.ndarray, symmetric: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The coordinates of a root that make the symmetric matrices diagonal, and their diagonals, not below 0."""
    values, vectors = np.linalg.eigh(symmetric)
    # a direction that is 0 except for rounding error has to count as 0 in the next step
    return root @ vectors, np.where(values < NOTHING, 0, values)


def _factored(within: np.ndarray, between: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A root of W, and B in the coordinates in which W is the identity."""
    root = np.linalg.cholesky(within)
    return root, _from_both_sides(np.linalg.inv(root), between)


def _half_step(back: np.ndarray, ratio: np.ndarray, data: TwoLevelMoments) -> Step:
    return _scoring_step(back, ratio, data, 0.5)


def _expectation_step(back: np.ndarray, ratio: np.ndarray, data: TwoLevelMoments) -> Step:
    """The EM step: small, but never for the worse."""
    spread, mean, own, among = _coordinates(back, ratio, data)
    sizes, diagonal = data.sizes.astype(float), np.arange(ratio.shape[-1])
    uncertain = data.clients[..., None] * ratio[:, None] / spread  # (m, S, k)
    pull = np.sqrt(sizes)[:, None] * ratio[:, None] / spread
    within = own + (among / (spread[..., :, None] * spread[..., None, :])).sum(axis=1)
    between = (among * pull[..., :, None] * pull[..., None, :]).sum(axis=1)
    within[:, diagonal, diagonal] += (sizes[:, None] * uncertain).sum(axis=1)
    between[:, diagonal, diagonal] += uncertain.sum(axis=1)
    within /= (data.clients @ sizes)[:, None, None]
    return _moved(back, ratio, within, between / data.clients.sum(axis=1)[:, None, None], mean)


def _product(back: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    return (back * ratio[:, None]) @ np.swapaxes(back, 1, 2)


def _from_both_sides(outer: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    return outer @ matrices @ np.swapaxes(outer, 1, 2)


# one after another until one converges: step, how many at most, the change that ends it
SEARCHES: tuple[tuple[Callable[[np.ndarray, np.ndarray, TwoLevelMoments], Step], int, float], ...] = (
    (_scoring_step, 60, TOLERANCE),
    (_half_step, 200, TOLERANCE),
    (_expectation_step, 5000, 1e-5),
)
