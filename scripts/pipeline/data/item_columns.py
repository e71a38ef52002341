"""Which columns hold the items of an entry: by pattern, by list or by map, and one session or several in a row."""

import re
from collections.abc import Mapping

from pipeline.data.job import InputError

FIELD = re.compile(r"\{(item|session)(?::(0?\d*d))?\}")
MOST_FIELDS = 4  # of a pattern: with many, the time to find sessions in the names grows without bound
WIDEST = 12  # digits that a pattern may fill up to


def item_names(columns: str | list | dict, items: int, place: str, session: str | None = None) -> dict[int, str]:
    """Name the column of every item.

    Parameters
    ----------
    columns : str, list or dict
        `columns:` of an entry: a pattern with {item}, names in the order of the items, or item number -> name.
    items : int
        How many items the form has.
    place : str
        The entry, for messages.
    session : str, optional
        What stands for {session} in the pattern.

    Returns
    -------
    dict of int to str
        Item -> column.

    Raises
    ------
    InputError
        A list or map that does not name each item once, or an impossible pattern.
    """
    if isinstance(columns, str):
        return {item: filled(columns, item, session, place) for item in range(1, items + 1)}
    if isinstance(columns, list):
        if len(columns) != items:
            raise InputError(f"{place}: columns: lists {len(columns)} names for {items} items.")
        names = {item: str(name) for item, name in enumerate(columns, start=1)}
    else:
        names = {int(item): str(name) for item, name in columns.items()}
        absent = [item for item in range(1, items + 1) if item not in names]
        beyond = [item for item in names if not 1 <= item <= items]
        if absent or beyond:
            what = f"has no name for item {absent[0]}" if absent else f"names item {beyond[0]}"
            raise InputError(f"{place}: columns: {what}; the form has the items 1 to {items}.")
    twice = next((name for name in names.values() if list(names.values()).count(name) > 1), None)
    if twice is not None:
        raise InputError(f"{place}: columns: '{twice}' stands for two items.")
    return {item: names[item] for item in range(1, items + 1)}


def filled(pattern: str, item: int, session: str | None, place: str) -> str:
    """Fill a pattern; the user's text is never used as a format string.

    Parameters
    ----------
    pattern : str
        With {item} or {item:02d}, and {session} or {session:02d} where a session is given.
    item : int
        Number of the item.
    session : str or None
        Name or number of the session.
    place : str
        The entry, for messages.

    Returns
    -------
    str
        Name of the column.

    Raises
    ------
    InputError
        More digits than a name can have, or more than a few fields.
    """

    if len(FIELD.findall(pattern)) > MOST_FIELDS:
        raise InputError(f"{place}: columns: the pattern has more than {MOST_FIELDS} fields such as {{item}}.")

    def value(match: re.Match) -> str:
        text = str(item) if match[1] == "item" else str(session)
        width = int(re.sub(r"\D", "", match[2]) or 0) if match[2] else 0
        if width > WIDEST:
            raise InputError(f"{place}: columns: '{match[0]}' asks for {width} digits; at most {WIDEST} are possible.")
        return text.zfill(width)

    return FIELD.sub(value, pattern)


def sessions_in_names(pattern: str, names: list[str], given: Mapping[str, int]) -> dict[str, int]:
    """Find the sessions that the columns of a file name.

    Parameters
    ----------
    pattern : str
        With {session}.
    names : list of str
        Columns of the file.
    given : mapping of str to int
        `sessions:` of the entry, name in the file -> number; where empty, numbers are looked for.

    Returns
    -------
    dict of str to int
        As it stands in the names -> number of the session, in order.
    """
    if given:
        return {str(name): number for name, number in given.items()}
    parts, position, seen = [], 0, set()
    for match in FIELD.finditer(pattern):
        parts.append(re.escape(pattern[position : match.start()]))
        parts.append(r"(?P<session>\d+)" if match[1] == "session" and "session" not in seen else r"\d+")
        seen.add(match[1])
        position = match.end()
    expression = re.compile("".join(parts) + re.escape(pattern[position:]))
    found = {fits["session"] for name in names if (fits := expression.fullmatch(name))}
    # a field such as {session:02d} is filled again from the number
    return {str(number): number for number in sorted({int(text) for text in found})}
