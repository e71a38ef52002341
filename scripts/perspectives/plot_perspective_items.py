"""Gap, agreement and weight of each item that two perspectives answered: one row per item, three panels."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perspectives.mirrored import blank
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import MIDDLE, PALE, colours_of_instruments
from pipeline.drawing.frame import COLUMN_HEAD, draw_reason, finish, level_name, name_rows, occasion_name
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import number, tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

TALLEST = 225.0  # mm, what a page holds
ROW = 4.6  # mm; less where that many would not fit on a page
SMALLEST_ROW = 3.0
SUBJECT = "Differences of two perspectives item by item"
PANELS = {  # statistic -> what the axis says, and what stands above
    "item_gap": ("Gap (points)", "{first} − {second}"),
    "item_r": ("Correlation of both answers", "agreement"),
    "item_rest_gap": ("Gap in item-rest correlation", "{first} − {second}"),
}


def main(responses: Path, items: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(items)
    subject = ", ".join(filter(None, [SUBJECT, occasion_name(dataset)]))
    with figure_style():
        rows = in_order(table, dataset, colours_of_instruments(dataset, instruments))
        if rows.empty:
            draw_reason(table, subject, dataset, dataset.forms, figures)
            return
        note = words("perspective_profiles").figure_items(level_name(rows))
        used = set(rows["form"])
        finish(
            draw(rows, table), subject, [note], dataset, [form for form in dataset.forms if form.name in used], figures
        )


def in_order(table: pd.DataFrame, dataset: Dataset, colours: dict[str, str]) -> pd.DataFrame:
    """Rows of single items with name, heading, place and colour."""
    if "item" not in table:
        return table[:0]
    rows = table[table["statistic"].isin(PANELS) & table["estimate"].notna() & ~blank(table["item"])]
    if rows.empty:
        return rows
    forms = {form.name: form for form in dataset.forms}
    label = rows["form"].map({name: form.label for name, form in forms.items()})
    heading = label + ", " + rows["perspective"] + " and " + rows["perspective_2"]
    number_of = rows["item"].str.rpartition("_")[2].astype(int)
    colour = rows["form"].map({name: colours[form.instrument] for name, form in forms.items()})
    rows = rows.assign(heading=heading, name=number_of.astype(str), number=number_of, colour=colour)
    rows = rows.sort_values(["number"], kind="stable")
    rows = rows.sort_values(
        ["heading"], key=lambda column: pd.Categorical(column, heading.unique()).codes, kind="stable"
    )
    row, group = rows.groupby(["heading", "number"], sort=False).ngroup(), rows.groupby("heading", sort=False).ngroup()
    return rows.assign(place=row + 1.4 * group + 1)


def draw(rows: pd.DataFrame, table: pd.DataFrame) -> Figure:
    bottom = float(rows["place"].max()) + 0.8
    height = min(max(SMALLEST_ROW, min(ROW, TALLEST / bottom)) * bottom + 22, 4 * TALLEST)
    figure = Figure(figsize=(width() * MM, height * MM))
    panels = list(figure.subplots(1, len(PANELS), sharey=True))
    panels[0].set_ylim(bottom, -0.6)
    first, second = (" or ".join(dict.fromkeys(rows[name])) for name in ("perspective", "perspective_2"))
    for axis, (statistic, (label, head)) in zip(panels, PANELS.items(), strict=True):
        own = rows[rows["statistic"] == statistic]
        axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
        if statistic == "item_gap":
            mark_means(axis, own, table)
        for row in own.itertuples():
            draw_item(axis, row, label)
        axis.set_xlabel(label)
        if statistic != "item_gap":
            axis.xaxis.set_major_formatter(tick)
        text = head.format(first=first, second=second)
        axis.text(0.5, -0.7, text, transform=axis.get_yaxis_transform(), ha="center", **COLUMN_HEAD)
    name_rows(panels[0], rows, "name")
    for axis in panels[1:]:
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    return figure


def mark_means(axis: Axes, rows: pd.DataFrame, table: pd.DataFrame) -> None:
    """The mean gap of all items of each form as a line beside its items."""
    means = table[(table["statistic"] == "mean_item_gap") & blank(table["category"])]
    for (form, who, other), own in rows.groupby(["form", "perspective", "perspective_2"], sort=False):
        same = means[(means["form"] == form) & (means["perspective"] == who) & (means["perspective_2"] == other)]
        if len(same):
            low, high = own["place"].min() - 0.5, own["place"].max() + 0.5
            value = float(same["estimate"].iloc[0])
            axis.plot([value, value], [low, high], color=MIDDLE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
            tell(axis, value, (low, high), f"Mean of all items: {number(value, 2)}")


def draw_item(axis: Axes, row: Any, label: str) -> None:
    if np.isfinite(row.lower):
        axis.plot([row.lower, row.upper], [row.place, row.place], color=row.colour, linewidth=1.0)
    axis.plot([row.estimate], [row.place], marker="o", markersize=3.5, color=row.colour, linestyle="none", zorder=3)
    value = with_limits(row.estimate, row.lower, row.upper)
    text = f"{row.heading}, item {row.name}: {label.lower()} {value}, n = {row.n:.0f}"
    tell(axis, (row.lower, row.estimate, row.upper), row.place, text)
