"""Slopes of the outcome on the alliance within and between therapists, as a forest."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish, forest, head_columns, level_name, name_rows, occasion_name
from pipeline.drawing.numerals import tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW = 7.0  # mm
LOOKS: dict[str, dict[str, Any]] = {
    "within_slope_standardized": {"marker": "o", "color": INK},
    "between_slope_standardized": {"marker": "D", "color": MIDDLE, "markerfacecolor": "white", "markersize": 4.5},
}
NAMES = {"within_slope_standardized": "within therapists", "between_slope_standardized": "between therapists"}
COLUMNS = {
    "within_slope_standardized": (0.22, "●\nwithin"),
    "between_slope_standardized": (0.66, "◇\nbetween"),
    "n": (0.96, "\nn"),
}
OFFSET = {"within_slope_standardized": -0.17, "between_slope_standardized": 0.17}  # rows


def main(responses: Path, levels: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = dataset.results_at_occasion(read_table(levels))
    rows = table[table["statistic"].isin(LOOKS) & table["estimate"].notna()]
    subject = ", ".join(filter(None, ["Alliance and outcome within and between therapists", occasion_name(dataset)]))
    with figure_style():
        if rows.empty:
            draw_reason(table, subject, dataset, dataset.forms, figures)
            return
        rows = in_order(rows[rows["treatment"] == "kept"], dataset)
        note = words("outcome").figure_outcome_levels(level_name(rows), list(rows["label"].unique()))
        used = set(rows["form"])
        finish(draw(rows), subject, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def in_order(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Rows with heading, name and height; those of one outcome stand together, and in it those of a perspective."""
    labels = {form.name: form.label for form in dataset.forms}
    variables = {name: part["label"] for name, part in dataset.variables.items()}
    who, outcome = rows["perspective"].str.capitalize(), rows["outcome"].map(variables)
    heading = who if len(rows["outcome"].unique()) == 1 else who + ", " + outcome
    rows = rows.assign(heading=heading, name=rows["form"].map(labels), label=outcome)
    rows = rows.sort_values(
        ["outcome", "perspective"], key=lambda column: pd.Categorical(column, column.unique()).codes, kind="stable"
    )
    row, group = (rows.groupby(key, sort=False).ngroup() for key in (["heading", "name"], "heading"))
    return rows.assign(place=row + 1.2 * group + 1)


def draw(rows: pd.DataFrame) -> Figure:
    bottom = rows["place"].max() + 0.7
    figure, axis, numbers = forest(bottom * ROW + 20, (10, 9), needs=1)
    ends = rows[["estimate", "lower", "upper"]].to_numpy()
    low, high = np.nanmin([0, np.nanmin(ends)]), np.nanmax([0, np.nanmax(ends)])
    axis.set(xlim=(np.floor(5 * low) / 5, np.ceil(5 * high) / 5), ylim=(bottom, -0.5), xlabel="Standardized slope")
    axis.xaxis.set_major_formatter(tick)
    axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    head_columns(axis, numbers, COLUMNS, -1.2)
    for row in rows.itertuples():
        cells = {row.statistic: draw_slope(axis, row)}
        if row.statistic == "within_slope_standardized":
            cells["n"] = f"{row.n:.0f}"
        for column, text in cells.items() if numbers else ():
            numbers.text(COLUMNS[column][0], row.place, text, ha="center", va="center_baseline", size=8)
    name_rows(axis, rows, "name")
    return figure


def draw_slope(axis: Axes, row: Any) -> str:
    """Point and interval; returns them as text."""
    y, look = row.place + OFFSET[row.statistic], LOOKS[row.statistic]
    if np.isfinite(row.lower):
        axis.plot([row.lower, row.upper], [y, y], color=look["color"], linewidth=1.2)
    axis.plot([row.estimate], [y], linestyle="none", zorder=3, **look)
    text = with_limits(row.estimate, row.lower, row.upper)
    about = f"{row.name}, {row.perspective}, {NAMES[row.statistic]}: {text}, n = {row.n:.0f}"
    tell(axis, (row.lower, row.estimate, row.upper), y, about)
    return text
