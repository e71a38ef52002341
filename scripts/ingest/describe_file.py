"""From a file to data/datasets/NAME/dataset.yaml: make dataset FILE=answers.sav NAME=my_study.

Shows what the file holds, asks what it cannot decide, writes the description, and runs all checks. Every question has
an option, so that it also works without a terminal. No code of a person and no single answer is shown.
"""

import argparse
import os
import re
import shutil
import sys
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

from pipeline.data import recognizing
from pipeline.data.checking import mistakes
from pipeline.data.client_variables import USUAL_CODES
from pipeline.data.configuration import RESERVED, known_forms, read_config, read_instruments, validated
from pipeline.data.description_text import Part, description_text, flow
from pipeline.data.formats.bounds import Limits, Unreadable
from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.item_blocks import Block
from pipeline.data.item_columns import item_names
from pipeline.data.job import InputError
from pipeline.data.reading import READERS, as_text, client_codes, read_raw
from pipeline.data.recognizing import Column, Found
from pipeline.data.session_dates import RULES, day_numbers, looks_like_dates
from pipeline.data.value_labels import NO_ANSWER
from pipeline.data.yaml_files import read_yaml

NONE = "none"
MOST_SHOWN = 60  # columns that are listed
SOURCE = "Not stated yet: say who collected the data, and where they are described"


def parser() -> argparse.ArgumentParser:
    """Every question of the dialog as an option."""
    it = argparse.ArgumentParser(
        description="Describe a file of answers: writes data/datasets/NAME/dataset.yaml and runs all checks.",
        epilog="Example: --file answers.sav --name my_study --client id --outcome bdi_end=0..63 --yes",
    )
    add = it.add_argument
    add("--file", action="append", required=True, type=Path, help="a file of answers or client variables; repeatable")
    add("--name", help="name of the data set; forms of its own may lie in data/datasets/NAME/*.instrument.yaml already")
    add("--title", help="title in figures and reports")
    add("--source", help="who collected the data, and where they are described")
    add("--form", action="append", default=[], metavar="FORM[:PERSPECTIVE][=COLUMNS]",
        help="form of a block of items (make forms lists them); COLUMNS is a pattern such as wai_{item}, or names, "
        "places (#4) and first..last with commas between them; repeatable; with COLUMNS, nothing else is used",
    )  # fmt: skip
    add("--perspective", choices=["client", "therapist", "observer"], help="who answered, where the file does not say")
    add("--perspective-column", help="column that says who answered, as in role:1=client,2=therapist; or none")
    add("--client", help="column with the client's code; row where there is none")
    add("--therapist", help="column with the therapist's code, or none")
    add("--session", help="column with the session, or none")
    add(
        "--sessions",
        help=f"numbers of sessions that are texts, as in pre=1,post=2; or {', '.join(RULES)}",
    )
    add("--rater", help="column with the rater's code, or none")
    add("--keep", action="append", default=[], metavar="COLUMN=VALUE", help="use only these rows; repeatable")
    add("--missing-codes", help="codes for missing answers, as in 9,99; or none")
    add("--recode", help="answers in words, as in never=1,always=7")
    add("--range", help="lowest and highest answer of this edition, as in 0..6")
    add("--turned", choices=["yes", "no"], help="whether reverse-keyed items were turned before the file was written")
    for role in ("outcome", "baseline"):
        add(f"--{role}", action="append", default=[], metavar="COLUMN[=LOW..HIGH]",
            help=f"column that is an {role}, with its possible range; repeatable".replace("an b", "a b"))  # fmt: skip
    add("--group", action="append", default=[], metavar="COLUMN", help="column with a group; repeatable")
    add("--sheet", help="sheet of a workbook")
    add("--header", type=int, help="row that holds the names of the columns")
    add("--encoding", help="encoding of a text file")
    add("--delimiter", help="delimiter of a text file")
    add("--decimal", choices=[".", ","], help="decimal mark of a text file")
    add("--limits", help="the most that is read of a file, as in mebibytes=1024,columns=20000,cells=400000000")
    add("--yes", action="store_true", help="take every suggestion and ask nothing")
    add("--show", action="store_true", help="only show what the files hold; nothing is asked or written")
    add("--replace", action="store_true", help="write a description that is there already anew")
    add("--root", type=Path, default=Path(__file__).parents[2], help="folder of the project")
    return it


