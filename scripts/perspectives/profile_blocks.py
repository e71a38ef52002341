"""What the section on two perspectives says of profiles, items and phases."""

import numpy as np
import pandas as pd

from perspectives.mirrored import blank, phases_in_words
from pipeline.report.blocks import Block, Folded, Heading, Note, Sentences, Table, under
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    count,
    equal_to,
    number,
    p_value,
    percent,
    remark,
    side_of,
    with_interval,
)
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.perspectives.asymmetry import CHANGE, EARLY, LATE

PAIR = ["perspective", "perspective_2", "form"]
INFERENCE = ("voice", "inference about other")


def profile_blocks(results: Results) -> list[Block]:
    """Sentences and a table on the profiles; the reason alone where there are none."""
    say, rows = words("perspective_profiles"), results.table("perspective_profiles")
    if "form" not in rows:
        return [Heading(say.heading("profiles")), Sentences([say.nothing(rows["note"].iloc[0])])]
    flat = rows[rows["statistic"] == "flat_profiles"]
    found = by_statistic(rows[rows["statistic"] != "flat_profiles"], PAIR)
    facts = [profile_facts(keys, own, flat, results.labels) for keys, own in found]
    return under(
        say.heading("profiles"),
        Sentences([say.how_to_read_profiles(), *map(say.profile, facts)]),
        profiles_table(found, results.labels),
    )


def profile_facts(keys: dict, rows: dict[str, dict], flat: pd.DataFrame, labels: dict[str, str]) -> dict:
    """What is said of the profiles of one form."""
    d2, beyond = rows.get("profile_d2", ABSENT), rows.get("distinctive_shape_r_beyond_chance", ABSENT)
    same = flat[(flat["form"] == keys["form"]) & flat["perspective"].isin([keys["perspective"], keys["perspective_2"]])]
    same = same[same["perspective_2"].isin([keys["perspective"], keys["perspective_2"]])]
    return {
        "label": name_of(keys, labels),
        "first": keys["perspective"],
        "second": keys["perspective_2"],
        "why_not": d2["note"] if pd.isna(d2["estimate"]) else "",
        "shares": {name: rows.get(f"profile_{name}_share", ABSENT) for name in ("elevation", "scatter", "shape")},
        "percent": percent,
        "r": rows.get("shape_r", ABSENT),
        "distinctive": rows.get("distinctive_shape_r", ABSENT),
        "beyond": {"p": np.nan} | beyond,
        "p_value": equal_to(beyond.get("p", np.nan)),
        "closer": side_of(beyond),
        "flat": int(same["estimate"].sum()),
    }


def profiles_table(found: list[tuple[dict, dict[str, dict]]], labels: dict[str, str]) -> Table:
    """One row per form."""
    head = ["Form", "Dyads", "D²/k", "Pseudo-dyads", "Elevation", "Scatter", "Shape", "Shape r"]
    head += ["Pseudo-dyads", "Distinctive r", "Pseudo-dyads", "p", "Mean profiles r", "Remark"]
    table = Table(head, source="perspectives/profiles.csv")
    for keys, own in found:
        d2, distinctive = own.get("profile_d2", ABSENT), own.get("distinctive_shape_r", ABSENT)
        table.rows.append(
            [
                name_of(keys, labels),
                count(d2.get("n", np.nan)),
                with_interval(d2, number),
                with_interval(own.get("profile_d2_by_chance", ABSENT), number),
                *(
                    with_interval(own.get(f"profile_{name}_share", ABSENT), percent)
                    for name in ("elevation", "scatter", "shape")
                ),
                with_interval(own.get("shape_r", ABSENT)),
                with_interval(own.get("shape_r_by_chance", ABSENT)),
                with_interval(distinctive),
                with_interval(own.get("distinctive_shape_r_by_chance", ABSENT)),
                p_value(own.get("distinctive_shape_r_beyond_chance", {}).get("p", np.nan)),
                with_interval(own.get("mean_profile_r", ABSENT)),
                remark(d2, distinctive),
            ]
        )
    return table


