"""A forest of estimates as SVG inside a page: points, intervals, and the numbers beside them."""

from itertools import groupby

from markupsafe import Markup, escape

from pipeline.report.blocks import Forest, ForestRow

WIDTH, LABELS, LEFT, RIGHT, NUMBERS = 720, 4, 270, 560, 578  # of the picture, and where labels, axis and numbers stand
ROW, HEAD, AXIS, MARK = 22, 30, 40, 5  # heights of a row, of a heading and of the axis; half the size of a point


def svg(forest: Forest) -> Markup:
    """Draw a forest in the colours of the page; every row tells its values where the pointer rests on it.

    Parameters
    ----------
    forest : Forest
        What is drawn.

    Returns
    -------
    Markup
        The element, without any style of its own, which a policy of the page would refuse.
    """
    parts: list[Markup] = []
    y = 6
    for heading, rows in groupby(forest.rows, key=lambda row: row.heading):
        y += HEAD
        parts.append(_text(LABELS, y - 8, heading, "head"))
        for row in rows:
            y += ROW
            parts.append(_row(row, y - ROW / 2))
    bottom = y + 6
    marks = [
        Markup('<line class="mark" x1="{0:.1f}" x2="{0:.1f}" y1="6" y2="{1}"/>').format(_place(mark), bottom)
        for mark in forest.marks
    ]
    ticks = [
        Markup('<line class="axis" x1="{0:.1f}" x2="{0:.1f}" y1="{1}" y2="{2}"/>{3}').format(
            _place(tick), bottom, bottom + 5, _text(_place(tick), bottom + 18, f"{100 * tick:g}", "middle")
        )
        for tick in (0, 0.25, 0.5, 0.75, 1)
    ]
    axis = Markup('<line class="axis" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(LEFT, RIGHT, bottom, bottom)
    name = _text((LEFT + RIGHT) / 2, bottom + 34, forest.axis, "middle")
    return Markup('<svg class="forest" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(
        WIDTH, bottom + AXIS, forest.alt, Markup("").join([*marks, *parts, axis, *ticks, name])
    )


def _row(row: ForestRow, y: float) -> Markup:
    x = _place(row.estimate)
    drawn = []
    if row.lower is not None and row.upper is not None:
        low, high = _place(row.lower), _place(row.upper)
        drawn.append(Markup('<line class="interval" x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}"/>').format(low, high, y, y))
    if row.or_more:
        arrow = Markup('<path class="interval" d="M{:.1f} {} h24 m-6 -4 l6 4 l-6 4"/>')
        drawn.append(arrow.format(x, y))
    if row.published:
        diamond = Markup('<path class="published" d="M{:.1f} {} l{} {} l-{} {} l-{} -{} z"/>')
        drawn.append(diamond.format(x, y - MARK, *[MARK] * 6))
    else:
        drawn.append(Markup('<circle class="own" cx="{:.1f}" cy="{}" r="{}"/>').format(x, y, MARK - 0.5))
    about = f"{row.heading}, {row.label}: {row.text}"
    return Markup("<g><title>{}</title>{}{}{}</g>").format(
        about, _text(LABELS + 12, y + 4, row.label), Markup("").join(drawn), _text(NUMBERS, y + 4, row.text)
    )


def _text(x: float, y: float, text: str, kind: str = "") -> Markup:
    named = Markup(' class="{}"').format(kind) if kind else Markup("")
    return Markup('<text{} x="{:.1f}" y="{:.1f}">{}</text>').format(named, x, y, escape(text))


def _place(value: float) -> float:
    """A share from 0 to 1 on the axis; what lies beyond stands at its end."""
    return LEFT + (RIGHT - LEFT) * min(max(value, 0.0), 1.0)
