"""From raw files to checked answers: one table per form and perspective, or one sentence that says what is wrong."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.data.exclusions import Exclusions
from pipeline.data.findings import Finding
from pipeline.data.formats.raw_table import RawTable, ReadOptions
from pipeline.data.item_answers import item_answers
from pipeline.data.item_columns import filled, item_names, sessions_in_names
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import are_rows, as_number, as_text, client_codes, code_text, require, without_codes
from pipeline.data.session_dates import day_numbers
from pipeline.data.value_labels import no_answer_labels, runs_down

Block = tuple[pd.DataFrame, str | int, dict[int, str]]  # rows, session or its column, columns of the items
INDEX = ["client", "therapist", "session"]
LAST_SESSION = 9_999


@dataclass(frozen=True)
class Answers:
    """Answers of one entry, and what about them needs the user's word.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns client, therapist, session, rater (text, text, integer, text), then i01, i02, ...; index: the row in the
        file. Therapist and rater are missing where the entry names no column for them.
    findings : list of Finding
        Value labels that contradict the form.
    labels : dict of float to str
        Value -> label of the answers, where the file has labels.
    excluded : pandas.DataFrame
        Columns client, therapist, session (texts) of what the data set excludes, and excluded (by which exclusion).
    """

    table: pd.DataFrame
    findings: list[Finding]
    labels: dict[float, str]
    excluded: pd.DataFrame


def read_answers(
    entry: dict,
    key: dict,
    forms: dict[str, dict],
    files: RawFiles,
    place: str,
    exclusions: Exclusions | None = None,
) -> Answers:
    """Answers of one entry under `responses:` of a data set, checked.

    Parameters
    ----------
    entry : dict
        file, form, columns, ... as in dataset.schema.yaml.
    key : dict
        The form's scoring key with the data set's overrides applied.
    forms : dict
        All known forms; used to say which form answers out of range may belong to.
    files : RawFiles
        Files of the data set.
    place : str
        The entry, for messages about the description.
    exclusions : Exclusions, optional
        What the data set leaves out; its values are not checked.

    Returns
    -------
    Answers
        Of the administrations with at least one answer.

    Raises
    ------
    InputError
        Missing columns, no rows left, missing client, session, rater or values that are not what they should be, or out
        of range.
    """
    name = entry["file"]
    table = files.read(name, ReadOptions.of(entry))
    blocks = _long_by_item(entry, key, table, place) if "item" in entry else _blocks(entry, key, table, place)
    parts: list[pd.DataFrame] = []
    excluded: list[pd.DataFrame] = []
    labels: dict[str, dict[float, str]] = {}
    for frame, session, columns in blocks:
        frame, left_out = _without_excluded(frame, session, columns, entry, exclusions)
        excluded.append(left_out)
        labels |= {column: table.labels[column] for column in columns.values() if column in table.labels}
        parts.append(_administrations(frame, session, columns, entry, key, forms))
    answers = pd.concat(parts) if len(parts) > 1 else parts[0]
    left_out = pd.concat(excluded)
    if answers.empty:
        left = " is left by the exclusions of dataset.yaml" if len(left_out) else ""
        raise InputError(f"{name}: no answer to any item of {entry['form']}{left}.")
    return Answers(answers, _label_findings(labels, entry, key), _common_labels(labels), left_out)


def item_columns_of(entry: dict, key: dict, place: str) -> list[str] | None:
    """Columns of an entry that have a meaning, items first; None where a row holds one answer or several sessions."""
    pattern = entry.get("columns", "")
    if "item" in entry or (isinstance(pattern, str) and "{session" in pattern):
        return None
    named = [entry.get(part) for part in ("client", "therapist", "rater", "session")]
    return [*_columns(entry, key, place).values(), *(name for name in named if isinstance(name, str))]


def _without_excluded(
    frame: pd.DataFrame, session: str | int, columns: dict[int, str], entry: dict, exclusions: Exclusions | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that stay, and who answered what of the others."""
    if exclusions is None or not exclusions.entries:
        return frame, pd.DataFrame()
    client = client_codes(frame, entry["client"])
    number = pd.Series(str(session), index=frame.index)
    if isinstance(session, str):
        number = as_text(frame[session])
        if isinstance(entry["sessions"], str):
            days = day_numbers(number, entry["sessions"], f"{entry['file']}, column '{session}'")
            number = as_text(days)
        else:
            names = {code_text(label): str(number) for label, number in entry["sessions"].items()}
            number = number.map(lambda value: names.get(value, value))
    marks = exclusions.of_answers(frame, client, number, entry)
    out = marks != 0
    head = pd.DataFrame({"client": client, "session": number, "excluded": marks})[out]
    head["therapist"] = as_text(frame.loc[out, entry["therapist"]]) if "therapist" in entry else None
    answered = pd.Series(False, index=head.index)
    for column in columns.values():
        answered |= without_codes(as_text(frame.loc[out, column]), entry["missing_codes"]).notna()
    return frame.loc[~out], head[answered]


