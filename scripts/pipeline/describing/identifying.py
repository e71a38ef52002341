"""Which columns of a file hold client, therapist, session and rater."""

import argparse

from pipeline.data.job import InputError
from pipeline.describing.columns import (
    CLIENT,
    client_columns,
    date_columns,
    mentions,
    session_columns,
    therapist_columns,
)
from pipeline.describing.described_file import File
from pipeline.describing.dialog import Dialog
from pipeline.describing.option_values import NONE, named_values

CODES = r"\bid\b|id$|code|\bnr\b|\bno\b|number|nummer"
FEW_NUMBERS = 5  # in a column that may hold therapists, or an answer about them


def identify(file: File, given: argparse.Namespace, dialog: Dialog) -> None:
    """Decide which columns hold client, therapist, session and rater."""
    rows, name = len(file.table.frame), file.path.name
    items = {column for one in file.found if one.instrument for column in one.block.names}
    for column in (given.client, given.therapist, given.session, given.rater):
        if column and column not in (NONE, "row") and all(column not in each for each in [file.columns]):
            if len(given.file) == 1:
                raise InputError(f"{name}: there is no column '{column}'.")
    _identify_perspective(file, given)
    likely = client_columns(file.columns, rows, items | set(file.perspectives))
    if given.client and (given.client in file.columns or given.client == "row"):
        file.client = given.client
    elif len(likely) == 1 or (likely and _clearly_first(likely)):
        file.client = likely[0]
    elif likely:
        file.client = dialog.choose(
            f"{name}: which column contains the client's code", [*likely, "row"], "--client", likely[0]
        )
    elif telling := _once_a_session(file, items | set(file.perspectives)):
        question = f"{name}: no column is named as a client's code, but '{telling[0]}' has each value once per session"
        file.client = dialog.choose(f"{question}; which is it", [*telling, "row"], "--client", telling[0])
    else:
        options = ["row", *list(file.columns)[:5]]
        question = f"{name}: no column looks like a client's code; is every row another client (row), or which is it"
        file.client = dialog.choose(question, options, "--client", "row", safe=file.long is None)
    items = items | {file.client, *file.perspectives}
    file.therapist = _therapist(given.therapist, file, therapist_columns(file.columns, items), dialog)
    items = items | {file.therapist}
    sessions = session_columns(file.columns, items)
    if any(one.block.sessions for one in file.found if one.instrument):
        sessions = []
    telling = [column for column in sessions if not _repeats(file, column)]
    if not telling and not any(one.block.sessions for one in file.found if one.instrument):
        dates = date_columns(file.table, file.columns, items)
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
        file.perspectives = {column: named_values(values, "--perspective-column")}
    elif column in file.perspectives:
        file.perspectives = {column: file.perspectives[column]}
    else:
        raise InputError(f"{file.path.name}: say who is meant: --perspective-column {column}:VALUE=client,...")


def _clearly_first(likely: list[str]) -> bool:
    """No other candidate names clients as clearly."""
    tiers = [next((tier for tier, pattern in enumerate(CLIENT) if mentions(pattern, name)), 99) for name in likely]
    return tiers.count(min(tiers)) == 1


def _once_a_session(file: File, taken: set[str]) -> list[str]:
    """Columns that could hold codes whatever their names: values repeat over the file, but not within a session."""
    sessions = [name for name in session_columns(file.columns, taken) if file.columns[name].distinct > 1]
    rows = len(file.table.frame)
    return [
        name
        for name, about in file.columns.items()
        if name not in taken | set(sessions) and about.may_be_codes and about.n == rows > about.distinct
        if any(not _repeats(file, session, client=name) for session in sessions)
    ]


def _repeats(file: File, session: str = "", client: str = "") -> bool:
    """Whether a client stands in several rows, of one perspective and session."""
    client = client or file.client
    if client == "row" and client not in file.columns:
        return False
    keys = [client, *file.perspectives, *([session] if session else []), *([file.long[0]] if file.long else [])]
    return bool(file.table.frame[keys].astype(str).duplicated().any())


def _therapist(said: str | None, file: File, likely: list[str], dialog: Dialog) -> str:
    """The column for a therapist; asked where its few numbers may as well be answers to a question about therapy."""
    chosen = _column(said, file, likely, "therapist", dialog, ask=False)
    about = file.columns.get(chosen)
    if said or about is None or not about.numeric or about.distinct > FEW_NUMBERS or mentions(CODES, chosen):
        return chosen
    question = f"{file.path.name}: '{chosen}' has {about.distinct} different numbers; are they codes of therapists"
    answer = dialog.choose(question, [chosen, NONE], "--therapist", NONE)
    return "" if answer == NONE else answer


def _column(said: str | None, file: File, likely: list[str], what: str, dialog: Dialog, ask: bool) -> str:
    """The column for a therapist or a session; empty where there is none."""
    if said:
        return said if said != NONE and said in file.columns else ""
    if len(likely) > 1 and ask:
        question = f"{file.path.name}: which column contains the {what}"
        chosen = dialog.choose(question, [*likely, NONE], f"--{what}", likely[0])
        return "" if chosen == NONE else chosen
    return likely[0] if likely else ""
