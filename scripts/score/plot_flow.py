"""Flow of participants: boxes from recruitment to analysis, exclusions beside them, forms and values below."""

from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, MIDDLE
from pipeline.drawing.frame import finish, occasion_name
from pipeline.drawing.look import MM, width
from pipeline.drawing.style import figure_style
from pipeline.report.wording import words

LINE, PADDING, GAP = 4.2, 2.6, 7.0  # mm: a line of text, around it, between boxes
PATH, ASIDE, BETWEEN = 84.0, 78.0, 12.0  # mm: widths of the boxes of the main path and of those beside it, and the gap
CHARACTERS = 46  # of a line
SIZE = 8


@dataclass
class Box:
    """A box: its lines, the first of them in bold, and whether it stands beside the path."""

    lines: list[str]
    beside: bool = False

    @property
    def height(self) -> float:
        """In mm."""
        return LINE * len(self.lines) + 2 * PADDING


def main(responses: Path, flow: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    rows = read_table(flow)
    with figure_style():
        figure = draw(boxes(rows, dataset))
        finish(
            figure,
            "Flow of participants",
            [words("data").figure_flow((rows["stage"] == "excluded").any())],
            dataset,
            dataset.forms,
            figures,
        )


def boxes(rows: pd.DataFrame, dataset: Dataset) -> list[Box]:
    """What stands in the boxes, from top to bottom."""
    say = words("data")
    rows = rows.astype({"reason": object, "form": object}).fillna({"reason": "", "form": "", "perspective": ""})
    whole = rows[rows["form"] == ""]
    found = []
    for stage in ("recruited", "returned"):
        if (counted := counts(whole, stage)) is not None:
            found.append(Box([say.stage(stage), *parts(counted)]))
    reasons = whole.loc[whole["stage"] == "excluded", "reason"].drop_duplicates()
    if len(reasons):
        lines = [say.stage("excluded")]
        for reason in reasons:
            lines += wrap(f"{reason}: {parts(counts(whole, 'excluded', reason), zero=False)[0]}", CHARACTERS)
        found.append(Box(lines, beside=True))
    found.append(Box([say.stage("analysed"), *parts(counts(whole, "analysed"))]))
    labels = {form.name: form.label for form in dataset.forms}
    occasion = rows[(rows["stage"] == "occasion") & (rows["statistic"] == "flow_clients")]
    lines = [say.at(occasion_name(dataset)), *parts(counts(whole, "occasion"))]
    for row in occasion[occasion["form"] != ""].itertuples():
        lines += wrap(f"{labels[row.form]}, {row.perspective}: {row.estimate:.0f}", CHARACTERS)
    found.append(Box(lines))
    lines = [say.stage("values")]
    for reason in whole.loc[whole["stage"] == "with value", "reason"].drop_duplicates():
        clients = counts(whole, "with value", reason)["flow_clients"]
        lines += wrap(f"{reason}: {clients:.0f}", CHARACTERS)
    return [*found, Box(lines)] if len(lines) > 1 else found


def counts(rows: pd.DataFrame, stage: str, reason: str = "") -> pd.Series | None:
    """Statistic -> number of a stage; None where there is no such stage."""
    here = rows[(rows["stage"] == stage) & (rows["reason"] == reason)]
    return here.set_index("statistic")["estimate"] if len(here) else None


def parts(counted: pd.Series, zero: bool = True) -> list[str]:
    """`280 clients, 40 therapists, ...` in one line; without those that are none."""
    named = {"flow_clients": "client", "flow_therapists": "therapist", "flow_administrations": "questionnaire"}
    found = [
        f"{counted[statistic]:.0f} {name}{'' if counted[statistic] == 1 else 's'}"
        for statistic, name in named.items()
        if statistic in counted and (counted[statistic] or (zero and statistic == "flow_clients"))
    ]
    return [", ".join(found)] if found else ["nothing that others had not excluded"]


def draw(found: list[Box]) -> Figure:
    """Boxes of the main path below each other, each box beside it at the arrow that it belongs to."""
    path = [box for box in found if not box.beside]
    beside = {id(path_before(found, box)): box for box in found if box.beside}
    gaps = [max(GAP, beside[id(box)].height + 2.0) if id(box) in beside else GAP for box in path]
    height = sum(box.height for box in path) + sum(gaps[:-1])
    whole = width() if beside else min(PATH + 2, width(1))
    path_width = (whole - BETWEEN) * PATH / (PATH + ASIDE) if beside else whole - 2
    left, right = (1.0, 1.0 + path_width), (1.0 + path_width + BETWEEN, whole - 1.0)
    figure = Figure(figsize=(whole * MM, (height + 2) * MM))
    figure.set_layout_engine("none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, whole), ylim=(-1, height + 1))
    axis.axis("off")
    top, middle = height, sum(left) / 2
    for number, (box, gap) in enumerate(zip(path, gaps, strict=True)):
        draw_box(axis, box, left, top)
        top -= box.height
        if number < len(path) - 1:
            arrow(axis, (middle, top), (middle, top - gap))
            if id(box) in beside:
                other = beside[id(box)]
                arrow(axis, (middle, top - gap / 2), (right[0], top - gap / 2))
                draw_box(axis, other, right, top - gap / 2 + other.height / 2)
        top -= gap
    return figure


def path_before(found: list[Box], box: Box) -> Box:
    """The box of the main path above one that stands beside it."""
    return [other for other in found[: found.index(box)] if not other.beside][-1]


def draw_box(axis: Axes, box: Box, across: tuple[float, float], top: float) -> None:
    """One box with its lines."""
    colour, line = (MIDDLE, (0, (4, 2))) if box.beside else (DARK, "-")
    frame = FancyBboxPatch(
        (across[0], top - box.height), across[1] - across[0], box.height, boxstyle="round,pad=0,rounding_size=1",
        facecolor="white", edgecolor=colour, linewidth=0.9, linestyle=line,
    )  # fmt: skip
    axis.add_patch(frame)
    for number, line in enumerate(box.lines):
        y = top - PADDING - LINE * (number + 0.5)
        weight = "bold" if number == 0 else "normal"
        axis.text(across[0] + PADDING, y, line, va="center_baseline", size=SIZE, weight=weight)


def arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """From box to box."""
    appearance = {"arrowstyle": "-|>", "color": DARK, "linewidth": 0.9, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", end, start, arrowprops=appearance)
