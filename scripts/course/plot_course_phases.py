"""Phases of a therapy: means per form and perspective, and who rises and falls reliably."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course.plot_course_growth import MARKS
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import PALE, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, level_name, name_rows
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import number, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.numbers import percent
from pipeline.report.wording import words

ROW = 4.6  # mm
SUBJECT = "Phases of the therapy"


def main(responses: Path, phases: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(phases)
    with figure_style():
        rows = table[table["statistic"].eq("phase_mean") & table["estimate"].notna()]
        if rows.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        names = list(dict.fromkeys(rows["phase"]))
        figure = draw(in_order(rows, dataset), table, dataset, colours_of_instruments(dataset, instruments))
        note = words("course").figure_phases(level_name(rows), names[0], names[-1])
        used = set(rows["form"])
        finish(figure, SUBJECT, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def in_order(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """One row per phase under the heading of its form and perspective, with the place."""
    labels = {form.name: form.label for form in dataset.forms}
    several = rows.groupby(["perspective", "form"])["scale"].transform("nunique") > 1
    heading = rows["form"].map(labels) + ", " + rows["perspective"]
    rows = rows.assign(heading=heading.where(~several, heading + ", " + rows["scale"]))
    group = rows.groupby("heading", sort=False).ngroup()
    rows = rows.assign(group=group).sort_values("group", kind="stable")
    return rows.assign(place=np.arange(len(rows)) + 1.2 * rows["group"] + 1)


def draw(rows: pd.DataFrame, table: pd.DataFrame, dataset: Dataset, colours: dict[str, str]) -> Figure:
    bottom = rows["place"].max() + 0.7
    figure = Figure(figsize=(width() * MM, (bottom * ROW + 18) * MM))
    means, shares = figure.subplots(1, 2, sharey=True, width_ratios=(3, 2))
    means.set_ylim(bottom, -0.5)
    forms = {(form.name, form.perspective): form for form in dataset.forms}
    known = all(forms[row.form, row.perspective].items for row in rows.itertuples())
    for row in rows.itertuples():
        form = forms[row.form, row.perspective]
        low, high = form.range if known else (0.0, 100.0)
        colour = colours[form.instrument]
        ends = [100 * (value - low) / (high - low) for value in (row.lower, row.estimate, row.upper)]
        if np.isfinite(row.lower):
            means.plot([ends[0], ends[2]], [row.place] * 2, color=colour, linewidth=1)
        look = {"markerfacecolor": colour, "markersize": 4} | MARKS.get(row.perspective, {})
        means.plot([ends[1]], [row.place], linestyle="none", markeredgecolor=colour, **look)
        value = with_limits(row.estimate, row.lower, row.upper, number)
        tell(means, (ends[0], ends[2]), row.place, f"{row.heading}, {row.phase}: {value}, n = {row.n:.0f}")
    means.set_xlabel("Mean (% of the range)" if known else "Mean")
    name_rows(means, rows, "phase")
    reliable(shares, rows, table, {key: colours[form.instrument] for key, form in forms.items()})
    return figure


def reliable(axis: Axes, rows: pd.DataFrame, table: pd.DataFrame, colours: dict[tuple[str, str], str]) -> None:
    """Shares that rise and fall reliably from the first to the last phase, beside the last phase."""
    axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    for (who, form, scale), own in rows.groupby(["perspective", "form", "scale"], sort=False):
        first, last = own["phase"].iloc[0], own["phase"].iloc[-1]
        place = own["place"].iloc[-1]
        same = (table["perspective"] == who) & (table["form"] == form) & (table["scale"] == scale)
        pair = table[same & (table["phase"] == first) & (table["phase_2"] == last)].set_index("statistic")
        for name, sign, what in (("reliable_increase", 1, "rise"), ("reliable_decrease", -1, "fall")):
            if name not in pair.index or pd.isna(pair.loc[name, "estimate"]):
                continue
            share = pair.loc[name]
            x = 100 * sign * float(share["estimate"])
            axis.barh([place], [x], height=0.6, color=colours[form, who], alpha=1 if sign > 0 else 0.45)
            about = f"{own['heading'].iloc[0]}, {first} to {last}: {percent(share['estimate'])} {what} reliably"
            tell(axis, (0, x), place, f"{about}, n = {share['n']:.0f}")
    low, high = axis.get_xlim()
    axis.set_xlim(min(low, -5), max(high, 5))
    axis.xaxis.set_major_formatter(lambda value, _: number(abs(value), 0))
    axis.set_xlabel("Fall and rise reliably (%)")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
