"""What is measured at every session besides the alliance, such as symptoms: read, and as outcome and baseline."""

from collections.abc import Mapping

import pandas as pd

from pipeline.data.exclusions import Exclusions
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.ingesting import session_numbers
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import as_text, require
from pipeline.data.variable_values import variable_columns, variable_values

ROLES = ("outcome", "baseline")
RUPTURES = "ruptures"  # what values 0 and 1 may code
PLACE = "dataset.yaml: session_variables: variables"


def read_session_variables(
    entry: dict, files: RawFiles, forms: dict[str, dict], exclusions: Exclusions | None = None
) -> pd.DataFrame:
    """Read one row per client and session.

    Parameters
    ----------
    entry : dict
        `session_variables:` of the data set's description.
    files : RawFiles
        Files of the data set.
    forms : dict
        Known forms.
    exclusions : Exclusions, optional
        What the data set leaves out: its clients, not single sessions.

    Returns
    -------
    pandas.DataFrame
        Columns client, session, then the variables; rows with no value are left out.

    Raises
    ------
    InputError
        A column that is not there, a code or session that is missing or stands twice, a value that cannot be, or codes
        of ruptures that are neither 0 nor 1.
    """
    name = entry["file"]
    table = files.read(name, ReadOptions.of(entry))
    needed = [entry["client"], entry["session"]]
    for variable, part in entry["variables"].items():
        needed += variable_columns(variable, part, forms, f"{PLACE}: {variable}").values()
    require(table, needed, name)
    raw = table.frame
    client = as_text(raw[entry["client"]])
    if exclusions is not None:
        stays = exclusions.of_clients(client) == 0
        raw, client = raw[stays], client[stays]
    found = pd.DataFrame(
        {
            variable: variable_values(raw, variable, part, name, forms, f"{PLACE}: {variable}")
            for variable, part in entry["variables"].items()
        }
    )
    for variable, part in entry["variables"].items():
        if part.get("codes") == RUPTURES and not found[variable].dropna().isin([0, 1]).all():
            raise InputError(
                f"{name}: {variable} codes ruptures and may have only the values 0 (none) and 1; correct the others."
            )
    known = found.notna().any(axis=1)
    raw, client, found = raw[known], client[known], found[known]
    if len(empty := client.index[client.isna()]):
        raise InputError(f"{name}, column '{entry['client']}', row {empty[0]}: the client's code is missing.")
    session = session_numbers(raw, entry["session"], entry, name)
    pairs = pd.DataFrame({"client": client, "session": session})
    if len(twice := pairs.index[pairs.duplicated()]):
        raise InputError(f"{name}, row {twice[0]}: the same client and session as in another row; keep one of them.")
    return pd.concat([pairs, found], axis=1).sort_values(["client", "session"], kind="stable").reset_index(drop=True)


def of_clients(table: pd.DataFrame, entry: dict) -> tuple[pd.DataFrame, dict[str, dict]]:
    """Take the outcome and the baseline of each client from the sessions that the description names.

    Parameters
    ----------
    table : pandas.DataFrame
        By `read_session_variables`, with numbers of sessions.
    entry : dict
        `session_variables:` of the data set's description.

    Returns
    -------
    values : pandas.DataFrame
        Column client, then symptoms_outcome, symptoms_baseline, ...
    variables : dict
        Name -> role, label, measure, occasion (the session), and who rated it and how reliably, where that is known.
    """
    found: dict[str, pd.Series] = {}
    variables: dict[str, dict] = {}
    for variable, part in entry["variables"].items():
        known = table[["client", "session", variable]].dropna()
        for role in ROLES:
            if role not in part:
                continue
            name = f"{variable}_{role}"
            found[name] = at_session(known, part[role]).set_index("client")[variable]
            when = f"session {part[role]}" if isinstance(part[role], int) else f"{part[role]} session"
            further = {key: part[key] for key in ("rated_by", "reliability") if key in part}
            label = f"{part.get('label', variable)} ({when})"
            variables[name] = {"role": role, "label": label, "measure": variable, "occasion": part[role]} | further
    values = pd.DataFrame(found).rename_axis("client").sort_index().reset_index()
    return values, variables


def at_session(known: pd.DataFrame, session: str | int) -> pd.DataFrame:
    """Take the rows of one session, or of each client's first or last.

    Parameters
    ----------
    known : pandas.DataFrame
        With columns client and session, each pair of them once.
    session : str or int
        Its number, `first` or `last`.

    Returns
    -------
    pandas.DataFrame
        Those rows, at most one for each client.
    """
    if isinstance(session, int):
        return known[known["session"] == session]
    ordered = known.sort_values(["client", "session"], kind="stable")
    return ordered.drop_duplicates("client", keep="first" if session == "first" else "last")


def check_session_variables(entry: dict, others: Mapping, forms: dict[str, dict]) -> None:
    """Check what can be told without the file: forms, scales, and names that client variables do not have.

    Parameters
    ----------
    entry : dict
        `session_variables:` of the data set's description.
    others : mapping
        Client variables by their names.
    forms : dict
        Known forms.

    Raises
    ------
    InputError
        One of them does not fit.
    """
    for variable, part in entry["variables"].items():
        variable_columns(variable, part, forms, f"{PLACE}: {variable}")
        for role in ROLES:
            if role in part and f"{variable}_{role}" in others:
                raise InputError(f"{PLACE}: {variable}: a client variable is already called {variable}_{role}.")
