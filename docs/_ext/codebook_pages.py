"""The codebook as pages, from psychometrics/statistics.yaml: one per chapter, and an index of all statistics."""

import re
from collections.abc import Iterable

from library_pages import in_order, title

from pipeline.data.codebook import Statistic, codebook

INTRODUCTION = """# The codebook

Every value that the column `statistic` of a result table can have. Where a name stands in several tables and means
something else in one of them, its entry says so.
"""


def plain(text: str) -> str:
    """Text in which Markdown finds no signs of its own."""
    return re.sub(r"([\\`*_<>\[\]|$#])", r"\\\1", " ".join(text.split()))


def code(text: str) -> str:
    return f"`{' '.join(text.split())}`" if text and text != "none" else ""


def span(limits: tuple[float | None, float | None]) -> str:
    """What an estimate can be, in words."""
    low, high = limits
    if low is None and high is None:
        return "any number"
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def listed(tables: Iterable[str], entry: Statistic) -> str:
    """Tables, with the data that it takes where the shipped ones do not have it."""
    names = [table.replace("*", "<perspective>") for table in tables]
    data = [f" ({plain(entry.also_from[table])})" if table in entry.also_from else "" for table in tables]
    return ", ".join(f"`{name}`{needed}" for name, needed in zip(names, data, strict=True))


def facts(entry: Statistic) -> dict[str, str]:
    """What an entry says, by the words that introduce it."""
    return {
        "": f"**{plain(entry.label)}**"
        + (f" ({plain(entry.symbol)})" if entry.symbol else "")
        + f". {plain(entry.what)}",
        "Computed as": code(entry.formula),
        "Source": plain(entry.source),
        "In R": code(entry.r) or plain(entry.no_r),
        "Can be": span(entry.range),
        "Unit": plain(entry.unit) if entry.unit != "none" else "",
        "Other names": f"all that match {code(entry.pattern)}" if entry.pattern else "",
    }


def lines_of(said: dict[str, str]) -> list[str]:
    fields = [f":{words}: {fact}" for words, fact in said.items() if words and fact]
    return [said.get("", ""), "", *fields]


def section(name: str, entry: Statistic) -> list[str]:
    """One statistic, and how it differs in some of its tables."""
    said = facts(entry)
    lines = [f"(statistic-{name})=", "", f"## `{name}`", "", *lines_of(said)]
    lines += [f":Tables: {listed(entry.tables, entry)}", ""]
    different: dict[str, list[str]] = {}
    for table in entry.differs:
        there = facts(entry.in_table(table))
        changed = {words: fact for words, fact in there.items() if fact != said[words]}
        different.setdefault("\n".join(lines_of(changed)), []).append(table)
    for text, tables in different.items():
        lines += [f"In {listed(tables, entry)}: {text}", ""]
    return lines


def codebook_pages() -> dict[str, str]:
    """All pages of the codebook, by their paths."""
    chapters = in_order({entry.chapter for entry in codebook().values()})
    rows = [
        f"| [`{name}`](#statistic-{name}) | {plain(entry.label)} | {title(entry.chapter)} |"
        for name, entry in codebook().items()
    ]
    index = [INTRODUCTION, "| statistic | what it is | chapter |", "| --- | --- | --- |", *rows, ""]
    index += ["```{toctree}", ":hidden:", "", *(f"{title(chapter)} <{chapter}>" for chapter in chapters), "```", ""]
    pages = {"codebook/index.md": "\n".join(index)}
    for chapter in chapters:
        link = f"[{title(chapter)}](../library/{chapter}.rst)"
        lines = [f"# {title(chapter)}: statistics", "", f"The chapter {link} of the library computes them.", ""]
        for name, entry in codebook().items():
            if entry.chapter == chapter:
                lines += section(name, entry)
        pages[f"codebook/{chapter}.md"] = "\n".join(lines)
    return pages
