"""Which blocks of items are described, and as which form."""

import argparse
import re

import pandas as pd

from pipeline.data.item_blocks import Block
from pipeline.data.item_columns import item_names
from pipeline.data.job import InputError
from pipeline.describing.described_file import File, pattern_of
from pipeline.describing.dialog import Dialog
from pipeline.describing.forms_in_files import Found, answers_of, recognised
from pipeline.describing.option_values import NONE


def known_blocks(file: File, given: argparse.Namespace, dialog: Dialog, forms: dict[str, dict]) -> list[Found]:
    """The blocks whose names mention an instrument; of others, those that --form or the user gives a form."""
    unknown = [one for one in file.found if not one.instrument]
    for said in given.form:
        form, _, who = said.partition(":")
        fitting = [one for one in unknown if form in forms and one.block.items == forms[form]["items"]]
        if len(fitting) == 1 and not any(form in one.forms for one in file.found if one.instrument):
            fitting[0].instrument, fitting[0].perspective = forms[form]["instrument"], who or fitting[0].perspective
            fitting[0].forms, fitting[0].certain = [form], True
            _set_odd(file, fitting[0], forms)
    known = _without_misfits(file, [one for one in file.found if one.instrument])
    if not known and dialog.terminal and not dialog.yes:
        for one in unknown:
            possible = [form for form, key in forms.items() if key["items"] == one.block.items]
            if possible:
                pattern = pattern_of(one.block)
                form = dialog.choose(f"{file.path.name}, {pattern}: which form", [*possible, NONE], "--form", NONE)
                if form != NONE:
                    one.instrument, one.forms, one.certain = forms[form]["instrument"], [form], True
                    _set_odd(file, one, forms)
                    known.append(one)
    return known


def _without_misfits(file: File, known: list[Found]) -> list[Found]:
    """Of several blocks for one form and perspective, those whose answers it has, where there are any."""
    kept = []
    for one in known:
        rivals = [other for other in known if (other.forms[:1], other.perspective) == (one.forms[:1], one.perspective)]
        if one.forms and one.odd and any(not other.odd for other in rivals):
            print(
                f"{file.path.name}, {pattern_of(one.block)}: left out, because its answers {one.low:g} to {one.high:g} "
                f"are not those of {one.forms[0]}, which another block has"
            )
        else:
            kept.append(one)
    return kept


def _set_odd(file: File, one: Found, forms: dict[str, dict]) -> None:
    """The answers outside the range of the form that was named."""
    low, high = forms[one.forms[0]]["range"]
    if file.long is None:
        counts = answers_of(file.table, one.block)[0]
        numbers = {float(n) for n in pd.to_numeric(pd.Series(list(counts), dtype=object), errors="coerce").dropna()}
        one.odd = sorted(number for number in numbers - set(one.codes) if not low <= number <= high)


def named_blocks(file: File, given: argparse.Namespace, forms: dict[str, dict]) -> list[Found]:
    """The blocks that --form names with their columns, where this file has them."""
    found = []
    for said in given.form:
        head, _, columns = said.partition("=")
        form, _, who = head.partition(":")
        if form not in forms:
            raise InputError(f"--form {said}: there is no form '{form}'; `make forms` lists them.")
        block = _block_of(columns, forms[form]["items"], file, said)
        if block is None:
            continue
        one = recognised(block, answers_of(file.table, block), forms, "")
        one.instrument, one.forms, one.certain = forms[form]["instrument"], [form], True
        _set_odd(file, one, forms)
        one.perspective = who or one.perspective
        found.append(one)
    if not found and len(given.file) == 1:
        raise InputError(f"{file.path.name}: it has none of the columns that --form names.")
    return found


def _block_of(columns: str, items: int, file: File, said: str) -> Block | None:
    names = list(file.columns)
    if "{item" in columns:
        if "{session" in columns:
            raise InputError(f"--form {said}: sessions in the names are recognized; give only {{item}}.")
        expected = list(item_names(columns, items, f"--form {said}").values())
        return Block(columns, items, expected) if set(expected) <= set(names) else None
    chosen: list[str] = []
    for part in columns.split(","):
        first, _, last = (_column_named(end.strip(), names) for end in part.partition(".."))
        if first is None or (".." in part and last is None):
            return None
        end = last if last is not None else first
        chosen += names[names.index(first) : names.index(end) + 1]
    if len(chosen) != items:
        raise InputError(f"--form {said}: these are {len(chosen)} columns; the form has {items} items.")
    return Block(chosen, items, chosen)


def _column_named(said: str, names: list[str]) -> str | None:
    """A column by its name, or by its place in the file as in #4."""
    if re.fullmatch(r"#\d+", said) and said not in names and 1 <= int(said[1:]) <= len(names):
        return names[int(said[1:]) - 1]
    return said if said in names else None
