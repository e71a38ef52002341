"""Parts of the section on two perspectives: truth and bias, actor and partner."""

import numpy as np
import pandas as pd

from perspectives.pairing import PERCENT
from perspectives.relate_partners import AT_ONE, SPLIT
from perspectives.shown_tables import form_name, show_points
from pipeline.report.blocks import Block, Heading, Listing, Note, Sentences, Table, under
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    cannot_be_told,
    count,
    number,
    remark,
    side_of,
    turned,
    with_interval,
)
from pipeline.report.results import Results
from pipeline.report.wording import words

PAIR = ["perspective", "perspective_2", "form", "form_2", "scale"]
OF_OUTCOME = [*PAIR, "outcome", "alliance", "part"]
PATTERNS = {1.0: "1 (couple)", 0.0: "0 (actor only)", -1.0: "−1 (contrast)"}
PARTS = {"within": "within dyads", "between": "between dyads"}


def truth_blocks(results: Results) -> list[Block]:
    """Who rates lower and who follows whom: sentences, figure and table."""
    if not results.has("truth_and_bias"):
        return []
    say, rows = words("truth_and_bias"), results.table("truth_and_bias")
    heading = say.heading("truth")
    if "form" not in rows:
        return [Heading(heading), Sentences([say.nothing_of_truth(rows["note"].iloc[0])])]
    told = [say.truth(truth_facts(keys, own, results.labels)) for keys, own in by_statistic(rows, PAIR)]
    return under(
        heading,
        Note(say.how_to_read_truth()),
        Listing(told),
        *results.figure("truth_and_bias"),
        truth_table(rows, results.labels),
    )


def truth_facts(keys: dict, rows: dict[str, dict], labels: dict[str, str]) -> dict:
    """What is said of one judge."""
    bias, together = rows["directional_bias"], rows.get("bias_tracking_correlation_dyad", ABSENT)
    side = side_of(bias)
    size = turned(bias) if side < 0 else bias
    return {
        "label": form_name(keys, labels),
        "judge": keys["perspective"],
        "truth": keys["perspective_2"],
        "why_not": bias["note"] if pd.isna(bias["estimate"]) else "",
        "bias": bias,
        "size": size,
        "side": side,
        "unit": "percent of the range" if bias.get("unit") == PERCENT else "points",
        "show": show_points(bias),
        "two": number,
        "within": rows.get("tracking_within", ABSENT),
        "corrected": rows.get("tracking_within_corrected", ABSENT),
        "between": rows.get("tracking_between", ABSENT),
        "change": rows.get("tracking_within_change", ABSENT),
        "together": together,
        "untold": cannot_be_told(together),
    }


def truth_table(rows: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per scale and judge."""
    table = Table(
        [
            "Form",
            "Judge",
            "Truth",
            "Scale",
            "Dyads",
            "Bias",
            "Late minus early",
            "Tracking over sessions",
            "Corrected",
            "Late minus early",
            "Tracking between dyads",
            "SD over dyads: bias",
            "tracking",
            "Correlation",
            "Remark",
        ],
        source="perspectives/truth_and_bias.csv",
    )
    for keys, own in by_statistic(rows, PAIR):
        bias, within = own["directional_bias"], own.get("tracking_within", ABSENT)
        show = show_points(bias)
        further = [
            own.get(name, ABSENT)
            for name in ("tracking_within_corrected", "tracking_within_change", "tracking_between")
        ]
        sds = [own.get(f"{name}_dyad", ABSENT) for name in ("bias_sd", "tracking_sd")]
        together = own.get("bias_tracking_correlation_dyad", ABSENT)
        table.rows.append(
            [
                form_name(keys, labels),
                keys["perspective"],
                keys["perspective_2"],
                keys["scale"],
                count(bias.get("dyads", np.nan)),
                with_interval(bias, show),
                with_interval(own.get("directional_bias_change", ABSENT), show),
                with_interval(within, number),
                *(with_interval(row, number) for row in further),
                with_interval(sds[0], show),
                with_interval(sds[1], number),
                with_interval(together),
                remark(bias, within, together),
            ]
        )
    return table


def partner_blocks(results: Results) -> list[Block]:
    """Whose alliance counts for the outcome: sentences and table."""
    if not results.has("actor_partner"):
        return []
    say, rows = words("truth_and_bias"), results.table("actor_partner")
    heading = say.heading("partners")
    if "form" not in rows:
        return [Heading(heading), Sentences([say.nothing_of_partners(rows["note"].iloc[0])])]
    rows = rows.assign(part=rows["part"].fillna(""))
    paths = rows[rows["statistic"] != "residual_correlation"]
    told = paths[paths["alliance"].isin([AT_ONE, SPLIT])]
    several = len(rows["alliance"].unique()) > 1
    return under(
        heading,
        Note(say.how_to_read_partners(several)),
        Listing([say.partners(partner_facts(keys, own, results)) for keys, own in by_statistic(told, OF_OUTCOME)]),
        partner_table(rows, results),
    )


def outcome_name(name: str, results: Results) -> str:
    """How an outcome is called."""
    return results.variables.get(name) or results.dataset.over_sessions.get(name, name)


def partner_facts(keys: dict, rows: dict[str, dict], results: Results) -> dict:
    """What is said of one outcome and one part of the alliance."""
    actor, k = rows.get("actor_path_standardized", ABSENT), rows["partner_actor_ratio"]
    held = [name for value, name in PATTERNS.items() if k["lower"] <= value <= k["upper"]]
    return {
        "label": form_name(keys, results.labels),
        "outcome": outcome_name(keys["outcome"], results),
        "part": PARTS.get(keys["part"], ""),
        "whose": f"the {keys['perspective']}s'",
        "others": f"{keys['perspective_2']}s",
        "why_not": k["note"] if pd.isna(actor["estimate"]) else "",
        "actor": actor,
        "partner": rows.get("partner_path_standardized", ABSENT),
        "k": k,
        "held": held,
        "two": number,
    }


def partner_table(rows: pd.DataFrame, results: Results) -> Table:
    """One row per scale, outcome and part of the alliance."""
    table = Table(
        [
            "Form",
            "Scale",
            "Outcome",
            "Of",
            "Alliance",
            "Dyads",
            "Therapists",
            "Actor",
            "Partner",
            "Actor, standardized",
            "Partner, standardized",
            "k",
            "Remark",
        ],
        source="perspectives/actor_partner.csv",
    )
    for keys, own in by_statistic(rows, OF_OUTCOME):
        if "residual_correlation" in own:
            continue
        paths = [
            own.get(f"{path}_path{kind}", ABSENT) for kind in ("", "_standardized") for path in ("actor", "partner")
        ]
        k = own["partner_actor_ratio"]
        table.rows.append(
            [
                form_name(keys, results.labels),
                keys["scale"],
                outcome_name(keys["outcome"], results),
                keys["perspective"],
                PARTS.get(keys["part"], keys["alliance"]),
                count(k.get("dyads", np.nan)),
                count(k.get("therapists", np.nan)),
                *(with_interval(row, number) for row in paths[:2]),
                *(with_interval(row) for row in paths[2:]),
                with_interval(k, number),
                remark(paths[0], k),
            ]
        )
    return table
