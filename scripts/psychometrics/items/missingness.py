"""How many answers are missing: by item, by person, and in which patterns."""

import numpy as np
import pandas as pd

COLUMNS = ["item", "group", "statistic", "estimate", "n", "method", "note"]
FEWEST = 5  # people behind anything that describes a group
POOLED = "other patterns"
WITH_A_GAP = "of those with a missing answer"


def missing_answers(answers: pd.DataFrame, *, fewest: int = FEWEST) -> pd.DataFrame:
    """Describe the missing answers to one form in one session.

    Parameters
    ----------
    answers : pandas.DataFrame
        People x items, missing answers missing; people who returned the form.
    fewest : int, default 5
        Smallest number of people that a group is shown with.

    Returns
    -------
    pandas.DataFrame
        Tidy rows: item ("" for the form), group, statistic, estimate, n (people), method, note. `missing_share` of the
        form and of each item; `missing_count_share`, the share of the people with so many missing answers (group);
        `missing_pattern_share`, the share of those with a missing answer who left out exactly these items (group).
        Numbers and patterns of fewer people than `fewest` are pooled with their neighbours, or as "other patterns".

    Examples
    --------
    >>> answers = pd.DataFrame({"i01": [1, 2, 3, None, None, 2], "i02": [2, 2, 3, 1, 3, None]})
    >>> missing_answers(answers, fewest=2)[["item", "group", "statistic", "estimate", "n"]].round(2)
      item           group              statistic  estimate  n
    0                               missing_share      0.25  6
    1  i01                          missing_share      0.33  6
    2  i02                          missing_share      0.17  6
    3                    0    missing_count_share      0.50  6
    4                    1    missing_count_share      0.50  6
    5                  i01  missing_pattern_share      0.67  3
    6       other patterns  missing_pattern_share      0.33  3
    """
    missing = answers.isna().to_numpy()
    people = len(missing)
    if not people:
        row = ("", "", "missing_share", np.nan, 0, "", "nobody answered")
        return pd.DataFrame([row], columns=COLUMNS)
    rows = [("", "", "missing_share", missing.mean(), people, "", "")]
    for item, column in zip(answers.columns, missing.T, strict=True):
        rows.append((str(item), "", "missing_share", column.mean(), people, "", ""))
    for low, high, number in pooled_counts(missing.sum(axis=1), fewest):
        group = f"{low}" if low == high else f"{low} or more" if high is None else f"{low} to {high}"
        rows.append(("", group, "missing_count_share", number / people, people, "missing answers of a person", ""))
    leaving_out = int(missing.any(axis=1).sum())
    other = 0
    names = np.array([str(item) for item in answers.columns])
    # packed, a pattern of any number of items is a few bytes to sort by
    packed, numbers = np.unique(np.packbits(missing[missing.any(axis=1)], axis=1), axis=0, return_counts=True)
    patterns = np.unpackbits(packed, axis=1, count=missing.shape[1]).astype(bool)
    for place in np.argsort(-numbers, kind="stable"):
        if numbers[place] >= fewest:
            left_out = " ".join(names[patterns[place]]) if not patterns[place].all() else "all items"
            share = numbers[place] / leaving_out
            rows.append(("", left_out, "missing_pattern_share", share, leaving_out, WITH_A_GAP, ""))
        else:
            other += int(numbers[place])
    if other:
        method = f"{WITH_A_GAP}; patterns of fewer than {fewest} people"
        rows.append(("", POOLED, "missing_pattern_share", other / leaving_out, leaving_out, method, ""))
    return pd.DataFrame(rows, columns=COLUMNS)


def pooled_counts(values: np.ndarray, fewest: int = FEWEST) -> list[tuple[int, int | None, int]]:
    """Count how many people have which number, numbers of few people pooled with their neighbours.

    Parameters
    ----------
    values : numpy.ndarray of int
        A number per person, 0 or more.
    fewest : int, default 5
        Smallest number of people in a group.

    Returns
    -------
    list of tuple
        Lowest and highest number (None for "or more") of each group, and its people.

    Examples
    --------
    >>> pooled_counts(np.array([0] * 9 + [1] * 6 + [2, 3, 3, 4, 4, 9]))
    [(0, 0, 9), (1, 1, 6), (2, None, 6)]
    >>> pooled_counts(np.array([0] * 9 + [1, 2]))
    [(0, None, 11)]
    """
    counts = np.bincount(values)
    groups: list[list[int]] = []
    low, people = 0, 0
    for number, here in enumerate(counts):
        if not people:
            low = number
        people += int(here)
        if people >= fewest:
            groups.append([low, number, people])
            people = 0
    if people and groups:
        groups[-1][2] += people
        groups[-1][1] = len(counts) - 1
    elif people:
        groups.append([low, len(counts) - 1, people])
    last = groups[-1]
    several = last[0] != last[1]
    ended = [(low, high, people) for low, high, people in groups[:-1]]
    return [*ended, (last[0], None if several else last[1], last[2])]
