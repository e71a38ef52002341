"""Sessions as dates: numbered within each client; the dates go no further, the days since the first session stay."""

import re
from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import pandas as pd

from pipeline.data.job import InputError, first_of
from pipeline.data.reading import as_text

RULES = ("dates", "dates_day_first", "dates_month_first")  # under `sessions:`
SPREADSHEET_DAY_0 = date(1899, 12, 30).toordinal()
SPREADSHEET_DAYS = (20_000, 80_000)  # 1954 to 2119, as a spreadsheet counts days
YEARS = (1900, 2100)
YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?")
COMPACT = re.compile(r"((?:19|20)\d{2})(\d{2})(\d{2})")
YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})(?:[T ,].*)?")
WITH_WORD = re.compile(r"(\d{1,2})[. -]+([^\W\d]{3,9})\.?[., -]+(\d{4})(?:[ ,].*)?")
MONTHS = {  # English and German, by their first letters
    word: number
    for number, words in enumerate(
        "jan,jän feb mar,mär apr may,mai jun jul aug sep oct,okt nov dec,dez".split(), start=1
    )
    for word in words.split(",")
}
Key = TypeVar("Key")


def day_numbers(column: pd.Series, rule: str, place: str) -> pd.Series:
    """Read dates.

    Parameters
    ----------
    column : pandas.Series
        Texts, or dates as a format stores them.
    rule : str
        One of `RULES`: which of two numbers is the day, where the dates do not tell.
    place : str
        File and column, for messages.

    Returns
    -------
    pandas.Series
        Days since a fixed day, as floating-point numbers; missing where the cell is empty.

    Raises
    ------
    InputError
        A value that is no date, or dates of which nobody knows the day from the month. No date is shown.
    """
    text = as_text(column)
    values = list(text.dropna().unique())
    month_first = _month_first(values, rule, place)
    days = {value: _day(value, month_first) for value in values}
    wrong = text.index[text.map(lambda value: value is not None and days.get(value, 0) is None).astype(bool)]
    if len(wrong):
        raise InputError(
            f"{place}, {first_of(list(wrong))}: not a date such as 2024-03-31 or 31.03.2024; correct it, or give the "
            "sessions their numbers."
        )
    return text.map(days).astype(float)


def looks_like_dates(column: pd.Series) -> bool:
    """Say whether all that stands in a column are dates.

    Parameters
    ----------
    column : pandas.Series
        Of a file.

    Returns
    -------
    bool
        False for numbers, which may be dates of a spreadsheet and may be anything.
    """
    values = [str(value) for value in as_text(column).dropna().unique()]
    return bool(values) and all(
        not value.isdigit() and (_day(value, False) is not None or _day(value, True) is not None) for value in values
    )


def _month_first(values: list[str], rule: str, place: str) -> bool:
    """Whether the month comes first in dates such as 3/4/2024; points part day, month and year in this order."""
    if rule != "dates":
        return rule == "dates_month_first"
    found = [match for value in values if (match := YEAR_LAST.fullmatch(value)) and match[2] != "."]
    first, second = (max((int(match[part]) for match in found), default=0) for part in (1, 3))
    if found and (first > 12) == (second > 12):
        raise InputError(
            f"{place}: the dates do not show which number is the day; say `sessions: dates_day_first` or `sessions: "
            "dates_month_first`."
        )
    return second > 12


def _day(text: str, month_first: bool) -> int | None:
    """One date as a number of days; None where it is none."""
    if text.isdigit() and SPREADSHEET_DAYS[0] <= int(text) <= SPREADSHEET_DAYS[1]:
        return SPREADSHEET_DAY_0 + int(text)
    if match := YEAR_FIRST.fullmatch(text) or COMPACT.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := YEAR_LAST.fullmatch(text):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if month_first and match[2] != ".":
            day, month = month, day
        year += 2000 if year < 69 else 1900 if year < 100 else 0  # as strptime does
    elif match := WITH_WORD.fullmatch(text):
        day, month, year = int(match[1]), MONTHS.get(match[2][:3].casefold(), 0), int(match[3])
    else:
        return None
    try:
        return date(year, month, day).toordinal() if YEARS[0] <= year <= YEARS[1] else None
    except ValueError:
        return None


def numbered(tables: Mapping[Key, pd.DataFrame]) -> tuple[dict[Key, pd.DataFrame], pd.DataFrame]:
    """Number the days of each client over all tables, from 1.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Columns client and session, by `day_numbers`.

    Returns
    -------
    tables : dict of str to pandas.DataFrame
        The same with the number of the session.
    days : pandas.DataFrame
        Columns client, session, day: days since the client's first session.
    """
    every = pd.concat([table[["client", "session"]] for table in tables.values()]).drop_duplicates()
    every = every.sort_values(["client", "session"], kind="stable").reset_index(drop=True)
    of_client = every.groupby("client")["session"]
    days = pd.DataFrame({"client": every["client"], "session": of_client.cumcount() + 1})
    days["day"] = (every["session"] - of_client.transform("min")).astype("int64")
    number = dict(zip(zip(every["client"], every["session"], strict=True), days["session"], strict=True))
    changed = {}
    for key, table in tables.items():
        pairs = zip(table["client"], table["session"], strict=True)
        changed[key] = table.assign(
            session=pd.Series([number[pair] for pair in pairs], index=table.index, dtype="int64")
        )
    return changed, days


def days_of_sessions(dated: list[pd.DataFrame]) -> pd.DataFrame:
    """Count the days of numbered sessions since the client's first.

    Parameters
    ----------
    dated : list of pandas.DataFrame
        Columns client, session, and day by `day_numbers`, missing where no date is known.

    Returns
    -------
    pandas.DataFrame
        Columns client, session, day, as by `numbered`; of several dates of a session the earliest counts.

    Raises
    ------
    InputError
        A later session with an earlier date: clients are counted and not named.
    """
    every = pd.concat(dated).dropna(subset="day")
    days = every.groupby(["client", "session"], as_index=False)["day"].min()
    of_client = days.groupby("client")["day"]
    if backwards := int(days.loc[of_client.diff() < 0, "client"].nunique()):
        clients = "1 client has" if backwards == 1 else f"{backwards} clients have"
        raise InputError(
            f"dataset.yaml: responses: date: {clients} a later session with an earlier date; correct the dates or the "
            "numbers of the sessions."
        )
    return days.assign(day=(days["day"] - of_client.transform("min")).astype("int64"))
