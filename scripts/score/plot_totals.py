"""Totals against each other: people as counts in squares, histograms with the ceiling, correlations."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from pipeline.data.dataset import Dataset
from pipeline.drawing.colours import DARK, INK, colours_of_instruments
from pipeline.drawing.frame import draw_reason, finish, occasion_name, span
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import coefficient, number, percentage
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from pipeline.steps.scores import score_columns, scores_at_occasion
from psychometrics.items.missingness import FEWEST

MOST = 7  # totals beside each other
BINS = (3, 7)  # bars of a total: half the root of the number of people, at least and at most
TALLEST = 36.0  # mm of a panel
ROOM = 0.1  # of the range, beside the outermost squares


def main(responses: Path, scores: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    columns = score_columns(dataset)
    last = columns.groupby(["perspective", "form"], sort=False).tail(1)  # the total stands last
    totals = last.assign(name=last["label"] + ",\n" + last["perspective"]).iloc[:MOST]
    people = scores_at_occasion(dataset, scores, totals)
    subject = ", ".join(filter(None, ["Total scores against each other", occasion_name(dataset)]))
    with figure_style():
        known = [name for name in totals.index if people[name].notna().sum() >= 2 * FEWEST]
        if not known:
            reason = pd.DataFrame({"note": [words("data").no_answers_drawn(FEWEST)]})
            draw_reason(reason, subject, dataset, [], figures)
            return
        ranges = {f"{form.perspective}.{form.name}": form.range for form in dataset.forms}
        totals = totals.loc[known]
        totals["low"], totals["high"] = zip(
            *(ranges[f"{row.perspective}.{row.form}"] for row in totals.itertuples()), strict=True
        )
        totals["hue"] = totals["instrument"].map(colours_of_instruments(dataset, instruments))
        figure, hidden = draw(totals, people)
        sizes = pd.Series([people[list(pair)].dropna().shape[0] for pair in combinations(known, 2)], dtype=float)
        note = words("data").figure_totals(span(sizes), FEWEST, hidden, len(last) > MOST)
        finish(figure, subject, [note], dataset, dataset.forms, figures)


def draw(totals: pd.DataFrame, people: pd.DataFrame) -> tuple[Figure, float]:
    """The matrix of panels, and the largest share of people in squares that are not drawn."""
    many = len(totals)
    side = min(width() / many, TALLEST)
    figure = Figure(figsize=((side * many + 12) * MM if many < 4 else width() * MM, (side * many + 6) * MM))
    axes = figure.subplots(many, many, squeeze=False, gridspec_kw={"wspace": 0.06, "hspace": 0.06})
    bins = int(np.clip(np.sqrt(people[totals.index].notna().sum().min()) / 2, *BINS))
    edges = {name: edges_of(people[name].dropna().to_numpy(), bins) for name in totals.index}
    hidden = [0.0]
    for down, (below, row) in enumerate(totals.iterrows()):
        for across, beside in enumerate(totals.index):
            axis = axes[down, across]
            if across == down:
                draw_histogram(axis, people[below].dropna().to_numpy(), edges[below], row)
            elif across < down:
                both = people[[beside, below]].dropna().to_numpy()
                hidden.append(draw_counts(axis, both, edges[beside], edges[below]))
            else:
                write_correlation(axis, people[[beside, below]].dropna())
            name_axis(axis, totals, edges, down, across)
    return figure, max(hidden)


def edges_of(values: np.ndarray, bins: int) -> np.ndarray:
    """Edges of equal bars between the fifth lowest and the fifth highest value; what lies beyond is in the end bars."""
    ordered = np.sort(values)
    low, high = ordered[FEWEST - 1], ordered[-FEWEST]
    return np.linspace(low, high if high > low else low + 1, bins + 1)


def counted(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """In which bar each value lies."""
    return np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)


def draw_histogram(axis: Axes, values: np.ndarray, edges: np.ndarray, total: pd.Series) -> None:
    """Bars of the people, those with fewer than five left out, and a line where the scale ends if it is near."""
    counts = np.bincount(counted(values, edges), minlength=len(edges) - 1)
    counts = np.where(counts < FEWEST, 0, counts)
    axis.bar(edges[:-1], counts, np.diff(edges), align="edge", color=total["hue"], edgecolor="white", linewidth=0.5)
    for people, ends in zip(counts, pairwise(edges), strict=True):
        if people:
            tell(axis, ends, (0, people), f"{between(*ends)}: {people} people")
    axis.set_ylim(0, max(counts.max(), 1) * 1.5)
    at_top = int((values >= total["high"] - 1e-9).sum())
    if edges[-1] + ROOM * np.ptp(edges) >= total["high"]:
        axis.axvline(total["high"], color=DARK, linewidth=1, linestyle=(0, (3, 2)))
    told = "<" + percentage(FEWEST / len(values)) if 0 < at_top < FEWEST else percentage(at_top / len(values))
    place = {"transform": axis.transAxes, "ha": "left", "va": "top", "size": 8, "in_layout": False}
    axis.text(0.04, 0.97, f"{told}% at {total['high']:g}", color=INK, **place)


def draw_counts(axis: Axes, both: np.ndarray, across: np.ndarray, down: np.ndarray) -> float:
    """Squares whose area is the number of people; returns the share of people in squares too small to be drawn."""
    bins = len(across) - 1
    cells = counted(both[:, 0], across) * bins + counted(both[:, 1], down)
    counts = np.bincount(cells, minlength=bins * bins).reshape(bins, bins)
    shown = np.where(counts < FEWEST, 0, counts)
    if shown.any():
        half = np.sqrt(shown / counts.max()) / 2
        x, y = ((edges[:-1] + edges[1:]) / 2 for edges in (across, down))
        wide, tall = np.diff(across)[0], np.diff(down)[0]
        corners = [
            [
                (x[i] + a * half[i, j] * wide, y[j] + b * half[i, j] * tall)
                for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))
            ]
            for i, j in zip(*np.nonzero(shown), strict=True)
        ]
        axis.add_collection(PolyCollection(corners, facecolors="#6A6A6A", linewidths=0), autolim=False)
        for i, j in zip(*np.nonzero(shown), strict=True):
            ends = [(edges[k], edges[k + 1]) for edges, k in ((across, i), (down, j))]
            tell(axis, *ends, f"{' × '.join(between(*pair) for pair in ends)}: {shown[i, j]} people")
    return 1 - shown.sum() / max(len(both), 1)


def between(low: float, high: float) -> str:
    """The values that a bar holds."""
    return f"{number(low)} to {number(high)}"


def write_correlation(axis: Axes, both: pd.DataFrame) -> None:
    """The Pearson correlation of a pair."""
    r = both.corr().iloc[0, 1] if len(both) >= 2 * FEWEST else np.nan
    axis.text(0.5, 0.5, coefficient(r), transform=axis.transAxes, ha="center", va="center", size=9, in_layout=False)


def name_axis(axis: Axes, totals: pd.DataFrame, edges: dict[str, np.ndarray], down: int, across: int) -> None:
    """Limits with room for the ceiling; names at the left and at the bottom of the matrix, ticks there only."""
    for which, place in (("x", across), ("y", down)):
        own = edges[totals.index[place]]
        room = ROOM * np.ptp(own)
        if which == "x" and across <= down:
            axis.set_xlim(own[0] - room, own[-1] + room)
        elif which == "y" and across < down:
            axis.set_ylim(own[0] - room, own[-1] + room)
    last = len(totals) - 1
    axis.spines[:].set(visible=across <= down, linewidth=0.6)
    axis.tick_params(left=False, bottom=False, labelleft=False, labelbottom=False)
    if down == last and across <= down:
        axis.tick_params(bottom=True, labelbottom=True)
        axis.set_xlabel(totals["name"].iloc[across])
        axis.xaxis.set_major_locator(MaxNLocator(3))
    if across == 0:
        axis.set_ylabel(totals["name"].iloc[down])
