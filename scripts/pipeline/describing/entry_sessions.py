"""`session:` and `sessions:` of an entry."""

import argparse

import pandas as pd

from pipeline.data.job import InputError
from pipeline.data.reading import as_text
from pipeline.data.session_dates import RULES, day_numbers, looks_like_dates
from pipeline.describing.described_file import File
from pipeline.describing.dialog import Dialog
from pipeline.describing.forms_in_files import Found
from pipeline.describing.option_values import named_values
from pipeline.describing.who_and_when import session_numbers


def session_of(file: File, frame: pd.DataFrame, one: Found, given: argparse.Namespace, dialog: Dialog) -> dict:
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
    numbers = {k: int(v) for k, v in named_values(given.sessions, "--sessions").items()} if given.sessions else {}
    numbers = numbers or session_numbers(values)
    if not set(values) <= set(numbers):
        shown = ", ".join(sorted(values)[:8])
        said = dialog.write(
            f"{file.path.name}, column '{file.session}': the numbers of the sessions {shown}, as in pre=1,post=2",
            "--sessions",
        )
        numbers = {k: int(v) for k, v in named_values(said, "--sessions").items()}
    return found | {"sessions": numbers}


def _dates_rule(file: File, answered: pd.DataFrame, dialog: Dialog) -> str:
    """How the dates of the sessions are read; where nobody knows the day from the month, somebody has to say."""
    try:
        day_numbers(answered[file.session], "dates", file.path.name)
    except InputError:
        question = f"{file.path.name}, column '{file.session}': which of the two numbers in a date is the day"
        return dialog.choose(question, list(RULES[1:]), "--sessions")
    return "dates"
