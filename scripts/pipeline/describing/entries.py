"""The entries under `responses:` of one file."""

import argparse
from dataclasses import replace

from pipeline.data.description_text import Part
from pipeline.data.job import InputError
from pipeline.data.reading import as_text
from pipeline.describing.blocks import known_blocks, named_blocks
from pipeline.describing.described_file import File, named_columns, pattern_of
from pipeline.describing.dialog import Dialog
from pipeline.describing.entry_sessions import session_of
from pipeline.describing.entry_values import turned_of, values_of
from pipeline.describing.forms_in_files import Found
from pipeline.describing.option_values import named_value


def entries(file: File, given: argparse.Namespace, dialog: Dialog, forms: dict[str, dict]) -> list[Part]:
    """The entries under `responses:` of one file."""
    parts = []
    blocks = named_blocks(file, given, forms) if named_columns(given) else known_blocks(file, given, dialog, forms)
    for one in blocks:
        whos = file.perspectives or {"": {"": one.perspective or given.perspective or ""}}
        for column, values in whos.items():
            for value, who in values.items():
                part = _entry(file, replace(one), column, value, who, given, dialog, forms)
                if part:
                    parts.append(part)
    return parts


def _entry(
    file: File, one: Found, column: str, value: str, who: str, given: argparse.Namespace, dialog: Dialog, forms: dict
) -> Part | None:
    """One entry; nothing where it is not wanted."""
    pattern = pattern_of(one.block)
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
    keep = dict(named_value(pair, "--keep") for pair in given.keep if pair.partition("=")[0] in file.columns)
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
        content |= session_of(file, frame, one, given, dialog)
    content |= {"keep": keep} if keep else {}
    content |= values_of(file, one, form, pattern, given, dialog, forms)
    content |= turned_of(file, one, form, frame, content, pattern, given, dialog, forms)
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