def _blocks(entry: dict, key: dict, table: RawTable, place: str) -> list[Block]:
    """The rows, the session (a column's name, a number) and the columns of the items: once, or per session in a row."""
    named = [entry["client"], entry.get("therapist"), entry.get("rater"), *entry["keep"]]
    named = [
        column
        for column in named
        if isinstance(column, str) and not (column == entry["client"] and are_rows(table.frame, entry["client"]))
    ]
    pattern = entry["columns"]
    if isinstance(pattern, str) and "{session" in pattern:
        sessions = sessions_in_names(pattern, list(table.frame.columns), entry["sessions"])
        if not sessions:
            first = filled(pattern, 1, "1", place)
            raise InputError(
                f"{entry['file']}: no column has a name as in `columns:`, such as '{first}'; check the pattern."
            )
        found = [(_columns(entry, key, place, text), number) for text, number in sessions.items()]
        require(table, [*named, *(column for columns, _ in found for column in columns.values())], entry["file"])
        kept = _kept(table.frame, entry)
        return [(kept, number, columns) for columns, number in found]
    columns = _columns(entry, key, place)
    session = entry["session"]
    require(table, [*named, *([session] if isinstance(session, str) else []), *columns.values()], entry["file"])
    return [(_kept(table.frame, entry), session, columns)]


def _kept(frame: pd.DataFrame, entry: dict) -> pd.DataFrame:
    """The rows that `keep:` picks."""
    for column, value in entry["keep"].items():
        frame = frame.loc[as_text(frame[column]) == as_text(pd.Series([value], dtype=object)).iloc[0]]
        if frame.empty:
            raise InputError(f"{entry['file']}: no row has {column} = {value}, as `keep:` asks; check the spelling.")
    return frame


def _long_by_item(entry: dict, key: dict, table: RawTable, place: str) -> list[Block]:
    """One row per answer turned into one row per administration; the first row of each stands for it."""
    name, session = entry["file"], entry["session"]
    who = [entry["client"], *(entry[part] for part in ("therapist", "rater") if part in entry), *entry["keep"]]
    who += [session] if isinstance(session, str) else []
    require(table, [*who, entry["item"], entry["answer"]], name)
    columns = _columns(entry, key, place)
    items = {as_text(pd.Series([column], dtype=object)).iloc[0]: item for item, column in columns.items()}
    frame = _kept(table.frame, entry)
    item = as_text(frame[entry["item"]]).map(items)
    frame, item = frame.loc[item.notna()], item.dropna().astype(int)
    if frame.empty:
        raise InputError(f"{name}, column '{entry['item']}': no row names an item of {entry['form']}; give `columns:`.")
    identity = pd.DataFrame({column: as_text(frame[column]) for column in dict.fromkeys(who)}).fillna("\0")
    group = identity.groupby(list(identity.columns), sort=False).ngroup()
    twice = pd.DataFrame({"group": group, "item": item}).duplicated()
    if twice.any():
        raise InputError(
            f"{name}, row {frame.index[twice][0]}: the item was already answered by this person in this session."
        )
    first = frame.groupby(group.to_numpy(), sort=False).head(1).set_axis(group.drop_duplicates().to_numpy())
    rows = frame.index[~group.duplicated()]
    wide = frame[entry["answer"]].astype(object).set_axis(pd.MultiIndex.from_arrays([group, item])).unstack()
    wide.columns = [f"\0item {number}" for number in wide.columns]
    wide = wide.reindex(columns=[f"\0item {number}" for number in columns])
    together = pd.concat([first.loc[wide.index], wide], axis=1).set_axis(rows)
    return [(together, session, {number: f"\0item {number}" for number in columns})]


def _columns(entry: dict, key: dict, place: str, session: str | None = None) -> dict[int, str]:
    """Item -> its column, without the items that the data set leaves out."""
    left_out = {int(item) for item in entry.get("items_left_out", {})}
    columns = entry.get("columns", "{item}")
    if isinstance(columns, dict):  # which need not name those
        columns = {str(item): f"item {item}" for item in left_out} | {str(item): name for item, name in columns.items()}
    named = item_names(columns, key["items"], place, session)
    return {item: column for item, column in named.items() if item not in left_out}


def _administrations(
    raw: pd.DataFrame, session: str | int, columns: dict[int, str], entry: dict, key: dict, forms: dict[str, dict]
) -> pd.DataFrame:
    """Who answered when, and the answers, of the rows that hold any."""
    name = entry["file"]
    items = item_answers(raw, columns, entry, key, forms)
    answered = items.notna().any(axis=1)  # a form without a single answer was not returned
    raw, items = raw.loc[answered], items.loc[answered]
    client = client_codes(raw, entry["client"])
    _no_missing(client, f"{name}, column '{entry['client']}'", "the client's code")
    head = pd.DataFrame({"client": client}, index=raw.index)
    head["therapist"] = as_text(raw[entry["therapist"]]) if "therapist" in entry else None
    head["session"] = session_numbers(raw, session, entry, name)
    head["rater"] = as_text(raw[entry["rater"]]) if "rater" in entry else None
    if "rater" in entry:
        _no_missing(head["rater"], f"{name}, column '{entry['rater']}'", "the rater's code")
    return pd.concat([head, items], axis=1)


