"""Whether reverse-keyed items were turned before the file was written."""

import pandas as pd

from pipeline.data.reading import as_text

FEWEST_ROWS, CLEAR = 20, 0.1  # rows, and median correlation, from which the direction of items can be told


def already_turned(frame: pd.DataFrame, names: dict[int, str], reverse: list[int]) -> bool | None:
    """Judge by correlations whether reverse-keyed items were turned before the file was written.

    Parameters
    ----------
    frame : pandas.DataFrame
        The rows of the entry.
    names : dict of int to str
        Item -> column.
    reverse : list of int
        Reverse-keyed items of the form.

    Returns
    -------
    bool or None
        None where the correlations with the mean of the other items do not tell.
    """
    number = pd.DataFrame({item: pd.to_numeric(as_text(frame[name]), errors="coerce") for item, name in names.items()})
    others = number.drop(columns=reverse)
    if not reverse or others.shape[1] == 0 or len(number) < FEWEST_ROWS:
        return None
    r = number[reverse].corrwith(others.mean(axis=1))
    if not r.notna().any() or abs(r.median()) < CLEAR:
        return None
    return bool(r.median() > 0)
