"""What in the quality of the answers needs a look: one finding a line, each with what to do about it."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import pandas as pd

from pipeline.report.numbers import number, with_interval
from pipeline.report.wording import words

SURE = 0.01  # p of Little's test
NOTEWORTHY = 0.2  # standardized difference; Cohen's "small"
MANY_WITHOUT = 0.2  # clients without a form who are worth a line
COPIES, TIMES, LEAST = 2, 5, 3  # pairs beyond so many times what is expected by chance
CARRIED = 0.02  # of the sessions that follow another
FLAGGED = 0.05  # people with two signs of carelessness
AT_AN_END = 0.5  # of the answers to an item
MOST_ITEMS = 0.5  # of a form at an end


def missing_findings(missing: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Say what about missing answers and forms a reader must know.

    Parameters
    ----------
    missing : pandas.DataFrame
        The table of what is missing, at the chosen occasion.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    list of str
        One sentence for each finding.
    """
    say, found = words("data"), []
    for where, rows in by_form(missing, labels):
        p = _estimate(rows, "mcar_p")
        if p < SURE:
            found.append(say.not_at_random(where, p))
        share = _estimate(rows, "form_missing_share")
        if share > MANY_WITHOUT:
            found.append(say.many_without_form(where, share))
        for row in rows[rows["statistic"] == "missing_icc_therapist"].to_dict("records"):
            if row["lower"] > 0:
                found.append(say.depends_on_therapist(where, row))
        for statistic, passage in (
            ("missing_difference", say.without_form_differ),
            ("score_difference_without_value", say.without_value_differ),
        ):
            for row in rows[rows["statistic"] == statistic].to_dict("records"):
                if abs(row["estimate"]) >= NOTEWORTHY and (row["lower"] > 0 or row["upper"] < 0):
                    found.append(passage(where, row["group"], with_interval(row, number), row["estimate"] > 0))
    return found


def careless_findings(careless: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Say which answers look copied, moved or careless.

    Parameters
    ----------
    careless : pandas.DataFrame
        The table of careless answers.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    list of str
        One sentence for each finding.
    """
    say, found = words("data"), []
    for where, rows in by_form(careless, labels):
        if (shifted := _estimate(rows, "shifted_rows")) > 0:
            found.append(say.shifted(where, int(shifted)))
        pairs, expected = _estimate(rows, "same_answers_pairs"), _estimate(rows, "same_answers_expected")
        if pairs >= LEAST and pairs > TIMES * expected + COPIES:
            found.append(say.copied(where, int(pairs), expected))
        carried, n = _estimate(rows, "carried_forward_count"), _estimate(rows, "carried_forward_count", "n")
        if carried >= LEAST and carried > CARRIED * n:
            found.append(say.carried(where, int(carried), int(n)))
        if (share := _estimate(rows, "two_flags_share")) > FLAGGED:
            found.append(say.careless(where, share))
    return found


def end_findings(quality: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Say of which forms most items are answered at the end of the range by most people.

    Parameters
    ----------
    quality : pandas.DataFrame
        The audit of the answers.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    list of str
        One sentence for each form and end.
    """
    say, found = words("data"), []
    for where, rows in by_form(quality, labels):
        for statistic, end in (("ceiling_share", "highest"), ("floor_share", "lowest")):
            shares = rows.loc[rows["statistic"] == statistic, "estimate"].dropna()
            many = int((shares > AT_AN_END).sum())
            if many > MOST_ITEMS * len(shares):
                found.append(say.at_an_end(where, many, len(shares), end))
    return found


def total_findings(totals: Iterable[dict], labels: Mapping[str, str], reverse: Mapping[str, list[int]]) -> list[str]:
    """Say which totals of the files do not match the items, or match them only without the key.

    Parameters
    ----------
    totals : iterable of dict
        What ingest found: form, perspective, file, column, scale, how, keyed, compared, differ.
    labels : mapping of str to str
        Name of a form -> its label.
    reverse : mapping of str to list of int
        Name of a form -> the items that the key reverses.

    Returns
    -------
    list of str
        One sentence for each finding.
    """
    say, found = words("data"), []
    for total in totals:
        where = {"form": labels[total["form"]], "perspective": total["perspective"], "item": None}
        if not total["keyed"]:
            found.append(say.total_without_key(where, total, reverse[total["form"]]))
        elif total["differ"]:
            found.append(say.total_differs(where, total))
    return found


def by_form(table: pd.DataFrame, labels: Mapping[str, str]) -> Iterator[tuple[dict, pd.DataFrame]]:
    """Go through a table form by form.

    Parameters
    ----------
    table : pandas.DataFrame
        With columns form and perspective.
    labels : mapping of str to str
        Name of a form -> its label.

    Yields
    ------
    where : dict
        Form, perspective and item, as the passages take them.
    rows : pandas.DataFrame
        Those of the form; nothing for a table without forms.
    """
    if "form" in table:
        for (form, perspective), rows in table.groupby(["form", "perspective"], sort=False):
            yield {"form": labels[str(form)], "perspective": perspective, "item": None}, rows


def _estimate(rows: pd.DataFrame, statistic: str, column: str = "estimate") -> float:
    """A number of the form as a whole; missing where there is none, so that no comparison holds."""
    of_form = rows["item"].isna() if "item" in rows else True
    values = rows.loc[(rows["statistic"] == statistic) & of_form, column]
    return float(values.iloc[0]) if len(values) else np.nan
