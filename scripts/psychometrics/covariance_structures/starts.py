"""Values to start a search from, and the sample's values of what is fixed at them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from psychometrics.covariance_structures.parameters import Parameter, ParameterTable


def with_sample_values(
    table: ParameterTable, means: Sequence[np.ndarray], covariances: Sequence[np.ndarray]
) -> ParameterTable:
    """Fix means and covariances of exogenous variables at those of the sample.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    means : sequence of numpy.ndarray
        Means (p,) of the observed variables, by group.
    covariances : sequence of numpy.ndarray
        Covariances (p, p), by group.

    Returns
    -------
    ParameterTable
        The same with values.
    """
    place = {name: number for number, name in enumerate(table.observed)}

    def _value(row: Parameter) -> float:
        if row.operator == "~1":
            return float(means[row.group][place[row.left]])
        return float(covariances[row.group][place[row.left], place[row.right]])

    rows = tuple(replace(row, value=_value(row)) if row.of_sample else row for row in table.rows)
    return replace(table, rows=rows)


def started(table: ParameterTable, values: Mapping[tuple[str, int], float]) -> ParameterTable:
    """Start the search for free parameters from given values.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    values : mapping of tuple to float
        Name and number of the group -> value; what the table does not have is passed over.

    Returns
    -------
    ParameterTable
        The same with starting values, where the model itself gives none.
    """
    rows = tuple(
        replace(row, start=values[row.name, row.group])
        if row.free >= 0 and row.start is None and (row.name, row.group) in values
        else row
        for row in table.rows
    )
    return replace(table, rows=rows)


def starting_values(
    table: ParameterTable,
    means: Sequence[np.ndarray],
    covariances: Sequence[np.ndarray],
    thresholds: Sequence[np.ndarray] | None = None,
) -> np.ndarray:
    """Choose values that any search can start from: half of every item's variance is its factor's.

    Parameters
    ----------
    table : ParameterTable
        The parameters.
    means : sequence of numpy.ndarray
        Means (p,) of the observed variables, by group.
    covariances : sequence of numpy.ndarray
        Covariances (p, p), by group.
    thresholds : sequence of numpy.ndarray, optional
        Thresholds (p, c - 1) of ordinal items, by group.

    Returns
    -------
    numpy.ndarray of shape (q,)
        Values of the free parameters.
    """
    place = {name: number for number, name in enumerate(table.observed)}
    start, given = np.zeros(table.n_free), np.zeros(table.n_free, dtype=bool)
    markers = _markers(table)
    for row in reversed(table.rows):  # of shared parameters the first group decides
        if row.free < 0:
            continue
        covariance, mean = covariances[row.group], means[row.group]
        if row.start is not None:
            start[row.free], given[row.free] = row.start, True
            continue
        if given[row.free]:
            continue
        value, own = 0.0, row.left == row.right
        left, right = place.get(row.left), place.get(row.right)
        if row.operator == "=~":
            value = _loading(row, markers.get(row.left), place, covariance)
        elif row.operator == "~~" and own:
            if left is not None:
                value = 0.5 * covariance[left, left]
            elif (marker := markers.get(row.left, "")) in place:
                variance = covariance[place[marker], place[marker]]
                value = 1.0 if table.options.std_lv else 0.4 * variance
            else:
                value = 0.3
        elif row.operator == "~~" and left is not None and right is not None and table.options.fixed_x is False:
            value = 0.2 * covariance[left, right]
        elif row.operator == "~1" and left is not None:
            value = mean[left]
        elif row.operator == "~1" and (marker := markers.get(row.left, "")) in place:
            value = _factor_mean(table, marker, row.group, mean[place[marker]])
        elif row.operator == "|" and thresholds is not None and left is not None:
            value = thresholds[row.group][left, int(row.right[1:]) - 1]
        elif row.operator == "~*~":
            value = 1.0
        start[row.free] = value
    return start


def _markers(table: ParameterTable) -> dict[str, str]:
    """Factor -> its first observed indicator, through factors of factors."""
    first: dict[str, str] = {}
    for row in table.rows:
        if row.operator == "=~":
            first.setdefault(row.left, row.right)
    return first


def _factor_mean(table: ParameterTable, marker: str, group: int, mean: float) -> float:
    """The marker's mean where its intercept is fixed, 0 where that is free."""
    for row in table.rows:
        if row.group == group and row.operator == "~1" and row.left == marker and row.free < 0:
            return float(mean - (row.value or 0.0))
    return 0.0


def _loading(row: Parameter, marker: str | None, place: dict[str, int], covariance: np.ndarray) -> float:
    """A loading as large as that of the factor's first item, relative to the standard deviation, with its sign."""
    if row.right not in place or marker not in place:
        return 0.7
    item, first = place[row.right], place[marker]
    sign = -1.0 if covariance[item, first] < 0 else 1.0
    return float(sign * 0.7 * np.sqrt(covariance[item, item] / covariance[first, first]))