def item_blocks(results: Results) -> list[Block]:
    """Sentences, figure and tables on items and on what they ask."""
    say, rows = words("perspective_profiles"), results.table("perspective_items")
    if "form" not in rows:
        return []
    told: list[str] = []
    for keys, own in parts_of(rows):
        told.append(say.items(item_facts(keys, own, results.labels)))
        told += inference_sentences(keys, own, results.labels)
    content = content_table(rows, results.labels)
    single = items_table(rows, parameters_of_items(results), results.labels)
    blocks: list[Block] = [Heading(say.heading("items")), Sentences(told), *results.figure("perspective_items")]
    if single.rows:
        blocks.append(Folded(say.heading("single"), [Note(say.how_to_read_single()), single]))
    if content.rows:
        blocks.append(Folded(say.heading("content"), [Note(say.how_to_read_content()), content]))
    return blocks


def parts_of(rows: pd.DataFrame) -> list[tuple[dict, pd.DataFrame]]:
    """The rows of each form and pair of perspectives."""
    return [(dict(zip(PAIR, keys, strict=True)), own) for keys, own in rows.groupby(PAIR, sort=False)]


def item_facts(keys: dict, rows: pd.DataFrame, labels: dict[str, str]) -> dict:
    """What is said of the items of one form."""
    of_all = rows[blank(rows["category"]) & blank(rows["item"])]
    summary = of_all.drop_duplicates("statistic").set_index("statistic").to_dict("index")
    gaps = rows[(rows["statistic"] == "item_gap") & ~blank(rows["item"]) & rows["estimate"].notna()]
    mean = summary.get("mean_item_gap", ABSENT)
    reasons = [mean["note"], *rows.loc[rows["statistic"] == "item_gap", "note"]]
    ends = {"widest": None, "narrowest": None}
    if len(gaps) > 1:
        ends = {
            name: {"name": item_number(row["item"]), "row": row}
            for name, row in (
                ("widest", gaps.loc[gaps["estimate"].idxmax()].to_dict()),
                ("narrowest", gaps.loc[gaps["estimate"].idxmin()].to_dict()),
            )
        }
    return {
        "label": name_of(keys, labels),
        "first": keys["perspective"],
        "second": keys["perspective_2"],
        "why_not": "" if pd.notna(mean["estimate"]) else next(filter(None, reasons), "no item was answered"),
        "mean": mean,
        "spread": summary.get("item_gap_spread", ABSENT),
        "two": number,
        **ends,
    }


