"""The pattern matrix of each perspective: sorted, salient loadings bold, with communalities, variances and Phi."""

import json

import numpy as np
import pandas as pd

from manuscript.material import Material
from manuscript.measures import provisional
from pipeline.manuscript.apa_numbers import cell, decimal, limits, one_decimal
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import coefficient
from pipeline.report.wording import words

EXTRACTIONS = {
    "minres": "Minimum residual extraction",
    "ml": "Maximum likelihood extraction",
    "pa": "Principal axis factoring",
    "dwls": "Diagonally weighted least squares",
}
ROTATIONS = {
    "none": "",
    "geomin_q": "oblique geomin",
    "target_q": "an oblique target rotation to the published loadings",
    "bifactor_q": "an oblique bifactor rotation",
    "geomin_t": "orthogonal geomin",
    "target_t": "an orthogonal target rotation to the published loadings",
    "bifactor_t": "an orthogonal bifactor rotation",
}


def tables(material: Material) -> list[ApaTable]:
    """Make one table for each perspective that has a solution.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of ApaTable
        Without numbers.
    """
    if not material.dataset.has_items:
        return []
    made = [one_perspective(material, perspective) for perspective in material.dataset.factored]
    return [table for table in made if table]


def one_perspective(material: Material, perspective: str) -> ApaTable | None:
    """Make the table of one perspective; nothing where the analysis could not run."""
    rows = material.results.table("loadings", perspective)
    loadings = rows[rows["statistic"] == "loading"]
    if loadings.empty or loadings["estimate"].isna().all():
        return None
    say, dataset, settings = words("manuscript_tables"), material.dataset, material.config["factors"]
    pattern = loadings.pivot(index="item", columns="factor", values="estimate")
    factors = list(dict.fromkeys(loadings["factor"]))
    pattern = pattern[factors]
    communality = rows[rows["statistic"] == "communality"].set_index("item")["estimate"]
    k = len(factors)
    columns = [
        Column("Item", "left", 2.6),
        *(Column(factor, width=1.1) for factor in factors),
        Column("*h*^2^", width=0.9),
    ]
    made = ApaTable(
        f"pattern_{perspective}",
        say.pattern_title(perspective, k),
        columns,
        spanners=[Spanner("Factor", 1, k)] if k > 1 else [],
        source=f"factors/{perspective}/loadings.csv",
    )
    names = {
        item: f"{literal(form.label)} {int(item.rpartition('_')[2])}"
        for form in dataset.forms_of(perspective)
        for item in form.labels
    }
    for item in sorted_items(pattern):
        cells = [shown(value, settings["salient"]) for value in pattern.loc[item]]
        made.rows.append(Row([names[item], *cells, cell(communality.get(item, np.nan))]))
    variance = rows[rows["statistic"] == "variance"].set_index("factor")["estimate"].reindex(factors)
    share = rows[rows["statistic"] == "share_of_common_variance"].set_index("factor")["estimate"].reindex(factors)
    made.rows += [
        Row(
            ["Sum of squares", *(cell(value, decimal) for value in variance), cell(variance.sum(), decimal)], rule=True
        ),
        Row(
            [
                "% of variance",
                *(cell(100 * value / len(pattern), one_decimal) for value in variance),
                cell(100 * variance.sum() / len(pattern), one_decimal),
            ]
        ),
    ]
    if k > 1:
        made.rows.append(Row(["% of common variance", *(cell(100 * value, one_decimal) for value in share), ""]))
    phi = rows[rows["statistic"] == "phi"] if "factor_2" in rows else rows.head(0)
    corrected = "uncorrected" in phi and phi["uncorrected"].notna().any()
    made.rows += correlations_of_factors(phi, factors, corrected)
    about = json.loads(material.results.path("about", perspective).read_text())
    intervals = "of normal theory" if dataset.is_matrix else f"from resamples of {dataset.resampled}"
    made.general = say.pattern_note(
        int(loadings["n"].iloc[0]),
        correlation_name(settings["correlation"] if not dataset.is_matrix else about.get("method", "published")),
        EXTRACTIONS[settings["extraction"]],
        rotation_name(settings) if k > 1 else "",
        coefficient(settings["salient"]),
        k,
        material.level,
        corrected,
        f" {intervals}" if phi["lower"].notna().any() else "",
        {},
        provisional(dataset.forms_of(perspective)),
        dataset.simulated,
        len(phi) > 0,
    )
    return made


def correlation_name(method: str) -> str:
    """`Pearson`, as a name; others in small letters."""
    return {"pearson": "Pearson", "spearman": "Spearman"}.get(method, method)


def rotation_name(settings: dict) -> str:
    """`oblimin with γ = 0`; empty without rotation."""
    rotation = settings["rotation"]
    return f"oblimin with γ = {settings['gamma']:g}" if rotation == "oblimin" else ROTATIONS.get(rotation, rotation)


def sorted_items(pattern: pd.DataFrame) -> list[str]:
    """Order items by the factor on which they load highest, and within it by the size of the loading."""
    size = pattern.abs().to_numpy()
    order = np.lexsort((np.arange(len(size)), -size.max(axis=1), size.argmax(axis=1)))
    return [str(pattern.index[place]) for place in order]


def shown(value: float, salient: float) -> str:
    """A loading; in bold where it is salient by all its digits."""
    text = cell(value)
    return f"**{text}**" if abs(value) >= salient else text


def correlations_of_factors(phi: pd.DataFrame, factors: list[str], corrected: bool) -> list[Row]:
    """Phi: corrected with limits below the diagonal, the sample's own above it."""
    if phi.empty:
        return []
    known = {frozenset((row["factor"], row["factor_2"])): row for row in phi.to_dict("records")}
    made = [Row(["Factor correlations"], rule=True)]
    for place, one in enumerate(factors):
        cells, below = [one], [""]
        for column, two in enumerate(factors):
            row = known.get(frozenset((one, two)), {})
            if column == place:
                cells.append(NONE)
                below.append("")
            elif column < place:
                cells.append(cell(row.get("estimate", np.nan)))
                below.append(limits(row) if row and limits(row) != NONE else "")
            else:
                cells.append(cell(row.get("uncorrected", np.nan)) if corrected else "")
                below.append("")
        made.append(Row([*cells, ""], indent=1))
        if any(below):
            made.append(Row([*below, ""], follows=True))
    return made
