"""Ruptures: one table of what each criterion sees and what is expected where nothing ruptures, and a sentence."""

import pandas as pd

from course.criterion_names import criterion_name, in_a_list
from manuscript.material import Material
from manuscript.measures import provisional
from pipeline.manuscript.apa_numbers import cell, limits, whole
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic, estimate_of, number, p_value, percent
from pipeline.report.wording import words

KEYS = ["form", "perspective"]
SIGNIFICANT = 0.05


def judged(material: Material) -> pd.DataFrame:
    """Find the rows of forms and perspectives with a ratio, over courses of all lengths.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    pandas.DataFrame
        None where no number of ruptures is expected.
    """
    if not material.results.has("course_ruptures"):
        return pd.DataFrame()
    rows = material.results.table("course_ruptures")
    if "form" not in rows:
        return rows[:0]
    rows = rows[rows["length"] == "all"].assign(criterion=rows["criterion"].astype(object).fillna(""))
    known = rows.loc[(rows["statistic"] == "rupture_ratio") & rows["estimate"].notna(), KEYS].drop_duplicates()
    return rows.merge(known, on=KEYS)


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each criterion, below form and perspective; nothing where none is expected.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number.
    """
    rows = judged(material)
    if rows.empty:
        return None
    say, settings = words("manuscript_tables"), material.config["ruptures"]
    columns = [Column("Criterion", "left", 2.4), Column("Seen", width=0.7), Column("Expected", width=0.9)]
    columns += [Column("Ratio", width=0.7), Column("CI", "center", 1.4), Column("*p*", width=0.7)]
    columns += [Column("Seen", width=0.7), Column("Expected", width=0.9)]
    spanners = [Spanner("Ruptures", 1, 5), Spanner("Repaired", 6, 7)]
    made = ApaTable("ruptures", say.ruptures_title(), columns, spanners=spanners, source="course/ruptures.csv")
    whose: tuple = ()
    for keys, own in by_statistic(rows, [*KEYS, "criterion"]):
        if "rupture_ratio" not in own:
            continue
        about = keys["form"], keys["perspective"]
        if about != whose:
            name = f"{literal(material.results.labels[keys['form']])}, {keys['perspective']}"
            made.rows.append(Row([name], rule=bool(made.rows)))
            whose = about
        seen, expected, repaired, repaired_expected = (
            estimate_of(own, statistic)
            for statistic in ("ruptures_seen", "ruptures_expected", "rupture_repaired", "repaired_expected")
        )
        ratio = own["rupture_ratio"]
        cells = [criterion_name(keys["criterion"]), cell(seen, whole), cell(expected, one)]
        cells += [cell(ratio["estimate"], number), limits(ratio, number)]
        cells += [cell(ratio["p"], p_value), cell(repaired, percent), cell(repaired_expected, percent)]
        made.rows.append(Row(cells, indent=1))
    forms = [form for form in material.dataset.forms if form.name in set(rows["form"])]
    how = settings["sets"], settings["fewest"], settings["repair"], material.level
    made.general = say.ruptures_note(*how, provisional(forms), material.dataset.simulated)
    return made


def one(value: float) -> str:
    """One decimal of a mean number."""
    return number(value, 1)


def sentences(material: Material) -> list[str]:
    """Say of each form and perspective by which criteria more ruptures are seen than expected.

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
    rows = judged(material)
    if rows.empty:
        return made
    for (form, who), own in rows.groupby(KEYS, sort=False):
        ratios = own[(own["statistic"] == "rupture_ratio") & own["estimate"].notna()]
        above = list(ratios.loc[ratios["p_holm"] < SIGNIFICANT, "criterion"].map(in_a_list))
        ends = number(ratios["estimate"].min()), number(ratios["estimate"].max())
        made.append(say.ruptures(literal(material.results.labels[form]), who, len(ratios), above, *ends))
    return made
