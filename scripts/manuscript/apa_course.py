"""The course of the alliance: one table of expected change, and what is said of it."""

from typing import Any

import pandas as pd

from course.growth_blocks import KEYS, found_in, of_scales, shape_name, slopes_told, three
from manuscript.material import Material
from manuscript.measures import provisional
from pipeline.data.tables import with_text
from pipeline.manuscript.apa_numbers import cell, limits, whole
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import estimate_of, number, percent, side_of
from pipeline.report.wording import words

SHORT = {"linear": "linear", "log": "logarithmic", "quadratic": "quadratic"}


def courses(material: Material) -> list[tuple[dict[str, str], dict[str, dict[str, Any]]]]:
    """Find the totals whose course is known.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of (dict, dict)
        What names the total, and its rows by statistic.
    """
    if not material.results.has("course_growth"):
        return []
    rows = with_text(material.results.table("course_growth"), "term", "random")
    if not set(KEYS) <= set(rows):
        return []
    found = [(keys, found_in(own)) for keys, own in of_scales(rows)]
    return [(keys, own) for keys, own in found if pd.notna(own["growth_change"]["estimate"])]


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each form, below who answered; nothing where no course is known.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number.
    """
    found = courses(material)
    if not found:
        return None
    say, unit = words("manuscript_tables"), material.dataset.time.removesuffix("s")
    columns = [Column("Measure", "left", 2.0), Column("*n*", width=0.7), Column("Course", "left", 1.6)]
    for _ in range(3):
        columns += [Column("Estimate", width=0.9), Column("CI", "center", 1.5)]
    columns += [Column("Rise", width=0.7), Column("Fall", width=0.7)]
    heads = ("Expected change", "SD of slopes", "Reliability of slopes")
    spanners = [Spanner(head, 3 + 2 * place, 4 + 2 * place) for place, head in enumerate(heads)]
    spanners.append(Spanner("Beyond chance", 9, 10))
    made = ApaTable("course", say.course_title(), columns, spanners=spanners, source="course/growth.csv")
    groups: dict[str, list[Row]] = {}
    serial = False
    for keys, rows in found:
        change = rows["growth_change"]
        shape = SHORT.get(change["model"], f"two lines, {unit} {change['bound']:g}")
        cells = [literal(material.results.labels[keys["form"]]), cell(change["dyads"], whole), shape]
        slope, reliability = slopes_told(rows)
        serial |= slope.get("statistic") == "slope_sd_ar1"
        cells += [number(change["estimate"]), limits(change, number)]
        cells += [cell(slope["estimate"], three), limits(slope, three)]
        cells += [cell(reliability["estimate"]), limits(reliability)]
        shares = (estimate_of(rows, name) for name in ("increase_beyond_chance", "decrease_beyond_chance"))
        cells += [NONE if pd.isna(share) else percent(share) for share in shares]
        groups.setdefault(f"Answered by the {keys['perspective']}", []).append(Row(cells, indent=1))
    for who, own in groups.items():
        made.rows += [Row([who], rule=bool(made.rows)), *own]
    forms = [form for form in material.dataset.forms if form.name in {keys["form"] for keys, _ in found}]
    by = material.dataset.resampled == "therapists"
    made.general = say.course_note(unit, material.level, by, serial, provisional(forms), material.dataset.simulated)
    return made


def sentences(material: Material) -> list[str]:
    """Say of each total how it changes over the median course.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of str
        One sentence each.
    """
    say, unit, made = words("manuscript_results"), material.dataset.time.removesuffix("s"), []
    for keys, rows in courses(material):
        change = rows["growth_change"]
        own = {
            "label": literal(material.results.labels[keys["form"]]),
            "who": keys["perspective"],
            "span": change["method"].rpartition("over the median course, ")[2],
            "side": side_of(change),
            "change": change,
            "size": abs(change["estimate"]),
            "d": abs(rows["growth_change_d"]["estimate"]),
            "shape": shape_name(change["model"], change["bound"], unit),
            "number": number,
        }
        made.append(say.course(own))
    return made
