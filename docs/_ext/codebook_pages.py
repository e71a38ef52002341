"""The codebook as pages, from psychometrics/statistics.yaml: one per chapter, and an index of all statistics."""

import re
from pathlib import Path

import yaml

CODEBOOK = Path(__file__).parents[2] / "scripts/psychometrics/statistics.yaml"
INTRODUCTION = """# The codebook

Every value that the column `statistic` of a result table can have. Where a name stands in several tables and means
something else in one of them, its entry says so.
"""


def plain(text: str) -> str:
    """Text in which Markdown finds no signs of its own."""
    return re.sub(r"([\\`*_<>\[\]|$#])", r"\\\1", " ".join(text.split()))


def title(chapter: str) -> str:
    return chapter.replace("_", " ").capitalize()


def span(limits: list[float | None]) -> str:
    """What an estimate can be, in words."""
    low, high = limits
    if low is None and high is None:
        return "any number"
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"from {low} to {high}"


def listed(tables: list[str]) -> str:
    return ", ".join(f"`{table.replace('*', '<perspective>')}`" for table in tables)


def fields(entry: dict) -> list[str]:
    """The facts of an entry, or those in which a table differs, one a line."""
    facts = {
        "Computed as": f"`{' '.join(entry['formula'].split())}`"
        if entry.get("formula") not in (None, "", "none")
        else "",
        "Source": plain(entry.get("source", "")),
        "In R": f"`{entry['r']}`" if entry.get("r") else plain(entry.get("no_r", "")),
        "Can be": span(entry["range"]) if "range" in entry else "",
        "Unit": plain(entry.get("unit", "")) if entry.get("unit") != "none" else "",
    }
    return [f":{name}: {fact}" for name, fact in facts.items() if fact]


def section(name: str, entry: dict) -> list[str]:
    """One statistic."""
    symbol = f" ({plain(entry['symbol'])})" if entry.get("symbol") else ""
    lines = [f"(statistic-{name})=", "", f"## `{name}`: {plain(entry['label'])}{symbol}", "", plain(entry["what"]), ""]
    lines += [*fields(entry), f":Table: {listed(entry['tables'])}", ""]
    different: dict[str, list[str]] = {}
    for table, changes in entry.get("differs", {}).items():
        label = f"{plain(changes['label'])}. " if "label" in changes else ""
        text = "\n".join([f"{label}{plain(changes.get('what', ''))}".strip(), "", *fields(changes)])
        different.setdefault(text, []).append(table)
    for text, tables in different.items():
        lines += [f"In {listed(tables)}: {text}", ""]
    return lines


def codebook_pages() -> dict[str, str]:
    """All pages of the codebook, by their paths."""
    codebook = yaml.safe_load(CODEBOOK.read_text())
    chapters = sorted({entry["chapter"] for entry in codebook.values()})
    rows = [
        f"| [`{name}`](#statistic-{name}) | {plain(entry['label'])} | {title(entry['chapter'])} |"
        for name, entry in sorted(codebook.items())
    ]
    index = [INTRODUCTION, "| statistic | what it is | chapter |", "| --- | --- | --- |", *rows, ""]
    index += ["```{toctree}", ":hidden:", "", *(f"{title(chapter)} <{chapter}>" for chapter in chapters), "```", ""]
    pages = {"codebook/index.md": "\n".join(index)}
    for chapter in chapters:
        lines = [f"# {title(chapter)}: statistics", ""]
        if (CODEBOOK.parent / chapter).is_dir():
            lines += [
                f"How they are computed: the chapter [{title(chapter)}](../library/{chapter}.rst) of the library.",
                "",
            ]
        for name, entry in sorted(codebook.items()):
            if entry["chapter"] == chapter:
                lines += section(name, entry)
        pages[f"codebook/{chapter}.md"] = "\n".join(lines)
    return pages
