"""Quality of the raw answers to one form: missing answers, use of the range, careless patterns, signs of a wrong key.

Everything here is a count, a share or a correlation over administrations: no row of answers can be read off it.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from psychometrics.items.careless_indices import longest_runs
from psychometrics.items.missingness import FEWEST
from psychometrics.items.scoring import reverse_key
from psychometrics.items.value_distribution import fifth_from_the_ends
from psychometrics.items.variation import repeated_items, varying_items
from psychometrics.resampling.formula_intervals import check_level, fisher_interval

COLUMNS = ["item", "statistic", "estimate", "lower", "upper", "level", "n", "method", "note"]


def answer_quality(
    answers: pd.DataFrame, *, low: float, high: float, reverse: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """Audit the raw answers to one form.

    Parameters
    ----------
    answers : pandas.DataFrame
        Administrations x items, raw (before keying).
    low : float
        Lower end of the response range.
    high : float
        Upper end of the response range.
    reverse : sequence of str
        Names of the items that the key reverses.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: item ("" for the form), statistic, estimate, lower, upper, level, n, method, note.
        Per item: missing_share, mean, sd, fifth_lowest and fifth_highest (in place of the minimum and maximum, so that
        no single person shows), floor_share, ceiling_share, categories_used, item_rest_r_keyed; left_out where it does
        not vary enough for analyses of items, repeats_item where it repeats the answers to an item before it (see
        :mod:`psychometrics.items.variation`). Per form: n, complete_share,
        missing_answers_mean, missing_answers_fifth_highest, duplicate_answer_rows, straight_lining_share,
        longest_run_share_mean, longest_run_share_fifth_highest, sign_audit.

    Notes
    -----
    Longest run of identical answers (long string): Johnson (2005), J. Res. Pers. 39; Meade & Craig (2012),
    Psychol. Methods 17, 437-455. Signs of the key: see :func:`audit_signs`.

    Examples
    --------
    >>> from psychometrics import answer_quality, example_answers
    >>> answers = example_answers().filter(like="haq_")
    >>> rows = answer_quality(answers, low=1, high=6, reverse=[])
    >>> rows[rows["item"] == "haq_01"][["statistic", "estimate", "n"]].round(2)
                statistic  estimate    n
    8       missing_share      0.04  200
    9                mean      4.92  193
    10                 sd      1.18  193
    11       fifth_lowest      2.00  193
    12      fifth_highest      6.00  193
    13        floor_share      0.01  193
    14      ceiling_share      0.40  193
    15    categories_used      6.00  193
    72  item_rest_r_keyed      0.57  193
    >>> rows[rows["item"] == ""][["statistic", "estimate", "n"]].round(2).head(3)
                  statistic  estimate    n
    0                     n    200.00  200
    1        complete_share      0.75  200
    2  missing_answers_mean      0.28  200
    """
    values = answers.to_numpy(dtype=float, na_value=np.nan)
    rows = _form_rows(values, reverse)
    for j, item in enumerate(answers.columns):
        rows += _item_rows(item, values[:, j], low, high)
    signs = audit_signs(reverse_key(answers, reverse, low, high), reverse=reverse, level=level)
    odd = pd.DataFrame([*_left_out_rows(answers), *_repeated_rows(answers)], columns=COLUMNS)
    parts = [pd.DataFrame(rows, columns=COLUMNS), signs, odd]
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def audit_signs(keyed: pd.DataFrame, *, reverse: Sequence[str], level: float = 0.95) -> pd.DataFrame:
    """Check whether each keyed item correlates positively with the rest of the form.

    An item is correlated with the mean of the *other items that the key does not reverse*, answered by at least half.
    They are the anchor because a form may reverse half of its items: were the answers reversed already, reversing them
    again would cancel the rest score over all items, and no single item would stand out. Where fewer than two such
    items exist, all other items are the rest.

    Parameters
    ----------
    keyed : pandas.DataFrame
        Administrations x items, after keying.
    reverse : sequence of str
        Names of the items that the key reverses.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows: item_rest_r_keyed per item, with a note where the interval lies below zero; and one row sign_audit,
        the share of the reversed items whose interval lies below zero, with a note where that is most of them.
    """
    # one row per item, so that sums over items run through the memory in order
    values = np.stack([keyed[item].to_numpy(dtype=float, na_value=np.nan) for item in keyed.columns])
    given = np.isfinite(values)
    filled = np.where(given, values, 0.0)
    found = []
    for j, rest in enumerate(_anchors(list(keyed.columns), reverse)):
        answered, total = np.zeros(len(keyed), dtype=np.int32), np.zeros(len(keyed))
        for other in rest:
            answered += given[other]
            total += filled[other]
        enough = given[j] & (answered >= max(1, len(rest) / 2))
        item, score = values[j, enough], total[enough] / answered[enough]
        varies = len(item) > 2 and np.ptp(item) > 0 and np.ptp(score) > 0
        found.append((np.corrcoef(item, score)[0, 1] if varies else np.nan, len(item)))
    r, n = map(np.array, zip(*found, strict=True))
    return _sign_rows(list(keyed.columns), r, n, len(keyed), reverse, level)


def audit_signs_from_matrix(
    correlation: pd.DataFrame, n: int, *, reverse: Sequence[str], level: float = 0.95
) -> pd.DataFrame:
    """Audit the signs when the data are a correlation matrix; the rest is a sum of standardized items.

    Otherwise as :func:`audit_signs`.

    Parameters
    ----------
    correlation : pandas.DataFrame
        Correlations, item x item, after keying.
    n : int
        Number of people behind the matrix.
    reverse : sequence of str
        Names of the items that the key reverses.
    level : float, default 0.95
        Coverage of the intervals, in (0, 1).

    Returns
    -------
    pandas.DataFrame
        Tidy rows as of :func:`audit_signs`.
    """
    matrix = correlation.to_numpy(dtype=float)
    items = list(correlation.columns)
    r = np.full(len(items), np.nan)
    for j, rest in enumerate(_anchors(items, reverse)):
        variance = matrix[np.ix_(rest, rest)].sum()
        if variance > 0:
            r[j] = matrix[j, rest].sum() / np.sqrt(variance)
    return _sign_rows(items, r, np.full(len(items), n), n, reverse, level)


def _anchors(items: list[str], reverse: Sequence[str]) -> list[list[int]]:
    """Positions of the items that each item is compared with."""
    everyone = [[i for i in range(len(items)) if i != j] for j in range(len(items))]
    kept = [[i for i in rest if items[i] not in reverse] for rest in everyone]
    return [anchor if len(anchor) >= 2 else rest for anchor, rest in zip(kept, everyone, strict=True)]


def _sign_rows(
    items: list[str], r: np.ndarray, n: np.ndarray, size: int, reverse: Sequence[str], level: float
) -> pd.DataFrame:
    check_level(level)
    lower, upper = fisher_interval(r, n, level)
    negative = upper < 0
    rows = []
    for j, item in enumerate(items):
        if np.isnan(r[j]):
            note = "the item or the rest of the form does not vary, or too few people answered"
        elif not negative[j]:
            note = ""
        elif item in reverse:
            note = "looks reversed already in the data, or not in need of reversing"
        else:
            note = "runs against the other items although the key does not reverse it"
        rows.append(
            {
                "item": item,
                "statistic": "item_rest_r_keyed",
                "estimate": r[j],
                "lower": lower[j],
                "upper": upper[j],
                "level": level,
                "n": n[j],
                "method": "rest: items the key does not reverse",
                "note": note,
            }
        )
    turned = np.array([item in reverse for item in items])
    share = negative[turned].mean() if turned.any() else np.nan
    note = "the key reverses no item" if not turned.any() else ""
    if share > 0.5:
        note = "the reverse-keyed items look already reversed in the data: declare reverse: []"
    rows.append(
        {
            "item": "",
            "statistic": "sign_audit",
            "estimate": share,
            "n": size,
            "method": "share of the reversed items that run against the items not reversed",
            "note": note,
        }
    )
    return pd.DataFrame(rows, columns=COLUMNS)


def _form_rows(values: np.ndarray, reverse: Sequence[str]) -> list[dict[str, object]]:
    n, k = values.shape
    answered = np.isfinite(values)
    complete = values[answered.all(axis=1)]
    straight = (complete == complete[:, :1]).all(axis=1) if len(complete) else np.zeros(0, bool)
    varied = complete[~straight]
    repeated = len(varied) - len(np.unique(varied, axis=0))
    runs = longest_runs(values) / k
    missing = (~answered).sum(axis=1)

    def row(statistic: str, estimate: float, size: int = n, method: str = "", note: str = "") -> dict[str, object]:
        return {"item": "", "statistic": statistic, "estimate": estimate, "n": size, "method": method, "note": note}

    run = "longest run of one raw answer over the number of items"
    empty = "" if n else "no administration"
    few = empty or ("" if n >= 2 * FEWEST else f"fewer than {2 * FEWEST} administrations")
    none = "" if len(complete) else "no administration is complete"
    sincere = "" if len(reverse) else "not judged: without reversed items the same answer throughout can be meant"
    return [
        row("n", n),
        row("complete_share", len(complete) / n if n else np.nan, note=empty),
        row("missing_answers_mean", missing.mean() if n else np.nan, note=empty),
        row("missing_answers_fifth_highest", fifth_from_the_ends(missing.astype(float))[1], note=few),
        row("duplicate_answer_rows", repeated, len(complete), "complete patterns, not all alike, that occurred before"),
        row(
            "straight_lining_share",
            straight.mean() if len(complete) and not sincere else np.nan,
            len(complete),
            "one raw answer to every item, complete administrations",
            sincere or none,
        ),
        row("longest_run_share_mean", runs.mean() if n else np.nan, n, run, empty),
        row("longest_run_share_fifth_highest", fifth_from_the_ends(runs)[1], n, run, few),
    ]


def _left_out_rows(answers: pd.DataFrame) -> list[dict[str, object]]:
    return [
        {"item": item, "statistic": "left_out", "n": int(answers[item].notna().sum()), "method": "", "note": reason}
        for item, reason in varying_items(answers)[1].items()
    ]


def _repeated_rows(answers: pd.DataFrame) -> list[dict[str, object]]:
    method = "compared with every item before it, people who answered both"
    return [
        {
            "item": item,
            "statistic": "repeats_item",
            "estimate": float(list(answers.columns).index(other) + 1),
            "n": n,
            "method": method,
            "note": f"the answers to {other} turned round" if turned else f"the same answers as to {other}",
        }
        for item, other, turned, n in repeated_items(answers)
    ]


def _item_rows(item: str, column: np.ndarray, low: float, high: float) -> list[dict[str, object]]:
    known = column[np.isfinite(column)]
    n, size = len(known), len(column)
    lowest, highest = fifth_from_the_ends(known)
    estimates = {
        "mean": known.mean() if n >= FEWEST else np.nan,
        "sd": known.std(ddof=1) if n >= FEWEST else np.nan,
        "fifth_lowest": lowest,
        "fifth_highest": highest,
        "floor_share": (known == low).mean() if n >= FEWEST else np.nan,
        "ceiling_share": (known == high).mean() if n >= FEWEST else np.nan,
        "categories_used": len(np.unique(known)),
    }
    rows = [
        {
            "item": item,
            "statistic": "missing_share",
            "estimate": 1 - n / size if size else np.nan,
            "n": size,
            "method": "",
            "note": "" if size else "no administration",
        }
    ]
    for statistic, estimate in estimates.items():
        few = f"fewer than {FEWEST if n < FEWEST else 2 * FEWEST} answers" if n else "no answer"
        note = "" if np.isfinite(estimate) else few
        rows.append({"item": item, "statistic": statistic, "estimate": estimate, "n": n, "method": "", "note": note})
    return rows
