"""Part of the section on the course: ruptures and repairs, who sees the same ones, and how they go with the outcome."""

import numpy as np
import pandas as pd

from course.criterion_names import criterion_name, in_a_list, in_a_sentence
from pipeline.data.tables import with_text
from pipeline.report.blocks import Block, Folded, Heading, Listing, Note, Sentences, Table
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    count,
    equal_to,
    estimate_of,
    number,
    p_value,
    percent,
    remark,
    with_interval,
)
from pipeline.report.results import Results
from pipeline.report.wording import words

KEYS = ["form", "perspective"]
ALL = "all"
TEXT = ("criterion", "criterion_2", "perspective_2", "outcome", "length")
SIGNIFICANT = 0.05


def rupture_blocks(results: Results) -> list[Block]:
    """Sentences, both figures and tables; the reason alone where no rupture can be looked for."""
    if not results.has("course_ruptures"):
        return []
    say, rows = words("ruptures"), filled(results.table("course_ruptures"))
    heading = Heading(say.heading("ruptures"))
    if "form" not in rows:
        return [heading, Sentences([say.nothing(rows["note"].iloc[0])])]
    judged, reasons = told(results, rows)
    if not judged:
        return [heading, Sentences([say.nothing(reasons[0])])]
    settings = results.config["ruptures"]
    whole, by_length = rates_table(rows, results.labels, whole=True), rates_table(rows, results.labels, whole=False)
    return [
        heading,
        Listing(judged),
        *results.figure("ruptures"),
        whole,
        Note(how_to_read(settings)),
        *([Folded(say.heading("lengths"), [by_length])] if by_length.rows else []),
        *results.figure("single_courses"),
        Folded(
            say.heading("repairs"),
            [Note(say.how_to_read_repairs(settings["repair"])), repairs_table(rows, results.labels)],
        ),
        *agreement_blocks(results),
        *outcome_blocks(results),
    ]


def how_to_read(settings: dict) -> str:
    """What is expected, and what the criteria are."""
    depths = [f"{depth:g}" for depth in sorted(settings["depths"])]
    level = {"trend": "a straight line", "mean": "its mean"}[settings["level"]]
    limit = f"{settings['limit']:g}"
    return words("ruptures").how_to_read_ruptures(settings["sets"], settings["before"], limit, depths, level)


def filled(rows: pd.DataFrame) -> pd.DataFrame:
    """Empty text where a row, or the whole table, has none."""
    return with_text(rows, *TEXT)


def told(results: Results, rows: pd.DataFrame) -> tuple[list[str], list[str]]:
    """One passage for each form and perspective with courses that are long enough, and reasons of the others."""
    say, sentences, reasons = words("ruptures"), [], []
    fewest = results.config["ruptures"]["fewest"]
    for (form, who), own in rows.groupby(KEYS, sort=False):
        people = own.set_index("statistic")["estimate"]
        if not people["dyads_judged"]:
            reasons.append(own["note"].iloc[-1])
            continue
        whole = own[own["length"] == ALL]
        ratios = whole[(whole["statistic"] == "rupture_ratio") & whole["estimate"].notna()]
        shares = whole[whole["statistic"] == "ruptured_share"].set_index("criterion")["estimate"]
        named = [(in_a_sentence(name), shares[name]) for name in (shares.idxmin(), shares.idxmax())]
        above = [
            (in_a_list(row["criterion"]), with_interval(row, number), equal_to(row["p_holm"]))
            for row in ratios.to_dict("records")
            if row["p_holm"] < SIGNIFICANT
        ]
        why_not = "" if len(ratios) else whole.loc[whole["statistic"] == "rupture_ratio", "note"].iloc[0]
        ends = [number(value) for value in (ratios["estimate"].min(), ratios["estimate"].max())]
        numbers = int(people["dyads_judged"]), int(people["dyads_judged"] + people["dyads_too_short"])
        name = f"{results.labels[form]}, {who}"
        sentences.append(say.ruptures(name, *numbers, fewest, why_not, above, *ends, *named))
    return sentences, reasons


