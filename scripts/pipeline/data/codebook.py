"""The codebook: what every value of the column `statistic` in a result table is."""

import re
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pipeline.data.yaml_files import read_yaml

if TYPE_CHECKING:  # the captions of the workflow need the codebook but no frames
    import pandas as pd

ROUNDING = 1e-9  # of floating point, by which a share of 1 may pass it


@dataclass(frozen=True)
class Statistic:
    """One entry of statistics.yaml, whose first lines say what each field holds.

    Attributes
    ----------
    label : str
        What people read.
    what : str
        One or two sentences.
    range : tuple
        Lowest and highest value of an estimate; None for an open end.
    unit : str
        Unit of the estimate.
    chapter : str
        Chapter of the library that computes it.
    tables : tuple of str
        Names of the result tables that hold it, see `table_name`.
    r : str
        The R function it agrees with; "" where there is none.
    no_r : str
        Why there is no R function; "" where there is one.
    symbol, source, formula : str
        Text; "" where the entry has no such field.
    also_from : dict
        Table -> what data or setting it takes, for tables in which the shipped data do not have it.
    pattern : str
        Regular expression of the names that the entry describes besides its own; "" where there are no others.
    differs : dict
        Table -> fields that read otherwise there.
    """

    label: str
    what: str
    range: tuple[float | None, float | None]
    unit: str
    chapter: str
    tables: tuple[str, ...]
    r: str
    no_r: str = ""
    symbol: str = ""
    source: str = ""
    formula: str = ""
    also_from: dict[str, str] = field(default_factory=dict)
    pattern: str = ""
    differs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def in_table(self, table: str) -> "Statistic":
        """Read the entry as it stands for one of its tables.

        Parameters
        ----------
        table : str
            Name of the table, see `table_name`.

        Returns
        -------
        Statistic
            The entry with the fields that differ in this table.

        Raises
        ------
        KeyError
            A table that does not hold the statistic.
        """
        if table not in self.tables:
            raise KeyError(f"{self.label} is in no table {table}")
        return replace(self, **_as_fields(self.differs.get(table, {})), differs={})


@cache
def codebook() -> dict[str, Statistic]:
    """Read the codebook, once.

    Returns
    -------
    dict
        Every entry by the name of its statistic, in alphabetical order.
    """
    with as_file(files("psychometrics") / "statistics.yaml") as path:
        return {name: Statistic(**_as_fields(entry)) for name, entry in read_yaml(path, path.name).items()}


def entry_of(statistic: str) -> Statistic | None:
    """Find the entry that describes a statistic, by its name or by a pattern.

    Parameters
    ----------
    statistic : str
        Value of the column `statistic`.

    Returns
    -------
    Statistic or None
        None where no entry describes it.
    """
    book = codebook()
    if statistic in book:
        return book[statistic]
    return next((entry for entry in book.values() if entry.pattern and re.fullmatch(entry.pattern, statistic)), None)


def table_name(path: PurePath) -> str:
    """Name a table as the codebook does.

    Parameters
    ----------
    path : PurePath
        Path below `results`.

    Returns
    -------
    str
        For `example/factors/client/loadings.csv` it is `factors/*/loadings.csv`, whatever the data set and the
        perspective; `content/similarity.csv` and `congruence.csv`, which belong to no data set, stay.
    """
    of_no_data_set = path.parts[0] == "content" or len(path.parts) == 1
    parts = list(path.parts if of_no_data_set else path.parts[1:])
    if len(parts) == 3:
        parts[1] = "*"
    return "/".join(parts)


def unknown_statistics(frame: "pd.DataFrame", table: str | None = None) -> list[str]:
    """Find the statistics of a tidy table that the codebook does not have.

    Parameters
    ----------
    frame : DataFrame
        Tidy table with the column `statistic`.
    table : str, optional
        Name of the table, see `table_name`; with it, statistics that the codebook has for other tables only are
        unknown as well.

    Returns
    -------
    list of str
        Their names in alphabetical order.
    """
    entries = {name: entry_of(name) for name in frame["statistic"].unique()}
    return sorted(
        name for name, entry in entries.items() if entry is None or (table is not None and table not in entry.tables)
    )


def outside_range(frame: "pd.DataFrame", table: str) -> "pd.DataFrame":
    """Find the rows of a table with an estimate or a limit that their statistic cannot take.

    Parameters
    ----------
    frame : DataFrame
        Tidy table with the column `statistic`.
    table : str
        Name of the table, see `table_name`.

    Returns
    -------
    DataFrame
        These rows; rows unknown to the codebook are not among them.
    """
    entries = {name: entry_of(name) for name in frame["statistic"].unique()}
    ranges = {
        name: entry.in_table(table).range
        for name, entry in entries.items()
        if entry is not None and table in entry.tables
    }
    low, high = (
        frame["statistic"].map({name: limits[end] for name, limits in ranges.items()}).astype(float) for end in (0, 1)
    )
    outside = low.isna() & False
    for column in frame.columns.intersection(["estimate", "uncorrected", "lower", "upper"]):
        outside |= (frame[column] < low - ROUNDING) | (frame[column] > high + ROUNDING)
    return frame[outside]


def not_holding(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Find the rows whose limits do not hold the estimate beside them, or have none beside them.

    Parameters
    ----------
    frame : DataFrame
        Tidy table.

    Returns
    -------
    DataFrame
        These rows; none where the table has no limits. A limit that is missing excludes nothing.
    """
    if not {"estimate", "lower", "upper"} <= set(frame.columns):
        return frame.head(0)
    estimate, lower, upper = frame["estimate"], frame["lower"], frame["upper"]
    outside = (lower > estimate + ROUNDING) | (upper < estimate - ROUNDING)
    return frame[outside | (estimate.isna() & lower.notna() & upper.notna())]


def _as_fields(entry: dict[str, Any]) -> dict[str, Any]:
    """What YAML holds as lists, as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
