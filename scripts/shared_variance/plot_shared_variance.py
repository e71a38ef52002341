"""Variance that the instruments share, as a forest: one row per pair of scores, observed and corrected."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.data.yaml_files import read_yaml
from pipeline.drawing.colours import DARK, MIDDLE
from pipeline.drawing.frame import (
    COLUMN_HEAD,
    draw_reason,
    finish,
    forest,
    head_columns,
    level_name,
    name_rows,
    occasion_name,
)
from pipeline.drawing.numerals import in_percent, percentage, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.numbers import percent_as_given
from pipeline.report.wording import unbroken, words
from shared_variance.facts import PAIR_OF_SCALES, name_of_score

LOOKS = {
    "r2": {"marker": "o", "markerfacecolor": DARK},
    "r2_disattenuated": {"marker": "D", "markerfacecolor": "white", "markersize": 4.5},
}
# where the columns of numbers stand, and their headings, which are the legend as well
COLUMNS = {"r2": (0.15, "●\nobserved"), "r2_disattenuated": (0.61, "◇\ncorrected"), "n": (0.96, "\nn")}
OFFSET = {"r2": -0.15, "r2_disattenuated": 0.15}  # rows
ROW = 7.5  # mm


def main(responses: Path, shared: Path, claims: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    rows = read_table(shared)
    rows = rows[rows["statistic"].isin(LOOKS)]
    scales = [scale for form in dataset.forms if "total" not in form.scales for scale in form.scales]
    of = "scales" if scales else "totals"
    subject = ", ".join(filter(None, [f"Variance that the {of} share", occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        claim = read_yaml(claims, claims.name)["shared_variance"]
        below, typical = (unbroken(percent_as_given(claim[name])) for name in ("below", "typical"))
        figure = draw(place_pairs(rows, dataset), {below: claim["below"], typical: claim["typical"]})
        note = words("shared_variance").figure_shared_variance(
            level_name(rows), of, dataset.reliability_name, below=below, typical=typical
        )
        used = set(rows[["form", "form_2"]].to_numpy().ravel())
        finish(figure, subject, [note], dataset, [form for form in dataset.forms if form.name in used], figures)


def place_pairs(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """The rows with the name of their pair, its height, and the heading of its group; the groups stand together."""
    labels = {form.name: form.label for form in dataset.forms}
    across = rows["perspective"] != rows["perspective_2"]
    same = rows["form"] == rows["form_2"]
    one, two = (
        pd.Series([name_of_score(labels[form], scale) for form, scale in rows[list(pair)].to_numpy()], index=rows.index)
        for pair in (("form", "scale"), ("form_2", "scale_2"))
    )
    first, second = rows["perspective"].str.capitalize(), rows["perspective_2"]
    rows = rows.assign(
        name=one.where(same, one + " – " + two),
        heading=(first + " and " + second + ": same instrument").where(across, first + ": two instruments"),
    )
    order = rows["heading"].map({name: i for i, name in enumerate(rows["heading"].unique())}) + 1000 * across
    rows = rows.iloc[np.argsort(order, kind="stable")]
    pair, group = (rows.groupby(key, sort=False).ngroup() for key in (PAIR_OF_SCALES, "heading"))
    return rows.assign(place=pair + 1.2 * group + 1)


def draw(rows: pd.DataFrame, published: dict[str, float]) -> Figure:
    bottom = rows["place"].max() + 0.6
    figure, axis, numbers = forest(bottom * ROW + 20, (10, 7))
    axis.set(xlim=(0, 100), ylim=(bottom, -0.5), xlabel="Shared variance (%)")
    for text, share in published.items():
        axis.plot([100 * share] * 2, [-0.5, bottom], color=MIDDLE, dashes=(4, 3), linewidth=1, zorder=0)
        axis.text(100 * share, -0.6, f"published\n{text}" if numbers else text, ha="center", **COLUMN_HEAD)
    head_columns(axis, numbers, COLUMNS, -1.15 if numbers else -1.9)
    for row in rows.itertuples():
        cells = {row.statistic: draw_estimate(axis, row)} | ({"n": f"{row.n:.0f}"} if row.statistic == "r2" else {})
        for column, text in cells.items() if numbers else ():
            numbers.text(COLUMNS[column][0], row.place, text, ha="center", va="center_baseline", size=8)
    name_rows(axis, rows, "name")
    return figure


def draw_estimate(axis: Axes, row) -> str:
    """Point and interval in percent; returns them as text. What lies beyond 100% is an arrow at the edge."""
    if not np.isfinite(row.estimate):
        return "–"
    estimate, lower, upper = 100 * np.array([row.estimate, row.lower, row.upper])
    y = row.place + OFFSET[row.statistic]
    axis.plot([lower, min(upper, 100)], [y, y], color=DARK, linewidth=1.2)
    appearance = LOOKS[row.statistic] | ({"marker": ">"} if estimate > 100 else {})
    axis.plot([min(estimate, 100)], [y], color=DARK, clip_on=False, zorder=3, **appearance)
    about = f"{row.name}, {COLUMNS[row.statistic][1].partition(chr(10))[2]}"
    places = np.minimum([lower, estimate, upper], 100)
    tell(axis, places, y, f"{about}: {in_percent(row.estimate, row.lower, row.upper)}, n = {row.n:.0f}")
    return with_limits(row.estimate, row.lower, row.upper, percentage)
