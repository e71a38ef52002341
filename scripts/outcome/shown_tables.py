"""Tables of the report on alliance and outcome."""

import re
from typing import Any

import pandas as pd

from outcome.naming import Names
from pipeline.report.blocks import Table
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    estimate_of,
    number,
    percent,
    percent_as_given,
    remark,
    with_interval,
)

KEYS = ["perspective", "form", "outcome"]
CHANCE = re.compile(r"outcome_r2_(below|above)_(0\.\d+)")
SLOPES = ("within_slope", "between_slope", "context_effect")


def strength_table(strength: pd.DataFrame, names: Names) -> Table:
    """One row per form, outcome and model: r, r², and how often resamples lie below or above published shares."""
    marks = [CHANCE.fullmatch(name) for name in strength["statistic"].unique()]
    shares = [(found[0], f"r² {found[1]} {percent_as_given(float(found[2]))}") for found in marks if found]
    head = ["Form", "Answered by", "Outcome", "Of", "n", "r", "r²", *(f"{text} in" for _, text in shares), "Remark"]
    table = Table(head, source="outcome/strength.csv")
    for keys, rows in by_statistic(strength, [*KEYS, "model"]):
        r, r2 = rows.get("outcome_r", ABSENT), rows["outcome_r2"]
        if pd.isna(r2["estimate"]) and keys["model"] != "final state":
            continue
        table.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                names.outcome(keys),
                keys["model"],
                count(r2["n"]),
                with_interval(r),
                with_interval(r2, percent),
                *(percent(estimate_of(rows, name)) for name, _ in shares),
                remark(r2),
            ]
        )
    return table


def levels_table(levels: pd.DataFrame, names: Names) -> Table:
    """One row per form and outcome, outliers kept: slopes in points, reliability of the means, robustness value."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Outcome",
            "n",
            "Therapists",
            "Slope within",
            "Slope between",
            "Between minus within",
            "Between, latent means",
            "Reliability of the means",
            "Robustness value",
            "Remark",
        ],
        source="outcome/levels.csv",
    )
    for keys, rows in by_statistic(kept(levels), KEYS):
        slopes = [rows.get(name, ABSENT) for name in SLOPES]
        table.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                names.outcome(keys),
                count(slopes[0].get("n", float("nan"))),
                count(slopes[0].get("therapists", float("nan"))),
                *(with_interval(slope, number) for slope in slopes),
                with_interval(rows.get("between_slope_latent", ABSENT), number),
                coefficient(estimate_of(rows, "therapist_mean_reliability")),
                coefficient(estimate_of(rows, "robustness_value")),
                remark(*slopes),
            ]
        )
    return table


def parts_table(levels: pd.DataFrame, names: Names) -> Table:
    """One row per form, outcome and model: therapists' share of what is left, and parts of the whole variance."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Outcome",
            "Predictors",
            "n",
            "Therapists' share",
            "Explained within",
            "Explained between",
            "Therapists beyond it",
        ],
        source="outcome/levels.csv",
    )
    if "model" not in levels:
        return table
    for keys, rows in by_statistic(levels.dropna(subset="model"), [*KEYS, "model"]):
        shares = [rows[name]["estimate"] for name in ("therapist_share", "r2_within", "r2_between", "r2_therapist")]
        table.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                names.outcome(keys),
                keys["model"],
                count(rows["therapist_share"]["n"]),
                *map(percent, shares),
            ]
        )
    return table


def outliers_table(levels: pd.DataFrame, names: Names) -> Table:
    """One row per form, outcome and treatment of low outliers."""
    table = Table(
        ["Form", "Answered by", "Outcome", "Low outliers", "n", "Slope within", "Slope between", "Remark"],
        source="outcome/levels.csv",
    )
    if "treatment" not in levels:
        return table
    slopes = levels[levels["statistic"].isin(SLOPES)].dropna(subset="treatment")
    for keys, rows in by_statistic(slopes, [*KEYS, "treatment"]):
        within, between = rows["within_slope"], rows.get("between_slope", ABSENT)
        table.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                names.outcome(keys),
                keys["treatment"],
                count(within["n"]),
                with_interval(within, number),
                with_interval(between, number),
                remark(within),
            ]
        )
    return table


def kept(levels: pd.DataFrame) -> pd.DataFrame:
    """Rows with outliers kept, and of the means that of all therapists; rows with a reason stay."""
    rows = levels.reindex(columns=list(dict.fromkeys([*levels, "treatment", "clients", "model"])))
    return rows[(rows["treatment"].isna() | (rows["treatment"] == "kept")) & rows["clients"].isna()]


def chances_of(rows: dict[str, dict[str, Any]]) -> list[tuple[str, float, float]]:
    """Way, share and probability of what is known of a square."""
    found = [(CHANCE.fullmatch(name), row["estimate"]) for name, row in rows.items()]
    return [(mark[1], float(mark[2]), value) for mark, value in found if mark and pd.notna(value)]
