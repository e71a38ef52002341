"""Numbers in figures, with the decimal mark that config.yaml chooses: `.83 [.80, .86]` or `0,83 [0,80; 0,86]`."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.ticker import ScalarFormatter

from pipeline.drawing.look import look
from pipeline.report import numbers
from pipeline.report.wording import NBSP


def with_comma() -> bool:
    """Whether decimals stand behind a comma."""
    return look().decimal_mark == "comma"


def number(value: float, digits: int = 2) -> str:
    """A number as in the tables, with the decimal mark of the figures."""
    text = numbers.number(value, digits)
    return text.replace(".", ",") if with_comma() else text


def as_given(value: float) -> str:
    """A number that was set, with all its digits."""
    return f"{value:g}".replace(".", ",") if with_comma() else f"{value:g}"


def coefficient(value: float, digits: int = 2) -> str:
    """A value that cannot exceed one: no zero before a point, but one before a comma."""
    text = number(value, digits)
    return text if with_comma() or not abs(value) < 1 else text.replace("0.", ".", 1)


def percentage(value: float) -> str:
    """A share in whole percent, without the sign."""
    return number(100 * value, 0)


def with_limits(
    estimate: float, lower: float, upper: float, show: Callable[[float], str] = coefficient, *, lines: bool = False
) -> str:
    """Return an estimate with its interval, or alone where there is none.

    Parameters
    ----------
    estimate, lower, upper : float
        The value and its limits.
    show : callable
        How a number looks.
    lines : bool
        Whether the interval stands on a line of its own.

    Returns
    -------
    str
        `.83 [.80, .86]`; a dash without an estimate.
    """
    if not np.isfinite(lower) or not np.isfinite(upper):
        return show(estimate)
    between = "; " if with_comma() else ", "
    interval = f"[{show(lower)}{between}{show(upper)}]".replace(" ", NBSP)
    return f"{show(estimate)}{chr(10) if lines else NBSP}{interval}"


def in_percent(estimate: float, lower: float = np.nan, upper: float = np.nan) -> str:
    """A share in percent with its interval: `36% [26, 45]`."""
    head, *interval = with_limits(estimate, lower, upper, percentage).split(NBSP, 1)
    return NBSP.join([f"{head}%", *interval])


def tick(value: float, _: int | None = None) -> str:
    """A tick of an axis of coefficients: `.5`, `1`."""
    return coefficient(value, 1) if abs(value) < 1 and value else f"{value:.0f}".replace("-", "−")


def mark_ticks(axes: Any) -> None:
    """Give the numbers of plain axes the decimal mark of the figures."""
    for axis in (axes.xaxis, axes.yaxis):
        if with_comma() and type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(WithComma(useOffset=False))


class WithComma(ScalarFormatter):
    """Ticks with a decimal comma."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Name one tick."""
        return super().__call__(x, pos).replace(".", ",")
