"""Multitrait-multimethod matrices: of the instruments, and of the scales of one instrument."""

import pandas as pd

from association.facts_on_mtmm import title
from manuscript.material import Material
from manuscript.measures import Key, abbreviations, keys_of, provisional, range_of_n, scale_name
from pipeline.manuscript.apa_numbers import cell, limits
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words

CELLS = ("reliability", "validity", "heterotrait_monomethod", "heterotrait_heteromethod")


def tables(material: Material) -> list[ApaTable]:
    """Make one table for each matrix.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of ApaTable
        Without numbers; none where one perspective answered alone.
    """
    mtmm = material.results.table("mtmm")
    if "group" not in mtmm or "form" not in mtmm:
        return []
    made = []
    for group, rows in mtmm[mtmm["statistic"].isin(CELLS)].groupby("group", sort=False):
        if rows.loc[rows["statistic"] == "validity", "estimate"].notna().any():
            made.append(matrix(material, str(group), rows, mtmm[mtmm["group"] == group]))
    return made


def matrix(material: Material, group: str, rows: pd.DataFrame, whole: pd.DataFrame) -> ApaTable:
    """Make one matrix: traits within methods in rows and columns."""
    say, dataset = words("manuscript_tables"), material.dataset
    known = {frozenset(keys_of(row)): row for row in rows.to_dict("records")}
    keys = [keys_of(row)[0] for row in rows[rows["statistic"] == "reliability"].to_dict("records")]
    order = dataset.perspectives
    keys.sort(key=lambda key: order.index(key[0]))  # stable: traits stay in their order
    columns = [Column("Trait within method", "left", 2.6)]
    columns += [Column(trait(key, group, material), width=1.5) for key in keys]
    made = ApaTable(
        f"mtmm_{group.replace(' ', '_').lower()}",
        say.mtmm_title("Instruments" if group == "instruments" else f"the {title(group)}"),
        columns,
        source="association/mtmm.csv",
    )
    for method in dict.fromkeys(key[0] for key in keys):
        places = [place for place, key in enumerate(keys, start=1) if key[0] == method]
        made.spanners.append(Spanner(method.capitalize(), places[0], places[-1]))
        made.rows.append(Row([method.capitalize()], rule=bool(made.rows)))
        for key in (key for key in keys if key[0] == method):
            cells, below = [trait(key, group, material)], [""]
            for other in keys:
                row = known.get(frozenset((key, other)))
                if row is None or keys.index(other) > keys.index(key):
                    cells.append("" if keys.index(other) > keys.index(key) else NONE)
                    below.append("")
                    continue
                text = cell(row["estimate"])
                if row["statistic"] == "reliability":
                    text = f"({text})" if text != NONE else NONE
                elif row["statistic"] == "validity" and text != NONE:
                    text = f"**{text}**"
                cells.append(text)
                below.append(limits(row) if row["statistic"] != "reliability" and limits(row) != NONE else "")
            made.rows.append(Row(cells, indent=1))
            if any(below):
                made.rows.append(Row(below, follows=True))
    left_out = whole[whole["statistic"] == "left_out"]["note"]
    forms = [form for form in dataset.forms if any(key[:2] == (form.perspective, form.name) for key in keys)]
    made.general = say.mtmm_note(
        range_of_n(rows[rows["statistic"] != "reliability"]["n"]),
        material.level,
        material.reliability_name,
        material.left_out(),
        material.occasion,
        "; ".join(literal(note) for note in left_out if note),
        provisional(forms),
        dataset.simulated,
        abbreviations(forms, material.instruments)
        if group == "instruments"
        else abbreviations(forms, material.instruments, forms_too=False),
    )
    return made


def trait(key: Key, group: str, material: Material) -> str:
    """The instrument, or the scale of one."""
    if group == "instruments":
        return literal(material.results.labels[key[1]])
    name = scale_name(key[2])
    return literal(name if key[2].isupper() else name[:1].upper() + name[1:])
