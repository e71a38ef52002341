"""Values on hover: what a mark stands for, told where the pointer rests on it, in an SVG and in the page that shows it.

A figure tells nothing by itself; the code that draws a mark says its value with :func:`tell`.
"""

from collections.abc import Sequence
from html import escape
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from pipeline.drawing.look import MM

LEAST = 2.0 * MM  # inches: a point is small, and a line thin, to rest a pointer on
POINTS = 72  # of an SVG in an inch
Place = float | Sequence[float]

_told: WeakKeyDictionary[Figure, list[tuple[Axes, Bbox, str]]] = WeakKeyDictionary()


def tell(axis: Axes, x: Place, y: Place, text: str) -> None:
    """Say the value of a mark.

    Parameters
    ----------
    axis : Axes
        That the mark is drawn in.
    x, y : float or pair of float
        Where it lies, in units of the data: a place, or its first and last; limits that are missing, on either side
        of a place, are left out.
    text : str
        Name and value, as `WAI-S total: .93 [.91, .94]`.
    """
    across, down = (np.atleast_1d(np.asarray(value, dtype=float)) for value in (x, y))
    figure = axis.get_figure(root=True)
    if figure and np.isfinite(across).any() and np.isfinite(down).any():
        box = Bbox([[np.nanmin(across), np.nanmin(down)], [np.nanmax(across), np.nanmax(down)]])
        _told.setdefault(figure, []).append((axis, box, text))


def told_areas(figure: Figure, box: Bbox) -> bytes:
    """Areas without any ink that tell their values, as a group of an SVG; nothing where no mark tells its value.

    Parameters
    ----------
    figure : Figure
        Laid out.
    box : Bbox
        The part of the figure that the SVG shows, in inches.

    Returns
    -------
    bytes
        One element.
    """
    told = _told.get(figure, [])
    if not told:
        return b""
    corners = np.array([axis.transData.transform(place.get_points()) for axis, place, _ in told])
    edges = np.array([axis.bbox.get_points() for axis, *_ in told])  # an inset shows a part of its marks
    low = np.maximum(corners.min(axis=1), edges[:, 0]) / figure.dpi
    high = np.minimum(corners.max(axis=1), edges[:, 1]) / figure.dpi
    seen = (low <= high + 1e-6).all(axis=1)
    room = np.maximum(LEAST - (high - low), 0) / 2
    low, high = low - room, high + room
    places = POINTS * np.column_stack([low[:, 0] - box.x0, box.y1 - high[:, 1], high - low])
    areas = [
        f'<path d="M{x:.1f} {y:.1f}h{wide:.1f}v{tall:.1f}h-{wide:.1f}z"><title>{escape(text, False)}</title></path>'
        for (x, y, wide, tall), (_, _, text), shown in zip(places, told, seen, strict=True)
        if shown
    ]
    return f'<g class="values" fill="none" pointer-events="all">{"".join(areas)}</g>'.encode()
