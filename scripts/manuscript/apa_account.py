"""The table of the account: explained variance of the outcome by one session, by several, and without unreliability."""

import numpy as np

from manuscript.material import MISSING, Material
from manuscript.measures import provisional
from outcome.account_steps import accounts, has_interval, most_sessions
from pipeline.manuscript.apa_numbers import cell, limits, whole
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row, Spanner
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words


def table(material: Material) -> ApaTable | None:
    """Make the table: a row for each form, below who answered; nothing where no form was answered in several sessions.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    ApaTable or None
        Without a number.
    """
    found = [own for own in accounts(material.results.table("outcome_account")) if most_sessions(own[1]) > 1]
    if not found:
        return None
    say, results = words("manuscript_tables"), material.results
    columns = [Column("Measure", "left", 2.4), Column("*n*", width=0.7), Column("Sessions", "center", 1.1)]
    heads = ("One session", "Several sessions", "Beyond reliability", "Without unreliability")
    for _ in heads:
        columns += [Column("Estimate", width=0.9), Column("CI", "center", 1.4)]
    spanners = [Spanner(head, 3 + 2 * place, 4 + 2 * place) for place, head in enumerate(heads)]
    made = ApaTable("account", say.account_title(), columns, spanners=spanners, source="outcome/account.csv")
    groups: dict[str, list[Row]] = {}
    outcomes = {keys["outcome"] for keys, _ in found}
    of_both = False
    for keys, rows in found:
        most = most_sessions(rows)
        one, mean = rows["account_r2"].get(1, MISSING), rows["account_r2"][most]
        excess = rows["account_excess"].get(most, MISSING)
        both = rows["account_r2_corrected"].get(most, MISSING)
        of_both = of_both or has_interval(both)
        stable = rows["account_r2_alliance_corrected"].get(most, MISSING)
        name = literal(results.labels[keys["form"]])
        if len(outcomes) > 1:
            name += f", {literal(results.variables.get(keys['outcome'], keys['outcome']))}"
        sessions = f"{mean['from_session']:.0f}–{mean['to_session']:.0f}"
        cells = [name, cell(mean["n"], whole), sessions]
        without = next((row for row in (both, stable) if has_interval(row)), MISSING)
        for row in (one, mean, excess, without):
            cells += [cell(row["estimate"]), limits(row) if np.isfinite(row["estimate"]) else NONE]
        groups.setdefault(f"Answered by the {keys['perspective']}", []).append(Row(cells, indent=1))
    for who, own in groups.items():
        made.rows += [Row([who], rule=bool(made.rows)), *own]
    labels = [
        results.variables.get(outcome, outcome) for outcome in dict.fromkeys(keys["outcome"] for keys, _ in found)
    ]
    forms = [form for form in material.dataset.forms if form.name in {keys["form"] for keys, _ in found}]
    made.general = say.account_note(
        [literal(label) for label in labels],
        material.level,
        material.dataset.resampled,
        of_both,
        provisional(forms),
        material.dataset.simulated,
    )
    return made