class Dialog:
    """Asks in a terminal; elsewhere takes suggestions, or stops and names the option that decides.

    Parameters
    ----------
    terminal : bool
        Whether somebody can answer.
    yes : bool
        Whether every suggestion is taken.
    """

    def __init__(self, terminal: bool, yes: bool):
        self.terminal, self.yes, self.asked = terminal, yes, 0

    def choose(self, question: str, options: list[str], option: str, suggestion: str = "", safe: bool = False) -> str:
        """One of several answers; `safe`: the suggestion is taken where nobody can be asked."""
        if self.terminal and not self.yes:
            self.asked += 1
            for number, each in enumerate(options, start=1):
                print(f"  {number}  {each}")
            while True:
                said = input(f"{question}" + (f" [{suggestion}]" if suggestion else "") + ": ").strip() or suggestion
                if said.isdigit() and said not in options and 1 <= int(said) <= len(options):
                    said = options[int(said) - 1]
                if said in options:
                    return said
                print(f"  please answer with one of {', '.join(options)}, or its number")
        return self._without(question, option, suggestion, safe)

    def write(self, question: str, option: str, suggestion: str = "", safe: bool = False) -> str:
        """A text."""
        if self.terminal and not self.yes:
            self.asked += 1
            return input(f"{question}" + (f" [{suggestion}]" if suggestion else "") + ": ").strip() or suggestion
        return self._without(question, option, suggestion, safe)

    def _without(self, question: str, option: str, suggestion: str, safe: bool) -> str:
        if (self.yes and suggestion) or safe:
            print(f"{question}: {suggestion or 'none'} (suggested; {option} decides)")
            return suggestion
        hint = f"; {suggestion} is suggested, which --yes takes" if suggestion else ""
        raise InputError(f"{question}: say {option}{hint}.")


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


def main(arguments: list[str] | None = None) -> int:
    """Run the dialog; 0 where the data set can be computed."""
    given = parser().parse_args(arguments)
    dialog = Dialog(sys.stdin.isatty() and sys.stdout.isatty(), given.yes)
    try:
        return describe(given, dialog)
    except InputError as mistake:
        print(mistake, file=sys.stderr)
    except (EOFError, KeyboardInterrupt):
        print("\nStopped; nothing was written.", file=sys.stderr)
    return 1


def describe(given: argparse.Namespace, dialog: Dialog) -> int:
    """Read, show, ask, write, check."""
    root: Path = given.root
    _check_files(given.file)
    forms = known_forms(given.name, root) if given.name else read_instruments(root)
    files = [read_file(path, given, forms) for path in given.file]
    for file in files:
        show(file)
    if given.show:
        return 0
    name = given.name or dialog.write("Name of the data set", "--name", _plain(given.file[0].stem))
    folder = root / "data/datasets" / name
    _check_name(name, folder, given.replace)
    responses: list[Part] = []
    for file in files:
        identify(file, given, dialog)
        responses += entries(file, given, dialog, forms)
    without = list(dict.fromkeys(part.content["file"] for part in responses if part.content["client"] == "row"))
    if len(without) > 1:
        raise InputError(
            f"{' and '.join(without)} have no column of codes, so that nobody can be found in both; say --client, or "
            "describe each file as a data set of its own."
        )
    if not responses:
        raise InputError(
            "No form was recognised by the names of the columns: say --form KEY=COLUMNS, as in "
            "--form wai_sr:client=q{item}, --form wai_sr:client=first..last or --form wai_sr:client=#4..#15 "
            "(`make forms` lists the keys)."
        )
    clients, made = client_part(files, given, dialog)
    title = given.title or name.replace("_", " ").replace("-", " ").capitalize()
    text = description_text(title, given.source or SOURCE, responses, clients, unused_lines(files, clients))
    if given.limits:
        text += f"\nlimits: {flow(_limits_given(given))}\n"
    validated(_parsed(text), "dataset", root, f"data/datasets/{name}/dataset.yaml")
    write(folder, text, given.file, made)
    print(_heading("\nWritten"))
    print(f"data/datasets/{name}/dataset.yaml")
    return check(name, root, dialog)


def read_file(path: Path, given: argparse.Namespace, forms: dict[str, dict]) -> File:
    """Read a file; where no form shows in the first sheet below the first row, look in the others."""
    if not path.is_file():
        raise InputError(f"{path.name}: the file does not exist.")
    if path.suffix.lower() not in READERS:
        raise InputError(f"{path.name}: files of this kind are not read; these are: {', '.join(READERS)}.")
    options = ReadOptions.of(vars(given) | {"limits": Limits(**_limits_given(given))})
    table = None
    try:
        table = read_raw(path, path.name, options)
    except InputError:
        if given.sheet or given.header:
            raise
    best = _file(path, options, table, forms, given) if table else None
    if (best is None or not _recognised(best)) and not (given.sheet and given.header) and not _named_columns(given):
        sheets = [given.sheet] if given.sheet else sheets_of(path, options) or [None]
        for sheet in sheets:
            for header in [given.header] if given.header else [1, 2, 3]:
                tried = replace(options, sheet=sheet, header=header)
                try:
                    other = _file(path, tried, read_raw(path, path.name, tried), forms, given)
                except InputError:
                    continue
                if _recognised(other) > (_recognised(best) if best else -1):
                    best = other
    if best is None:
        read_raw(path, path.name, options)  # says what is wrong
        raise InputError(f"{path.name}: not readable.")
    return best


