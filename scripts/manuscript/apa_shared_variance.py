"""The table of shared variance: each pair as observed and corrected, compared with what was published."""

import pandas as pd

from manuscript.material import MISSING, Material
from manuscript.measures import keys_of, provisional, scale_name
from pipeline.manuscript.apa_numbers import cell, limits, whole
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic, estimate_of
from pipeline.report.wording import words

PAIR = ["perspective", "perspective_2", "form", "form_2", "scale", "scale_2"]
MARKS = (0.50, 0.20)  # published: less than 50%, usually about 20%


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each pair, below who answered; nothing where there is no pair.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number.
    """
    shared = material.results.table("shared_variance")
    if not set(PAIR) <= set(shared):
        return None
    pairs = [(keys, rows) for keys, rows in by_statistic(shared, PAIR) if pd.notna(estimate_of(rows, "r2"))]
    if not pairs:
        return None
    say, dataset = words("manuscript_tables"), material.dataset
    columns = [Column("Measures", "left", 3.0), Column("*n*", width=0.7)]
    for head in ("*r*", "*r*^2^", "*r*^2^ corrected"):
        columns += [Column(head if head == "*r*" else "Estimate", width=0.9), Column("CI", "center", 1.3)]
    columns[2] = Column("Estimate", width=0.9)
    columns += [Column(f"{100 * mark:.0f}%", "center", 0.8) for mark in MARKS]
    made = ApaTable(
        "shared_variance",
        say.shared_title({keys["scale"] for keys, _ in pairs} != {"total"}),
        columns,
        spanners=[
            Spanner("*r*", 2, 3),
            Spanner("*r*^2^", 4, 5),
            Spanner("*r*^2^ corrected", 6, 7),
            Spanner("Compared with", 8, 9),
        ],
        source="shared_variance/shared_variance.csv, association/correlations.csv",
    )
    labels = material.results.labels
    groups: dict[str, list[Row]] = {}
    for keys, rows in pairs:
        one, two = keys["perspective"], keys["perspective_2"]
        who = f"Answered by the {one}" if one == two else f"{one.capitalize()} and {two}"
        own, corrected = rows["r2"], rows.get("r2_disattenuated", MISSING)
        r = material.pair(*keys_of(keys))["r_pearson"]
        cells = [pair_name(keys, labels), cell(own["n"], whole)]
        for row in (r, own, corrected):
            cells += [cell(row["estimate"]), limits(row) if pd.notna(row["estimate"]) else NONE]
        cells += [compared(own, mark) for mark in MARKS]
        groups.setdefault(who, []).append(Row(cells, indent=1))
    for who, rows in groups.items():
        made.rows += [Row([who], rule=bool(made.rows)), *rows]
    forms = [form for who in dataset.perspectives for form in dataset.forms_of(who)]
    made.general = say.shared_note(
        material.level,
        material.reliability_name,
        material.occasion,
        material.left_out(),
        True,
        provisional(forms),
        dataset.simulated,
    )
    return made


def pair_name(keys: dict, labels: dict[str, str]) -> str:
    """`WAI-S and HAq-II`; `WAI-S` where it is the same form; scales named where they are no totals."""
    names = [literal(labels.get(keys[f"form{end}"], keys[f"form{end}"])) for end in ("", "_2")]
    for place, end in enumerate(("", "_2")):
        if keys[f"scale{end}"] != "total":
            names[place] += f" {literal(scale_name(keys[f'scale{end}']))}"
    return names[0] if names[0] == names[1] else " and ".join(names)


def compared(row: dict, mark: float) -> str:
    """Whether a share is less or more than a published one: only where its whole interval is."""
    if pd.isna(row["lower"]):
        return NONE
    return "less" if row["upper"] < mark else "more" if row["lower"] > mark else "open"
