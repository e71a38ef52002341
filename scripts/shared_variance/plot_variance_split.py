"""What each total is made of, as stacked bars: common to all instruments, shared with some, specific, unique."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.frame import MM, WIDTH, draw_reason, finish, ink, level_name, occasion_name
from pipeline.drawing.style import COLOURS, figure_style
from pipeline.report.wording import words
from psychometrics.shared_variance.split import BY_CONSTRUCTION

# part -> its name, colour, and where its column of numbers stands
PARTS = {
    "common_share": ("common\nto all", COLOURS["blue"], 0.13),
    "shared_share": ("shared\nwith some", COLOURS["sky"], 0.38),
    "specific_share": ("specific", COLOURS["orange"], 0.63),
    "minor_share": ("", "#B5B5B5", None),
    "unique_share": ("unique\nto items", "#E4E4E4", 0.88),
}
ROW = 8.5  # mm
LINE = 0.38  # of a row, from one line of text to the next


def main(responses: Path, split: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    rows = read_table(split)
    rows = rows[rows["statistic"].isin(PARTS)]
    subject = ", ".join(filter(None, ["What the total scores are made of", occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        known = rows.dropna(subset="estimate")
        figure = draw(known, dataset)
        missing = rows[rows["estimate"].isna()]
        one_factor = known.loc[known["note"].str.contains(BY_CONSTRUCTION, regex=False), "perspective"]
        note = words("shared_variance").figure_variance_split(
            level_name(known), missing.to_dict("records"), list(dict.fromkeys(one_factor))
        )
        used = set(known["form"])
        finish(figure, subject, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def draw(rows: pd.DataFrame, dataset: Dataset):
    labels = {form.name: form.label for form in dataset.forms}
    totals = rows[["perspective", "form"]].drop_duplicates().reset_index(drop=True)
    group = totals["perspective"].ne(totals["perspective"].shift()).cumsum() - 1
    partners = rows[rows["statistic"] == "shared_share"].groupby(["perspective", "form"]).size()
    lines = partners.reindex(pd.MultiIndex.from_frame(totals[["perspective", "form"]]), fill_value=0).to_numpy()
    heights = np.maximum(2 * LINE * lines + 0.2, 1.0)
    totals["place"] = np.concatenate([[0.0], np.cumsum(heights)[:-1]]) + 0.9 * group + 1
    bottom = totals["place"].max() + heights[-1] - 0.4
    figure = Figure(figsize=(WIDTH, (bottom * ROW + 18) * MM))
    axis, numbers = figure.subplots(1, 2, width_ratios=(9, 9), sharey=True)
    axis.set(xlim=(0, 100), ylim=(bottom, -0.1), xlabel="Variance of the total (%)")
    numbers.set(xlim=(0, 1))
    numbers.axis("off")
    for name, colour, x in PARTS.values():
        if x is not None:
            numbers.text(x, 0.0, name, ha="center", va="bottom", size=8, color="#333333", linespacing=1.1)
            numbers.plot([x - 0.045, x + 0.045], [0.16] * 2, color=colour, linewidth=4, solid_capstyle="butt")
    for total in totals.itertuples():
        own = rows[(rows["perspective"] == total.perspective) & (rows["form"] == total.form)]
        draw_total(axis, numbers, own, total.place)
    heads = totals.groupby("perspective", sort=False)["place"].min() - 0.75
    axis.set_yticks([*heads, *totals["place"]], [*heads.index.str.capitalize(), *totals["form"].map(labels)])
    for label in axis.get_yticklabels()[: len(heads)]:
        label.set_fontweight("bold")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    return figure


def draw_total(axis, numbers, own: pd.DataFrame, place: float) -> None:
    """One bar and its numbers; below each part that is shared with some the instruments that share it."""
    left = 0.0
    below = dict.fromkeys(PARTS, place)
    look = {"ha": "center", "va": "center_baseline"}
    for statistic, (_, colour, x) in PARTS.items():
        for row in own[own["statistic"] == statistic].itertuples():
            width = 100 * row.estimate
            axis.barh(place, width, 0.62, left, color=colour, edgecolor="white", linewidth=0.6)
            if width >= 7:
                axis.text(left + width / 2, place, f"{width:.0f}", size=7.5, color=ink(colour), **look)
            left += width
            if x is None:
                continue
            lower, upper = 100 * np.array([row.lower, row.upper])
            text = f"{width:.0f} [{lower:.0f}, {upper:.0f}]" if np.isfinite(lower) else f"{width:.0f}"
            numbers.text(x, below[statistic], text, size=7.5, **look)
            if statistic == "shared_share":
                numbers.text(x, below[statistic] + LINE, f"with {row.group}", size=7, color="#555555", **look)
                below[statistic] += 2 * LINE
    if "shared_share" not in set(own["statistic"]):
        numbers.text(PARTS["shared_share"][2], place, "–", size=7.5, **look)
