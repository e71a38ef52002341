"""One factor within and one between clients, by maximum likelihood, for all resamples at once."""

from typing import NamedTuple

import numpy as np

from psychometrics.variance.two_level_moments import TwoLevelMoments, grouped_products, positive, take_rows

TOLERANCE = 1e-9  # largest change of a parameter in the last step, in standard deviations of its item
STEPS = 200
LONGEST = 0.3  # step of a parameter, in standard deviations of its item: a longer one can flip the signs of loadings


class TwoLevelFactor(NamedTuple):
    """One factor at each of two levels; missing where the search did not converge.

    Attributes
    ----------
    loadings_within : numpy.ndarray of shape (m, k)
        Unstandardized loadings within clients.
    unique_within : numpy.ndarray of shape (m, k)
        Unique variances within clients.
    loadings_between : numpy.ndarray of shape (m, k)
        Unstandardized loadings between clients.
    unique_between : numpy.ndarray of shape (m, k)
        Unique variances between clients.
    """

    loadings_within: np.ndarray
    unique_within: np.ndarray
    loadings_between: np.ndarray
    unique_between: np.ndarray

    @property
    def omega_within(self) -> np.ndarray:
        """Compute omega of the items' deviations from the clients' means.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Coefficients.
        """
        return _omega(self.loadings_within, self.unique_within)

    @property
    def omega_between(self) -> np.ndarray:
        """Compute omega of the clients' means over all sessions they could have had.

        Returns
        -------
        numpy.ndarray of shape (m,)
            Coefficients.
        """
        return _omega(self.loadings_between, self.unique_between)


def two_level_factor(moments: TwoLevelMoments, within: np.ndarray, between: np.ndarray) -> TwoLevelFactor:
    r"""Estimate the two-level factor model with one factor at each level.

    .. math:: W = \lambda_w\lambda_w' + \Theta_w, \qquad B = \lambda_b\lambda_b' + \Theta_b

    Parameters
    ----------
    moments : TwoLevelMoments
        Sums of :func:`psychometrics.variance.two_level_moments.two_level_moments`, at least three items.
    within : numpy.ndarray of shape (k, k)
        Saturated covariances within clients, from which the search begins.
    between : numpy.ndarray of shape (k, k)
        Saturated covariances between clients.

    Returns
    -------
    TwoLevelFactor
        Maximum likelihood estimates. Loadings of a level sum to 0 or more. Unique variances are not negative; one at 0
        is a Heywood case, which callers must say.

    Notes
    -----
    Fisher scoring with the expected information; the mean is that of generalized least squares at every step.
    Geldhof, Preacher and Zyphur (2014), Psychol. Methods 19, 72-91, fit this model for omega within and between.
    Agrees with lavaan::sem(cluster = ) with the factor's variance fixed to 1 and, where a unique variance is at its
    bound, with lavaan's bounds = "pos.ov.var".
    """
    m, k = len(moments.clients), within.shape[-1]
    scale = np.sqrt(np.diag(within))
    first = _begin(within, between)
    # steps and halving are in units of the items' standard deviations within clients
    units = np.concatenate([scale, scale**2, scale, scale**2])
    theta = np.broadcast_to(first.reshape(-1) / units, (m, 4 * k)).copy()
    moments = _rescaled(moments, scale)
    unique = np.tile(np.repeat([False, True], k), 2)
    found = np.full((m, 4 * k), np.nan)
    active = np.arange(m)
    value = _objective(theta, moments)
    for _ in range(STEPS):
        data = take_rows(moments, active)
        step = _scoring_step(theta[active], data)
        step /= np.maximum(np.abs(step).max(axis=1, keepdims=True) / LONGEST, 1)
        shrink, better = np.ones(len(active)), np.zeros(len(active), dtype=bool)
        current, new_value = theta[active].copy(), value[active].copy()
        for _ in range(12):
            rest = np.flatnonzero(~better)
            trial = current[rest] + shrink[rest, None] * step[rest]
            trial[:, unique] = np.maximum(trial[:, unique], 0)
            reached = _objective(trial, take_rows(data, rest))
            good = reached <= value[active[rest]] + 1e-9 * np.abs(value[active[rest]])
            theta[active[rest[good]]], new_value[rest[good]] = trial[good], reached[good]
            better[rest[good]] = True
            shrink[rest[~good]] /= 2
            if better.all():
                break
        value[active] = new_value
        # a small step that brings no improvement is at the optimum: rounding error hides the improvement
        change = np.abs(np.where(better[:, None], theta[active] - current, step)).max(axis=1)
        done = change < np.where(better, TOLERANCE, np.sqrt(TOLERANCE))
        found[active[done]] = theta[active[done]]
        active = active[better & ~done]
        if not active.size:
            break
    found = (found * units).reshape(m, 4, k)
    for level in (0, 2):
        found[:, level] *= np.where(found[:, level].sum(axis=1, keepdims=True) < 0, -1, 1)
    return TwoLevelFactor(*found.swapaxes(0, 1))


def _omega(loadings: np.ndarray, unique: np.ndarray) -> np.ndarray:
    common = loadings.sum(axis=1) ** 2
    return common / (common + unique.sum(axis=1))


