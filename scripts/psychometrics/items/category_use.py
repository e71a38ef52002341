"""How often each response category of each item was chosen."""

import numpy as np
import pandas as pd

MOST_CATEGORIES = 20
COLUMNS = ["item", "group", "statistic", "estimate", "n", "method", "note"]


def category_use(answers: pd.DataFrame, low: float, high: float) -> pd.DataFrame:
    """Compute the share of every response category among the answers to each item, as given.

    Parameters
    ----------
    answers : pandas.DataFrame
        Administrations x items, before keying.
    low : float
        Lower end of the response range.
    high : float
        Upper end of the response range.

    Returns
    -------
    pandas.DataFrame
        Tidy rows category_share: item, group (the category), statistic, estimate, n (answers to the item), method,
        note. The shares of an item add up to 1; a category that nobody chose has the share 0. A range of more than 20
        categories, or with answers between whole numbers, gives one row per item with the reason.

    Notes
    -----
    Agrees with response.freq of psych::alpha.

    Examples
    --------
    >>> answers = pd.DataFrame({"one": [1, 2, 2, 3], "two": [3, 3, 3, None]})
    >>> category_use(answers, 1, 3)[["item", "group", "estimate", "n"]]
      item group  estimate  n
    0  one     1      0.25  4
    1  one     2      0.50  4
    2  one     3      0.25  4
    3  two     1      0.00  3
    4  two     2      0.00  3
    5  two     3      1.00  3
    """
    rows = []
    for item in answers:
        given = answers[item].dropna().astype(float).to_numpy()
        row = {"item": item, "statistic": "category_share", "n": len(given), "method": "answers as given", "note": ""}
        reason = ""
        if not len(given):
            reason = "no answers"
        elif (given % 1 != 0).any():
            reason = "answers lie between whole numbers: there are no categories"
        elif high - low >= MOST_CATEGORIES:
            reason = f"more than {MOST_CATEGORIES} categories"
        if reason:
            rows.append(row | {"note": reason})
            continue
        for category in np.arange(low, high + 1):
            rows.append(row | {"group": f"{category:g}", "estimate": float((given == category).mean())})
    return pd.DataFrame(rows, columns=COLUMNS)
