"""Every table and figure of the results as one page, from the home of each analysis and from the codebook."""

from library_pages import PACKAGE

from pipeline.data.analyses import read_analyses
from pipeline.data.codebook import codebook

INTRODUCTION = """# Every table and figure

By section of the report. Tables and figures lie under `results/<data set>/`; figures are PDF, SVG and PNG. Where a
data set lacks what a table needs, a row of the table says why.
"""


def sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def table_lines(name: str, what: str) -> list[str]:
    """One table with the statistics that it holds; `name` as the codebook has it."""
    held = [
        f"[`{statistic}`](#statistic-{statistic})" for statistic, entry in codebook().items() if name in entry.tables
    ]
    lines = [f"### `{name.replace('*', '<perspective>')}`", "", what, ""]
    return [*lines, f"Statistics: {', '.join(held)}.", ""] if held else lines


def result_page() -> str:
    """The page, in Markdown."""
    lines, described = [INTRODUCTION], set()
    for analysis in read_analyses(PACKAGE.parent):
        if not (analysis.tables or analysis.figures):
            continue
        lines += [f"## {analysis.title}", ""]
        if analysis.figures:
            lines += ["| figure | what it shows |", "| --- | --- |"]
            stems = [figure.stem.replace("{perspective}", "<perspective>") for figure in analysis.figures.values()]
            lines += [
                f"| `{stem}` | {entry.alt} |" for stem, entry in zip(stems, analysis.figures.values(), strict=True)
            ]
            lines += [""]
        for table in analysis.tables.values():
            name = table.path.replace("{perspective}", "*")
            described.add(name)
            lines += table_lines(name, sentence(table.what))
    others = {name for entry in codebook().values() for name in entry.tables} - described
    if others:
        lines += ["## Further tables", ""]
        for name in sorted(others):
            lines += table_lines(name, "")
    return "\n".join(lines)
