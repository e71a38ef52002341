"""`scores:` of a description: scale scores of persons, of which the file holds no items."""

import argparse

from pipeline.data.description_text import Part
from pipeline.data.item_blocks import Block
from pipeline.data.job import InputError
from pipeline.data.reading import as_text
from pipeline.describing.client_part import missing_in, variable
from pipeline.describing.described_file import File
from pipeline.describing.dialog import Dialog
from pipeline.describing.entry_sessions import session_of
from pipeline.describing.forms_in_files import Found
from pipeline.describing.option_values import limits_of, named_value, number_of, plain_name


def score_part(file: File, given: argparse.Namespace, dialog: Dialog, forms: dict[str, dict]) -> Part:
    """`scores:` of one file, as --score, --outcome and --baseline name its columns."""
    variables: dict[str, dict] = {}
    for said in given.score:
        column, about = _score(said, forms)
        variables[plain_name(column)] = _with_column(column, about)
    for role in ("outcome", "baseline", "group"):
        for said in getattr(given, role):
            column, about = variable(said, role)
            column, occasion = _at_occasion(column, file)
            name = plain_name(column) + (f"_{occasion}" if occasion else "")
            own = {"occasion": int(occasion) if occasion.isdigit() else occasion} if occasion else {}
            label = column.replace("_", " ") + (f" ({occasion})" if occasion else "")
            variables[name] = _with_column(column, about | own | {"label": label}, name)
    columns = [about.get("column", name) for name, about in variables.items()]
    if absent := [column for column in columns if column not in file.columns]:
        raise InputError(f"{file.path.name}: there is no column '{absent[0]}'.")
    numbers = {label: about for label, about in variables.items() if about.get("role") != "group"}
    used = dict.fromkeys(about.get("column", label) for label, about in numbers.items())
    missing = {column: missing_in(file, column, given, dialog) for column in used}
    for label, about in numbers.items():
        if codes := missing[about.get("column", label)]:
            about["missing_codes"] = codes
    content: dict = {"file": file.path.name} | {
        part: getattr(file.options, part)
        for part in ("sheet", "header", "encoding", "delimiter", "decimal")
        if getattr(file.options, part) not in (None, 1)
    }
    content["client"] = file.client
    if file.therapist:
        content["therapist"] = file.therapist
    if file.session:
        answered = file.table.frame.loc[as_text(file.table.frame[file.session]).notna()]
        content |= session_of(file, answered, Found(Block(columns, len(columns), columns)), given, dialog)
    comments = ["scale scores of persons; a range: and a reliability: may be given for each"]
    return Part(content | {"variables": variables}, comments)


def _with_column(column: str, about: dict, name: str = "") -> dict:
    return ({} if (name or plain_name(column)) == column else {"column": column}) | about


def _at_occasion(said: str, file: File) -> tuple[str, str]:
    """A column, and the session that bdi@first, bdi@last or bdi@4 names."""
    column, _, occasion = said.rpartition("@")
    if said in file.columns or not column or not (occasion in ("first", "last") or occasion.isdigit()):
        return said, ""
    return column, occasion


def _score(said: str, forms: dict[str, dict]) -> tuple[str, dict]:
    """A column and what it is, of WAI_T_task=wai_s:therapist:task,range=4..28; without a scale it is the total."""
    named, *further = said.split(",")
    column, equals, meant = named.rpartition("=")
    form, _, rest = meant.partition(":")
    who, _, scale = rest.partition(":")
    if not equals or form not in forms or who not in forms[form]["perspectives"]:
        raise InputError(
            f"--score {said}: should be like WAI_T_task=wai_s:therapist:task, with a form that this perspective "
            "answers (`make forms` lists them)."
        )
    return column, {"form": form, "perspective": who} | ({"scale": scale} if scale else {}) | _known(further, said)


def _known(further: list[str], said: str) -> dict:
    """What else is known of a score: range=4..28, reliability=.85."""
    known = dict(named_value(part, f"--score {said}") for part in further)
    if unknown := sorted(set(known) - {"range", "reliability"}):
        raise InputError(f"--score {said}: '{unknown[0]}' is not known; use range=4..28 and reliability=.85.")
    found: dict = {}
    if "range" in known:
        found["range"] = limits_of(known["range"], f"--score {said}")
    if "reliability" in known:
        found["reliability"] = number_of(known["reliability"])
        if not 0 < found["reliability"] <= 1:
            raise InputError(f"--score {said}: a reliability is above 0 and at most 1.")
    return found
