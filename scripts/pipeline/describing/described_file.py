"""One file of the dialog: as it was read, and which of its columns mean what."""

import argparse
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from pipeline.data.formats.bounds import Limits, Unreadable
from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.item_blocks import Block
from pipeline.data.job import InputError
from pipeline.data.reading import READERS, as_text, read_raw
from pipeline.describing.columns import Column, described
from pipeline.describing.forms_in_files import Found, answers_of, found_forms, long_by_item, recognised
from pipeline.describing.option_values import named_values, number_of
from pipeline.describing.who_and_when import perspective_columns


@dataclass
class File:
    """One file as it was read, and which of its columns mean what."""

    path: Path
    options: ReadOptions
    table: RawTable
    columns: dict[str, Column]
    found: list[Found]
    long: tuple[str, str, list[Block]] | None = None
    client: str = ""
    therapist: str = ""
    session: str = ""
    sessions: dict[str, int] = field(default_factory=dict)
    rater: str = ""
    perspectives: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def taken(self) -> set[str]:
        """Columns of items, codes, sessions and perspectives."""
        items = {name for one in self.found if one.instrument for name in one.block.names}
        return items | {self.client, self.therapist, self.session, self.rater, *self.perspectives} - {""}


def read_file(path: Path, given: argparse.Namespace, forms: dict[str, dict]) -> File:
    """Read a file; where no form shows in the first sheet below the first row, look in the others."""
    if not path.is_file():
        raise InputError(f"{path.name}: the file does not exist.")
    if path.suffix.lower() not in READERS:
        raise InputError(f"{path.name}: files of this kind are not read; these are: {', '.join(READERS)}.")
    options = ReadOptions.of(vars(given) | {"limits": Limits(**limits_given(given))})
    table = None
    try:
        table = read_raw(path, path.name, options)
    except InputError:
        if given.sheet or given.header:
            raise
    best = _file(path, options, table, forms, given) if table else None
    if (best is None or not items_recognised(best)) and not (given.sheet and given.header) and not named_columns(given):
        sheets: list[str | None] = [given.sheet] if given.sheet else [*sheets_of(path, options)] or [None]
        for sheet in sheets:
            for header in [given.header] if given.header else [1, 2, 3]:
                tried = replace(options, sheet=sheet, header=header)
                try:
                    other = _file(path, tried, read_raw(path, path.name, tried), forms, given)
                except InputError:
                    continue
                if items_recognised(other) > (items_recognised(best) if best else -1):
                    best = other
    if best is None:
        read_raw(path, path.name, options)  # says what is wrong
        raise InputError(f"{path.name}: not readable.")
    return best


def limits_given(given: argparse.Namespace) -> dict[str, int]:
    """`limits:`, as the option gives them."""
    found = (
        {key: number_of(value) for key, value in named_values(given.limits, "--limits").items()} if given.limits else {}
    )
    known = [limit.name for limit in fields(Limits)]
    if unknown := [key for key, value in found.items() if key not in known or not isinstance(value, int) or value < 1]:
        raise InputError(f"--limits: '{unknown[0]}' should be one of {', '.join(known)} with a whole number.")
    return {key: int(value) for key, value in found.items()}


def sheets_of(path: Path, options: ReadOptions) -> list[str]:
    """The sheets of a workbook, also where the first holds no data."""
    try:
        return READERS[path.suffix.lower()](path, options).sheets
    except Unreadable:
        return []


def _file(path: Path, options: ReadOptions, table: RawTable, forms: dict, given: argparse.Namespace) -> File:
    for column, choices in given.choices.items():
        if column in table.frame:
            table.labels.setdefault(column, choices)
    columns = described(table)
    file = File(path, options, table, columns, found_forms(table, columns, forms, path.name))
    if not items_recognised(file) and (long := long_by_item(table, columns)):
        file.long = long
        text = as_text(table.frame[long[0]])
        for block in long[2]:
            rows = table.frame.loc[text.isin(block.names)]
            counts, _ = answers_of(RawTable(rows, ""), Block([long[1]], 1, [long[1]]))
            file.found.append(recognised(block, (counts, table.labels.get(long[1], {})), forms, path.name))
    file.perspectives = perspective_columns(table, columns, {n for f in file.found for n in f.block.names})
    return file


def pattern_of(block: Block) -> str:
    """How the dialog calls a block of items."""
    return block.columns if isinstance(block.columns, str) else f"{block.names[0][:30]}, ..."


def items_recognised(file: File) -> int:
    return sum(len(one.block.names) for one in file.found if one.instrument)


def named_columns(given: argparse.Namespace) -> bool:
    return any("=" in form for form in given.form)
