"""Eigenvalues against those of random data: one panel per basis, the factors that parallel analysis keeps filled."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish, span, subject_of
from pipeline.drawing.look import MM, in_one_column, width
from pipeline.drawing.numerals import number
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.numbers import ordinal
from pipeline.report.wording import words

BASES = {"factor": "Eigenvalue of the reduced matrix", "component": "Eigenvalue of the correlation matrix"}
LEGEND = 5.0  # mm of a line of the legend
FAR = 2.5  # times the random eigenvalues, to which the inset reaches at most
CLOSE = 6  # eigenvalues beside each other in the inset, less one
INSET = (0.36, 0.36, 0.63, 0.62)  # left, bottom, width and height, of the panel
SHOWN = 20  # at least; the rest is a flat tail that only presses the beginning together
OBSERVED = {"color": INK, "marker": "o", "markersize": 4.5}


def main(responses: Path, eigenvalues: Path, retention: Path, figures: list[Path], *, percentile: float) -> None:
    dataset = Dataset(responses)
    table, criteria = read_table(eigenvalues), read_table(retention)
    perspective = table["perspective"].iloc[0]
    forms = dataset.forms_of(perspective)
    subject = subject_of("Eigenvalues of the items and of random data", dataset, perspective)
    with figure_style():
        if table["estimate"].isna().all():
            draw_reason(table, subject, dataset, forms, figures)
            return
        bases = [basis for basis in BASES if (table["group"] == basis).any()]
        found = criteria.set_index("statistic")["estimate"]
        kept = {basis: int(found[f"parallel_analysis_{basis}"]) for basis in bases}
        shown = max(SHOWN, *(number + 5 for number in kept.values()))
        down = len(bases) if in_one_column() else 1
        across = width(1) if in_one_column() else min(width(), 95 * len(bases))
        lines = 3 if down > 1 or len(bases) == 1 else 1
        height = 70 * down + LEGEND * lines
        figure = Figure(figsize=(across * MM, height * MM))
        figure.get_layout_engine().set(rect=(0, LEGEND * lines / height, 1, 1 - LEGEND * lines / height))
        axes = figure.subplots(down, len(bases) // down, squeeze=False).ravel()
        for axis, letter, basis in zip(axes, "ab", bases, strict=False):
            rows = table[table["group"] == basis].pivot(index="position", columns="statistic", values="estimate")
            draw_basis(axis, rows.iloc[:shown], kept[basis], percentile)
            name = basis.capitalize()
            axis.set_title(f"{letter}  {name}s" if len(bases) > 1 else f"{name}s")
            axis.set(xlabel=f"{name} number", ylabel=BASES[basis])
        handles, labels = axes[0].get_legend_handles_labels()
        place = {"loc": "lower left", "bbox_to_anchor": (0, 0), "bbox_transform": figure.transFigure}
        figure.legend(handles, labels, ncols=3 // lines, borderpad=0, borderaxespad=0, **place)
        finish(figure, subject, [note(table, criteria, shown)], dataset, forms, figures)


def draw_basis(axis: Axes, rows: pd.DataFrame, kept: int, percentile: float) -> None:
    """Observed eigenvalues over the random ones, and again in an inset where the lines cross."""
    draw_lines(axis, rows, kept, percentile)
    step = 5 if len(rows) > 12 else 2
    axis.set(xlim=(0.4, len(rows) + 0.6), xticks=[1, *range(step, len(rows) + 1, step)])
    low, high = max(1, kept - 1), min(len(rows), max(1, kept - 1) + CLOSE)
    near = rows.loc[low:high].to_numpy()
    inset = axis.inset_axes(INSET)
    draw_lines(inset, rows, kept, percentile)
    # a first eigenvalue far above the others would press the crossing together
    top = min(near.max(), FAR * rows.loc[low:high, "eigenvalue_random_percentile"].max())
    gap = 0.12 * (top - near.min()) or 0.1
    inset.set(xlim=(low - 0.6, high + 0.6), ylim=(near.min() - gap, top + 2 * gap), xticks=range(low, high + 1))
    inset.spines[:].set(visible=True, linewidth=0.6)
    inset.text(kept + 0.7, 0.98, f"{kept} retained", transform=inset.get_xaxis_transform(), va="top")
    axis.indicate_inset_zoom(inset, edgecolor=MIDDLE, linewidth=0.6)


def draw_lines(axis: Axes, rows: pd.DataFrame, kept: int, percentile: float) -> None:
    """Observed eigenvalues over the random ones; those that are kept are filled."""
    limit, mean, observed = (rows[f"eigenvalue_{name}"] for name in ("random_percentile", "random_mean", "observed"))
    axis.axhline(0, color=PALE, linewidth=0.6, zorder=0)
    axis.plot(observed, markerfacecolor="white", label="observed", zorder=3, **OBSERVED)
    axis.plot(observed.iloc[:kept], linestyle="none", zorder=4, **OBSERVED)
    axis.plot(limit, color=MIDDLE, linewidth=1.4, label=f"random data, {ordinal(percentile)} percentile")
    axis.plot(mean, color=MIDDLE, linewidth=1.2, dashes=(4, 2), label="random data, mean")
    axis.axvline(kept + 0.5, color=DARK, linestyle=":", linewidth=1)
    for place, own, random in zip(rows.index, observed, limit, strict=True):
        tell(axis, place, own, f"{place}: {number(own)}; random data {number(random)}")


def note(table: pd.DataFrame, criteria: pd.DataFrame, shown: int) -> str:
    """What was counted, what was extracted, and on how many people it rests."""
    items = int(table["position"].max())
    extracted = criteria.set_index("statistic").loc["factors_extracted"]
    by = extracted["note"] if np.isnan(extracted["estimate"]) else extracted["method"]
    return words("factors").figure_scree(
        extracted=extracted["estimate"],
        by=by,
        shown=shown,
        items=items,
        n=span(table["n"]),
        panels=table["group"].nunique(),
    )
