"""What a study of so many clients reaches: widths of intervals on the left, power of tests on the right."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from pipeline.data.tables import read_table, settings_path
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.look import MM, Look, drawn_as, width
from pipeline.drawing.numerals import coefficient, tick
from pipeline.drawing.style import figure_style, save_figure
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from planning.plan_study import NAMES
from psychometrics.planning.assumptions import Assumptions, Design
from psychometrics.planning.study import measured

SUBJECT = "What a study of so many clients reaches"
CLIENTS = np.geomspace(30, 10_000, 60)
PANEL = 88  # mm
TICKS = [30, 100, 300, 1000, 3000, 10_000]
LINES = ["-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 2, 1, 2)), (0, (9, 2)), (0, (3, 1, 1, 1, 1, 1))]
SHORT = {
    "r": "r",
    "r2": "r²",
    "alpha": "alpha",
    "therapist_share": "therapists' share",
    "b_within": "slope within therapists",
    "b_between": "slope between therapists",
    "a4": "a4 of the surface",
    "lag": "crossed lag",
    "rupture_ratio": "ruptures",
}


def main(study: Path, look: dict, figures: list[Path]) -> None:
    rows = read_table(study)
    settings = json.loads(settings_path(study).read_text())["settings"]
    with drawn_as(Look(**look)), figure_style():
        figure = Figure(figsize=(width() * MM, PANEL * MM))
        left, right = figure.subplots(1, 2)
        panel(left, rows, "half-width", settings)
        panel(right, rows, "power", settings)
        left.set(ylabel="Half the width of the interval", ylim=(0, 0.3))
        right.set(ylabel="Power", ylim=(0, 1.02))
        save_figure(figure, figures, SUBJECT, words("planning").figure(settings["planning"]))


def panel(axis: Axes, rows: pd.DataFrame, goal: str, settings: dict[str, Any]) -> None:
    """One line a quantity over the number of clients, and a mark where it reaches the goal."""
    planning, assumed = settings["planning"], Assumptions(**settings["assumed"])
    per_therapist = planning["clients_per_therapist"]
    for name, own in rows[rows["goal"] == goal].groupby("quantity", sort=False):
        first, place = own.iloc[0], list(SHORT).index(name)
        sessions = 1 if np.isnan(first["sessions"]) else int(first["sessions"])
        measure = measured(name, goal, assumed, level=settings["level"], alpha=planning["alpha"])
        designs = [Design(max(2, round(n / per_therapist)), per_therapist, sessions) for n in CLIENTS]
        values = np.array([measure(design) for design in designs])
        clients = [design.clients for design in designs]
        look = {"color": INK if place % 2 == 0 else MIDDLE, "linestyle": LINES[place % len(LINES)], "linewidth": 1.2}
        shown = np.isfinite(values)
        several = f", {sessions} sessions" if sessions > 1 else ""
        axis.plot(np.array(clients)[shown], values[shown], label=f"{SHORT[name]}{several}", **look)
        if np.isfinite(first["clients"]):
            axis.plot([first["clients"]], [first["achieved"]], marker="o", markersize=4, color=look["color"])
            reached = f"{NAMES[name]}: {first['clients']:.0f} clients for {goal} {coefficient(first['target'])}"
            tell(axis, first["clients"], first["achieved"], reached)
    axis.set_xscale("log")
    axis.set_xticks(TICKS, [str(clients) for clients in TICKS])
    axis.minorticks_off()
    axis.set_xlabel("Clients")
    axis.grid(axis="y", color=PALE, linewidth=0.5)
    axis.yaxis.set_major_locator(MultipleLocator(0.1 if goal == "half-width" else 0.2))
    axis.yaxis.set_major_formatter(tick)
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=8, frameon=False, handlelength=3)
