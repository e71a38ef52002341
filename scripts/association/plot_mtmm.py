"""Multitrait-multimethod matrices as heatmaps: reliabilities, validities, and the triangles of different traits."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.transforms import blended_transform_factory

from association.facts_on_mtmm import title
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK
from pipeline.drawing.correlations import draw_value, in_places, label_scores
from pipeline.drawing.frame import (
    draw_reason,
    finish,
    level_name,
    occasion_name,
    scale_names,
    span,
)
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import coefficient, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

WITHIN, ACROSS = "heterotrait_monomethod", "heterotrait_heteromethod"
CELLS = ["reliability", "validity", WITHIN, ACROSS]
DIAGONAL = {"facecolor": "#E4E4E4"}
FRAME = {"fill": False, "edgecolor": "black", "linewidth": 2.4}
OUTLINE = {
    WITHIN: {"color": DARK, "linewidth": 1, "linestyle": "-"},
    ACROSS: {"color": DARK, "linewidth": 1, "linestyle": (0, (3, 2))},
}
INSET = 0.045  # of a cell, between an outline and the edge
CELL = (10.2, 11.5)  # mm; a number with both its limits below needs the smaller
SCORE = ["perspective", "form", "scale"]


def main(responses: Path, matrices: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(matrices)
    rows = table[table["statistic"].isin(CELLS)]
    subject = ", ".join(filter(None, ["Multitrait-multimethod matrices", occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        known = {group: own for group, own in rows.groupby("group", sort=False) if own["form"].notna().any()}
        figure, scores = draw(known, dataset)
        cells = rows[rows["statistic"] != "reliability"]
        absent = rows[rows["form"].isna()]["note"]
        left_out = pd.concat([table.loc[table["statistic"] == "left_out", "note"], absent])
        note = words("association").figure_mtmm(span(cells["n"]), level_name(cells), list(dict.fromkeys(left_out)))
        notes = [note, *scale_names(scores, instruments)]
        used = set(rows["form"].dropna())
        finish(figure, subject, notes, dataset, [form for form in dataset.forms if form.name in used], figures)


def draw(matrices: dict[str, pd.DataFrame], dataset: Dataset):
    """One panel for each matrix; returns the figure and all scores in it."""
    forms = {(form.perspective, form.name): form for form in dataset.forms}
    scores = {group: scores_in_places(rows, forms, group) for group, rows in matrices.items()}
    labels = 3 + 1.75 * max(part["name"].str.len().max() for part in scores.values())  # mm
    slots = {group: part["place"].max() + 1 for group, part in scores.items()}
    most = max(slots.values())
    cell = np.clip((width() - labels) / most, *CELL)
    size = (max(most * cell + labels, 130), sum(slots.values()) * cell + (10 + labels) * len(slots) + 12)
    figure = Figure(figsize=(size[0] * MM, size[1] * MM))
    axes = figure.subplots(1 + len(slots), 1, height_ratios=[10 / cell, *slots.values()])
    for axis, (group, rows) in zip(axes[1:], matrices.items(), strict=True):
        draw_matrix(axis, rows, scores[group], cell)
        axis.set_title(title(group), size=9)
        axis.set(xlim=(-0.5, most - 0.5), ylim=(slots[group] - 0.5, -0.5), aspect="equal", anchor="W")
    axes[0].axis("off")
    legend = axes[0].legend(
        handles=[
            Patch(label=f"( ): reliability ({dataset.reliability_name})", **DIAGONAL),
            Patch(label="same trait, two perspectives: validity", **FRAME),
            Line2D([], [], label="different traits, one perspective", **OUTLINE[WITHIN]),
            Line2D([], [], label="different traits, two perspectives", **OUTLINE[ACROSS]),
        ],
        loc="center left",
        ncols=2,
        borderpad=0,
        borderaxespad=0,
        bbox_to_anchor=(0.015, 0.5),
        bbox_transform=blended_transform_factory(figure.transFigure, axes[0].transAxes),
    )
    legend.set_in_layout(False)  # it is wider than the matrices, which would shrink to make room
    return figure, pd.concat(scores.values())


def scores_in_places(rows: pd.DataFrame, forms: dict, group: str) -> pd.DataFrame:
    """The scores of one matrix in its order, with the names and places that they have in the figure."""
    scores = rows[rows["statistic"] == "reliability"][SCORE].reset_index(drop=True)
    own = [forms[who, name] for who, name in zip(scores["perspective"], scores["form"], strict=True)]
    scores["instrument"] = [form.instrument for form in own]
    totals = group == "instruments"
    scores["name"] = [form.label if totals else scale for form, scale in zip(own, scores["scale"], strict=True)]
    return in_places(scores)


def draw_matrix(axis, rows: pd.DataFrame, scores: pd.DataFrame, cell: float) -> None:
    """The lower half of the matrix, with its blocks marked."""
    place = scores.set_index(SCORE)["place"].to_dict()
    names = scores.set_index("place")["name"]
    blocks: dict[tuple, set] = {}
    frames = []
    for row in rows.to_dict("records"):
        one, two = (place[tuple(row[f"{name}{end}"] for name in SCORE)] for end in ("", "_2"))
        x, y = sorted((one, two))
        pair = [f"{names[place]}, {row[who]}" for place, who in ((one, "perspective"), (two, "perspective_2"))]
        value = with_limits(row["estimate"], row["lower"], row["upper"])
        tell(axis, (x - 0.5, x + 0.5), (y - 0.5, y + 0.5), f"{' – '.join(dict.fromkeys(pair))}: {value}")
        if row["statistic"] == "reliability":
            draw_value(axis, x, y, row["estimate"], appearance=DIAGONAL, show=lambda value: f"({coefficient(value)})")
            continue
        limits = f"{coefficient(row['lower'])}\n{coefficient(row['upper'])}" if np.isfinite(row["lower"]) else ""
        draw_value(axis, x, y, row["estimate"], limits, step=3.0 / cell, bold=row["statistic"] == "validity")
        if row["statistic"] == "validity":
            frames.append((x, y))
        else:
            blocks.setdefault((row["statistic"], row["perspective"], row["perspective_2"]), set()).add((x, y))
    for (kind, *_), cells in blocks.items():
        outline(axis, cells, OUTLINE[kind])
    for x, y in frames:
        axis.add_patch(Rectangle((x - 0.5 + INSET, y - 0.5 + INSET), 1 - 2 * INSET, 1 - 2 * INSET, zorder=3, **FRAME))
    label_scores(axis.xaxis, scores, "name", 90)
    label_scores(axis.yaxis, scores, "name", 0)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, pad=2)


def outline(axis, cells: set[tuple[int, int]], appearance: dict) -> None:
    """A line along the edge of a set of cells, a little inside."""
    near = 0.5 - INSET
    for x, y in cells:
        sides = {
            (-1, 0): ((-near, -near), (-1, 1)),
            (1, 0): ((near, near), (-1, 1)),
            (0, -1): ((-1, 1), (-near, -near)),
            (0, 1): ((-1, 1), (near, near)),
        }
        for (right, down), (across, along) in sides.items():
            if (x + right, y + down) in cells:
                continue
            # a line goes to the cell's edge where its neighbour continues it, and stops short of it at a corner
            if right:
                ends = [-0.5 if (x, y - 1) in cells else -near, 0.5 if (x, y + 1) in cells else near]
                axis.plot([x + across[0]] * 2, [y + ends[0], y + ends[1]], zorder=2, **appearance)
            else:
                ends = [-0.5 if (x - 1, y) in cells else -near, 0.5 if (x + 1, y) in cells else near]
                axis.plot([x + ends[0], x + ends[1]], [y + along[0]] * 2, zorder=2, **appearance)
