"""Normal likelihood of complete or incomplete answers: value, gradient, information, scores of the people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psychometrics.covariance_structures.moments import GroupStructure, Implied

AT_ONCE = 2_000_000  # entries of the covariance matrices that are inverted together
LARGEST = 10_000_000  # entries of the matrix of products of moments: 80 MB


@dataclass(frozen=True)
class Pattern:
    """The people of a group who answered the same variables.

    Attributes
    ----------
    people : numpy.ndarray of int
        Who they are, positions in the group.
    answered : numpy.ndarray of int
        What they answered.
    mean : numpy.ndarray
        Means of what they answered.
    covariance : numpy.ndarray
        Covariances, with divisor n.
    """

    people: np.ndarray
    answered: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray


def patterns(values: np.ndarray) -> list[Pattern]:
    """Sort the people of a group by what they answered.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Answers, missing as NaN.

    Returns
    -------
    list of Pattern
        One for each set of answered variables; people without an answer are in none.
    """
    answered, which = np.unique(~np.isnan(values), axis=0, return_inverse=True)
    which, found = which.ravel(), []
    for number, mask in enumerate(answered):
        if mask.any():
            people = np.flatnonzero(which == number)
            part = values[np.ix_(people, mask)]
            mean = part.mean(axis=0)
            centred = part - mean
            found.append(Pattern(people, np.flatnonzero(mask), mean, centred.T @ centred / len(people)))
    return found


class Batch:
    """Patterns of the same group, whose matrices are worked on together: what was not answered is filled with 0.

    Parameters
    ----------
    found : list of Pattern
        The patterns.
    p : int
        Number of variables.

    Attributes
    ----------
    mask : numpy.ndarray of shape (m, p)
        1 where answered.
    people : numpy.ndarray of shape (m,)
        Number of people.
    mean : numpy.ndarray of shape (m, p)
        Means.
    covariance : numpy.ndarray of shape (m, p, p)
        Covariances.
    """

    def __init__(self, found: list[Pattern], p: int) -> None:
        m = len(found)
        self.mask, self.mean, self.covariance = np.zeros((m, p)), np.zeros((m, p)), np.zeros((m, p, p))
        self.people = np.array([float(len(pattern.people)) for pattern in found])
        for place, pattern in enumerate(found):
            o = pattern.answered
            self.mask[place, o] = 1.0
            self.mean[place, o] = pattern.mean
            self.covariance[place][np.ix_(o, o)] = pattern.covariance
        self.square = self.mask[:, :, None] * self.mask[:, None, :]
        # variables that were not answered are uncorrelated with variance 1: they add nothing to a determinant
        self.unit = np.eye(p) * (1.0 - self.mask)[:, :, None]

    def filled(self, sigma: np.ndarray) -> np.ndarray:
        """Covariance matrices of the answered variables, of which no other is a part.

        Parameters
        ----------
        sigma : numpy.ndarray of shape (p, p)
            Covariances.

        Returns
        -------
        numpy.ndarray of shape (m, p, p)
            One for each pattern.
        """
        return sigma * self.square + self.unit

    def inverses(self, implied: Implied, means: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compute K, T and K d of every pattern, 0 where not answered.

        Parameters
        ----------
        implied : Implied
            Moments.
        means : bool
            Whether means are part of the model.

        Returns
        -------
        k : numpy.ndarray of shape (m, p, p)
            Inverses.
        t : numpy.ndarray of shape (m, p, p)
            Inverse times moments about the model's means times inverse.
        v : numpy.ndarray of shape (m, p)
            Inverse times differences of means.
        """
        k = np.linalg.inv(self.filled(implied.sigma)) * self.square
        t = k @ self.covariance @ k
        if not means:
            return k, t, np.zeros_like(self.mean)
        v = ((self.mean - implied.mu * self.mask)[:, None, :] @ k)[:, 0]
        return k, t + v[:, :, None] * v[:, None, :], v


