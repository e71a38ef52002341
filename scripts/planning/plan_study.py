"""How many clients, therapists and sessions does a study need? A table, and a sentence for the proposal."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.job import job
from pipeline.data.tables import read_table, write_atomically, write_table
from pipeline.report.numbers import coefficient, count, percent_as_given
from pipeline.report.wording import words
from psychometrics.planning.assumptions import Assumptions, Design
from psychometrics.planning.study import measured, plan_study, value_of

NAMES = {
    "r": "the correlation of alliance and outcome",
    "r2": "the explained variance of the outcome",
    "alpha": "alpha of a scale",
    "therapist_share": "the therapists' share of the outcome",
    "b_within": "the slope within therapists",
    "b_between": "the slope between therapists",
    "a4": "the curvature along the line of incongruence",
    "lag": "the crossed lag of alliance and symptoms",
    "rupture_ratio": "the ratio of ruptures to false alarms",
}
# what a data set says of an assumption: table, statistic, and what its row has to be
OF_PILOT = {
    "r": ("outcome_strength", "outcome_r"),
    "generalizability": ("outcome_account", "account_generalizability"),
    "therapist_alliance": ("nesting", "icc_therapist"),
    "alpha": ("reliability", "alpha"),
    "r_perspectives": ("perspective_levels", "r_pearson"),
    "lag": ("course_lags", "lag_alliance_to_symptoms_standardized"),
    "carried": ("course_lags", "lag_symptoms_to_symptoms_standardized"),
    "false_alarms": ("course_ruptures", "ruptures_expected"),  # of the first criterion, over all lengths
}


def main(study: Path, sentence: Path, *, planning: dict[str, Any], level: float, pilot: dict[str, str]) -> None:
    """`pilot`: tables of the data set whose results are taken as true, by name; none for the values of the settings."""
    assumed = Assumptions(**planning["assumed"])
    sources = dict.fromkeys((field.name for field in fields(assumed)), "config.yaml")
    for name, value in of_pilot({table: Path(path) for table, path in pilot.items()}).items():
        assumed = replace(assumed, **{name: value})
        sources[name] = planning["pilot"]
    rows = plan_study(
        assumed,
        half_widths=planning["half_widths"],
        powers=planning["powers"],
        per_therapist=planning["clients_per_therapist"],
        sessions=planning["sessions"],
        lag_sessions=planning["lag_sessions"],
        level=level,
        alpha=planning["alpha"],
    )
    rows["source"] = [sources[source_of(name)] for name in rows["quantity"]]
    settings = {"level": level, "planning": planning, "assumed": vars(assumed), "sources": sources}
    write_table(rows, study, settings=settings, inputs=[Path(path) for path in pilot.values()])
    write_atomically(sentence, proposal(rows, assumed, planning, level) + "\n")


def source_of(quantity: str) -> str:
    """The assumption that the value of a quantity comes from."""
    own = {"r2": "r", "b_within": "r", "b_between": "r", "therapist_share": "therapist_outcome"}
    return own.get(quantity, quantity)


def of_pilot(tables: dict[str, Path]) -> dict[str, float]:
    """Values that a data set gives: the first total of each table."""
    found = {}
    for name, (table, statistic) in OF_PILOT.items():
        if table not in tables:
            continue
        rows = read_table(tables[table])
        rows = rows[(rows["statistic"] == statistic) & rows["estimate"].notna()]
        if "scale" in rows:
            rows = rows[rows["scale"] == "total"]
        if "length" in rows:
            rows = rows[rows["length"] == "all"]
        if rows.empty:
            continue
        value = float(rows["estimate"].iloc[0])
        found[name] = (
            abs(value) if name == "lag" else value / float(rows["n"].iloc[0]) if name == "false_alarms" else value
        )
    return found


def proposal(rows: pd.DataFrame, assumed: Assumptions, planning: dict[str, Any], level: float) -> str:
    """One sentence on the study that reaches the first goal, and what it reaches of the others."""
    reached = rows[rows["clients"].notna()]
    if reached.empty:
        return words("planning").nothing()
    first = reached.iloc[0]
    parts: list[dict[str, Any]] = []
    for (goal, name), own in reached.groupby(["goal", "quantity"], sort=False):
        sessions = 0 if own["sessions"].isna().all() else int(own["sessions"].iloc[0])
        design = Design(int(first["therapists"]), planning["clients_per_therapist"], sessions or 1)
        value = measured(name, goal, assumed, level=level, alpha=planning["alpha"])(design)
        parts.append(
            {
                "name": NAMES[name],
                "goal": goal,
                "value": value,
                "assumed": ""
                if any(part["name"] == NAMES[name] for part in parts)
                else coefficient(value_of(name, assumed, sessions or 1)),
                "sessions": sessions if name == "lag" or sessions > 1 else 0,
            }
        )
    return words("planning").sentence_of(
        {
            "therapists": count(first["therapists"]),
            "per_therapist": f"{planning['clients_per_therapist']:g}",
            "clients": count(first["clients"]),
            "level": percent_as_given(level),
            "alpha": f"{planning['alpha']:g}".replace("0.", ".", 1),
            "widths": [part for part in parts if part["goal"] == "half-width"],
            "powers": [part for part in parts if part["goal"] == "power"],
        }
    )


if __name__ == "__main__":
    job(main, snakemake)
