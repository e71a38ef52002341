"""The section on the factor that the instruments share."""

import json

import numpy as np
import pandas as pd

from factors import shown_tables as shown
from factors.by_perspective import by_perspective
from factors.facts_on_numbers import Spread, Survival
from pipeline.report.blocks import Block, Listing, Note, Sentences, under
from pipeline.report.headlines import Headlines, Held
from pipeline.report.results import Results
from pipeline.report.wording import words

WITH_OUTCOME = "r_outcome_general_removed"


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


def brief(results: Results) -> list[Block | Held]:
    """Say what is known of the factor itself, perspective by perspective, and how many warnings go with it.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block or Held
        One listing, or nothing; and what is held back.
    """
    if not results.dataset.has_items:
        return []
    decide = Headlines.of(results)
    sentences: list[str] = []
    held: list[Block | Held] = []
    for perspective in results.dataset.factored:
        lack = hardly_carried(results, perspective, decide)
        if lack:
            held.append(lack)
        else:
            said = [*told(results, perspective, outcomes=False), *warnings_there(results, perspective)]
            sentences.append(" ".join(said))
    return [*([Listing(sentences)] if sentences else []), *held]


def hardly_carried(results: Results, perspective: str, decide: Headlines) -> Held | None:
    """Find why the common factor of one perspective may not stand on top.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.
    decide : Headlines
        What decides.

    Returns
    -------
    Held or None
        None where it may, or where there is none.
    """
    loadings = results.table("loadings", perspective)
    if shown.reason(loadings):
        return None
    row = chosen_row(results.table("common_factor", perspective))
    if pd.isna(row.get("factor", np.nan)):
        return None
    suitability = results.table("suitability", perspective).set_index("statistic")["estimate"]
    failed = loadings[loadings["statistic"] == "resamples_without_solution"]
    return decide.held(
        "common factor",
        "",
        perspective,
        forms=[(form.name, form.perspective) for form in results.dataset.forms if form.perspective == perspective],
        people=row["n"],
        people_per_item=suitability.get("n_per_item", np.nan),
        converged=1 - float((failed["estimate"] / failed["n"]).iloc[0]) if len(failed) else np.nan,
        same_factor=row["estimate"],
    )


def warnings_there(results: Results, perspective: str) -> list[str]:
    """Say how many warnings the section on the factors gives on the analysis of one perspective.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.

    Returns
    -------
    list of str
        One sentence, or nothing.
    """
    many = number_of_warnings(results, perspective)
    return [words("factors").warnings_there(many)] if many else []


def number_of_warnings(results: Results, perspective: str) -> int:
    """Count the warnings that the section on the factors gives on the analysis of one perspective.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.

    Returns
    -------
    int
        0 where there is no analysis.
    """
    loadings = results.table("loadings", perspective)
    if shown.reason(loadings):
        return 0
    about = json.loads(results.path("about", perspective).read_text())
    return len(shown.warnings_of(loadings, about["notes"]))


def told(results: Results, perspective: str, outcomes: bool = True) -> list[str]:
    """Say what is known of the common factor of one perspective, or why there is none.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.
    outcomes : bool, default True
        Whether to say what its score goes with.

    Returns
    -------
    list of str
        One or more sentences.
    """
    why_not = shown.reason(results.table("loadings", perspective))
    if why_not:
        return [words("factors").no_analysis(perspective, why_not)]
    common = results.table("common_factor", perspective)
    if not outcomes:
        common = common[common["statistic"] != WITH_OUTCOME]
    first, *others = common_factor_sentences(common, perspective, results.config["factors"]["markers"])
    extracted = Spread.of(results.table("retention", perspective)).extracted
    survival = Survival.of(results.table("alternatives", perspective), extracted)
    return [first, *([words("factors").survival(survival)] if survival else []), *others]


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
    row = chosen_row(common)
    if pd.isna(row.get("factor", np.nan)):
        return [say.no_common_factor(perspective, row["note"])]
    own = common[common["factor"] == row["factor"]]
    whole = own.drop_duplicates("statistic").set_index("statistic")["estimate"]
    parts = own[own["statistic"] == "salient_share"]
    marked_by = list(zip(parts["group"], parts["estimate"], strict=True))
    alone = set(common["factor"].dropna()) == {row["factor"]}  # general, which is described as well, needs two others
    sentences = [
        say.only_factor(perspective, marked_by)
        if alone
        else say.common_factor(
            perspective, row["factor"], bool(markers), whole["breadth"], whole["share_of_common_variance"], marked_by
        )
    ]
    if pd.notna(row["estimate"]) and not alone:
        sentences.append(say.certain_by_resamples(row["estimate"]))
    outcomes = own[(own["statistic"] == WITH_OUTCOME) & own["estimate"].notna()]
    return sentences + [say.outcome(outcome, outcome["group"]) for outcome in outcomes.to_dict("records")]


def chosen_row(common: pd.DataFrame) -> pd.Series:
    """Find the row that names the common factor.

    Parameters
    ----------
    common : pandas.DataFrame
        The table of the common factor.

    Returns
    -------
    pandas.Series
        Its `factor` is missing where there is none.
    """
    return common[common["statistic"] == "common_factor"].iloc[0]
