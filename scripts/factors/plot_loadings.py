"""Loadings of the items with intervals: one row per item, one column per factor, the common factor framed."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import FAINT, MIDDLE, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, item_names, level_name, span, subject_of
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import coefficient, tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW = 3.4  # mm
LABELS = 26  # mm for the names of the items
GENERAL = "general"
TICKS, NARROW = (-1, -0.5, 0, 0.5, 1), 16  # of a column, which has room for half of them if it has no more mm
LONG = 80  # items that still fit on a page; the columns of a longer figure are named again and again
BLOCK = 40  # items after which they are


def main(
    responses: Path,
    loadings: Path,
    general: Path,
    common: Path,
    instruments: list[Path],
    figures: list[Path],
    *,
    salient: float,
) -> None:
    dataset = Dataset(responses)
    found, above, named = read_table(loadings), read_table(general), read_table(common)
    perspective = found["perspective"].iloc[0]
    subject = subject_of("Loadings of the items", dataset, perspective)
    forms = dataset.forms_of(perspective)
    with figure_style():
        rows = found[found["statistic"] == "loading"]
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, forms, figures)
            return
        named = named[named["statistic"] == "common_factor"].iloc[0]
        rows = pd.concat([rows, above[above["statistic"] == "general_loading"].assign(factor=GENERAL)])
        rows = rows[rows["estimate"].notna()]
        items = item_names(dataset, perspective)
        items["colour"] = items["instrument"].map(colours_of_instruments(dataset, instruments))
        figure = draw(rows, items, named.get("factor"), salient)
        notes = [note_on_points(rows, salient), note_on_common_factor(named)]
        if GENERAL not in rows["factor"].to_numpy():
            notes.append(words("factors").figure_without_general_factor(above["note"].iloc[0]))
        finish(figure, subject, notes, dataset, forms, figures)


def draw(rows: pd.DataFrame, items: pd.DataFrame, common: str | None, salient: float):
    items = items[items.index.isin(rows["item"])]
    places, heads = place_items(items["form"])
    factors = rows["factor"].unique()
    column = min((width() - LABELS) / len(factors), 36)
    across = column * len(factors) + LABELS
    height = (places.iloc[-1] + 1) * ROW + 20
    figure = Figure(figsize=(across * MM, height * MM))
    axes = figure.subplots(1, len(factors), sharex=True, sharey=True, squeeze=False)
    for axis, factor in zip(axes[0], factors, strict=True):
        part = rows[rows["factor"] == factor].set_index("item")
        draw_factor(axis, part, places[part.index], items.loc[part.index, "colour"], salient)
        for row in part.itertuples():
            text = f"{items.loc[row.Index, 'name']} on {factor}: {with_limits(row.estimate, row.lower, row.upper)}"
            tell(axis, (row.lower, row.estimate, row.upper), places[row.Index], text)
        name_factor(axis, factor, factor == common, heads)
    edges = rows[["estimate", "lower", "upper"]].to_numpy()
    low, high = np.floor(10 * np.nanmin(edges)) / 10, np.ceil(10 * np.nanmax(edges)) / 10
    axis.set(xlim=(min(low, -0.25) - 0.03, max(high, 1.0) + 0.05), ylim=(places.iloc[-1] + 0.7, -0.7))
    axis.set_xticks([x for x in (TICKS if column > NARROW else TICKS[::2]) if low <= x <= max(high, 1)])
    axis.xaxis.set_major_formatter(tick)
    axes[0, 0].set_yticks(places, items["name"], size=8)
    for axis in axes[0, 1:]:
        axis.yaxis.set_visible(False)  # the names stand on the left; to lay out those that are hidden takes long
    figure.supxlabel("Loading", size=8.5)
    return figure


def place_items(forms: pd.Series) -> tuple[pd.Series, np.ndarray]:
    """Row of each item (index: its label), with a gap between forms, and the rows where the columns are named again."""
    new = forms != forms.shift()
    repeat = len(forms) > LONG
    if repeat:
        new = new | (forms.groupby(new.cumsum()).cumcount() % BLOCK == 0)
    places = pd.Series(np.arange(len(forms)) + (2.0 if repeat else 0.8) * (new.cumsum() - 1), index=forms.index)
    return places, places[new].to_numpy()[1:] - 1.5 if repeat else np.empty(0)


def draw_factor(axis, rows: pd.DataFrame, places: pd.Series, colours: pd.Series, salient: float) -> None:
    """Points and intervals of one factor: salient loadings filled, the others open and pale."""
    for place in places[::2]:
        axis.axhspan(place - 0.5, place + 0.5, color=FAINT, linewidth=0, zorder=-2)
    axis.axvline(0, color=MIDDLE, linewidth=0.8, zorder=-1)
    for cut in (-salient, salient):
        axis.axvline(cut, color="#AAAAAA", linewidth=0.7, linestyle=(0, (2, 2)), zorder=-1)
    for (colour, marks), part in rows.groupby([colours, rows["estimate"].abs() >= salient]):
        at = places[part.index]
        axis.hlines(
            at, part["lower"], part["upper"], color=colour, linewidth=1.4 if marks else 0.7, capstyle="projecting"
        )
        axis.plot(
            part["estimate"],
            at,
            "o",
            color=colour,
            markersize=4 if marks else 2.8,
            markeredgewidth=0.8,
            markerfacecolor=colour if marks else "white",
        )


def name_factor(axis, factor: str, common: bool, heads: np.ndarray) -> None:
    """Title of a column, repeated at `heads`; the common factor's has a frame."""
    title = "General\nfactor" if factor == GENERAL else f"{factor}\ncommon\nfactor" if common else factor
    appearance = {"size": 8, "weight": "bold" if common else "normal"}
    axis.set_title(title, loc="center", **appearance)
    for head in heads:
        axis.text(
            0.5,
            head,
            title.split("\n")[0],
            transform=axis.get_yaxis_transform(),
            ha="center",
            va="center",
            bbox={"facecolor": "white", "linewidth": 0, "pad": 1},
            **appearance,
        )
    axis.tick_params(axis="y", length=0)
    axis.tick_params(axis="x", labelsize=8)
    axis.spines["left"].set_visible(False)
    if common:
        axis.spines[:].set(visible=True, linewidth=1.8, edgecolor="black")


def note_on_points(rows: pd.DataFrame, salient: float) -> str:
    """What the points and lines are."""
    level = level_name(rows)
    reason = "" if level else rows["note"].iloc[0]
    return words("factors").figure_loadings(coefficient(salient), level, reason, span(rows["n"]))


def note_on_common_factor(named: pd.Series) -> str:
    """Which factor is framed and how often resamples agree, or why none is."""
    if pd.isna(named.get("factor")):
        return words("factors").figure_without_common_factor(named["note"])
    return words("factors").figure_with_common_factor(named["estimate"])
