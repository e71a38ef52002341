"""Both directions between alliance and symptoms: a path diagram, and crossed lags by model and variant."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course.lag_facts import BACKWARD, FORWARD, NAMES, OWN, VARIANT_NAMES, headline, modelled
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish, level_name
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.numbers import side_of
from pipeline.report.wording import words
from psychometrics.course.lead_and_lag import MODELS, VARIANTS

SUBJECT = "Alliance and symptoms: what leads and what follows"
PANEL_HEIGHT = 56  # mm
BOX = (0.28, 0.14)  # of a variable, as shares of the panel
PLACES = {"now": 0.15, "next": 0.85, "alliance": 0.74, "symptoms": 0.14}
LONGEST = 13  # letters in a box
Parts = dict[tuple[str, str], dict[str, dict]]


def main(responses: Path, lags: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(lags)
    found = modelled(table)
    with figure_style():
        if not found:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        measures = list(dict.fromkeys(keys["measure"] for keys, _ in found))
        note = words("course_lags").figure_lags(level_name(table), measures)
        used = {keys["form"] for keys, _ in found}
        forms = [form for form in dataset.forms if form.name in used]
        finish(draw(found, dataset), SUBJECT, [note], dataset, forms, figures)


def draw(found: list[tuple[dict[str, str], Parts]], dataset: Dataset) -> Figure:
    """One row of panels a form and measure; a path diagram and names of models beside it need two columns."""
    labels = {form.name: form.label for form in dataset.forms}
    figure = Figure(figsize=(width() * MM, (len(found) * PANEL_HEIGHT + 6) * MM))
    axes = figure.subplots(len(found), 2, squeeze=False).ravel()
    several = len({keys["measure"] for keys, _ in found}) > 1
    for place, (keys, parts) in enumerate(found):
        left, right = axes[2 * place], axes[2 * place + 1]
        name = f"{labels[keys['form']]}, {keys['perspective']}" + (f", {keys['measure']}" if several else "")
        diagram(left, keys, parts, name)
        forest(right, parts, name, keys["measure"])
        left.set_title(name, loc="left", pad=3)
    shared = [bound for axis in axes[1::2] for bound in axis.get_xlim()]
    for axis in axes[1::2]:
        axis.set_xlim(min(shared), max(shared))
    axes[-1].set_xlabel("Lag (standard deviations within clients)")
    return figure


def diagram(axis: Axes, keys: dict[str, str], parts: Parts, name: str) -> None:
    """Two variables at two sessions and the four lags between them."""
    axis.set(xlim=(0, 1), ylim=(0, 1))
    axis.axis("off")
    gap = int(headline(parts, FORWARD)["interval"])
    after = "one session later" if gap == 1 else f"{gap} sessions later"
    for when, text in (("now", "A session"), ("next", after)):
        axis.text(PLACES[when], PLACES["alliance"] + 0.11, text, ha="center", va="bottom", size=8, color=MIDDLE)
        for what, label in (("alliance", "Alliance"), ("symptoms", keys["measure"][:1].upper() + keys["measure"][1:])):
            x, y = PLACES[when], PLACES[what]
            axis.add_patch(
                Rectangle((x - BOX[0] / 2, y - BOX[1] / 2), *BOX, facecolor="white", edgecolor=INK, linewidth=0.8)
            )
            short = label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
            axis.text(x, y, short, ha="center", va="center", size=8)
    lags = {
        OWN[0]: ("alliance", "alliance", 0.5),
        OWN[1]: ("symptoms", "symptoms", 0.5),
        FORWARD: ("alliance", "symptoms", 0.28),
        BACKWARD: ("symptoms", "alliance", 0.28),
    }
    for statistic, (leads, follows, share) in lags.items():
        arrow(axis, headline(parts, f"{statistic}_standardized"), leads, follows, share, name)


def arrow(axis: Axes, row: dict[str, Any], leads: str, follows: str, share: float, name: str) -> None:
    """One lag with its value; dark where its interval is without 0."""
    clear = side_of(row) != 0
    x = np.array([PLACES["now"] + BOX[0] / 2, PLACES["next"] - BOX[0] / 2])
    y = np.array([PLACES[leads], PLACES[follows]])
    look = {"arrowstyle": "-|>", "color": INK if clear else MIDDLE, "linewidth": 1.6 if clear else 0.8}
    look |= {"shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
    look |= {} if clear else {"linestyle": (0, (4, 3))}
    axis.annotate("", (x[1], y[1]), (x[0], y[0]), arrowprops=look)
    at = x[0] + share * (x[1] - x[0]), y[0] + share * (y[1] - y[0])
    text = with_limits(row["estimate"], row["lower"], row["upper"])
    axis.text(
        *at,
        text,
        ha="center",
        va="center",
        size=7.5,
        color=INK,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none"},
    )
    tell(axis, (at[0] - 0.1, at[0] + 0.1), (at[1] - 0.04, at[1] + 0.04), f"{name}, {leads} to {follows}: {text}")


def forest(axis: Axes, parts: Parts, name: str, measure: str) -> None:
    """Crossed lags of every model and variant."""
    axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    ticks, place = [], 0.0
    for model in MODELS:
        for variant in VARIANTS:
            rows = parts.get((model, variant), {})
            known = [
                (statistic, rows[f"{statistic}_standardized"])
                for statistic in (FORWARD, BACKWARD)
                if np.isfinite(rows.get(f"{statistic}_standardized", {}).get("estimate", np.nan))
            ]
            if not known:
                continue
            ticks.append((place, f"{NAMES[model]}, {VARIANT_NAMES[variant]}"))
            for statistic, row in known:
                forward = statistic == FORWARD
                here = place + (-0.16 if forward else 0.16)
                axis.plot([row["lower"], row["upper"]], [here, here], color=INK if forward else MIDDLE, linewidth=1)
                axis.plot(
                    [row["estimate"]],
                    [here],
                    marker="o",
                    markersize=4,
                    linestyle="none",
                    color=INK if forward else MIDDLE,
                    markerfacecolor=INK if forward else "white",
                )
                value = with_limits(row["estimate"], row["lower"], row["upper"])
                way = f"alliance to {measure}" if forward else f"{measure} to alliance"
                about = f"{name}, {NAMES[model]}, {VARIANT_NAMES[variant]}, {way}"
                tell(axis, (row["lower"], row["estimate"], row["upper"]), here, f"{about}: {value}")
            place += 1
        place += 0.4
    axis.set_yticks([at for at, _ in ticks], [label for _, label in ticks])
    axis.set_ylim(place - 0.7, -0.7)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.xaxis.set_major_formatter(tick)
