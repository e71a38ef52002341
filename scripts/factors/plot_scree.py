"""Eigenvalues against those of random data: one panel per basis, the factors that parallel analysis keeps filled."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.frame import MM, WIDTH, draw_reason, finish, occasion_name, span
from pipeline.drawing.style import COLOURS, figure_style
from pipeline.report.wording import words

BASES = {"factor": "Eigenvalue of the reduced matrix", "component": "Eigenvalue of the correlation matrix"}
SHOWN = 20  # at least; the rest is a flat tail that only presses the beginning together
OBSERVED = {"color": COLOURS["blue"], "marker": "o", "markersize": 5}


def main(responses: Path, eigenvalues: Path, retention: Path, figures: list[Path], *, percentile: float) -> None:
    dataset = Dataset(responses)
    table, criteria = read_table(eigenvalues), read_table(retention)
    perspective = table["perspective"].iloc[0]
    forms = [form for form in dataset.forms if form.perspective == perspective]
    subject = ", ".join(
        filter(
            None, ["Eigenvalues of the items and of random data", f"{perspective} perspective", occasion_name(dataset)]
        )
    )
    with figure_style():
        if table["estimate"].isna().all():
            draw_reason(table, subject, dataset, forms, figures)
            return
        bases = [basis for basis in BASES if (table["group"] == basis).any()]
        found = criteria.set_index("statistic")["estimate"]
        kept = {basis: int(found[f"parallel_analysis_{basis}"]) for basis in bases}
        shown = max(SHOWN, *(number + 5 for number in kept.values()))
        figure = Figure(figsize=(min(WIDTH, 95 * MM * len(bases)), 78 * MM))
        axes = figure.subplots(1, len(bases), squeeze=False)
        for axis, letter, basis in zip(axes[0], "ab", bases, strict=False):
            rows = table[table["group"] == basis].pivot(index="position", columns="statistic", values="estimate")
            draw_basis(axis, rows.iloc[:shown], kept[basis], percentile)
            name = basis.capitalize()
            axis.set_title(f"{letter}  {name}s" if len(bases) > 1 else f"{name}s")
            axis.set(xlabel=f"{name} number", ylabel=BASES[basis])
        axes[0, 0].legend(loc="upper right", frameon=True, facecolor="white", framealpha=1, edgecolor="none")
        finish(figure, subject, [note(table, criteria, shown)], dataset, forms, figures)


def draw_basis(axis, rows: pd.DataFrame, kept: int, percentile: float) -> None:
    """Observed eigenvalues over the random ones; those that are kept are filled and counted."""
    limit, mean, observed = (rows[f"eigenvalue_{name}"] for name in ("random_percentile", "random_mean", "observed"))
    axis.axhline(0, color="#BBBBBB", linewidth=0.6, zorder=0)
    axis.plot(observed, markerfacecolor="white", label="observed", zorder=3, **OBSERVED)
    axis.plot(observed.iloc[:kept], linestyle="none", zorder=4, **OBSERVED)
    axis.plot(limit, color=COLOURS["vermilion"], linewidth=1.2, label=f"random data, {ordinal(percentile)} percentile")
    axis.plot(mean, color=COLOURS["grey"], linewidth=1.2, dashes=(4, 2), label="random data, mean")
    axis.axvline(kept + 0.5, color="#444444", linestyle=":", linewidth=1)
    axis.text(kept + 0.7, 0.5, f"{kept} retained", transform=axis.get_xaxis_transform(), size=8, va="center")
    step = 5 if len(rows) > 12 else 2
    axis.set(xlim=(0.4, len(rows) + 0.6), xticks=[1, *range(step, len(rows) + 1, step)])


def note(table: pd.DataFrame, criteria: pd.DataFrame, shown: int) -> str:
    """What was counted, what was extracted, and on how many people it rests."""
    items = int(table["position"].max())
    extracted = criteria.set_index("statistic").loc["factors_extracted"]
    by = extracted["note"] if np.isnan(extracted["estimate"]) else extracted["method"]
    return words("factors").figure_scree(
        extracted=extracted["estimate"], by=by, shown=shown, items=items, n=span(table["n"])
    )


def ordinal(number: float) -> str:
    """95 -> 95th, 97.5 -> 97.5th, 91 -> 91st."""
    last = f"{number:g}"[-1]
    teens = number != int(number) or 10 < number % 100 < 14
    return f"{number:g}" + ("th" if teens else {"1": "st", "2": "nd", "3": "rd"}.get(last, "th"))
