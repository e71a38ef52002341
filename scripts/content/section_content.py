"""The section on what the questionnaires ask about: a published content analysis."""

import pandas as pd

from pipeline.report.blocks import Block, Heading, Listing, Note, Sentences, Table, under
from pipeline.report.numbers import coefficient
from pipeline.report.results import CommonResults
from pipeline.report.wording import words


def section(results: CommonResults) -> list[Block]:
    """Show the facets of all forms, how similar the forms are, and what the published counts do not bear out.

    Parameters
    ----------
    results : CommonResults
        The results that belong to no data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say = words("content")
    found = findings(results.table("audit"))
    files = [f"{path.parent.name}/{path.name}" for path in results.paths.values() if path.parent.name == "content"]
    return [
        Sentences([say.intro()]),
        *results.figure("content_facets"),
        *under(
            say.heading("similarity"),
            Note(say.how_to_read_similarity()),
            similarity_table(results.table("similarity")),
        ),
        *([Heading(say.heading("audit")), Listing(found)] if found else []),
        Note(say.every_table(files)),
    ]


def findings(audit: pd.DataFrame) -> list[str]:
    """Say what the audit did not find supported, each with its place in the published tables.

    Parameters
    ----------
    audit : pandas.DataFrame
        The table of the audit.

    Returns
    -------
    list of str
        One sentence for each finding, in the order of the rows.
    """
    wrong = audit[audit["verdict"] != "supported"] if "verdict" in audit else audit
    return [
        words("content").finding([row[key] for key in ("form", "facet", "category") if pd.notna(row[key])], row["note"])
        for row in wrong.to_dict("records")
    ]


def similarity_table(similarity: pd.DataFrame) -> Table:
    """Show the mean similarity of forms within and across instruments and perspectives, per facet.

    Parameters
    ----------
    similarity : pandas.DataFrame
        The table of similarities.

    Returns
    -------
    Table
        One row for each kind of pairs of forms.
    """
    means = similarity[similarity["form"].isna() & (similarity["statistic"] == "hellinger_similarity")]
    facets = list(means["facet"].unique())
    table = Table(["Pairs of forms", *facets], source="content/similarity.csv")
    for group, rows in means.groupby("group", sort=False):
        by_facet = rows.set_index("facet")["estimate"]
        table.rows.append([str(group), *(coefficient(by_facet[facet]) for facet in facets)])
    return table