def inference_sentences(keys: dict, rows: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """How items that ask for an inference about the other compare with the others; nothing where none is coded."""
    facet, category = INFERENCE
    own = rows[(rows["facet"] == facet) & (rows["category"] == category) & rows["estimate"].notna()]
    found = own.drop_duplicates("statistic").set_index("statistic").to_dict("index")
    if "difference_item_gap" not in found:
        return []
    facts = {"label": name_of(keys, labels), "two": number, "gap": found["difference_item_gap"]}
    return [words("perspective_profiles").inference(facts | {"r": found.get("difference_item_r")})]


def parameters_of_items(results: Results) -> dict[tuple, float]:
    """How much loading and intercept of items would differ, the first minus the second, by pair, form, item, step."""
    if not results.has("invariance_items"):
        return {}
    rows = results.table("invariance_items")
    if "design" not in rows:
        return {}
    own = rows[(rows["design"] == "perspectives") & (rows["statistic"] == "expected_change")]
    return {
        (*(row[name] for name in PAIR), row["item"], row["step"]): row["estimate"]
        * (1 if row["unit"] == row["perspective"] else -1)
        for row in own.to_dict("records")
    }


def items_table(rows: pd.DataFrame, parameters: dict[tuple, float], labels: dict[str, str]) -> Table:
    """One row per item: what is observed, and how loading and intercept differ where invariance was tested."""
    head = [
        "Form",
        "Item",
        "Dyads",
        "Gap",
        "SD ratio",
        "r of both",
        "Gap in item-rest r",
        "Loading",
        "Intercept",
        "Remark",
    ]
    table = Table(head, source="perspectives/items.csv")
    single = rows[~blank(rows["item"]) & blank(rows["facet"])]
    for keys, own in by_statistic(single, [*PAIR, "item"]):
        gap = own.get("item_gap", ABSENT)
        table.rows.append(
            [
                name_of(keys, labels),
                item_number(keys["item"]),
                count(gap.get("n", np.nan)),
                with_interval(gap, number),
                with_interval(own.get("item_sd_ratio", ABSENT), number),
                with_interval(own.get("item_r", ABSENT)),
                with_interval(own.get("item_rest_gap", ABSENT)),
                *(number(parameters.get((*keys.values(), step), np.nan)) for step in ("loadings", "intercepts")),
                remark(gap, own.get("item_r", ABSENT)),
            ]
        )
    return table


def content_table(rows: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per form and category: differences from all other items."""
    head = ["Form", "Facet", "Category", "Items", "Gap", "r of both", "Gap in item-rest r", "Remark"]
    table = Table(head, source="perspectives/items.csv")
    names = ["difference_item_gap", "difference_item_r", "difference_item_rest_gap"]
    chosen = rows[rows["statistic"].isin(names) & ~blank(rows["category"])]
    for keys, own in by_statistic(chosen, [*PAIR, "facet", "category"]):
        gap, r, weight = (own.get(name, ABSENT) for name in names)
        table.rows.append(
            [
                name_of(keys, labels),
                keys["facet"],
                keys["category"],
                count(gap.get("n", np.nan)),
                with_interval(gap, number),
                with_interval(r),
                with_interval(weight),
                remark(gap),
            ]
        )
    return table


def phase_blocks(results: Results) -> list[Block]:
    """Sentences and a table on early and late; the reason alone where there is one session."""
    say, rows = words("perspective_profiles"), results.table("perspective_phases")
    if "form" not in rows:
        return [Heading(say.heading("phases")), Sentences([say.nothing(rows["note"].iloc[0])])]
    table = Table(
        ["Form", "Phase", "Dyads", "Gap", "Distance", "Variance ratio", "r", "Remark"],
        source="perspectives/phases.csv",
    )
    told = []
    for keys, own in parts_of(rows):
        phases = {phase: part.set_index("statistic").to_dict("index") for phase, part in own.groupby("phase")}
        told.append(say.phase(phase_facts(keys, phases, results.labels)))
        for phase in (EARLY, LATE, CHANGE):
            part = phases.get(phase, {})
            gap, distance, ratio, r = (
                part.get(f"phase_{name}", ABSENT) for name in ("gap", "distance", "variance_ratio", "r")
            )
            if part:
                table.rows.append(
                    [
                        name_of(keys, results.labels),
                        phase,
                        count(gap.get("n", np.nan)),
                        *(with_interval(row, number) for row in (gap, distance, ratio)),
                        with_interval(r),
                        remark(gap, r),
                    ]
                )
    return under(
        say.heading("phases"), Sentences([say.how_to_read_phases(phases_in_words(results.dataset)), *told]), table
    )


def phase_facts(keys: dict, phases: dict[str, dict[str, dict]], labels: dict[str, str]) -> dict:
    """What is said of one total early and late."""
    change = phases.get(CHANGE, {})
    distance = change.get("phase_distance", ABSENT)
    reason = change.get("phase_gap", ABSENT)["note"] or "the distance of both ratings is not known"
    return {
        "label": name_of(keys, labels),
        "why_not": reason if pd.isna(distance["estimate"]) else "",
        "eases": -side_of(distance),
        "early": phases.get(EARLY, {}).get("phase_distance", ABSENT),
        "late": phases.get(LATE, {}).get("phase_distance", ABSENT),
        "change": distance,
        "r": change.get("phase_r", ABSENT),
        "two": number,
    }


def name_of(keys: dict, labels: dict[str, str]) -> str:
    """`WAI-S`; with the perspectives where they are not client and therapist."""
    label = labels[keys["form"]]
    who = keys["perspective"], keys["perspective_2"]
    return label if who == ("client", "therapist") else f"{label} ({who[0]} and {who[1]})"


def item_number(item: str) -> str:
    """`4` of `wai_s_04`."""
    return str(int(item.rpartition("_")[2]))
