"""Categories that one group, occasion or perspective does not use are merged in all of them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from psychometrics.not_computable import NotComputable

RULE = "merged with the next category towards the item's median, in all alike"


def merge_unused(
    answers: Mapping[str, pd.DataFrame], least: int = 1
) -> tuple[dict[str, pd.DataFrame], dict[str, pd.Series], dict[str, str]]:
    """Merge categories until every one is used in every unit.

    Parameters
    ----------
    answers : mapping of str to pandas.DataFrame
        Unit -> people x items, the same items in all.
    least : int, default 1
        How many people of a unit have to give an answer for it to be a category of its own.

    Returns
    -------
    codes : dict of str to pandas.DataFrame
        The same with categories numbered from 1, missing answers missing.
    points : dict of str to pandas.Series
        Item -> mean of the answers in each category, over all units: what a category is worth in a score.
    notes : dict of str to str
        Item -> what was merged; without the items in which nothing was.

    Raises
    ------
    NotComputable
        An item of which one category is left.

    Notes
    -----
    The rule: the outermost category that fewer than `least` people of any unit use is merged with its neighbour towards
    the item's median over all units, in all units alike; this is repeated until none is left.

    Examples
    --------
    >>> one = pd.DataFrame({"i1": [1, 2, 3, 4]})
    >>> other = pd.DataFrame({"i1": [2, 3, 4, 4]})
    >>> codes, points, notes = merge_unused({"client": one, "therapist": other})
    >>> codes["client"]["i1"].tolist(), points["i1"].round(2).tolist(), notes
    ([1, 1, 2, 3], [1.67, 3.0, 4.0], {'i1': '1 with 2'})
    """
    items = list(next(iter(answers.values())).columns)
    codes: dict[str, dict[str, pd.Series]] = {unit: {} for unit in answers}
    points: dict[str, pd.Series] = {}
    notes: dict[str, str] = {}
    for item in items:
        columns = {unit: frame[item].astype("Float64").astype(float) for unit, frame in answers.items()}
        groups = _groups(columns, least)
        if len(groups) < 2:
            raise NotComputable(f"{item}: no two answers are used by {least} or more people in each of {_all(answers)}")
        number = {value: place + 1 for place, group in enumerate(groups) for value in group}
        whole = np.concatenate([column.dropna().to_numpy() for column in columns.values()])
        category = np.array([number[value] for value in whole.tolist()])
        points[item] = pd.Series([whole[category == place + 1].mean() for place in range(len(groups))])
        merged = [group for group in groups if len(group) > 1]
        if merged:
            notes[item] = "; ".join(" with ".join(f"{value:g}" for value in group) for group in merged)
        for unit, column in columns.items():
            codes[unit][item] = column.map(number)
    frames = {unit: pd.DataFrame(columns, index=answers[unit].index) for unit, columns in codes.items()}
    return frames, points, notes


def _all(answers: Mapping[str, pd.DataFrame]) -> str:
    names = [str(unit) for unit in answers]
    return ", ".join(names[:-1]) + " and " + names[-1]


def _groups(columns: Mapping[str, pd.Series], least: int) -> list[tuple[float, ...]]:
    """Values that form one category each."""
    whole = pd.concat(columns.values()).dropna().to_numpy()
    values = np.unique(whole)
    counts = np.array([(column.to_numpy()[:, None] == values).sum(axis=0) for column in columns.values()])
    groups: list[tuple[float, ...]] = [(float(value),) for value in values]
    middle = np.median(whole) if len(whole) else 0.0
    while len(groups) > 1:
        rare = np.flatnonzero((counts < least).any(axis=0))
        if not len(rare):
            break
        # the outermost first, so that a tail nobody uses becomes one category
        place = int(max(rare, key=lambda number: (abs(np.mean(groups[number]) - middle), -number)))
        inwards = 1 if np.mean(groups[place]) < middle else -1
        other = place + inwards if 0 <= place + inwards < len(groups) else place - inwards
        low, high = sorted((place, other))
        groups[low : high + 1] = [groups[low] + groups[high]]
        counts = np.column_stack([counts[:, :low], counts[:, low] + counts[:, high], counts[:, high + 1 :]])
    return groups
