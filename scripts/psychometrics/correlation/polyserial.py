"""Polyserial correlations of ordinal with continuous items, and the matrix of items of both kinds."""

import numpy as np
from scipy.special import ndtr

from psychometrics.correlation.bivariate_normal import FAR
from psychometrics.correlation.polychoric import item_thresholds, pair_tables, polychoric
from psychometrics.correlation.polychoric_search import maximise
from psychometrics.correlation.product_moment import weighted_correlations

ANSWERS_AT_ONCE = 2_000_000
SMALLEST = 1e-300


class SerialPairs:
    """Answers to pairs of an ordinal item (i[0], ...) and a continuous one (j[0], ...), for `maximise`.

    Parameters
    ----------
    codes : numpy.ndarray of int, shape (n, p)
        Category numbers, -1 where missing.
    cuts : numpy.ndarray of shape (p, c - 1)
        Finite thresholds.
    standard : numpy.ndarray of shape (n, q)
        Continuous answers with mean 0 and variance 1, missing as NaN.
    weights : numpy.ndarray of shape (n,)
        How often each person counts.
    i : numpy.ndarray of int, shape (B,)
        Ordinal item of each pair.
    j : numpy.ndarray of int, shape (B,)
        Continuous item of each pair.
    """

    def __init__(
        self,
        codes: np.ndarray,
        cuts: np.ndarray,
        standard: np.ndarray,
        weights: np.ndarray,
        i: np.ndarray,
        j: np.ndarray,
    ) -> None:
        self.i, self.j = i, j
        edges = np.pad(cuts, ((0, 0), (1, 1)), constant_values=((0, 0), (-FAR, FAR)))
        answered = codes >= 0
        chosen = np.where(answered, codes, 0)
        items = np.arange(len(cuts))
        self._lower, self._upper = edges[items, chosen], edges[items, chosen + 1]
        self._weight = np.where(answered, weights[:, None], 0.0)
        present = ~np.isnan(standard)
        self._standard, self._present = np.where(present, standard, 0.0), present
        self.total = (self._weight.T @ present)[i, j]

    def derivatives(self, rho: np.ndarray, wanted: np.ndarray) -> np.ndarray:
        """Compute derivatives of the log-likelihood by rho.

        Parameters
        ----------
        rho : numpy.ndarray of shape (m,)
            Correlations of the wanted pairs.
        wanted : numpy.ndarray of int, shape (m,)
            Positions of the pairs.

        Returns
        -------
        numpy.ndarray of shape (3, m)
            The first derivative, minus the second, and the sum of the squared scores.
        """
        result = np.empty((3, len(wanted)))
        at_once = max(1, ANSWERS_AT_ONCE // len(self._standard))
        for start in range(0, len(wanted), at_once):
            part = slice(start, start + at_once)
            result[:, part] = self._sums(rho[part], self.i[wanted[part]], self.j[wanted[part]])
        return result

    def _sums(self, rho: np.ndarray, i: np.ndarray, j: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        r"""Derivatives of the log-likelihood, summed over the people.

        The category of tau_1 ... tau_2 has, given z, the probability
        :math:`\Phi\{(\tau_2 - \rho z) / \sqrt{1 - \rho^2}\} - \Phi\{(\tau_1 - \rho z) / \sqrt{1 - \rho^2}\}`.
        """
        z = self._standard[:, j]
        weight = self._weight[:, i] * self._present[:, j]
        rest = (1 - rho) * (1 + rho)
        sides = []
        for edge in (self._upper[:, i], self._lower[:, i]):
            x = (edge - rho * z) / np.sqrt(rest)
            slope = (rho * edge - z) / rest**1.5
            density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
            # the density has underflowed at an edge that stands for infinity
            curvature = (edge + 3 * rho * (rho * edge - z) / rest) / rest**1.5 - x * slope**2
            sides.append((x, density * slope, density * curvature))
        (upper, *upper_changes), (lower, *lower_changes) = sides
        turn = np.where(upper + lower > 0, -1.0, 1.0)  # the smaller of the two tails keeps its digits
        share = np.maximum(np.abs(ndtr(turn * upper) - ndtr(turn * lower)), SMALLEST)
        slope, curvature = ((a - b) / share for a, b in zip(upper_changes, lower_changes, strict=True))
        squares = np.sum(weight * slope**2, axis=0)
        return np.sum(weight * slope, axis=0), squares - np.sum(weight * curvature, axis=0), squares


def polyserial_moments(r: np.ndarray, codes_sd: np.ndarray, thresholds: np.ndarray) -> np.ndarray:
    r"""Compute polyserial correlations from the Pearson correlations of continuous answers with category numbers.

    .. math:: \rho = r \, s_{codes} / \sum_k \phi(\tau_k)

    Parameters
    ----------
    r : numpy.ndarray
        Pearson correlations.
    codes_sd : numpy.ndarray
        Standard deviations of the category numbers, which broadcast with r.
    thresholds : numpy.ndarray
        Thresholds along the last axis; the other axes broadcast with r.

    Returns
    -------
    numpy.ndarray
        Correlations; here the start of the search for the two-step estimate.

    Notes
    -----
    Olsson, Drasgow and Dorans (1982), Psychometrika 47, 337-347, "ad hoc" estimate. Agrees with
    polycor::polyserial(ML = FALSE).

    Examples
    --------
    An item split at the median: r times 0.5 over the normal density at 0, the biserial correlation.

    >>> round(float(polyserial_moments(np.array(0.4), np.array(0.5), np.array([0.0]))), 4)
    0.5013
    """
    return r * codes_sd / np.sum(np.exp(-(thresholds**2) / 2) / np.sqrt(2 * np.pi), axis=-1)


def mixed_correlations(
    values: np.ndarray, codes: np.ndarray, continuous: np.ndarray, n: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute polychoric, polyserial and Pearson correlations of items of both kinds.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Answers, missing as NaN.
    codes : numpy.ndarray of int, shape (n, p)
        Category numbers of the ordinal items, -1 where missing.
    continuous : numpy.ndarray of bool, shape (p,)
        Which items are continuous.
    n : numpy.ndarray of shape (p, p)
        Weighted pair counts.
    weights : numpy.ndarray of shape (n,)
        How often each person counts.

    Returns
    -------
    matrix : numpy.ndarray of shape (p, p)
        Correlations, NaN where an item does not vary among those who answered both.
    bounded : numpy.ndarray of bool, shape (p, p)
        Whether a likelihood rises up to a perfect correlation.
    unfinished : numpy.ndarray of bool, shape (p, p)
        Whether a search did not converge.

    Notes
    -----
    Polyserial: two-step maximum likelihood, the thresholds, mean and variance from all answers of each item (Olsson,
    Drasgow & Dorans 1982). Agrees with lavaan::lavCor, also with missing = "pairwise". Pairs of continuous items:
    Pearson among the people who answered both, as stats::cor(use = "pairwise"); lavaan takes also their means and
    variances from all answers, which differs where answers are missing.
    """
    numbers = np.where(continuous, values, np.where(codes >= 0, codes, np.nan))
    matrix = weighted_correlations(numbers, ~np.isnan(numbers), n, weights)
    bounded, unfinished = np.zeros(matrix.shape, dtype=bool), np.zeros(matrix.shape, dtype=bool)
    if np.isnan(matrix).any() or continuous.all():
        return matrix, bounded, unfinished
    ordinal, rest = np.flatnonzero(~continuous), np.flatnonzero(continuous)
    tables = pair_tables(codes[:, ordinal], int(codes.max()) + 1, weights)
    if len(ordinal) > 1:
        fit = polychoric(tables)
        block = np.ix_(ordinal, ordinal)
        matrix[block], bounded[block], unfinished[block] = fit.rho, fit.bounded, fit.unfinished
    if len(rest):
        margins = np.einsum("iaia->ia", tables)
        thresholds = item_thresholds(margins)
        categories = np.arange(margins.shape[1])
        shares = margins / margins.sum(axis=1, keepdims=True)
        spread = np.sqrt(shares @ categories**2 - (shares @ categories) ** 2)
        guess = polyserial_moments(matrix[np.ix_(ordinal, rest)], spread[:, None], thresholds[:, None, :])
        standard = _standardized(values[:, rest], weights)
        i, j = (index.ravel() for index in np.indices(guess.shape))
        pairs = SerialPairs(codes[:, ordinal], np.clip(thresholds, -FAR, FAR), standard, weights, i, j)
        z, _, at_bound, open_ended = maximise(pairs, np.arctanh(np.clip(guess.ravel(), -0.95, 0.95)))
        first, second = ordinal[i], rest[j]
        for square, found in ((matrix, np.tanh(z)), (bounded, at_bound), (unfinished, open_ended)):
            square[first, second] = square[second, first] = found
    return matrix, bounded, unfinished


def _standardized(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    weight = np.where(np.isnan(values), 0.0, weights[:, None])
    filled = np.where(np.isnan(values), 0.0, values)
    total = weight.sum(axis=0)
    mean = (weight * filled).sum(axis=0) / total
    variance = (weight * (filled - mean) ** 2).sum(axis=0) / total
    return (values - mean) / np.sqrt(variance)
