"""How the totals of a perspective overlap: as circles where all have two, whose areas can be exact, else as bars."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from pipeline.data.dataset import Dataset, Form
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, INK, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, level_name, occasion_name
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import in_percent, percentage, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

SEVERAL, REST = DARK, "#E4E4E4"
ROW, CIRCLES = 8.5, 38  # mm
MOST = 4  # totals whose parts have room for their intervals


def main(responses: Path, commonality: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    rows = read_table(commonality)
    rows = rows[rows["form"].notna() & rows["statistic"].isin(["r2", "commonality"])] if "form" in rows else rows[:0]
    subject = ", ".join(filter(None, ["How the total scores overlap", occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        known = rows.dropna(subset="estimate")
        used, sizes = set(known["form"]), set(known.groupby("perspective")["form"].nunique())
        note = words("shared_variance").figure_overlap(
            level_name(known),
            circles=sizes == {2},
            unknown=rows[rows["estimate"].isna()].to_dict("records"),
        )
        figure = draw(known, dataset, colours_of_instruments(dataset, instruments))
        finish(figure, subject, [note], dataset, [f for f in dataset.forms if f.name in used], figures)


def draw(rows: pd.DataFrame, dataset: Dataset, colours: dict[str, str]):
    """One panel for each perspective, with its numbers beside it."""
    panels = [
        (who, own, [f for f in dataset.forms if f.perspective == who and f.name in set(own["form"])])
        for who, own in rows.groupby("perspective", sort=False)
    ]
    circles = all(len(forms) == 2 for _, _, forms in panels)  # one kind of picture within the figure
    heights = [CIRCLES if circles else 15 + ROW * len(forms) for _, _, forms in panels]
    figure = Figure(figsize=(width() * MM, sum(heights) * MM + 8 * MM))
    axes = figure.subplots(len(panels), 2, squeeze=False, height_ratios=heights, width_ratios=(7, 10))
    for (axis, numbers), (who, own, forms) in zip(axes, panels, strict=True):
        axis.set_title(who.capitalize(), size=9)
        numbers.set(xlim=(0, 1))
        numbers.axis("off")
        if circles:
            draw_circles(axis, numbers, own, forms, colours)
        else:
            draw_bars(axis, numbers, own, forms, colours)
    return figure


def draw_circles(axis, numbers, own: pd.DataFrame, forms: list[Form], colours: dict[str, str]) -> None:
    """Two circles of area 1, whose overlap has the area r^2."""
    row = own[own["statistic"] == "r2"].iloc[0]
    radius, distance = 1 / np.sqrt(np.pi), distance_of_circles(row["estimate"])
    for x, form, side in zip((0, distance), forms, (-1, 1), strict=True):
        colour = colours[form.instrument]
        axis.add_patch(Circle((x, 0), radius, facecolor=colour, alpha=0.45, linewidth=0))
        axis.add_patch(Circle((x, 0), radius, facecolor="none", edgecolor=colour, linewidth=1.2))
        axis.text(x + side * (radius + 0.05), 0, form.label, size=8, va="center", ha="right" if side < 0 else "left")
    axis.text(distance / 2, 0, percentage(row["estimate"]), size=9, ha="center", va="center")
    about = f"{forms[0].label} – {forms[1].label}: {in_percent(row['estimate'], row['lower'], row['upper'])}"
    tell(axis, (distance - radius, radius), (-radius / 2, radius / 2), about)
    axis.set(xlim=(-1.1, distance + 1.1), ylim=(-radius - 0.03, radius + 0.03), aspect="equal")
    axis.axis("off")
    numbers.text(
        0.05,
        0.5,
        f"in common: {cell(row['estimate'], row['lower'], row['upper'])}",
        size=8,
        va="center",
        transform=numbers.transAxes,
    )


def distance_of_circles(share: float) -> float:
    """Distance of the centres of two circles of area 1 that overlap by `share`, by bisection."""
    radius = 1 / np.sqrt(np.pi)
    low, high = 0.0, 2 * radius
    for _ in range(60):
        middle = (low + high) / 2
        lens = 2 * radius**2 * np.arccos(middle / (2 * radius)) - middle / 2 * np.sqrt(4 * radius**2 - middle**2)
        low, high = (middle, high) if lens > share else (low, middle)
    return (low + high) / 2


def draw_bars(axis, numbers, own: pd.DataFrame, forms: list[Form], colours: dict[str, str]) -> None:
    """A bar for each total: what only one other explains, what several explain alike, and what none explains."""
    heads = [
        *((f"only\n{form.label}", colours[form.instrument]) for form in forms),
        *([("several", SEVERAL)] if len(forms) > 2 else []),
        ("none", REST),
    ]
    places = np.linspace(0.06, 0.93, len(heads))
    for x, (name, colour) in zip(places, heads, strict=True):
        numbers.text(x, -0.75, name, ha="center", va="bottom", size=8, color=INK)
        numbers.plot([x - 0.04, x + 0.04], [-0.58] * 2, color=colour, linewidth=4, solid_capstyle="butt")
    lowest = 0.0
    for place, form in enumerate(forms):
        ends = [0.0, 0.0]  # of the bars to the left and to the right of 0
        for x, part, (_, colour) in zip(places, parts_of(own[own["form"] == form.name], forms), heads, strict=True):
            text = "–" if part is None else cell(*(part if len(forms) <= MOST else (part[0], np.nan, np.nan)))
            numbers.text(x, place, text, ha="center", va="center_baseline", size=8)
            if part is not None:
                side = int(part[0] > 0)
                axis.barh(place, 100 * part[0], 0.62, ends[side], color=colour, edgecolor="white", linewidth=0.6)
                across = (ends[side], ends[side] + 100 * part[0])
                about = f"{form.label}, explained by {' '.join(name.split())}: {in_percent(*part)}"
                tell(axis, across, (place - 0.31, place + 0.31), about)
                ends[side] += 100 * part[0]
        lowest = min(lowest, ends[0])
    axis.set(xlim=(lowest, 100 - lowest), ylim=(len(forms) - 0.5, -1.0), xlabel="Variance of the total (%)")
    numbers.set_ylim(len(forms) - 0.5, -1.0)
    axis.set_yticks(range(len(forms)), [form.label for form in forms])
    axis.axvline(0, color=DARK, linewidth=0.8)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def parts_of(own: pd.DataFrame, forms: list[Form]) -> list[tuple[float, float, float] | None]:
    """Estimate and limits per column: only one form (None: not among those that explain), several, none."""
    shares = own[own["statistic"] == "commonality"].set_index("group")[["estimate", "lower", "upper"]]
    whole = own[own["statistic"] == "r2"].iloc[0]
    parts = [tuple(shares.loc[form.name]) if form.name in shares.index else None for form in forms]
    several = shares[shares.index.str.contains(",")]
    if len(several) == 1:
        parts.append(tuple(several.iloc[0]))
    elif len(several):
        parts.append((several["estimate"].sum(), np.nan, np.nan))
    elif len(forms) > 2:
        parts.append(None)
    return [*parts, (1 - whole["estimate"], 1 - whole["upper"], 1 - whole["lower"])]


def cell(estimate: float, lower: float, upper: float) -> str:
    """Percent with interval."""
    return with_limits(estimate, lower, upper, percentage)
