"""What could not be computed, and why: one line per kind of reason, from the notes of all tables of a data set."""

import re
from collections import Counter
from pathlib import PurePath

import pandas as pd

from pipeline.report.blocks import Block, Folded, Sentences, Table
from pipeline.report.numbers import count
from pipeline.report.results import Results
from pipeline.report.wording import words

CHECKS = "cross_checks"  # computes again what stands in other tables
# remarks that stand beside a reason and are none
BESIDE = re.compile(r"^(provisional key|part-whole$|(\S+ )*without \S*\d)")
# a list of items, pairs or people at the end of a reason, and what leads to it
LISTED = re.compile(r"(( in| of)?: | both )[^:;]*\b\w*[a-z_]\d\d+\b.*$")


def section(results: Results) -> list[Block]:
    """Say how many numbers are missing, and show each kind of reason with the tables that hold it.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        One sentence, and the kinds of reason on demand.
    """
    tables = {}
    for name, path in results.paths.items():
        if path.suffix == ".csv" and results.dataset.name in path.parts and name != CHECKS:
            rows = results.table(*name.split("."))
            if {"statistic", "estimate"} <= set(rows):
                tables[PurePath(*path.parts[path.parts.index(results.dataset.name) + 1 :]).as_posix()] = rows
    missing = {path: rows.loc[rows["estimate"].isna(), "note"] for path, rows in tables.items()}
    kinds = kinds_of_reason(missing)
    say = words("report")
    numbers, absent = sum(map(len, tables.values())), sum(map(len, missing.values()))
    if not absent:
        return [Sentences([say.everything_computed(numbers)])]
    shown = Table([say.head_reason(), say.head_numbers(), say.head_tables()])
    for text, where in kinds.items():
        shown.rows.append([text, count(sum(where.values()))])
        shown.files.append(list(where))
    return [Sentences([say.not_computed(numbers, absent, len(kinds))]), Folded(say.title_of_reasons(), [shown])]


def kinds_of_reason(notes: dict[str, pd.Series]) -> dict[str, dict[str, int]]:
    """Put notes that differ in names and numbers only under the most frequent of them.

    Parameters
    ----------
    notes : dict
        Path of a table -> notes of its rows without an estimate.

    Returns
    -------
    dict
        Reason -> path of a table -> number of rows; most rows first.
    """
    wordings: dict[str, Counter] = {}
    places: dict[str, dict[str, int]] = {}
    for path, own in notes.items():
        for note in own:
            text = reason_in(note)
            kind = re.sub(r"\d+(\.\d+)?", "0", text)
            wordings.setdefault(kind, Counter())[text] += 1
            where = places.setdefault(kind, {})
            where[path] = where.get(path, 0) + 1
    order = sorted(places, key=lambda kind: (-sum(places[kind].values()), kind))
    return {wordings[kind].most_common(1)[0][0]: places[kind] for kind in order}


def reason_in(note: str) -> str:
    """The reason in a note: its first part that is more than a remark, without a list of items at its end."""
    parts = [part for part in note.split("; ") if part and not BESIDE.match(part)]
    text = LISTED.sub("", (parts or [note])[0]).removesuffix(":").strip()
    return text or words("report").no_reason()
