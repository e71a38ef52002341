"""The section on the content of the items: categories, agreement of the coders, and the published forms beside."""

import pandas as pd

from coding import shown_tables as shown
from pipeline.report.blocks import Block, Folded, Note, Sentences, paragraphs, under
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.content.agreement import ALL_FORMS

KAPPA = "cohen_kappa"
ALPHA = "krippendorff_alpha"
FEW_ITEMS = 40  # below it, intervals of agreement are wide enough to say so


def section(results: Results) -> list[Block]:
    """Tables and figure of the coded items; nothing where the data set has no codes."""
    if not results.has("code_tables"):
        return []
    labels, told = results.labels, words("coding")
    codes, agreement = results.table("code_tables"), results.table("coder_agreement")
    coders = int(agreement["coders"].max())
    forms = [labels[form] for form in labels if form in set(codes["form"])]
    facts = [] if coders < 2 else [told.agreement(agreement_facts(agreement)), few_items(agreement, labels)]
    return [
        Sentences([told.intro(forms, coders)]),
        *results.figure("coding"),
        shown.categories_table(codes, labels),
        *under("Agreement of the coders", Note(told.agreement_note()), shown.agreement_table(agreement, labels)),
        *paragraphs([*facts, confusion_sentence(results.table("category_confusion"))]),
        Folded(
            "Similarity to the published forms",
            [Note(told.similarity_note()), shown.similarity_table(results.table("published_similarity"), labels)],
        ),
    ]


def agreement_facts(agreement: pd.DataFrame) -> list[dict]:
    """Krippendorff's alpha of every facet over all forms, where there is one."""
    rows = agreement[(agreement["form"] == ALL_FORMS) & (agreement["statistic"] == ALPHA)]
    known = rows.dropna(subset="estimate").to_dict("records")
    return [{"name": row["group"], "row": row} for row in known]


def few_items(agreement: pd.DataFrame, labels: dict[str, str]) -> str:
    """The widest interval of kappa in a single short form; nothing where no form is short."""
    rows = agreement[(agreement["statistic"] == KAPPA) & (agreement["form"] != ALL_FORMS)]
    short = rows[rows["n"] < FEW_ITEMS].dropna(subset=["lower", "upper"])
    if short.empty:
        return ""
    row = short.loc[(short["upper"] - short["lower"]).idxmax()].to_dict()
    return words("coding").few_items(labels.get(row["form"], row["form"]), {"name": row["group"], "row": row})


def confusion_sentence(confusion: pd.DataFrame) -> str:
    """Of every facet the two categories that coders gave the same item most often; nothing without a disagreement."""
    rows = confusion[(confusion["form"] == ALL_FORMS) & (confusion["statistic"] == "coder_pairs_share")]
    if "category_2" not in rows:
        return ""
    apart = rows[(rows["category"] != rows["category_2"]) & (rows["estimate"] > 0)]
    if apart.empty:
        return ""
    largest = apart.loc[apart.groupby("group", sort=False)["estimate"].idxmax()].to_dict("records")
    facets = [
        {"name": row["group"], "first": row["category"], "second": row["category_2"], "share": row["estimate"]}
        for row in largest
    ]
    return words("coding").confused(facets)
