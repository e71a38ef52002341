"""Covariances of residuals: variances by role, correlations between roles, AR(1) with its gaps."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.special import expit


class Batch(NamedTuple):
    """Groups of equally many rows; those with the same roles and distances in time are one kind and share a matrix.

    Attributes
    ----------
    rows : numpy.ndarray of int, shape (groups, size)
        Rows of each group, kind by kind.
    kind : numpy.ndarray of int, shape (groups,)
        Kind of each group.
    starts : numpy.ndarray of int, shape (kinds,)
        First group of each kind.
    stratum : numpy.ndarray of int, shape (kinds, size)
        Role of each row.
    same : numpy.ndarray of bool, shape (kinds, size, size)
        Whether two rows may correlate.
    distance : numpy.ndarray of shape (kinds, size, size)
        Time between two rows; 0 where there is no time.
    """

    rows: np.ndarray
    kind: np.ndarray
    starts: np.ndarray
    stratum: np.ndarray
    same: np.ndarray
    distance: np.ndarray

    @property
    def rows_of_kinds(self) -> list[np.ndarray]:
        """List the rows of the groups of each kind.

        Returns
        -------
        list of numpy.ndarray of int, each (groups, size)
            Rows.
        """
        return np.split(self.rows, self.starts[1:])

    def sum_kinds(self, values: np.ndarray) -> np.ndarray:
        """Sum values of groups over the groups of each kind.

        Parameters
        ----------
        values : numpy.ndarray of shape (m, groups, ...)
            Values.

        Returns
        -------
        numpy.ndarray of shape (m, kinds, ...)
            Sums.
        """
        return values if len(self.starts) == len(self.rows) else np.add.reduceat(values, self.starts, axis=1)


class Shape(NamedTuple):
    """Parameters of the residuals in the units that people read.

    Attributes
    ----------
    ratios : numpy.ndarray of shape (m, strata)
        Standard deviations relative to the first role.
    correlations : numpy.ndarray of shape (m, strata, strata)
        Correlations of the roles.
    serial : numpy.ndarray of shape (m,)
        Correlation of residuals one unit of time apart.
    """

    ratios: np.ndarray
    correlations: np.ndarray
    serial: np.ndarray


class ResidualCovariance:
    """The covariance matrices of the residuals as functions of parameters without bounds.

    Parameters
    ----------
    groups : numpy.ndarray of int, shape (n,)
        Group of each row, within which residuals correlate.
    stratum : numpy.ndarray of int, shape (n,)
        Role of each row, 0, 1, ...
    time : numpy.ndarray of shape (n,) or None
        Time of each row, for AR(1).
    correlated : bool
        Whether roles correlate.

    Notes
    -----
    Parameters: logarithms of the ratios of standard deviations; the Cholesky factor of the correlations with a unit
    diagonal, whose rows are then normalized; the inverse hyperbolic tangent (whole numbers as times), or the logit, of
    the serial correlation. Pinheiro & Bates (2000), Mixed-effects models in S and S-PLUS, section 5.3.
    """

    def __init__(self, groups: np.ndarray, stratum: np.ndarray, time: np.ndarray | None, *, correlated: bool) -> None:
        self.strata = int(stratum.max()) + 1
        self.correlated = correlated and self.strata > 1
        self.serial = time is not None
        self.whole = time is not None and bool(np.all(time == np.round(time)))
        times = np.zeros(len(groups)) if time is None else time
        order = np.lexsort((stratum, times, groups))
        size = np.bincount(groups)
        first = np.cumsum(size) - size
        self.batches = []
        for count in np.unique(size[size > 0]):
            rows = order[first[size == count][:, None] + np.arange(count)]
            self.batches.append(self._batch(rows, stratum[rows], times[rows]))
        self.correlations = self.strata * (self.strata - 1) // 2 if self.correlated else 0

    def _batch(self, rows: np.ndarray, stratum: np.ndarray, times: np.ndarray) -> Batch:
        since = times - times[:, :1]
        kinds, kind = np.unique(np.concatenate([stratum, since], axis=1), axis=0, return_inverse=True)
        order = np.argsort(kind, kind="stable")
        kind, size = kind[order], rows.shape[1]
        role, since = kinds[:, :size].astype(np.intp), kinds[:, size:]
        same = (role[:, :, None] == role[:, None, :]) | self.correlated
        distance = np.abs(since[:, :, None] - since[:, None, :])
        return Batch(rows[order], kind, np.unique(kind, return_index=True)[1], role, same, distance)

    @property
    def n_parameters(self) -> int:
        """Count the parameters.

        Returns
        -------
        int
            Parameters.
        """
        return self.strata - 1 + self.correlations + int(self.serial)

    @property
    def start(self) -> np.ndarray:
        """Give parameters from which a search begins.

        Returns
        -------
        numpy.ndarray
            Equal variances, small positive correlations.
        """
        first = np.zeros(self.n_parameters)
        first[self.strata - 1 :] = 0.1
        if self.serial and not self.whole:
            first[-1] = -1.0
        return first

    def shape(self, parameters: np.ndarray) -> Shape:
        """Turn parameters into ratios and correlations.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.

        Returns
        -------
        Shape
            What they mean.
        """
        logs, below, serial = np.split(parameters, [self.strata - 1, self.strata - 1 + self.correlations], axis=1)
        ratios = np.exp(np.concatenate([np.zeros((len(parameters), 1)), logs], axis=1))
        factor = self._normalized(below)[1]
        correlation = np.zeros(len(parameters))
        if self.serial:
            correlation = np.tanh(serial[:, 0]) if self.whole else expit(serial[:, 0])
        return Shape(ratios, factor @ np.swapaxes(factor, -1, -2), correlation)

    def _normalized(self, below: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lengths of the rows of the factor of the correlations, and the rows at length 1."""
        raw = np.broadcast_to(np.eye(self.strata), (len(below), self.strata, self.strata)).copy()
        if self.correlated:
            raw[:, *np.tril_indices(self.strata, -1)] = below
        length = np.sqrt((raw**2).sum(axis=-1, keepdims=True))
        return length, raw / length

    def matrices(self, shape: Shape, batch: Batch) -> np.ndarray:
        """Make the covariance matrices of the kinds of a batch, relative to the variance of the first role.

        Parameters
        ----------
        shape : Shape
            Parameters.
        batch : Batch
            Groups.

        Returns
        -------
        numpy.ndarray of shape (m, kinds, size, size)
            Matrices.
        """
        deviation = shape.ratios[:, batch.stratum]
        found = self._correlations(shape, batch) * deviation[..., :, None] * deviation[..., None, :]
        return found * self._decay(shape, batch) if self.serial else found

    @staticmethod
    def _correlations(shape: Shape, batch: Batch) -> np.ndarray:
        return shape.correlations[:, batch.stratum[:, :, None], batch.stratum[:, None, :]] * batch.same

    @staticmethod
    def _decay(shape: Shape, batch: Batch) -> np.ndarray:
        return shape.serial[:, None, None, None] ** batch.distance

    def whiten(
        self, parameters: np.ndarray, columns: np.ndarray
    ) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
        """Multiply columns by the inverse covariance of the residuals.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.
        columns : numpy.ndarray of shape (n, c)
            Columns.

        Returns
        -------
        product : numpy.ndarray of shape (m, n, c)
            The inverse covariance times the columns.
        inverses : list of numpy.ndarray, each (m, kinds, size, size)
            Inverse matrices of each batch.
        log_determinants : list of numpy.ndarray, each (m, kinds)
            Log determinants of the matrices.
        """
        inverses, logs = self.inverses(parameters)
        product = np.empty((len(parameters), *columns.shape))
        for batch, inverse in zip(self.batches, inverses, strict=True):
            for kind, own in enumerate(batch.rows_of_kinds):
                product[:, own] = inverse[:, kind, None] @ columns[own]
        return product, inverses, logs

    def inverses(self, parameters: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Invert the covariance matrices of the kinds.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.

        Returns
        -------
        inverses : list of numpy.ndarray, each (m, kinds, size, size)
            Inverse matrices of each batch.
        log_determinants : list of numpy.ndarray, each (m, kinds)
            Log determinants of the matrices.
        """
        shape = self.shape(parameters)
        found, logs = [], []
        for batch in self.batches:
            matrix = self.matrices(shape, batch)
            found.append(np.linalg.inv(matrix))
            logs.append(np.linalg.slogdet(matrix)[1])
        return found, logs

    @property
    def n_parts(self) -> int:
        """Count the elements of the inverse matrices of all kinds, each pair of rows once.

        Returns
        -------
        int
            Elements.
        """
        return sum(len(batch.starts) * batch.rows.shape[1] * (batch.rows.shape[1] + 1) // 2 for batch in self.batches)

    def parts(self, columns: np.ndarray) -> Iterator[np.ndarray]:
        """Multiply columns by what each element of the inverse matrices stands for: a 1 in its place in all groups.

        The inverse covariance times the columns is the sum of these, each times its element.

        Parameters
        ----------
        columns : numpy.ndarray of shape (n, c)
            Columns.

        Yields
        ------
        numpy.ndarray of shape (n, c)
            Product, in the order of :meth:`elements`.
        """
        for batch in self.batches:
            for rows in batch.rows_of_kinds:
                for i, j in zip(*np.triu_indices(rows.shape[1]), strict=True):
                    product = np.zeros(columns.shape)
                    product[rows[:, i]] = columns[rows[:, j]]
                    product[rows[:, j]] = columns[rows[:, i]]
                    yield product

    @staticmethod
    def elements(inverses: list[np.ndarray]) -> np.ndarray:
        """Put the elements of the inverse matrices into one array.

        Parameters
        ----------
        inverses : list of numpy.ndarray, each (m, kinds, size, size)
            Symmetric matrices of each batch.

        Returns
        -------
        numpy.ndarray of shape (m, parts)
            Each pair of rows once.
        """
        found = [own[..., *np.triu_indices(own.shape[-1])].reshape(len(own), -1) for own in inverses]
        return np.concatenate(found, axis=1)

    @staticmethod
    def matrices_of(elements: np.ndarray, inverses: list[np.ndarray]) -> list[np.ndarray]:
        """Put derivatives by the elements back into symmetric matrices, half of each off the diagonal.

        Parameters
        ----------
        elements : numpy.ndarray of shape (m, parts)
            In the order of :meth:`elements`.
        inverses : list of numpy.ndarray, each (m, kinds, size, size)
            Matrices of the same shape.

        Returns
        -------
        list of numpy.ndarray, each (m, kinds, size, size)
            Matrices.
        """
        found, first = [], 0
        for own in inverses:
            kinds, size = own.shape[1:3]
            i, j = np.triu_indices(size)
            last = first + kinds * len(i)
            half = elements[:, first:last].reshape(len(elements), kinds, len(i)) / 2
            matrix = np.zeros(own.shape)
            matrix[..., i, j] += half
            matrix[..., j, i] += half
            found.append(matrix)
            first = last
        return found

    def gradient(self, parameters: np.ndarray, by_matrix: list[np.ndarray]) -> np.ndarray:
        """Carry derivatives by the covariance matrices back to the parameters.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (m, k)
            Parameters.
        by_matrix : list of numpy.ndarray, each (m, kinds, size, size)
            Symmetric derivatives by the matrices of each batch.

        Returns
        -------
        numpy.ndarray of shape (m, k)
            Derivatives by the parameters.
        """
        shape = self.shape(parameters)
        m = len(parameters)
        of_logs = np.zeros((m, self.strata))
        of_correlations = np.zeros((m, self.strata, self.strata))
        of_serial = np.zeros(m)
        for batch, slope in zip(self.batches, by_matrix, strict=True):
            member = np.eye(self.strata)[batch.stratum]
            deviation = shape.ratios[:, batch.stratum]
            scale = deviation[..., :, None] * deviation[..., None, :] * batch.same
            role = self._correlations(shape, batch)
            if self.serial:
                serial = shape.serial[:, None, None, None]
                apart = batch.distance > 0
                power = np.where(apart, batch.distance - 1, 0.0)
                rise = np.where(apart, batch.distance * serial**power, 0.0)
                of_serial += (slope * scale * role * rise).sum(axis=(1, 2, 3))
                scale = scale * self._decay(shape, batch)
            weighted = slope * scale
            of_logs += 2 * ((weighted * role).sum(axis=-1)[..., None] * member).sum(axis=(1, 2))
            if self.correlated:
                of_correlations += (np.swapaxes(member, -1, -2) @ weighted @ member).sum(axis=1)
        found = [of_logs[:, 1:]]
        if self.correlated:
            below = parameters[:, self.strata - 1 : self.strata - 1 + self.correlations]
            length, unit = self._normalized(below)
            of_unit = 2 * of_correlations @ unit
            of_raw = (of_unit - unit * (of_unit * unit).sum(axis=-1, keepdims=True)) / length
            found.append(of_raw[:, *np.tril_indices(self.strata, -1)])
        if self.serial:
            turn = 1 - shape.serial**2 if self.whole else shape.serial * (1 - shape.serial)
            found.append((of_serial * turn)[:, None])
        return np.concatenate(found, axis=1)
