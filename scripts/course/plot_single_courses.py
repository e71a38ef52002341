"""Single courses without names, as small multiples; sessions that criteria see as part of a rupture are marked."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from course.criterion_names import criterion_name
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import number
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

PANEL = 30  # mm
SUBJECT = "Single courses, and where criteria see a rupture"
MANY = 0.5  # of the criteria
LEAST = 0.5  # points, where all ratings are the same


def main(responses: Path, examples: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(examples)
    with figure_style():
        rows = first_courses(table)
        if rows.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        form = next(form for form in dataset.forms if form.name == rows["form"].iloc[0])
        criteria = {name for flagged in table["flagged_by"].dropna() for name in str(flagged).split()}
        who = rows["perspective"].iloc[0]
        note = words("ruptures").figure_single_courses(int(rows["course"].max()), form.label, who)
        subject = f"{SUBJECT}, {form.label}, {who}"
        finish(draw(rows, max(len(criteria), 1)), subject, [note], dataset, [form], figures)


def first_courses(table: pd.DataFrame) -> pd.DataFrame:
    """Those of the first form and perspective that has any."""
    if "course" not in table or table["course"].isna().all():
        return pd.DataFrame()
    rows = table.dropna(subset="course")
    first = rows[["form", "perspective", "scale"]].iloc[0]
    rows = rows[(rows[["form", "perspective", "scale"]] == first).all(axis=1)]
    return rows.assign(flagged_by=rows["flagged_by"].astype(object).fillna(""))


def draw(rows: pd.DataFrame, criteria: int) -> Figure:
    courses = list(rows.groupby("course", sort=True))
    columns = min(2 if in_one_column() else 4, len(courses))
    height = -(-len(courses) // columns)
    figure = Figure(figsize=(width(1 if columns < 3 else 2) * MM, (height * PANEL + 10) * MM))
    axes = figure.subplots(height, columns, squeeze=False, sharex=True, sharey=True)
    low, high = rows["estimate"].min(), max(rows["estimate"].max(), rows["own_level"].max())
    for place, axis in enumerate(axes.flat):
        if place >= len(courses):
            axis.axis("off")
            continue
        panel(axis, courses[place][1], criteria, f"Course {place + 1}")
        if place % columns == 0:
            axis.set_ylabel("Rating")
        if place + columns >= len(courses):
            axis.set_xlabel("Session")
            axis.tick_params(labelbottom=True)
    room = max(high - low, LEAST)
    first = axes[0, 0]
    first.set(ylim=(low - 0.08 * room, high + 0.06 * room))
    first.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    first.yaxis.set_major_locator(MaxNLocator(4))
    return figure


def panel(axis: Axes, rows: pd.DataFrame, criteria: int, name: str) -> None:
    """Ratings, the own level, and marks: open where a criterion flags the session, filled where half of them do."""
    axis.plot(rows["session"], rows["own_level"], color=MIDDLE, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    axis.plot(rows["session"], rows["estimate"], color=PALE, linewidth=1.1, zorder=2)
    axis.plot(rows["session"], rows["estimate"], ".", color=DARK, markersize=2.5, zorder=3)
    for row in rows.itertuples():
        flagged = str(row.flagged_by).split()
        said = f"{name}, session {row.session:.0f}: {number(row.estimate)}"
        if flagged:
            face = INK if len(flagged) >= MANY * criteria else "white"
            axis.plot([row.session], [row.estimate], "o", color=INK, markerfacecolor=face, markersize=4.5, zorder=4)
            said += f"; {', '.join(map(criterion_name, flagged))}"
        tell(axis, row.session, row.estimate, said)
    axis.set_title(name, loc="left", pad=2, size=8)
    axis.set_xlim(np.floor(rows["session"].min()) - 0.5, None)
