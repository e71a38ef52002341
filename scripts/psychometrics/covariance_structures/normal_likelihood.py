"""Normal likelihood of complete or incomplete answers: value, gradient, information, scores of the people."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from psychometrics.covariance_structures.moments import GroupStructure, Implied


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
            for implied, group in zip(self.at(parameters), self.patterns, strict=True):
                for pattern in group:
                    o, n = pattern.answered, len(pattern.people)
                    root = np.linalg.cholesky(implied.sigma[np.ix_(o, o)])
                    moment = pattern.covariance
                    if self.means:
                        off = pattern.mean - implied.mu[o]
                        moment = moment + np.outer(off, off)
                    half = np.linalg.solve(root, moment)
                    distance = np.trace(np.linalg.solve(root, half.T))
                    total += n * (np.log(np.diag(root)).sum() + 0.5 * (len(o) * np.log(2 * np.pi) + distance))
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
        for implied, group in zip(self.at(parameters), self.patterns, strict=True):
            x, y, slope = implied.factors()
            of_sigma, of_mu = self._slopes(implied, group)
            total += (2 * np.sum(x * (of_sigma @ y), axis=0) + of_mu @ slope) @ implied.structure.selection
        return total

    def _slopes(self, implied: Implied, group: list[Pattern]) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives G and g of minus the log-likelihood of a group by its moments."""
        p = implied.structure.observed
        of_sigma, of_mu = np.zeros((p, p)), np.zeros(p)
        for pattern in group:
            k, t, v = self._pattern(implied, pattern)
            o, n = pattern.answered, len(pattern.people)
            of_sigma[np.ix_(o, o)] += 0.5 * n * (k - t)
            of_mu[o] -= n * v
        return of_sigma, of_mu

    def _pattern(self, implied: Implied, pattern: Pattern) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """K, T and K d of one pattern."""
        o = pattern.answered
        k = np.linalg.inv(implied.sigma[np.ix_(o, o)])
        v = k @ (pattern.mean - implied.mu[o]) if self.means else np.zeros(len(o))
        return k, k @ pattern.covariance @ k + np.outer(v, v), v

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
        for implied, group in zip(self.at(parameters), self.patterns, strict=True):
            x, y, slope = implied.factors()
            part = np.zeros((x.shape[1], x.shape[1]))
            for pattern in group:
                o = pattern.answered
                k = np.linalg.inv(implied.sigma[np.ix_(o, o)])
                xo, yo = x[o], y[o]
                kx, ky = k @ xo, k @ yo
                cross = xo.T @ ky
                here = (xo.T @ kx) * (yo.T @ ky) + cross * cross.T
                if self.means:
                    here += slope[o].T @ (k @ slope[o])
                part += len(pattern.people) * here
            total += _collapsed(implied.structure, part)
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
        for implied, group in zip(self.at(parameters), self.patterns, strict=True):
            x, y, slope = implied.factors()
            part = np.zeros((x.shape[1], x.shape[1]))
            for pattern in group:
                o = pattern.answered
                k, t, v = self._pattern(implied, pattern)
                xo, yo, m = x[o], y[o], slope[o]
                kx, ky, tx, ty = k @ xo, k @ yo, t @ xo, t @ yo
                kxx, kxy, kyy = xo.T @ kx, xo.T @ ky, yo.T @ ky
                txx, txy, tyy = xo.T @ tx, xo.T @ ty, yo.T @ ty
                here = -(kxx * kyy + kxy * kxy.T)
                # tr(M1 K M2 T), the products of x and y in all four ways
                here += kxy.T * txy + kxy * txy.T + kyy * txx + kxx * tyy
                if self.means:
                    mixed = (m.T @ kx) * (v @ yo) + (m.T @ ky) * (v @ xo)
                    here += mixed + mixed.T + m.T @ (k @ m)
                part += len(pattern.people) * here
            of_sigma, of_mu = self._slopes(implied, group)
            part += implied.second_derivatives(of_sigma, of_mu)
            total += _collapsed(implied.structure, (part + part.T) / 2)
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


def _collapsed(structure: GroupStructure, part: np.ndarray) -> np.ndarray:
    """Sums (q, q) over the places of shared parameters."""
    selection = structure.selection
    return selection.T @ (selection.T @ part).T
