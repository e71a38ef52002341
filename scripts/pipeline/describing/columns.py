"""What the columns of a raw file may be for, by their names and values; suggestions, which a person decides on."""

import re
from dataclasses import dataclass

import pandas as pd

from pipeline.data.formats.raw_table import RawTable
from pipeline.data.reading import as_text
from pipeline.data.session_dates import looks_like_dates
from psychometrics.items.missingness import FEWEST

CLIENT = [  # the first that names a column decides
    r"client|patient|klient|paciente|pazient|cliente|\bpat\b|\bpt\b",
    r"\btoken\b|^serial$|^ref$",
    r"participant|subject|proband|teilnehmer|record_?id|respondent|\bvpn?\b|\bpid\b|\bcase\b|dyad",
    r"^id$",
    r"external_?(data_?)?reference",
    r"response_?id",
    r"\bcode\b|chiffre|k(ü|ue)rzel",
    r"\bid\b|id$",
    r"\bnr\b|\bno\b|^number$|^nummer$",
]
THERAPIST = r"therap|thera\b|\bther\b|\bth_?id\b|\btid\b|counsel|clinician|behandler|terapeut|psychologist|provider"
SESSION = (
    r"session|sitzung|sesi[oó]n|s[eé]ance|\btime\b|\bt\b|visit|wave|occasion|event|zeitpunkt|mzp|\bwoche\b|\bweek\b"
)
RATER = r"\brater|coder|judge|beurteiler|observer"
OUTCOME = r"post|end\b|_end|after|outcome|change|follow|termination|nachher|_t[2-9]\b|final"
BASELINE = r"pre|start|baseline|before|intake|initial|vorher|_t[01]\b"
DATE = (  # the first that names a column decides
    r"session|sitzung|sesi[oó]n|s[eé]ance|visit|termin",
    r"^date$|^datum$|^fecha$|_date$|_datum$",
    r"submit|recorded|lastdata|finished|end_?date",
    r"timestamp|zeitstempel|marca temporal|started|start_?date|date|datum|fecha",
)
MOST_LEVELS = 10  # of a group
MOST_STRAYS = 2  # texts among the numbers of a column
FEWEST_NUMBERS = 5  # different numbers in a column with such texts


@dataclass(frozen=True)
class Column:
    """One column in numbers; no value of a person.

    Attributes
    ----------
    name : str
        Of the column.
    n : int
        Cells that are not empty.
    distinct : int
        Different values.
    numeric : bool
        Whether all of them are numbers.
    whole : bool
        Whether all are whole numbers.
    low, high : float
        The least and the greatest number.
    strays : tuple of str
        Texts that stand among numbers and may mean that there is none, such as #NULL!; only those of five rows or more.
    """

    name: str
    n: int
    distinct: int
    numeric: bool
    whole: bool
    low: float
    high: float
    strays: tuple[str, ...] = ()

    @property
    def may_be_codes(self) -> bool:
        """Whether the values can be codes of people: more than one, and texts or whole numbers."""
        return self.distinct > 1 and (self.whole or not self.numeric)


def described(table: RawTable) -> dict[str, Column]:
    """Describe every column of a file in numbers.

    Parameters
    ----------
    table : RawTable
        The file.

    Returns
    -------
    dict of str to Column
        By name, in the order of the file.
    """
    found = {}
    for name in table.frame.columns:
        text = as_text(table.frame[name]).dropna()
        values = pd.Series(text.unique(), dtype=object)
        number = pd.to_numeric(values, errors="coerce")
        numeric = bool(len(values)) and bool(number.notna().all())
        whole = numeric and bool((number % 1 == 0).all())
        strays = () if numeric else _strays(text, values[number.isna()], int(number.notna().sum()))
        known = number.dropna() if numeric or strays else number.head(0)
        low, high = float(known.min()), float(known.max())
        found[name] = Column(name, len(text), len(values), numeric, whole, low, high, strays)
    return found


