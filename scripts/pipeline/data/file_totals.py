"""Totals that stand in a file beside the items: whether they match them, and so speak for the key."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from psychometrics.items.scoring import reverse_key

FEWEST_ROWS = 10  # with all items and a value, of which a column's meaning can be told
SCREENED = 1_000  # rows that are looked at before all are
MATCHING = 0.7  # share of the rows that make a column the total of a scale; by chance hardly any match
ROUNDED = 0.0051  # totals are often kept with two decimals
FROM_ZERO = "sum (each item counted from 0)"


@dataclass(frozen=True)
class FileTotal:
    """A column of a file that is the total of a scale.

    Attributes
    ----------
    column : str
        Its name.
    scale : str
        The scale.
    how : str
        `sum` or `mean` of the items, or the sum of items of which the lowest answer counts 0.
    keyed : bool
        Whether of the keyed items; false where it is that of the answers as they stand and items are reversed.
    compared : int
        Rows with all items and a value.
    differ : list of int
        Those of them, as rows of the file, in which it is another number.
    """

    column: str
    scale: str
    how: str
    keyed: bool
    compared: int
    differ: list[int] = field(default_factory=list)


def file_totals(frame: pd.DataFrame, answers: pd.DataFrame, key: dict, taken: Iterable[str]) -> list[FileTotal]:
    """Find the columns of a file that are totals of a form, and where they do not match its items.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of the file; index: row in the file.
    answers : pandas.DataFrame
        Answers of the form, i01, i02, ...; index: row in the file, each once.
    key : dict
        The scoring key.
    taken : iterable of str
        Columns that have a meaning already, such as those of the items.

    Returns
    -------
    list of FileTotal
        One for each such column: the scale and the way of scoring that match the most rows.
    """
    items = [str(column) for column in answers if str(column).startswith("i") and str(column)[1:].isdigit()]
    reverse = [item for item in (f"i{number:02d}" for number in key.get("reverse", [])) if item in items]
    raw = answers[items].astype("float64")
    keyed = reverse_key(raw, reverse, *key["range"])
    candidates = _candidates(raw, keyed, set(reverse), key["scales"], items, float(key["range"][0]))
    if not candidates:
        return []
    names = [candidate[:3] for candidate in candidates]
    values = np.column_stack([candidate[3].to_numpy() for candidate in candidates])
    telling, rows = _telling(values), answers.index.to_numpy()
    found = []
    for column in frame.columns.difference(list(taken), sort=False):
        number = pd.to_numeric(frame.loc[answers.index, column], errors="coerce").to_numpy("float64", na_value=np.nan)
        if np.count_nonzero(~np.isnan(number)) < FEWEST_ROWS:
            continue
        few = slice(SCREENED)
        likely = np.flatnonzero(_shares_that_match(number[few], values[few], telling[few]) > MATCHING)
        if not likely.size:
            continue
        shares = _shares_that_match(number, values[:, likely], telling[:, likely])
        best = int(np.argmax(np.nan_to_num(shares)))  # the first of equals
        if not shares[best] > MATCHING:
            continue
        total = values[:, likely[best]]
        both = ~np.isnan(number) & ~np.isnan(total)
        differ = rows[both & ~_matches(number, total)]
        scale, how, is_keyed = names[likely[best]]
        found.append(FileTotal(str(column), scale, how, is_keyed, int(both.sum()), [int(row) for row in differ]))
    return found


def _telling(values: np.ndarray) -> np.ndarray:
    """Rows that tell of each candidate: where most give the highest answer, many columns hold the same number."""
    modes = [pd.Series(column).mode().max() for column in values.T]
    return ~np.isnan(values) & (values != modes)


def _shares_that_match(number: np.ndarray, values: np.ndarray, telling: np.ndarray) -> np.ndarray:
    """Share of the telling rows in which each candidate is the number; missing where they are few."""
    used = telling & ~np.isnan(number)[:, None]
    count = used.sum(axis=0)
    matching = (_matches(number[:, None], values) & used).sum(axis=0)
    return np.where(count >= FEWEST_ROWS, matching / np.maximum(count, 1), np.nan)


def _matches(number: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.abs(number - values) <= ROUNDED


def _candidates(
    raw: pd.DataFrame,
    keyed: pd.DataFrame,
    reverse: set[str],
    scales: dict[str, list[int]],
    items: list[str],
    low: float,
) -> list[tuple[str, str, bool, pd.Series]]:
    """Scale, way of scoring, whether keyed, and the values; the keyed ones first."""
    named = {scale: [f"i{item:02d}" for item in own] for scale, own in scales.items()} | {"total": items}
    found = []
    for answers, is_keyed in ((keyed, True), (raw, False)):
        for scale, own in named.items():
            own = [item for item in own if item in items]
            if len(own) < 2 or (not is_keyed and not reverse & set(own)):
                continue
            total = answers[own].sum(axis=1, skipna=False)
            found += [(scale, "sum", is_keyed, total), (scale, "mean", is_keyed, total / len(own))]
            if low:  # such as the PHQ-9 or the CES-D, whose answers are often entered as 1 to 4
                found.append((scale, FROM_ZERO, is_keyed, total - low * len(own)))
    return found
