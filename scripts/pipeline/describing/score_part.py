"""`scores:` of a description: scale scores of persons, of which the file holds no items."""

import argparse

from pipeline.data.description_text import Part
from pipeline.data.item_blocks import Block
from pipeline.data.job import InputError
from pipeline.data.reading import as_text
from pipeline.describing.client_part import variable
from pipeline.describing.described_file import File
from pipeline.describing.dialog import Dialog
from pipeline.describing.entry_sessions import session_of
from pipeline.describing.forms_in_files import Found
from pipeline.describing.option_values import plain_name


def score_part(file: File, given: argparse.Namespace, dialog: Dialog, forms: dict[str, dict]) -> Part:
    """`scores:` of one file, as --score, --outcome and --baseline name its columns."""
    variables: dict[str, dict] = {}
    for said in given.score:
        column, about = _score(said, forms)
        variables[plain_name(column)] = _with_column(column, about)
    for role in ("outcome", "baseline"):
        for said in getattr(given, role):
            column, about = variable(said, role)
            variables[plain_name(column)] = _with_column(column, about | {"label": column.replace("_", " ")})
    columns = [about.get("column", name) for name, about in variables.items()]
    if absent := [column for column in columns if column not in file.columns]:
        raise InputError(f"{file.path.name}: there is no column '{absent[0]}'.")
    content: dict = {"file": file.path.name} | {
        part: getattr(file.options, part)
        for part in ("sheet", "header", "encoding", "delimiter", "decimal")
        if getattr(file.options, part) not in (None, 1)
    }
    content["client"] = file.client
    if file.session:
        answered = file.table.frame.loc[as_text(file.table.frame[file.session]).notna()]
        content |= session_of(file, answered, Found(Block(columns, len(columns), columns)), given, dialog)
    return Part(content | {"variables": variables}, ["scale scores of persons; a reliability: may be given for each"])


def _with_column(column: str, about: dict) -> dict:
    return ({} if plain_name(column) == column else {"column": column}) | about


def _score(said: str, forms: dict[str, dict]) -> tuple[str, dict]:
    """A column and what it is, of WAI_T_task=wai_s:therapist:task; without a scale it is the total."""
    column, equals, meant = said.rpartition("=")
    form, _, rest = meant.partition(":")
    who, _, scale = rest.partition(":")
    if not equals or form not in forms or who not in forms[form]["perspectives"]:
        raise InputError(
            f"--score {said}: should be like WAI_T_task=wai_s:therapist:task, with a form that this perspective "
            "answers (`make forms` lists them)."
        )
    return column, {"form": form, "perspective": who} | ({"scale": scale} if scale else {})
