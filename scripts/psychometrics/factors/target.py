"""Target of a rotation from a table of wanted loadings."""

from collections.abc import Sequence

import numpy as np
import pandas as pd


def target_from_table(frame: pd.DataFrame, items: Sequence[str]) -> np.ndarray:
    """Make the target of a rotation from a table of items x factors.

    Parameters
    ----------
    frame : pandas.DataFrame
        One row per item with the items as index, or with a column `item`; one column per factor; missing where a
        loading is free.
    items : sequence of str
        The p items of the analysis, in its order.

    Returns
    -------
    numpy.ndarray
        Wanted loadings (p, k) in the order of `items` and of the columns of the table, NaN where free.

    Raises
    ------
    ValueError
        An item stands twice, is not in the analysis or is not in the table; a value is not a number or lies outside
        [-1, 1]; there is no factor, or a factor's name stands twice.

    Examples
    --------
    >>> import pandas as pd
    >>> from psychometrics.factors.target import target_from_table
    >>> wanted = pd.DataFrame({"task": [None, None, 0], "bond": [0, 0, None]}, index=["a", "b", "c"])
    >>> target_from_table(wanted, ["c", "a", "b"])
    array([[ 0., nan],
           [nan,  0.],
           [nan,  0.]])
    """
    table = frame.set_index("item") if "item" in frame.columns else frame
    table = table.set_axis([str(label).strip() for label in table.index])
    items = [str(item) for item in items]
    if not table.shape[1]:
        raise ValueError("the target has no factor: it needs a column of wanted loadings for each")
    if table.columns.has_duplicates:
        raise ValueError(f"the target has two columns named {table.columns[table.columns.duplicated()][0]}")
    if table.index.has_duplicates:
        raise ValueError(f"the target has two rows for item {table.index[table.index.duplicated()][0]}")
    if unknown := [item for item in table.index if item not in items]:
        raise ValueError(f"the target has a row for {unknown[0]}, which is not an item of the analysis")
    if absent := [item for item in items if item not in table.index]:
        raise ValueError(f"the target has no row for item {absent[0]}")
    table = table.loc[items]
    numbers = table.apply(pd.to_numeric, errors="coerce")
    given = table.notna() & (table.astype(str).apply(lambda column: column.str.strip()) != "")
    for wrong, fault in ((given & numbers.isna(), "is not a number"), (numbers.abs() > 1, "lies outside -1 to 1")):
        if wrong.to_numpy().any():
            row, column = np.argwhere(wrong.to_numpy())[0]
            value = table.iloc[row, column]
            raise ValueError(f"the target of item {items[row]} on {table.columns[column]} {fault}: {value}")
    return numbers.to_numpy(dtype=float)
