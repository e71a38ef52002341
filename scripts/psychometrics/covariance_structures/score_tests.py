"""Score tests: how much better a model would fit if parameters that are fixed, or equal to others, were free."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.linalg import cho_factor, cho_solve
from scipy.special import fdtrc

from psychometrics.covariance_structures.adjusted_chi_square import Variation
from psychometrics.covariance_structures.moments import group_structures
from psychometrics.covariance_structures.normal_likelihood import NormalLikelihood
from psychometrics.covariance_structures.ordinal_moments import OrdinalMoments
from psychometrics.covariance_structures.ordinal_sample import OrdinalSample
from psychometrics.covariance_structures.parameters import Parameter, ParameterTable
from psychometrics.covariance_structures.preparation import Prepared
from psychometrics.covariance_structures.result import CovarianceStructureFit
from psychometrics.covariance_structures.robust_likelihood import unit_sums
from psychometrics.covariance_structures.weighted_least_squares import OrdinalStructure, WeightedLeastSquares

DETERMINED = 1e-9  # smallest eigenvalue, in standard units, of a direction in which the model can move


@dataclass(frozen=True)
class Release:
    """A parameter in one group that is to be free by itself.

    Attributes
    ----------
    name : str
        Both sides and the operator without blanks, such as "f=~x2" or "x2~1".
    group : int, default 0
        Number of the group.
    """

    name: str
    group: int = 0


@dataclass(frozen=True)
class Scores:
    r"""Slopes of the discrepancy by released parameters, all others free to follow.

    Attributes
    ----------
    slopes : numpy.ndarray of shape (m,)
        Slopes u; what the other parameters explain of them is taken out.
    information : numpy.ndarray of shape (m, m)
        Their covariances J if the discrepancy were the likelihood: :math:`u' J^{-1} u` is the ordinary score test.
    products : numpy.ndarray of shape (m, m)
        Their covariances B as people vary: :math:`u' B^{-1} u` is the generalized score test.
    follow : numpy.ndarray of shape (q, m)
        What the other parameters fall by where a released one rises.
    """

    slopes: np.ndarray
    information: np.ndarray
    products: np.ndarray
    follow: np.ndarray


class ReleasedModel:
    r"""A fitted model in which some parameters could be free that are fixed, or equal to others.

    Parameters
    ----------
    fit : CovarianceStructureFit
        The fitted model.
    wanted : sequence of Release
        Parameters that could be free; of equal ones each place that could.
    sample : OrdinalSample, optional
        Of ordinal answers, the moments that were fitted.
    prepared : Prepared, optional
        Of continuous answers, those that were fitted.
    clusters : int, optional
        Number of clusters; by default people are independent, also of answers whose standard errors know clusters.

    Raises
    ------
    ValueError
        A parameter that the model does not have or that is free by itself, no answers.

    Notes
    -----
    With :math:`D_\perp` the derivatives of the moments by the released parameters, freed of what the other parameters
    can do, and r the residuals, the slopes are :math:`u = D_\perp' V r`, and

    .. math:: T = n\, u' (D_\perp' V \Gamma V D_\perp)^{-1} u, \qquad T_{ord} = n\, u' (D_\perp' V D_\perp)^{-1} u

    The first is chi-square distributed in large samples whether or not V is the inverse of :math:`\Gamma`, as it is
    not with DWLS, and where people of a cluster depend on each other: the generalized score test (Boos 1992, Am. Stat.
    46, 327-333). The second agrees with lavaan::lavTestScore and lavaan::modindices, which with DWLS are smaller by
    (n - 1) / n. The expected change is :math:`(D_\perp' V D_\perp)^{-1} u`. With
    continuous answers u are slopes of the log-likelihood, V is the expected information and :math:`\Gamma` the scores'
    products.
    """

    def __init__(
        self,
        fit: CovarianceStructureFit,
        wanted: Sequence[Release],
        *,
        sample: OrdinalSample | None = None,
        prepared: Prepared | None = None,
        clusters: int | None = None,
    ) -> None:
        self.fit = fit
        self.units = sum(fit.n) if clusters is None else clusters
        self.place = {release: number for number, release in enumerate(dict.fromkeys(wanted))}
        self.table, self.origin = _released(fit.table, list(self.place))
        values = [_value(fit, row) for row in _rows(fit.table, list(self.place))]
        self.values = np.concatenate([fit.parameters, values])
        if sample is not None:
            ordered = sample.ordered(fit.table.observed)
            varied = ordered.tested if clusters is None else ordered.varied
            self.scores = _of_moments(fit, self.table, self.values, ordered.moments, varied)
        elif prepared is not None:
            self.scores = _of_likelihood(fit, self.table, self.values, self.origin, prepared)
        else:
            raise ValueError("score tests need the answers that were fitted, as sample or as prepared")

    def test(self, group: Sequence[Release]) -> dict[str, float]:
        r"""Test a set of the parameters.

        Parameters
        ----------
        group : sequence of Release
            The set.

        Returns
        -------
        dict of str to float
            Keys score_test (generalized), score_test_ordinary, df, p_value (of the former), change (what a single
            parameter would rise by; missing where the set has several).

        Notes
        -----
        Since the covariances of the slopes come from U people or clusters, p is that of Hotelling's
        :math:`T^2`: of :math:`T (U - df) / \{df (U - 1)\}` as F with df and U - df degrees of freedom.
        """
        those = np.array([self.place[release] for release in group])
        u, square = self.scores.slopes[those], np.ix_(those, those)
        statistic, df = _quadratic(u, self.scores.products[square])
        ordinary, _ = _quadratic(u, self.scores.information[square])
        single = len(those) == 1 and self.scores.information[square][0, 0] > 0
        return {
            "score_test": statistic,
            "score_test_ordinary": ordinary,
            "df": df,
            "p_value": _p_value(statistic, df, self.units),
            "change": float(u[0] / self.scores.information[square][0, 0]) if single else np.nan,
        }

    def one_step(self, group: Sequence[Release]) -> tuple[np.ndarray, np.ndarray]:
        """Estimate a set of the parameters as free, by one step from the fitted model.

        Parameters
        ----------
        group : sequence of Release
            The set.

        Returns
        -------
        change : numpy.ndarray
            What they rise by above where they were fixed, or above those that they were equal to.
        covariance : numpy.ndarray
            Covariances of these.
        """
        those = np.array([self.place[release] for release in group])
        inverse = _inverse(self.scores.information[np.ix_(those, those)])
        covariance = inverse @ self.scores.products[np.ix_(those, those)] @ inverse
        return inverse @ self.scores.slopes[those], covariance

    def moved(self, group: Sequence[Release], change: np.ndarray) -> dict[tuple[str, int], float]:
        """Compute all parameters where those of a set change and the others follow.

        Parameters
        ----------
        group : sequence of Release
            The set.
        change : numpy.ndarray
            What they rise by, as from `one_step`.

        Returns
        -------
        dict of tuple to float
            Name and number of the group -> value.
        """
        q = self.fit.table.n_free
        those = np.array([self.place[release] for release in group])
        values = self.values.copy()
        values[:q] -= self.scores.follow[:, those] @ change
        # what is not in the set stays where it was: fixed, or equal
        shared = self.origin >= 0
        values[q:][shared] = values[self.origin[shared]]
        values[q + those] += change
        return values_by_name(self.table, values)


def values_by_name(table: ParameterTable, parameters: np.ndarray) -> dict[tuple[str, int], float]:
    """Look up the values of all parameters, free or fixed.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    parameters : numpy.ndarray of shape (q,)
        Values of the free ones.

    Returns
    -------
    dict of tuple to float
        Name and number of the group -> value.
    """
    return {
        (row.name, row.group): float(parameters[row.free]) if row.free >= 0 else float(row.value or 0.0)
        for row in table.rows
    }


def score_tests(
    fit: CovarianceStructureFit,
    releases: Sequence[Sequence[Release]],
    *,
    sample: OrdinalSample | None = None,
    prepared: Prepared | None = None,
    clusters: int | None = None,
) -> pd.DataFrame:
    """Test sets of parameters that are fixed or equal to others, one set at a time.

    Parameters
    ----------
    fit : CovarianceStructureFit
        The fitted model.
    releases : sequence of sequence of Release
        The sets; those of equal parameters name each place that is to become free.
    sample : OrdinalSample, optional
        Of ordinal answers, the moments that were fitted.
    prepared : Prepared, optional
        Of continuous answers, those that were fitted.
    clusters : int, optional
        Number of clusters; by default people are independent.

    Returns
    -------
    pandas.DataFrame
        One row for each set, columns as from `ReleasedModel.test`.
    """
    wanted = [each for group in releases for each in group]
    model = ReleasedModel(fit, wanted, sample=sample, prepared=prepared, clusters=clusters)
    return pd.DataFrame([model.test(group) for group in releases])


def _rows(table: ParameterTable, wanted: Sequence[Release]) -> list[Parameter]:
    known = {(row.name, row.group): row for row in table.rows}
    for release in wanted:
        if (release.name, release.group) not in known:
            raise ValueError(f"{release.name!r} is no parameter of the model in group {release.group}")
    return [known[release.name, release.group] for release in wanted]


def _value(fit: CovarianceStructureFit, row: Parameter) -> float:
    return float(fit.parameters[row.free]) if row.free >= 0 else float(row.value or 0.0)


def _released(table: ParameterTable, wanted: Sequence[Release]) -> tuple[ParameterTable, np.ndarray]:
    """The table with further free parameters, and of each the one that it was part of, -1 where it was fixed."""
    counts = np.bincount([row.free for row in table.rows if row.free >= 0], minlength=table.n_free)
    origin = []
    for row in _rows(table, wanted):
        if row.free >= 0 and counts[row.free] == 1:
            raise ValueError(f"{row.name!r} is free already")
        origin.append(row.free)
    number = {(release.name, release.group): table.n_free + place for place, release in enumerate(wanted)}
    rows = tuple(
        replace(row, free=number[row.name, row.group], value=None) if (row.name, row.group) in number else row
        for row in table.rows
    )
    return replace(table, rows=rows, n_free=table.n_free + len(wanted)), np.array(origin, dtype=int)


def _of_moments(
    fit: CovarianceStructureFit,
    table: ParameterTable,
    values: np.ndarray,
    moments: Sequence[OrdinalMoments],
    varied: Variation,
) -> Scores:
    """Slopes of the weighted least squares of thresholds and correlations."""
    if fit.test.sandwich is None or fit.test.slopes is None:
        raise ValueError("the model was not fitted by weighted least squares")
    q = fit.table.n_free
    structures = [
        OrdinalStructure(structure, table, number, own)
        for number, (structure, own) in enumerate(zip(group_structures(table), moments, strict=True))
    ]
    discrepancy = WeightedLeastSquares(structures)
    n = varied.n
    parts = [np.vstack([b.gathered(b.slopes, table.n_free) for b in group.blocks(values)]) for group in structures]
    weights = [group.sample.weights * group.sample.n / n for group in structures]
    released = np.vstack(parts)[:, q:]
    weight, residual = np.concatenate(weights), np.concatenate([group.residual(values) for group in discrepancy.groups])
    old = fit.test.slopes
    weighted = old * weight[:, None]
    bread = cho_solve(cho_factor(weighted.T @ old), np.eye(q))
    follow = bread @ (weighted.T @ released)
    apart = released - old @ follow
    scaled = apart * weight[:, None]
    ends = np.cumsum([len(w) for w in weights])[:-1]
    collected = varied.spread([rows @ part for rows, part in zip(varied.rows, np.split(scaled, ends), strict=True)])
    divisor = n - len(weights)
    return Scores(divisor * scaled.T @ residual, divisor * scaled.T @ apart, divisor * collected.T @ collected, follow)


def _of_likelihood(
    fit: CovarianceStructureFit, table: ParameterTable, values: np.ndarray, origin: np.ndarray, prepared: Prepared
) -> Scores:
    """Slopes of the log-likelihood of continuous answers."""
    q = fit.table.n_free
    answers = prepared.by_group(prepared.answers[list(table.observed)].to_numpy())
    likelihood = NormalLikelihood(group_structures(table), answers, table.options.means)
    # how the free parameters move all of the released table
    moves = np.vstack([np.eye(q), (origin[:, None] == np.arange(q)).astype(float)])
    information = likelihood.expected_information(values)
    units = unit_sums(likelihood.scores(values), prepared.clusters())
    known = cho_factor(moves.T @ information @ moves)
    follow = cho_solve(known, moves.T @ information[:, q:])
    apart = np.vstack([np.zeros((q, len(origin))), np.eye(len(origin))]) - moves @ follow
    slopes = -apart.T @ likelihood.gradient(values)
    collected = units @ apart
    return Scores(slopes, apart.T @ information @ apart, collected.T @ collected, follow)


def _p_value(statistic: float, df: int, units: int) -> float:
    if not 0 < df < units:
        return np.nan
    return float(fdtrc(df, units - df, statistic * (units - df) / (df * (units - 1))))


def _quadratic(u: np.ndarray, covariance: np.ndarray) -> tuple[float, int]:
    """The form u' C^- u and the rank of C."""
    values, vectors = _spectrum(covariance)
    along = vectors.T @ u
    return float(np.sum(along**2 / values)), len(values)


def _inverse(covariance: np.ndarray) -> np.ndarray:
    values, vectors = _spectrum(covariance)
    return (vectors / values) @ vectors.T


def _spectrum(covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues in standard units that are not 0, and their vectors, divided by the units."""
    size = np.sqrt(np.diag(covariance))
    size[size == 0] = 1.0
    values, vectors = np.linalg.eigh(covariance / np.outer(size, size))
    kept = values > DETERMINED * max(1.0, values[-1])
    return values[kept], vectors[:, kept] / size[:, None]