class NormalLikelihood:
    r"""Minus the log-likelihood of several groups as a function of the parameters.

    Parameters
    ----------
    structures : sequence of GroupStructure
        Where the parameters stand, by group.
    values : sequence of numpy.ndarray
        Answers (n, p) by group, missing as NaN.
    means : bool
        Whether means are part of the model; without them those of the sample are taken, and answers are complete.

    Notes
    -----
    A pattern with n people, :math:`K = \Sigma_{oo}^{-1}`, :math:`d = \bar{x} - \mu_o` and
    :math:`T = K (S + d d') K` adds

    .. math:: \tfrac{n}{2} \bigl(p_o \ln 2\pi + \ln|\Sigma_{oo}| + \mathrm{tr}\,K(S + dd')\bigr)

    (Arbuckle 1996, in Marcoulides and Schumacker, Advanced structural equation modeling). Since every parameter a
    changes :math:`\Sigma` by :math:`x_a y_a' + y_a x_a'` and :math:`\mu` by :math:`m_a`, the expected information is
    :math:`n (X'KX \circ Y'KY + X'KY \circ Y'KX + M'KM)`.
    """

    def __init__(self, structures: Sequence[GroupStructure], values: Sequence[np.ndarray], means: bool) -> None:
        self.structures, self.means = structures, means
        self.values = list(values)
        self.patterns = [patterns(group) for group in values]
        self.n_free = structures[0].n_free
        self.batches = []
        for structure, found in zip(structures, self.patterns, strict=True):
            p = structure.observed
            step = max(1, AT_ONCE // p**2)
            self.batches.append([Batch(found[first : first + step], p) for first in range(0, len(found), step)])

    def at(self, parameters: np.ndarray) -> list[Implied]:
        """Compute the moments of all groups.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        list of Implied
            By group.
        """
        return [structure.at(parameters) for structure in self.structures]

    def value(self, parameters: np.ndarray) -> float:
        """Compute minus the log-likelihood.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        float
            Infinite where covariances are not positive definite.
        """
        total = 0.0
        try:
            for implied, group in zip(self.at(parameters), self.batches, strict=True):
                for batch in group:
                    root = np.linalg.cholesky(batch.filled(implied.sigma))
                    moment = batch.covariance
                    if self.means:
                        off = batch.mean - implied.mu * batch.mask
                        moment = moment + off[:, :, None] * off[:, None, :]
                    half = np.linalg.solve(root, moment)
                    distance = np.trace(np.linalg.solve(root, np.swapaxes(half, 1, 2)), axis1=1, axis2=2)
                    logs = np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
                    constant = batch.mask.sum(axis=1) * np.log(2 * np.pi)
                    total += batch.people @ (logs + 0.5 * (constant + distance))
        except np.linalg.LinAlgError:
            return np.inf
        return float(total) if np.isfinite(total) else np.inf

    def gradient(self, parameters: np.ndarray) -> np.ndarray:
        """Compute the gradient of minus the log-likelihood.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        numpy.ndarray of shape (q,)
            Slopes.
        """
        total = np.zeros(self.n_free)
        for implied, group in zip(self.at(parameters), self.batches, strict=True):
            x, y, slope = implied.factors()
            of_sigma, of_mu = self._slopes(implied, group)
            total += (2 * np.sum(x * (of_sigma @ y), axis=0) + of_mu @ slope) @ implied.structure.selection
        return total

    def _slopes(self, implied: Implied, group: list[Batch]) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives G and g of minus the log-likelihood of a group by its moments."""
        p = implied.structure.observed
        of_sigma, of_mu = np.zeros((p, p)), np.zeros(p)
        for batch in group:
            k, t, v = batch.inverses(implied, self.means)
            of_sigma += 0.5 * np.tensordot(batch.people, k - t, axes=1)
            of_mu -= batch.people @ v
        return of_sigma, of_mu

    def expected_information(self, parameters: np.ndarray) -> np.ndarray:
        """Compute the expected information, given who answered what.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        numpy.ndarray of shape (q, q)
            Information of the whole sample.
        """
        total = np.zeros((self.n_free, self.n_free))
        for implied, group in zip(self.at(parameters), self.batches, strict=True):
            parts = _Information(implied, sum(len(batch.people) for batch in group))
            for batch in group:
                k, _, _ = batch.inverses(implied, False)
                parts.add(batch.people, k, 0.5 * k, self.means)
            total += parts.collapsed()
        return total

    def observed_information(self, parameters: np.ndarray) -> np.ndarray:
        """Compute the observed information, the second derivatives of minus the log-likelihood.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        numpy.ndarray of shape (q, q)
            Information of the whole sample.
        """
        total = np.zeros((self.n_free, self.n_free))
        for implied, group in zip(self.at(parameters), self.batches, strict=True):
            parts = _Information(implied, sum(len(batch.people) for batch in group))
            p = implied.structure.observed
            of_sigma, of_mu = np.zeros((p, p)), np.zeros(p)
            for batch in group:
                k, t, v = batch.inverses(implied, self.means)
                parts.add(batch.people, k, t - 0.5 * k, self.means, v)
                of_sigma += 0.5 * np.tensordot(batch.people, k - t, axes=1)
                of_mu -= batch.people @ v
            second = implied.second_derivatives(of_sigma, of_mu)
            here = parts.collapsed() + _collapsed(implied.structure, second)
            total += (here + here.T) / 2
        return total

    def scores(self, parameters: np.ndarray) -> list[np.ndarray]:
        """Compute the slope of every person's log-likelihood.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        list of numpy.ndarray of shape (n, q)
            By group; 0 for people without an answer.
        """
        result = []
        for implied, group, values in zip(self.at(parameters), self.patterns, self.values, strict=True):
            x, y, slope = implied.factors()
            scores = np.zeros((len(values), self.n_free))
            for pattern in group:
                o = pattern.answered
                k = np.linalg.inv(implied.sigma[np.ix_(o, o)])
                centre = implied.mu[o] if self.means else pattern.mean
                pulled = (values[np.ix_(pattern.people, o)] - centre) @ k
                here = (pulled @ x[o]) * (pulled @ y[o]) - np.sum(x[o] * (k @ y[o]), axis=0)
                if self.means:
                    here += pulled @ slope[o]
                scores[pattern.people] = here @ implied.structure.selection
            result.append(scores)
        return result


class _Information:
    r"""Sum over patterns of :math:`n \{\mathrm{tr}(\Sigma_i K \Sigma_j W) + m_i' K m_j\}` and of what v adds.

    With few patterns each is a product of all parameters with all. With many, the products of K and W are summed first,
    and the parameters come once: :math:`\sum_k n K_{ab} W_{cd}` is one product of matrices.
    """

    def __init__(self, implied: Implied, count: int) -> None:
        self.structure = implied.structure
        self.x, self.y, self.slope = implied.factors()
        p, r = self.x.shape
        one_by_one, together = count * 8 * r * r * p, p**4 * (count + self.structure.n_free)  # multiplications
        self.summed = one_by_one > together and p**4 <= LARGEST
        self.part = np.zeros((r, r))
        self.products, self.inverse, self.mixed = np.zeros((p * p, p * p)), np.zeros((p, p)), np.zeros((p * p, p))

    def add(self, people: np.ndarray, k: np.ndarray, w: np.ndarray, means: bool, v: np.ndarray | None = None) -> None:
        """Add the patterns of a batch: inverses K, weights W and, where they are observed, the vectors v."""
        if self.summed:
            m, p, _ = k.shape
            weighted = (people[:, None, None] * k).reshape(m, p * p)
            self.products += weighted.T @ w.reshape(m, p * p)
            if means:
                self.inverse += weighted.sum(axis=0).reshape(p, p)
                if v is not None:
                    self.mixed += weighted.T @ v
            return
        x, y, slope = self.x, self.y, self.slope
        for number, (n, inverse, weight) in enumerate(zip(people, k, w, strict=True)):
            kx, ky, wx, wy = inverse @ x, inverse @ y, weight @ x, weight @ y
            kxx, kxy, kyy = x.T @ kx, x.T @ ky, y.T @ ky
            wxx, wxy, wyy = x.T @ wx, x.T @ wy, y.T @ wy
            # tr(M1 K M2 W), the products of x and y in all four ways
            here = kxy.T * wxy + kxy * wxy.T + kyy * wxx + kxx * wyy
            if means:
                here += slope.T @ (inverse @ slope)
                if v is not None:
                    mixed = (slope.T @ kx) * (v[number] @ y) + (slope.T @ ky) * (v[number] @ x)
                    here += mixed + mixed.T
            self.part += n * here

    def collapsed(self) -> np.ndarray:
        """Sum over the places of shared parameters, (q, q)."""
        if not self.summed:
            return _collapsed(self.structure, self.part)
        p, r = self.x.shape
        outer = (self.x[:, None, :] * self.y[None, :, :]).reshape(p * p, r)
        derivative = np.asarray((self.structure.selection.T @ outer.T).T).reshape(p, p, -1)
        derivative = derivative + np.swapaxes(derivative, 0, 1)
        flat = derivative.reshape(p * p, -1)
        # the order d a, b c of what is summed as a b, c d
        turned = self.products.reshape(p, p, p, p).transpose(3, 0, 1, 2).reshape(p * p, p * p)
        result = flat.T @ (turned @ flat)
        slope = np.asarray((self.structure.selection.T @ self.slope.T).T)
        result = result + slope.T @ self.inverse @ slope
        across = np.tensordot(slope, self.mixed.reshape(p, p, p), axes=(0, 0)).reshape(-1, p * p) @ flat
        return (result + result.T) / 2 + across + across.T


def _collapsed(structure: GroupStructure, part: np.ndarray) -> np.ndarray:
    """Sums (q, q) over the places of shared parameters."""
    selection = structure.selection
    return selection.T @ (selection.T @ part).T
