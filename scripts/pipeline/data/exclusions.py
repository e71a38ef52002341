"""What a data set leaves out and why: `exclusions:` of its description, applied before anything is checked."""

from collections.abc import Iterable

import pandas as pd

from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import as_text

COUNTED = {"clients": "client", "therapists": "therapist", "administrations": "administration"}
WHO = ["form", "perspective", "client", "therapist", "session"]


class Exclusions:
    """The exclusions of a data set, in order; the first that picks a row counts for it.

    Parameters
    ----------
    content : dict
        The description of the data set.
    files : RawFiles
        Files of the data set.

    Raises
    ------
    InputError
        An exclusion names a file or column that is not there.
    """

    def __init__(self, content: dict, files: RawFiles) -> None:
        self.entries: list[dict] = content.get("exclusions", [])
        self._found: dict[int, set[str]] = {number: set() for number in range(1, len(self.entries) + 1)}
        self._people: dict[int, set[str]] = {}  # exclusions that pick clients, with all that is known about them
        if not self.entries:
            return
        columns: dict[str, set[str]] = {}
        for entry in content["responses"]:
            there = files.read(entry["file"], ReadOptions.of(entry)).frame.columns
            columns.setdefault(entry["file"], set()).update(there)
        clients = content.get("clients")
        if clients and clients["file"] not in columns:
            raw = files.read(clients["file"], ReadOptions.of(clients)).frame
            columns[clients["file"]] = set(raw.columns)
            if clients["client"] in raw:
                self._pick_clients(raw, clients)
        for number, entry in enumerate(self.entries, start=1):
            here = {entry["file"]: columns.get(entry["file"])} if "file" in entry else columns
            if None in here.values():
                raise InputError(f"{_place(number)}: no part of the data set is read from '{entry['file']}'.")
            needed = {*entry.get("where", {}), *entry.get("where_not", {})}
            if not any(needed <= (there or set()) for there in here.values()):
                raise InputError(f"{_place(number)}: no file has the columns {', '.join(sorted(needed))}.")
            if set(entry) <= {"reason", "clients"}:
                self._people[number] = {_text(code) for code in entry["clients"]}

    def _pick_clients(self, raw: pd.DataFrame, clients: dict) -> None:
        """Clients whom an exclusion picks by what stands about them in the file of client variables."""
        codes = as_text(raw[clients["client"]])
        for number, entry in enumerate(self.entries, start=1):
            columns = {*entry.get("where", {}), *entry.get("where_not", {})}
            by_row = bool(columns) or "rows" in entry
            if not by_row or entry.get("file", clients["file"]) != clients["file"] or not columns <= set(raw.columns):
                continue
            picked = _by_row(raw, entry)
            if "clients" in entry:
                picked &= codes.isin([_text(code) for code in entry["clients"]])
            self._people[number] = set(codes[picked].dropna())

    def of_clients(self, codes: pd.Series) -> pd.Series:
        """Find the exclusion that leaves out each client altogether.

        Parameters
        ----------
        codes : pandas.Series
            Codes of clients.

        Returns
        -------
        pandas.Series
            Number of the exclusion, or 0.
        """
        marks = pd.Series(0, index=codes.index)
        for number, people in self._people.items():
            self._mark(marks, codes.isin(people), number, codes)
        return marks

    def of_answers(self, frame: pd.DataFrame, client: pd.Series, session: pd.Series, entry: dict) -> pd.Series:
        """Find the exclusion that leaves out each row of answers.

        Parameters
        ----------
        frame : pandas.DataFrame
            Rows of a file, index: row in the file.
        client : pandas.Series
            Code of the client of each row.
        session : pandas.Series
            Number of the session of each row, as text.
        entry : dict
            The entry under `responses:`.

        Returns
        -------
        pandas.Series
            Number of the exclusion, or 0.
        """
        marks = pd.Series(0, index=frame.index)
        for number, exclusion in enumerate(self.entries, start=1):
            if number in self._people:
                self._mark(marks, client.isin(self._people[number]), number, client)
                continue
            columns = {*exclusion.get("where", {}), *exclusion.get("where_not", {})}
            if exclusion.get("file", entry["file"]) != entry["file"] or not columns <= set(frame.columns):
                continue
            picked = _by_row(frame, exclusion)
            if "clients" in exclusion:
                picked &= client.isin([_text(code) for code in exclusion["clients"]])
            if "sessions" in exclusion:
                picked &= session.isin([_text(number) for number in exclusion["sessions"]])
            if "therapists" in exclusion:
                if "therapist" not in entry:
                    continue
                picked &= as_text(frame[entry["therapist"]]).isin([_text(code) for code in exclusion["therapists"]])
            self._mark(marks, picked, number, client)
        return marks

    def _mark(self, marks: pd.Series, picked: pd.Series, number: int, client: pd.Series) -> None:
        marks[picked & (marks == 0)] = number
        self._found[number] |= set(client[picked].dropna())

    def check_all_pick_somebody(self) -> None:
        """Raise an error for an exclusion that picks nobody, or names a client who is not there.

        Raises
        ------
        InputError
            Codes are counted and never shown.
        """
        for number, entry in enumerate(self.entries, start=1):
            codes = {_text(code) for code in entry.get("clients", [])}
            if unknown := len(codes - self._found[number]):
                which = "the client it names" if len(codes) == 1 else f"{unknown} of the {len(codes)} clients it names"
                verb = "picks nothing of" if len(entry) > 2 else "does not find"
                hint = "check the spelling, and put codes with leading zeros in quotes"
                raise InputError(f"{_place(number)}: {verb} {which}; {hint}.")
            if not self._found[number]:
                raise InputError(f"{_place(number)}: picks no row; check the spelling, or remove it.")


