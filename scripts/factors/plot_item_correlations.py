"""Correlations of all items as a heat map, the items in the order of the factors that they load on most."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, colours_of_instruments, ink
from pipeline.drawing.correlations import SHADES, add_colour_bar, shade
from pipeline.drawing.frame import draw_reason, finish, item_names, subject_of
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import coefficient
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

LABELS, NUMBERS, BAR, STRIP = 26.0, 6.0, 17.0, 2.0  # mm for names, numbers, colour bar and colours of instruments
NAMED, NUMBERED = 3.3, 2.6  # mm of a row that has room for a name, and for a number
SIGNED = 0.1  # the least negative correlation that has a minus


def main(responses: Path, loadings: Path, matrix: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    found = read_table(loadings)
    perspective = found["perspective"].iloc[0]
    forms = dataset.forms_of(perspective)
    subject = subject_of("Correlations of the items", dataset, perspective)
    with figure_style():
        rows = found[(found["statistic"] == "loading") & found["estimate"].notna()]
        if rows.empty:
            draw_reason(found, subject, dataset, forms, figures)
            return
        order = in_factor_order(rows)
        r = pd.read_csv(matrix, index_col="item").loc[order.index, order.index]
        items = item_names(dataset, perspective).loc[order.index]
        items["colour"] = items["instrument"].map(colours_of_instruments(dataset, instruments))
        figure, named = draw(r.to_numpy(), order, items)
        note = words("factors").figure_item_correlations(named)
        finish(figure, subject, [note], dataset, forms, figures)


def in_factor_order(loadings: pd.DataFrame) -> pd.Series:
    """Item -> the factor on which it loads most in size; the factors in their order, the largest loading first."""
    wide = loadings.pivot(index="item", columns="factor", values="estimate")
    wide = wide[list(dict.fromkeys(loadings["factor"]))].reindex(list(dict.fromkeys(loadings["item"])))
    size = wide.abs()
    factor, largest = size.idxmax(axis=1), size.max(axis=1)
    place = {name: rank for rank, name in enumerate(wide.columns)}
    ranked = pd.DataFrame({"factor": factor, "rank": factor.map(place), "size": -largest})
    return ranked.sort_values(["rank", "size"], kind="stable")["factor"]


def draw(r: np.ndarray, factors: pd.Series, items: pd.DataFrame) -> tuple[Figure, str]:
    """The map, and how its rows are labelled: `name`, `number` or nothing."""
    many = len(r)
    room = width() - BAR - STRIP - 2
    named, labels = "name", LABELS
    if (room - LABELS) / many < NAMED:
        named, labels = ("number", NUMBERS) if (room - NUMBERS) / many >= NUMBERED else ("", 0.0)
    across = min((room - labels) / many, 7.0)
    side = across * many
    figure = Figure(figsize=((side + labels + STRIP + 2 + BAR) * MM, (side + 16) * MM))
    axis = figure.subplots()
    shown = np.where(np.eye(many, dtype=bool), np.nan, r)
    mesh = axis.pcolormesh(np.arange(-0.5, many), np.arange(-0.5, many), shown, cmap=SHADES.cmap, norm=SHADES.norm)
    mesh.set_rasterized(True)  # thousands of cells are a picture of a few kilobytes
    for one, two in zip(*np.nonzero(np.isfinite(shown)), strict=True):
        pair = f"{items['name'].iloc[one]} – {items['name'].iloc[two]}"
        tell(axis, (two - 0.5, two + 0.5), (one - 0.5, one + 0.5), f"{pair}: {coefficient(shown[one, two])}")
    y, x = np.nonzero(shown <= -SIGNED)
    for tone in ("black", "white"):
        here = [ink(shade(r[i, j])) == tone for i, j in zip(y, x, strict=True)]
        axis.plot(x[here], y[here], "_", color=tone, markersize=min(across, 3) * 1.4, markeredgewidth=0.6)
    for place, colour in enumerate(items["colour"]):
        strip = STRIP / across
        axis.add_patch(Rectangle((-0.5 - 1.4 * strip, place - 0.5), strip, 1, color=colour, linewidth=0, clip_on=False))
    mark_factors(axis, factors)
    texts = items["name"] if named == "name" else items["name"].str.rpartition(" ")[2] if named else None
    axis.set_yticks(range(many) if named else [], texts)
    axis.tick_params(length=0, pad=72 * MM * 1.4 * STRIP + 3)
    axis.tick_params(axis="x", pad=2, labeltop=True, labelbottom=False)
    axis.set(xlim=(-0.5, many - 0.5), ylim=(many - 0.5, -0.5), aspect="equal")
    axis.spines[:].set_visible(False)
    add_colour_bar(figure, axis, max(many * across / 8, 4), shown[np.isfinite(shown)])
    colours = dict(zip(items["name"].str.rpartition(" ")[0], items["colour"], strict=True))
    handles = [Patch(color=colour, label=label) for label, colour in colours.items()]
    axis.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, 0), ncols=len(handles), borderaxespad=0.6)
    return figure, named


def mark_factors(axis: Axes, factors: pd.Series) -> None:
    """The names of the factors above their items, and frames around the correlations within each."""
    starts = np.flatnonzero(factors.ne(factors.shift()).to_numpy())
    ends = [*starts[1:], len(factors)]
    for start, end in zip(starts, ends, strict=True):
        look = {"fill": False, "edgecolor": DARK, "linewidth": 1.0}
        axis.add_patch(Rectangle((start - 0.5, start - 0.5), end - start, end - start, **look))
    axis.set_xticks([(a + b - 1) / 2 for a, b in zip(starts, ends, strict=True)], factors.iloc[starts])
