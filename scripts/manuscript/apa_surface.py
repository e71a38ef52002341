"""The table of response surfaces: the conditions of congruence of both ratings, with the verdict on them together."""

import pandas as pd

from manuscript.material import MISSING, Material
from manuscript.measures import provisional
from perspectives.profile_blocks import name_of
from perspectives.surface_blocks import KEYS
from pipeline.manuscript.apa_numbers import cell, decimal, limits, whole
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic
from pipeline.report.wording import words
from psychometrics.perspectives.response_surface import ALL

SHOWN = ("a1", "a2", "a3", "a4", "p10", "p11")
HEADS = ("*a*1", "*a*2", "*a*3", "*a*4", "*p*10", "*p*11")


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each form and outcome; nothing where there is no surface over the dyads.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number.
    """
    rows = material.results.table("response_surfaces")
    if "part" not in rows:
        return None
    of_dyads = rows[(rows["part"] == ALL) & (rows["statistic"] != "surface_weight")]
    found = [own for own in by_statistic(of_dyads, KEYS) if "surface_a4" in own[1]]
    found = [(keys, own) for keys, own in found if pd.notna(own["surface_a4"]["estimate"])]
    if not found:
        return None
    say, results = words("manuscript_tables"), material.results
    columns = [Column("Measure", "left", 2.2), Column("*n*", width=0.6)]
    for _ in SHOWN:
        columns += [Column("Estimate", width=0.9), Column("CI", "center", 1.5)]
    columns.append(Column("Congruence", "left", 1.2))
    spanners = [Spanner(head, 2 + 2 * place, 3 + 2 * place) for place, head in enumerate(HEADS)]
    made = ApaTable("surface", say.surface_title(), columns, spanners=spanners, source="perspectives/surfaces.csv")
    labels = [literal(results.variables.get(keys["outcome"], keys["outcome"])) for keys, _ in found]
    for (keys, own), label in zip(found, labels, strict=True):
        name = literal(name_of(keys, results.labels))
        if len(set(labels)) > 1:
            name += f", {label}"
        cells = [name, cell(own["surface_a4"]["n"], whole)]
        for statistic in SHOWN:
            row = own.get(f"surface_{statistic}", MISSING)
            cells += [cell(row["estimate"], decimal), limits(row, decimal)]
        made.rows.append(Row([*cells, own["congruence_broad"]["verdict"]]))
    forms = [form for form in material.dataset.forms if form.name in {keys["form"] for keys, _ in found}]
    held = bool(material.dataset.variables_of("baseline"))
    made.general = say.surface_note(
        list(dict.fromkeys(labels)), held, material.level, provisional(forms), material.dataset.simulated
    )
    return made