def _place(number: int) -> str:
    return f"dataset.yaml: exclusions: entry {number}"


def _text(value: object) -> str:
    return str(as_text(pd.Series([value], dtype=object)).iloc[0])


def _by_row(frame: pd.DataFrame, entry: dict) -> pd.Series:
    """Rows whose number and columns are as an exclusion says."""
    picked = pd.Series(True, index=frame.index)
    if "rows" in entry:
        picked &= pd.Series(frame.index.isin(entry["rows"]), index=frame.index)
    for key in ("where", "where_not"):
        for column, values in entry.get(key, {}).items():
            wanted = [_text(value) for value in (values if isinstance(values, list) else [values])]
            picked &= as_text(frame[column]).isin(wanted) == (key == "where")
    return picked


def flow(content: dict, returned: pd.DataFrame) -> list[dict]:
    """Count who was recruited, returned, excluded for which reason, and analysed: overall, and by form and perspective.

    Parameters
    ----------
    content : dict
        The description of the data set.
    returned : pandas.DataFrame
        By :func:`administrations`: form, perspective, client, therapist, administration, and excluded (number of the
        exclusion, or 0).

    Returns
    -------
    list of dict
        Rows: form, perspective (empty overall), stage, reason, clients, therapists, administrations (and whatever is
        unknown is missing). One exclusion after the other, so that numbers add up: clients are lost to the exclusion
        that took their last administration.

    Raises
    ------
    InputError
        Fewer were recruited than returned something, or nothing is left.
    """
    reasons = [entry["reason"] for entry in content.get("exclusions", [])]
    rows = []
    forms = list(dict.fromkeys(zip(returned["form"], returned["perspective"], strict=True)))
    for form, perspective in [("", ""), *forms]:
        of_form = (
            returned if not form else returned[(returned["form"] == form) & (returned["perspective"] == perspective)]
        )
        where = {"form": form, "perspective": perspective}
        left = _counts(of_form)
        if not form and "recruited" in content:
            recruited = content["recruited"]
            for who in set(recruited) & set(left):
                if recruited[who] < left[who]:
                    raise InputError(
                        f"dataset.yaml: recruited: {recruited[who]} {who} were recruited, but {left[who]} returned "
                        "something; correct the number."
                    )
            rows.append(where | {"stage": "recruited", "reason": ""} | recruited)
        rows.append(where | {"stage": "returned", "reason": ""} | left)
        for number, reason in enumerate(reasons, start=1):
            of_form = of_form[of_form["excluded"] != number]
            after = _counts(of_form)
            lost = {who: left[who] - after[who] for who in COUNTED}
            if not form or any(lost.values()):
                rows.append(where | {"stage": "excluded", "reason": reason} | lost)
            left = after
        if not left["administrations"]:
            which = f" of {form} ({perspective})" if form else ""
            raise InputError(f"dataset.yaml: exclusions: no answer{which} is left.")
        rows.append(where | {"stage": "analysed", "reason": ""} | left)
    return rows


def _counts(rows: pd.DataFrame) -> dict[str, int]:
    return {who: int(rows[column].nunique()) for who, column in COUNTED.items()}


def administrations(parts: Iterable[tuple[dict, pd.DataFrame]]) -> pd.DataFrame:
    """Gather all administrations that were returned, as :func:`flow` takes them.

    Parameters
    ----------
    parts : iterable of tuple
        An entry under `responses:`, and its rows with client, therapist, session and, where excluded, `excluded`.

    Returns
    -------
    pandas.DataFrame
        Columns form, perspective, client, therapist, session, excluded, and the administration's number, which the
        ratings of several raters share.
    """
    frames = [
        rows.reindex(columns=[*WHO[2:], "excluded"]).assign(form=entry["form"], perspective=entry["perspective"])
        for entry, rows in parts
        if len(rows)
    ]
    together = pd.concat([frame.astype({"session": str}) for frame in frames], ignore_index=True)
    excluded = together["excluded"].astype("Float64").fillna(0).astype(int)
    administration = together.groupby(["form", "perspective", "client", "session"], sort=False).ngroup()
    return together.assign(excluded=excluded, administration=administration)


def without_answers_left(returned: pd.DataFrame) -> set[str]:
    """Find the clients all of whose administrations are excluded: what else is known about them is left out too.

    Parameters
    ----------
    returned : pandas.DataFrame
        By :func:`administrations`.

    Returns
    -------
    set of str
        Codes of clients.
    """
    return set(returned["client"].dropna()) - set(returned.loc[returned["excluded"] == 0, "client"])
