"""Correlations of the totals beside published ones of the same measures, as a forest."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.frame import draw_reason, finish, forest, level_name, name_rows, occasion_name
from pipeline.drawing.numerals import coefficient, tick, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from pipeline.steps.scores import without_variables
from psychometrics.resampling.formula_intervals import fisher_interval

ROW = 5.5  # mm
OWN, PUBLISHED = (
    {"marker": "o", "color": INK},
    {"marker": "D", "color": MIDDLE, "markerfacecolor": "white", "markersize": 4.5},
)
PAIR = ["perspective", "perspective_2", "form", "form_2", "scale", "scale_2"]
COLUMNS = ["heading", "name", "estimate", "lower", "upper", "n", "kind"]


def main(responses: Path, correlations: Path, published: Path, figures: list[Path], *, level: float) -> None:
    dataset = Dataset(responses)
    table = without_variables(read_table(correlations))
    table = table.reindex(columns=list(dict.fromkeys([*table.columns, *PAIR])))
    rows = table[(table["statistic"] == "r_pearson") & (table["perspective"] == table["perspective_2"])]
    rows = rows[(rows["scale"] == "total") & (rows["scale_2"] == "total") & rows["estimate"].notna()]
    subject = ", ".join(filter(None, ["Correlations of the totals and published ones", occasion_name(dataset)]))
    with figure_style():
        if rows.empty:
            reason = words("association").no_pair_of_totals()
            draw_reason(pd.DataFrame({"note": [reason]}), subject, dataset, dataset.forms, figures)
            return
        found = in_order(rows, read_yaml(published, published.name)["across_measures"], dataset, level)
        note = words("association").figure_published_correlations(
            level_name(rows), bool((found["kind"] == "published").any()), bool((found["kind"] == "above").any())
        )
        used = set(rows[["form", "form_2"]].to_numpy().ravel())
        finish(draw(found), subject, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def in_order(rows: pd.DataFrame, published: list[dict[str, Any]], dataset: Dataset, level: float) -> pd.DataFrame:
    """Own correlations by perspective, and below each the published ones of two forms of the same instruments."""
    forms = {(form.perspective, form.name): form for form in dataset.forms}
    found: list[tuple] = []
    for row in rows.itertuples():
        pair = [forms[row.perspective, name] for name in (row.form, row.form_2)]
        heading, name = row.perspective.capitalize(), " – ".join(form.label for form in pair)
        found.append((heading, name, row.estimate, row.lower, row.upper, row.n, "own"))
        for entry in published:
            if entry["perspective"] == row.perspective and same_measures(entry, pair):
                found.append((heading, *told(entry, level)))
    order = {heading: place for place, heading in enumerate(dict.fromkeys(row[0] for row in found))}
    frame = pd.DataFrame(sorted(found, key=lambda row: order[row[0]]), columns=COLUMNS)
    frame["place"] = np.arange(len(frame)) + 1.2 * frame["heading"].map(order) + 1
    return frame


def same_measures(entry: dict[str, Any], pair: list) -> bool:
    """Whether a published pair is of the two instruments: of the same forms, or of others of their families."""
    of = [{form.instrument.upper() for form in pair if name.upper().startswith(form.instrument.upper())}
          for name in (entry["x"], entry["y"])]  # fmt: skip
    return bool(of[0]) and bool(of[1]) and of[0] != of[1]


def told(entry: dict[str, Any], level: float) -> tuple:
    """Name, estimate and interval of a published correlation; of `more than .64` the arrow only."""
    name = f"{entry['x']} – {entry['y']}, {entry['study']}"
    if "r_above" in entry:
        return name, entry["r_above"], np.nan, np.nan, entry["n"], "above"
    if entry.get("kind") == "spearman":  # Bonett and Wright (2000): the standard error of z grows with rho
        n = 3 + (entry["n"] - 3) / (1 + entry["r"] ** 2 / 2)
    else:
        n = entry["n"]
    lower, upper = fisher_interval(entry["r"], n, level)
    return name, entry["r"], float(lower), float(upper), entry["n"], "published"


def draw(rows: pd.DataFrame) -> Figure:
    bottom = rows["place"].max() + 0.7
    figure, axis, numbers = forest(bottom * ROW + 14, (10, 5), needs=2)
    low = np.nanmin([0, rows["lower"].min(), rows["estimate"].min()])
    axis.set(xlim=(np.floor(10 * low) / 10, 1), ylim=(bottom, -0.4), xlabel="Correlation")
    axis.xaxis.set_major_formatter(tick)
    axis.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    for row in rows.itertuples():
        text = draw_row(axis, row)
        tell(axis, (row.lower, row.estimate, row.upper), row.place, f"{row.name}: {text}, n = {row.n:.0f}")
        if numbers:
            numbers.text(0.3, row.place, text, ha="center", va="center_baseline", size=8)
            numbers.text(0.85, row.place, f"{row.n:.0f}", ha="center", va="center_baseline", size=8)
    if numbers:
        numbers.text(0.3, -0.2, "r", ha="center", size=8, style="italic")
        numbers.text(0.85, -0.2, "n", ha="center", size=8, style="italic")
    name_rows(axis, rows, "name")
    return figure


def draw_row(axis: Axes, row: Any) -> str:
    """Point and interval; returns them as text."""
    look = OWN if row.kind == "own" else PUBLISHED
    if row.kind == "above":
        axis.annotate(
            "",
            (1, row.place),
            (row.estimate, row.place),
            arrowprops={"arrowstyle": "->", "color": MIDDLE, "shrinkA": 0, "shrinkB": 0},
        )
        axis.plot([row.estimate], [row.place], **PUBLISHED | {"marker": "|"})
        return f"> {coefficient(row.estimate)}"
    if np.isfinite(row.lower):
        axis.plot([row.lower, row.upper], [row.place] * 2, color=look["color"], linewidth=1.2)
    axis.plot([row.estimate], [row.place], linestyle="none", zorder=3, **look)
    return with_limits(row.estimate, row.lower, row.upper)