def _limits_given(given: argparse.Namespace) -> dict[str, int]:
    """`limits:`, as the option gives them."""
    found = {key: _number(value) for key, value in _pairs(given.limits, "--limits").items()} if given.limits else {}
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
    columns = recognizing.described(table)
    file = File(path, options, table, columns, recognizing.found_forms(table, columns, forms, path.name))
    if not _recognised(file) and (long := recognizing.long_by_item(table, columns)):
        file.long = long
        text = as_text(table.frame[long[0]])
        for block in long[2]:
            rows = table.frame.loc[text.isin(block.names)]
            counts, _ = recognizing.answers_of(RawTable(rows, ""), Block([long[1]], 1, [long[1]]))
            file.found.append(recognizing.recognised(block, (counts, table.labels.get(long[1], {})), forms, path.name))
    file.perspectives = recognizing.perspective_columns(table, columns, {n for f in file.found for n in f.block.names})
    return file


def _pattern(block: Block) -> str:
    """How the dialog calls a block of items."""
    return block.columns if isinstance(block.columns, str) else f"{block.names[0][:30]}, ..."


def _recognised(file: File) -> int:
    return sum(len(one.block.names) for one in file.found if one.instrument)


def _named_columns(given: argparse.Namespace) -> bool:
    return any("=" in form for form in given.form)


def show(file: File) -> None:
    """What the file holds, in numbers."""
    rows = len(file.table.frame)
    print(_heading(f"\n{file.path.name}"))
    print(f"  {file.table.read_as}; {rows} rows, {len(file.columns)} columns")
    if file.table.twice:
        print(f"  left out, since they stand twice: {', '.join(file.table.twice)}")
    if len(file.table.sheets) > 1:
        print(f"  sheets: {', '.join(file.table.sheets)}")
    for one in file.found:
        pattern = _pattern(one.block)
        parts = [f"{one.block.items} items"]
        parts += [f"{len(one.block.sessions)} sessions in the names"] if one.block.sessions else []
        parts += [f"answers {one.low:g} to {one.high:g}"] if one.low == one.low else []
        parts += [f"{len(one.words)} answers in words"] if one.words else []
        parts += [f"{_numbers(one.codes)} look like codes for missing"] if one.codes else []
        if one.labels:
            ends = [f"{value:g} = {one.labels[value]}" for value in (min(one.labels), max(one.labels))]
            parts.append(f"labels from {ends[0]} to {ends[1]}")
        meant = (
            " or ".join(one.forms) if one.forms else f"{one.instrument}, of which no form has {one.block.items} items"
        )
        known = f" -> {meant}" if one.instrument else " (no known form)"
        print(f"  {pattern}: {', '.join(parts)}{known}" + (f", {one.perspective}" if one.perspective else ""))
    if not _recognised(file):
        print("  no form shows in the names of the columns; their places are:")
        for place, (name, about) in list(enumerate(file.columns.items(), start=1))[:MOST_SHOWN]:
            values = f"{about.low:g} to {about.high:g}" if about.numeric else f"{about.distinct} different texts"
            print(f"    #{place} {name[:50]}{'...' if len(name) > 50 else ''}: n = {about.n}, {values}")
    taken = {name for one in file.found for name in one.block.names}
    for what, candidates in (
        ("clients", recognizing.client_columns(file.columns, rows, taken)),
        ("therapists", recognizing.therapist_columns(file.columns, taken)),
        ("sessions", recognizing.session_columns(file.columns, taken)),
    ):
        if candidates:
            print(f"  {what}: " + ", ".join(f"{one} ({file.columns[one].distinct} values)" for one in candidates[:3]))
    for column, meant_by in file.perspectives.items():
        print(f"  who answered: {column} ({', '.join(meant_by.values())})")


