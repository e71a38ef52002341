"""The values of all parameters, those that follow from others among them, and the standardized solution."""

from dataclasses import dataclass

import numpy as np

from psychometrics.covariance_structures.expressions import Dual, evaluate
from psychometrics.covariance_structures.moments import GroupStructure
from psychometrics.covariance_structures.parameters import Parameter, ParameterTable
from psychometrics.covariance_structures.weighted_least_squares import OrdinalStructure


@dataclass(frozen=True)
class Solution:
    """Values of the rows of a parameter table, then of the defined parameters, with their gradients.

    Attributes
    ----------
    estimates : numpy.ndarray of shape (rows,)
        Values.
    gradients : numpy.ndarray of shape (rows, q)
        Derivatives by the free parameters.
    variances : tuple of numpy.ndarray
        Variances of all variables, by group.
    """

    estimates: np.ndarray
    gradients: np.ndarray
    variances: tuple[np.ndarray, ...]


def solutions(
    table: ParameterTable,
    structures: list[GroupStructure],
    parameters: np.ndarray,
    ordinal: list[OrdinalStructure] | None = None,
) -> tuple[Solution, Solution]:
    r"""Compute all parameters as they are and standardized, with the derivatives that the delta method needs.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    structures : list of GroupStructure
        Their matrices, by group.
    parameters : numpy.ndarray of shape (q,)
        Values of the free parameters.
    ordinal : list of OrdinalStructure, optional
        Of ordinal items, thresholds and scales by group.

    Returns
    -------
    plain : Solution
        Values as they are; residual variances of ordinal items with scales are
        :math:`\delta_i^{-2} - \sigma_{ii} + \theta_{ii}`, what their factors leave.
    standardized : Solution
        All variables with standard deviation 1, covariances of residuals as correlations: lavaan's std.all.
    """
    size = table.n_free
    plain, standard = [], []
    variances = []
    for group, structure in enumerate(structures):
        moments = structure.at(parameters)
        count = len(structure.names)
        x, y, _ = moments.factors(count)
        variance = np.diag(moments.covariance).copy()
        slopes = np.asarray((2 * x * y) @ structure.selection)
        residual: dict[int, Dual] = {}
        if ordinal is not None and not ordinal[group].theta:
            scales, free = ordinal[group].scales(moments, parameters), ordinal[group].scale_free
            for item in range(structure.observed):
                unit = _unit(free[item], size)
                whole = scales[item] ** -2, -2 * scales[item] ** -3 * unit
                residual[item] = whole[0] - variance[item] + 1.0, whole[1] - slopes[item]
                variance[item], slopes[item] = whole
        variances.append(variance)
        # a negative variance of a factor leaves nothing to standardize by
        with np.errstate(invalid="ignore", divide="ignore"):
            logs = 0.5 * slopes / np.where(variance > 0, variance, np.nan)[:, None]
            spread = np.sqrt(np.where(variance > 0, variance, np.nan))
        place = {name: number for number, name in enumerate(structure.names)}
        rows = [row for row in table.rows if row.group == group]
        here: list[Dual] = []
        of_residual: dict[int, Dual] = {}
        for row in rows:
            value, gradient = _value(row, parameters, size)
            own = row.operator == "~~" and row.left == row.right
            if own and place[row.left] in residual:
                value, gradient = residual[place[row.left]]
            if own:
                of_residual[place[row.left]] = value, gradient
            here.append((value, gradient))
        for row, dual in zip(rows, here, strict=True):
            plain.append(dual)
            standard.append(_standardized(row, dual, place, spread, logs, of_residual))
    for done in (plain, standard):
        known = {row.label: dual for row, dual in zip(table.rows, done, strict=True) if row.label}
        for name, text in table.defined:
            known[name] = evaluate(text, known)
            done.append(known[name])
    of = tuple(variances)
    return (_solution(plain, size, of), _solution(standard, size, of))


def _solution(duals: list[Dual], size: int, variances: tuple[np.ndarray, ...]) -> Solution:
    gradients = np.array([np.broadcast_to(gradient, size) for _, gradient in duals]).reshape(len(duals), size)
    return Solution(np.array([value for value, _ in duals]), gradients, variances)


def _unit(place: int, size: int) -> np.ndarray:
    unit = np.zeros(size)
    if place >= 0:
        unit[place] = 1.0
    return unit


def _value(row: Parameter, parameters: np.ndarray, size: int) -> Dual:
    if row.free >= 0:
        return float(parameters[row.free]), _unit(row.free, size)
    return float(row.value or 0.0), np.zeros(size)


def _standardized(
    row: Parameter,
    dual: Dual,
    place: dict[str, int],
    spread: np.ndarray,
    logs: np.ndarray,
    residual: dict[int, Dual],
) -> Dual:
    """Times and divided by standard deviations; logs holds the derivatives of their logarithms."""
    value, gradient = dual
    left, right = place[row.left], place.get(row.right, -1)
    if row.operator == "~~" and left != right:
        (a, da), (b, db) = residual[left], residual[right]
        if a <= 0 or b <= 0:
            return np.nan, np.full_like(gradient, np.nan)
        scale = 1 / np.sqrt(a * b)
        return value * scale, scale * (gradient - 0.5 * value * (da / a + db / b))
    times, by = {
        "=~": ([left], [right]),
        "~": ([right], [left]),
        "~~": ([], [left, left]),
        "~1": ([], [left]),
        "|": ([], [left]),
        "~*~": ([left], []),
    }[row.operator]
    scale = np.prod(spread[times]) / np.prod(spread[by])
    change = logs[times].sum(axis=0) - logs[by].sum(axis=0)
    return float(value * scale), scale * (gradient + value * change)
