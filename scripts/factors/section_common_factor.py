"""The section on the factor that the instruments share."""

import numpy as np
import pandas as pd

from factors import shown_tables as shown
from factors.by_perspective import by_perspective
from pipeline.report.blocks import Block, Listing, Note, Sentences, under
from pipeline.report.results import Results
from pipeline.report.wording import words


def section(results: Results) -> list[Block]:
    """Show the common factor of every perspective: sentences, breadth of every factor, its scores with the outcome.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say = words("factors")
    if not results.dataset.has_items:
        return [Sentences([say.common_needs_items()])]
    how_to_read = Note(say.how_to_read_breadth(results.config["factors"]["minimum_share"]))
    return [how_to_read, *by_perspective(results, one_perspective)]


def one_perspective(results: Results, perspective: str) -> list[Block]:
    """Show the common factor of one perspective: sentences and, where the analysis ran, its tables.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    sentences = Sentences(told(results, perspective))
    if shown.reason(results.table("loadings", perspective)):
        return [sentences]
    common = results.table("common_factor", perspective)
    outcome = under(words("factors").heading("outcome"), shown.outcome_table(common), level=4)
    return [sentences, shown.breadth_table(common), *outcome]


def brief(results: Results) -> list[Block]:
    """Say the first sentence of every perspective.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        One listing, or nothing.
    """
    if not results.dataset.has_items:
        return []
    return [Listing([told(results, perspective)[0] for perspective in results.dataset.perspectives])]


def told(results: Results, perspective: str) -> list[str]:
    """Say what is known of the common factor of one perspective, or why there is none.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.

    Returns
    -------
    list of str
        One or more sentences.
    """
    why_not = shown.reason(results.table("loadings", perspective))
    if why_not:
        return [words("factors").no_analysis(perspective, why_not)]
    return common_factor_sentences(
        results.table("common_factor", perspective), perspective, results.config["factors"]["markers"]
    )


def common_factor_sentences(common: pd.DataFrame, perspective: str, markers: list[str]) -> list[str]:
    """Say which factor the instruments share, how it was chosen, how sure that is, and what it goes with.

    Parameters
    ----------
    common : pandas.DataFrame
        The table of the common factor.
    perspective : str
        Who answered the items.
    markers : list of str
        The items that name the factor, as set; none where the broadest counts.

    Returns
    -------
    list of str
        One or more sentences.
    """
    say = words("factors")
    row = common[common["statistic"] == "common_factor"].iloc[0]
    if pd.isna(row.get("factor", np.nan)):
        return [say.no_common_factor(perspective, row["note"])]
    own = common[common["factor"] == row["factor"]]
    whole = own.drop_duplicates("statistic").set_index("statistic")["estimate"]
    parts = own[own["statistic"] == "salient_share"]
    sentences = [
        say.common_factor(
            perspective,
            row["factor"],
            bool(markers),
            whole["breadth"],
            whole["share_of_common_variance"],
            list(zip(parts["group"], parts["estimate"], strict=True)),
        )
    ]
    if pd.notna(row["estimate"]):
        sentences.append(say.certain_by_resamples(row["estimate"]))
    outcomes = own[(own["statistic"] == "r_outcome_general_removed") & own["estimate"].notna()]
    return sentences + [say.outcome(outcome, outcome["group"]) for outcome in outcomes.to_dict("records")]
