"""The outcome over the ratings of both: contours inside the convex hull of the ratings, one panel per form."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from pipeline.data.dataset import Dataset, Form
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, FAINT, INK, MIDDLE
from pipeline.drawing.frame import draw_reason, finish, occasion_name
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import number
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from psychometrics.perspectives.convex_hull import inside_hull

ACROSS = 2  # panels beside each other
MOST = 6
POINTS = 161  # of the grid along each side
LEVELS = 7
SUBJECT = "The outcome over the ratings of both"


class Surface(NamedTuple):
    """What a panel shows."""

    heading: str
    form: Form
    names: tuple[str, str]
    b: np.ndarray
    hull: np.ndarray
    axis: tuple[float, float]
    point: tuple[float, float]


def main(responses: Path, surfaces: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(surfaces)
    subject = ", ".join(filter(None, [SUBJECT, occasion_name(dataset)]))
    with figure_style():
        found = surfaces_of(table, dataset)
        if not found:
            draw_reason(table, subject, dataset, dataset.forms, figures)
            return
        note = words("perspective_profiles").figure_surface(len(found) > MOST)
        finish(draw(found[:MOST]), subject, [note], dataset, [surface.form for surface in found[:MOST]], figures)


def surfaces_of(table: pd.DataFrame, dataset: Dataset) -> list[Surface]:
    """The surfaces that have coefficients and a hull."""
    if "part" not in table:
        return []
    forms = {(form.name, form.perspective): form for form in dataset.forms}
    labels = {name: part["label"] for name, part in dataset.variables.items()}
    found = []
    rows = table[table["part"] == "dyads"]
    several = len(rows["outcome"].unique()) > 1
    for (who, other, name, outcome), own in rows.groupby(
        ["perspective", "perspective_2", "form", "outcome"], sort=False
    ):
        values = own.drop_duplicates("statistic").set_index("statistic")["estimate"]
        corners = [own.loc[own["statistic"] == f"hull_{place}", "estimate"].to_numpy() for place in ("first", "second")]
        if "surface_b5" not in values or len(corners[0]) < 3:
            continue
        form = forms[(name, who)]
        heading = form.label + (f", {labels.get(outcome, outcome)}" if several else "")
        b = values[[f"surface_b{number}" for number in range(6)]].to_numpy(float)
        middle = sum(form.range) / 2
        axis = (values["surface_p10"], values["surface_p11"])
        point = (values["surface_x0"] + middle, values["surface_y0"] + middle)
        found.append(Surface(heading, form, (who, other), b, np.column_stack(corners), axis, point))
    return found


def draw(surfaces: list[Surface]) -> Figure:
    rows = -(-len(surfaces) // ACROSS)
    side = width() / ACROSS
    across = min(len(surfaces), ACROSS)
    figure = Figure(figsize=(side * max(across, 1.4) * MM, (side * 0.98 * rows + 6) * MM))
    axes = figure.subplots(rows, across, squeeze=False).ravel()
    for axis, surface in zip(axes, surfaces, strict=False):
        draw_surface(axis, surface)
    for axis in axes[len(surfaces) :]:
        axis.axis("off")
    return figure


def draw_surface(axis: Axes, surface: Surface) -> None:
    """Contours inside the hull, the line of agreement and the first principal axis."""
    low, high = surface.form.range
    middle = (low + high) / 2
    line = np.linspace(low, high, POINTS)
    c, t = np.meshgrid(line, line)
    inside = inside_hull(surface.hull, np.column_stack([c.ravel(), t.ravel()])).reshape(c.shape)
    z = np.where(inside, height_of(surface.b, c - middle, t - middle), np.nan)
    hull = axis.add_patch(Polygon(surface.hull, closed=True, facecolor=FAINT, edgecolor=MIDDLE, linewidth=0.8))
    if np.nanmax(z) - np.nanmin(z) > 1e-9:
        lines = axis.contour(c, t, z, levels=LEVELS, colors=DARK, linewidths=0.8, linestyles="solid")
        lines.set_clip_path(hull)
        for label in axis.clabel(lines, fontsize=8, fmt=level_text, colors=INK):
            around = np.array(label.get_position()) + (high - low) / 30 * np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]])
            if not inside_hull(surface.hull, around).all():
                label.remove()
    along(axis, surface, line, line, {"linestyle": (0, (4, 3)), "color": MIDDLE}, "Both ratings are equal")
    intercept, slope = surface.axis
    if np.isfinite(intercept) and np.isfinite(slope):
        second = middle + intercept + slope * (line - middle)
        along(axis, surface, line, second, {"color": INK, "linewidth": 1.4}, "First principal axis")
    if np.isfinite(surface.point).all() and inside_hull(surface.hull, np.array([surface.point]))[0]:
        axis.plot(*[[value] for value in surface.point], marker="x", color=INK, linestyle="none", zorder=4)
        tell(axis, surface.point[0], surface.point[1], "Stationary point")
    margin = (high - low) / 40
    ends = (float(np.floor(surface.hull.min())) - margin, float(np.ceil(surface.hull.max())) + margin)
    whole = np.arange(np.ceil(ends[0]), np.floor(ends[1]) + 1)
    axis.set(xlim=ends, ylim=ends, aspect="equal", xticks=whole, yticks=whole)
    axis.set(xlabel=f"{surface.names[0].capitalize()}'s rating", ylabel=f"{surface.names[1].capitalize()}'s rating")
    axis.set_title(surface.heading, loc="left", size=9, weight="bold")


def level_text(value: float) -> str:
    """The outcome at a contour, with a decimal where it is no whole number."""
    return number(value, 0 if abs(value - round(value)) < 1e-9 else 1)


def height_of(b: np.ndarray, c: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The predicted outcome."""
    return b[0] + b[1] * c + b[2] * t + b[3] * c**2 + b[4] * c * t + b[5] * t**2


def along(axis: Axes, surface: Surface, first: np.ndarray, second: np.ndarray, look: dict[str, Any], text: str) -> None:
    """A line as far as it lies inside the hull."""
    inside = inside_hull(surface.hull, np.column_stack([first, second]))
    if inside.sum() > 1:
        x, y = first[inside], second[inside]
        axis.plot([x[0], x[-1]], [y[0], y[-1]], **({"linewidth": 1.0} | look), zorder=3)
        tell(axis, (float(x[0]), float(x[-1])), (float(y[0]), float(y[-1])), text)
