"""Lags between alliance and symptoms: both directions by model and variant, for each form and measure."""

from course.lag_facts import BACKWARD, FORWARD, NAMES, OWN, VARIANT_NAMES, headline, modelled, others
from manuscript.material import MISSING, Material
from manuscript.measures import provisional, range_of_n
from pipeline.manuscript.apa_numbers import cell, limits
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import side_of
from pipeline.report.wording import words


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each model and variant, below form, perspective and measure.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number; none where no lag was estimated.
    """
    found = _found(material)
    if not found:
        return None
    say = words("manuscript_tables")
    heads = ("Alliance to measure", "Measure to alliance", "Alliance carried over", "Measure carried over")
    columns = [Column("Model", "left", 2.6)]
    for _ in heads:
        columns += [Column("β", width=0.7), Column("CI", "center", 1.5)]  # upright the limits do not fit
    spanners = [Spanner(head, 2 + 2 * place - 1, 3 + 2 * place - 1) for place, head in enumerate(heads)]
    made = ApaTable("lags", say.lags_title(), columns, spanners=spanners, source="course/lags.csv")
    first = headline(found[0][1], FORWARD)
    for keys, parts in found:
        label = literal(material.results.labels[keys["form"]])
        made.rows.append(Row([f"{label}, {keys['perspective']}, and {literal(keys['measure'])}"], rule=bool(made.rows)))
        for (model, variant), rows in parts.items():
            cells = [f"{NAMES[model][:1].upper()}{NAMES[model][1:]}, {VARIANT_NAMES[variant]}"]
            for name in (FORWARD, BACKWARD, *OWN):
                row = rows.get(f"{name}_standardized", MISSING)
                cells += [cell(row["estimate"]), limits(row)]
            made.rows.append(Row(cells, indent=1))
    used = {keys["form"] for keys, _ in found}
    forms = [form for form in material.dataset.forms if form.name in used]
    made.general = say.lags_note(
        range_of_n(material.results.table("course_lags")["n"].dropna()),
        first["sessions"].split(", "),
        material.level,
        provisional(forms),
        material.dataset.simulated,
    )
    return made


def sentences(material: Material) -> list[str]:
    """Of each form and measure both directions, and whether other methods agree.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of str
        One sentence each.
    """
    say, made = words("manuscript_results"), []
    for keys, parts in _found(material):
        label, measure = literal(material.results.labels[keys["form"]]), literal(keys["measure"])
        ways = []
        for statistic, leads, follows in ((FORWARD, "the alliance", measure), (BACKWARD, measure, "the alliance")):
            row, rest = headline(parts, statistic), others(parts, statistic)
            ways.append(
                {
                    "leads": leads,
                    "follows": follows,
                    "side": side_of(row),
                    "beta": headline(parts, f"{statistic}_standardized"),
                    "agree": set(rest) <= {side_of(row)},
                }
            )
        made.append(say.lags(label, keys["perspective"], ways))
    return made


def _found(material: Material) -> list:
    return modelled(material.results.table("course_lags")) if material.results.has("course_lags") else []
