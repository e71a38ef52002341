"""The table of descriptives with reliabilities."""

import pandas as pd

from manuscript.material import Material
from manuscript.measures import abbreviations, provisional, range_of_n, scale_name
from pipeline.manuscript.apa_numbers import cell, decimal, limits, whole
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words

METRIC = "mean of the items"


def table(material: Material) -> ApaTable:
    """Make the table: a row for each scale, below its form and perspective.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable
        Without a number.
    """
    dataset, say = material.dataset, words("manuscript_tables")
    described, reliability = material.descriptives, material.reliability
    skewed = bool((described["statistic"] == "skewness").any())
    columns = [
        Column("Scale", "left", 2.4),
        Column("*n*", width=0.7),
        Column("*M*", width=0.8),
        Column("*SD*", width=0.8),
    ]
    columns += [Column("Skewness", width=1.1)] * skewed
    first = len(columns)
    shown_coefficients = {"alpha": "α", "omega_total": "ω"}
    if material.config["manuscript"]["ordinal"]:
        shown_coefficients |= {"alpha_ordinal": "Ordinal α", "omega_categorical": "Categorical ω"}
    columns += [Column("Estimate", width=0.9), Column("CI", "center", 1.3)] * len(shown_coefficients)
    made = ApaTable(
        "descriptives",
        say.descriptives_title(),
        columns,
        spanners=[
            Spanner(head, first + 2 * place, first + 2 * place + 1)
            for place, head in enumerate(shown_coefficients.values())
        ],
        source="scores/descriptives.csv, reliability/reliability.csv",
    )
    for perspective in dataset.perspectives:
        made.rows.append(Row([perspective.capitalize()], rule=bool(made.rows)))
        for form in dataset.forms_of(perspective):
            several = len(form.scales) > 1
            if several:
                made.rows.append(Row([literal(form.label)], indent=1))
            for scale in form.scales:
                name = literal(scale_name(scale)) if several else literal(form.label)
                name = name if scale.isupper() or not several else name[:1].upper() + name[1:]
                about = material.score(perspective, form.name, scale)
                cells = [
                    name,
                    cell(about["mean"]["n"], whole),
                    *(cell(about[what]["estimate"], decimal) for what in ("mean", "sd")),
                ]
                cells += [cell(about["skewness"]["estimate"], decimal)] * skewed
                for what in shown_coefficients:
                    row = about[what]
                    cells += [cell(row["estimate"]), limits(row) if pd.notna(row["estimate"]) else NONE]
                made.rows.append(Row(cells, indent=2 if several else 1))
    shown = reliability[reliability["statistic"].isin(shown_coefficients)]
    methods = shown["method"].fillna("")
    made.general = say.descriptives_note(
        material.metric,
        material.occasion,
        material.level,
        range_of_n(shown["n"]),
        say_interval(methods),
        abbreviations(dataset.forms, material.instruments),
        provisional(dataset.forms),
        dataset.simulated,
        len(shown_coefficients) > 2,
    )
    return made


def say_interval(methods: pd.Series) -> str:
    """Where the intervals come from, in two words."""
    if methods.str.contains("jackknife").any():
        return "jackknife"
    return "by Feldt's formula" if methods.str.contains("Feldt").any() else ""
