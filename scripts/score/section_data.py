"""The section on the data: who answered which forms, scale scores, quality of the answers."""

import pandas as pd

from pipeline.report.blocks import Block, Heading, Listing, Sentences, Warning
from pipeline.report.results import Results
from pipeline.report.wording import words
from score import shown_tables as shown

LOW_COMPLETENESS = 0.10  # share of missing answers in one item above which the reader is told


def section(results: Results) -> list[Block]:
    """Show forms, scale scores, quality of the answers, and what to check.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say, dataset, labels = words("data"), results.dataset, results.labels
    quality = results.table("quality")
    blocks: list[Block] = [shown.forms_table(dataset)]
    if not dataset.has_items:
        blocks.append(Sentences([say.published_scores(dataset.people)]))
    elif dataset.is_matrix:
        blocks.append(Sentences([say.published_matrix(dataset.people)]))
    blocks += [
        Heading(say.heading("scales")),
        shown.scales_table(results.table("descriptives"), labels),
        Heading(say.heading("quality")),
        Sentences([say.no_quality(dataset.has_items)]) if dataset.is_matrix else shown.quality_table(quality, labels),
    ]
    remarks = quality_remarks(quality, labels)
    if remarks:
        blocks.append(Warning(say.heading("to check"), items=remarks))
    elif dataset.has_items:
        blocks.append(Sentences([say.nothing_to_check(dataset.is_matrix)]))
    return blocks


def brief(results: Results) -> list[Block]:
    """Say who answered.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        One listing.
    """
    return [Listing([words("data").brief(results.dataset.people, results.dataset.forms)])]


def quality_remarks(quality: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """Find what needs a look in the audit of the answers: signs of a wrong key, items that many left out.

    Parameters
    ----------
    quality : pandas.DataFrame
        The table of the audit.
    labels : dict
        Name of a form -> its label.

    Returns
    -------
    list of str
        One sentence for each finding, in the order of the rows.
    """
    say, remarks = words("data"), []
    for row in quality.to_dict("records"):
        item = None if pd.isna(row["item"]) else int(row["item"][1:])
        where = {"form": labels[row["form"]], "perspective": row["perspective"], "item": item}
        note = row["note"].split("; provisional")[0]
        if row["statistic"] == "item_rest_r_keyed" and "revers" in note and pd.notna(row["estimate"]):
            remarks.append(say.item_against_its_form(where, note, row["estimate"]))
        elif row["statistic"] == "sign_audit" and row["estimate"] > 0.5:
            remarks.append(say.form_against_its_key(where, note))
        elif row["statistic"] == "missing_share" and item and row["estimate"] > LOW_COMPLETENESS:
            remarks.append(say.often_left_out(where, row["estimate"]))
    return remarks
