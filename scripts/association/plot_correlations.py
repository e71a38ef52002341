"""Correlations between totals and scales: Pearson below the diagonal, corrected above it, reliabilities on it."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import DARK, PALE
from pipeline.drawing.correlations import UNKNOWN, add_colour_bar, draw_value, in_places, label_scores
from pipeline.drawing.frame import (
    draw_reason,
    finish,
    level_name,
    occasion_name,
    scale_names,
    span,
)
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import coefficient, number, with_comma, with_limits
from pipeline.drawing.style import figure_style
from pipeline.drawing.values import tell
from pipeline.report.wording import words
from pipeline.steps.scores import score_columns, without_variables
from pipeline.steps.shown_alpha import with_alpha_to_report

LINE = {"color": DARK, "linewidth": 1, "solid_capstyle": "butt"}
PART_WHOLE = {"facecolor": UNKNOWN, "edgecolor": PALE, "linewidth": 0, "hatch": "////"}
DIAGONAL = {"facecolor": "white", "edgecolor": DARK, "linewidth": 0.6, "zorder": 2}
STEP = 3.0  # mm from one line of a cell to the next
THREE_LINES = 10.0  # mm that a number with both its limits below needs
NARROWEST = {False: 7.0, True: 9.2}  # mm that a number needs, with a point and with a comma
MOMENTS = 9.0  # mm for each of mean and standard deviation
BAR = 17.0  # mm for the colour bar, where there are no numbers


def main(
    responses: Path,
    correlations: Path,
    reliability: Path,
    descriptives: Path,
    instruments: list[Path],
    figures: list[Path],
) -> None:
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
        scores["reliability"] = reliabilities(dataset.results_at_occasion(read_table(reliability)), scores)
        moments = dataset.results_at_occasion(read_table(descriptives))
        for statistic in ("mean", "sd"):
            scores[statistic] = of_scores(moments[moments["statistic"] == statistic], scores)
        figure, numbered = draw(rows, scores)
        observed, corrected = (rows[rows["statistic"] == name] for name in ("r_pearson", "r_disattenuated"))
        note = words("association").figure_correlations(
            span(rows["n"]),
            level_name(observed),
            any_above_1=bool((corrected["estimate"] > 1).any()),
            has_items=dataset.has_items,
            reliability=dataset.reliability_name,
            moments=bool(scores["mean"].notna().any()),
            numbered=numbered,
        )
        finish(figure, subject, [note, *scale_names(scores, instruments)], dataset, dataset.forms, figures)


def of_scores(rows: pd.DataFrame, scores: pd.DataFrame) -> pd.Series:
    """The estimate that belongs to each score; missing where there is none, or not just one."""
    keys = ["perspective", "form", "scale"]
    if "group" in rows:
        rows = rows[rows["group"].isna() | (rows["group"] == "")]
    known = rows.drop_duplicates(keys).set_index(keys)["estimate"]
    return known.reindex(pd.MultiIndex.from_frame(scores[keys])).set_axis(scores.index)


def reliabilities(table: pd.DataFrame, scores: pd.DataFrame) -> pd.Series:
    """Alpha, or what was published of a score."""
    whole = table[table["item"].isna()] if "item" in table else table
    alphas = with_alpha_to_report(whole)
    alphas = of_scores(alphas[alphas["statistic"] == "alpha"], scores)
    published = whole[(whole["method"] == "as published") & ~whole["statistic"].isin(["mean", "sd"])]
    return alphas.fillna(of_scores(published, scores))


def draw(rows: pd.DataFrame, scores: pd.DataFrame) -> tuple[Figure, bool]:
    """The matrix, with its moments beside it; also whether its cells had room for numbers."""
    places = scores["place"]
    slots = places.max() + 1
    labels = 2 + 1.75 * scores["name"].str.len().max()  # mm
    moments = scores[["mean", "sd"]].notna().any().any()
    beside = labels + 2 * MOMENTS * moments
    across = min((width() - beside) / slots, 11)
    numbered = across >= NARROWEST[with_comma()]
    if not numbered:
        beside += BAR
        across = (width() - beside) / slots
    down = max(across, THREE_LINES) if numbered else across
    height = slots * down + labels + 6
    figure = Figure(figsize=(max(slots * across + beside, min(90, width())) * MM, height * MM))
    axis = figure.subplots()
    names = (scores["name"] + ", " + scores["perspective"]).to_dict()
    for name, place, value in zip(names.values(), places, scores["reliability"], strict=True):
        tell(axis, (place - 0.5, place + 0.5), (place - 0.5, place + 0.5), f"{name}: reliability {coefficient(value)}")
        if numbered:
            draw_value(axis, place, place, value, appearance=DIAGONAL)
        else:
            axis.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, **DIAGONAL))
    for row in rows.itertuples():
        keys = (
            f"{row.perspective}.{row.form}.{row.scale}",
            f"{row.perspective_2}.{row.form_2}.{row.scale_2}",
        )
        pair = [places[key] for key in keys]
        corrected = row.statistic == "r_disattenuated"
        x, y = sorted(pair, reverse=corrected)
        whole = "part-whole" in row.note  # shares items: no finding, so it has no colour and no interval
        shown = np.isfinite([row.estimate, row.lower, row.upper]).all() and not (corrected or whole)
        draw_value(
            axis,
            x,
            y,
            row.estimate,
            f"{coefficient(row.lower)}\n{coefficient(row.upper)}" if shown and numbered else "",
            appearance=PART_WHOLE if whole else None,
            step=STEP / down,
            bold=shown,
            show=coefficient if numbered else lambda _: "",
        )
        value = with_limits(row.estimate, row.lower, row.upper)
        kind = "corrected, " if corrected else ""
        tell(axis, (x - 0.5, x + 0.5), (y - 0.5, y + 0.5), f"{kind}{' – '.join(names[key] for key in keys)}: {value}")
        if corrected and row.estimate > 1:
            axis.add_patch(Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, fill=False, edgecolor="black", linewidth=1.4))
    if moments:
        write_moments(axis, scores, slots, across)
    label_scores(axis.xaxis, scores, "name", 90)
    label_scores(axis.yaxis, scores, "name", 0)
    separate_forms(axis, scores)
    wide = slots + 2 * MOMENTS * moments / across  # with the moments, in slots
    axis.set(xlim=(-0.5, wide - 0.5), ylim=(slots - 0.5, -0.5), aspect=down / across, anchor="W")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, pad=2, labeltop=True, labelbottom=False)
    if not numbered:
        add_colour_bar(figure, axis, wide, rows["estimate"])
    return figure, numbered


def write_moments(axis: Axes, scores: pd.DataFrame, slots: int, across: float) -> None:
    """Mean and standard deviation of every score, right of the matrix."""
    for column, (statistic, head) in enumerate({"mean": "M", "sd": "SD"}.items()):
        x = slots - 0.5 + (column + 0.5) * MOMENTS / across
        axis.text(x, -0.6, head, ha="center", va="bottom", style="italic")
        for place, value in zip(scores["place"], scores[statistic], strict=True):
            axis.text(x, place, number(value), ha="center", va="center_baseline", in_layout=False)


def separate_forms(axis: Axes, scores: pd.DataFrame) -> None:
    """Lines between the forms of a perspective, across the scores of every perspective."""
    blocks = scores.groupby("perspective", sort=False)["place"].agg(["min", "max"])
    starts = scores.groupby(["perspective", "form"], sort=False)["place"].min()
    for at in set(starts) - set(blocks["min"]):
        for low, high in blocks.to_numpy():
            axis.plot([at - 0.5] * 2, [low - 0.5, high + 0.5], **LINE)
            axis.plot([low - 0.5, high + 0.5], [at - 0.5] * 2, **LINE)
