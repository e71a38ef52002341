"""The glossary: what every statistic in the tables of a data set is, from the codebook."""

import re
from collections.abc import Mapping
from pathlib import PurePath

from pipeline.data.codebook import Statistic, entry_of, table_name
from pipeline.report.blocks import Block, Folded, Table
from pipeline.report.results import Results
from pipeline.report.wording import words

# in the report without their names beside them, where they are used first
ABBREVIATIONS = {
    "AC1": "Gwet's coefficient of agreement",
    "BIC": "Bayesian information criterion",
    "CFI": "comparative fit index",
    "CI": "confidence interval",
    "D study": "decision study: how reliability would change with the number of sessions or items",
    "df": "degrees of freedom",
    "ECV": "explained common variance: share of the common variance due to the general factor",
    "EM": "expectation-maximization algorithm",
    "F1": "first factor in the order of the solution; F2 the second, and so on",
    "H": "construct reliability",
    "HTMT": "heterotrait-monotrait ratio; HTMT2 with geometric means",
    "ICC": "intraclass correlation",
    "KMO": "Kaiser-Meyer-Olkin measure of sampling adequacy",
    "M": "mean",
    "MAP": "minimum average partial test",
    "NEST": "next eigenvalue sufficiency test",
    "PUC": "percent of uncontaminated correlations",
    "RMSEA": "root mean square error of approximation",
    "SD": "standard deviation",
    "SRMR": "standardized root mean square residual",
    "TLI": "Tucker-Lewis index",
    "d": "Cohen's standardized mean difference",
    "n": "number of people behind a number",
    "p": "probability of a result at least as extreme if there were no effect",
    "r": "Pearson correlation",
}


def abbreviations(text: str, instruments: Mapping[str, str]) -> Table:
    """Spell out what a report abbreviates.

    Parameters
    ----------
    text : str
        The whole report.
    instruments : mapping of str to str
        Abbreviation of an instrument -> its name.

    Returns
    -------
    Table
        The abbreviations that stand in the text, in alphabetical order.
    """
    used = {short: name for short, name in ABBREVIATIONS.items() if re.search(rf"(?<!\w){short}(?![\w'’])", text)}
    rows = sorted((used | dict(instruments)).items(), key=lambda row: (row[0].casefold(), row[0]))
    say = words("report")
    return Table(say.head_abbreviations().split("; "), [list(row) for row in rows], title=say.title_of_abbreviations())


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
