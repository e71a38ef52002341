"""The section on shared variance: how much the measures have in common, and what it is made of."""

from collections.abc import Mapping

import pandas as pd

from pipeline.report.blocks import Block, Listing, Note, Sentences, under
from pipeline.report.results import Results
from pipeline.report.wording import listed, words
from shared_variance import shown_tables as shown
from shared_variance.facts import Claim
from shared_variance.paragraphs import paragraphs_to_paste

TOLD = (
    "shared_variance",
    "correlations",
    "variance_split",
    "association_sessions",
    "canonical",
    "commonality",
)
TEXT = "shared_variance/paragraph.txt"
MOST_IN_BRIEF = 3  # pairs on the first screen


def section(results: Results) -> list[Block]:
    """Show paragraphs to paste, figures, canonical correlations, and what the instruments explain of an outcome.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say, dataset, labels = words("shared_variance"), results.dataset, results.labels
    claim = results.file("claims")["shared_variance"]
    paragraphs = paragraphs_to_paste(
        {name: results.table(name) for name in TOLD},
        dataset.forms,
        claim=Claim(claim["below"], claim["typical"]),
        occasion="" if dataset.is_matrix else results.occasion,
        simulated=dataset.simulated,
        variables=results.variables,
    )
    split, overlap = results.figure("variance_split"), results.figure("overlap")
    blocks: list[Block] = [
        Sentences(paragraphs, file=TEXT),
        Note(say.where_the_text_is(TEXT)),
        *results.figure("shared_variance"),
        *under(say.heading("parts"), *(split if not dataset.is_matrix else [])),
        *(overlap if not dataset.is_matrix or not dataset.has_items else []),
        *under(say.heading("scales"), shown.canonical_table(results.table("canonical"), labels)),
    ]
    explained = shown.commonality_table(results.table("commonality"), labels | results.variables)
    if not explained.rows and "outcome" not in {part["role"] for part in dataset.variables.values()}:
        blocks.append(Note(say.no_outcome()))
    return blocks + under(say.heading("outcomes"), explained)


def brief(results: Results) -> list[Block]:
    """Say the first pairs in one sentence each.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        One listing, or nothing.
    """
    sentences = shared_sentences(results.table("shared_variance"), results.labels)[:MOST_IN_BRIEF]
    return [Listing(sentences)] if sentences else []


def shared_sentences(shared: pd.DataFrame, labels: Mapping[str, str]) -> list[str]:
    """Give the sentence of every pair; the reason where there is none, or where nothing is known of a pair.

    Parameters
    ----------
    shared : pandas.DataFrame
        The table of shared variance; the note of a share that is known is its sentence.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    list of str
        In the order of the table.
    """
    sentences = []
    for row in shared[shared["statistic"] == "r2"].to_dict("records"):
        if pd.notna(row["estimate"]):
            sentences.append(row["note"])
            continue
        pair = ""
        if pd.notna(row.get("form")):
            names = dict.fromkeys([labels[row["form"]], labels[row["form_2"]]])
            pair = f"{listed(names)} ({listed(dict.fromkeys([row['perspective'], row['perspective_2']]))})"
        sentences.append(words("shared_variance").unknown_in_brief(pair, row["note"].removesuffix(".")))
    return [sentence for sentence in sentences if sentence]
