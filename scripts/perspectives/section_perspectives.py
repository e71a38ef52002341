"""The section on two perspectives: who rates higher, how far both agree, and whose doing a rating is."""

import numpy as np
import pandas as pd

from perspectives import shown_tables as shown
from perspectives.pairing import PERCENT, POINTS
from perspectives.profile_blocks import item_blocks, phase_blocks, profile_blocks
from perspectives.statement_blocks import statement_blocks
from perspectives.surface_blocks import surface_blocks
from perspectives.truth_blocks import partner_blocks, truth_blocks
from pipeline.data.dataset import TOTAL
from pipeline.report.blocks import Block, Sentences, under
from pipeline.report.numbers import ABSENT, cannot_be_told, number, percent, side_of, turned
from pipeline.report.results import Results
from pipeline.report.wording import words

UNITS = {POINTS: "points", PERCENT: "percent of the range"}
CLIENT_AND_THERAPIST = ("client", "therapist")


def section(results: Results) -> list[Block]:
    """Sentences, figure and tables; the reason alone where nothing can be compared."""
    say, labels = words("perspectives"), results.labels
    levels, many = results.table("perspective_levels"), results.table("one_with_many")
    if "form" not in levels:
        return [Sentences([say.nothing(levels["note"].iloc[0])])]
    own = at_one_session(results, levels)
    compared = [level_facts(keys, rows, labels) for keys, rows in shown.of_both(own) if keys["scale"] == TOTAL]
    told = [say.intro(results.occasion, results.config["level"]), *map(say.total, compared)]
    table = shown.levels_table(own, labels)
    return [
        Sentences([*told, *beside_published(results, compared)]),
        *results.figure("perspectives"),
        table,
        *under(say.heading("sessions"), shown.sessions_table(levels, labels)),
        *many_blocks(results, many),
        *truth_blocks(results),
        *partner_blocks(results),
        *items_and_outcome(results),
    ]


def items_and_outcome(results: Results) -> list[Block]:
    """Profiles, items, phases, response surfaces and statements, whose tables are made together."""
    parts = (profile_blocks, item_blocks, phase_blocks, surface_blocks, statement_blocks)
    return [block for part in parts for block in part(results)] if results.has("perspective_profiles") else []


def at_one_session(results: Results, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of the chosen occasion, without those over all sessions."""
    chosen = results.dataset.results_at_occasion(rows)
    return chosen[chosen["session"].notna()] if "session" in chosen else chosen


def level_facts(keys: dict, rows: dict[str, dict], labels: dict[str, str]) -> dict:
    """What is said of a total."""
    difference = rows.get("mean_difference", ABSENT)
    missing = pd.isna(difference["estimate"])
    higher = side_of(difference) if pd.notna(difference.get("lower", np.nan)) else None
    if higher == -1:
        difference = turned(difference)
    return {
        "label": shown.form_name(keys, labels),
        "first": keys["perspective"],
        "second": keys["perspective_2"],
        "why_not": difference["note"] if missing else "",
        "higher": higher,
        "difference": difference,
        "unit": UNITS.get(difference.get("unit"), "points"),
        "show": shown.show_points(difference),
        "two": number,
        "d": rows.get("d_pooled", ABSENT),
        "r": rows.get("r_pearson", ABSENT),
        "icc": rows.get("icc_a1", ABSENT),
        "mirrored": difference.get("unit") != PERCENT,
    }


def beside_published(results: Results, compared: list[dict]) -> list[str]:
    """Published differences of clients and therapists, and which of them the intervals of the totals hold."""
    studies = results.file("published_perspectives")
    held = {}
    for facts in compared:
        d = facts["d"]
        if (facts["first"], facts["second"]) == CLIENT_AND_THERAPIST and pd.notna(d.get("lower", np.nan)):
            held[facts["label"]] = [study["cited"] for study in studies if d["lower"] <= study["d"] <= d["upper"]]
    return [words("perspectives").published(studies, held)] if held else []


def many_blocks(results: Results, many: pd.DataFrame) -> list[Block]:
    """Therapists with many clients: sentences on the totals, and a table."""
    if "form" not in many:
        return []
    say = words("perspectives")
    told = [
        say.many(many_facts(keys, own, results.labels)) for keys, own in shown.of_both(many) if keys["scale"] == TOTAL
    ]
    repeated = many["statistic"].eq("share_session").any()
    how = say.how_to_read_many(repeated)
    return under(say.heading("many"), Sentences([how, *told]), shown.many_table(many, results.labels))


def many_facts(keys: dict, rows: dict[str, dict], labels: dict[str, str]) -> dict:
    """Shares of both perspectives and reciprocities of a total."""
    facts = {
        place: {name: rows.get(f"{role}.share_{name}", ABSENT) for name in ("therapist", "dyad", "session")}
        for place, role in zip(CLIENT_AND_THERAPIST, ("first", "second"), strict=True)
    }
    returned = {name: rows.get(f"{name}_reciprocity") for name in ("generalized", "dyadic", "session")}
    nothing = all(pd.isna(row["estimate"]) for row in rows.values())
    notes = [row["note"] for row in rows.values() if row["note"]]
    return {
        "label": shown.form_name(keys, labels),
        "why_not": notes[0] if nothing and notes else "",
        "percent": percent,
        "untold": [name for name, row in returned.items() if row is not None and cannot_be_told(row)],
        **facts,
        **returned,
    }