def identify(file: File, given: argparse.Namespace, dialog: Dialog) -> None:
    """Decide which columns hold client, therapist, session and rater."""
    rows, name = len(file.table.frame), file.path.name
    items = {column for one in file.found if one.instrument for column in one.block.names}
    for column in (given.client, given.therapist, given.session, given.rater):
        if column and column not in (NONE, "row") and all(column not in each for each in [file.columns]):
            if len(given.file) == 1:
                raise InputError(f"{name}: there is no column '{column}'.")
    _identify_perspective(file, given)
    likely = recognizing.client_columns(file.columns, rows, items | set(file.perspectives))
    if given.client and (given.client in file.columns or given.client == "row"):
        file.client = given.client
    elif len(likely) == 1 or (likely and _clearly_first(likely)):
        file.client = likely[0]
    elif likely:
        file.client = dialog.choose(
            f"{name}: which column holds the client's code", [*likely, "row"], "--client", likely[0]
        )
    else:
        options = ["row", *list(file.columns)[:5]]
        question = f"{name}: no column looks like a client's code; is every row another client (row), or which is it"
        file.client = dialog.choose(question, options, "--client", "row", safe=file.long is None)
    items = items | {file.client, *file.perspectives}
    file.therapist = _column(
        given.therapist, file, recognizing.therapist_columns(file.columns, items), "therapist", dialog, ask=False
    )
    items = items | {file.therapist}
    sessions = recognizing.session_columns(file.columns, items)
    if any(one.block.sessions for one in file.found if one.instrument):
        sessions = []
    telling = [column for column in sessions if not _repeats(file, column)]
    if not telling and not any(one.block.sessions for one in file.found if one.instrument):
        dates = recognizing.date_columns(file.table, file.columns, items)
        telling = [column for column in dates if not _repeats(file, column)][:1]
    sessions = (telling or sessions) if file.client != "row" and _repeats(file) else []
    file.session = _column(given.session, file, sessions, "session", dialog, ask=True)
    if given.rater and given.rater != NONE and given.rater in file.columns:
        file.rater = given.rater


def _identify_perspective(file: File, given: argparse.Namespace) -> None:
    if not given.perspective_column:
        file.perspectives = dict(list(file.perspectives.items())[:1])
        return
    column, _, values = given.perspective_column.partition(":")
    if column == NONE or column not in file.columns:
        file.perspectives = {}
    elif values:
        file.perspectives = {column: _pairs(values, "--perspective-column")}
    elif column in file.perspectives:
        file.perspectives = {column: file.perspectives[column]}
    else:
        raise InputError(f"{file.path.name}: say who is meant: --perspective-column {column}:VALUE=client,...")


def _clearly_first(likely: list[str]) -> bool:
    """No other candidate names clients as clearly."""
    tiers = [
        next((tier for tier, pattern in enumerate(recognizing.CLIENT) if recognizing.mentions(pattern, name)), 99)
        for name in likely
    ]
    return tiers.count(min(tiers)) == 1


def _repeats(file: File, session: str = "") -> bool:
    """Whether a client stands in several rows, of one perspective and session."""
    keys = [file.client, *file.perspectives, *([session] if session else []), *([file.long[0]] if file.long else [])]
    return bool(file.table.frame[keys].astype(str).duplicated().any())


def _column(said: str | None, file: File, likely: list[str], what: str, dialog: Dialog, ask: bool) -> str:
    """The column for a therapist or a session; empty where there is none."""
    if said:
        return said if said != NONE and said in file.columns else ""
    if len(likely) > 1 and ask:
        question = f"{file.path.name}: which column holds the {what}"
        chosen = dialog.choose(question, [*likely, NONE], f"--{what}", likely[0])
        return "" if chosen == NONE else chosen
    return likely[0] if likely else ""


def entries(file: File, given: argparse.Namespace, dialog: Dialog, forms: dict[str, dict]) -> list[Part]:
    """The entries under `responses:` of one file."""
    parts = []
    blocks = _named_blocks(file, given, forms) if _named_columns(given) else known_blocks(file, given, dialog, forms)
    for one in blocks:
        whos = file.perspectives or {"": {"": one.perspective or given.perspective or ""}}
        for column, values in whos.items():
            for value, who in values.items():
                part = _entry(file, replace(one), column, value, who, given, dialog, forms)
                if part:
                    parts.append(part)
    return parts


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
            fitting = [form for form, key in forms.items() if key["items"] == one.block.items]
            if fitting:
                pattern = _pattern(one.block)
                form = dialog.choose(f"{file.path.name}, {pattern}: which form", [*fitting, NONE], "--form", NONE)
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
                f"{file.path.name}, {_pattern(one.block)}: left out, because its answers {one.low:g} to {one.high:g} "
                f"are not those of {one.forms[0]}, which another block has"
            )
        else:
            kept.append(one)
    return kept


def _set_odd(file: File, one: Found, forms: dict[str, dict]) -> None:
    """The answers outside the range of the form that was named."""
    low, high = forms[one.forms[0]]["range"]
    if file.long is None:
        counts = recognizing.answers_of(file.table, one.block)[0]
        numbers = {float(n) for n in pd.to_numeric(pd.Series(list(counts), dtype=object), errors="coerce").dropna()}
        one.odd = sorted(number for number in numbers - set(one.codes) if not low <= number <= high)


