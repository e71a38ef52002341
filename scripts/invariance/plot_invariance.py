"""Items that work differently: dMACS and expected difference of every item, one row each."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from invariance.shown_tables import KEYS, whom, with_keys
from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import INK, MIDDLE, PALE
from pipeline.drawing.frame import COLUMN_HEAD, draw_reason, finish, level_name, name_rows
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import number, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

ROW = 4.4  # mm
SUBJECT = "Items that work differently"
SIZES = ("dmacs", "expected_item_difference")


def main(responses: Path, items: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(items)
    with figure_style():
        rows = in_order(with_keys(table), dataset)
        if rows.empty:
            draw_reason(table, SUBJECT, dataset, dataset.forms, figures)
            return
        note = words("invariance").figure_invariance(level_name(rows))
        used = set(rows["form"])
        finish(draw(rows), SUBJECT, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def in_order(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """One row per item of the first design that has estimates: dmacs, difference with its limits, heading, place."""
    sizes = rows[rows["statistic"].isin(SIZES) & rows["estimate"].notna() & (rows["form"] != "")]
    if sizes.empty:
        return sizes
    sizes = sizes[sizes["design"] == sizes["design"].iloc[0]]
    labels = {form.name: form.label for form in dataset.forms}
    variables = {name: part["label"] for name, part in dataset.variables.items()}
    freed = rows[(rows["statistic"] == "item_freed") & (rows["estimate"] == 1)]
    freed_keys = set(map(tuple, freed[[*KEYS, "item"]].to_numpy()))
    found = []
    for keys, own in sizes.groupby([*KEYS, "unit", "item"], sort=False):
        about = dict(zip([*KEYS, "unit", "item"], keys, strict=True))
        by = own.set_index("statistic")
        if set(by.index) != set(SIZES):
            continue
        difference = by.loc["expected_item_difference"]
        rater = "" if about["design"] == "perspectives" else f" ({about['perspective']})"
        found.append(
            {
                "form": about["form"],
                "heading": f"{labels[about['form']]}{rater}: {about['unit']} − {about['reference']}",
                "about": f"{labels[about['form']]}, {whom(about, variables)}",
                "number": int(about["item"].rpartition("_")[2]),
                "name": f"item {int(about['item'].rpartition('_')[2])}",
                "dmacs": by.loc["dmacs", "estimate"],
                "freed": (*(about[name] for name in KEYS), about["item"]) in freed_keys,
            }
            | {name: difference[name] for name in ("estimate", "lower", "upper", "level", "n")}
        )
    frame = pd.DataFrame(found)
    frame = frame.assign(
        whole=frame["heading"].map({name: place for place, name in enumerate(frame["heading"].unique())})
    )
    frame = frame.sort_values(["whole", "number"], ignore_index=True)
    group = frame.groupby("heading", sort=False).ngroup()
    return frame.assign(place=np.arange(len(frame)) + 1.4 * group + 1)


def draw(rows: pd.DataFrame) -> Figure:
    bottom = rows["place"].max() + 0.7
    figure = Figure(figsize=(width() * MM, (bottom * ROW + 22) * MM))
    left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"wspace": 0.12})
    left.set_ylim(bottom, -0.5)
    for row in rows.itertuples():
        colour, face = (INK, INK) if row.freed else (MIDDLE, "white")
        about = f"{row.about}, {row.name}" + (", freed" if row.freed else "")
        left.plot([0, row.dmacs], [row.place, row.place], color=PALE, linewidth=1.0, zorder=1)
        left.plot([row.dmacs], [row.place], marker="o", color=colour, markerfacecolor=face, linestyle="none", zorder=3)
        tell(left, row.dmacs, row.place, f"{about}: dMACS = {number(row.dmacs)}, n = {row.n:.0f}")
        if np.isfinite(row.lower):
            right.plot([row.lower, row.upper], [row.place, row.place], color=colour, linewidth=1.1)
        right.plot(
            [row.estimate], [row.place], marker="o", color=colour, markerfacecolor=face, linestyle="none", zorder=3
        )
        value = with_limits(row.estimate, row.lower, row.upper, number)
        tell(right, (row.lower, row.estimate, row.upper), row.place, f"{about}: {value} points, n = {row.n:.0f}")
    left.set(xlim=(0, None), xlabel="dMACS (SDs of the item)")
    right.axvline(0, color=PALE, linewidth=0.8, zorder=0)
    right.set_xlabel("Expected difference (points)")
    head(right, "● freed   ○ not freed")
    name_rows(left, rows, "name")
    right.tick_params(axis="y", length=0)
    right.spines["left"].set_visible(False)
    return figure


def head(axis: Axes, text: str) -> None:
    axis.text(1, -0.7, text, transform=axis.get_yaxis_transform(), ha="right", **COLUMN_HEAD)