def _common_labels(labels: dict[str, dict[float, str]]) -> dict[float, str]:
    """The labels that most columns have in common: those of the first."""
    return next(iter(labels.values()), {})


def _label_findings(labels: dict[str, dict[float, str]], entry: dict, key: dict) -> list[Finding]:
    """What value labels say against the numbers: no answer inside the range, or a scale that runs down."""
    low, high = key["range"]
    for column, of in labels.items():
        answers = {value: label for value, label in of.items() if low <= value <= high}
        odd = [value for value in no_answer_labels(answers, low, high) if value not in entry["missing_codes"]]
        if odd:
            return [
                Finding(
                    "labels",
                    f"{entry['file']}, column '{column}': the label of {odd[0]:g} is '{answers[odd[0]]}', which is not "
                    f"an answer, although {odd[0]:g} lies in the range {low:g} to {high:g} of {entry['form']}",
                    f"say `missing_codes: [{odd[0]:g}]`",
                )
            ]
        if runs_down(answers):
            turned = ", ".join(f"{value:g}: {low + high - value:g}" for value in sorted(answers))
            return [
                Finding(
                    "labels",
                    f"{entry['file']}, column '{column}': {min(answers):g} is labelled '{answers[min(answers)]}' and "
                    f"{max(answers):g} '{answers[max(answers)]}', so high numbers mean little, whereas those of "
                    f"{entry['form']} mean much",
                    f"reverse the answers with `recode: {{{turned}}}`",
                )
            ]
    return []


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
        same, what = same[:2], "client and session"
        hint = ", or name the column that distinguishes the rows under `session:` or `rater:`"
    together = pd.concat([frame for _, frame in parts])
    if (again := together.duplicated(same)).any():
        rows = [f"{file}, row {row}" for file, frame in parts for row in frame.index]
        second = int(np.argmax(again))
        as_there = (together[same] == together[same].iloc[second]).all(axis=1)
        here, there = rows[second], rows[int(np.argmax(as_there))]
        file, _, row = here.rpartition(", row ")
        more = (
            f", and {again.sum() - 1} more {'row' if again.sum() == 2 else 'rows'} of this kind"
            if again.sum() > 1
            else ""
        )
        raise InputError(
            f"{here}: the same {what} as in {there}{more}; keep one of them, with an entry of `exclusions:` such as "
            f"{{reason: entered twice, file: {file}, rows: [{row}]}}{hint}."
        )
    together = together.sort_values(["client", "session", "rater"], kind="stable")
    together["session"] = together["session"].astype("int64")
    return together.reset_index(drop=True)


def read_item_codes(file: str, files: RawFiles, used: dict[str, dict]) -> pd.DataFrame:
    """Content codes of items: form, item, coder, voice, dimension, domain, theme; a coder may leave out a facet."""
    facets = ["voice", "dimension", "domain", "theme"]
    table = files.read(file)
    require(table, ["form", "item", "coder", *facets], file)
    raw = table.frame
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


def _no_missing(column: pd.Series, place: str, what: str) -> None:
    empty = column.index[column.isna()]
    if len(empty):
        raise InputError(f"{place}, row {empty[0]}: {what} is missing; fill it in or remove the row.")


def session_numbers(raw: pd.DataFrame, session: str | int, entry: dict, name: str) -> pd.Series:
    """Read the number of the session of each row; of dates, a number of days that `session_dates.numbered` replaces.

    Parameters
    ----------
    raw : pandas.DataFrame
        Rows of a file.
    session : str or int
        Column, or the number of all rows.
    entry : dict
        With `sessions:`, as in dataset.yaml.
    name : str
        How messages call the file.

    Returns
    -------
    pandas.Series
        Whole numbers.

    Raises
    ------
    InputError
        A session that is missing, or no number or date.
    """
    if isinstance(session, int):
        return pd.Series(session, index=raw.index)
    place = f"{name}, column '{session}'"
    text = as_text(raw[session])
    _no_missing(text, place, "the session")
    if isinstance(entry["sessions"], str):
        return day_numbers(raw[session], entry["sessions"], place).astype("int64")
    names = {code_text(label): number for label, number in entry["sessions"].items()}
    number = as_number(text.map(lambda value: names.get(value, value)), place, "give its number under `sessions:`")
    broken = number.index[(number % 1 != 0) | ~number.between(0, LAST_SESSION)]
    if len(broken):
        raise InputError(
            f"{place}, row {broken[0]}: the session is not a whole number from 0 to {LAST_SESSION}; give sessions "
            "their numbers under `sessions:`."
        )
    return number.astype("int64")


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
