"""Fit of the measurement models side by side: RMSEA with its interval, CFI and SRMR, one row per model."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from measurement.model_names import KEYS, NAMES, subject_of
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table, with_text
from pipeline.drawing.colours import INK, PALE
from pipeline.drawing.frame import COLUMN_HEAD, draw_reason, finish, name_rows, occasion_name
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW = 5.6  # mm
PANELS = {"rmsea": "RMSEA", "cfi": "CFI", "srmr": "SRMR"}
THUMB = {"rmsea": 0.06, "cfi": 0.95, "srmr": 0.08}  # Hu & Bentler (1999)
SUBJECT = "Fit of measurement models"


def main(responses: Path, models: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(models)
    subject = ", ".join(filter(None, [SUBJECT, occasion_name(dataset)]))
    with figure_style():
        rows = in_order(table, dataset)
        if rows.empty:
            draw_reason(table, subject, dataset, dataset.forms, figures)
            return
        finish(draw(rows), subject, [words("measurement").figure()], dataset, dataset.forms, figures)


def in_order(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """One row per model with an RMSEA: heading, name, place, and the row of each index."""
    if "perspective" not in table:
        return pd.DataFrame()
    labels = {form.name: form.label for form in dataset.forms}
    table = with_text(table, *KEYS)
    shown = table[table["statistic"].isin([*PANELS, "improper_estimates"])]
    found = []
    for (*keys, model), own in shown.groupby([*KEYS, "model"], sort=False):
        by = own.set_index("statistic")
        if not np.isfinite(by["estimate"].get("rmsea", np.nan)):
            continue
        row = {"heading": subject_of(dict(zip(KEYS, keys, strict=True)), labels), "name": NAMES[model]}
        row["proper"] = by["estimate"].get("improper_estimates", 0) == 0
        found.append(row | {name: by.loc[name].to_dict() for name in PANELS})
    frame = pd.DataFrame(found)
    if len(frame):
        frame["place"] = np.arange(len(frame)) + 1.2 * frame.groupby("heading", sort=False).ngroup() + 1
    return frame


def draw(rows: pd.DataFrame) -> Figure:
    bottom = rows["place"].max() + 0.7
    figure = Figure(figsize=(width() * MM, (bottom * ROW + 20) * MM))
    axes = figure.subplots(1, 3, sharey=True, width_ratios=(5, 3, 3))
    axes[0].set_ylim(bottom, -0.5)
    for axis, (name, label) in zip(axes, PANELS.items(), strict=True):
        axis.axvline(THUMB[name], color=PALE, linewidth=1.0, linestyle=(0, (4, 3)), zorder=0)
        for row in rows.to_dict("records"):
            point(axis, row, name, label)
        axis.set_xlabel(label)
        axis.xaxis.set_major_locator(MultipleLocator(0.1))
        axis.xaxis.set_major_formatter(tick)
    axes[0].set_xlim(left=0)
    axes[2].set_xlim(left=0)
    axes[1].set_xlim(right=1)
    axes[0].text(
        0.5, -0.6, "● proper   ○ improper", transform=axes[0].get_yaxis_transform(), ha="center", **COLUMN_HEAD
    )
    name_rows(axes[0], rows, "name")
    for axis in axes[1:]:
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    return figure


def point(axis: Axes, row: dict, name: str, label: str) -> None:
    """A point, with the interval where there is one; open where an estimate of the model is improper."""
    own, y = row[name], row["place"]
    lower, upper = (own[end] if np.isfinite(own[end]) else own["estimate"] for end in ("lower", "upper"))
    axis.plot([lower, upper], [y, y], color=INK, linewidth=1.2)
    face = INK if row["proper"] else "white"
    axis.plot(
        [own["estimate"]], [y], marker="o", color=INK, markerfacecolor=face, linestyle="none", zorder=3, clip_on=False
    )
    value = with_limits(own["estimate"], own["lower"], own["upper"])
    tell(
        axis,
        (lower, own["estimate"], upper),
        y,
        f"{row['heading']}, {row['name']}: {label} {value}, n = {own['n']:.0f}",
    )
