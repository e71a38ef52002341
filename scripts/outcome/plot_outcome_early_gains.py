"""Alliance of each session and change after it, the change before it held constant, beside the reverse direction."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish, level_name
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

PANEL = 46  # mm
SUBJECT = "Alliance of each session and change of symptoms after and before it"
LOOKS: dict[str, dict[str, Any]] = {
    "early_gains_r_partial": {"marker": "o", "color": INK},
    "early_gains_r_before": {"marker": "D", "color": MIDDLE, "markerfacecolor": "white", "markersize": 4},
}
NAMES = {
    "early_gains_r_partial": "with change after it, early gains held constant",
    "early_gains_r_before": "with change before it",
}
OFFSET = {"early_gains_r_partial": -0.12, "early_gains_r_before": 0.12}  # sessions


def main(responses: Path, early_gains: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(early_gains)
    rows = table[table["statistic"].isin(LOOKS) & table["estimate"].notna()]
    with figure_style():
        if rows.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        measures = list(rows["measure"].unique())
        note = words("outcome_account").figure_early_gains(level_name(rows), measures)
        used = set(rows["form"])
        forms = [form for form in dataset.forms if form.name in used]
        finish(draw(rows, dataset), SUBJECT, [note], dataset, forms, figures)


def draw(rows: pd.DataFrame, dataset: Dataset) -> Figure:
    """One panel a form, perspective and measure; two beside each other where there is room."""
    labels = {form.name: form.label for form in dataset.forms}
    groups = list(rows.groupby(["form", "perspective", "measure"], sort=False))
    # a form of one session has no course; it is drawn where there is no other
    groups = [(keys, own) for keys, own in groups if len(set(own["session"])) > 1] or groups
    columns = 1 if in_one_column() or len(groups) == 1 else 2
    height = -(-len(groups) // columns)
    figure = Figure(figsize=(width(columns) * MM, (height * PANEL + 8) * MM))
    axes = figure.subplots(height, columns, squeeze=False, sharex=True, sharey=True)
    ends = rows[["estimate", "lower", "upper"]].to_numpy()
    low, high = np.floor(5 * min(np.nanmin(ends), 0)) / 5, np.ceil(5 * max(np.nanmax(ends), 0)) / 5
    for number, place in enumerate(np.ndindex(height, columns)):
        axis = axes[place]
        if number >= len(groups):
            axis.axis("off")
            continue
        (form, who, measure), own = groups[number]
        panel(axis, own, f"{labels[form]}, {who}")
        several = len(set(rows["measure"])) > 1
        axis.set_title(f"{labels[form]}, {who}" + (f", {measure}" if several else ""), loc="left", pad=3)
        if not place[1]:
            axis.set_ylabel("Correlation")
        if number + columns >= len(groups):
            axis.set_xlabel("Session of the alliance")
            axis.tick_params(labelbottom=True)
    axis = axes[0, 0]
    axis.set(ylim=(low, high))
    axis.yaxis.set_major_locator(MultipleLocator(0.2 if high - low < 1.3 else 0.4))
    axis.yaxis.set_major_formatter(tick)
    axis.set_xticks(sessions_shown(rows["session"]))
    return figure


def sessions_shown(sessions: pd.Series) -> list[int]:
    """Ticks: every session, or of many every second or third."""
    known = sorted({int(session) for session in sessions})
    return known[:: -(-len(known) // 10)]


def panel(axis: Axes, rows: pd.DataFrame, name: str) -> None:
    axis.axhline(0, color=PALE, linewidth=0.8, zorder=0)
    for row in rows.itertuples():
        x, look = row.session + OFFSET[row.statistic], LOOKS[row.statistic]
        if np.isfinite(row.lower):
            axis.plot([x, x], [row.lower, row.upper], color=look["color"], linewidth=1)
        axis.plot([x], [row.estimate], linestyle="none", zorder=3, **look)
        about = f"{name}, session {row.session:.0f}, {NAMES[row.statistic]}"
        value = with_limits(row.estimate, row.lower, row.upper)
        tell(axis, x, (row.lower, row.estimate, row.upper), f"{about}: {value}, n = {row.n:.0f}")
