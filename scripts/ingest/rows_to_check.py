"""Which rows of the files look careless, copied or moved: printed by make check for those who have the files.

A row of a file is named, never a code of a person and never an answer.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.data.assembling import key_of
from pipeline.data.configuration import known_forms, raw_files, read_dataset
from pipeline.data.exclusions import Exclusions
from pipeline.data.file_totals import file_totals
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.ingesting import item_columns_of, read_answers
from pipeline.steps.answer_moments import answer_moments, central_moments
from psychometrics.items.careless import careless_flags, careless_indices
from psychometrics.items.repeated_answers import carried_forward, same_as_another, shifted_by_one
from psychometrics.items.scoring import reverse_key

MOST_NAMED = 12  # rows in a line


def rows_to_check(name: str, root: Path) -> list[str]:
    """Name the rows of each part of a data set that need a look.

    Parameters
    ----------
    name : str
        Of the data set, which can be read.
    root : Path
        Of the project.

    Returns
    -------
    list of str
        One line for each form and reason; nothing for a published matrix.
    """
    forms = known_forms(name, root)
    content = read_dataset(name, root, forms)
    if "responses" not in content:
        return []
    raw = raw_files(root / "data/datasets" / name, content)
    exclusions, lines = Exclusions(content, raw), []
    for number, entry in enumerate(content["responses"], start=1):
        key, place = key_of(entry, forms), f"dataset.yaml: responses: entry {number}"
        table = read_answers(entry, key, forms, raw, place, exclusions).table
        where = f"{entry['file']}, {key['label']} ({entry['perspective']})"
        lines += [f"{where}: {what}: {named(rows)}" for what, rows in suspicious(table, key) if rows]
        if (columns := item_columns_of(entry, key, place)) is not None:
            frame = raw.read(entry["file"], ReadOptions.of(entry)).frame
            for total in file_totals(frame, table, key, columns):
                if total.differ:
                    what = f"'{total.column}' is not the {total.how} of {total.scale}"
                    lines.append(f"{where}: {what}: {named(total.differ)}")
    return lines


def suspicious(table: pd.DataFrame, key: dict) -> Iterator[tuple[str, list[int]]]:
    """What is suspicious, and the rows of the file in which it is."""
    items = [column for column in table if str(column).startswith("i") and str(column)[1:].isdigit()]
    answers = table[items].astype("float64")
    reverse = [item for item in (f"i{number:02d}" for number in key["reverse"]) if item in items]
    keyed = reverse_key(answers, reverse, *key["range"])
    scales = {scale: [f"i{item:02d}" for item in own] for scale, own in key["scales"].items() if scale != "total"}
    moments = answer_moments(answers)
    indices, _ = careless_indices(answers, keyed, scales, moments)
    flags = careless_flags(indices, len(items), len(scales))
    rows = table.index.to_numpy()
    yield "one answer to half of the items or more in a row", listed(rows[flags["long_run"]])
    yield "two signs of carelessness or more", listed(rows[flags.sum(axis=1) > 1])
    values = answers.to_numpy()
    first = ~table["client"].duplicated().to_numpy()
    same = same_as_another(values[first])[0]
    yield "the same answers as another client, to every item", listed(rows[first][same == 1])
    order = np.lexsort((table["session"].to_numpy(), table["client"].to_numpy(dtype=str)))
    client = table["client"].to_numpy()[order]
    follows = (client[1:] == client[:-1]).nonzero()[0]
    copied = carried_forward(values[order[follows]], values[order[follows + 1]])
    yield "all answers of the session before", listed(rows[order[follows + 1]][copied == 1])
    if (central := central_moments(answers, moments)) is not None:
        moved = shifted_by_one(values, *central)
        yield "fits far better one column to the left", listed(rows[moved == -1])
        yield "fits far better one column to the right", listed(rows[moved == 1])


def listed(rows: np.ndarray) -> list[int]:
    """Rows in order, each once."""
    return sorted({int(row) for row in rows})


def named(rows: list[int]) -> str:
    """`row 7`, `rows 7, 12 and 30 more`."""
    if len(rows) == 1:
        return f"row {rows[0]}"
    more = f" and {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return f"rows {', '.join(map(str, rows[:MOST_NAMED]))}{more}"
