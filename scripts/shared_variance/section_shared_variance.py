"""The section on shared variance: how much the measures have in common, and what it is made of."""

import numpy as np
import pandas as pd

from pipeline.report.blocks import Block, Listing, Note, Sentences, under
from pipeline.report.results import Results
from shared_variance import shown_tables as shown
from shared_variance.sentences import association_paragraphs

PARAGRAPHS = ("shared_variance", "correlations", "variance_split", "canonical", "commonality")
MOST_IN_BRIEF = 3  # pairs on the first screen


def section(results: Results) -> list[Block]:
    """Paragraphs to paste, figures, canonical correlations, and what the instruments explain of an outcome."""
    dataset, labels = results.dataset, results.labels
    claim = results.file("claims")["shared_variance"]
    paragraphs = association_paragraphs(
        {name: results.table(name) for name in PARAGRAPHS} | {"course": results.table("association_sessions")},
        dataset.forms,
        claim={"below": claim["below"], "typical": claim["typical"]},
        occasion="" if dataset.is_matrix else results.occasion,
        simulated=dataset.simulated,
        variables=results.variables,
    )
    split, overlap = results.figure("variance_split"), results.figure("overlap")
    blocks: list[Block] = [
        Sentences(paragraphs, file="shared_variance/paragraph.txt"),
        Note("The same text to paste: shared_variance/paragraph.txt."),
        *results.figure("shared_variance"),
        *under("What each total is made of", *(split if not dataset.is_matrix else [])),
        *(overlap if not dataset.is_matrix or not dataset.has_items else []),
        *under("Scales of two instruments together", shown.canonical_table(results.table("canonical"), labels)),
    ]
    explained = shown.commonality_table(results.table("commonality"), labels | results.variables)
    if not explained.rows and "outcome" not in {part["role"] for part in dataset.variables.values()}:
        blocks.append(
            Note("What the measures explain of an outcome needs a variable of the clients with the role outcome.")
        )
    return blocks + under("What the instruments explain of an outcome", explained)


def brief(results: Results) -> list[Block]:
    """The first pairs in one sentence each."""
    sentences = shared_sentences(results.table("shared_variance"), results.labels)[:MOST_IN_BRIEF]
    return [Listing(sentences)] if sentences else []


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
