"""What the questionnaires ask about: one panel per facet, one bar per form, as shares of the items."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pipeline.data.tables import read_table
from pipeline.drawing.frame import MM, ink
from pipeline.drawing.style import COLOURS, figure_style, save_figure
from pipeline.report.wording import words

NARROWEST_LABEL = 3.0  # a segment below this percentage has no room for its number
# neighbours in a bar differ in lightness as well as in hue
ORDER = [COLOURS[name] for name in ("blue", "orange", "green", "sky", "vermilion", "yellow", "purple")]


def main(tables: list[Path], figures: list[Path]) -> None:
    """Draw tables 2a to 2d, which are among `tables`."""
    facets = [read_table(path) for path in tables if path.stem.startswith("table_2")]
    with figure_style():
        figure = Figure(figsize=(180 * MM, 205 * MM))
        axes = figure.subplots(len(facets), 1, sharex=True)
        notes = [words("content").figure_facets()]
        for axis, letter, facet in zip(axes, "abcd", facets, strict=True):
            notes += draw_facet(axis, letter, facet)
        for axis in axes[:-1]:
            axis.spines["bottom"].set_visible(False)
            axis.tick_params(axis="x", length=0)
        axes[-1].set_xlabel("Share of the items (%)")
        figure.text(0, -0.01, "\n".join(notes), fontsize=7.5, va="top", linespacing=1.4)
        save_figure(figure, figures)


def draw_facet(axis, letter: str, facet) -> list[str]:
    """One bar per form; returns a note for each form whose counts do not add up to its items, marked on the axis."""
    counts = facet.pivot_table(index="form", columns="category", values="count", aggfunc="sum", sort=False)
    items = facet.groupby("form", sort=False)["n"].first()
    sums = counts.sum(axis=1)
    where = positions(facet)
    left = np.zeros(len(counts))
    for colour, (category, values) in zip(ORDER[: counts.shape[1]], counts.items(), strict=True):
        share = (100 * values / sums).to_numpy()
        axis.barh(where, share, left=left, height=0.8, color=colour, edgecolor="white", linewidth=0.6, label=category)
        for y, start, width in zip(where, left, share, strict=True):
            if width >= NARROWEST_LABEL:
                look = {"ha": "center", "va": "center_baseline", "fontsize": 7, "color": ink(colour)}
                axis.text(start + width / 2, y, f"{np.floor(width + 0.5):.0f}", **look)  # halves up, as in print
        left = left + share
    wrong, name = sums != items, facet["facet"].iloc[0]
    axis.set_yticks(where, [f"{form} ({items[form]}){'*' if wrong[form] else ''}" for form in counts.index])
    axis.set_ylim(where[-1] + 0.5, where[0] - 0.5)
    axis.set_xlim(0, 100)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.set_title(f"{letter}  {name.capitalize()}")
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), handlelength=1, handleheight=1, borderaxespad=0)
    return [
        words("content").counts_do_not_add_up(facet=name, form=form, total=total, items=items[form])
        for form, total in sums[wrong].items()
    ]


def positions(facet) -> np.ndarray:
    """Heights of the bars: the forms of one instrument stand together. A form is named INSTRUMENT-PERSPECTIVE."""
    family = facet["form"].drop_duplicates().str.rpartition("-")[0]
    return np.arange(len(family)) + 0.4 * (family != family.shift()).cumsum().to_numpy()
