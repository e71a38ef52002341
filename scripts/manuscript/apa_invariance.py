"""Steps of measurement invariance: one table for each design."""

import pandas as pd

from invariance.shown_tables import ALL_EQUAL, KEYS, STEP_NAMES, means_of, whom, with_keys
from manuscript.material import Material
from manuscript.measures import provisional, range_of_n
from pipeline.manuscript.apa_numbers import NONE, cell
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic, coefficient, count, estimate_of, number, p_value
from pipeline.report.wording import words

TITLES = {"perspectives": "Perspectives", "occasions": "Sessions", "groups": "Groups of Clients"}
FIT = ("cfi", "rmsea", "srmr")


def tables(material: Material) -> list[ApaTable]:
    """Make one table for each design that was tested.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of ApaTable
        Without numbers; none where nothing was tested.
    """
    steps = with_keys(material.results.table("invariance_steps"))
    tested = steps[steps["step"].isin(STEP_NAMES) & (steps["scale"] == "") & steps["model"].ne("")]
    return [steps_of(material, str(design), rows) for design, rows in tested.groupby("design", sort=False)]


def steps_of(material: Material, design: str, rows: pd.DataFrame) -> ApaTable:
    """Make the table of one design."""
    say = words("manuscript_tables")
    heads = ["χ²", "*df*", "CFI", "RMSEA", "SRMR", "Δχ²", "Δ*df*", "*p*", "ΔCFI", "ΔRMSEA"]
    columns = [Column("Equal parameters", "left", 2.6), *(Column(head) for head in heads)]
    made = ApaTable(
        f"invariance_{design}", say.invariance_title(TITLES[design]), columns, source="invariance/steps.csv"
    )
    made.spanners = [Spanner("Fit", 1, 5), Spanner("Difference from the step before", 6, 10)]
    whose: tuple = ()
    rows = rows.assign(unit=rows.groupby(KEYS)["unit"].transform("max"))
    for keys, own in by_statistic(rows, [*KEYS, "unit", "step", "model"]):
        about = tuple(keys[name] for name in KEYS)
        if about != whose:
            label, who = material.results.labels[keys["form"]], whom(keys, material.results.variables)
            made.rows.append(Row([literal(f"{label}, {who}")], rule=bool(made.rows)))
            whose = about
        values = {name: row["estimate"] for name, row in own.items()}
        freed = estimate_of(own, "freed_items")
        name = STEP_NAMES[keys["step"]]
        if keys["model"] != ALL_EQUAL:
            name = f"{name}, {count(freed)} free"
        made.rows.append(
            Row(
                [
                    name[:1].upper() + name[1:],
                    cell(values.get("chi_square", float("nan")), lambda value: number(value, 1)),
                    count(values.get("degrees_of_freedom", float("nan"))),
                    *(three(values.get(index, float("nan"))) for index in FIT),
                    cell(values.get("chi_square_difference", float("nan")), lambda value: number(value, 1)),
                    count(values["degrees_of_freedom_difference"])
                    if "degrees_of_freedom_difference" in values
                    else NONE,
                    cell(values.get("p_value_difference", float("nan")), p_value),
                    *(three(values.get(f"{index}_difference", float("nan"))) for index in FIT[:2]),
                ],
                indent=1,
            )
        )
    forms = [form for form in material.dataset.forms if form.name in set(rows["form"])]
    made.general = say.invariance_note(
        range_of_n(rows["n"]),
        material.occasion if design != "occasions" else "",
        provisional(forms),
        material.dataset.simulated,
    )
    return made


def three(value: float) -> str:
    """Three decimals, no zero before the point."""
    return NONE if pd.isna(value) else coefficient(value, 3)


def sentences(material: Material) -> list[str]:
    """Of each form and design whether means may be compared; nothing where none was tested.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of str
        One sentence each.
    """
    steps = with_keys(material.results.table("invariance_steps"))
    known = steps[(steps["statistic"] == "means_comparable") & steps["estimate"].notna()]
    answers = {1.0: "yes", 0.5: "partly", 0.0: "no"}
    say = words("manuscript_results")
    return [
        say.invariance(
            literal(material.results.labels[row["form"]]),
            means_of(row, material.results.variables),
            answers[row["estimate"]],
        )
        for row in known.to_dict("records")
    ]
