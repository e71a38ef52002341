"""Ruptures that each criterion sees, and how many it would see if nothing ruptured, as a forest."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullFormatter, NullLocator

from course.criterion_names import criterion_name
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish, forest, head_columns, level_name, name_rows
from pipeline.drawing.numerals import as_given, number, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.numbers import by_statistic, equal_to, p_value
from pipeline.report.wording import words

ROW = 5.4  # mm
SUBJECT = "Ruptures seen, and expected where nothing ruptures"
COLUMNS = {
    "seen": (0.07, "●\nseen"),
    "expected": (0.29, "○\nexpected"),
    "ratio": (0.66, "\nseen / expected"),
    "p": (0.97, "\np"),
}
TICKS = [*(value * 10.0**power for power in range(-2, 2) for value in (1, 2, 5)), 100.0]
FEWEST = 0.02  # ruptures per 100 sessions: none stands at the left edge of a scale of logarithms


def main(responses: Path, ruptures: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(ruptures)
    with figure_style():
        rows = in_order(table, dataset)
        if rows.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        note = words("ruptures").figure_ruptures(level_name(table))
        used = set(rows["form"])
        finish(draw(rows), SUBJECT, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def in_order(table: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """One row per form, perspective and criterion with a ratio: rates per 100 sessions, ratio and p."""
    labels = {form.name: form.label for form in dataset.forms}
    found: list[dict[str, Any]] = []
    if "form" in table:
        for keys, own in by_statistic(table[table["length"] == "all"], ["form", "perspective", "criterion"]):
            ratio = own.get("rupture_ratio")
            if ratio is None or not np.isfinite(ratio["estimate"]):
                continue
            found.append(
                keys
                | {
                    "heading": f"{labels[keys['form']]}, {keys['perspective']}",
                    "name": criterion_name(keys["criterion"]),
                    "seen": own["ruptures_seen"]["estimate"],
                    "expected": own["ruptures_expected"]["estimate"],
                    "sessions": ratio["sessions"],
                    "ratio": ratio,
                }
            )
    rows = pd.DataFrame(found)
    if len(rows):
        rows["place"] = np.arange(len(rows)) + 1.2 * rows.groupby("heading", sort=False).ngroup() + 1
    return rows


def draw(rows: pd.DataFrame) -> Figure:
    bottom = rows["place"].max() + 0.7
    figure, axis, numbers = forest(bottom * ROW + 20, (7, 8), needs=2)
    rates = [100 * np.maximum(rows[name] / rows["sessions"], FEWEST / 100) for name in ("seen", "expected")]
    low, high = np.min(rates) / 1.25, np.max(rates) * 1.25
    axis.set(xscale="log", xlim=(low, high), ylim=(bottom, -0.5), xlabel="Ruptures per 100 sessions")
    axis.xaxis.set_major_locator(FixedLocator([tick for tick in TICKS if low <= tick <= high]))
    axis.xaxis.set_major_formatter(lambda value, _: as_given(value))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_minor_formatter(NullFormatter())
    head_columns(axis, numbers, COLUMNS, -1.2)
    for row in rows.to_dict("records"):
        cells = draw_row(axis, row)
        for column, text in cells.items() if numbers else ():
            numbers.text(COLUMNS[column][0], row["place"], text, ha="center", va="center_baseline", size=8)
    name_rows(axis, rows, "name")
    return figure


def draw_row(axis: Axes, row: dict[str, Any]) -> dict[str, str]:
    """Both numbers, joined by a line; returns what stands beside them."""
    seen, expected = (max(100 * row[name] / row["sessions"], FEWEST) for name in ("seen", "expected"))
    y, ratio = row["place"], row["ratio"]
    axis.plot([seen, expected], [y, y], color=PALE, linewidth=1.6, zorder=1)
    axis.plot([expected], [y], "o", color=MIDDLE, markerfacecolor="white", linestyle="none", zorder=2)
    axis.plot([seen], [y], "o", color=INK, markersize=4, linestyle="none", zorder=3)
    beside = with_limits(ratio["estimate"], ratio["lower"], ratio["upper"], number)
    about = f"{row['heading']}, {row['name']}: {row['seen']:.0f} seen, {number(row['expected'], 1)} expected, "
    tell(axis, (min(seen, expected), max(seen, expected)), y, f"{about}ratio {beside}, p {equal_to(ratio['p'])}")
    shown = {"seen": f"{row['seen']:.0f}", "expected": number(row["expected"], 1)}
    return shown | {"ratio": beside, "p": p_value(ratio["p"])}