def rates_table(rows: pd.DataFrame, labels: dict[str, str], *, whole: bool) -> Table:
    """One row per form, perspective and criterion, over all lengths or by classes of them."""
    head = ["Form", "Answered by", "Criterion", *([] if whole else ["Rated sessions", "Dyads"]), "Sessions", "Seen"]
    head += [
        "Expected",
        "Seen / expected",
        "p",
        *(["p (Holm)"] if whole else []),
        "Dyads with one",
        "With one expected",
    ]
    table = Table([*head, "Remark"], source="course/ruptures.csv")
    rates = rows[(rows["criterion"] != "") & ((rows["length"] == ALL) == whole)]
    for keys, own in by_statistic(rates, [*KEYS, "criterion", "length"]):
        if "rupture_ratio" not in own:
            continue
        ratio = own["rupture_ratio"]
        table.rows.append(
            [
                labels[keys["form"]],
                keys["perspective"],
                criterion_name(keys["criterion"]),
                *([] if whole else [keys["length"], count(ratio["n"])]),
                count(ratio["sessions"]),
                count(estimate_of(own, "ruptures_seen")),
                number(estimate_of(own, "ruptures_expected"), 1),
                with_interval(ratio, number),
                p_value(ratio["p"]),
                *([p_value(ratio["p_holm"])] if whole else []),
                *(percent(estimate_of(own, name)) for name in ("ruptured_share", "ruptured_expected")),
                remark(ratio),
            ]
        )
    return table


