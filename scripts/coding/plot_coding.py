"""What the items of the coded forms ask about: a stacked bar per form and facet, with the agreement of the coders."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from pipeline.data.dataset import Dataset
from pipeline.data.tables import read_table
from pipeline.drawing.colours import GREYS
from pipeline.drawing.facets import draw_facet
from pipeline.drawing.frame import finish
from pipeline.drawing.look import MM, width
from pipeline.drawing.numerals import with_limits
from pipeline.drawing.style import figure_style
from pipeline.report.wording import NBSP, words
from psychometrics.content.agreement import ALL_FORMS
from psychometrics.content.coded_forms import CONSENSUS

ROW, KEY, HEAD = 5.5, 5.0, 14  # mm: a bar, a line of the legend, a title
NARROWEST_LABEL = 6  # percent


def main(responses: Path, tables: Path, agreement: Path, figures: list[Path]) -> None:
    dataset = Dataset(responses)
    counts, agreed = read_table(tables), read_table(agreement)
    counts = counts[counts["coder"] == CONSENSUS]
    with figure_style():
        facets = list(dict.fromkeys(counts["group"]))
        forms = [form for form in dataset.forms if form.name in set(counts["form"])]
        names = list(dict.fromkeys(form.name for form in forms))
        several = counts.groupby("group", sort=False)["category"].nunique()
        heights = [max(ROW * len(names), KEY * several[facet]) for facet in facets]
        figure = Figure(figsize=(width() * MM, (sum(heights) + HEAD * len(facets)) * MM))
        axes = figure.subplots(len(facets), 1, squeeze=False, sharex=True, height_ratios=heights)
        labels = {form.name: form.label for form in forms}
        for axis, letter, facet in zip(axes[:, 0], "abcdefgh", facets, strict=False):
            rows = counts[counts["group"] == facet]
            coded = rows[rows["statistic"] == "coded_items"].set_index("form")["estimate"]
            forms_and_items = [f"{labels[name]} ({coded.get(name, 0):.0f})" for name in names]
            draw_facet(axis, shares_of(rows, names), forms_and_items, GREYS, narrowest=NARROWEST_LABEL)
            axis.set_title(f"{letter}  {facet.capitalize()}{told(agreed, facet)}")
        axes[-1, 0].set_xlabel("Share of the items (%)")
        note = words("coding").figure_coding(bool(agreed["estimate"].notna().any()))
        finish(figure, "Content of the items", [note], dataset, [], figures)


def shares_of(rows: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Percentages of the items of one facet, forms x categories; nothing for a form that was not coded on it."""
    shares = rows[rows["statistic"] == "category_items_share"].pivot_table(
        index="form", columns="category", values="estimate", sort=False, dropna=False
    )
    return 100 * shares.reindex(names).fillna(0.0)


def told(agreement: pd.DataFrame, facet: str) -> str:
    """Krippendorff's alpha of a facet over all forms, for its title; nothing with one coder."""
    rows = agreement[
        (agreement["form"] == ALL_FORMS)
        & (agreement["group"] == facet)
        & (agreement["statistic"] == "krippendorff_alpha")
    ].dropna(subset=["estimate", "lower"])
    if rows.empty:
        return ""
    row = rows.iloc[0]
    return f"   alpha{NBSP}={NBSP}{with_limits(row['estimate'], row['lower'], row['upper'])}"
