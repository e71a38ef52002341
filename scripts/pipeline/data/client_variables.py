"""What is known about each client: outcomes, baselines and groups, read and checked."""

import numpy as np
import pandas as pd

from pipeline.data.exclusions import Exclusions
from pipeline.data.findings import Finding
from pipeline.data.formats.raw_table import ReadOptions
from pipeline.data.job import InputError
from pipeline.data.raw_files import RawFiles
from pipeline.data.reading import are_rows, client_codes, require
from pipeline.data.value_labels import labelled_groups
from pipeline.data.variable_values import variable_columns, variable_values

USUAL_CODES = (77, 88, 99, 777, 888, 999, 7777, 8888, 9999, -1, -7, -8, -9, -77, -88, -99, -999)  # for missing values
APART = 1.0  # ranges of all other values between a value that stands apart and the nearest of them
PLACE = "dataset.yaml: clients: variables"
MOST_GROUPS, FEWEST_IN_GROUP = 20, 5
FEWEST = 5  # other values, of which a range can be spoken of


def read_clients(
    entry: dict, files: RawFiles, exclusions: Exclusions | None = None, forms: dict[str, dict] | None = None
) -> pd.DataFrame:
    """One row per client: the variables of the data set, numbers for outcome and baseline, text for groups.

    Parameters
    ----------
    entry : dict
        `clients:` of the data set's description.
    files : RawFiles
        Files of the data set.
    exclusions : Exclusions, optional
        What the data set leaves out; its values are not checked.
    forms : dict, optional
        Known forms, of which a variable can be a score.

    Returns
    -------
    pandas.DataFrame
        Columns client, then the variables; sorted by client.

    Raises
    ------
    InputError
        A column that is not there, a client twice or without code, a value that is no number or outside its range.
    """
    name = entry["file"]
    table = files.read(name, ReadOptions.of(entry))
    raw = table.frame
    needed = [] if are_rows(raw, entry["client"]) else [entry["client"]]
    for variable, part in entry["variables"].items():
        needed += variable_columns(variable, part, forms or {}, f"{PLACE}: {variable}").values()
    require(table, needed, name)
    client = client_codes(raw, entry["client"])
    if exclusions is not None and (out := exclusions.of_clients(client) != 0).any():
        raw, client = raw[~out], client[~out]
    if len(empty := client.index[client.isna()]):
        place = f"{name}, column '{entry['client']}', row {empty[0]}"
        raise InputError(f"{place}: the client's code is missing; fill it in or remove the row.")
    repeated = client.index[client.duplicated()]
    if len(repeated):
        raise InputError(f"{name}, row {repeated[0]}: a client who already has a row; keep one row per client.")
    found = {"client": client}
    for variable, part in entry["variables"].items():
        values = variable_values(raw, variable, part, name, forms or {}, f"{PLACE}: {variable}")
        if part["role"] == "group":
            values = labelled_groups(values, table.labels.get(part.get("column", variable)))
        found[variable] = values
    return pd.DataFrame(found).sort_values("client", kind="stable").reset_index(drop=True)


def values_apart(number: pd.Series) -> list[float]:
    """Find values that look like undeclared codes for missing, because they stand far from all others.

    Parameters
    ----------
    number : pandas.Series
        Of a variable without a known range.

    Returns
    -------
    list of float
        Usual codes (99, -9, 999 ...) outside the range of the other values, and any lowest or highest value that is
        farther from the next than all other values are from each other.
    """
    values = np.unique(number.dropna())
    found = []
    for code in USUAL_CODES:
        others = values[~np.isin(values, USUAL_CODES)]
        if code in values and len(others) >= FEWEST and not others[0] <= code <= others[-1]:
            distance = others[0] - code if code < others[0] else code - others[-1]
            steps = np.diff(others)
            if distance > 3 * np.median(steps):  # the next value of a scale would be about one step away
                found.append(float(code))
    rest = values[~np.isin(values, found)]
    while len(rest) > FEWEST:
        up, down = rest[-1] - rest[-2], rest[1] - rest[0]
        if up > APART * (rest[-2] - rest[0]):
            found.append(float(rest[-1]))
            rest = rest[:-1]
        elif down > APART * (rest[-1] - rest[1]):
            found.append(float(rest[0]))
            rest = rest[1:]
        else:
            break
    return sorted(found)


def small_groups(clients: pd.DataFrame, entry: dict) -> list[Finding]:
    """Find group variables that may be codes or free text, or whose groups are so small that persons show.

    Parameters
    ----------
    clients : pandas.DataFrame
        By `read_clients`.
    entry : dict
        `clients:` of the data set's description.

    Returns
    -------
    list of Finding
        One for each such variable; the groups are counted and not named.
    """
    findings = []
    for variable, part in entry["variables"].items():
        if part["role"] != "group":
            continue
        sizes = clients[variable].value_counts()
        small = int((sizes < FEWEST_IN_GROUP).sum())
        if len(sizes) <= MOST_GROUPS and not small:
            continue
        what = f"has {len(sizes)} groups" if len(sizes) > MOST_GROUPS else f"has {small} of {len(sizes)} groups"
        what += "" if len(sizes) > MOST_GROUPS else f" with fewer than {FEWEST_IN_GROUP} clients"
        findings.append(
            Finding(
                "small_groups",
                f"{entry['file']}, column '{part.get('column', variable)}': {what}, which could identify individuals",
                "merge groups, list small ones under `missing_codes:`, or leave the variable out",
            )
        )
    return findings


def values_that_stand_apart(clients: pd.DataFrame, entry: dict) -> list[Finding]:
    """Say which values of outcomes and baselines without a `range:` look like codes for missing.

    Parameters
    ----------
    clients : pandas.DataFrame
        By `read_clients`.
    entry : dict
        `clients:` of the data set's description.

    Returns
    -------
    list of Finding
        One for each variable with such values; the persons are not named.
    """
    findings = []
    for variable, part in entry["variables"].items():
        if part.get("role") == "group" or {"range", "form"} & set(part):
            continue
        if not (apart := values_apart(clients[variable])):
            continue
        among = clients[variable].isin(apart)
        rest = clients.loc[~among, variable]
        count = int(among.sum())
        values = ", ".join(f"{value:g}" for value in apart[:5]) + (" and more" if len(apart) > 5 else "")
        findings.append(
            Finding(
                "values_apart",
                f"{entry['file']}, column '{part.get('column', variable)}': {values} ({count} "
                f"{'value' if count == 1 else 'values'}) far from all others, which lie between {rest.min():g} and "
                f"{rest.max():g}",
                f"list codes for missing values under `missing_codes:` of {variable}, or give its possible `range:`",
            )
        )
    return findings