def _begin(within: np.ndarray, between: np.ndarray) -> np.ndarray:
    """Centroid loadings of each saturated matrix, which all point one way, and unique variances well above 0."""
    rows = []
    for matrix in (within, between):
        variance = np.maximum(np.diag(matrix), 1e-3 * np.diag(within))
        total = max(matrix.sum(), 1e-3 * variance.sum())
        loadings = np.clip(matrix.sum(axis=1) / np.sqrt(total), 0.1 * np.sqrt(variance), 0.9 * np.sqrt(variance))
        rows += [loadings, variance - loadings**2]
    return np.array(rows)


def _rescaled(moments: TwoLevelMoments, scale: np.ndarray) -> TwoLevelMoments:
    pairs = np.outer(scale, scale)
    return moments._replace(
        within=moments.within / pairs, means=moments.means / scale, products=moments.products / pairs
    )


def _implied(theta: np.ndarray) -> list[np.ndarray]:
    """Both covariance matrices of (m, 4 k) parameters."""
    k = theta.shape[1] // 4
    diagonal = np.arange(k)
    matrices = []
    for loadings, unique in ((theta[:, :k], theta[:, k : 2 * k]), (theta[:, 2 * k : 3 * k], theta[:, 3 * k :])):
        matrix = loadings[:, :, None] * loadings[:, None, :]
        matrix[:, diagonal, diagonal] += unique
        matrices.append(matrix)
    return matrices


def _strata(theta: np.ndarray, moments: TwoLevelMoments) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inverse covariances, data and counts: first within clients, then of the means of each number of sessions."""
    within, between = _implied(theta)
    by_size = moments.sizes.astype(float)[:, None, None]
    inverse = np.linalg.inv(np.concatenate([within[:, None], within[:, None] + by_size * between[:, None]], axis=1))
    weighted = inverse[:, 1:] * by_size
    left = (weighted * moments.clients[..., None, None]).sum(axis=1)
    right = (weighted @ moments.means[..., None]).sum(axis=1)
    mean = np.linalg.solve(left, right)[..., 0]
    data = np.concatenate([moments.within[:, None], grouped_products(moments, mean)], axis=1)
    counts = np.concatenate([moments.freedom[:, None], moments.clients], axis=1)
    return inverse, data, counts


def _objective(theta: np.ndarray, moments: TwoLevelMoments) -> np.ndarray:
    """Minus twice the log-likelihood, infinite where a covariance matrix is improper."""
    within, between = _implied(theta)
    value = np.full(len(theta), np.inf)
    sound = np.isfinite(theta).all(axis=1)
    sound[sound] = positive(within[sound]) & positive(within[sound] + moments.sizes[-1] * between[sound])
    if sound.any():
        inverse, data, counts = _strata(theta[sound], take_rows(moments, np.flatnonzero(sound)))
        _, log_determinant = np.linalg.slogdet(inverse)
        value[sound] = (inverse * data).sum(axis=(1, 2, 3)) - (counts * log_determinant).sum(axis=1)
    return value


def _scoring_step(theta: np.ndarray, moments: TwoLevelMoments) -> np.ndarray:
    k = theta.shape[1] // 4
    inverse, data, counts = _strata(theta, moments)
    factors = [np.r_[1.0, np.ones(len(moments.sizes))], np.r_[0.0, moments.sizes]]  # derivative of a stratum by W, by B
    score = inverse @ data @ inverse - counts[..., None, None] * inverse
    loadings = [theta[:, :k], theta[:, 2 * k : 3 * k]]
    images = [(inverse @ own[:, None, :, None])[..., 0] for own in loadings]  # (m, strata, k)
    gradient = np.empty_like(theta)
    information = np.empty((len(theta), 4 * k, 4 * k))
    diagonal = np.arange(k)
    squared = inverse**2
    for one in range(2):
        total = (factors[one][:, None, None] * score).sum(axis=1)
        gradient[:, 2 * one * k : (2 * one + 1) * k] = (total @ loadings[one][..., None])[..., 0]
        gradient[:, (2 * one + 1) * k : (2 * one + 2) * k] = total[:, diagonal, diagonal] / 2
        for two in range(2):
            weight = (factors[one] * factors[two] * counts)[..., None, None]
            inner = (images[one] * loadings[two][:, None]).sum(axis=2)[..., None, None]
            first, second = (slice(2 * level * k, (2 * level + 1) * k) for level in (one, two))
            first_unique, second_unique = (slice(part.stop, part.stop + k) for part in (first, second))
            information[:, first, second] = (
                weight * (inverse * inner + images[two][..., :, None] * images[one][..., None, :])
            ).sum(axis=1)
            information[:, first, second_unique] = (weight * inverse * images[one][..., None, :]).sum(axis=1)
            information[:, first_unique, second] = (weight * inverse * images[two][..., :, None]).sum(axis=1)
            information[:, first_unique, second_unique] = (weight * squared).sum(axis=1) / 2
    # a unique variance at 0 stays there as long as the likelihood falls beyond that bound
    held = (theta <= 0) & (gradient < 0) & np.tile(np.repeat([False, True], k), 2)
    gradient[held] = 0
    information[held[:, :, None] | held[:, None, :]] = 0
    diagonal = np.arange(4 * k)
    information[:, diagonal, diagonal] += held
    information[:, diagonal, diagonal] *= 1 + 1e-10  # never singular
    return np.linalg.solve(information, gradient[..., None])[..., 0]
