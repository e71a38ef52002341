"""Columns of numbers as they stand in print: the decimal points of a column below each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup, escape

WHOLE = r"[−-]?\d[\d,]*|[−-]?(?=\.\d)"  # what stands before the decimal point, if anything does
# a number, alone or in front of its unit, its interval, or what it was counted of
NUMBER = re.compile(rf"(?P<sign>[<>] )?(?P<whole>{WHOLE})(?P<rest>(\.\d+)?%?(\*| .*)?)", re.DOTALL)
LIMITS = re.compile(
    rf"(?P<before>[^\[]*?) ?\[(?P<low>{WHOLE})(?P<between>(\.\d+)?, )(?P<high>{WHOLE})(?P<behind>(\.\d+)?\])"
    r"(?P<rest>.*)"
)
SHORT = 18  # characters of a cell that is not broken, as the template has it
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
    low, high : Room or None
        The room of the limits in brackets, where those of the column differ in it.
    """

    digits: int = 0
    minus: bool = False
    low: "Room | None" = None
    high: "Room | None" = None

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
        if found is None:
            return self.put(text)
        front = f"{found['sign'] or ''}{found['whole']}".replace(" ", NBSP)  # at its end a space would be lost
        limits = LIMITS.fullmatch(found["rest"]) if len(text) <= SHORT else None
        if not limits:
            return self.put(front) + found["rest"]
        low, high = (
            room.put(limits[end]) if room else limits[end] for end, room in (("low", self.low), ("high", self.high))
        )
        interval = Markup("[{}{}{}{}").format(low, limits["between"], high, limits["behind"])
        kept = Markup('<span class="k">{}</span>').format
        return kept(self.put(front) + limits["before"]) + " " + kept(interval) + limits["rest"]

    def put(self, front: str) -> Markup:
        """Return what stands before a decimal point, at the right end of its room."""
        place = f"p{self.digits}{' neg' if self.minus else ''}"
        return Markup('<span class="{}">{}</span>').format(place, front)


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
    whole = _of(fronts, 1)
    if whole.digits > MOST:
        return Room()
    limits = [limit for number in found if number and (limit := LIMITS.fullmatch(number["rest"]))]
    lows, highs = ([limit[end] for limit in limits] for end in ("low", "high"))
    if len(set(map(_size, lows))) < 2 and len(set(map(_size, highs))) < 2:
        return whole
    return replace(whole, low=_of(lows, 0), high=_of(highs, 0))


def _of(fronts: Sequence[str], least: int) -> Room:
    return Room(max(least, *(_size(front)[0] for front in fronts)), any(_size(front)[1] for front in fronts))


def _size(front: str) -> tuple[int, bool]:
    return len(front.lstrip("−-")), front[:1] in ("−", "-")
