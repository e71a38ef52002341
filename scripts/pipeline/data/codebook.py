"""The codebook: what every value of the column `statistic` in a result table is."""

import re
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import as_file, files
from pathlib import PurePath
from typing import Any

import pandas as pd

from pipeline.data.configuration import read_yaml

ROUNDING = 1e-9  # of floating point, by which a share of 1 may pass it


@dataclass(frozen=True)
class Statistic:
    """One entry of statistics.yaml, whose first lines say what each field holds.

    Attributes
    ----------
    label, symbol, what, source, formula, unit, chapter
        Text; "" where an entry has no such field.
    r, no_r
        The R function it agrees with, or why there is none.
    range
        Lowest and highest value of an estimate; None for an open end.
    tables
        Names of the result tables that hold it, see `table_name`.
    also_from
        Table -> what data or setting it takes, for tables in which the shipped data do not have it.
    pattern
        Regular expression of the names that the entry describes besides its own; "" where there are no others.
    differs
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
        """The entry as it reads in one of its tables.

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
    """Every entry by the name of its statistic, in alphabetical order."""
    with as_file(files("psychometrics") / "statistics.yaml") as path:
        return {name: Statistic(**_as_fields(entry)) for name, entry in read_yaml(path, path.name).items()}


def entry_of(statistic: str) -> Statistic | None:
    """The entry that describes a statistic, by its name or by a pattern; None where there is none."""
    book = codebook()
    if statistic in book:
        return book[statistic]
    return next((entry for entry in book.values() if entry.pattern and re.fullmatch(entry.pattern, statistic)), None)


def table_name(path: PurePath) -> str:
    """How the codebook names a table, from its path below `results`.

    `example/factors/client/loadings.csv` is `factors/*/loadings.csv`, whatever the data set and the perspective;
    `content/similarity.csv`, which belongs to no data set, stays as it is.
    """
    parts = list(path.parts)
    if len(parts) > 2:
        parts = parts[1:]
    if len(parts) == 3:
        parts[1] = "*"
    return "/".join(parts)


def unknown_statistics(frame: pd.DataFrame, table: str | None = None) -> list[str]:
    """Statistics of a tidy table that the codebook does not have; given the table's name, not for that table."""

    def known(statistic: str) -> bool:
        entry = entry_of(statistic)
        return entry is not None and (table is None or table in entry.tables)

    return sorted(statistic for statistic in frame["statistic"].unique() if not known(statistic))


def outside_range(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Rows of a table with an estimate that their statistic cannot take; rows unknown to the codebook are left out."""
    if "estimate" not in frame:
        return frame.head(0)
    entries = {name: entry_of(name) for name in frame["statistic"].unique()}
    ranges = {
        name: entry.in_table(table).range
        for name, entry in entries.items()
        if entry is not None and table in entry.tables
    }
    low, high = (frame["statistic"].map({name: limits[end] for name, limits in ranges.items()}) for end in (0, 1))
    below = frame["estimate"] < low.astype(float) - ROUNDING
    return frame[below | (frame["estimate"] > high.astype(float) + ROUNDING)]


def _as_fields(entry: dict[str, Any]) -> dict[str, Any]:
    """What YAML holds as lists, as tuples."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}