def _named_blocks(file: File, given: argparse.Namespace, forms: dict[str, dict]) -> list[Found]:
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
        one = recognizing.recognised(block, recognizing.answers_of(file.table, block), forms, "")
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
            raise InputError(f"--form {said}: sessions in the names are found out; give {{item}} only.")
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


def _entry(
    file: File, one: Found, column: str, value: str, who: str, given: argparse.Namespace, dialog: Dialog, forms: dict
) -> Part | None:
    """One entry; nothing where it is not wanted."""
    pattern = _pattern(one.block)
    form = _form(file, one, pattern, who, given, dialog, forms)
    if form is None:
        return None
    key = forms[form]
    if not who:
        known = key["perspectives"]
        who = known[0]
        if len(known) > 1:
            question = f"{file.path.name}, {pattern}: who answered {form}"
            who = dialog.choose(question, known, "--perspective", known[0], safe=True)
    content: dict = {"file": file.path.name}
    content |= {
        part: getattr(file.options, part)
        for part in ("sheet", "header", "encoding", "delimiter", "decimal")
        if getattr(file.options, part) not in (None, 1)
    }
    content |= {"form": form, "perspective": who, "columns": one.block.columns}
    if file.long:
        content |= {"item": file.long[0], "answer": file.long[1]}
    content["client"] = file.client
    for part in ("therapist", "rater"):
        if getattr(file, part):
            content[part] = getattr(file, part)
    keep = dict(_pair(pair, "--keep") for pair in given.keep if pair.partition("=")[0] in file.columns)
    keep |= {column: value} if column else {}
    frame = file.table.frame
    for name, wanted in keep.items():
        frame = frame.loc[as_text(frame[name]) == wanted]
    if frame.empty:
        raise InputError(f"{file.path.name}: no row is left by --keep.")
    if file.long is None and frame[one.block.names].isna().all(axis=None):
        return None  # of two perspectives, one may not have answered this form
    if one.block.sessions:
        content |= {"sessions": one.block.sessions} if "{session" in pattern and _as_words(one.block.sessions) else {}
    elif file.session:
        content |= _session(file, frame, one, given, dialog)
    content |= {"keep": keep} if keep else {}
    content |= _values(file, one, form, pattern, given, dialog, forms)
    content |= _turned(file, one, form, frame, content, pattern, given, dialog, forms)
    comment = f"{key['label']}, {who}: {one.block.items} items"
    comment += f", answers {one.low:g} to {one.high:g}" if one.low == one.low else ", answers in words"
    return Part(content, [comment])


def _as_words(sessions: dict[str, int]) -> bool:
    return any(not word.isdigit() for word in sessions)


def _form(
    file: File, one: Found, pattern: str, who: str, given: argparse.Namespace, dialog: Dialog, forms: dict
) -> str | None:
    fitting = [form for form in one.forms if not who or who in forms[form]["perspectives"]]
    said = [head.partition(":")[0] for head in given.form if "=" not in head]
    for form in said:
        if form not in forms:
            raise InputError(f"--form {form}: there is no such form; `make forms` lists them.")
        if form in fitting:
            return form
    if one.certain and fitting:
        return fitting[0]
    if not fitting:
        items = [form for form, key in forms.items() if key["items"] == one.block.items]
        print(
            f"{file.path.name}, {pattern}: left out, because no form of {one.instrument} has {one.block.items} items"
            + (f" and is answered by the {who}" if who and one.forms else "")
            + (f"; --form takes {' or '.join(items)}" if items else "")
            + "; an instrument file of ten lines adds a form (docs/data.md)."
        )
        return None
    if len(fitting) == 1:
        return fitting[0]
    labels = ", ".join(
        f"{form} has answers {forms[form]['range'][0]:g} to {forms[form]['range'][1]:g}" for form in fitting
    )
    return dialog.choose(f"{file.path.name}, {pattern}: which form ({labels})", fitting, "--form", fitting[0])


def _session(file: File, frame: pd.DataFrame, one: Found, given: argparse.Namespace, dialog: Dialog) -> dict:
    """`session:` and, for texts, `sessions:`."""
    names = [file.long[1]] if file.long else one.block.names
    answered = frame.loc[frame[names].notna().any(axis=1)]
    values = [str(value) for value in as_text(answered[file.session]).dropna().unique()]
    found: dict = {"session": file.session}
    if looks_like_dates(answered[file.session]) and not given.sessions:
        return found | {"sessions": _dates_rule(file, answered, dialog)}
    if all(value.isdigit() for value in values):
        return found
    if given.sessions in RULES:
        return found | {"sessions": given.sessions}
    numbers = {k: int(v) for k, v in _pairs(given.sessions, "--sessions").items()} if given.sessions else {}
    numbers = numbers or recognizing.session_numbers(values)
    if not set(values) <= set(numbers):
        shown = ", ".join(sorted(values)[:8])
        said = dialog.write(
            f"{file.path.name}, column '{file.session}': the numbers of the sessions {shown}, as in pre=1,post=2",
            "--sessions",
        )
        numbers = {k: int(v) for k, v in _pairs(said, "--sessions").items()}
    return found | {"sessions": numbers}


