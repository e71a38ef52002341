"""The section on the data: who answered which forms, scale scores, quality of the answers."""

from collections.abc import Mapping

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.report.blocks import Block, Heading, Note, Sentences, Warning, folded, under
from pipeline.report.headlines import WRONG_KEY
from pipeline.report.results import Results
from pipeline.report.wording import words
from score import shown_tables as shown
from score.findings import by_form, careless_findings, end_findings, missing_findings, total_findings

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
    blocks: list[Block] = [shown.forms_table(dataset), *results.figure("flow")]
    if not dataset.has_items:
        blocks.append(Sentences([say.published_scores(dataset.people, dataset.of_persons)]))
    elif dataset.is_matrix:
        blocks.append(Sentences([say.published_matrix(dataset.people)]))
    if dataset.one_therapist:
        blocks.append(Sentences([say.one_therapist()]))
    blocks += [
        *under(
            say.heading("variables"),
            shown.variables_table(results.table("variables")),
            shown.groups_table(results.table("variables")),
            *results.figure("variables"),
            *([Sentences([say.over_sessions(list(dataset.over_sessions.values()))])] if dataset.over_sessions else []),
        ),
        *under(
            say.heading("files"), shown.files_table(dataset), shown.common_table(dataset), shown.anchors_table(dataset)
        ),
        Heading(say.heading("scales")),
        shown.scales_table(dataset.results_at_item_sessions(results.table("descriptives")), labels),
        *other_sessions(dataset),
        *folded(say.heading("answers"), results.figure("answers"), results.figure("totals")),
        Heading(say.heading("quality")),
        Sentences([say.no_quality(dataset.has_items)]) if dataset.is_matrix else shown.quality_table(quality, labels),
    ]
    if right := [total for total in dataset.totals if total["keyed"] and not total["differ"]]:
        blocks.append(Sentences([say.totals_match(right)]))
    remarks = quality_remarks(quality, labels)
    if not dataset.is_matrix:
        missing, careless = results.table("missing"), results.table("careless")
        blocks += [
            Heading(say.heading("missing")),
            Note(say.how_to_read_missing()),
            shown.missing_table(dataset.results_at_item_sessions(missing), labels),
            *under(say.heading("sessions"), shown.sessions_table(missing), level=4),
            *under(say.heading("who"), shown.who_table(missing, labels), level=4),
            Heading(say.heading("careless")),
            Note(say.how_to_read_careless()),
            shown.careless_table(careless, labels),
        ]
        remarks += missing_findings(results.at_occasion("missing"), labels)
        remarks += careless_findings(careless, labels) + end_findings(quality, labels)
        remarks += total_findings(dataset.totals, labels, {form.name: form.reverse for form in dataset.forms})
    if remarks:
        blocks.append(Warning(say.heading("to check"), items=remarks))
    elif dataset.has_items:
        blocks.append(Sentences([say.nothing_to_check(dataset.is_matrix)]))
    return blocks


def other_sessions(dataset: Dataset) -> list[Block]:
    """Say which sessions the tables of a long course leave to the files."""
    others = [session for session in dataset.sessions if dataset.item_sessions and session not in dataset.item_sessions]
    return [Note(words("data").other_sessions(others))] if others else []


def brief(results: Results) -> list[Block]:
    """Say which keys look wrong.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        A warning, where there is a reason for one.
    """
    doubts = doubtful_keys(results.table("quality"), results.labels)
    return [Warning(words("data").heading("check first"), items=doubts)] if doubts else []


def doubtful_keys(quality: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """Say of which forms the key looks wrong, and how many items of the others run against their form.

    Parameters
    ----------
    quality : pandas.DataFrame
        The table of the audit.
    labels : dict
        Name of a form -> its label.

    Returns
    -------
    list of str
        One sentence for each of these forms.
    """
    say, found = words("data"), []
    for where, rows in by_form(quality, labels):
        against = [row for row in rows.to_dict("records") if runs_against(row)]
        whole = rows[(rows["statistic"] == "sign_audit") & (rows["estimate"] > WRONG_KEY)]
        if len(whole):
            found.append(say.form_against_its_key(where, without_mark(whole["note"].iloc[0])))
        elif against:
            found.append(say.items_against_their_form(where, len(against)))
    return found


def runs_against(row: Mapping) -> bool:
    """Whether a row of the audit is an item that runs against its form."""
    return row["statistic"] == "item_rest_r_keyed" and "revers" in row["note"] and pd.notna(row["estimate"])


def without_mark(note: str) -> str:
    """A note without the remark on a provisional key."""
    return note.split("; provisional")[0]


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
        note = without_mark(row["note"])
        if runs_against(row):
            remarks.append(say.item_against_its_form(where, note, row["estimate"]))
        elif row["statistic"] == "sign_audit" and row["estimate"] > WRONG_KEY:
            remarks.append(say.form_against_its_key(where, note))
        elif row["statistic"] == "left_out":
            remarks.append(say.left_out(where, note))
        elif row["statistic"] == "repeats_item":
            remarks.append(say.repeats_item(where, note))
        elif row["statistic"] == "missing_share" and item and row["estimate"] > LOW_COMPLETENESS:
            remarks.append(say.often_left_out(where, row["estimate"]))
    return remarks
