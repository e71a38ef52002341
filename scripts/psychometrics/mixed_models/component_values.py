"""Variances and correlations of mixed models, for many sets of parameters at once."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from psychometrics.mixed_models.deviance import Deviance
from psychometrics.mixed_models.layout import Layout

NOTHING = 1e-8  # of the outcome's variance beyond the fixed effects: a variance of 0
ONE = 1 - 1e-6  # a correlation beyond is on the edge


class Covariances(NamedTuple):
    """Covariance matrices of m fits.

    Attributes
    ----------
    blocks : dict of str to numpy.ndarray, each (m, q, q)
        Of the random effects of each block, by its name.
    residual : numpy.ndarray of shape (m, roles, roles)
        Of the residuals of the roles within a group; 1 x 1 without roles.
    serial : numpy.ndarray of shape (m,)
        Correlation of residuals one unit of time apart, 0 where there is none.
    """

    blocks: dict[str, np.ndarray]
    residual: np.ndarray
    serial: np.ndarray


def covariances_of(deviance: Deviance, parameters: np.ndarray, variance: np.ndarray) -> Covariances:
    """Turn parameters into covariance matrices.

    Parameters
    ----------
    deviance : Deviance
        The model.
    parameters : numpy.ndarray of shape (m, k)
        Parameters.
    variance : numpy.ndarray of shape (m,)
        Residual variance of the first role in the units of the layout.

    Returns
    -------
    Covariances
        In the units of the outcome.
    """
    layout = deviance.layout
    unit = (variance * layout.unit**2)[:, None, None]
    blocks = {}
    for block, factor in zip(layout.blocks, deviance.block_factors(parameters), strict=True):
        scaled = factor / block.scale[:, None]
        blocks[block.block.name] = unit * (scaled @ np.swapaxes(scaled, -1, -2))
    if layout.residual is None:
        return Covariances(blocks, unit.copy(), np.zeros(len(variance)))
    shape = layout.residual.shape(parameters[:, sum(deviance.sizes) :])
    ratios = shape.ratios[:, :, None] * shape.ratios[:, None, :]
    return Covariances(blocks, unit * ratios * shape.correlations, shape.serial)


def component_rows(layout: Layout) -> pd.DataFrame:
    """Name the variances and correlations of a model.

    Parameters
    ----------
    layout : Layout
        Rows and columns.

    Returns
    -------
    pandas.DataFrame
        Columns statistic, group, term, groups (their number), in the order of :func:`component_values`.
    """
    rows = []
    for block in reversed(layout.blocks):
        own = {"group": block.block.name, "groups": len(block.groups)}
        rows += [{"statistic": "variance", "term": term} | own for term in block.effects]
        if block.block.correlated:
            rows += [{"statistic": "correlation", "term": pair} | own for pair in _pairs(block.effects)]
    own = {"group": "residual", "groups": layout.n}
    rows += [{"statistic": "variance", "term": str(stratum)} | own for stratum in layout.strata]
    if layout.residual is not None and layout.residual.correlated:
        rows += [{"statistic": "correlation", "term": pair} | own for pair in _pairs(layout.strata)]
    if layout.residual is not None and layout.residual.serial:
        rows.append({"statistic": "serial_correlation", "term": ""} | own)
    return pd.DataFrame(rows, columns=["statistic", "group", "term", "groups"])


def component_values(layout: Layout, covariances: Covariances) -> np.ndarray:
    """Compute variances and correlations.

    Parameters
    ----------
    layout : Layout
        Rows and columns.
    covariances : Covariances
        Covariance matrices.

    Returns
    -------
    numpy.ndarray of shape (m, rows)
        Values in the order of :func:`component_rows`; a correlation is missing where a variance is 0.
    """
    parts = []
    for block in reversed(layout.blocks):
        matrix = covariances.blocks[block.block.name]
        parts.append(np.diagonal(matrix, axis1=1, axis2=2))
        if block.block.correlated:
            nothing = NOTHING * layout.unit**2 / block.scale**2
            parts.append(_correlations(matrix, nothing))
    parts.append(np.diagonal(covariances.residual, axis1=1, axis2=2))
    if layout.residual is not None and layout.residual.correlated:
        parts.append(_correlations(covariances.residual, np.zeros(len(layout.strata))))
    if layout.residual is not None and layout.residual.serial:
        parts.append(covariances.serial[:, None])
    return np.concatenate(parts, axis=1)


def edges(rows: pd.DataFrame, values: np.ndarray, layout: Layout) -> list[str]:
    """Say which components lie on the edge of what is possible.

    Parameters
    ----------
    rows : pandas.DataFrame
        Rows of :func:`component_rows`.
    values : numpy.ndarray of shape (rows,)
        Their values.
    layout : Layout
        Rows and columns.

    Returns
    -------
    list of str
        A note for each row, mostly empty.
    """
    smallest = {
        (block.block.name, term): NOTHING * layout.unit**2 / scale**2
        for block in layout.blocks
        for term, scale in zip(block.effects, block.scale, strict=True)
    }
    notes = []
    for kind, group, term, value in zip(rows["statistic"], rows["group"], rows["term"], values, strict=True):
        note = ""
        if kind == "variance" and value < smallest.get((str(group), str(term)), 0.0):
            note = "estimated as 0, the edge of what is possible"
        elif kind == "correlation" and np.isnan(value):
            note = "undefined: a variance is 0"
        elif kind == "correlation" and abs(value) > ONE:
            note = "on the edge of what is possible"
        notes.append(note)
    return notes


def _pairs(names: list) -> list[str]:
    return [f"{names[i]} with {names[j]}" for i, j in zip(*np.triu_indices(len(names), 1), strict=True)]


def _correlations(matrix: np.ndarray, nothing: np.ndarray) -> np.ndarray:
    first, second = np.triu_indices(matrix.shape[-1], 1)
    variance = np.diagonal(matrix, axis1=1, axis2=2)
    variance = np.where(variance > nothing, variance, np.nan)
    return np.clip(matrix[:, first, second] / np.sqrt(variance[:, first] * variance[:, second]), -1, 1)
