"""A data set that is a published item correlation matrix: read and checked."""

import re
from collections.abc import Iterable

import numpy as np
import pandas as pd

from pipeline.data.findings import Finding
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import as_number, as_text

ALL_ONES = 0.995  # prints as 1.00


def read_matrix(entry: dict, files: RawFiles, forms: dict[str, dict]) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Item correlations and moments of a published matrix.

    Returns
    -------
    correlations : (p, p), labels such as wai_sr_01.
    moments : columns item, mean, sd in the same order.
    forms : the forms that the labels name, in order of appearance; every item of a form is there, but for those that
        the data set leaves out (`items_left_out:`), which the table need not hold.

    Raises
    ------
    InputError
        Labels that do not name items of known forms, a table that is not a correlation matrix, moments that do not fit.
    """
    name = entry["correlations"]
    matrix = _table(files, name)
    left_out = set(entry.get("items_left_out", {}))
    if list(matrix.index) != list(matrix.columns):
        raise InputError(f"{name}: rows and columns do not name the same items in the same order.")
    form_of = _forms_of([*matrix.index, *left_out.difference(matrix.index)], forms, name)
    _check_correlations(matrix, name)
    moments = _table(files, entry["moments"]).rename_axis("item").reset_index()
    if list(moments.columns) != ["item", "mean", "sd"] or list(moments["item"]) != list(matrix.index):
        raise InputError(f"{entry['moments']}: needs columns item, mean, sd and the items of {name} in their order.")
    for row, (item, mean, sd) in enumerate(moments.itertuples(index=False), start=2):
        low, high = forms[form_of[item]]["range"]
        if not (low <= mean <= high and 0 < sd <= (high - low)):
            place = f"{entry['moments']}, row {row}"
            raise InputError(f"{place}: a mean of {mean:g} with an sd of {sd:g} is impossible on {low} to {high}.")
    kept = [item for item in matrix.index if item not in left_out]
    moments = moments[moments["item"].isin(kept)].reset_index(drop=True)
    return matrix.loc[kept, kept], moments, list(dict.fromkeys(form_of[item] for item in kept))


def doubtful_matrix(matrix: pd.DataFrame, name: str) -> list[Finding]:
    """Find what no complete answers show: items that all correlate 1, or a matrix that is not positive semi-definite.

    Parameters
    ----------
    matrix : pandas.DataFrame of shape (p, p)
        Correlations.
    name : str
        Of the file.

    Returns
    -------
    list of Finding
        At most one.
    """
    values = matrix.to_numpy()
    advice = "look for a misprint"
    if len(values) > 1 and np.abs(values).min() >= ALL_ONES:
        return [Finding("odd_matrix", f"{name}: every correlation is 1, as if all items were the same", advice)]
    smallest = float(np.linalg.eigvalsh(values)[0])
    # rounding to two decimals moves no eigenvalue by more than the largest sum of rounding errors in a row
    if smallest < -0.005 * (len(values) - 1):
        what = (
            f"{name}: not positive semi-definite (smallest eigenvalue {smallest:.3f}), by more than rounding explains"
        )
        return [
            Finding(
                "odd_matrix", what, advice + ", or accept it where answers were missing or correlations are polychoric"
            )
        ]
    return []


def read_loadings(name: str, files: RawFiles, forms: dict[str, dict]) -> pd.DataFrame:
    """A published table of loadings: items of the data set's forms, a column per factor, empty where free.

    Returns
    -------
    Column item, then one per factor.
    """
    raw = files.read(name).frame
    if "item" not in raw or len(raw.columns) < 2:
        raise InputError(f"{name}: needs the column 'item' and a column for every factor.")
    items = as_text(raw["item"])
    for row, item in items.items():
        parts = _label(item)
        if parts is None or parts[0] not in forms or not 1 <= parts[1] <= forms[parts[0]]["items"]:
            raise InputError(f"{name}, row {row}: names no item of the data set's forms (wai_sr_01, for example).")
    if items.duplicated().any():
        raise InputError(f"{name}, row {items.index[items.duplicated()][0]}: the item appears twice.")
    table = pd.DataFrame({"item": items})
    for factor in raw.columns.drop("item"):
        table[factor] = as_number(raw[factor], f"{name}, column '{factor}'")
        beyond = table.index[table[factor].abs() > 1]
        if len(beyond):
            raise InputError(f"{name}, column '{factor}', row {beyond[0]}: a loading is outside -1 to 1.")
    return table.reset_index(drop=True)


def _table(files: RawFiles, name: str) -> pd.DataFrame:
    raw = files.read(name).frame
    if "item" not in raw:
        raise InputError(f"{name}: the first column should be called 'item'.")
    numbers = {column: as_number(raw[column], f"{name}, column '{column}'") for column in raw.columns.drop("item")}
    table = pd.DataFrame(numbers).set_axis(as_text(raw["item"]).tolist())
    if table.isna().any(axis=None):
        row = raw.index[table.isna().any(axis=1).to_numpy()][0]
        raise InputError(f"{name}, row {row}: a number is missing.")
    return table


def _label(item: str) -> tuple[str, int] | None:
    match = re.fullmatch(r"(.+)_(\d+)", str(item))
    return (match[1], int(match[2])) if match else None


def _forms_of(labels: Iterable[str], forms: dict[str, dict], name: str) -> dict[str, str]:
    """The form of every item, each of them whole."""
    form_of: dict[str, str] = {}
    found: dict[str, list[int]] = {}
    for label in labels:
        parts = _label(label)
        if parts is None or parts[0] not in forms:
            raise InputError(f"{name}: '{label}' does not name an item of a known form (wai_sr_01, for example).")
        form_of[label] = parts[0]
        found.setdefault(parts[0], []).append(parts[1])
    for form, items in found.items():
        if sorted(items) != list(range(1, forms[form]["items"] + 1)):
            last = forms[form]["items"]
            raise InputError(f"{name}: {form} has the items 1 to {last}; the table has to contain each of them once.")
        if "scales" not in forms[form]:
            raise InputError(f"{name}: which items belong to which scale of {form} is not established.")
    return form_of


def _check_correlations(matrix: pd.DataFrame, name: str) -> None:
    values = matrix.to_numpy()
    if not (abs(values.diagonal() - 1) < 1e-6).all():
        raise InputError(f"{name}: a correlation matrix has ones on its diagonal.")
    if abs(values - values.T).max() > 1e-6:
        raise InputError(f"{name}: a correlation matrix is symmetric; this one is not.")
    if abs(values).max() > 1 + 1e-9:
        raise InputError(f"{name}: a correlation is outside -1 to 1.")
