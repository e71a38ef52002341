"""Reliability of every scale as a forest, with published values of the same form beside."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset, Form
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.colours import MIDDLE, PALE, colours_of_instruments
from pipeline.drawing.frame import (
    draw_reason,
    finish,
    forest,
    head_columns,
    level_name,
    name_rows,
    occasion_name,
    scale_names,
)
from pipeline.drawing.numerals import coefficient, tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from pipeline.steps.shown_alpha import with_alpha_to_report

LOOKS = {
    "alpha": {"marker": "o", "fill": True},
    "omega_total": {"marker": "D", "fill": False, "markersize": 4.5},
}
# where the columns of numbers stand, and their headings, which are the legend as well
COLUMNS = {"alpha": (0.18, "●\nalpha"), "omega_total": (0.63, "◇\nomega total"), "n": (0.96, "\nn")}
OFFSET = {"alpha": -0.16, "omega_total": 0.16}  # rows
PUBLISHED = MIDDLE
ROW = 6.2  # mm


def main(responses: Path, reliability: Path, published: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = with_alpha_to_report(dataset.results_at_occasion(read_table(reliability)))
    rows = table[table["statistic"].isin(LOOKS) & table["item"].isna()]
    subject = ", ".join(filter(None, ["Reliability of the scales", occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        instrument_of = {form.name: form.instrument for form in dataset.forms}
        marks = pd.concat([marks_of(form, read_yaml(published, published.name)) for form in dataset.forms])
        colours = colours_of_instruments(dataset, instruments)
        rows = place(rows, dataset).assign(colour=rows["form"].map(instrument_of).map(colours))
        figure = draw(rows, marks)
        note = words("reliability").figure_reliability(
            dataset.has_items, level_name(rows), list(dict.fromkeys(marks["source"]))
        )
        named = rows[["form", "scale"]].assign(instrument=rows["form"].map(instrument_of))
        finish(figure, subject, [note, *scale_names(named, instruments)], dataset, dataset.forms, figures)


def marks_of(form: Form, published: list[dict]) -> pd.DataFrame:
    """Published alphas of a form: columns form, perspective, scale, lower, upper (equal for a single value), source."""
    found = []
    for entry in published:
        if entry["form"] not in (form.label, f"{form.instrument} family") or (
            entry.get("perspective", form.perspective) != form.perspective
        ):
            continue
        values = {scale: (alpha, alpha) for scale, alpha in entry.get("alpha_scales", {}).items()}
        if "alpha_scales_range" in entry:
            values |= {scale: tuple(entry["alpha_scales_range"]) for scale in form.scales if scale != "total"}
        if "alpha_total" in entry:
            values["total"] = (entry["alpha_total"],) * 2
        if "alpha_mean_range" in entry:
            values["total"] = tuple(entry["alpha_mean_range"])
        found += [
            {
                "form": form.name,
                "perspective": form.perspective,
                "scale": scale,
                "lower": low,
                "upper": high,
                "source": entry["study"],
            }
            for scale, (low, high) in values.items()
        ]
    return pd.DataFrame(found, columns=["form", "perspective", "scale", "lower", "upper", "source"])


def place(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """The rows with the heading of their form and their height; the scales of a form stand together."""
    labels = {form.name: form.label for form in dataset.forms}
    rows = rows.assign(heading=rows["form"].map(labels) + ", " + rows["perspective"])
    scale, group = (rows.groupby(key, sort=False).ngroup() for key in (["heading", "scale"], "heading"))
    return rows.assign(place=scale + 1.2 * group + 1)


def draw(rows: pd.DataFrame, marks: pd.DataFrame) -> Figure:
    bottom = rows["place"].max() + 0.6
    lowest = np.nanmin([0.5, rows[["estimate", "lower"]].min().min(), marks["lower"].min()])
    figure, axis, numbers = forest(bottom * ROW + 20, (10, 8))
    axis.set(xlim=(np.floor(10 * lowest - 1e-9) / 10, 1), ylim=(bottom, -0.5), xlabel="Reliability")
    axis.xaxis.set_major_formatter(tick)
    for benchmark in (0.7, 0.8, 0.9):
        axis.axvline(benchmark, color=PALE, linewidth=0.8, zorder=0)
    head_columns(axis, numbers, COLUMNS, -1.25)
    for row in rows.itertuples():
        cells = {row.statistic: draw_estimate(axis, row)} | ({"n": f"{row.n:.0f}"} if row.statistic == "alpha" else {})
        for column, text in cells.items() if numbers else ():
            numbers.text(COLUMNS[column][0], row.place, text, ha="center", va="center_baseline", size=8)
    places = rows.drop_duplicates(["form", "perspective", "scale"]).set_index(["form", "perspective", "scale"])["place"]
    for mark in marks.itertuples():
        draw_published(axis, mark, places.get((mark.form, mark.perspective, mark.scale)))
    name_rows(axis, rows, "scale")
    return figure


def draw_published(axis: Axes, mark, y: float | None) -> None:
    if y is None:
        return
    values = " to ".join(dict.fromkeys(map(coefficient, (mark.lower, mark.upper))))
    tell(axis, (mark.lower, mark.upper), y, f"{mark.scale}: alpha {values}, {mark.source}")
    if mark.lower == mark.upper:
        axis.plot([mark.lower], [y], marker="x", color=PUBLISHED, markersize=5, linestyle="none", zorder=4)
    else:
        axis.plot([mark.lower, mark.upper], [y, y], color=PUBLISHED, linewidth=0.8, marker="|", markersize=4, zorder=1)


def draw_estimate(axis: Axes, row) -> str:
    """Point and interval; returns them as text, a dash where there is no estimate."""
    if not np.isfinite(row.estimate):
        return "–"
    y = row.place + OFFSET[row.statistic]
    appearance = {key: value for key, value in LOOKS[row.statistic].items() if key != "fill"}
    face = row.colour if LOOKS[row.statistic]["fill"] else "white"
    axis.plot([row.lower, row.upper], [y, y], color=row.colour, linewidth=1.2)
    axis.plot([row.estimate], [y], color=row.colour, zorder=3, markerfacecolor=face, **appearance)
    text = with_limits(row.estimate, row.lower, row.upper)
    name = COLUMNS[row.statistic][1].partition("\n")[2]
    tell(axis, (row.lower, row.estimate, row.upper), y, f"{row.heading}, {row.scale}: {name} {text}, n = {row.n:.0f}")
    return text
