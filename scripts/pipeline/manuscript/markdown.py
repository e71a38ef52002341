"""Text of the manuscript as Markdown that pandoc, Word's import and GitHub read."""

import re
from collections.abc import Sequence

from pipeline.manuscript.apa_table import ApaTable
from pipeline.manuscript.rich import Run, literal, runs
from pipeline.manuscript.word import Passage

LEVELS = {"title": "# ", "heading": "## ", "subheading": "### "}


def text(passages: Sequence[Passage]) -> str:
    """Return passages as Markdown.

    Parameters
    ----------
    passages : sequence of Passage
        In order.

    Returns
    -------
    str
        One blank line between two of them.
    """
    return "\n\n".join(LEVELS.get(passage.kind, "") + inline(passage.text) for passage in passages) + "\n"


def grids(title: str, intro: Sequence[str], tables: Sequence[tuple[str, str, Sequence[Sequence[str]]]]) -> str:
    """Return plain tables with a heading each.

    Parameters
    ----------
    title : str
        On top.
    intro : sequence of str
        Paragraphs below it.
    tables : sequence of (str, str, rows)
        Heading, a paragraph below it, and rows of cells, the first of them the head.

    Returns
    -------
    str
        Markdown.
    """
    parts = [f"# {inline(title)}", *map(inline, intro)]
    for heading, about, rows in tables:
        lines = [_cells(row) for row in rows]
        parts += [
            f"## {inline(heading)}",
            inline(about),
            "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]]),
        ]
    return "\n\n".join(parts) + "\n"


def tables(made: Sequence[ApaTable]) -> str:
    """Return tables as Markdown, one after the other.

    Markdown has one line of heads: a heading over several columns stands in front of the head of each.

    Parameters
    ----------
    made : sequence of ApaTable
        Each with its number.

    Returns
    -------
    str
        Pipe tables, with number and title above and the notes below.
    """
    return "\n\n".join(part for table in made for part in _table(table)) + "\n"


def _table(table: ApaTable) -> list[str]:
    over = {place: one.head for one in table.spanners for place in range(one.first, one.last + 1)}
    heads = [
        " ".join(filter(None, [over.get(place, ""), column.head])).replace("\n", " ")
        for place, column in enumerate(table.columns)
    ]
    lines = [
        _cells(heads),
        "|" + "|".join(" --- " if column.align == "left" else " :---: " for column in table.columns) + "|",
    ]
    for row in table.rows:
        cells = [*row.cells, *[""] * (len(table.columns) - len(row.cells))]
        lines.append(_cells([f"*{cells[0]}*" if row.heads_rows else cells[0], *cells[1:]]))
    title = "".join(literal(run.text) if run.italic else f"*{literal(run.text)}*" for run in runs(table.title))
    general = f"*Note.* {table.general}" if table.general else ""
    notes = [note for note in (general, " ".join(table.specific), table.probability) if note]
    return [f"**Table {table.number}**", inline(title), "\n".join(lines), *map(inline, notes)]


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(inline(cell).replace("|", "\\|") for cell in cells) + " |"


def inline(line: str) -> str:
    """A line with what Markdown takes for signs made ordinary."""
    return "".join(map(_run, runs(line)))


def _run(run: Run) -> str:
    shown = re.sub(r"([\\`*_{}\[\]<>^~#])", r"\\\1", run.text)
    # brackets of intervals are no links, and a sign before a space begins nothing
    shown = re.sub(r"\\([\[\]#])", r"\1", shown).replace("\\< ", "< ").replace("\\> ", "> ")
    for wanted, sign in ((run.raised, "^"), (run.italic, "*"), (run.bold, "**")):
        shown = f"{sign}{shown}{sign}" if wanted else shown
    return shown
