"""Text of the manuscript as Markdown that pandoc, Word's import and GitHub read."""

import re
from collections.abc import Sequence

from pipeline.manuscript.rich import Run, runs
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
        lines = ["| " + " | ".join(inline(cell).replace("|", "\\|") for cell in row) + " |" for row in rows]
        parts += [
            f"## {inline(heading)}",
            inline(about),
            "\n".join([lines[0], "| " + " | ".join("---" for _ in rows[0]) + " |", *lines[1:]]),
        ]
    return "\n\n".join(parts) + "\n"


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
