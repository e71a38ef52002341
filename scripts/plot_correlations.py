"""Correlations between totals and scales as a matrix: Pearson below the diagonal, corrected for unreliability above."""
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Rectangle

from pipeline.dataset import Dataset
from pipeline.drawing import MM, NBSP, WIDTH, draw_reason, finish, ink, occasion_name, scale_names, span
from pipeline.figures import COLOURS, figure_style
from pipeline.job import job
from pipeline.scores import score_columns, without_variables
from pipeline.tables import read_table

# the same colour is the same correlation in every data set, whatever range the bar shows
SHADES = ScalarMappable(
    Normalize(-1, 1), LinearSegmentedColormap.from_list("r", [COLOURS["vermilion"], "white", COLOURS["blue"]]))
LINE = {"color": "#444444", "linewidth": 1, "solid_capstyle": "butt"}


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
        scores = scores_in_order(dataset)
        figure = draw(rows, scores)
        notes = [
            f"Each correlation rests on the clients who have both scores, {span(rows['n'])}.",
            "Hatched: a total and one of its own scales share items.", f"–:{NBSP}no{NBSP}estimate.",
            *["Above 1: more than the two alphas allow."] * bool((rows["estimate"] > 1).any()),
            *scale_names(scores, instruments),
        ]
        finish(figure, subject, notes, dataset, dataset.forms, figures)


def scores_in_order(dataset: Dataset) -> pd.DataFrame:
    """Scores by perspective, then form; `place` is where each stands: several perspectives have a gap before each."""
    scores = score_columns(dataset)
    rank = scores["perspective"].map({name: i for i, name in enumerate(scores["perspective"].unique())})
    scores = scores.assign(rank=rank, name=scores["label"] + " " + scores["scale"]).sort_values("rank", kind="stable")
    return scores.assign(place=np.arange(len(scores)) + scores["rank"] + (rank.max() > 0))


def draw(rows: pd.DataFrame, scores: pd.DataFrame):
    places = scores["place"]
    slots = places.max() + 1
    labels = 2 + 1.7 * scores["name"].str.len().max()  # mm
    cell = np.clip((WIDTH / MM - labels - 18) / slots, 6.2, 11)
    width, height = slots * cell + labels + 18, slots * cell + labels + 12
    figure, axis = plt.subplots(figsize=(max(width, 115) * MM, height * MM))
    for place in places:
        axis.add_patch(Rectangle((place - 0.5, place - 0.5), 1, 1, facecolor="#BBBBBB", linewidth=0))
    for row in rows.itertuples():
        pair = (places[f"{row.perspective}.{row.form}.{row.scale}"],
                places[f"{row.perspective_2}.{row.form_2}.{row.scale_2}"])
        x, y = sorted(pair, reverse=row.statistic == "r_disattenuated")
        draw_cell(axis, x, y, row.estimate, "part-whole" in row.note)
    label_scores(axis.xaxis, scores, 90)
    label_scores(axis.yaxis, scores, 0)
    separate_forms(axis, scores)
    axis.set(xlim=(-0.5, slots - 0.5), ylim=(slots - 0.5, -0.5), aspect="equal", anchor="W")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0, pad=2, labeltop=True, labelbottom=False)
    axis.set_xlabel("Below the diagonal: Pearson correlation\n"
                    "Above the diagonal: corrected for unreliability (alpha)", loc="left", labelpad=5)
    bar = figure.colorbar(SHADES, cax=axis.inset_axes([1 + 0.4 / slots, 0.2, 0.4 / slots, 0.6]), label="Correlation")
    bar.ax.set_ylim(-1 if (rows["estimate"] < 0).any() else 0, 1)
    bar.outline.set_visible(False)
    return figure


def draw_cell(axis, x: float, y: float, estimate: float, part_whole: bool) -> None:
    """One correlation; what shares items has no colour, because it is no finding."""
    known = np.isfinite(estimate)
    look = {"facecolor": SHADES.to_rgba(estimate) if known else "#F0F0F0", "edgecolor": "white", "linewidth": 0.8}
    if part_whole:
        look = {"facecolor": "#F0F0F0", "edgecolor": "#DADADA", "linewidth": 0, "hatch": "////"}
    axis.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **look))
    text = f"{estimate:.2f}".replace("0.", ".", 1).replace("-", "−") if known else "–"
    axis.text(x, y, text, ha="center", va="center_baseline", size=7, color=ink(look["facecolor"]))


def label_scores(axis_kind, scores: pd.DataFrame, rotation: int) -> None:
    """Name every score, and in the gap in front of its scores every perspective where there are several."""
    heads = scores.groupby("perspective", sort=False)["place"].min() - 1
    heads = heads[heads >= 0]
    names = [*heads.index.str.capitalize(), *scores["name"]]
    axis_kind.set_ticks([*heads, *scores["place"]], names, rotation=rotation)
    for tick in axis_kind.get_major_ticks()[: len(heads)]:
        tick.label1.set_fontweight("bold")
        tick.label2.set_fontweight("bold")


def separate_forms(axis, scores: pd.DataFrame) -> None:
    """Lines between the forms of a perspective, across the scores of every perspective."""
    blocks = scores.groupby("perspective", sort=False)["place"].agg(["min", "max"])
    starts = scores.groupby(["perspective", "form"], sort=False)["place"].min()
    for at in set(starts) - set(blocks["min"]):
        for low, high in blocks.to_numpy():
            axis.plot([at - 0.5] * 2, [low - 0.5, high + 0.5], **LINE)
            axis.plot([low - 0.5, high + 0.5], [at - 0.5] * 2, **LINE)


if __name__ == "__main__":
    with job(snakemake):
        main(
            responses=Path(snakemake.input.responses),
            correlations=Path(snakemake.input.correlations),
            instruments=[Path(path) for path in snakemake.input.instruments],
            figures=[Path(path) for path in snakemake.output],
        )
