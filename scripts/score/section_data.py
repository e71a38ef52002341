"""The section on the data: who answered which forms, scale scores, quality of the answers."""

import pandas as pd

from pipeline.report.blocks import Block, Heading, Listing, Sentences, Warning
from pipeline.report.numbers import coefficient, percent
from pipeline.report.results import Results
from score import shown_tables as shown

LOW_COMPLETENESS = 0.10  # share of missing answers in one item above which the reader is told


def quality_remarks(quality: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """Findings of the audit that need a look: signs of a wrong key, items that many left out."""
    remarks = []
    for row in quality.to_dict("records"):
        place = f"{labels[row['form']]}, {row['perspective']}"
        item = "" if pd.isna(row["item"]) else f", item {int(row['item'][1:])}"
        note = row["note"].split("; provisional")[0]
        if row["statistic"] == "item_rest_r_keyed" and "revers" in note and pd.notna(row["estimate"]):
            remarks.append(f"{place}{item}: {note} (r = {coefficient(row['estimate'])}).")
        elif row["statistic"] == "sign_audit" and row["estimate"] > 0.5:
            remarks.append(f"{place}: {note}.")
        elif row["statistic"] == "missing_share" and item and row["estimate"] > LOW_COMPLETENESS:
            remarks.append(f"{place}{item}: {percent(row['estimate'])} of the answers are missing.")
    return remarks


def section(results: Results) -> list[Block]:
    """Forms, scale scores, quality of the answers, and what to check."""
    dataset, labels = results.dataset, results.labels
    blocks: list[Block] = [shown.forms_table(dataset)]
    if not dataset.has_items:
        blocks.append(
            Sentences(
                [
                    "There are neither answers nor items, only published correlations of the scale scores of at most "
                    f"{dataset.people} people. Reliabilities, means and SDs are those that were published. The quality "
                    "of the answers, factor analysis, what each total is made of, and the content of the items need "
                    "item answers or an item correlation matrix."
                ]
            )
        )
    elif dataset.is_matrix:
        blocks.append(
            Sentences(
                [
                    f"There are no raw answers, only a published correlation matrix of {dataset.people} people: "
                    "analyses that need answers say so."
                ]
            )
        )
    blocks += [
        Heading("Scale scores"),
        shown.scales_table(results.table("descriptives"), labels),
        Heading("Quality of the answers"),
    ]
    if not dataset.has_items:
        blocks.append(Sentences(["Needs item answers or an item correlation matrix."]))
    elif dataset.is_matrix:
        blocks.append(
            Sentences(["A matrix shows nothing about single answers; only the signs of the items can be judged."])
        )
    else:
        blocks.append(shown.quality_table(results.table("quality"), labels))
    remarks = quality_remarks(results.table("quality"), labels)
    if remarks:
        blocks.append(Warning("To check", items=remarks))
    elif dataset.has_items:
        blocks.append(
            Sentences(
                [
                    "No item runs against its form."
                    if dataset.is_matrix
                    else "No item runs against its form, no form looks reversed twice, and no item was left out by "
                    "more than a tenth."
                ]
            )
        )
    return blocks


def brief(results: Results) -> list[Block]:
    """Who answered."""
    dataset = results.dataset
    forms = ", ".join(f"{form.label} ({form.perspective})" for form in dataset.forms)
    return [Listing([f"{dataset.people} people answered; forms: {forms}."])]
