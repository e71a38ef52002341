"""The section on shared variance: how much the measures have in common, and what it is made of."""

from collections.abc import Mapping

import pandas as pd

from pipeline.report.blocks import Block, Listing, Note, Sentences, under
from pipeline.report.headlines import Headlines, Held
from pipeline.report.numbers import percent
from pipeline.report.results import Results
from pipeline.report.wording import listed, words
from shared_variance import shown_tables as shown
from shared_variance.facts import Claim, Row, name_of_score
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
        occasion=results.occasion if dataset.has_people else "",
        simulated=dataset.simulated,
        variables=results.variables,
        wrong_keys=Headlines.of(results).wrong_keys,
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


def brief(results: Results) -> list[Block | Held]:
    """Say the first pairs in one sentence each.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block or Held
        One listing, or nothing; and what is held back.
    """
    sentences, held = shared_sentences(results.table("shared_variance"), Headlines.of(results))
    return [*([Listing(sentences[:MOST_IN_BRIEF])] if sentences else []), *held]


def shared_sentences(shared: pd.DataFrame, decide: Headlines) -> tuple[list[str], list[Held]]:
    """Give the sentence of every pair; the reason where there is none, or where nothing is known of a pair.

    Parameters
    ----------
    shared : pandas.DataFrame
        The table of shared variance; the note of a share that is known is its sentence.
    decide : Headlines
        What decides on what may stand on top.

    Returns
    -------
    sentences : list of str
        In the order of the table.
    held : list of Held
        The pairs that may not stand on top.
    """
    sentences, held = [], []
    for row in shared[shared["statistic"] == "r2"].to_dict("records"):
        if pd.isna(row.get("form")):
            sentences.append(words("shared_variance").unknown_in_brief("", row["note"].removesuffix(".")))
            continue
        if pd.isna(row["estimate"]):
            pair, who = names_of(row, decide.labels)
            sentences.append(
                words("shared_variance").unknown_in_brief(f"{pair} ({who})", row["note"].removesuffix("."))
            )
            continue
        if lack := lack_of(row, decide):
            held.append(lack)
        else:
            sentences.append(row["note"])
    return [sentence for sentence in sentences if sentence], held


def lack_of(row: Row, decide: Headlines) -> Held | None:
    """Find why the share of a pair may not stand on top.

    Parameters
    ----------
    row : mapping
        Its row of the table of shared variance.
    decide : Headlines
        What decides.

    Returns
    -------
    Held or None
        None where it may.
    """
    return decide.held(
        "shared variance",
        *names_of(row, decide.labels),
        forms=[(row["form"], row["perspective"]), (row["form_2"], row["perspective_2"])],
        people=row["n"],
        limits=(row["lower"], row["upper"]),
        show=percent,
    )


def names_of(row: Row, labels: Mapping[str, str]) -> tuple[str, str]:
    """Name a pair of scores.

    Parameters
    ----------
    row : mapping
        Of the table of shared variance.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    tuple of str
        The scores and who answered: `WAI-S and HAq-II`, `client`.
    """
    names = [name_of_score(labels[row["form" + end]], row["scale" + end]) for end in ("", "_2")]
    return listed(dict.fromkeys(names)), listed(dict.fromkeys([row["perspective"], row["perspective_2"]]))