def _dates_rule(file: File, answered: pd.DataFrame, dialog: Dialog) -> str:
    """How the dates of the sessions are read; where nobody knows the day from the month, somebody has to say."""
    try:
        day_numbers(answered[file.session], "dates", file.path.name)
    except InputError:
        question = f"{file.path.name}, column '{file.session}': which of the two numbers of a date is the day"
        return dialog.choose(question, list(RULES[1:]), "--sessions")
    return "dates"


def _values(
    file: File, one: Found, form: str, pattern: str, given: argparse.Namespace, dialog: Dialog, forms: dict
) -> dict:
    """`missing_codes:`, `recode:` and `range:`."""
    place = f"{file.path.name}, {pattern}"
    low, high = forms[form]["range"]
    found: dict = {}
    codes: list = [code for code in one.codes if not low <= code <= high or code in _no_answer(one)]
    if given.missing_codes:
        codes = [] if given.missing_codes == NONE else [_number(code) for code in given.missing_codes.split(",")]
    words = [word for word in one.words if word not in codes]
    no_answer = [word for word in words if NO_ANSWER.search(word.strip().lower())]
    codes += no_answer
    words = [word for word in words if word not in no_answer]
    if given.range:
        found["range"] = _limits(given.range, "--range")
        low, high = found["range"]
    if words and given.recode:
        recode = {word: _number(number) for word, number in _pairs(given.recode, "--recode").items()}
        found["recode"] = {word: number for word, number in recode.items() if word in one.words or word.isdigit()}
    elif given.recode:
        found["recode"] = {word: _number(number) for word, number in _pairs(given.recode, "--recode").items()}
    elif words:
        found["recode"] = _recode(words, low, high, place, dialog)
    odd = [value for value in one.odd if value not in codes and not low <= value <= high]
    if odd and "recode" not in found and not given.missing_codes:
        edition = f"range {one.low:g}..{one.high:g}"
        missing = f"missing codes {_numbers(odd)}"
        few = len(odd) <= 2 and all(value > high or value < 0 for value in odd)
        shown = _numbers(odd[:5]) + (", ..." if len(odd) > 5 else "")
        question = f"{place}: {shown} outside the range {low:g} to {high:g} of {form}: what are they"
        chosen = dialog.choose(
            question,
            [missing, edition, "mistakes"],
            "--missing-codes or --range",
            missing if few else edition if len(odd) <= 2 else "mistakes",
        )
        if chosen == missing:
            codes += odd
        elif chosen == edition:
            found["range"] = [one.low, one.high]
    return found | ({"missing_codes": codes} if codes else {})


def _no_answer(one: Found) -> list[float]:
    return [value for value, label in one.labels.items() if NO_ANSWER.search(label.strip().lower())]


def _recode(words: list[str], low: float, high: float, place: str, dialog: Dialog) -> dict[str, float]:
    if len(words) > recognizing.MOST_WORDS:
        raise InputError(f"{place}: {len(words)} different texts; these are no answers to choose from.")
    numbers = recognizing.number_in_front(words) or recognizing.on_a_ladder(words, low, high)
    if numbers:
        return dict(sorted(numbers.items(), key=lambda pair: pair[1]))
    print(f"{place}: the answers are {', '.join(repr(word) for word in words)}")
    said = dialog.write(
        f"{place}: the numbers of the answers in words ({low:g} to {high:g}), as in never={low:g},always={high:g}",
        "--recode",
    )
    found = {word: _number(number) for word, number in _pairs(said, "--recode").items()}
    if absent := [word for word in words if word not in found]:
        raise InputError(f"{place}: --recode gives no number for '{absent[0]}'.")
    return found


