"""What a fitted model gives."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from psychometrics.covariance_structures.adjusted_chi_square import Sandwich
from psychometrics.covariance_structures.moments import GroupStructure
from psychometrics.covariance_structures.parameters import ParameterTable
from psychometrics.covariance_structures.standardized import Solution
from psychometrics.covariance_structures.weighted_least_squares import OrdinalStructure
from psychometrics.not_computable import NotComputable

NEGATIVE = -1e-6


@dataclass(frozen=True)
class Test:
    """What the comparison of two nested models needs.

    Attributes
    ----------
    unadjusted : float
        Chi-square before scaling.
    df : int
        Degrees of freedom.
    scaling_factor : float
        Divisor of chi-square; 1 with ML.
    sandwich : Sandwich or None
        With DWLS, the products behind standard errors and test.
    slopes : numpy.ndarray or None
        With DWLS, the derivatives of all moments by all free parameters.
    """

    unadjusted: float
    df: int
    scaling_factor: float
    sandwich: Sandwich | None = None
    slopes: np.ndarray | None = None


@dataclass(frozen=True)
class CovarianceStructureFit:
    """A fitted structural equation model; see `fit_covariance_structure`.

    Attributes
    ----------
    estimates : pandas.DataFrame
        One row per parameter and group, then the defined parameters: lhs, op, rhs, group, label, estimate, se, z,
        p_value, lower, upper, level, standardized (lavaan's std.all), standardized_se. What is fixed has no standard
        error.
    fit : pandas.DataFrame
        Rows statistic, estimate, lower, upper, level, n, method, note.
    covariance : pandas.DataFrame
        Covariances of the estimates of the free parameters.
    implied : tuple of pandas.DataFrame
        By group, the covariances (of ordinal items correlations) that the model implies.
    sample : tuple of pandas.DataFrame
        By group, those of the sample.
    groups : tuple of str
        Names of the groups; empty where there is one.
    n : tuple of int
        Number of people, by group.
    estimator : {'ML', 'MLR', 'DWLS'}
        How the parameters were estimated.
    notes : tuple of str
        What was left out, and what is improper.
    parameters : numpy.ndarray
        Values of the free parameters, in the order of `covariance`.
    table : ParameterTable
        All parameters.
    test : Test
        What the comparison with another model needs.
    gradients : numpy.ndarray of shape (rows, q)
        Derivatives of the standardized solution, in the rows of `estimates`, by the free parameters.

    Examples
    --------
    >>> from psychometrics import example_answers, fit_covariance_structure
    >>> fitted = fit_covariance_structure("bond =~ wai_03 + wai_05 + wai_07 + wai_09", example_answers())
    >>> float(fitted.residuals()[0].abs().to_numpy().max().round(3))
    0.018
    """

    estimates: pd.DataFrame
    fit: pd.DataFrame
    covariance: pd.DataFrame
    implied: tuple[pd.DataFrame, ...]
    sample: tuple[pd.DataFrame, ...]
    groups: tuple[str, ...]
    n: tuple[int, ...]
    estimator: str
    notes: tuple[str, ...]
    parameters: np.ndarray
    table: ParameterTable
    test: Test
    gradients: np.ndarray

    def residuals(self) -> tuple[pd.DataFrame, ...]:
        """Subtract the model's covariances from the sample's, both divided by the sample's standard deviations.

        Returns
        -------
        tuple of pandas.DataFrame
            By group.
        """
        result = []
        for sample, implied in zip(self.sample, self.implied, strict=True):
            spread = np.sqrt(np.diag(sample.to_numpy()))
            part = (sample.to_numpy() - implied.to_numpy()) / np.outer(spread, spread)
            result.append(pd.DataFrame(part, index=sample.index, columns=sample.columns))
        return tuple(result)


@dataclass(frozen=True)
class Estimated:
    """What an estimator finds.

    Attributes
    ----------
    table : ParameterTable
        The parameters, with the sample's values where they are fixed at them.
    parameters : numpy.ndarray of shape (q,)
        Values of the free ones.
    covariance : numpy.ndarray of shape (q, q)
        Their covariances.
    rows : list of dict
        Rows of fit.
    test : Test
        What the comparison with another model needs.
    sample : list of numpy.ndarray
        Covariances or correlations of the sample, by group.
    implied : list of numpy.ndarray
        Those of the model.
    structures : list of GroupStructure
        Matrices of the parameters, by group.
    ordinal : list of OrdinalStructure or None
        Thresholds and scales, by group.
    """

    table: ParameterTable
    parameters: np.ndarray
    covariance: np.ndarray
    rows: list[dict[str, object]]
    test: Test
    sample: list[np.ndarray]
    implied: list[np.ndarray]
    structures: list[GroupStructure]
    ordinal: list[OrdinalStructure] | None


def parameter_names(table: ParameterTable, groups: Sequence[str]) -> list[str]:
    """Name every free parameter by its label, or as in the text of a model with its group.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    groups : sequence of str
        Names of the groups.

    Returns
    -------
    list of str
        In the order of the free parameters.
    """
    names = [""] * table.n_free
    for row in table.rows:
        if row.free >= 0 and not names[row.free]:
            names[row.free] = row.label or row.name + (f" ({groups[row.group]})" if groups else "")
    return names


def estimate_rows(
    table: ParameterTable,
    plain: Solution,
    standard: Solution,
    covariance: np.ndarray,
    groups: Sequence[str],
    level: float,
) -> pd.DataFrame:
    """Build the table of estimates.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    plain : Solution
        Their values.
    standard : Solution
        Their standardized values.
    covariance : numpy.ndarray of shape (q, q)
        Covariances of the free parameters.
    groups : sequence of str
        Names of the groups.
    level : float
        Coverage of the intervals.

    Returns
    -------
    pandas.DataFrame
        See `CovarianceStructureFit`.
    """
    errors = []
    for solution in (plain, standard):
        with np.errstate(invalid="ignore"):
            variance = np.sum((solution.gradients @ covariance) * solution.gradients, axis=1)
        # what does not depend on the sample has no standard error
        moves = np.abs(solution.gradients).max(axis=1, initial=0.0) > 1e-12
        errors.append(np.sqrt(np.where(moves & (variance > 0), variance, np.nan)))
    names = [(row.left, row.operator, row.right, row.group, row.label) for row in table.rows]
    names += [(name, ":=", text, -1, name) for name, text in table.defined]
    frame = pd.DataFrame(names, columns=["lhs", "op", "rhs", "group", "label"])
    frame["group"] = [groups[number] if groups and number >= 0 else "" for number in frame["group"]]
    half = ndtri((1 + level) / 2) * errors[0]
    z = plain.estimates / errors[0]
    return frame.assign(
        estimate=plain.estimates,
        se=errors[0],
        z=z,
        p_value=2 * ndtr(-np.abs(z)),
        lower=plain.estimates - half,
        upper=plain.estimates + half,
        level=level,
        standardized=standard.estimates,
        standardized_se=errors[1],
    )


def improprieties(table: ParameterTable, plain: Solution, groups: Sequence[str]) -> list[str]:
    """List what estimates cannot be in any population.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    plain : Solution
        Their values.
    groups : sequence of str
        Names of the groups.

    Returns
    -------
    list of str
        One sentence each: negative variances, correlations of factors beyond 1.
    """
    found = []
    for group in range(table.options.groups):
        where = f" in group {groups[group]}" if groups else ""
        place = {name: number for number, name in enumerate(table.latent)}
        factors = np.zeros((len(place), len(place)))
        for row, value in zip(table.rows, plain.estimates, strict=False):
            if row.group != group or row.operator != "~~":
                continue
            if row.left == row.right and value < NEGATIVE:
                found.append(f"the variance of {row.left}{where} is negative ({value:.3f})")
            if row.left in place and row.right in place:
                factors[place[row.left], place[row.right]] = factors[place[row.right], place[row.left]] = value
        size = np.sqrt(np.maximum(np.diag(factors), 0))
        if (size > 0).all() and len(size) > 1:
            correlations = factors / np.outer(size, size)
            if np.linalg.eigvalsh(correlations)[0] < NEGATIVE:
                i, j = np.unravel_index(np.argmax(np.abs(correlations - np.diag(np.diag(correlations)))), factors.shape)
                found.append(
                    f"the correlations of the factors{where} are inadmissible: {table.latent[i]} with "
                    f"{table.latent[j]} {correlations[i, j]:.3f}"
                )
    return found


def check_proper(found: Sequence[str], improper: str) -> None:
    """Refuse an improper solution unless it is to be kept.

    Parameters
    ----------
    found : sequence of str
        What is improper.
    improper : {'raise', 'keep'}
        What to do.

    Raises
    ------
    NotComputable
        With the first finding.
    """
    if found and improper == "raise":
        raise NotComputable(f"the solution is improper: {found[0]} (improper='keep' returns it)")
