"""Correlations between totals and scales as a matrix: Pearson with intervals below the diagonal, corrected above."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.correlations import UNKNOWN, add_colour_bar, draw_value, in_places, label_scores
from pipeline.drawing.frame import (
    MM,
    WIDTH,
    draw_reason,
    finish,
    level_name,
    occasion_name,
    scale_names,
    span,
)
from pipeline.drawing.style import figure_style
from pipeline.report.numbers import coefficient
from pipeline.report.wording import words
from pipeline.steps.scores import score_columns, without_variables

LINE = {"color": "#444444", "linewidth": 1, "solid_capstyle": "butt"}
PART_WHOLE = {"facecolor": UNKNOWN, "edgecolor": "#DADADA", "linewidth": 0, "hatch": "////"}
THREE_LINES = 9.6  # mm that a number with both its limits below needs


def main(responses: Path, correlations: Path, instruments: list[Path], figures: list[Path]) -> None:
    dataset = Dataset(responses)
    table = without_variables(read_table(correlations))
    rows = table[table["statistic"].isin(["r_pearson", "r_disattenuated"])]
    perspectives = {form.perspective for form in dataset.forms}
    alone = f"{perspectives.pop()} perspective" if len(perspectives) == 1 else ""
    subject = ", ".join(filter(None, ["Correlations between totals and scales", alone, occasion_name(dataset)]))
    with figure_style():
        if rows["estimate"].isna().all():
            draw_reason(rows, subject, dataset, dataset.forms, figures)
            return
        columns = score_columns(dataset)
        scores = in_places(columns.assign(name=columns["label"] + " " + columns["scale"]))
        figure = draw(rows, scores, dataset.reliability_name)
        observed, corrected = (rows[rows["statistic"] == name] for name in ("r_pearson", "r_disattenuated"))
        note = words("association").figure_correlations(
            span(rows["n"]), level_name(observed), bool((corrected["estimate"] > 1).any()), dataset.has_items
        )
        finish(figure, subject, [note, *scale_names(scores, instruments)], dataset, dataset.forms, figures)


def draw(rows: pd.DataFrame, scores: pd.DataFrame, reliability: str):
    places = scores["place"]
    slots = places.max() + 1
    labels = 2 + 1.7 * scores["name"].str.len().max()  # mm
    across = np.clip((WIDTH / MM - labels - 18) / slots, 6.2, 11)
    down = max(across, THREE_LINES)
    width, height = slots * across + labels + 18, slots * down + labels + 12
    figure = Figure(figsize=(max(width, 115) * MM, height * MM))
    axis = figure.subplots()
    for place in places:
        axis.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, facecolor="#BBBBBB", linewidth=0))
    for row in rows.itertuples():
        pair = (
            places[f"{row.perspective}.{row.form}.{row.scale}"],
            places[f"{row.perspective_2}.{row.form_2}.{row.scale_2}"],
        )
        corrected = row.statistic == "r_disattenuated"
        x, y = sorted(pair, reverse=corrected)
        whole = "part-whole" in row.note  # shares items: no finding, so it has no colour and no interval
        shown = np.isfinite([row.estimate, row.lower, row.upper]).all() and not (corrected or whole)
        draw_value(
            axis,
            x,
            y,
            row.estimate,
            f"{coefficient(row.lower)}\n{coefficient(row.upper)}" if shown else "",
            look=PART_WHOLE if whole else None,
            step=2.65 / down,
            bold=shown,
        )
        if corrected and row.estimate > 1:
            axis.add_patch(Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, edgecolor="black", linewidth=1.4))
    label_scores(axis.xaxis, scores, "name", 90)
    label_scores(axis.yaxis, scores, "name", 0)
    separate_forms(axis, scores)
    axis.set(xlim=(-0.5, slots - 0.5), ylim=(slots - 0.5, -0.5), aspect=down / across, anchor="W")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, pad=2, labeltop=True, labelbottom=False)
    told = words("association")
    halves = f"{told.figure_correlations_below()}\n{told.figure_correlations_above(reliability)}"
    axis.set_xlabel(halves, loc="left", labelpad=5)
    add_colour_bar(figure, axis, slots, rows["estimate"])
    return figure


def separate_forms(axis, scores: pd.DataFrame) -> None:
    """Lines between the forms of a perspective, across the scores of every perspective."""
    blocks = scores.groupby("perspective", sort=False)["place"].agg(["min", "max"])
    starts = scores.groupby(["perspective", "form"], sort=False)["place"].min()
    for at in set(starts) - set(blocks["min"]):
        for low, high in blocks.to_numpy():
            axis.plot([at - 0.5] * 2, [low - 0.5, high + 0.5], **LINE)
            axis.plot([low - 0.5, high + 0.5], [at - 0.5] * 2, **LINE)
