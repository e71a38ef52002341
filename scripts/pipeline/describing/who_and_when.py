"""Who answered and in which session, as words and texts tell."""

import re

from pipeline.data.formats.raw_table import RawTable
from pipeline.data.item_blocks import PHASES
from pipeline.data.reading import as_text
from pipeline.describing.columns import Column

PERSPECTIVES = {
    "client": ("client", "patient", "klient", "klientin", "patientin", "paciente", "cliente", "cl", "pt", "pat", "c"),
    "therapist": ("therapist", "therapeut", "therapeutin", "terapeuta", "counselor", "counsellor", "ther", "th", "t"),
    "observer": ("observer", "rater", "judge", "coder", "obs", "beobachter", "observador"),
}


def session_numbers(values: list[str]) -> dict[str, int]:
    """Give texts for sessions their numbers: by the number in each, or by the order of pre, mid, post.

    Parameters
    ----------
    values : list of str
        What stands in the column.

    Returns
    -------
    dict of str to int
        Empty where the texts do not tell; texts without a number beside texts with one are left out.
    """
    numbers = {value: [int(text) for text in re.findall(r"\d{1,4}", _without_arm(value))] for value in values}
    first = {value: of[0] for value, of in numbers.items() if of}
    if first and len(set(first.values())) == len(first):
        return dict(sorted(first.items(), key=lambda pair: pair[1]))
    phases = {value: PHASES.get(re.sub(r"[^a-zäöü]", "", value.casefold())) for value in values}
    order = {value: order for value, order in phases.items() if order is not None}
    if len(order) == len(values) == len(set(order.values())):
        return {value: number for number, value in enumerate(sorted(order, key=lambda value: order[value]), start=1)}
    return {}


def _without_arm(event: str) -> str:
    """An event of REDCap without the arm of the study."""
    return re.sub(r"_arm_\d+$", "", event)


def perspective_of(text: str) -> str:
    """Tell the perspective that a word stands for.

    Parameters
    ----------
    text : str
        Such as "Patient" or "therapist".

    Returns
    -------
    str
        client, therapist, observer, or nothing.
    """
    word = text.strip().casefold()
    return next((who for who, words in PERSPECTIVES.items() if word in words), "")


def perspective_columns(table: RawTable, columns: dict[str, Column], taken: set[str]) -> dict[str, dict[str, str]]:
    """Find the columns that say who answered.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns of items.

    Returns
    -------
    dict of str to dict
        Column -> value in the file -> perspective. Value labels count as the values they stand for.
    """
    found = {}
    for name, column in columns.items():
        if name in taken or not 2 <= column.distinct <= 3:
            continue
        values = [str(value) for value in as_text(table.frame[name]).dropna().unique()]
        labels = {f"{value:g}": label for value, label in table.labels.get(name, {}).items()}
        meant = {value: perspective_of(labels.get(value, value)) for value in values}
        if all(meant.values()) and len(set(meant.values())) == len(meant):
            found[name] = meant
    return found
