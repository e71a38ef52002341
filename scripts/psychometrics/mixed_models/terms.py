"""Columns of a design matrix from the names of terms."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from pandas.api.types import is_bool_dtype, is_numeric_dtype


def columns_of(data: pd.DataFrame, terms: Sequence[str]) -> pd.DataFrame:
    """Make the columns of a design matrix.

    Parameters
    ----------
    data : pandas.DataFrame
        Nothing missing in the columns of the terms.
    terms : sequence of str
        ``"1"`` is a column of ones. The name of a numeric column is that column. The name of another column, such as
        a role, is an indicator for each of its values; with ``"1"`` among the terms, for each but the first. Names
        joined by colons are products, with an indicator for every value.

    Returns
    -------
    pandas.DataFrame
        One column per effect.

    Raises
    ------
    ValueError
        If a term names no column.

    Examples
    --------
    >>> data = pd.DataFrame({"role": ["client", "therapist"], "session": [1, 2]})
    >>> columns_of(data, ["role", "role:session"]).columns.tolist()
    ['role[client]', 'role[therapist]', 'role[client]:session', 'role[therapist]:session']
    >>> columns_of(data, ["1", "role"]).columns.tolist()
    ['1', 'role[therapist]']
    """
    found: dict[str, np.ndarray] = {}
    for term in terms:
        parts = [_columns(data, name) for name in term.split(":")]
        if len(parts) == 1 and "1" in terms and term != "1" and not _numeric(data[term]):
            parts[0].pop(next(iter(parts[0])))
        product = parts[0]
        for part in parts[1:]:
            product = {f"{a}:{b}": product[a] * part[b] for a in product for b in part}
        found |= product
    return pd.DataFrame(found, index=data.index)


def names_in(terms: Sequence[str]) -> list[str]:
    """List the columns that terms name.

    Parameters
    ----------
    terms : sequence of str
        As of :func:`columns_of`.

    Returns
    -------
    list of str
        Each once.

    Examples
    --------
    >>> names_in(["1", "role", "role:session"])
    ['role', 'session']
    """
    return list(dict.fromkeys(name for term in terms for name in term.split(":") if name != "1"))


def _numeric(column: pd.Series) -> bool:
    return is_numeric_dtype(column) and not is_bool_dtype(column)


def _columns(data: pd.DataFrame, name: str) -> dict[str, np.ndarray]:
    if name == "1":
        return {"1": np.ones(len(data))}
    if name not in data:
        raise ValueError(f"the data have no column {name!r}")
    column = data[name]
    if _numeric(column):
        return {name: column.to_numpy(dtype=float)}
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else np.unique(column)
    return {f"{name}[{value}]": (column == value).to_numpy(dtype=float) for value in values}
