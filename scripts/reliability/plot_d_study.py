"""How reliable is the mean of several sessions? One panel per perspective, one curve per form, all items and half."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, PALE, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, level_name
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import coefficient, tick, with_comma, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

TARGETS = (0.7, 0.8, 0.9)
APART = 0.09  # least distance of two labels, as a share of the axis
SUBJECT = "Reliability of clients' means over sessions"


def main(responses: Path, study: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(study)
    rows = table[table["statistic"].isin(["generalizability", "sessions_needed"])]
    if len(rows):
        totals = [(form.name, form.perspective, "total") for form in dataset.forms if form.has_total]
        rows = rows.merge(pd.DataFrame(totals, columns=["form", "perspective", "scale"]))
    needed = rows[rows["statistic"] == "sessions_needed"]
    rows = rows[rows["statistic"] == "generalizability"]
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        rows = rows[rows["estimate"].notna()]
        figure = draw(rows, needed, dataset, colours_of_instruments(dataset, instruments))
        notes = [words("reliability").figure_d_study(level_name(rows))]
        used = set(rows["form"])
        finish(figure, SUBJECT, notes, dataset, [form for form in dataset.forms if form.name in used], figures)


def draw(rows: pd.DataFrame, needed: pd.DataFrame, dataset: Dataset, colours: dict[str, str]):
    perspectives = [who for who in dataset.perspectives if (rows["perspective"] == who).any()]
    most = max(rows.loc[rows["perspective"] == who, "form"].nunique() for who in perspectives)
    below_each_other = len(perspectives) if in_one_column() else 1
    beside = 1 if in_one_column() else len(perspectives)
    figure = Figure(figsize=(width(1) * MM, below_each_other * (72 + 6 * most) * MM))
    ratios = (66, 8 + 6 * most) * below_each_other
    panels = figure.subplots(2 * below_each_other, beside, squeeze=False, height_ratios=ratios)
    lowest = np.floor(10 * min(0.65, rows[["estimate", "lower"]].min().min()) - 1e-9) / 10
    for column, who in enumerate(perspectives):
        axis, below = panels[2 * column : 2 * column + 2, 0] if in_one_column() else panels[:, column]
        mine = rows[rows["perspective"] == who]
        draw_curves(axis, mine, dataset, colours, max(lowest, 0))
        axis.set_title(who.capitalize())
        if column == 0 or in_one_column():
            axis.set_ylabel("Generalizability")
        forms = [form for form in dataset.forms if form.perspective == who and form.name in set(mine["form"])]
        write_numbers(below, forms, needed[needed["perspective"] == who], most)
    return figure


def draw_curves(axis, rows: pd.DataFrame, dataset: Dataset, colours: dict[str, str], lowest: float) -> None:
    most = rows["sessions"].max()
    axis.set(xlim=(0.7, most + 3.2), ylim=(lowest, 1), xlabel="Sessions in the mean")
    axis.spines["bottom"].set_bounds(0.7, most)
    axis.set_xticks([1, *range(2, int(most) + 1, 2)])
    axis.yaxis.set_major_formatter(tick)
    for target in TARGETS:
        axis.plot([0.7, most], [target] * 2, color=PALE, linewidth=0.8, zorder=0)
    ends = []
    for form in [form for form in dataset.forms if form.perspective == rows["perspective"].iloc[0]]:
        own = rows[rows["form"] == form.name]
        colour = colours[form.instrument]
        for items, curve in own.groupby("items"):
            whole = items == own["items"].max()
            axis.plot(
                curve["sessions"],
                curve["estimate"],
                color=colour,
                dashes=() if whole else (4, 2),
                linewidth=1.6 if whole else 1,
            )
            for row in curve.itertuples():
                about = f"{form.label}, {items:.0f} items, {row.sessions:.0f} sessions"
                tell(axis, row.sessions, row.estimate, f"{about}: {with_limits(row.estimate, row.lower, row.upper)}")
            if whole:
                axis.fill_between(
                    curve["sessions"], curve["lower"], curve["upper"], color=colour, alpha=0.13, linewidth=0
                )
                ends.append((curve["estimate"].iloc[-1], form.label, colour))
    ends = sorted(ends)
    heights = np.array([height for height, *_ in ends])
    places = heights.copy()
    for upper in range(1, len(places)):
        places[upper] = max(places[upper], places[upper - 1] + APART * (1 - lowest))
    places -= (places - heights).mean()
    for place, (height, label, colour) in zip(places, ends, strict=True):
        axis.text(most + 0.3, place, label, va="center", size=8, color=INK)
        axis.plot([most, most + 0.25], [height, place], color=colour, linewidth=0.8, clip_on=False)


def write_numbers(axis, forms, needed: pd.DataFrame, rows: int) -> None:
    """Below the curves: form by form the sessions that reach .70, .80 and .90, with their intervals."""
    axis.set(xlim=(0, 1), ylim=(rows + 0.6, -0.6))
    axis.axis("off")
    columns = dict(zip(TARGETS, (0.42, 0.66, 0.9), strict=True))
    axis.text(0, 0, "Sessions for", size=8, va="center", color=INK)
    for target, x in columns.items():
        axis.text(x, 0, coefficient(target), size=8, ha="center", va="center", color=INK)
    for row, form in enumerate(forms, start=1):
        axis.text(0, row, form.label, size=8, va="center")
        for cell in needed[needed["form"] == form.name].itertuples():
            axis.text(columns[round(cell.target, 2)], row, numbers(cell), size=8, ha="center", va="center")


def numbers(cell) -> str:
    """`4 [3, 7]`; no upper limit: `4 [3, ...]`; never reached: a dash."""
    if not np.isfinite(cell.estimate):
        return "–"
    if not np.isfinite(cell.lower):
        return f"{cell.estimate:.0f}"
    upper = f"{cell.upper:.0f}" if np.isfinite(cell.upper) else "…"
    return f"{cell.estimate:.0f} [{cell.lower:.0f}{';' if with_comma() else ','} {upper}]"
