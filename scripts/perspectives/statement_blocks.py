"""What the section on two perspectives says of published statements on clients and therapists."""

import pandas as pd

from pipeline.report.blocks import Block, Listing, Note, Table, under
from pipeline.report.numbers import number, with_interval
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.perspectives.verdicts import HELD, NOT_HELD, NOT_TESTABLE, UNDECIDED

ORDER = (HELD, NOT_HELD, UNDECIDED, NOT_TESTABLE)


def statement_blocks(results: Results) -> list[Block]:
    """A sentence for each statement, and every comparison in a table."""
    say, rows = words("perspective_profiles"), results.table("perspective_statements")
    told = [say.statement(statement_facts(own)) for _, own in rows.groupby("statement", sort=False)]
    table = Table(
        ["Statement", "Form", "What is measured", "Estimate", "Verdict", "Reason"], source="perspectives/statements.csv"
    )
    text = ["form", "what", "note", "outcome"]
    for row in rows.astype(dict.fromkeys(text, object)).fillna(dict.fromkeys(text, "")).to_dict("records"):
        form = results.labels.get(row["form"], "–")
        outcome = results.variables.get(row["outcome"], row["outcome"])
        about = f"{form}, {outcome}" if outcome else form
        shown = with_interval(row, number)
        table.rows.append([row["text"], about, row["what"] or "–", shown, row["verdict"], row["note"]])
    return under(say.heading("statements"), Note(say.how_to_read_statements()), Listing(told), table)


def statement_facts(rows: pd.DataFrame) -> dict:
    """What is said of one statement: how many of its comparisons have which verdict."""
    counts, many = rows["verdict"].value_counts(), len(rows)
    parts = [
        words("perspective_profiles").statement_part(verdict, counts[verdict], many)
        for verdict in ORDER
        if verdict in counts
    ]
    reasons = dict.fromkeys(rows["note"].fillna(""))
    untestable = set(rows["verdict"]) == {NOT_TESTABLE}
    return {
        "text": rows["text"].iloc[0],
        "cited": rows["cited"].iloc[0],
        "why_not": "; ".join(filter(None, reasons)) if untestable else "",
        "parts": parts,
        "many": many,
    }
