"""Mean courses with the number of clients below, and the fitted courses: one panel per form."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, level_name
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import number, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

PANEL, COUNTS = 50, 3.6  # mm: a panel, and a row of numbers below it
SUBJECT = "The course of the alliance"
MARKS: dict[str, dict[str, Any]] = {
    "client": {"marker": "o"},
    "therapist": {"marker": "o", "markerfacecolor": "white"},
    "observer": {"marker": "D", "markersize": 3.5},
}
DASHES = {"client": (), "therapist": (4, 2), "observer": (1, 1)}


def main(
    responses: Path, growth: Path, sessions: Path, means: Path, instruments: list[Path], figures: list[Path]
) -> None:
    dataset = Dataset(responses)
    table = read_table(growth)
    with figure_style():
        fitted = table[table["statistic"] == "growth_expected"]
        if fitted.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        marks = observed(read_table(sessions), read_table(means))
        unit = dataset.time.removesuffix("s")
        figure = draw(fitted, marks, dataset, colours_of_instruments(dataset, instruments), unit)
        note = words("course").figure_growth(level_name(fitted), unit)
        used = set(fitted["form"])
        finish(figure, SUBJECT, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def observed(sessions: pd.DataFrame, means: pd.DataFrame) -> pd.DataFrame:
    """Mean, number of clients and time of each session."""
    own = means[(means["statistic"] == "mean") & means["method"].isin(["mean of the items", "of the scores"])]
    own = own[own["group"].isna() | own["group"].eq("")]
    own = own.assign(session=pd.to_numeric(own["session"], errors="coerce")).dropna(subset="session")
    keys = ["perspective", "form", "scale", "session"]
    times = sessions.drop_duplicates(keys)[[*keys, "time"]].astype({"session": float})
    return own[[*keys, "estimate", "n"]].merge(times, on=keys).dropna(subset=["estimate", "time"])


def draw(fitted: pd.DataFrame, marks: pd.DataFrame, dataset: Dataset, colours: dict[str, str], unit: str) -> Figure:
    names = [name for name in dict.fromkeys(form.name for form in dataset.forms) if name in set(fitted["form"])]
    columns = 1 if in_one_column() or len(names) == 1 else 2
    height = -(-len(names) // columns)
    rows = max(
        fitted.loc[fitted["form"] == name, ["perspective", "scale"]].drop_duplicates().shape[0] for name in names
    )
    figure = Figure(figsize=(width(columns) * MM, height * (PANEL + COUNTS * rows) * MM))
    axes = figure.subplots(height, columns, squeeze=False)
    first, last = fitted["time"].min(), fitted["time"].max()
    for number_of, place in enumerate(np.ndindex(height, columns)):
        axis = axes[place]
        if number_of >= len(names):
            axis.axis("off")
            continue
        form = next(form for form in dataset.forms if form.name == names[number_of])
        colour = colours[form.instrument]
        own = fitted[fitted["form"] == form.name]
        seen = marks[marks["form"] == form.name]
        panel(axis, own, seen, form.label, colour, unit)
        room = 0.04 * max(last - first, 1.0)
        axis.set_xlim(first - room, last + room)
        axis.set_title(form.label, loc="left", pad=3)
        axis.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axis.yaxis.set_major_formatter(lambda value, _: number(value, 1))
        if not place[1]:
            axis.set_ylabel("Mean score")
        write_counts(axis, own, seen, unit)
    return figure


def groups_of(rows: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """Rows of each perspective and scale of a form."""
    return [((str(who), str(scale)), own) for (who, scale), own in rows.groupby(["perspective", "scale"], sort=False)]


def panel(axis: Axes, fitted: pd.DataFrame, marks: pd.DataFrame, label: str, colour: str, unit: str) -> None:
    """Fitted courses and observed means of one form."""
    for (who, scale), curve in groups_of(fitted):
        curve = curve.sort_values("time")
        axis.fill_between(curve["time"], curve["lower"], curve["upper"], color=colour, alpha=0.13, linewidth=0)
        axis.plot(curve["time"], curve["estimate"], color=colour, dashes=DASHES.get(who, ()), linewidth=1.4)
        own = marks[(marks["perspective"] == who) & (marks["scale"] == scale)]
        look = {"markerfacecolor": colour, "markersize": 4} | MARKS.get(who, {})
        axis.plot(own["time"], own["estimate"], linestyle="none", markeredgecolor=colour, zorder=3, **look)
        for row in own.itertuples():
            ends = (np.interp(row.time, curve["time"], curve[end]) for end in ("estimate", "lower", "upper"))
            fit = with_limits(*(float(end) for end in ends), number)
            name = f"{label}, {who}, session {row.session:g}"
            tell(axis, row.time, row.estimate, f"{name}: {number(row.estimate)}, n = {row.n:.0f}, fitted {fit}")


def write_counts(axis: Axes, fitted: pd.DataFrame, marks: pd.DataFrame, unit: str) -> None:
    """The number of clients below the times at which they were rated, a row for each perspective."""
    groups = [key for key, _ in groups_of(fitted)]
    height = axis.get_figure(root=True).get_figheight() / MM
    step = COUNTS / (height / max(1, height / PANEL))
    times = np.unique(marks["time"])
    shown = times[np.unique(np.linspace(0, len(times) - 1, min(len(times), 8)).round().astype(int))]
    axis.set_xticks(shown, [f"{time:g}" for time in shown.round(1)])
    axis.set_xlabel(unit.capitalize(), labelpad=2 + 72 / 25.4 * COUNTS * len(groups))
    for row, (who, scale) in enumerate(groups):
        own = marks[(marks["perspective"] == who) & (marks["scale"] == scale)].set_index("time")
        y = -0.15 - row * step * 1.15
        axis.text(-0.05, y, who, transform=axis.transAxes, size=8, va="top", ha="right", color=DARK)
        for time in shown:
            if time in own.index:
                text = f"{own.loc[time, 'n']:.0f}"
                axis.text(
                    time, y, text, transform=axis.get_xaxis_transform(), size=8, va="top", ha="center", color=DARK
                )
