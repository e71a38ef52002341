"""A table as APA Style (7th edition) has it, without any format: Word and LaTeX are made of the same description.

All texts may hold the signs of :mod:`pipeline.manuscript.rich`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from pipeline.manuscript.rich import plain

NONE = "—"  # of an empty cell that could have held a number
NUMBER = re.compile(r"(?P<whole>\(?[<−]? ?\d*)(?P<rest>(?:\.\d+)?\)?(?:\*{0,3}|[a-z]?))")


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes
    ----------
    head : str
        Its heading; of the first column the stub head.
    align : {"left", "center", "decimal"}
        Numbers of a decimal column stand with their points below each other.
    width : float
        In relation to the other columns.
    """

    head: str
    align: Literal["left", "center", "decimal"] = "decimal"
    width: float = 1.0


@dataclass(frozen=True)
class Spanner:
    """A heading over several columns, with a rule below.

    Attributes
    ----------
    head : str
        The heading.
    first, last : int
        The columns, counted from 0, both included.
    """

    head: str
    first: int
    last: int


@dataclass(frozen=True)
class Row:
    """A row of cells, or a heading of the rows that follow.

    Attributes
    ----------
    cells : sequence of str
        One for each column; a single one where it is a heading of rows.
    indent : int
        Of the first cell, in steps.
    rule : bool
        Whether a thin rule stands above it.
    follows : bool
        Whether it belongs to the row above it, as limits below their estimate.
    """

    cells: Sequence[str]
    indent: int = 0
    rule: bool = False
    follows: bool = False

    @property
    def heads_rows(self) -> bool:
        """Whether it is a heading over the whole width."""
        return len(self.cells) == 1


@dataclass
class ApaTable:
    """A table.

    Attributes
    ----------
    name : str
        What it is called in files and references.
    title : str
        Below the number, in title case.
    columns : list of Column
        The first holds the stub.
    rows : list of Row
        In order.
    spanners : list of Spanner
        Over the heads of the columns.
    general : str
        The general note: what the reader must know, and every abbreviation.
    specific : list of str
        Notes to single cells or rows, each beginning with its raised letter.
    probability : str
        What the stars mean.
    source : str
        The table of results that holds all digits, below the folder of the results.
    number : str
        Put in when the tables are put in order: `1`, `2a`.
    """

    name: str
    title: str
    columns: list[Column]
    rows: list[Row] = field(default_factory=list)
    spanners: list[Spanner] = field(default_factory=list)
    general: str = ""
    specific: list[str] = field(default_factory=list)
    probability: str = ""
    source: str = ""
    number: str = ""

    @property
    def landscape(self) -> bool:
        """Whether it is too wide for an upright page."""
        return sum(column.width for column in self.columns) > 11

    def check(self) -> None:
        """Stop where a row or a spanner does not fit the columns."""
        for row in self.rows:
            if not row.heads_rows and len(row.cells) != len(self.columns):
                raise ValueError(f"{self.name}: a row has {len(row.cells)} cells, not {len(self.columns)}")
        if any(not 0 < one.first <= one.last < len(self.columns) for one in self.spanners):
            raise ValueError(f"{self.name}: a spanner reaches beyond the columns")

    def padding(self, column: int) -> list[tuple[str, str]]:
        """Signs to be left free before and behind each cell of a column, so that the points stand below each other.

        Parameters
        ----------
        column : int
            Counted from 0.

        Returns
        -------
        list of (str, str)
            Of each row, digits (`0`), a minus and points that are not shown but take their place.
        """
        texts = ["" if row.heads_rows else plain(row.cells[column]) for row in self.rows]
        parts = [NUMBER.fullmatch(text) if text and self.columns[column].align == "decimal" else None for text in texts]
        known = [part for part in parts if part]
        left = max((len(part["whole"]) for part in known), default=0)
        right = max((len(part["rest"].replace(".", "")) for part in known), default=0)
        points = any("." in part["rest"] for part in known)
        return [
            ("", "")
            if part is None
            else (
                "0" * (left - len(part["whole"])),
                "." * (points and "." not in part["rest"]) + "0" * (right - len(part["rest"].replace(".", ""))),
            )
            for part in parts
        ]


def numbered(tables: Sequence[ApaTable]) -> list[ApaTable]:
    """Give tables their numbers in order; those that have one keep it.

    Parameters
    ----------
    tables : sequence of ApaTable
        In order; each is checked.

    Returns
    -------
    list of ApaTable
        The same tables.
    """
    for number, table in enumerate(tables, start=1):
        table.check()
        table.number = table.number or str(number)
    return list(tables)
