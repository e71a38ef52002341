"""Columns of numbers as they stand in print: the decimal points of a column below each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WHOLE = r"[−-]?\d[\d,]*|[−-]?(?=\.\d)"  # what stands before the decimal point, if anything does
# a number, alone or in front of its unit, its interval, or what it was counted of
NUMBER = re.compile(rf"(?P<sign>[<>] )?(?P<whole>{WHOLE})(?P<rest>(\.\d+)?%?(\*| .*)?)", re.DOTALL)
NBSP = "\N{NO-BREAK SPACE}"
ABSENT = ("", "–")
MOST = 9  # characters before the point for which the style sheet has room


@dataclass(frozen=True)
class Room:
    """The room that a column of numbers needs in front of its decimal points.

    Attributes
    ----------
    digits : int
        Digits and commas; 0 where the column holds no numbers.
    minus : bool
        Whether a number is negative.
    """

    digits: int = 0
    minus: bool = False

    def cell(self, text: str) -> Markup:
        """Return a cell as HTML, its number moved to its place.

        Parameters
        ----------
        text : str
            The cell as people read it.

        Returns
        -------
        Markup
            The text itself where the column holds no numbers.
        """
        found = NUMBER.fullmatch(text)
        if not self.digits or text == "":
            return escape(text)
        place = f"p{self.digits}{' neg' if self.minus else ''}"
        if found is None:
            return Markup('<span class="{}">{}</span>').format(place, text)
        front = f"{found['sign'] or ''}{found['whole']}".replace(" ", NBSP)  # at its end a space would be lost
        return Markup('<span class="{}">{}</span>{}').format(place, front, found["rest"])


def rooms(rows: Sequence[Sequence[str]]) -> list[Room]:
    """Say of every column of a table how much room its numbers need; of the first none, since it names the row.

    Parameters
    ----------
    rows : sequence of sequence of str
        The cells of the table.

    Returns
    -------
    list of Room
        One for each column; a column with a cell that is no number holds none.
    """
    return [Room(), *(_room(column) for column in list(zip(*rows, strict=True))[1:])] if rows else []


def _room(column: Sequence[str]) -> Room:
    cells = [cell for cell in column if cell not in ABSENT]
    found = [NUMBER.fullmatch(cell) for cell in cells]
    fronts = [f"{number['sign'] or ''}{number['whole']}" for number in found if number]
    if not cells or len(fronts) < len(cells):
        return Room()
    digits = max(len(front.lstrip("−-")) for front in fronts)
    return Room(max(digits, 1), any(front[:1] in "−-" for front in fronts if front)) if digits <= MOST else Room()
