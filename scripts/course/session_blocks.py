"""Part of the section on the course: scores at the top of the scale, session by session."""

import pandas as pd

from pipeline.report.blocks import Block, Folded, Note, Table
from pipeline.report.numbers import count, percent
from pipeline.report.results import Results
from pipeline.report.wording import words


def session_blocks(results: Results) -> list[Block]:
    """A table of the totals, shown on demand."""
    say, rows = words("course"), results.table("course_sessions")
    if "form" not in rows:
        return []
    table = Table(["Form", "Answered by", "Session", "Clients", "At the top"], source="course/sessions.csv")
    totals = {(form.perspective, form.name): list(form.scales)[-1] for form in results.dataset.forms}
    for row in rows.to_dict("records"):
        if totals[row["perspective"], row["form"]] == row["scale"] and pd.notna(row["estimate"]):
            label, session = results.labels[row["form"]], f"{row['session']:g}"
            table.rows.append([label, row["perspective"], session, count(row["n"]), percent(row["estimate"])])
    return [Folded(say.heading("ceiling"), [Note(say.how_to_read_ceiling()), table])] if table.rows else []
