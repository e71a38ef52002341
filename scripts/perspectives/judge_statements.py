"""What do these data say of published statements on how clients and therapists see the alliance?"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from perspectives.mirrored import CLIENT, THERAPIST, blank
from pipeline.data.dataset import Dataset
from pipeline.data.job import job
from pipeline.data.tables import read_table, write_table
from pipeline.data.yaml_files import read_yaml
from psychometrics.perspectives.verdicts import HELD, NOT_HELD, NOT_TESTABLE, verdict_of_interval

NO_FORM = "needs a form that clients and therapists both answered"
COLUMNS = [
    "statement",
    "text",
    "who",
    "cited",
    "source",
    "perspective",
    "perspective_2",
    "form",
    "outcome",
    "what",
    "statistic",
]
COLUMNS += ["estimate", "lower", "upper", "level", "n", "verdict", "method", "note"]
OPPOSITE = {HELD: NOT_HELD, NOT_HELD: HELD}


def main(
    responses: Path,
    perspective_profiles: Path,
    perspective_items: Path,
    perspective_phases: Path,
    response_surfaces: Path,
    statements: Path,
    perspective_statements: Path,
) -> None:
    dataset = Dataset(responses)
    paths = {
        "perspective_profiles": perspective_profiles,
        "perspective_items": perspective_items,
        "perspective_phases": perspective_phases,
        "response_surfaces": response_surfaces,
    }
    tables = {name: between_both(read_table(path)) for name, path in paths.items()}
    rows = [row for entry in read_yaml(statements, statements.name) for row in judged(entry, tables)]
    frame = pd.DataFrame(rows).reindex(columns=COLUMNS).assign(dataset=dataset.name)
    text = ["text", "perspective", "perspective_2", "form", "outcome", "what", "method", "note"]
    frame = frame.astype(dict.fromkeys(text, object)).fillna(dict.fromkeys(text, ""))
    inputs = [responses, *paths.values(), statements]
    settings = {"statements": statements.name, "held": "where the whole interval lies where the statement says"}
    write_table(dataset.mark_provisional(frame), perspective_statements, settings=settings, inputs=inputs)


def between_both(table: pd.DataFrame) -> pd.DataFrame:
    """Rows on clients and therapists, and rows that say why there are none."""
    if "form" not in table:
        return table
    return table[(table["perspective"] == CLIENT) & (table["perspective_2"] == THERAPIST)]


def judged(entry: dict[str, Any], tables: dict[str, pd.DataFrame]) -> list[dict]:
    """One row per measure, form and outcome; one row with the reason where nothing bears on the statement."""
    about = {"statement": entry["name"]} | {name: entry[name] for name in ("text", "who", "cited", "source")}
    nothing = {"statistic": "not_testable", "estimate": np.nan, "verdict": NOT_TESTABLE}
    if "why_not" in entry:
        return [about | nothing | {"note": entry["why_not"]}]
    found = []
    for measure in entry["measures"]:
        table = tables[measure["table"]]
        rows = rows_of(measure, table)
        common = about | {"what": measure["what"]}
        if rows.empty:
            found.append(common | nothing | {"note": reason_in(table) or f"needs {measure['needs']}"})
        for row in rows.to_dict("records"):
            verdict = verdict_of(measure, row, table)
            kept = {name: row[name] for name in COLUMNS if name in row}
            note = row["note"] or ("no interval" if verdict == NOT_TESTABLE else "")
            found.append(common | kept | {"verdict": verdict, "note": note})
    return found


def rows_of(measure: dict[str, Any], table: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table that a measure names."""
    if "form" not in table:
        return table[:0]
    rows = table[table["statistic"] == measure["statistic"]]
    for name in ("phase", "facet", "category"):
        if name in measure:
            rows = rows[rows[name] == measure[name]]
    if "part" in rows:  # surfaces of an outcome at each session are about sessions
        rows = rows[rows["part"].isna() | rows["part"].eq("dyads")]
    return rows.assign(note=rows["note"].fillna(""))


def reason_in(table: pd.DataFrame) -> str:
    """Why a whole table has no number."""
    if "form" in table and table["estimate"].notna().any():
        return ""
    notes = table["note"].dropna().tolist()
    return notes[0] if notes else NO_FORM


def verdict_of(measure: dict[str, Any], row: dict, table: pd.DataFrame) -> str:
    """What the row says of the statement."""
    if pd.isna(row["estimate"]):
        return NOT_TESTABLE
    if measure["held"] == "not_congruent":
        keys = ["form", "outcome"]
        same = (table[keys] == [row[key] for key in keys]).all(axis=1) & (table["statistic"] == "congruence_broad")
        claims = table.loc[same, "verdict"].tolist()
        return OPPOSITE.get(claims[0], claims[0]) if claims else NOT_TESTABLE
    above = measure["held"] == "above"
    if measure["held"] == "gap":
        mean = table[(table["statistic"] == "mean_item_gap") & (table["form"] == row["form"])]
        mean = mean[blank(mean["category"])]["estimate"]
        above = bool(mean.iloc[0] > 0) if len(mean) else True
    limits = {"limit": measure.get("limit", 0.0), "otherwise": measure.get("otherwise")}
    return verdict_of_interval(row["lower"], row["upper"], above=above, **limits)


if __name__ == "__main__":
    job(main, snakemake)