def _strays(text: pd.Series, others: pd.Series, numbers: int) -> tuple[str, ...]:
    """Texts of a column of numbers: one or two, each in several rows, so that no single cell is shown."""
    if not 1 <= len(others) <= MOST_STRAYS or numbers < FEWEST_NUMBERS:
        return ()
    often = all(int((text == other).sum()) >= FEWEST for other in others)
    return tuple(map(str, others)) if often else ()


def mentions(pattern: str, name: str) -> bool:
    """Say whether the name of a column holds one of the words of a pattern.

    Parameters
    ----------
    pattern : str
        One of this module, in lower case.
    name : str
        Of a column; hyphens, dots, underscores and capitals part words.

    Returns
    -------
    bool
        True where it does.
    """
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|[_.\s-]+", " ", name).casefold()
    return bool(re.search(pattern.replace("_", " "), words))


def _named(pattern: str, columns: dict[str, Column], taken: set[str]) -> list[str]:
    return [name for name in columns if name not in taken and mentions(pattern, name)]


def client_columns(columns: dict[str, Column], rows: int, taken: set[str]) -> list[str]:
    """Name the columns that may hold the codes of clients, the likeliest first.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    rows : int
        Of the file.
    taken : set of str
        Columns of items and others that are no codes.

    Returns
    -------
    list of str
        Columns filled in nearly every row, with more than one value.
    """
    others = set(_named(THERAPIST, columns, taken)) | set(_named(RATER, columns, taken))
    named = list(dict.fromkeys(name for pattern in CLIENT for name in _named(pattern, columns, taken | others)))
    return [name for name in named if columns[name].n >= 0.95 * rows and columns[name].may_be_codes]


def therapist_columns(columns: dict[str, Column], taken: set[str]) -> list[str]:
    """Name the columns that may hold the codes of therapists.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns that hold something else.

    Returns
    -------
    list of str
        Shortest name first.
    """
    return sorted((name for name in _named(THERAPIST, columns, taken) if columns[name].may_be_codes), key=len)


def session_columns(columns: dict[str, Column], taken: set[str]) -> list[str]:
    """Name the columns that may say which session it is.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns that hold something else.

    Returns
    -------
    list of str
        Those with whole numbers, or with few texts.
    """
    found = []
    for name in _named(SESSION, columns, taken):
        column = columns[name]
        fits = column.whole and 0 <= column.low and column.high <= 9999 if column.numeric else column.distinct <= 60
        if column.n and fits:
            found.append(name)
    return sorted(found, key=len)


def date_columns(table: RawTable, columns: dict[str, Column], taken: set[str]) -> list[str]:
    """Name the columns of dates that may say when somebody answered.

    Parameters
    ----------
    table : RawTable
        The file.
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns that hold something else.

    Returns
    -------
    list of str
        The likeliest first.
    """
    named = list(dict.fromkeys(name for pattern in DATE for name in _named(pattern, columns, taken)))
    return [
        name for name in named if columns[name].n and not columns[name].numeric and looks_like_dates(table.frame[name])
    ]


def variable_columns(columns: dict[str, Column], taken: set[str]) -> dict[str, str]:
    """Say what the other columns could be for.

    Parameters
    ----------
    columns : dict of str to Column
        By `described`.
    taken : set of str
        Columns of items, codes and sessions.

    Returns
    -------
    dict of str to str
        Column -> outcome, baseline, group or number; left out what is constant, text, or an identifier.
    """
    found = {}
    for name, column in columns.items():
        if name in taken or column.distinct < 2:
            continue
        if not column.numeric:
            if column.distinct <= MOST_LEVELS and column.n >= 3 * column.distinct:
                found[name] = "group"
            continue
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).casefold()
        if re.search(OUTCOME, words):
            found[name] = "outcome"
        elif re.search(BASELINE, words):
            found[name] = "baseline"
        elif column.distinct <= 3:
            found[name] = "group"
        elif not (column.whole and column.distinct == column.n and column.n > MOST_LEVELS):
            found[name] = "number"
    return found
