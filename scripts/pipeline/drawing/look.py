"""How figures look, as `figures:` in config.yaml says: widths, font, formats, decimal mark, lettering."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

MM = 1 / 25.4
PADDING = 0.6 * MM  # inches around a figure


@dataclass(frozen=True)
class Look:
    """The settings of `figures:`; the defaults are those of the schema.

    Attributes
    ----------
    columns : int
        1: figures that can be read in one column of a journal are drawn in one.
    one_column, two_columns : float
        Widths in mm.
    font : str
        Name of a font of this machine.
    formats : sequence of str
        Beside SVG.
    decimal_mark : str
        `point` or `comma`.
    lettering : bool
        Whether title and notes are drawn into the figures.
    """

    columns: int = 2
    one_column: float = 88
    two_columns: float = 180
    font: str = "DejaVu Sans"
    formats: Sequence[str] = ("pdf", "png")
    decimal_mark: str = "point"
    lettering: bool = False


_look: ContextVar[Look | None] = ContextVar("look", default=None)


def look() -> Look:
    """Return the look in force: the defaults outside of :func:`drawn_as`."""
    return _look.get() or Look()


@contextmanager
def drawn_as(chosen: Look) -> Iterator[None]:
    """Draw everything inside with this look."""
    token = _look.set(chosen)
    try:
        yield
    finally:
        _look.reset(token)


def in_one_column() -> bool:
    """Whether figures that can be read in one column are drawn in one."""
    return look().columns == 1


def width(needs: int = 2) -> float:
    """Return the width of a figure in mm, without the padding that is added around it.

    Parameters
    ----------
    needs : int
        Columns of a journal that the figure needs to be read.

    Returns
    -------
    float
        Of one column where that is chosen and enough, otherwise of two.
    """
    chosen = look()
    whole = chosen.one_column if in_one_column() and needs == 1 else chosen.two_columns
    return whole - 2 * PADDING / MM
