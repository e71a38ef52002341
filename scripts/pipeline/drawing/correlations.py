"""What figures of correlations share: one colour for one correlation, how its number looks, and the colour bar."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from pipeline.drawing.colours import FAINT, ink
from pipeline.drawing.numerals import coefficient, number

# The same colour is the same correlation in every data set, whatever range the bar shows: the darker the stronger.
# Neither end is the hue of an instrument.
NEGATIVE, POSITIVE = "#B2182B", "#4F6478"
SHADES = ScalarMappable(Normalize(-1, 1), LinearSegmentedColormap.from_list("r", [NEGATIVE, "white", POSITIVE]))
UNKNOWN = FAINT


def shade(value: Any) -> Any:
    """The colour of one correlation; the type hints of matplotlib know those of arrays only."""
    return SHADES.to_rgba(value) if np.isfinite(value) else UNKNOWN


def draw_value(
    axis: Axes,
    x: float,
    y: float,
    value: float,
    below: str = "",
    *,
    appearance: dict | None = None,
    bold: bool = False,
    step: float = 0.0,
    show: Callable[[float], str] = coefficient,
) -> None:
    """One cell of a matrix: its colour, the number, and under it, in small print, further lines.

    Parameters
    ----------
    below : lines under the number, one after the other.
    appearance : of the rectangle, instead of the colour of the correlation.
    step : from one line to the next, in cells.
    """
    appearance = appearance or {"facecolor": shade(value)}
    axis.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **{"edgecolor": "white", "linewidth": 0.8} | appearance))
    lines = below.splitlines()
    top = y - step * len(lines) / 2
    colour = ink(appearance["facecolor"])
    # it lies inside the axes, so that measuring it for the layout, which takes long, would change nothing
    style: dict[str, Any] = {"ha": "center", "va": "center_baseline", "color": colour, "in_layout": False}
    axis.text(x, top, show(value), size=8, weight="bold" if bold else "normal", **style)
    for row, line in enumerate(lines, start=1):
        axis.text(x, top + row * step, line, size=8, **style)


def add_colour_bar(figure: Figure, axis: Axes, slots: float, values: ArrayLike) -> None:
    """A colour bar at the right of a matrix of so many slots; its lower half is there only for negative values."""
    place = (1 + 0.4 / slots, 0.2, 0.4 / slots, 0.6)
    bar = figure.colorbar(SHADES, cax=axis.inset_axes(place), label="Correlation")
    bar.ax.yaxis.set_major_formatter(lambda value, _: number(value, 1))
    bar.ax.set_ylim(-1 if (np.asarray(values, dtype=float) < 0).any() else 0, 1)
    bar.outline.set_visible(False)


def label_scores(axis_kind: Axis, scores: pd.DataFrame, names: str, rotation: int) -> None:
    """Name every score, and in the gap in front of its scores every perspective where there are several.

    Parameters
    ----------
    scores : frame with columns perspective, place and the one of the names.
    """
    heads = scores.groupby("perspective", sort=False)["place"].min() - 1
    heads = heads[heads >= 0]
    axis_kind.set_ticks([*heads, *scores["place"]], [*heads.index.str.capitalize(), *scores[names]], rotation=rotation)
    for tick in axis_kind.get_major_ticks()[: len(heads)]:
        tick.label1.set_fontweight("bold")
        tick.label2.set_fontweight("bold")


def in_places(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores by perspective; `place` is where each stands. Several perspectives have a gap in front of each."""
    rank = scores["perspective"].map({name: i for i, name in enumerate(dict.fromkeys(scores["perspective"]))})
    scores = scores.assign(rank=rank).sort_values("rank", kind="stable")
    return scores.assign(place=np.arange(len(scores)) + scores["rank"] + (rank.max() > 0))
