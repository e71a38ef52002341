"""The table of truth and bias: who rates lower, and how closely one follows the other over sessions."""

import pandas as pd

from manuscript.material import MISSING, Material
from manuscript.measures import provisional
from perspectives.pairing import PERCENT
from perspectives.shown_tables import form_name
from perspectives.truth_blocks import PAIR
from pipeline.manuscript.apa_numbers import cell, decimal, limits, whole
from pipeline.manuscript.apa_table import ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.numbers import by_statistic, estimate_of
from pipeline.report.wording import words

WITH_LIMITS = {
    "directional_bias": "Bias",
    "tracking_within": "Tracking over sessions",
    "tracking_within_corrected": "Corrected tracking",
    "tracking_between": "Tracking between dyads",
}
SPREAD = {"bias_sd_dyad": "Bias", "tracking_sd_dyad": "Tracking"}


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each form, below who judges whom; nothing where nobody rated the same dyads.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number.
    """
    rows = material.results.table("truth_and_bias")
    if "form" not in rows:
        return None
    known = rows[(rows["statistic"] == "directional_bias") & rows["estimate"].notna()]
    found = by_statistic(rows.merge(known[PAIR]), PAIR)
    if not found:
        return None
    say = words("manuscript_tables")
    columns = [Column("Measure", "left", 2.2), Column("Dyads", width=0.7)]
    for _ in WITH_LIMITS:
        columns += [Column("Estimate", width=0.9), Column("CI", "center", 1.5)]
    columns += [Column(head, width=0.9) for head in SPREAD.values()]
    last = len(columns) - 1
    spanners = [Spanner(head, 2 + 2 * place, 3 + 2 * place) for place, head in enumerate(WITH_LIMITS.values())]
    spanners.append(Spanner("*SD* over dyads", last - 1, last))
    made = ApaTable("truth", say.truth_title(), columns, spanners=spanners, source="perspectives/truth_and_bias.csv")
    groups: dict[str, list[Row]] = {}
    for keys, own in found:
        name = literal(form_name(keys, material.results.labels))
        if keys["scale"] != "total":
            name += f" {literal(keys['scale'])}"
        cells = [name, cell(own["directional_bias"].get("dyads", float("nan")), whole)]
        for statistic in WITH_LIMITS:
            row = own.get(statistic, MISSING)
            cells += [cell(row["estimate"], decimal), limits(row, decimal)]
        cells += [cell(estimate_of(own, statistic), decimal) for statistic in SPREAD]
        judged = f"{keys['perspective'].capitalize()}s judge what {keys['perspective_2']}s rate"
        groups.setdefault(judged, []).append(Row(cells, indent=1))
    for judged, of_forms in groups.items():
        made.rows += [Row([judged], rule=bool(made.rows)), *of_forms]
    named = {keys[form] for keys, _ in found for form in ("form", "form_2")}
    forms = [form for form in material.dataset.forms if form.name in named]
    percent = any(own["directional_bias"].get("unit") == PERCENT for _, own in found)
    corrected = any(pd.notna(estimate_of(own, "tracking_within_corrected")) for _, own in found)
    made.general = say.truth_note(
        material.level, percent, corrected, material.dataset.resampled, provisional(forms), material.dataset.simulated
    )
    return made
