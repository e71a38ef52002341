"""`clients:` of a description, and a file with one row per client where there is none yet."""

import argparse

import pandas as pd

from pipeline.data.client_variables import USUAL_CODES
from pipeline.data.description_text import Part
from pipeline.data.job import InputError
from pipeline.data.reading import as_text, client_codes
from pipeline.describing.columns import variable_columns
from pipeline.describing.described_file import File
from pipeline.describing.dialog import Dialog
from pipeline.describing.option_values import NONE, codes_for, limits_of, listed, number_of, plain_name
from pipeline.describing.showing import show_variables


def client_part(
    files: list[File], given: argparse.Namespace, dialog: Dialog
) -> tuple[Part | None, dict[str, pd.DataFrame]]:
    """`clients:`, and a file with one row per client where there is none yet."""
    wanted: dict[str, dict] = {}
    for role in ("outcome", "baseline", "group"):
        wanted |= dict(variable(said, role) for said in getattr(given, role))
    suggested = {column: role for file in files for column, role in variable_columns(file.columns, file.taken).items()}
    if not wanted and dialog.terminal and not dialog.yes and suggested:
        show_variables(files)
        for role in ("outcome", "baseline", "group"):
            likely = [column for column, of in suggested.items() if of == role]
            if not likely and (role == "group" or set(suggested.values()) == {"group"}):
                continue
            limits = "" if role == "group" else ", each with its range where it is known, as in bdi=0..63"
            question = f"Columns that are {role}s, separated by commas{limits}; empty for none"
            said = dialog.write(question + (f" ({', '.join(likely[:8])}?)" if likely else ""), f"--{role}")
            wanted |= dict(variable(column.strip(), role) for column in said.split(",") if column.strip())
    if not wanted:
        return None, {}
    holding = next((file for file in files if set(wanted) <= set(file.columns)), None)
    if holding is None:
        absent = [column for column in wanted if not any(column in file.columns for file in files)]
        what = (
            f"there is no column '{absent[0]}'" if absent else "outcomes, baselines and groups have to be in one file"
        )
        raise InputError(f"{what}.")
    variables = {}
    for column, about in wanted.items():
        name = plain_name(column)
        variables[name] = ({"column": column} if name != column else {}) | about | {"label": column.replace("_", " ")}
        described = holding.columns[column]
        strays = missing_in(holding, column, given, dialog) if about["role"] != "group" and described.strays else []
        if strays:
            variables[name]["missing_codes"] = strays
        elif about["role"] != "group" and "range" not in about and not described.numeric:
            raise InputError(
                f"{holding.path.name}, column '{column}': not all values are numbers, so it cannot be used as one."
            )
        elif codes := _codes_beyond(holding, column, about):
            variables[name]["missing_codes"] = codes
            print(
                f"{holding.path.name}, column '{column}': {listed(codes)} taken as missing, because outside the range"
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


def missing_in(file: File, column: str, given: argparse.Namespace, dialog: Dialog) -> list[float | str]:
    """Codes for missing in a column of numbers: those that --missing-codes names, or the texts among the numbers."""
    about = file.columns[column]
    if (codes := codes_for(column, given.missing_codes)) is not None:
        return codes
    if not about.strays:
        return []
    texts = ",".join(about.strays)
    question = f"{file.path.name}, column '{column}': {texts} is among the numbers; does it mean missing"
    return list(about.strays) if dialog.choose(question, [texts, NONE], "--missing-codes", texts) == texts else []


def variable(said: str, role: str) -> tuple[str, dict]:
    """A column and what it is for, of bdi_end or bdi_end=0..63."""
    column, _, limits = said.partition("=")
    return column, {"role": role} | ({"range": limits_of(limits, f"--{role}")} if limits else {})


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
    return [number_of(str(code)) for code in sorted(USUAL_CODES) if code in values and not low <= code <= high]


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
                "give a file with one row per client, or describe the column under `session_variables:`."
            )
        found[column] = pairs.set_index("client")["value"]
    return pd.DataFrame(found).reindex(code.dropna().unique()).rename_axis("client").reset_index()
