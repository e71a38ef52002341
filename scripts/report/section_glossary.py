"""The glossary: what every statistic in the tables of a data set is, from the codebook."""

from pathlib import PurePath

from pipeline.data.codebook import Statistic, entry_of, table_name
from pipeline.report.blocks import Block, Folded, Table
from pipeline.report.results import Results
from pipeline.report.wording import words


def section(results: Results) -> list[Block]:
    """One row per statistic and meaning, in alphabetical order of the labels."""
    found: dict[tuple[str, str], Statistic] = {}
    for key, path in results.paths.items():
        if path.suffix != ".csv" or results.dataset.name not in path.parts:
            continue
        rows = results.table(*key.split("."))
        if "statistic" not in rows:
            continue
        name = table_name(PurePath(*path.parts[path.parts.index(results.dataset.name) :]))
        for statistic in rows["statistic"].unique():
            entry = entry_of(statistic)
            if entry is not None and name in entry.tables:
                own = entry.in_table(name)
                found[own.label, own.what] = own
    table = Table(["Statistic", "What it is", "Source or formula", "R function"])
    for (label, what), entry in sorted(found.items(), key=lambda item: item[0][0].casefold()):
        table.rows.append([label, what, entry.source or entry.formula, entry.r or "–"])
    return [Folded(words("report").title_of_glossary(len(table.rows)), [table])]
