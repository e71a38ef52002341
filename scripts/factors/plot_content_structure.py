"""Content and structure: per category of items the share of variance that is general and that is specific."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, FAINT
from pipeline.drawing.frame import draw_reason, finish, level_name, subject_of
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import in_percent
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words

LOOKS = {
    "mean_general": {"color": DARK, "marker": "o", "markersize": 4.5},
    "mean_specific": {"color": DARK, "marker": "D", "markersize": 4, "markerfacecolor": "white"},
}
NAMES = {"mean_general": "general factor", "mean_specific": "group factors"}
OFFSET = {"mean_general": -0.16, "mean_specific": 0.16}  # rows
ROW = 6  # mm
PER_CENT = 100


def main(responses: Path, structure: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = read_table(structure)
    perspective = table["perspective"].iloc[0]
    forms = dataset.forms_of(perspective)
    subject = subject_of("Content of the items and what they share", dataset, perspective)
    rows = table[table["statistic"].isin(LOOKS)]
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(table, subject, dataset, forms, figures)
            return
        finish(draw(rows), subject, [note(rows, table)], dataset, forms, figures)


def draw(rows: pd.DataFrame):
    """A panel per facet, a row per category; the categories with the largest general share stand on top."""
    facets = rows["facet"].unique()
    counts = [rows.loc[rows["facet"] == facet, "category"].nunique() for facet in facets]
    figure = Figure(figsize=(width() * MM, (ROW * sum(counts) + 9 * len(facets) + 12) * MM))
    axes = figure.subplots(len(facets), 1, height_ratios=counts, sharex=True, squeeze=False)
    for axis, facet in zip(axes[:, 0], facets, strict=True):
        draw_parts(axis, rows[rows["facet"] == facet])
        axis.set_title(facet.capitalize(), loc="left", size=8.5, weight="bold")
    top = np.nanmax(rows[["estimate", "upper"]].to_numpy()) * PER_CENT
    axes[-1, 0].set(xlabel="Mean share of an item's variance (%)", xlim=(0, min(100, 5 * np.ceil(top / 5 + 0.2))))
    # beside the name of the first facet
    axes[0, 0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0, handletextpad=0.1)
    return figure


def draw_parts(axis, rows: pd.DataFrame) -> None:
    general = rows[rows["statistic"] == "mean_general"].sort_values("estimate", ascending=False, kind="stable")
    places = pd.Series(np.arange(len(general)), index=general["category"])
    for place in places[::2]:
        axis.axhspan(place - 0.5, place + 0.5, color=FAINT, linewidth=0, zorder=-2)
    for statistic, appearance in LOOKS.items():
        part = rows[rows["statistic"] == statistic]
        heights = places.loc[part["category"]].to_numpy() + OFFSET[statistic]
        edges = PER_CENT * part[["lower", "upper"]].to_numpy().T
        axis.plot(edges, [heights, heights], color=appearance["color"], linewidth=1.2, solid_capstyle="butt")
        axis.plot(
            PER_CENT * part["estimate"], heights, linestyle="none", label=NAMES[statistic], zorder=3, **appearance
        )
        for row, height in zip(part.itertuples(), heights, strict=True):
            places_of = PER_CENT * np.array([row.lower, row.estimate, row.upper])
            about = f"{row.category}, {NAMES[statistic]}"
            tell(axis, places_of, height, f"{about}: {in_percent(row.estimate, row.lower, row.upper)}")
    names = [f"{category} ({n:.0f})" for category, n in zip(general["category"], general["n"], strict=True)]
    axis.set_yticks(places, names, size=8)
    axis.set_ylim(len(places) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
    axis.spines["left"].set_visible(False)


def note(rows: pd.DataFrame, table: pd.DataFrame) -> str:
    """What points, lines and brackets are, and how many items could not be sorted."""
    left_out = table[table["statistic"] == "left_out"].groupby("facet", sort=False)["item"].nunique()
    return words("factors").figure_content_structure(level_name(rows), list(left_out.items()))
