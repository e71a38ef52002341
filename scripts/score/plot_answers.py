"""Answers to every item as diverging stacked bars, from the lowest on the left to the highest, with what is missing."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset, Form
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, INK, colours_of_instruments, tint
from pipeline.drawing.frame import draw_reason, finish, occasion_name, span
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import in_percent, percentage
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from psychometrics.items.missingness import FEWEST

ROW, HEAD, AXIS = 3.4, 7.0, 12.0  # mm: an item, the name of a form, the axis below
BAR = 0.84  # of a row
MISSING = 130  # where the share of missing answers stands
LIGHTEST = 0.25  # share of the hue beside the middle
KEYS = ["perspective", "form", "item"]


def main(responses: Path, categories: Path, missing: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = dataset.results_at_occasion(read_table(categories))
    rows = table[(table["statistic"] == "category_share") & table["estimate"].notna()]
    subject = ", ".join(filter(None, ["Answers to the items", occasion_name(dataset)]))
    with figure_style():
        drawn = [form for form in dataset.forms if is_drawn(rows, form)]
        if not drawn:
            draw_reason(table.assign(note=words("data").no_answers_drawn(FEWEST)), subject, dataset, [], figures)
            return
        absent = dataset.results_at_occasion(read_table(missing)).reindex(columns=[*KEYS, "statistic", "estimate", "n"])
        absent = absent[(absent["statistic"] == "missing_share") & absent["item"].notna()]
        figure = draw(rows, absent, drawn, colours_of_instruments(dataset, instruments))
        turned = any(form.reverse for form in drawn)
        note = words("data").figure_answers(span(rows["n"]), FEWEST, turned)
        finish(figure, subject, [note], dataset, drawn, figures)


def is_drawn(rows: pd.DataFrame, form: Form) -> bool:
    """Whether enough people answered a form that none of them shows, in answers that are few and the same for all."""
    own = of_form(rows, form)
    return len(own) > 0 and own["n"].max() >= 2 * FEWEST and form.range[1] - form.range[0] <= 20


def of_form(rows: pd.DataFrame, form: Form) -> pd.DataFrame:
    """The rows of a form from one perspective."""
    return rows[(rows["form"] == form.name) & (rows["perspective"] == form.perspective)]


def draw(rows: pd.DataFrame, absent: pd.DataFrame, forms: list[Form], colours: dict[str, str]) -> Figure:
    """A block for each form, a column for each perspective; the items of a form stand in one row for all who answer."""
    perspectives = list(dict.fromkeys(form.perspective for form in forms))
    labels = dict.fromkeys(form.label for form in forms)
    by_label = {label: {form.perspective: form for form in forms if form.label == label} for label in labels}
    items = {label: max(form.items for form in own.values()) for label, own in by_label.items()}
    heights = [ROW * count + HEAD for count in items.values()]
    figure = Figure(figsize=(width() * MM, (sum(heights) + AXIS) * MM))
    axes = figure.subplots(len(labels), len(perspectives), squeeze=False, sharex=True, height_ratios=heights)
    for down, (label, own) in enumerate(by_label.items()):
        for across, who in enumerate(perspectives):
            axis = axes[down, across]
            if who not in own:
                axis.axis("off")
                continue
            axis.set_title(f"{label}, {who}", size=8.5)
            form = own[who]
            draw_form(axis, of_form(rows, form), of_form(absent, form), form, colours[form.instrument])
    for axis in axes.ravel():
        axis.set_xlim(-100, MISSING + 2)
        axis.spines["bottom"].set_bounds(-100, 100)
        axis.set_xticks([-100, -50, 0, 50, 100], ["100", "50", "0", "50", "100"])
    figure.supxlabel("Lower answers  ←  share of the people (%)  →  higher answers", size=8.5)
    return figure


def draw_form(axis: Axes, rows: pd.DataFrame, absent: pd.DataFrame, form: Form, hue: str) -> None:
    """The bars of one form from one perspective, and right of them the share of missing answers."""
    low, high = (int(end) for end in form.range)
    answers = np.arange(low, high + 1)
    shades = shades_of(len(answers), hue)
    for place, column in enumerate(form.columns):
        own = rows[rows["item"] == column]
        if own.empty:
            continue
        n = own["n"].iloc[0]
        shares = own.assign(group=own["group"].astype(float)).set_index("group")["estimate"].reindex(answers).fillna(0)
        counts = without_small_cells(np.round(shares.to_numpy() * n))
        parts, corners = bars(100 * counts / n, place, shades)
        axis.add_collection(parts, autolim=False)
        for answer, count, ends in zip(answers[counts > 0], counts[counts > 0], corners, strict=True):
            about = f"{form.label} {int(column[1:])}, answer {answer}: {in_percent(count / n)}, {count:.0f} of {n:.0f}"
            tell(axis, ends, (place - BAR / 2, place + BAR / 2), about)
        missing = absent.loc[absent["item"] == column, ["estimate", "n"]]
        if len(missing):
            told = few_as_limit(*missing.iloc[0])
            # inside the axes, so that measuring it for the layout would change nothing
            axis.text(MISSING, place, told, ha="right", va="center_baseline", size=8, color=INK, in_layout=False)
    axis.axvline(0, color=DARK, linewidth=0.6)
    axis.text(
        MISSING, -1.0, "missing", ha="right", va="center_baseline", size=8, color=INK, style="italic", in_layout=False
    )
    names = [f"{int(column[1:])}{' (r)' if int(column[1:]) in form.reverse else ''}" for column in form.columns]
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(max(form.items, len(names)) - 0.5, -1.6)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def without_small_cells(counts: np.ndarray, fewest: int = FEWEST) -> np.ndarray:
    """Counts in which no number of people below `fewest` is left: such answers count as the next one to the middle."""
    counts = counts.astype(float).copy()
    middle = len(counts) // 2
    for place in range(middle):
        for here, there in ((place, place + 1), (len(counts) - 1 - place, len(counts) - 2 - place)):
            if 0 < counts[here] < fewest:
                counts[there] += counts[here]
                counts[here] = 0
    small = np.flatnonzero((counts > 0) & (counts < fewest))
    for place in small:  # only the middle can be left
        counts[counts.argmax()] += counts[place]
        counts[place] = 0
    return counts


def shades_of(many: int, hue: str) -> list[str]:
    """Greys for the lower answers and the hue of the instrument for the higher ones, the darker the further out."""
    half = many / 2
    shades = []
    for place in range(many):
        out = abs(place + 0.5 - half) / (half - 0.5) if many > 1 else 0
        shades.append(tint("#444444" if place + 0.5 < half else hue, LIGHTEST + (1 - LIGHTEST) * out))
    if many % 2:
        shades[many // 2] = "#EDEDED"
    return shades


def bars(shares: np.ndarray, place: float, shades: list[str]) -> tuple[PolyCollection, list[tuple[float, float]]]:
    """The parts of one bar beside each other, the middle of the answers at 0, and where each begins and ends."""
    ends = np.concatenate([[0], np.cumsum(shares)])
    half = len(shares) // 2
    zero = ends[half] + (shares[half] / 2 if len(shares) % 2 else 0)
    ends = ends - zero
    low, high = place - BAR / 2, place + BAR / 2
    across = [(a, b) for a, b in pairwise(ends) if b > a]
    corners = [[(a, low), (b, low), (b, high), (a, high)] for a, b in across]
    colours = [shade for shade, share in zip(shades, shares, strict=True) if share > 0]
    return PolyCollection(corners, facecolors=colours, edgecolors="white", linewidths=0.4), across


def few_as_limit(share: float, n: float, fewest: int = FEWEST) -> str:
    """A share in percent; of one to four people only that they are so few."""
    people = round(share * n)
    return f"< {percentage(fewest / n)}" if 0 < people < fewest else percentage(share)
