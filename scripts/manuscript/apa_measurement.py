"""The table of measurement models: their chi-square and indices of fit, side by side."""

import pandas as pd

from manuscript.material import Material
from manuscript.measures import provisional
from measurement.model_names import KEYS, NAMES, subject_of
from pipeline.data.tables import with_text
from pipeline.manuscript.apa_numbers import cell, limits, one_decimal, whole
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic, coefficient, estimate_of
from pipeline.report.wording import words

INDICES = ("cfi", "tli", "srmr")


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each model that was fitted, below what it is about; nothing without a model.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a model.
    """
    models = material.results.table("measurement_models")
    if "perspective" not in models:
        return None
    models = with_text(models, *KEYS, "model", "model_2")
    models = models[models["model_2"] == ""]
    fitted = [
        (keys, rows) for keys, rows in by_statistic(models, [*KEYS, "model"]) if pd.notna(estimate_of(rows, "rmsea"))
    ]
    if not fitted:
        return None
    say, dataset = words("manuscript_tables"), material.dataset
    columns = [
        Column("Model", "left", 2.2),
        Column("*n*", width=0.6),
        Column("χ^2^", width=0.9),
        Column("*df*", width=0.7),
        Column("Estimate", width=0.8),
        Column("90% CI", "center", 1.2),
        *(Column(name.upper(), width=0.7) for name in INDICES),
    ]
    made = ApaTable(
        "measurement",
        say.measurement_title(),
        columns,
        spanners=[Spanner("RMSEA", 4, 5)],
        source="measurement/models.csv",
    )
    groups: dict[str, list[Row]] = {}
    improper = False
    for keys, rows in fitted:
        mark = estimate_of(rows, "improper_estimates") > 0
        improper |= bool(mark)
        name = NAMES[keys["model"]]
        cells = [name[0].upper() + name[1:] + ("^a^" if mark else "")]
        cells += [cell(rows["rmsea"]["n"], whole), cell(rows["chi_square"]["estimate"], one_decimal)]
        cells += [cell(rows["degrees_of_freedom"]["estimate"], whole), cell(rows["rmsea"]["estimate"], thousandths)]
        cells += [limits(rows["rmsea"], thousandths)]
        cells += [cell(estimate_of(rows, name), thousandths) for name in INDICES]
        groups.setdefault(subject_of(keys, material.results.labels), []).append(Row(cells, indent=1))
    for subject, own in groups.items():
        made.rows += [Row([literal(subject)], rule=bool(made.rows)), *own]
    forms = [form for who in dataset.perspectives for form in dataset.forms_of(who)]
    made.general = say.measurement_note(
        material.occasion,
        dataset.is_matrix,
        {keys["model"] for keys, _ in fitted},
        provisional(forms),
        dataset.simulated,
    )
    if improper:
        made.specific = [say.measurement_improper()]
    return made


def thousandths(value: float) -> str:
    """`.045`: fit is reported with three decimals."""
    return coefficient(value, 3)
