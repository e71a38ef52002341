"""Bias and tracking of both judges: one row per scale, three panels."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from perspectives.pairing import AS_GIVEN, ORDER, PERCENT
from perspectives.plot_perspectives import ROW, head, panel
from perspectives.shown_tables import form_name
from pipeline.data.dataset import Dataset, Form
from pipeline.data.tables import read_table
from pipeline.drawing.colours import MIDDLE, PALE, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, level_name, name_rows, scale_names
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import number
from pipeline.drawing.style import figure_style
from pipeline.report.numbers import by_statistic
from pipeline.report.wording import words

HIGHER = 1.2  # than rows of one mark, since each has two
SUBJECT = "Truth and bias: who rates lower, and who follows whom"
PAIR = ["perspective", "perspective_2", "form", "form_2", "scale"]
PANELS = {
    "directional_bias": ("Bias (% of the range)", "bias"),
    "tracking_within": ("Tracking over sessions", "over sessions"),
    "tracking_between": ("Tracking between dyads", "between dyads"),
}


def main(responses: Path, tracking: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(tracking)
    with figure_style():
        scales = in_order(table, dataset, colours_of_instruments(dataset, instruments))
        if scales.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        judges = sorted({scales["judge"].iloc[0], scales["other"].iloc[0]}, key=ORDER.index, reverse=True)
        note = words("truth_and_bias").figure_truth(level_name(table), judges)
        used = set(scales["form"]) | set(scales["form_2"])
        forms = [form for form in dataset.forms if form.name in used]
        named = scales[["instrument", "scale"]]
        finish(draw(scales, judges), SUBJECT, [note, *scale_names(named, instruments)], dataset, forms, figures)


def in_order(table: pd.DataFrame, dataset: Dataset, colours: dict[str, str]) -> pd.DataFrame:
    """One row per scale with a bias: heading, place and colour, and the rows of both judges by `judge.statistic`."""
    if "form" not in table:
        return pd.DataFrame()
    forms = {form.name: form for form in dataset.forms}
    labels = {name: form.label for name, form in forms.items()}
    found: dict[tuple, dict] = {}
    for keys, own in by_statistic(table, PAIR):
        if not np.isfinite(own["directional_bias"]["estimate"]):
            continue
        # the therapist judges first in the table
        pair = (frozenset([keys["form"], keys["form_2"]]), keys["scale"])
        form = forms[keys["form"]]
        about = found.setdefault(
            pair,
            keys
            | row_names(form_name(keys, labels), keys["scale"])
            | {"instrument": form.instrument, "colour": colours[form.instrument]}
            | {"judge": keys["perspective"], "other": keys["perspective_2"], "n": own["directional_bias"]["dyads"]},
        )
        about |= {f"{keys['perspective']}.{name}": own.get(name) for name in PANELS}
        about[f"{keys['perspective']}.directional_bias"] = in_percent(own["directional_bias"], form)
    frame = pd.DataFrame(list(found.values()))
    if len(frame):
        frame = frame.sort_values("heading", key=lambda heading: heading != "Total", kind="stable")
        frame["place"] = np.arange(len(frame)) + 1.2 * frame.groupby("heading", sort=False).ngroup() + 1
    return frame


def row_names(form: str, scale: str) -> dict[str, str]:
    """Totals stand together under one heading, scales of a form without a total under its name."""
    return {"heading": "Total", "name": form} if scale == "total" else {"heading": form, "name": scale}


def in_percent(row: dict, form: Form) -> dict | None:
    """A bias in percent of the range of the answers; None where scores have no known range."""
    if row["unit"] == AS_GIVEN:
        return None
    whole = 100.0 if row["unit"] == PERCENT else form.range[1] - form.range[0]
    return row | {end: 100 * row[end] / whole for end in ("estimate", "lower", "upper")}


def draw(scales: pd.DataFrame, judges: list[str]) -> Figure:
    known = {
        name: any(
            row is not None and np.isfinite(row["estimate"])
            for judge in judges
            for row in scales.get(f"{judge}.{name}", pd.Series(dtype=object)).dropna()
        )
        for name in PANELS
    }
    shown = [name for name in PANELS if known[name]]
    bottom = scales["place"].max() + 0.7
    figure = Figure(figsize=(width() * MM, (bottom * HIGHER * ROW + 24) * MM))
    panels = np.atleast_1d(figure.subplots(1, len(shown), sharey=True))
    panels[0].set_ylim(bottom, -0.5)
    for axis, name in zip(panels, shown, strict=True):
        drawn = [
            (f"{judge}.{name}", f"{judge} judges, {PANELS[name][1]}:", place == 0) for place, judge in enumerate(judges)
        ]
        panel(axis, scales, [part for part in drawn if part[0] in scales], number)
        axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
        axis.set_xlabel(PANELS[name][0])
        if name == "directional_bias":
            axis.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        else:
            whole(axis)
    head(panels[0], f"● {judges[0]} judges   ○ {judges[1]} judges")
    name_rows(panels[0], scales, "name")
    for axis in panels[1:]:
        axis.tick_params(axis="y", length=0)
        axis.spines["left"].set_visible(False)
    return figure


def whole(axis: Axes) -> None:
    """Where a judge follows in full, and ticks between it and 0."""
    low, high = axis.get_xlim()
    axis.set_xlim(min(low, 0.0), max(high, 1.05))
    axis.axvline(1, color=MIDDLE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
    axis.xaxis.set_major_formatter(lambda value, _: number(value, 1))
