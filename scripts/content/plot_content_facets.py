"""What the questionnaires ask about: one panel per facet, one bar per form, as shares of the items."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from pipeline.data.tables import read_table
from pipeline.drawing.colours import GREYS
from pipeline.drawing.facets import draw_facet
from pipeline.drawing.look import MM, Look, drawn_as, width
from pipeline.drawing.style import figure_style, save_figure
from pipeline.report.wording import words

NARROWEST_LABEL = 3.5  # a segment below this percentage has no room for its number


def main(tables: list[Path], look: dict, figures: list[Path]) -> None:
    """Draw tables 2a to 2d, which are among `tables`."""
    facets = [read_table(path) for path in tables if path.stem.startswith("table_2")]
    with drawn_as(Look(**look)), figure_style():
        figure = Figure(figsize=(width() * MM, 205 * MM))
        axes = figure.subplots(len(facets), 1, sharex=True)
        notes = [words("content").figure_facets()]
        for axis, letter, facet in zip(axes, "abcd", facets, strict=True):
            notes += draw_published(axis, letter, facet)
        for axis in axes[:-1]:
            axis.spines["bottom"].set_visible(False)
            axis.tick_params(axis="x", length=0)
        axes[-1].set_xlabel("Share of the items (%)")
        save_figure(figure, figures, "What the questionnaires ask about", " ".join(notes))


def draw_published(axis, letter: str, facet) -> list[str]:
    """One facet; returns a note for each form whose counts do not add up to its items, marked on the axis."""
    counts = facet.pivot_table(index="form", columns="category", values="count", aggfunc="sum", sort=False)
    items = facet.groupby("form", sort=False)["n"].first()
    sums = counts.sum(axis=1)
    wrong, name = sums != items, facet["facet"].iloc[0]
    labels = [f"{form} ({items[form]}){'*' if wrong[form] else ''}" for form in counts.index]
    shares = (100 * counts).div(sums, axis=0)
    draw_facet(axis, shares, labels, GREYS, narrowest=NARROWEST_LABEL, places=positions(facet))
    axis.set_title(f"{letter}  {name.capitalize()}")
    return [
        words("content").counts_do_not_add_up(facet=name, form=form, total=total, items=items[form])
        for form, total in sums[wrong].items()
    ]


def positions(facet) -> np.ndarray:
    """Heights of the bars: the forms of one instrument stand together. A form is named INSTRUMENT-PERSPECTIVE."""
    family = facet["form"].drop_duplicates().str.rpartition("-")[0]
    return np.arange(len(family)) + 0.4 * (family != family.shift()).cumsum().to_numpy()
