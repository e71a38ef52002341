"""Diagonally weighted least squares on thresholds and polychoric correlations."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from psychometrics.covariance_structures.moments import GroupStructure, Implied
from psychometrics.covariance_structures.ordinal_moments import OrdinalMoments
from psychometrics.covariance_structures.parameters import ParameterTable


class Block(NamedTuple):
    """Derivatives of some of the moments by those parameters that they depend on.

    Attributes
    ----------
    moments : slice
        Which moments.
    free : numpy.ndarray of int, shape (m,)
        Parameters; one may stand more than once.
    slopes : numpy.ndarray of shape (moments, m)
        Derivatives.
    """

    moments: slice
    free: np.ndarray
    slopes: np.ndarray

    def gathered(self, part: np.ndarray, n_free: int) -> np.ndarray:
        """Add up columns that belong to the same parameter.

        Parameters
        ----------
        part : numpy.ndarray of shape (rows, m)
            Columns in the order of `free`.
        n_free : int
            Number of free parameters.

        Returns
        -------
        numpy.ndarray of shape (rows, n_free)
            Sums.
        """
        total = np.zeros((n_free, part.shape[0]))
        np.add.at(total, self.free, part.T)
        return total.T


class OrdinalStructure:
    r"""Thresholds and correlations of a group as functions of the parameters.

    Parameters
    ----------
    structure : GroupStructure
        Paths, covariances and means of the latent answers.
    table : ParameterTable
        All parameters.
    group : int
        Number of the group.
    sample : OrdinalMoments
        The sample's moments.

    Notes
    -----
    With scales :math:`\delta_i` ("delta") or :math:`\delta_i = \sigma_{ii}^{-1/2}` ("theta") the moments are
    :math:`\delta_i (\tau_{ik} - \mu_i)` and :math:`\delta_i \delta_j \sigma_{ij}` (Muthen & Asparouhov 2002, Mplus Web
    Notes 4).
    """

    def __init__(self, structure: GroupStructure, table: ParameterTable, group: int, sample: OrdinalMoments) -> None:
        self.structure, self.sample, self.n_free = structure, sample, table.n_free
        self.theta = table.options.parameterization == "theta"
        place = {name: number for number, name in enumerate(table.observed)}
        p = structure.observed
        self._thresholds = np.full(sample.thresholds.shape, np.nan)
        self.threshold_free = np.full(sample.thresholds.shape, -1)
        self._scales, self.scale_free = np.ones(p), np.full(p, -1)
        for row in table.rows:
            if row.group != group:
                continue
            if row.operator == "|":
                where = place[row.left], int(row.right[1:]) - 1
                self._thresholds[where], self.threshold_free[where] = row.value or 0.0, row.free
            elif row.operator == "~*~":
                self._scales[place[row.left]] = 1.0 if row.value is None else row.value
                self.scale_free[place[row.left]] = row.free

    def scales(self, implied: Implied, parameters: np.ndarray) -> np.ndarray:
        """Compute what latent answers are multiplied by to have variance 1.

        Parameters
        ----------
        implied : Implied
            Moments of the latent answers.
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        numpy.ndarray of shape (p,)
            Scales.
        """
        if self.theta:
            with np.errstate(invalid="ignore", divide="ignore"):
                return 1 / np.sqrt(np.diag(implied.sigma))
        return np.where(self.scale_free >= 0, parameters[self.scale_free], self._scales)

    def implied(self, parameters: np.ndarray) -> tuple[Implied, np.ndarray, np.ndarray, np.ndarray]:
        """Compute the moments of the latent answers and of the items.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        moments : Implied
            Those of the latent answers before they are scaled.
        scales : numpy.ndarray of shape (p,)
            Their scales.
        thresholds : numpy.ndarray of shape (t,)
            Thresholds of the latent answers in standard units.
        correlations : numpy.ndarray of shape (p, p)
            Correlations; the diagonal is what the model says.
        """
        moments = self.structure.at(parameters)
        scales = self.scales(moments, parameters)
        tau = np.where(self.threshold_free >= 0, parameters[self.threshold_free], self._thresholds)
        item, number = self.sample.item, self.sample.number
        thresholds = scales[item] * (tau[item, number] - moments.mu[item])
        return moments, scales, thresholds, moments.sigma * np.outer(scales, scales)

    def residual(self, parameters: np.ndarray) -> np.ndarray:
        """Compute the sample's moments minus the model's.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        numpy.ndarray
            Residuals of thresholds, then of correlations.
        """
        _, _, thresholds, correlations = self.implied(parameters)
        return self.sample.moments() - np.concatenate([thresholds, correlations[np.triu_indices(len(correlations), 1)]])

    def blocks(self, parameters: np.ndarray) -> list[Block]:
        """Compute the derivatives of the moments.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        list of Block
            Of thresholds and of correlations.
        """
        moments, scales, thresholds, correlations = self.implied(parameters)
        item, number = self.sample.item, self.sample.number
        x, y, slope = moments.factors()
        first, second = np.triu_indices(len(scales), 1)
        by_paths = x[first] * y[second] + x[second] * y[first]
        by_paths *= (scales[first] * scales[second])[:, None]
        by_means = -scales[item][:, None] * slope[item]
        free = self.structure.free
        if self.theta:
            relative = -x * y * (scales**2)[:, None]  # change of the logarithm of the scales
            by_paths += correlations[first, second][:, None] * (relative[first] + relative[second])
            by_means += thresholds[:, None] * relative[item]
        else:
            # residual variances of latent answers follow from their scales, so that nothing depends on them
            items = np.flatnonzero(self.scale_free >= 0)
            own = (first[:, None] == items) | (second[:, None] == items)
            by_paths = np.hstack([by_paths, own * correlations[first, second][:, None] / scales[items]])
            by_means = np.hstack([by_means, (item[:, None] == items) * thresholds[:, None] / scales[items]])
            free = np.concatenate([free, self.scale_free[items]])
        t = len(item)
        moved = np.flatnonzero(self.threshold_free[item, number] >= 0)
        by_thresholds = np.zeros((t, len(moved)))
        by_thresholds[moved, np.arange(len(moved))] = scales[item[moved]]
        relevant = by_means.any(axis=0)
        related = by_paths.any(axis=0)
        return [
            Block(
                slice(0, t),
                np.concatenate([free[relevant], self.threshold_free[item, number][moved]]),
                np.hstack([by_means[:, relevant], by_thresholds]),
            ),
            Block(slice(t, t + len(first)), free[related], by_paths[:, related]),
        ]


class WeightedLeastSquares:
    r"""Half the weighted sum of squared residuals of several groups.

    Parameters
    ----------
    groups : sequence of OrdinalStructure
        The groups.

    Notes
    -----
    .. math:: \tfrac{1}{2} \sum_g (n_g - 1) (s_g - \sigma_g)' W_g (s_g - \sigma_g), \qquad
              W_g = \mathrm{diag}(\Gamma_g)^{-1}

    Muthen, du Toit & Spisic (1997), Robust inference using weighted least squares.
    """

    def __init__(self, groups: Sequence[OrdinalStructure]) -> None:
        self.groups = groups
        self.n_free = groups[0].n_free

    def value(self, parameters: np.ndarray) -> float:
        """Compute the discrepancy.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        float
            Infinite where the model has no moments.
        """
        total = 0.0
        try:
            for group in self.groups:
                residual = group.residual(parameters)
                total += 0.5 * (group.sample.n - 1) * np.sum(group.sample.weights * residual**2)
        except np.linalg.LinAlgError:
            return np.inf
        return float(total) if np.isfinite(total) else np.inf

    def gradient(self, parameters: np.ndarray) -> np.ndarray:
        """Compute the slopes.

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
        for group in self.groups:
            weighted = (group.sample.n - 1) * group.sample.weights * group.residual(parameters)
            for block in group.blocks(parameters):
                np.add.at(total, block.free, -weighted[block.moments] @ block.slopes)
        return total

    def information(self, parameters: np.ndarray) -> np.ndarray:
        r"""Compute the sum over groups of :math:`(n_g - 1) \Delta_g' W_g \Delta_g`, by which Gauss and Newton step.

        Parameters
        ----------
        parameters : numpy.ndarray of shape (q,)
            Free parameters.

        Returns
        -------
        numpy.ndarray of shape (q, q)
            Positive semidefinite matrix.
        """
        total = np.zeros((self.n_free, self.n_free))
        for group in self.groups:
            for block in group.blocks(parameters):
                root = np.sqrt((group.sample.n - 1) * group.sample.weights[block.moments])
                scaled = block.slopes * root[:, None]
                np.add.at(total, np.ix_(block.free, block.free), scaled.T @ scaled)
        return total
