"""The section on factors that come back in another data set."""

import pandas as pd

from factors import shown_tables as shown
from pipeline.report.blocks import Block, Note, Sentences, under
from pipeline.report.results import CommonResults
from pipeline.report.wording import words
from psychometrics.factors.split_halves import SIMILAR

EQUAL = 0.95  # congruence from which factors count as equal (Lorenzo-Seva & ten Berge, 2006)
MOST_ROWS = 200  # of all tables together, on the page
SOURCE = "congruence.csv"


def section(results: CommonResults) -> list[Block]:
    """Show how far the factors of every data set come back in the others.

    Parameters
    ----------
    results : CommonResults
        The results of all data sets together.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say, table = words("factors"), results.table("congruence")
    rows = table[table["statistic"] == "congruence"]
    matched = rows.reindex(columns=["factor", "factor_2", "estimate"]).dropna()
    found = matched["estimate"].round(2).abs()  # as the tables show them
    if found.empty:
        return [Sentences([say.no_congruence(list(dict.fromkeys(rows["note"])))])]
    titles = {dataset.name: dataset.title for dataset in results.datasets}
    equal = int((found >= EQUAL).sum())
    blocks: list[Block] = [Sentences([say.congruence(len(found), equal, int((found >= SIMILAR).sum()) - equal)])]
    if len(rows) > MOST_ROWS:
        return [*blocks, Note(say.too_many_to_show(SOURCE))]
    for (name, perspective), own in rows.groupby(["dataset", "perspective"], sort=False):
        named = own.assign(group=[other_solution(group, titles) for group in own["group"]])
        blocks += under(say.factors_of(titles[name], perspective), shown.replicability_table(named, SOURCE))
    return blocks


def other_solution(group: str, titles: dict[str, str]) -> str:
    """Name the solution that factors are compared with by the title of its data set.

    Parameters
    ----------
    group : str
        `name, perspective`; missing where there is nothing to compare.
    titles : dict
        Name of a data set -> its title.

    Returns
    -------
    str
        `title, perspective`.
    """
    if pd.isna(group):
        return ""
    name, _, perspective = group.rpartition(", ")
    return f"{titles[name]}, {perspective}"