def repairs_table(rows: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per form, perspective and criterion."""
    head = ["Form", "Answered by", "Criterion", "Depth (points)", "Repaired", "Repaired in steady courses"]
    table = Table([*head, "Sessions until then", "Ruptures judged", "Remark"], source="course/ruptures.csv")
    for keys, own in by_statistic(rows[rows["length"] == ALL], [*KEYS, "criterion"]):
        if "rupture_repaired" not in own:
            continue
        repaired = own["rupture_repaired"]
        table.rows.append(
            [
                labels[keys["form"]],
                keys["perspective"],
                criterion_name(keys["criterion"]),
                with_interval(own.get("rupture_magnitude", ABSENT), number),
                with_interval(repaired, percent),
                percent(estimate_of(own, "repaired_expected")),
                with_interval(own.get("rupture_length", ABSENT), number),
                count(repaired["n"]),
                remark(repaired),
            ]
        )
    return table


def agreement_blocks(results: Results) -> list[Block]:
    """Perspectives, then criteria."""
    if not results.has("course_rupture_agreement"):
        return []
    say, rows = words("ruptures"), filled(results.table("course_rupture_agreement"))
    if "form" not in rows:
        return []
    blocks: list[Block] = [Heading(say.heading("agreement"))]
    shared = rows[rows["statistic"].str.startswith("rupture_shared")]
    table = Table(
        [
            "Form",
            "Flagged by ratings of",
            "Also flagged by",
            "Criterion",
            "Dyads",
            "Sessions flagged",
            "Shared",
            "By chance",
            "Beyond chance",
            "p",
            "Remark",
        ],
        source="course/rupture_agreement.csv",
    )
    unknown: dict[tuple, str] = {}
    for keys, own in by_statistic(shared, [*KEYS, "perspective_2", "criterion", "criterion_2"]):
        share, chance, beyond = (
            own.get(f"rupture_shared{end}", ABSENT) for end in ("", "_by_chance", "_beyond_chance")
        )
        if not keys["criterion"]:
            pair = sorted([keys["perspective"], keys["perspective_2"]])
            unknown[results.labels[keys["form"]], *pair] = share["note"]
            continue
        table.rows.append(
            [
                results.labels[keys["form"]],
                keys["perspective"],
                keys["perspective_2"],
                criterion_name(keys["criterion"]),
                count(share["n"]),
                count(share["sessions"]),
                with_interval(share, percent),
                with_interval(chance, percent),
                with_interval(beyond, percent),
                p_value(beyond.get("p", np.nan)),
                remark(share),
            ]
        )
    told = shared_sentences(results, shared)
    told += [say.shared_unknown(*names, reason) for names, reason in unknown.items()]
    blocks += [Listing(told)] if told else []
    blocks += [table] if table.rows else []
    blocks.append(Note(say.how_to_read_agreement(results.config["ruptures"]["window"])))
    kappas = kappa_table(rows[rows["statistic"] == "rupture_kappa"], results.labels)
    return [*blocks, Folded(say.heading("kappa"), [kappas])] if kappas.rows else blocks


def shared_sentences(results: Results, shared: pd.DataFrame) -> list[str]:
    """One for each pair of perspectives, by the criterion that flags the most sessions of both."""
    say, found = words("ruptures"), []
    for (form, who, other), own in shared.groupby([*KEYS, "perspective_2"], sort=False):
        known = own[own["estimate"].notna()]
        if known.empty:
            continue
        for criterion, rows in known.groupby("criterion", sort=False):
            by = rows.set_index("statistic")
            if criterion.endswith("_stricter") and "rupture_shared" in by.index:
                beyond = by.loc["rupture_shared_beyond_chance"]
                found.append(
                    say.shared(
                        results.labels[form],
                        in_a_sentence(criterion),
                        who,
                        other,
                        by.loc["rupture_shared", "estimate"],
                        by.loc["rupture_shared_by_chance", "estimate"],
                        beyond["estimate"],
                        equal_to(beyond["p"]),
                    )
                )
    return found


def kappa_table(rows: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per pair of criteria."""
    head = ["Form", "Answered by", "Criterion", "Other criterion", "Sessions", "Kappa", "Remark"]
    table = Table(head, source="course/rupture_agreement.csv")
    for row in rows.to_dict("records"):
        if row["criterion"]:
            table.rows.append(
                [
                    labels[row["form"]],
                    row["perspective"],
                    criterion_name(row["criterion"]),
                    criterion_name(row["criterion_2"]),
                    count(row["sessions"]),
                    with_interval(row),
                    remark(row),
                ]
            )
    return table


def outcome_blocks(results: Results) -> list[Block]:
    """One passage for each outcome, and a table."""
    if not results.has("course_rupture_outcome"):
        return []
    say, rows = words("ruptures"), filled(results.table("course_rupture_outcome"))
    heading = Heading(say.heading("outcome"))
    if rows["outcome"].eq("").all():
        return [heading, Sentences([say.outcome_unknown(rows["note"].iloc[0])])]
    known = rows[rows["outcome"] != ""]
    told = []
    for outcome, own in known.groupby("outcome", sort=False):
        apart = {end: leaving_out_zero(own, f"rupture_outcome_r_{end}", results) for end in ("given_mean", "partial")}
        only = [name for name in apart["partial"] if name not in apart["given_mean"]]
        told.append(say.outcome(results.variables[outcome], list(apart["given_mean"].items()), only))
    table = Table(
        [
            "Outcome",
            "Form",
            "Answered by",
            "Criterion",
            "n",
            "r",
            "Sessions and baseline held constant",
            "Mean rating as well",
            "Remark",
        ],
        source="course/rupture_outcome.csv",
    )
    for keys, own in by_statistic(known, ["outcome", *KEYS, "criterion"]):
        plain, partial, given = (own.get(f"rupture_outcome_r{end}", ABSENT) for end in ("", "_partial", "_given_mean"))
        table.rows.append(
            [
                results.variables[keys["outcome"]],
                results.labels[keys["form"]],
                keys["perspective"],
                criterion_name(keys["criterion"]),
                count(plain["n"]),
                *map(with_interval, (plain, partial, given)),
                remark(plain, partial, given),
            ]
        )
    return [heading, Listing(told), table]


def leaving_out_zero(rows: pd.DataFrame, statistic: str, results: Results) -> dict[str, dict]:
    """Form and criterion -> row, of correlations whose interval leaves out 0."""
    own = rows[(rows["statistic"] == statistic) & rows["lower"].notna()]
    return {
        f"{results.labels[row['form']]}, {row['perspective']} ({in_a_sentence(row['criterion'])})": row
        for row in own.to_dict("records")
        if row["lower"] > 0 or row["upper"] < 0
    }
