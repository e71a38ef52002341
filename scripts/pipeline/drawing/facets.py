"""Stacked bars: what the items of each form ask about, as percentages by category."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from pipeline.drawing.colours import ink
from pipeline.drawing.numerals import number
from pipeline.drawing.values import tell


def draw_facet(
    axis: Axes,
    shares: pd.DataFrame,
    labels: Sequence[str],
    palette: Sequence[str],
    *,
    narrowest: float,
    places: np.ndarray | None = None,
) -> None:
    """Draw one bar per form, its categories side by side, with a legend to the right.

    Parameters
    ----------
    shares : forms x categories, in percent.
    labels : of the forms.
    palette : colours of the categories, taken again from the first where there are more categories.
    narrowest : percentage below which a part has no room for its number.
    places : heights of the bars, from the top; one below the other by default.
    """
    places = np.arange(len(shares)) if places is None else places
    left = np.zeros(len(shares))
    for position, (category, column) in enumerate(shares.items()):
        colour, values = palette[position % len(palette)], column.to_numpy()
        axis.barh(places, values, 0.8, left, color=colour, edgecolor="white", linewidth=0.8, label=category)
        for label, y, start, width in zip(labels, places, left, values, strict=True):
            if width > 0:
                tell(axis, (start, start + width), (y - 0.4, y + 0.4), f"{label}, {category}: {number(width, 0)}%")
            if width >= narrowest:
                appearance: dict[str, Any] = {
                    "ha": "center",
                    "va": "center_baseline",
                    "fontsize": 8,
                    "color": ink(colour),
                }
                axis.text(start + width / 2, y, number(width, 0), **appearance)  # rounded as in the tables
        left = left + values
    axis.set_yticks(places, labels)
    axis.set(xlim=(0, 100), ylim=(places[-1] + 0.5, places[0] - 0.5))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=1, handleheight=1, borderaxespad=0)
