"""The section on the factor that the instruments share."""

import numpy as np
import pandas as pd

from factors import shown_tables as shown
from pipeline.report.blocks import Block, Heading, Listing, Note, Sentences, under
from pipeline.report.numbers import coefficient, percent
from pipeline.report.results import Results


def section(results: Results) -> list[Block]:
    """The common factor of every perspective: sentences, breadth of every factor, and its scores with the outcome."""
    if not results.dataset.has_items:
        return [Sentences(["Which factor the instruments share needs the factor analysis of their items."])]
    blocks: list[Block] = [
        Note(
            "Breadth: entropy of the instruments' mean squared salient loadings, over its maximum. Candidates are the "
            "rotated factors with salient items of at least two instruments and at least "
            f"{percent(results.config['factors']['minimum_share'])} of the common variance. The general factor is "
            "broad by construction and is shown for comparison."
        )
    ]
    for perspective in results.dataset.perspectives:
        blocks += [
            Heading(f"Items answered by the {perspective}", prominent=True),
            Sentences(told(results, perspective)),
        ]
        if not shown.reason(results.table("loadings", perspective)):
            common = results.table("common_factor", perspective)
            blocks += [
                shown.breadth_table(common),
                *under("Factor scores and outcome", shown.outcome_table(common), level=4),
            ]
    return blocks


def brief(results: Results) -> list[Block]:
    """The first sentence of every perspective."""
    if not results.dataset.has_items:
        return []
    return [Listing([told(results, perspective)[0] for perspective in results.dataset.perspectives])]


def told(results: Results, perspective: str) -> list[str]:
    """What is known of the common factor of one perspective, or why there is none."""
    why_not = shown.reason(results.table("loadings", perspective))
    if why_not:
        return [f"No joint factor analysis ({perspective}): {why_not}."]
    return common_factor_sentences(
        results.table("common_factor", perspective), perspective, results.config["factors"]["markers"]
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
