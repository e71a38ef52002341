"""Means of two perspectives, their difference and their agreement: one row per scale, three panels."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from perspectives.pairing import AS_GIVEN, PERCENT
from perspectives.shown_tables import form_name, of_both
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.colours import MIDDLE, PALE, colours_of_instruments
from pipeline.drawing.frame import COLUMN_HEAD, draw_reason, finish, level_name, name_rows, occasion_name, scale_names
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import number, tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW = 6.2  # mm
FILLED, OPEN = -0.16, 0.16  # rows: two marks of a panel beside each other
SUBJECT = "Level and agreement of two perspectives"


def main(responses: Path, levels: Path, published: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(levels)
    rows = dataset.results_at_occasion(table)
    rows = rows[rows["session"].notna()] if "session" in rows else rows
    subject = ", ".join(filter(None, [SUBJECT, occasion_name(dataset)]))
    with figure_style():
        scales = in_order(rows, dataset, colours_of_instruments(dataset, instruments))
        if scales.empty:
            draw_reason(table, subject, dataset, dataset.forms, figures)
            return
        of_both_roles = (scales["who"] == "client and therapist").any()
        studies = read_yaml(published, published.name) if of_both_roles else []
        figure = draw(scales, studies)
        percent = bool(scales["first.paired_mean"].notna().any())
        note = words("perspectives").figure_perspectives(
            level_name(rows), [study["study"] for study in studies], percent
        )
        used = set(scales["form"]) | set(scales["form_2"])
        named = scales[["instrument", "scale"]]
        forms = [form for form in dataset.forms if form.name in used]
        finish(figure, subject, [note, *scale_names(named, instruments)], dataset, forms, figures)


def in_order(rows: pd.DataFrame, dataset: Dataset, colours: dict[str, str]) -> pd.DataFrame:
    """One row per scale with a difference: its heading, place and colour, and rows of the table by statistic."""
    forms = {form.name: form for form in dataset.forms}
    labels = {name: form.label for name, form in forms.items()}
    found = []
    for keys, own in of_both(rows):
        if not np.isfinite(own["mean_difference"]["estimate"]):
            continue
        who = f"{keys['perspective']} and {keys['perspective_2']}"
        form = forms[keys["form"]]
        means = {f"{place}.paired_mean": in_percent(own[f"{place}.paired_mean"], form) for place in ("first", "second")}
        found.append(
            keys
            | {"who": who, "heading": f"{form_name(keys, labels)}, {who}", "instrument": form.instrument}
            | {"colour": colours[form.instrument], "n": own["mean_difference"]["n"]}
            | {name: own.get(name) for name in ("d_pooled", "r_pearson", "icc_a1")}
            | means
        )
    frame = pd.DataFrame(found)
    if len(frame):
        frame["place"] = np.arange(len(frame)) + 1.2 * frame.groupby("heading", sort=False).ngroup() + 1
    return frame


def in_percent(row: dict, form: Any) -> dict | None:
    """A mean with its limits in percent of the range of the answers; None where scores have no known range."""
    if row["unit"] == AS_GIVEN:
        return None
    low, high = (0, 100) if row["unit"] == PERCENT else form.range
    return row | {end: 100 * (row[end] - low) / (high - low) for end in ("estimate", "lower", "upper")}


def draw(scales: pd.DataFrame, studies: list[dict]) -> Figure:
    bottom = scales["place"].max() + 0.7
    with_means = bool(scales["first.paired_mean"].notna().any())
    figure = Figure(figsize=(width() * MM, (bottom * ROW + 24) * MM))
    panels = list(figure.subplots(1, 3 if with_means else 2, sharey=True))
    panels[0].set_ylim(bottom, -0.5)
    marks = {"d_pooled": [(study, study["d"]) for study in studies]}
    marks["r_pearson"] = [(study, study["r"]) for study in studies if "r" in study]
    if with_means:
        axis = panels[0]
        drawn = [("first.paired_mean", "first", True), ("second.paired_mean", "second", False)]
        panel(axis, scales, drawn, whole_percent)
        axis.set_xlabel("Mean (% of the range)")
        head(axis, "● {}   ○ {}".format(*roles(scales)))
    axis = panels[-2]
    mark(axis, marks["d_pooled"], "d")
    panel(axis, scales, [("d_pooled", "d", True)], number)
    axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    axis.set_xlabel("Difference (d)")
    first, second = roles(scales)
    head(axis, f"{first} − {second}")
    axis = panels[-1]
    mark(axis, marks["r_pearson"], "r")
    panel(axis, scales, [("r_pearson", "r", True), ("icc_a1", "ICC(A,1)", False)], None)
    low = axis.get_xlim()[0]
    axis.set(xlim=(min(0.0, np.floor(10 * low) / 10), 1), xlabel="Agreement")
    axis.xaxis.set_major_formatter(tick)
    head(axis, "● r   ○ ICC(A,1)")
    name_rows(panels[0], scales, "scale")
    for axis in panels[1:]:
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    return figure


def roles(scales: pd.DataFrame) -> tuple[str, str]:
    """The two perspectives; where there are more, which of those that stand above the rows."""
    if len(set(scales["who"])) > 1:
        return "first", "second"
    return scales["perspective"].iloc[0], scales["perspective_2"].iloc[0]


def head(axis: Axes, text: str) -> None:
    axis.text(0.5, -0.6, text, transform=axis.get_yaxis_transform(), ha="center", **COLUMN_HEAD)


def whole_percent(value: float) -> str:
    return number(value, 0)


def mark(axis: Axes, published: list[tuple[dict, float]], name: str) -> None:
    """Published means over studies as lines across the panel."""
    for study, value in published:
        axis.axvline(value, color=MIDDLE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
        low, high = axis.get_ylim()
        tell(
            axis,
            value,
            (low, high),
            f"{study['study']}: {study.get('measure', name) if name == 'd' else name} = {value}",
        )


def panel(axis: Axes, scales: pd.DataFrame, drawn: list[tuple[str, str, bool]], show: Any) -> None:
    """Points with intervals, the second below the first, and their values on hover."""
    for column, name, filled in drawn:
        offset = 0.0 if len(drawn) == 1 else FILLED if filled else OPEN
        for row in scales.to_dict("records"):
            own = row[column]
            if own is None or not np.isfinite(own["estimate"]):
                continue
            y, colour = row["place"] + offset, row["colour"]
            axis.plot([own["lower"], own["upper"]], [y, y], color=colour, linewidth=1.2)
            face = colour if filled else "white"
            axis.plot(
                [own["estimate"]], [y], marker="o", color=colour, markerfacecolor=face, linestyle="none", zorder=3
            )
            value = with_limits(own["estimate"], own["lower"], own["upper"], *([show] if show else []))
            who = {"first": row["perspective"], "second": row["perspective_2"]}.get(name, name)
            text = f"{row['heading']}, {row['scale']}: {who} {value}, n = {row['n']:.0f}"
            tell(axis, (own["lower"], own["estimate"], own["upper"]), y, text)
