"""From parameters to means and covariances of one group, with their derivatives (the reticular action model)."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from psychometrics.covariance_structures.parameters import Parameter, ParameterTable

PATH, COVARIANCE, MEAN = 0, 1, 2


class GroupStructure:
    r"""The parameters of one group in their matrices.

    Parameters
    ----------
    rows : sequence of Parameter
        Parameters of the group.
    names : tuple of str
        All variables, the p observed ones first.
    observed : int
        Number p of observed variables.
    n_free : int
        Number of free parameters of all groups, q.

    Attributes
    ----------
    kind : numpy.ndarray of int, shape (r,)
        Matrix of each parameter that means and covariances depend on and that is free: path, covariance or mean.
    i : numpy.ndarray of int, shape (r,)
        Row there.
    j : numpy.ndarray of int, shape (r,)
        Column there.
    free : numpy.ndarray of int, shape (r,)
        Position among the free parameters.

    Notes
    -----
    .. math:: \Sigma = F (I - A)^{-1} S (I - A)^{-1\prime} F', \qquad \mu = F (I - A)^{-1} m

    McArdle and McDonald (1984), Br. J. Math. Stat. Psychol. 37, 234-251. Every parameter changes the covariances by a
    matrix :math:`x y' + y x'`, so that their derivatives never need more than two vectors a parameter.
    """

    def __init__(self, rows: list[Parameter], names: tuple[str, ...], observed: int, n_free: int) -> None:
        self.names, self.observed, self.n_free = names, observed, n_free
        place = {name: number for number, name in enumerate(names)}
        size = len(names)
        self._paths, self._covariances = np.zeros((size, size)), np.zeros((size, size))
        self._means = np.zeros(size)
        entries = []
        for row in rows:
            if row.operator == "=~":
                kind, i, j = PATH, place[row.right], place[row.left]
            elif row.operator == "~":
                kind, i, j = PATH, place[row.left], place[row.right]
            elif row.operator == "~~":
                kind, i, j = COVARIANCE, place[row.left], place[row.right]
            elif row.operator == "~1":
                kind, i, j = MEAN, place[row.left], 0
            else:
                continue
            if row.free >= 0:
                entries.append((kind, i, j, row.free))
            elif row.value is not None:
                self._set(kind, np.array([i]), np.array([j]), np.array([row.value]))
        table = np.array(entries, dtype=np.intp).reshape(-1, 4)
        self.kind, self.i, self.j, self.free = table.T

    def _set(self, kind: int, i: np.ndarray, j: np.ndarray, values: np.ndarray) -> None:
        if kind == PATH:
            self._paths[i, j] = values
        elif kind == COVARIANCE:
            self._covariances[i, j] = self._covariances[j, i] = values
        else:
            self._means[i] = values

    @cached_property
    def selection(self) -> csr_array:
        """Matrix of ones that adds up the parts of a parameter that stands in several places.

        Returns
        -------
        scipy.sparse.csr_array of shape (r, q)
            One in each row.
        """
        ones, rows = np.ones(len(self.free)), np.arange(len(self.free))
        return csr_array((ones, (rows, self.free)), shape=(len(self.free), self.n_free))

    def at(self, parameters: np.ndarray) -> "Implied":
        """Compute means and covariances.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Values of the free parameters.

        Returns
        -------
        Implied
            Moments and derivatives; a singular I - A raises `numpy.linalg.LinAlgError`.
        """
        for kind in (PATH, COVARIANCE, MEAN):
            here = self.kind == kind
            self._set(kind, self.i[here], self.j[here], parameters[self.free[here]])
        effects = np.linalg.inv(np.eye(len(self.names)) - self._paths)
        return Implied(self, effects, effects @ self._covariances @ effects.T, effects @ self._means)


@dataclass(frozen=True)
class Implied:
    """Moments of all variables of a group.

    Attributes
    ----------
    structure : GroupStructure
        Where the parameters stand.
    effects : numpy.ndarray
        Total effects, the inverse of I - A.
    covariance : numpy.ndarray
        Covariances of all variables, the observed ones first.
    mean : numpy.ndarray
        Means of all variables.
    """

    structure: GroupStructure
    effects: np.ndarray
    covariance: np.ndarray
    mean: np.ndarray

    @property
    def sigma(self) -> np.ndarray:
        """Pick the covariances of the observed variables.

        Returns
        -------
        numpy.ndarray of shape (p, p)
            Covariances.
        """
        return self.covariance[: self.structure.observed, : self.structure.observed]

    @property
    def mu(self) -> np.ndarray:
        """Pick the means of the observed variables.

        Returns
        -------
        numpy.ndarray of shape (p,)
            Means.
        """
        return self.mean[: self.structure.observed]

    def factors(self, count: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Compute the derivatives of moments in factored form.

        Parameters
        ----------
        count : int, optional
            Number of variables to compute them of; by default the observed ones.

        Returns
        -------
        x : numpy.ndarray of shape (count, r)
            Vectors x, one a column.
        y : numpy.ndarray of shape (count, r)
            Vectors y: covariances change by x y' + y x'.
        slope : numpy.ndarray of shape (count, r)
            Change of the means.
        """
        s = self.structure
        count = s.observed if count is None else count
        x = self.effects[:count, s.i]
        y = np.zeros_like(x)
        path, covariance, mean = (s.kind == kind for kind in (PATH, COVARIANCE, MEAN))
        y[:, path] = self.covariance[:count, s.j[path]]
        y[:, covariance] = self.effects[:count, s.j[covariance]]
        y[:, covariance & (s.i == s.j)] *= 0.5
        slope = np.where(mean, x, 0.0)
        slope[:, path] = x[:, path] * self.mean[s.j[path]]
        return np.where(mean, 0.0, x), y, slope

    def second_derivatives(self, of_sigma: np.ndarray, of_mu: np.ndarray) -> np.ndarray:
        r"""Second derivatives of :math:`\mathrm{tr}(G \Sigma) + g' \mu` with fixed G and g.

        Parameters
        ----------
        of_sigma : numpy.ndarray of shape (p, p)
            G, symmetric.
        of_mu : numpy.ndarray of shape (p,)
            The vector g.

        Returns
        -------
        numpy.ndarray of shape (r, r)
            Symmetric matrix.
        """
        s, e, v = self.structure, self.effects, self.covariance
        up = e[: s.observed]
        pulled, u = up.T @ of_sigma @ up, up.T @ of_mu
        through = v[:, : s.observed] @ of_sigma @ up
        i, j = s.i, s.j
        path, covariance, mean = (np.flatnonzero(s.kind == kind) for kind in (PATH, COVARIANCE, MEAN))
        result = np.zeros((len(i), len(i)))
        a, b = i[path], j[path]
        forward, across = e[np.ix_(b, a)], through[np.ix_(b, a)]
        part = forward * across.T + v[np.ix_(b, b)] * pulled[np.ix_(a, a)] + across * forward.T
        result[np.ix_(path, path)] = 2 * part
        mean_part = forward * np.outer(self.mean[b], u[a]).T
        result[np.ix_(path, path)] += mean_part + mean_part.T
        one, two = i[covariance], j[covariance]
        mixed = e[np.ix_(b, one)] * pulled[np.ix_(a, two)] + e[np.ix_(b, two)] * pulled[np.ix_(a, one)]
        mixed *= np.where(one == two, 1.0, 2.0)
        result[np.ix_(path, covariance)] = mixed
        result[np.ix_(covariance, path)] = mixed.T
        mixed = e[np.ix_(b, i[mean])] * u[a][:, None]
        result[np.ix_(path, mean)] = mixed
        result[np.ix_(mean, path)] = mixed.T
        return result


def group_structures(table: ParameterTable) -> list[GroupStructure]:
    """Put the parameters of every group into their matrices.

    Parameters
    ----------
    table : ParameterTable
        Parameters, with values where they are fixed at the sample's.

    Returns
    -------
    list of GroupStructure
        One for each group.
    """
    names = (*table.observed, *table.latent)
    return [
        GroupStructure([row for row in table.rows if row.group == group], names, len(table.observed), table.n_free)
        for group in range(table.options.groups)
    ]
