"""A data set that is a published correlation matrix of scale scores: read and checked."""

import numpy as np
import pandas as pd

from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import as_number, as_text

PUBLISHED = ["mean", "sd", "reliability", "coefficient"]


def read_scores(entry: dict, files: RawFiles) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Correlations of scores, the n behind each, and what was published of every score.

    Parameters
    ----------
    entry : `scores:` of a data set, as in dataset.schema.yaml.
    files : files of the data set.

    Returns
    -------
    correlations, n : (p, p), in the order in which `variables:` describes the scores.
    published : one row per score; columns mean, sd, reliability, coefficient, missing where nothing was published.

    Raises
    ------
    InputError
        Labels that do not agree, a table that is not a correlation matrix, a number of people that cannot be.
    """
    name, variables = entry["correlations"], entry["variables"]
    correlations, decimals = _square(files, name, variables, diagonal=1.0)
    _check_correlations(correlations, decimals, name)
    names = list(variables)
    if isinstance(entry["n"], int):
        n = pd.DataFrame(entry["n"], index=names, columns=names)
    else:
        n = _pairs(files, entry["n"], variables)
    published = pd.DataFrame([{key: part.get(key) for key in PUBLISHED} for part in variables.values()], index=names)
    published["coefficient"] = published["coefficient"].where(published["reliability"].notna(), None)
    return correlations, n, published.astype({"mean": float, "sd": float, "reliability": float})


def _pairs(files: RawFiles, name: str, variables: dict) -> pd.DataFrame:
    table, _ = _square(files, name, variables, diagonal=None)
    values = table.to_numpy(copy=True)
    own = np.diagonal(values).copy()
    np.fill_diagonal(values, 0)
    np.fill_diagonal(values, np.where(np.isnan(own), values.max(axis=0), own))
    whole = (values % 1 == 0) & (values >= 4)
    if not whole.all():
        raise InputError(f"{name}: {values[~whole][0]:g} is not a number of people; whole numbers from 4 are needed.")
    return pd.DataFrame(values.astype(int), index=table.index, columns=table.columns)


def _square(files: RawFiles, name: str, variables: dict, diagonal: float | None) -> tuple[pd.DataFrame, int]:
    """A symmetric table, an empty cell filled from the other half, in the order of `variables`; and its decimals."""
    raw = files.read(name).frame
    if "score" not in raw:
        raise InputError(f"{name}: the first column should be called 'score'.")
    rows, columns = as_text(raw["score"]).tolist(), list(raw.columns.drop("score"))
    if rows != columns:
        raise InputError(f"{name}: rows and columns do not name the same scores in the same order.")
    unknown = [label for label in rows if label not in variables]
    if unknown:
        raise InputError(f"{name}: '{unknown[0]}' is not described under `scores: variables:` in dataset.yaml.")
    absent = [label for label in variables if label not in rows]
    if absent:
        raise InputError(f"{name}: has no row and column for '{absent[0]}', which dataset.yaml describes.")
    numbers = [as_number(raw[column], f"{name}, column '{column}'").to_numpy() for column in columns]
    values = np.column_stack(numbers)
    decimals = max(len(text.partition(".")[2]) for column in columns for text in as_text(raw[column]).dropna())
    values = np.where(np.isnan(values), values.T, values)
    if diagonal is not None:
        np.fill_diagonal(values, np.where(np.isnan(np.diagonal(values)), diagonal, np.diagonal(values)))
    empty = np.argwhere(np.isnan(values) & ~np.eye(len(values), dtype=bool))
    if len(empty):
        one, two = (rows[place] for place in empty[0])
        raise InputError(f"{name}: there is no number for '{one}' with '{two}'.")
    if np.nanmax(np.abs(values - values.T)) > 1e-9:
        one, two = (rows[place] for place in np.argwhere(np.abs(values - values.T) > 1e-9)[0])
        raise InputError(f"{name}: not symmetric; '{one}' with '{two}' has two different numbers.")
    return pd.DataFrame(values, index=rows, columns=rows).loc[list(variables), list(variables)], decimals


def _check_correlations(correlations: pd.DataFrame, decimals: int, name: str) -> None:
    values = correlations.to_numpy()
    if (np.diagonal(values) != 1).any():
        raise InputError(f"{name}: the diagonal has to be ones or empty; reliabilities belong in dataset.yaml.")
    beyond = np.argwhere(np.abs(values) > 1)
    if len(beyond):
        one, two = correlations.index[beyond[0]]
        raise InputError(f"{name}: the correlation of '{one}' with '{two}' is outside -1 to 1.")
    smallest = float(np.linalg.eigvalsh(values)[0])
    # rounding moves no eigenvalue by more than the largest sum of rounding errors in a row
    if smallest < -max(0.5 * 10.0**-decimals * (len(values) - 1), 1e-9):
        raise InputError(
            f"{name}: not positive semi-definite (smallest eigenvalue {smallest:.3f}), by more than "
            f"rounding to {decimals} decimals explains; scores cannot correlate so; look for a misprint."
        )
