"""What each total is made of, as stacked bars: common to all instruments, shared with some, specific, unique."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, INK, MIDDLE, colours_of_instruments, ink, tint
from pipeline.drawing.frame import draw_reason, finish, forest, level_name, occasion_name
from pipeline.drawing.numerals import in_percent, percentage, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from psychometrics.shared_variance.split import BY_CONSTRUCTION

# part -> its name, its share of the hue of the instrument, and where its column of numbers stands
PARTS = {
    "common_share": ("common\nto all", 1.0, 0.13),
    "shared_share": ("shared\nwith some", 0.6, 0.38),
    "specific_share": ("specific", 0.3, 0.63),
    "minor_share": ("minor factors", None, None),
    "unique_share": ("unique\nto items", 0.0, 0.88),
}
ROW = 8.5  # mm
NARROWEST = 7  # percent that have room for their number
LINE = 0.4  # of a row, from one line of text to the next


def main(responses: Path, split: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    rows = read_table(split)
    rows = rows[rows["statistic"].isin(PARTS)]
    subject = ", ".join(filter(None, ["What the total scores are made of", occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        known = rows.dropna(subset="estimate")
        figure = draw(known, dataset, colours_of_instruments(dataset, instruments))
        missing = rows[rows["estimate"].isna()]
        one_factor = known.loc[known["note"].str.contains(BY_CONSTRUCTION, regex=False), "perspective"]
        note = words("shared_variance").figure_variance_split(
            level_name(known), missing.to_dict("records"), list(dict.fromkeys(one_factor))
        )
        used = set(known["form"])
        finish(figure, subject, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def draw(rows: pd.DataFrame, dataset: Dataset, colours: dict[str, str]) -> Figure:
    labels = {form.name: form.label for form in dataset.forms}
    hues = {form.name: colours[form.instrument] for form in dataset.forms}
    totals = rows[["perspective", "form"]].drop_duplicates().reset_index(drop=True)
    group = totals["perspective"].ne(totals["perspective"].shift()).cumsum() - 1
    partners = rows[rows["statistic"] == "shared_share"].groupby(["perspective", "form"]).size()
    lines = partners.reindex(pd.MultiIndex.from_frame(totals[["perspective", "form"]]), fill_value=0).to_numpy()
    heights = np.maximum(2 * LINE * lines + 0.2, 1.0)
    totals["place"] = np.concatenate([[0.0], np.cumsum(heights)[:-1]]) + 0.9 * group + 1
    bottom = totals["place"].max() + heights[-1] - 0.4
    figure, axis, numbers = forest(bottom * ROW + 18, (9, 9))
    axis.set(xlim=(0, 100), ylim=(bottom, -0.1), xlabel="Variance of the total (%)")
    head_parts(axis, numbers)
    for total in totals.itertuples():
        own = rows[(rows["perspective"] == total.perspective) & (rows["form"] == total.form)]
        draw_total(axis, numbers, own, labels[total.form], total.place, hues[total.form])
    heads = totals.groupby("perspective", sort=False)["place"].min() - 0.75
    axis.set_yticks([*heads, *totals["place"]], [*heads.index.str.capitalize(), *totals["form"].map(labels)])
    for label in axis.get_yticklabels()[: len(heads)]:
        label.set_fontweight("bold")
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)
    return figure


def part_look(hue: str, share: float | None) -> dict[str, Any]:
    """What a part looks like: the more the instruments share it the more of the hue it has."""
    if share is None:
        return {"facecolor": "white", "edgecolor": MIDDLE, "hatch": "////", "linewidth": 0.5}
    return {"facecolor": tint(hue, share), "edgecolor": DARK, "linewidth": 0.5}


def head_parts(axis: Axes, numbers: Axes | None) -> None:
    """The names of the parts over their columns of numbers, or as a legend where there are none."""
    known = [(name, share, x) for name, share, x in PARTS.values() if x is not None]
    if numbers is None:
        handles = [Patch(label=name.replace("\n", " "), **part_look(DARK, share)) for name, share, _ in known]
        axis.legend(handles=handles, loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0)
        return
    for name, share, x in known:
        numbers.text(x, 0.0, name, ha="center", va="bottom", size=8, color=INK, linespacing=1.1)
        numbers.add_patch(Rectangle((x - 0.045, 0.1), 0.09, 0.16, **part_look(DARK, share)))


def draw_total(axis: Axes, numbers: Axes | None, own: pd.DataFrame, label: str, place: float, hue: str) -> None:
    """One bar and its numbers; below each part that is shared with some the instruments that share it."""
    left = 0.0
    below = dict.fromkeys(PARTS, place)
    centred = {"ha": "center", "va": "center_baseline", "size": 8}
    for statistic, (name, of_hue, x) in PARTS.items():
        appearance = part_look(hue, of_hue)
        for row in own[own["statistic"] == statistic].itertuples():
            width = 100 * row.estimate
            axis.barh(place, width, 0.62, left, **appearance)
            about = f"{label}, {' '.join(name.split())}: {in_percent(row.estimate, row.lower, row.upper)}"
            tell(axis, (left, left + width), (place - 0.31, place + 0.31), about)
            if width >= NARROWEST:
                axis.text(left + width / 2, place, f"{width:.0f}", color=ink(appearance["facecolor"]), **centred)
            left += width
            if x is None or numbers is None:
                continue
            text = with_limits(row.estimate, row.lower, row.upper, percentage)
            numbers.text(x, below[statistic], text, **centred)
            if statistic == "shared_share":
                numbers.text(x, below[statistic] + LINE, f"with {row.group}", color=DARK, **centred)
                below[statistic] += 2 * LINE
    if numbers is not None and "shared_share" not in set(own["statistic"]):
        numbers.text(PARTS["shared_share"][2], place, "–", **centred)
