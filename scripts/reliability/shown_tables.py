"""Tables of the report on reliability: scales, omegas, use of categories, nesting, repeated sessions, raters."""

import numpy as np
import pandas as pd

from pipeline.report.blocks import Table
from pipeline.report.naming import scale_of
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    estimate_of,
    number,
    percent,
    remark,
    with_interval,
)

SCALE = ["form", "perspective", "scale"]
CEILING = 0.5  # share of answers at one end from which an item tells half of the people not apart


def totals(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of total scores; those of every scale for a form without a total."""
    if "scale" not in table:
        return table.head(0)
    with_total = table.groupby(["form", "perspective"])["scale"].transform(lambda scales: (scales == "total").any())
    return table[(table["scale"] == "total") | ~with_total]


def reliability_table(reliability: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per scale: alpha, omega total, mean inter-item r, the weakest item."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Scale",
            "n",
            "Alpha",
            "Omega total",
            "Mean inter-item r",
            "Lowest item-rest r",
            "Remark",
        ],
        source="reliability/reliability.csv",
    )
    scale_rows = reliability[reliability["item"].isna()]
    for keys, rows in by_statistic(scale_rows, ["form", "perspective", "scale"]):
        same = (reliability[list(keys)] == pd.Series(keys)).all(axis=1)
        rest = reliability[same & (reliability["statistic"] == "item_rest_r")].dropna(subset="estimate")
        weakest = "–"
        if len(rest):
            lowest = rest.loc[rest["estimate"].idxmin()]
            weakest = f"{coefficient(lowest['estimate'])} (item {int(lowest['item'][1:])})"
        omega = rows.get("omega_total", ABSENT)
        table.rows.append(
            [
                *scale_of(keys, labels),
                count(rows["alpha"]["n"]),
                with_interval(rows["alpha"]),
                with_interval(omega),
                coefficient(estimate_of(rows, "mean_inter_item_r")),
                weakest,
                remark(rows["alpha"], omega),
            ]
        )
    return table


def omegas_table(reliability: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per total: how much of it is general, and what ordinal answers make of it."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Scale",
            "Omega hierarchical",
            "Omega categorical",
            "Ordinal alpha",
            "General share of the common variance (ECV)",
            "Remark",
        ],
        source="reliability/reliability.csv",
    )
    rows = totals(reliability[reliability["item"].isna()])
    if "factor" in rows:
        rows = rows[rows["factor"].isna()]
    for keys, own in by_statistic(rows, SCALE):
        shown = [own.get(name, ABSENT) for name in ("omega_hierarchical", "omega_categorical", "alpha_ordinal", "ecv")]
        if any(pd.notna(row["estimate"]) for row in shown):
            table.rows.append([*scale_of(keys, labels), *map(with_interval, shown), remark(*shown)])
    return table


def categories_table(shares: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per form and perspective: which response categories are in use at the chosen occasion.

    Answers are as given, so that of a reversed item the low end is the favourable one: of each item the more used end
    counts.
    """
    table = Table(
        [
            "Form",
            "Answered by",
            "Items",
            "Categories",
            "Items with a category nobody chose",
            "Answers at the more used end",
            f"Items with {100 * CEILING:g}% or more there",
        ],
        source="reliability/response_categories.csv",
    )
    if "group" not in shares:
        return table
    known = shares.dropna(subset=["group", "estimate"])
    known = known.assign(category=known["group"].astype(float))
    for (form, perspective), own in known.groupby(["form", "perspective"], sort=False):
        ends = own[own["category"].isin([own["category"].min(), own["category"].max()])]
        end = ends.sort_values("estimate").drop_duplicates("item", keep="last")
        unused = own.loc[own["estimate"] == 0, "item"].nunique()
        share = (end["estimate"] * end["n"]).sum() / end["n"].sum()
        table.rows.append(
            [
                labels[form],
                perspective,
                str(len(end)),
                str(own["category"].nunique()),
                str(unused),
                percent(share),
                str(int((end["estimate"] >= CEILING).sum())),
            ]
        )
    return table


def nesting_table(nesting: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per total: how much of it lies between therapists at the chosen occasion, and what that does to n."""
    table = Table(
        ["Form", "Answered by", "Scale", "Clients", "Therapists", "ICC of therapists", "Design effect", "Effective n"],
        source="reliability/nesting.csv",
    )
    rows = totals(nesting)
    if "session" in rows:
        rows = rows[rows["session"].notna()]
    for keys, own in by_statistic(rows.dropna(subset="estimate"), SCALE):
        icc = own.get("icc_therapist", ABSENT)
        table.rows.append(
            [
                *scale_of(keys, labels),
                count(icc.get("n", np.nan)),
                count(icc.get("groups", np.nan)),
                with_interval(icc),
                with_interval(own.get("design_effect", ABSENT), number),
                count(estimate_of(own, "effective_n")),
            ]
        )
    return table


def sessions_table(sessions: pd.DataFrame, study: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per total: reliability between and within clients, test-retest, and how many sessions give .80."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Scale",
            "Alpha between clients",
            "Alpha within clients",
            "Reliability of change (R_C)",
            "Test-retest r",
            "Sessions for .80",
        ],
        source="reliability/sessions.csv, reliability/d_study.csv",
    )
    needed = {}
    if "target" in study:
        wanted = study[(study["statistic"] == "sessions_needed") & (study["target"] == 0.80)]
        needed = wanted.set_index(SCALE)["estimate"].to_dict()
    for keys, own in by_statistic(totals(sessions).dropna(subset="estimate"), SCALE):
        shown = [own.get(name, ABSENT) for name in ("alpha_between", "alpha_within", "r_c", "retest_r")]
        table.rows.append(
            [
                *scale_of(keys, labels),
                *map(with_interval, shown),
                count(needed.get(tuple(keys[key] for key in SCALE), np.nan)),
            ]
        )
    return table


def raters_table(raters: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per total, where several people rated the same sessions."""
    table = Table(
        ["Form", "Answered by", "Scale", "Clients", "Raters", "ICC(A,1)", "ICC(C,1)", "ICC(A,k)"],
        source="reliability/raters.csv",
    )
    if "scale" not in raters:
        return table
    for keys, own in by_statistic(totals(raters).dropna(subset=["estimate", "scale"]), SCALE):
        one = own.get("icc_a1", ABSENT)
        table.rows.append(
            [
                *scale_of(keys, labels),
                count(one.get("n", np.nan)),
                count(one.get("raters", np.nan)),
                *(with_interval(own.get(name, ABSENT)) for name in ("icc_a1", "icc_c1", "icc_ak")),
            ]
        )
    return table
