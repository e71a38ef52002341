"""Scale scores of persons, without their items: who had which score when, and what is known of the clients besides."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.ingesting import session_numbers
from pipeline.data.job import InputError, first_of
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import are_rows, as_number, as_text, client_codes, require, without_codes
from pipeline.data.score_matrix import PUBLISHED
from pipeline.data.session_dates import numbered
from pipeline.data.session_variables import at_session
from pipeline.data.value_labels import labelled_groups

FEWEST = 4  # people behind a correlation, as of a published matrix
WHEN = ["client", "session"]


@dataclass(frozen=True)
class PersonScores:
    """Scores of persons as ingest writes them, and their moments at the chosen occasion.

    Attributes
    ----------
    scores : pandas.DataFrame
        Columns client, therapist, session, label, score.
    clients : pandas.DataFrame
        Columns client and one for each outcome, baseline and group.
    days : pandas.DataFrame or None
        Days since the client's first session, where sessions are dates.
    correlations, n : pandas.DataFrame
        Of scores, outcomes and baselines, in the order of `variables:`.
    published : pandas.DataFrame
        One row for each of them; columns mean, sd, reliability, coefficient.
    """

    scores: pd.DataFrame
    clients: pd.DataFrame
    days: pd.DataFrame | None
    correlations: pd.DataFrame
    n: pd.DataFrame
    published: pd.DataFrame


def read_person_scores(entry: dict, files: RawFiles, forms: dict[str, dict], occasion: str | int) -> PersonScores:
    """Read the scores of persons at every session, and choose those of one occasion.

    Parameters
    ----------
    entry : dict
        `scores:` of a data set, with `file:`.
    files : RawFiles
        Files of the data set.
    forms : dict
        Known forms.
    occasion : str or int
        The session that counts where there are several.

    Returns
    -------
    PersonScores
        All that is known.

    Raises
    ------
    InputError
        A column that is not there, a person twice, a value that cannot be, too few people for a correlation.
    """
    name, variables = entry["file"], entry["variables"]
    table = files.read(name, ReadOptions.of(entry))
    session = entry["session"]
    columns = [part.get("column", label) for label, part in variables.items()]
    named = [] if are_rows(table.frame, entry["client"]) else [entry["client"]]
    named += [entry["therapist"]] if "therapist" in entry else []
    named += [session] if isinstance(session, str) else []
    kept = [column for part in variables.values() for column in part.get("keep", {})]
    require(table, [*named, *columns, *kept], name)
    values = pd.DataFrame({label: _values(table.frame, label, part, entry, forms) for label, part in variables.items()})
    for label in [label for label, part in variables.items() if part.get("role") == "group"]:
        values[label] = labelled_groups(values[label], table.labels.get(variables[label].get("column", label)))
    known = values.notna().any(axis=1)
    rows, days = _when(table.frame[known], entry)
    of_session = _one_row_each(rows, values[known], name)
    scored = [label for label, part in variables.items() if "form" in part]
    others = [label for label, part in variables.items() if "form" not in part]
    long = _long(of_session, rows, scored)
    if long.empty:
        raise InputError(f"{name}: nobody has a score in the columns that `variables:` names.")
    chosen = _chosen(long, occasion)
    clients = pd.DataFrame(
        {label: _of_clients(of_session[label], variables[label].get("occasion"), occasion, chosen) for label in others}
    )
    clients = clients.dropna(how="all").rename_axis("client").sort_index().reset_index()
    here = of_session[scored].reindex(pd.MultiIndex.from_frame(chosen)).droplevel("session")
    numbers = [label for label in others if variables[label]["role"] != "group"]
    wide = here.join(clients.set_index("client")[numbers], how="outer")
    wide = wide[[label for label in variables if label in wide]].astype(float)
    return PersonScores(long, clients, days, *_moments(wide, name), _published(wide, variables))


def _values(raw: pd.DataFrame, label: str, part: dict, entry: dict, forms: dict[str, dict]) -> pd.Series:
    """One score or variable, of the rows that its `keep:` picks."""
    name, column = entry["file"], part.get("column", label)
    text = without_codes(as_text(raw[column]), part["missing_codes"])
    for other, value in part.get("keep", {}).items():
        text = text.where(as_text(raw[other]) == as_text(pd.Series([value], dtype=object)).iloc[0], None)
    if part.get("role") == "group":
        return text
    number = as_number(text, f"{name}, column '{column}'", "list the text under `missing_codes:`")
    limits = part.get("range") or (_limits(forms[part["form"]], part) if "form" in part else None)
    if limits and len(wrong := number.index[number.notna() & ~number.between(*limits)]):
        distinct = sorted(number[wrong].unique())
        outside = ", ".join(f"{value:g}" for value in distinct[:5]) + (", ..." if len(distinct) > 5 else "")
        why, cure = ("what the items of the scale allow as a mean or as a sum", "give the `range:` of the score")
        if part.get("range"):
            why, cure = ("the `range:` that is given", "correct the range")
        raise InputError(
            f"{name}, column '{column}', {first_of(list(wrong))}: {outside} outside {limits[0]:g} to {limits[1]:g}, "
            f"{why}; correct the value, list it under `missing_codes:`, or {cure}."
        )
    return number


def _limits(form: dict, part: dict) -> tuple[float, float] | None:
    """The lowest mean and the highest sum of the items of a scale; nothing where its items are not known."""
    scale = part.get("scale", "total")
    items = form["items"] if scale == "total" else len(form.get("scales", {}).get(scale, []))
    low, high = form["range"]
    return (min(low, items * low), max(high, items * high)) if items else None


def _when(raw: pd.DataFrame, entry: dict) -> tuple[pd.DataFrame, pd.DataFrame | None]:
    """Client, therapist and session of each row; and the days, where sessions are dates."""
    name = entry["file"]
    rows = pd.DataFrame({"client": client_codes(raw, entry["client"])})
    if len(empty := rows.index[rows["client"].isna()]):
        raise InputError(f"{name}, column '{entry['client']}', row {empty[0]}: the client's code is missing.")
    rows["therapist"] = as_text(raw[entry["therapist"]]) if "therapist" in entry else None
    rows["session"] = session_numbers(raw, entry["session"], entry, name)
    if not isinstance(entry["sessions"], str):
        return rows, None
    tables, days = numbered({name: rows})
    return tables[name], days


def _one_row_each(rows: pd.DataFrame, values: pd.DataFrame, name: str) -> pd.DataFrame:
    """The values of each client and session, those of rows of different people put together."""
    who = [rows["client"], rows["session"]]
    twice = values.notna().groupby(who).sum() > 1
    if twice.any(axis=None):
        label = str(twice.columns[twice.any()][0])
        raise InputError(
            f"{name}: {int(twice[label].sum())} clients have '{label}' more than once in a session; name the column of "
            "the sessions under `session:`, or pick rows with the `keep:` of a variable."
        )
    return values.groupby(who).first().rename_axis(WHEN)


def _long(of_session: pd.DataFrame, rows: pd.DataFrame, scored: list[str]) -> pd.DataFrame:
    """One row per client, session and score, with the therapist of the session."""
    therapists = rows.dropna(subset="therapist").drop_duplicates(WHEN).set_index(WHEN)["therapist"]
    long = of_session[scored].reset_index().melt(WHEN, var_name="label", value_name="score")
    long = long[long["score"].notna()].sort_values(WHEN, kind="stable").astype({"score": float})
    who = pd.MultiIndex.from_frame(long[WHEN])
    long.insert(1, "therapist", therapists.reindex(who).astype(object).to_numpy() if len(therapists) else None)
    return long.reset_index(drop=True)


def _chosen(long: pd.DataFrame, occasion: str | int) -> pd.DataFrame:
    """Client and session of the chosen occasion: the first, the last, or one by number."""
    sessions = long[WHEN].drop_duplicates()
    chosen = at_session(sessions, occasion)
    if chosen.empty:
        known = ", ".join(map(str, sorted(sessions["session"].unique())[:20]))
        raise InputError(f"dataset.yaml: occasion: nobody answered in session {occasion}; the sessions are {known}.")
    return chosen


def _of_clients(values: pd.Series, own: str | int | None, occasion: str | int, chosen: pd.DataFrame) -> pd.Series:
    """The value of each client: at the occasion of the variable, else at the chosen one, or where no score is known."""
    table = values.dropna().rename("value").reset_index()
    if own is None:
        of_chosen = table["client"].map(chosen.set_index("client")["session"])
        table = table[(table["session"] == of_chosen) | of_chosen.isna()]
        own = occasion
    return at_session(table, own).set_index("client")["value"]


def _moments(wide: pd.DataFrame, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Correlations and numbers of people, pair by pair."""
    present = wide.notna().astype(int)
    n = present.T @ present
    if (n.to_numpy() < FEWEST).any():
        one, two = (n.index[place] for place in np.argwhere(n.to_numpy() < FEWEST)[0])
        who = f"'{one}'" if one == two else f"both '{one}' and '{two}'"
        raise InputError(f"{name}: fewer than {FEWEST} people have {who}; leave one of the scores out.")
    if (constant := wide.columns[wide.std() == 0]).size:
        raise InputError(
            f"{name}: all people have the same '{constant[0]}', which correlates with nothing; leave it out."
        )
    return wide.corr(), n


def _published(wide: pd.DataFrame, variables: Mapping[str, dict]) -> pd.DataFrame:
    """Means and standard deviations from the data, and the reliabilities that the description gives."""
    table = pd.DataFrame(
        [{key: variables[label].get(key) for key in PUBLISHED} for label in wide.columns], index=list(wide.columns)
    )
    table["mean"], table["sd"] = wide.mean(), wide.std()
    table["coefficient"] = table["coefficient"].where(table["reliability"].notna(), None)
    return table.astype({"mean": float, "sd": float, "reliability": float})
