"""What the numbers say, in sentences that a reader can check against the tables."""

import numpy as np
import pandas as pd

from pipeline.report.tables import coefficient, percent

LOW_COMPLETENESS = 0.10  # share of missing answers in one item above which the reader is told


def brief(dataset, frame: dict[str, pd.DataFrame], common: dict[str, list[str]]) -> list[str]:
    """The findings on top of the report, one sentence each; `common` holds the sentences on the common factor."""
    sentences = []
    forms = ", ".join(f"{form.label} ({form.perspective})" for form in dataset.forms)
    sentences.append(f"{dataset.people} people answered; forms: {forms}.")
    alphas = frame["reliability"]
    totals = alphas[(alphas["statistic"] == "alpha") & (alphas["scale"] == "total")].dropna(subset="estimate")
    if len(totals):
        low, high = totals["estimate"].min(), totals["estimate"].max()
        sentences.append(
            f"Alpha of the total scores: {coefficient(low)} to {coefficient(high)}."
            if low < high
            else f"Alpha of the total score: {coefficient(low)}."
        )
    sentences += shared_sentences(frame["shared_variance"], {form.name: form.label for form in dataset.forms})[:3]
    return sentences + [found[0] for found in common.values()]


def shared_sentences(shared: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """The sentence of every pair; the reason where there is none, or where nothing is known of a pair."""
    sentences = []
    for row in shared[shared["statistic"] == "r2"].to_dict("records"):
        note = row["note"]
        if pd.isna(row["estimate"]) and pd.notna(row.get("form", np.nan)):
            who = " and ".join(dict.fromkeys([row["perspective"], row["perspective_2"]]))
            names = " and ".join(dict.fromkeys([labels[row["form"]], labels[row["form_2"]]]))
            note = f"{names} ({who}): {note}"
        if note:
            sentences.append(note if note.endswith(".") else f"{note[0].upper()}{note[1:]}.")
    return sentences


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


def retention_sentence(retention: pd.DataFrame, about: dict) -> str:
    """How many factors, and who decided."""
    row = retention[retention["statistic"] == "factors_extracted"].iloc[0]
    k = int(row["estimate"])
    return (
        f"{k} {'factor was' if k == 1 else 'factors were'} extracted ({row['method']}) from the {about['method']} "
        f"correlations of the items, n = {about['n_total']}, missing answers {about['missing']}."
    )


def common_factor_sentences(common: pd.DataFrame, perspective: str, markers: list[str]) -> list[str]:
    """Which factor the instruments share, how it was chosen, how sure that is, and what it goes with."""
    row = common[common["statistic"] == "common_factor"].iloc[0]
    if pd.isna(row.get("factor", np.nan)):
        return [f"No common factor ({perspective}): {row['note']}."]
    factor = row["factor"]
    own = common[common["factor"] == factor]
    breadth = own.loc[own["statistic"] == "breadth", "estimate"].iloc[0]
    share = own.loc[own["statistic"] == "share_of_common_variance", "estimate"].iloc[0]
    parts = own[own["statistic"] == "salient_share"]
    made_of = ", ".join(
        f"{percent(part['estimate'])} of the {part['group']} items" for part in parts.to_dict("records")
    )
    chosen = "named by the markers in config.yaml" if markers else "the largest breadth"
    sentences = [
        f"The factor that the instruments share ({perspective}) is {factor} ({chosen}; breadth "
        f"{coefficient(breadth)}, where 1 means that all instruments contribute alike); it holds {percent(share)} of "
        f"the common variance and is marked by {made_of}."
    ]
    if pd.notna(row["estimate"]):
        sentences.append(f"{percent(row['estimate'])} of the resamples pick the same factor.")
    for outcome in own[own["statistic"] == "r_outcome_general_removed"].to_dict("records"):
        if pd.notna(outcome["estimate"]):
            sentences.append(
                f"With the general factor removed, its score correlates {coefficient(outcome['estimate'])} "
                f"[{coefficient(outcome['lower'])}, {coefficient(outcome['upper'])}] with {outcome['group']} "
                "(Hatcher and Barends 1996 found .37 for Confident Collaboration and improvement)."
            )
    return sentences