def _turned(
    file: File,
    one: Found,
    form: str,
    frame: pd.DataFrame,
    content: dict,
    pattern: str,
    given: argparse.Namespace,
    dialog: Dialog,
    forms: dict,
) -> dict:
    """`reverse: []` where the file holds answers that are turned already."""
    reverse = forms[form].get("reverse", [])
    if not reverse or file.long or one.block.sessions or given.turned == "no":
        return {}
    if given.turned == "yes":
        return {"reverse": []}
    names = dict(enumerate(one.block.names, start=1))
    codes = {str(code) for code in content.get("missing_codes", [])}
    plain = frame[one.block.names].apply(
        lambda column: as_text(column).map(lambda text: None if text in codes else text)
    )
    if recode := {str(word): str(number) for word, number in content.get("recode", {}).items()}:
        plain = plain.map(lambda text: recode.get(text, text))
    if not recognizing.already_turned(plain, names, reverse):
        return {}
    question = (
        f"{file.path.name}, {pattern}: the reverse-keyed items of {form} correlate positively with the others; were "
        "they turned before the file was written"
    )
    return {"reverse": []} if dialog.choose(question, ["yes", "no"], "--turned", "yes") == "yes" else {}


def client_part(
    files: list[File], given: argparse.Namespace, dialog: Dialog
) -> tuple[Part | None, dict[str, pd.DataFrame]]:
    """`clients:`, and a file with one row per client where there is none yet."""
    wanted: dict[str, dict] = {}
    for role in ("outcome", "baseline", "group"):
        wanted |= dict(_variable(said, role) for said in getattr(given, role))
    suggested = {
        column: role
        for file in files
        for column, role in recognizing.variable_columns(file.columns, file.taken).items()
    }
    if not wanted and dialog.terminal and not dialog.yes and suggested:
        show_variables(files)
        for role in ("outcome", "baseline", "group"):
            likely = [column for column, of in suggested.items() if of == role]
            if not likely and (role == "group" or set(suggested.values()) == {"group"}):
                continue
            limits = "" if role == "group" else ", each with its range where it is known, as in bdi=0..63"
            question = f"Columns that are {role}s, with commas between them{limits}; empty for none"
            said = dialog.write(question + (f" ({', '.join(likely[:8])}?)" if likely else ""), f"--{role}")
            wanted |= dict(_variable(column.strip(), role) for column in said.split(",") if column.strip())
    if not wanted:
        return None, {}
    holding = next((file for file in files if set(wanted) <= set(file.columns)), None)
    if holding is None:
        absent = [column for column in wanted if not any(column in file.columns for file in files)]
        what = (
            f"there is no column '{absent[0]}'"
            if absent
            else "outcomes, baselines and groups have to stand in one file"
        )
        raise InputError(f"{what}.")
    variables = {}
    for column, about in wanted.items():
        name = _plain(column)
        variables[name] = ({"column": column} if name != column else {}) | about | {"label": column.replace("_", " ")}
        described = holding.columns[column]
        if about["role"] != "group" and "range" not in about and not described.numeric:
            raise InputError(
                f"{holding.path.name}, column '{column}': not all values are numbers; it cannot be a number."
            )
        elif codes := _codes_beyond(holding, column, about):
            variables[name]["missing_codes"] = codes
            print(
                f"{holding.path.name}, column '{column}': {_numbers(codes)} taken as missing, being outside the range"
            )
    comments = ["one row per client; a range: [lowest, highest] finds codes for missing values"]
    if holding.client == "row" or not holding.table.frame[holding.client].astype(str).duplicated().any():
        content = {"file": holding.path.name} | {
            part: getattr(holding.options, part)
            for part in ("sheet", "header", "encoding", "delimiter", "decimal")
            if getattr(holding.options, part) not in (None, 1)
        }
        return Part(content | {"client": holding.client, "variables": variables}, comments), {}
    table = one_row_each(holding, list(wanted))
    name = "clients.csv" if "clients.csv" not in [file.path.name for file in files] else "one_row_per_client.csv"
    comments.append(f"made by `make dataset` from {holding.path.name}, where a client has several rows")
    return Part({"file": name, "client": "client", "variables": variables}, comments), {name: table}


def _variable(said: str, role: str) -> tuple[str, dict]:
    """A column and what it is for, of bdi_end or bdi_end=0..63."""
    column, _, limits = said.partition("=")
    return column, {"role": role} | ({"range": _limits(limits, f"--{role}")} if limits else {})


def _codes_beyond(file: File, column: str, about: dict) -> list[float]:
    """Usual codes for missing values: outside a range that was given, or beyond the numbers of groups."""
    if about["role"] == "group":
        if not file.columns[column].numeric:
            return []
    elif "range" not in about:
        return []
    values = set(pd.to_numeric(as_text(file.table.frame[column]).dropna(), errors="coerce"))
    rest = [value for value in values if value not in USUAL_CODES]
    if not rest:
        return []
    low, high = about.get("range", (min(rest), max(rest)))
    return [_number(str(code)) for code in sorted(USUAL_CODES) if code in values and not low <= code <= high]


