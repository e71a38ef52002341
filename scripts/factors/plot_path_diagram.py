"""The solution as a path diagram: factors, the items that mark them with their loadings, and factor correlations."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from factors.plot_item_correlations import in_factor_order
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, INK, MIDDLE, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, item_names, subject_of
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import coefficient, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW, GAP = 3.7, 3.0  # mm: an item, between the items of two factors
NUMBER = 9.0  # mm for a loading
BROKEN = (0, (3, 2))
SMALLEST = 0.10  # factor correlation that is drawn
ELLIPSE = (16.0, 9.0)  # mm
EDGE = 4.0  # mm from the edge to the outermost arc, for its number


def main(
    responses: Path, loadings: Path, common: Path, instruments: list[Path], figures: list[Path], *, salient: float
) -> None:
    dataset = Dataset(responses)
    found, named = read_table(loadings), read_table(common)
    perspective = found["perspective"].iloc[0]
    forms = dataset.forms_of(perspective)
    subject = subject_of("Path diagram of the factors", dataset, perspective)
    with figure_style():
        rows = found[(found["statistic"] == "loading") & found["estimate"].notna()]
        if rows.empty:
            draw_reason(found, subject, dataset, forms, figures)
            return
        marking = rows[rows["estimate"].abs() >= salient]
        if marking.empty:
            draw_reason(
                pd.DataFrame({"note": [words("factors").no_marking_item(salient)]}), subject, dataset, forms, figures
            )
            return
        items = item_names(dataset, perspective)
        items["colour"] = items["instrument"].map(colours_of_instruments(dataset, instruments))
        correlations = found[(found["statistic"] == "phi") & found["estimate"].notna()]
        name = (
            named.loc[named["statistic"] == "common_factor", "factor"] if "factor" in named else pd.Series(dtype=object)
        )
        shared = name.iloc[0] if len(name) and pd.notna(name.iloc[0]) else None
        figure = draw(rows, marking, correlations, items, shared)
        without = rows["item"].nunique() - marking["item"].nunique()
        note = words("factors").figure_path_diagram(
            coefficient(salient),
            without,
            rows["factor"].nunique(),
            len(correlations) > 0,
            coefficient(SMALLEST),
            shared,
        )
        finish(figure, subject, [note], dataset, forms, figures)


def draw(
    rows: pd.DataFrame, marking: pd.DataFrame, correlations: pd.DataFrame, items: pd.DataFrame, shared: str | None
) -> Figure:
    """Factors at the left, items at the right, from top to bottom in the order of the factors."""
    order = in_factor_order(rows)
    order = order[order.index.isin(marking["item"])]
    new = order.ne(order.shift()).cumsum() - 1
    y = pd.Series(-(ROW * np.arange(len(order)) + GAP * new.to_numpy()), index=order.index)
    centres = y.groupby(order, sort=False).mean()
    # factors that no item loads on most stand below the others
    for factor in dict.fromkeys(rows["factor"]):
        if factor not in centres:
            centres[factor] = centres.min() - ELLIPSE[1] - GAP
    bottom, top = min(y.min(), centres.min() - ELLIPSE[1] / 2) - ROW, ELLIPSE[1]
    whole = min(width(), 150.0)
    label = 2.0 + 1.75 * items.loc[order.index, "name"].str.len().max()
    right = whole - label - NUMBER  # of the lines
    left = 12.0 + 7.0 * max(len(centres) - 1, 0) if len(correlations) else 2.0
    left = min(left, 0.4 * right)
    figure = Figure(figsize=(whole * MM, (top - bottom) * MM))
    figure.set_layout_engine("none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set(xlim=(0, whole), ylim=(bottom, top))
    axis.axis("off")
    draw_correlations(axis, correlations, centres, left)
    end = left + ELLIPSE[0]
    for row in marking.itertuples():
        own = order[row.item] == row.factor
        line = "-" if row.estimate > 0 else BROKEN
        look = {"color": items.loc[row.item, "colour"] if own else MIDDLE, "linestyle": line}
        axis.plot(
            [end, right],
            [centres[row.factor], y[row.item]],
            linewidth=0.4 + 1.2 * abs(row.estimate) ** 2,
            zorder=1,
            **look,
        )
    largest = (
        marking.assign(size=marking["estimate"].abs()).sort_values("size").groupby("item").tail(1).set_index("item")
    )
    for item, place in y.items():
        colour = items.loc[item, "colour"]
        axis.add_patch(Rectangle((right, place - 0.44 * ROW), NUMBER + label - 1, 0.88 * ROW, facecolor="white",
                                 edgecolor=colour, linewidth=0.7))  # fmt: skip
        row = largest.loc[item]
        about = (
            f"{items.loc[item, 'name']} on {row['factor']}: {with_limits(row['estimate'], row['lower'], row['upper'])}"
        )
        tell(axis, (right, right + NUMBER + label - 1), (place - 0.44 * ROW, place + 0.44 * ROW), about)
        text = {"va": "center_baseline", "size": 8, "color": INK}
        axis.text(right + NUMBER - 1, place, coefficient(largest.loc[item, "estimate"]), ha="right", **text)
        axis.text(right + NUMBER + 1, place, items.loc[item, "name"], **text)
    for factor, place in centres.items():
        axis.add_patch(Ellipse((left + ELLIPSE[0] / 2, place), *ELLIPSE, facecolor="white", edgecolor=DARK, zorder=3,
                               linewidth=2.0 if factor == shared else 1.0))  # fmt: skip
        weight = "bold" if factor == shared else "normal"
        axis.text(left + ELLIPSE[0] / 2, place, factor, ha="center", va="center", size=9, weight=weight, zorder=4)
    return figure


def draw_correlations(axis: Axes, correlations: pd.DataFrame, centres: pd.Series, left: float) -> None:
    """Arcs at the left of the factors with their correlations; the further apart two factors, the further out."""
    known = {frozenset((row.factor, row.factor_2)): row for row in correlations.itertuples()}
    names = list(centres.sort_values(ascending=False).index)
    for one, two in combinations(range(len(names)), 2):
        row = known.get(frozenset((names[one], names[two])))
        r = row.estimate if row else np.nan
        if not abs(r) >= SMALLEST:
            continue
        high, low = centres[names[one]], centres[names[two]]
        out = (left - EDGE) * (two - one) / max(len(names) - 1, 1)
        t = np.linspace(0, np.pi, 40)
        x, y = left - out * np.sin(t), (high + low) / 2 + (high - low) / 2 * np.cos(t)
        line = "-" if r > 0 else BROKEN
        axis.plot(x, y, color=MIDDLE, linewidth=0.4 + 2 * abs(r), zorder=1, linestyle=line)
        box = {"facecolor": "white", "linewidth": 0, "pad": 0.6}
        # two arcs with the same middle have their numbers at different distances
        about = f"{names[one]} – {names[two]}: {with_limits(r, row.lower, row.upper)}"
        tell(axis, (left - out - 2.5, left - out + 2.5), (high + low) / 2, about)
        axis.text(left - out, (high + low) / 2, coefficient(r), ha="center", va="center", size=8, bbox=box, zorder=2)
