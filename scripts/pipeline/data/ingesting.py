"""From raw files to checked answers: one table per form and perspective, or one sentence that says what is wrong."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.job import InputError
from pipeline.data.reading import as_number, as_text, read_raw

INDEX = ["client", "therapist", "session"]


def read_answers(entry: dict, key: dict, forms: dict[str, dict], folder: Path) -> pd.DataFrame:
    """Answers of one entry under `responses:` of a data set, checked.

    Parameters
    ----------
    entry : file, form, columns, ... as in dataset.schema.yaml.
    key : the form's scoring key with the data set's overrides applied.
    forms : all known forms; used to say which form answers out of range may belong to.
    folder : of the data set.

    Returns
    -------
    Columns client, therapist, session, rater (text, text, integer, text), then i01, i02, ...; index: the row in the
    file. Therapist and rater are missing where the entry names no column for them.

    Raises
    ------
    InputError
        Missing column, no rows left, missing client, session, rater or value that is not what it should be,
        a value out of range.
    """
    name = entry["file"]
    raw = read_raw(folder / name, name, entry.get("sheet"))
    columns = {item: entry["columns"].format(item=item) for item in range(1, key["items"] + 1)}
    named = [
        entry["client"],
        entry.get("therapist"),
        entry["session"],
        entry.get("rater"),
        *entry["keep"],
        *columns.values(),
    ]
    _require(raw, [column for column in named if isinstance(column, str)], name)
    for column, value in entry["keep"].items():
        raw = raw.loc[as_text(raw[column]) == as_text(pd.Series([value], dtype=object)).iloc[0]]
        if raw.empty:
            raise InputError(f"{name}: no row has {column} = {value}, as `keep:` asks; check the spelling.")

    head = pd.DataFrame({"client": as_text(raw[entry["client"]])}, index=raw.index)
    _no_missing(head["client"], f"{name}, column '{entry['client']}'", "the client's code")
    head["therapist"] = as_text(raw[entry["therapist"]]) if "therapist" in entry else None
    head["session"] = _sessions(raw, entry["session"], name)
    head["rater"] = as_text(raw[entry["rater"]]) if "rater" in entry else None
    if "rater" in entry:
        _no_missing(head["rater"], f"{name}, column '{entry['rater']}'", "the rater's code")

    items = {
        f"i{item:02d}": _item(raw[column], entry, key, forms, f"{name}, column '{column}'")
        for item, column in columns.items()
    }
    answers = pd.concat([head, pd.DataFrame(items, index=raw.index)], axis=1)
    answered = answers[list(items)].notna().any(axis=1)
    if not answered.any():
        raise InputError(f"{name}: no answer to any item of {entry['form']}.")
    return answers.loc[answered]  # a form without a single answer was not returned


def combine(parts: list[tuple[str, pd.DataFrame]]) -> pd.DataFrame:
    """Answers of one form and perspective from one or more files; each administration once, or once per rater.

    Raises
    ------
    InputError
        The same client, session and rater twice: two rows are named. Raters named in one file and not in another.
    """
    without = [file for file, frame in parts if frame["rater"].isna().all()]
    if without and len(without) < len(parts):
        raise InputError(f"{without[0]}: other responses to this form name their raters; give `rater:` here as well.")
    same, what, hint = ["client", "session", "rater"], "client, session and rater", ""
    if without:
        same, what, hint = same[:2], "client and session", ", or name the column of the raters under `rater:`"
    seen: dict[tuple, str] = {}
    for file, frame in parts:
        for row, *who in frame[same].itertuples():
            here = f"{file}, row {row}"
            there = seen.setdefault(tuple(who), here)
            if there != here:
                raise InputError(f"{here}: the same {what} as in {there}; keep one administration{hint}.")
    together = pd.concat([frame for _, frame in parts]).sort_values(["client", "session", "rater"], kind="stable")
    together["session"] = together["session"].astype("int64")
    return together.reset_index(drop=True)


def read_clients(entry: dict, folder: Path) -> pd.DataFrame:
    """One row per client: the variables of the data set, numbers for outcome and baseline, text for groups."""
    name = entry["file"]
    raw = read_raw(folder / name, name, entry.get("sheet"))
    columns = {variable: part.get("column", variable) for variable, part in entry["variables"].items()}
    _require(raw, [entry["client"], *columns.values()], name)
    client = as_text(raw[entry["client"]])
    _no_missing(client, f"{name}, column '{entry['client']}'", "the client's code")
    repeated = client.index[client.duplicated()]
    if len(repeated):
        raise InputError(f"{name}, row {repeated[0]}: a client who already has a row; keep one row per client.")
    table = pd.DataFrame({"client": client})
    for variable, part in entry["variables"].items():
        column = raw[columns[variable]]
        if part["role"] == "group":
            table[variable] = as_text(column)
        else:
            number = as_number(column, f"{name}, column '{columns[variable]}'")
            table[variable] = number.mask(number.isin(part["missing_codes"]))
    return table.sort_values("client", kind="stable").reset_index(drop=True)


def read_item_codes(file: str, folder: Path, used: dict[str, dict]) -> pd.DataFrame:
    """Content codes of items: form, item, coder, voice, dimension, domain, theme; a coder may leave out a facet."""
    facets = ["voice", "dimension", "domain", "theme"]
    raw = read_raw(folder / file, file)
    _require(raw, ["form", "item", "coder", *facets], file)
    codes = raw[["form", "item", "coder", *facets]].copy()
    for column in ["form", "coder", *facets]:
        codes[column] = as_text(codes[column])
    for column in ["form", "coder"]:
        _no_missing(codes[column], f"{file}, column '{column}'", "a code")
    if (empty := codes[facets].isna().all(axis=1)).any():
        raise InputError(f"{file}, row {codes.index[empty][0]}: the item has no code in any facet; remove the row.")
    codes["item"] = as_number(codes["item"], f"{file}, column 'item'")
    for row, form, item in zip(codes.index, codes["form"], codes["item"], strict=True):
        if form not in used:
            raise InputError(f"{file}, row {row}: the data set has no form '{form}'.")
        if item not in range(1, used[form]["items"] + 1):
            raise InputError(f"{file}, row {row}: {form} has no item {item:g}; it has {used[form]['items']} items.")
    return codes.astype({"item": "int64"}).reset_index(drop=True)


def _require(raw: pd.DataFrame, columns: list[str], name: str) -> None:
    missing = [column for column in columns if column not in raw]
    if missing:
        raise InputError(
            f"{name}: there is no column '{missing[0]}'; the file has {len(raw.columns)} columns. "
            "Check the names in dataset.yaml."
        )


def _no_missing(column: pd.Series, place: str, what: str) -> None:
    empty = column.index[column.isna()]
    if len(empty):
        raise InputError(f"{place}, row {empty[0]}: {what} is missing; fill it in or remove the row.")


def _sessions(raw: pd.DataFrame, session: str | int, name: str) -> pd.Series:
    if isinstance(session, int):
        return pd.Series(session, index=raw.index)
    place = f"{name}, column '{session}'"
    number = as_number(raw[session], place)
    _no_missing(number, place, "the session's number")
    broken = number.index[number % 1 != 0]
    if len(broken):
        raise InputError(f"{place}, row {broken[0]}: the session's number is not a whole number.")
    return number.astype("int64")


def _item(column: pd.Series, entry: dict, key: dict, forms: dict[str, dict], place: str) -> pd.Series:
    """One item's answers: recoded, missing codes removed, in range and whole where the form asks for it."""
    text = as_text(column)
    recode = {str(label): number for label, number in entry["recode"].items()}
    number = as_number(text.map(lambda value: recode.get(value, value), na_action="ignore"), place)
    number = number.mask(number.isin(entry["missing_codes"]))
    low, high = key["range"]
    wrong = number.index[number.notna() & ~number.between(low, high)]
    if len(wrong):
        raise InputError(
            f"{place}, row {wrong[0]}: {number[wrong[0]]:g} is outside the range {low} to {high} of {entry['form']}."
            + _other_form(number.max(), entry["form"], forms)
            + " Otherwise correct the value, list it under `missing_codes:`, or declare this edition's `range:`."
        )
    if key["continuous"]:
        return number
    broken = number.index[number.notna() & (number % 1 != 0)]
    if len(broken):
        raise InputError(f"{place}, row {broken[0]}: {number[broken[0]]:g} is not a whole number.")
    return number.astype("Int64")


def _other_form(highest: float, form: str, forms: dict[str, dict]) -> str:
    """A hint that another form of the same instrument, with as many items, has answers this high."""
    this = forms[form]
    fits = [
        name
        for name, other in forms.items()
        if name != form
        and other["instrument"] == this["instrument"]
        and other["items"] == this["items"]
        and other["range"][0] <= highest <= other["range"][1]
    ]
    return f" Are these answers to {fits[0]} ({forms[fits[0]]['label']})?" if fits else ""


def count_administrations(answers: pd.DataFrame) -> dict[str, Any]:
    """How much there is: administrations, clients, therapists, raters, and administrations per session."""
    once = answers.drop_duplicates(["client", "session"])
    sessions = Counter(once["session"].tolist())
    return {
        "administrations": len(once),
        "ratings": len(answers),
        "raters": int(answers["rater"].nunique()),
        "clients": int(answers["client"].nunique()),
        "therapists": int(answers["therapist"].nunique()),
        "sessions": {str(s): sessions[s] for s in sorted(sessions)},
        "missing_answers": float(np.mean(answers.filter(regex=r"^i\d+$").isna())),
    }