def one_row_each(file: File, columns: list[str]) -> pd.DataFrame:
    """Variables of clients that stand in several rows: the one value that each client has."""
    frame = file.table.frame
    code = client_codes(frame, file.client)
    found = {}
    for column in columns:
        pairs = pd.DataFrame({"client": code, "value": as_text(frame[column])}).dropna().drop_duplicates()
        if several := pairs.loc[pairs["client"].duplicated(), "client"].nunique():
            raise InputError(
                f"{file.path.name}, column '{column}': {several} clients have several values; "
                "give a file with one row per client."
            )
        found[column] = pairs.set_index("client")["value"]
    return pd.DataFrame(found).reindex(code.dropna().unique()).rename_axis("client").reset_index()


def show_variables(files: list[File]) -> None:
    """Other columns with n, minimum and maximum."""
    print(_heading("\nOther columns"))
    for file in files:
        for column, role in recognizing.variable_columns(file.columns, file.taken).items():
            about = file.columns[column]
            values = f"{about.low:g} to {about.high:g}" if about.numeric else f"{about.distinct} levels"
            print(f"  {column}: n = {about.n}, {values}" + (f" ({role}?)" if role != "number" else ""))


def unused_lines(files: list[File], clients: Part | None) -> list[str]:
    """Comments about columns that could be outcomes, baselines or groups."""
    used = {about.get("column", name) for name, about in (clients.content["variables"] if clients else {}).items()}
    lines = []
    for file in files:
        for column, role in recognizing.variable_columns(file.columns, file.taken).items():
            if column not in used and role != "number":
                lines.append(f"{column} in {file.path.name} could be: {role}")
    return ["Columns that are not used (see clients: in docs/data.md):", *lines[:20]] if lines else []


def write(folder: Path, text: str, files: list[Path], made: dict[str, pd.DataFrame]) -> None:
    """Copy the files and write the description; only the owner can read them."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for path in files:
        target = folder / path.name
        if path.resolve() != target.resolve():
            shutil.copyfile(path, target)
        target.chmod(0o600)
    for name, table in made.items():
        _private(folder / name, table.to_csv(index=False))
    _private(folder / "dataset.yaml", text)


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    path.chmod(0o600)


def check(name: str, root: Path, dialog: Dialog) -> int:
    """All checks, and what to do next."""
    config = read_yaml(root / "config.yaml", "config.yaml") or {}
    settings = read_config(config | {"datasets": [name]}, root)
    found, _ = mistakes(name, root, settings["occasion"])
    print(_heading("\nChecked"))
    for mistake in found:
        print(f"- {mistake}")
    asked = f"{dialog.asked} {'question' if dialog.asked == 1 else 'questions'} asked. " if dialog.asked else ""
    if found:
        print(f"\n{asked}Correct data/datasets/{name}/dataset.yaml, then: make check NAME={name}")
        return 1
    listed = config.get("datasets", [])
    entry = "" if name in listed else f"add {name} to datasets: in config.yaml, then "
    print(f"nothing stops a run\n\n{asked}Next: {entry}make")
    return 0


def _check_files(paths: list[Path]) -> None:
    """Two files of one name would become one in the folder of the data set."""
    names = [path.name for path in paths]
    if twice := [name for name in names if names.count(name) > 1]:
        raise InputError(f"--file: two files are called {twice[0]}; rename one of them.")


def _check_name(name: str, folder: Path, replaced: bool) -> None:
    if name in RESERVED or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise InputError(f"--name {name}: a name has letters, digits, _ and -, and is none of {', '.join(RESERVED)}.")
    if (folder / "dataset.yaml").exists() and not replaced:
        raise InputError(f"data/datasets/{name}/dataset.yaml is there already; --replace writes it anew.")


def _parsed(text: str) -> dict:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "dataset.yaml"
        path.write_text(text, encoding="utf-8")
        return read_yaml(path, "dataset.yaml")


def _plain(text: str) -> str:
    """A name for a variable or a data set."""
    plain = re.sub(r"[^a-z0-9]+", "_", text.casefold()).strip("_")
    return plain if plain[:1].isalpha() else f"v_{plain}"


def _pairs(text: str, option: str) -> dict[str, str]:
    return dict(_pair(pair, option) for pair in text.split(","))


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=") if option != "--keep" else text.partition("=")
    if not equals:
        raise InputError(f"{option}: '{text}' should be like name=value.")
    return name.strip(), value.strip()


def _limits(text: str, option: str) -> list[float]:
    low, dots, high = text.partition("..")
    if not dots:
        raise InputError(f"{option}: '{text}' should be like 0..10.")
    return [_number(low), _number(high)]


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"'{text}' is not a number.") from None
    return int(number) if number.is_integer() else number


def _numbers(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _heading(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


if __name__ == "__main__":
    sys.exit(main())
