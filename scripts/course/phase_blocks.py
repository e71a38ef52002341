"""Part of the section on the course: phases, and which items gain or lose weight."""

from typing import Any

import pandas as pd

from course.growth_blocks import folded, of_scales
from pipeline.data.tables import with_text
from pipeline.report.blocks import Block, Heading, Listing, Note, Sentences, Table
from pipeline.report.numbers import ABSENT, count, number, percent, remark, side_of, with_interval
from pipeline.report.results import Results
from pipeline.report.wording import words

PHASES, ITEMS = "course/phases.csv", "course/items.csv"
CHANGE = "difference_item_weight_change"
# what the interviews made expect: kinds of item, and whether their weight rises (1) or falls (-1) in the course
EXPECTED = {
    ("theme", "therapist's expertise"): ("Items on the therapist's expertise", -1),
    ("domain", "client's experience"): ("Items on the client's experience", 1),
    ("dimension", "affective"): ("Affective items", 1),
}


def phase_blocks(results: Results) -> list[Block]:
    """Sentences, figure and tables; the reason alone where no phases are known."""
    say, rows = words("course"), with_text(results.table("course_phases"), "phase_2")
    if "form" not in rows:
        return [Heading(say.heading("phases")), Sentences([say.no_phases(rows["note"].iloc[0])])]
    names = list(dict.fromkeys(rows.loc[rows["statistic"] == "phase_mean", "phase"]))
    told = [say.phases(phase_facts(results, keys, own, names)) for keys, own in of_scales(rows)]
    blocks: list[Block] = [Heading(say.heading("phases")), Listing(told), *results.figure("course_phases")]
    blocks += [Note(say.how_to_read_phases()), phases_table(results, rows, names)]
    items = with_text(results.table("course_items"), "category", "facet")
    if "form" in items:
        blocks += kind_blocks(results, items)
    return blocks


def pair_of(own: pd.DataFrame, one: str, two: str) -> dict[str, dict]:
    """Rows of a later and an earlier phase, by statistic."""
    same = own[(own["phase"] == one) & (own["phase_2"] == two)]
    return {row["statistic"]: row for row in same.to_dict("records")}


def phase_facts(results: Results, keys: dict, own: pd.DataFrame, names: list[str]) -> dict[str, Any]:
    """What is said of the phases of a total."""
    here = [name for name in names if ((own["phase"] == name) & (own["statistic"] == "phase_mean")).any()]
    found = pair_of(own, here[0], here[-1]) if len(here) > 1 else {}
    change = found.get("phase_change", ABSENT | {"note": "rated in one phase only"})
    return {
        "label": f"{results.labels[keys['form']]}, {keys['perspective']}",
        "why_not": change["note"] if pd.isna(change["estimate"]) else "",
        "first": here[0],
        "last": here[-1],
        "change": change,
        "side": side_of(change),
        "d": found.get("phase_change_d", ABSENT),
        "r": found.get("phase_stability", ABSENT),
        "up": found.get("reliable_increase", ABSENT),
        "down": found.get("reliable_decrease", ABSENT),
        "within": found.get("reliable_change_within", ABSENT),
        "two": number,
        "percent": percent,
    }


def phases_table(results: Results, rows: pd.DataFrame, names: list[str]) -> Table:
    """One row per total: means and alphas of the phases, change from the first to the last."""
    head = ["Form", "Answered by", *(f"Mean, {name}" for name in names), "Dyads", "Change", "SDs", "r"]
    head += ["Rise reliably", "Fall reliably", *(f"α, {name}" for name in names), "Remark"]
    table = Table(head, source=PHASES)
    for keys, own in of_scales(rows):
        here = [name for name in names if ((own["phase"] == name) & (own["statistic"] == "phase_mean")).any()]
        single = own[own["phase_2"] == ""].set_index(["statistic", "phase"]).to_dict("index")
        found = pair_of(own, here[0], here[-1])
        change = found.get("phase_change", ABSENT)
        up = found.get("reliable_increase", ABSENT)
        table.rows.append(
            [
                results.labels[keys["form"]],
                keys["perspective"],
                *(with_interval(single.get(("phase_mean", name), ABSENT), number) for name in names),
                count(change.get("n", float("nan"))),
                with_interval(change, number),
                with_interval(found.get("phase_change_d", ABSENT), number),
                with_interval(found.get("phase_stability", ABSENT)),
                with_interval(up, percent),
                with_interval(found.get("reliable_decrease", ABSENT), percent),
                *(with_interval(single.get(("phase_alpha", name), ABSENT)) for name in names),
                remark(change, up),
            ]
        )
    return table


def kind_blocks(results: Results, items: pd.DataFrame) -> list[Block]:
    """Which kinds of item gain weight: sentences on what was expected, and a table on demand."""
    say = words("course")
    rows = items[items["statistic"] == CHANGE]
    kinds = rows[rows["category"] != ""]
    blocks: list[Block] = [Heading(say.heading("kinds"))]
    if kinds.empty:
        reasons = dict.fromkeys(note for note in rows["note"] if note)
        return [*blocks, Sentences([say.no_kinds("; ".join(reasons) or "no item has a content code")])]
    told = []
    for (facet, category), (name, expected) in EXPECTED.items():
        own = kinds[(kinds["facet"] == facet) & (kinds["category"] == category) & kinds["lower"].notna()]
        several = own[own["n"] > 1]
        told.append(say.kind(name, expected, [fact_of(results, row) for row in several.to_dict("records")]))
    table = Table(
        ["Form", "Answered by", "Facet", "Category", "Items", "Change of weight, compared with the others", "Remark"],
        source=ITEMS,
    )
    for row in kinds.to_dict("records"):
        about = [results.labels[row["form"]], row["perspective"], row["facet"], row["category"], count(row["n"])]
        table.rows.append([*about, with_interval(row, number), row["note"]])
    return [
        *blocks,
        Sentences([say.expected()]),
        Listing(told),
        *folded(say.heading("all_kinds"), say.how_to_read_kinds(), table),
    ]


def fact_of(results: Results, row: dict) -> dict[str, Any]:
    """What is said of a kind of item in one form."""
    return {
        "label": f"{results.labels[row['form']]}, {row['perspective']}",
        "row": row,
        "side": side_of(row),
        "two": number,
    }
