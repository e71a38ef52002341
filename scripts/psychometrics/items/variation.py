"""Items that do not vary enough to be analysed with others, and items that only repeat another."""

from itertools import combinations

import numpy as np
import pandas as pd

# With two answers outside one category one resample of the people in eight has none of them, (1 - 2/n)^n being .13,
# with one answer three in eight; and the item correlates with the others as those two people happen to answer.
FEWEST_OUTSIDE = 3
FEWEST_ITEMS = 2
AT_FIRST = 1000  # people who are looked at before all are


def items_without_variation(answers: pd.DataFrame) -> dict[str, str]:
    """Find the items that nobody answered, or to which all people but one or two gave the same answer.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing.

    Returns
    -------
    dict of str to str
        Item -> reason; the items in order.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 3, 4, 5], "b": [5, 5, 5, 4, 5], "c": [2, 2, 2, None, 2]})
    >>> items_without_variation(answers)
    {'b': 'all but 1 of 5 answers are the same', 'c': 'all answers are the same'}
    """
    found = {}
    for item in answers.columns:
        if _outside(answers[item].head(AT_FIRST))[1] >= FEWEST_OUTSIDE:
            continue
        n, outside = _outside(answers[item])
        if not n:
            found[item] = "no answers"
        elif not outside:
            found[item] = "all answers are the same"
        elif outside < FEWEST_OUTSIDE:
            found[item] = f"all but {outside} of {n} answers are the same"
    return found


def _outside(answers: pd.Series) -> tuple[int, int]:
    """How many answers there are, and how many outside the most frequent one."""
    counts = answers.value_counts()
    n = int(counts.sum())
    return n, n - int(counts.max()) if n else 0


def varying_items(answers: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, str]]:
    """Leave out the items that do not vary enough; all items stay where fewer than two would.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing.

    Returns
    -------
    answers : pandas.DataFrame
        The items that are left.
    left_out : dict of str to str
        Item -> reason.
    """
    found = items_without_variation(answers)
    if len(answers.columns) - len(found) < FEWEST_ITEMS:
        return answers, {}
    return answers.drop(columns=list(found)), found


def left_out_note(left_out: dict[str, str]) -> str:
    """Say which items an analysis does without.

    Parameters
    ----------
    left_out : dict of str to str
        Item -> reason.

    Returns
    -------
    str
        Empty where no item is left out.

    Examples
    --------
    >>> left_out_note({"i02": "all answers are the same", "i05": "all answers are the same", "i07": "no answers"})
    'without i02, i05 (all answers are the same) and i07 (no answers)'
    """
    by_reason: dict[str, list[str]] = {}
    for item, reason in left_out.items():
        by_reason.setdefault(reason, []).append(str(item))
    parts = [f"{', '.join(items)} ({reason})" for reason, items in by_reason.items()]
    return f"without {' and '.join(parts)}" if parts else ""


def repeated_items(answers: pd.DataFrame) -> list[tuple[str, str, bool, int]]:
    """Find pairs of items with the same answers from everybody, or with the same answers turned round.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing.

    Returns
    -------
    list of tuple
        Item, the first item before it with these answers, whether they are turned round, and how many people answered
        both; items that do not vary enough repeat nothing.

    Examples
    --------
    >>> answers = pd.DataFrame({"a": [1, 2, 5, 4, 3], "b": [1, 2, 5, 4, 3], "c": [5, 4, 1, 2, 3], "d": [1, 1, 2, 2, 3]})
    >>> repeated_items(answers)
    [('b', 'a', False, 5), ('c', 'a', True, 5)]
    """
    still = items_without_variation(answers)
    values = {str(item): answers[item].to_numpy(dtype=float, na_value=np.nan) for item in answers if item not in still}
    found: dict[str, tuple[str, str, bool, int]] = {}
    for one, two in combinations(values, 2):
        if {one, two} & set(found) or not _repeats(values[one][:AT_FIRST], values[two][:AT_FIRST]):
            continue
        a, b = values[one], values[two]
        both = np.isfinite(a) & np.isfinite(b)
        if _repeats(a, b) and not items_without_variation(pd.DataFrame({"a": a[both]})):
            found[two] = (two, one, bool((a[both] != b[both]).any()), int(both.sum()))
    return list(found.values())


def _repeats(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether the answers of those who gave both are the same, or add up to the same."""
    both = np.isfinite(a) & np.isfinite(b)
    a, b = a[both], b[both]
    return not len(a) or bool((a == b).all()) or bool(np.ptp(a + b) == 0)
