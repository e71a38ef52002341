"""Tables 1 and 2a to 2d of the published content analysis, computed anew, in the layout of the paper."""

import pandas as pd

from pipeline.manuscript.apa_numbers import cell, one_decimal, whole
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words

ROUNDING = 0.5  # percentage points: the paper prints some percentages without decimals
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def first_table(table: pd.DataFrame, names: dict[str, str]) -> ApaTable:
    """Make table 1: forms, who answers them, and how many items they have.

    Parameters
    ----------
    table : pandas.DataFrame
        Table 1 of the results.
    names : dict
        Instrument -> its name.

    Returns
    -------
    ApaTable
        Number 1.
    """
    say = words("manuscript_tables")
    columns = [
        Column("Instrument", "left", 3.4),
        Column("Form", "left", 2),
        Column("Answered by", "left", 2),
        Column("Items", width=1),
    ]
    made = ApaTable("content_1", say.content_title(""), columns, source="content/table_1.csv", number="1")
    last = ""
    for row in table.to_dict("records"):
        shown = "" if row["instrument"] == last else literal(names[row["instrument"]])
        made.rows.append(Row([shown, literal(row["form"]), row["perspective"], cell(row["n"], whole)]))
        last = row["instrument"]
    made.general = say.content_note("", _forms(table, names), False)
    return made


def facet_table(table: pd.DataFrame, number: str, names: dict[str, str]) -> ApaTable:
    """Make one of tables 2a to 2d: categories in rows, count and percentage of each form in columns.

    Parameters
    ----------
    table : pandas.DataFrame
        A table of the results.
    number : str
        Such as `2a`.
    names : dict
        Instrument -> its name.

    Returns
    -------
    ApaTable
        With a specific note for each percentage that was printed otherwise.
    """
    say, facet = words("manuscript_tables"), str(table["facet"].iloc[0])
    forms = list(dict.fromkeys(table["form"]))
    columns = [Column("Category", "left", 3.2)]
    for _ in forms:
        columns += [Column("*n*", width=0.7), Column("%", width=1)]
    spanners = [Spanner(literal(form), 1 + 2 * place, 2 + 2 * place) for place, form in enumerate(forms)]
    made = ApaTable(
        f"content_{number}",
        say.content_title(facet),
        columns,
        spanners=spanners,
        source=f"content/table_{number}.csv",
        number=number,
    )
    letters = iter(LETTERS)
    for category, rows in table.groupby("category", sort=False):
        by_form = {row["form"]: row for row in rows.to_dict("records")}
        cells = [str(category)[:1].upper() + str(category)[1:]]
        for form in forms:
            row, mark = by_form[form], ""
            if abs(row["difference"]) > ROUNDING:
                mark = next(letters)
                made.specific.append(say.printed(mark, literal(form), str(category), literal(row["printed"])))
            cells += [cell(row["count"], whole), cell(row["percent"], one_decimal) + (f"^{mark}^" if mark else "")]
        made.rows.append(Row(cells))
    made.general = say.content_note(facet, _forms(table, names), bool(made.specific))
    return made


def _forms(table: pd.DataFrame, names: dict[str, str]) -> dict[str, str]:
    """What the names of the forms mean."""
    found = {}
    for row in table.drop_duplicates("form").to_dict("records"):
        instrument = next(name for name in names if row["form"].startswith(name))
        found[literal(row["form"])] = f"{names[instrument]}, {row['perspective']} form"
    return found
