"""The account as a waterfall: from one session as observed to what is left without unreliability, one panel a form."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from outcome.account_steps import ADDED, CLAIM, TAKEN, TOTAL, Step, accounts, steps_of
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.colours import DARK, FAINT, INK, MIDDLE, colours_of_instruments, tint
from pipeline.drawing.frame import draw_reason, finish, level_name
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import in_percent, percentage
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW = 5.2  # mm
SUBJECT = "How much of the outcome the alliance explains, step by step"
ORDER = ("one", "reliability", "excess", "mean", "alliance", "outcome", "without", "change", "rater", "therapists")
HEIGHT = {TOTAL: 0.62, ADDED: 0.5, TAKEN: 0.5}  # of a bar, in rows


def main(responses: Path, account: Path, claims: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(account)
    panels = [(keys, steps_of(rows)) for keys, rows in accounts(table)]
    panels = [(keys, steps) for keys, steps in panels if steps]
    # a form of one session has no account; it is drawn where there is no other
    panels = [(keys, steps) for keys, steps in panels if any(step.name == "mean" for step in steps)] or panels
    with figure_style():
        if not panels:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        published = read_yaml(claims, claims.name)[CLAIM]
        figure = draw(panels, dataset, published, colours_of_instruments(dataset, instruments))
        note = words("outcome_account").figure_account(level_name(table), published)
        used = {keys["form"] for keys, _ in panels}
        finish(figure, SUBJECT, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def draw(
    panels: list[tuple[dict[str, Any], list[Step]]],
    dataset: Dataset,
    published: list[dict[str, Any]],
    colours: dict[str, str],
) -> Figure:
    """One row of panels a form (and outcome), one column a perspective; in one column of a page below each other."""
    names = [name for name in ORDER if any(step.name == name for _, steps in panels for step in steps)]
    who = list(dict.fromkeys(keys["perspective"] for keys, _ in panels))
    what = list(dict.fromkeys((keys["form"], keys["outcome"]) for keys, _ in panels))
    narrow = in_one_column() or len(who) == 1
    cells = {}
    for keys, steps in panels:
        row, column = what.index((keys["form"], keys["outcome"])), who.index(keys["perspective"])
        cells[(len(cells), 0) if narrow else (row, column)] = (keys, steps)
    shape = (len(cells), 1) if narrow else (len(what), len(who))
    figure = Figure(figsize=(width(1 if narrow else 2) * MM, shape[0] * (len(names) * ROW + 14) * MM))
    axes = figure.subplots(*shape, squeeze=False, sharex=True)
    ends = [value for _, steps in panels for step in steps for value in (step.end, step.upper) if np.isfinite(value)]
    lows = [value for _, steps in panels for step in steps for value in (step.end, step.lower) if np.isfinite(value)]
    limits = min(0.0, max(min(lows), -0.3)), min(1.0, max(*ends, 0.27) + 0.04)
    for place in np.ndindex(shape):
        axis = axes[place]
        if place not in cells:
            axis.axis("off")
            continue
        keys, steps = cells[place]
        form = next(f for f in dataset.forms if (f.name, f.perspective) == (keys["form"], keys["perspective"]))
        panel(axis, steps, names, colours[form.instrument], published, limits)
        several = len({outcome for _, outcome in what}) > 1
        label = dataset.variables[keys["outcome"]]["label"]
        axis.set_title(f"{form.label}, {form.perspective}" + (f", {label}" if several else ""), loc="left", pad=3)
        if place[1]:
            axis.set_yticklabels([])
        if (place[0] + 1, place[1]) not in cells:
            axis.set_xlabel("Variance of the outcome (%)")
            axis.tick_params(labelbottom=True)
    return figure


def panel(
    axis: Axes,
    steps: list[Step],
    names: list[str],
    colour: str,
    published: list[dict[str, Any]],
    limits: tuple[float, float],
) -> None:
    axis.set(xlim=limits, ylim=(len(names) - 0.4, -0.6))
    axis.set_yticks(range(len(names)), [words("outcome_account").step(name) for name in names])
    axis.xaxis.set_major_formatter(lambda value, _: percentage(value))
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    axis.axvline(0, color=MIDDLE, linewidth=0.8)
    for claim in published:
        if "r2_range" in claim:
            axis.axvspan(*claim["r2_range"], color=FAINT, zorder=-1)
        else:
            axis.axvline(claim["r2"], color=MIDDLE, linewidth=0.9, linestyle=(0, (4, 3)), zorder=0)
    looks = {
        TOTAL: {"color": colour},
        ADDED: {"color": tint(colour, 0.45)},
        TAKEN: {"facecolor": "white", "edgecolor": colour, "linewidth": 0.9},
    }
    for step in steps:
        y = names.index(step.name)
        axis.barh(y, step.end - step.start, left=step.start, height=HEIGHT[step.kind], zorder=2, **looks[step.kind])
        if np.isfinite(step.lower):
            axis.plot([step.lower, step.upper], [y, y], color=INK, linewidth=0.9, zorder=3, solid_capstyle="butt")
        places = [step.start, step.end, *([step.upper] if np.isfinite(step.upper) else [])]
        text = signed(step)
        axis.annotate(
            text,
            (min(max(places), limits[1]), y),
            (3, 0),
            textcoords="offset points",
            va="center",
            size=7,
            color=DARK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5, "alpha": 0.7},
        )
        row = step.row
        value = (
            in_percent(step.part, row["lower"], row["upper"]) if step.kind != ADDED or step.name == "excess" else text
        )
        tell(
            axis, (step.start, step.end), y, f"{words('outcome_account').step(step.name)}: {value}, n = {row['n']:.0f}"
        )


def signed(step: Step) -> str:
    """`7%` of a total, `+1` or `−4` of what is added or taken."""
    if step.kind == TOTAL:
        return f"{percentage(step.part)}%"
    change = -step.part if step.kind == TAKEN and step.name != "therapists" else step.part
    text = percentage(abs(change))
    if step.name == "therapists" or text == "0":
        return f"{'−' if change < 0 and text != '0' else ''}{text}%"
    return f"{'+' if change > 0 else '−'}{text}%"
