"""Which scores are paired in a table of associations, how a pair is named, and why one may have no value."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

PAIR = ["perspective", "perspective_2", "form", "form_2", "scale", "scale_2"]
COLUMNS = [*PAIR, "statistic", "estimate", "se", "lower", "upper", "level", "n", "method", "note"]
NEEDS_ANSWERS = "needs raw answers"
PART_WHOLE = "part-whole"
ONLY_ONE = "only one score: nothing to correlate"


def all_pairs(columns: Sequence | pd.Index | pd.DataFrame) -> np.ndarray:
    """List the unique pairs of scores.

    Parameters
    ----------
    columns : sequence, pandas.Index or pandas.DataFrame
        The k scores, for a frame its rows.

    Returns
    -------
    numpy.ndarray of shape (k (k - 1) / 2, 2)
        Positions of the two scores of each pair, in the order of the scores.
    """
    return np.array(list(combinations(range(len(columns)), 2)), dtype=int).reshape(-1, 2)


def score_values(scores: pd.DataFrame, columns: pd.DataFrame) -> np.ndarray:
    """Take the scores that are described, as numbers.

    Parameters
    ----------
    scores : pandas.DataFrame
        Clients x score columns.
    columns : pandas.DataFrame
        One row per score; its index names columns of `scores`.

    Returns
    -------
    numpy.ndarray of shape (n, p)
        The scores, missing as NaN.

    Raises
    ------
    ValueError
        If a score is no column of `scores`.
    """
    missing = [name for name in columns.index if name not in scores.columns]
    if missing:
        raise ValueError(f"The scores have no column {', '.join(map(str, missing))}.")
    return scores[list(columns.index)].to_numpy(dtype=float, na_value=np.nan)


def pair_names(columns: pd.DataFrame, pairs: np.ndarray) -> list[dict[str, object]]:
    """Name the two scores of each pair.

    Parameters
    ----------
    columns : pandas.DataFrame
        One row per score, with columns perspective, form, scale.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions of the scores.

    Returns
    -------
    list of dict
        One dict per pair: perspective, form, scale of the first score, and the same with _2 of the second.
    """
    described = columns[["perspective", "form", "scale"]].to_dict("records")
    return [described[i] | {f"{key}_2": value for key, value in described[j].items()} for i, j in pairs]


def shares_items(columns: pd.DataFrame, pairs: np.ndarray) -> np.ndarray:
    """Find the pairs of scores of one form and perspective that have items in common.

    Parameters
    ----------
    columns : pandas.DataFrame
        One row per score, with columns perspective, form, scale, and where they are known items, a collection of their
        numbers.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions of the scores.

    Returns
    -------
    numpy.ndarray of shape (pairs,)
        True for a total and a scale of it, and for scales that overlap.
    """
    described = columns[["perspective", "form", "scale"]].to_numpy(dtype=object)
    items = [set(own) for own in columns["items"]] if "items" in columns else [set() for _ in described]
    return np.array(
        [
            (described[i, :2] == described[j, :2]).all()
            and ("total" in (described[i, 2], described[j, 2]) or not items[i].isdisjoint(items[j]))
            for i, j in pairs
        ],
        dtype=bool,
    )


def why_undefined(values: np.ndarray, pairs: np.ndarray) -> list[str]:
    """Say why the clients who have both scores of a pair allow no correlation.

    Parameters
    ----------
    values : numpy.ndarray of shape (n, p)
        Scores, missing as NaN.
    pairs : numpy.ndarray of shape (pairs, 2)
        Positions of the scores.

    Returns
    -------
    list of str
        One reason per pair; "" where a correlation is possible.
    """
    reasons = []
    for i, j in pairs:
        both = values[np.isfinite(values[:, i]) & np.isfinite(values[:, j])][:, [i, j]]
        if len(both) < 4:
            reasons.append("fewer than four clients have both scores")
        else:
            reasons.append("" if (np.ptp(both, axis=0) > 0).all() else "a score does not vary")
    return reasons


def only_score(columns: pd.DataFrame, statistic: str) -> dict[str, object]:
    """Make the row of a table that has one score and so no pair.

    Parameters
    ----------
    columns : pandas.DataFrame
        One row, with columns perspective, form, scale.
    statistic : str
        Name of the statistic.

    Returns
    -------
    dict
        The row, with a note that says so.
    """
    named = columns[["perspective", "form", "scale"]].iloc[0]
    return {str(key): value for key, value in named.items()} | {"statistic": statistic, "note": ONLY_ONE}


def smallest_n(n: int | pd.DataFrame, names: list[str]) -> int:
    """Find the smallest number of people behind any two of some scores.

    Parameters
    ----------
    n : int or pandas.DataFrame
        One number for all, or a frame score x score.
    names : list of str
        The scores.

    Returns
    -------
    int
        The smallest n.
    """
    if not isinstance(n, pd.DataFrame):
        return int(n)
    values = n.loc[names, names].to_numpy()
    return int(values[~np.eye(len(names), dtype=bool)].min())
