"""Tables of the report on what the measures have in common beyond single correlations."""

import numpy as np
import pandas as pd

from pipeline.report.blocks import Table
from pipeline.report.naming import measures, name_of
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    estimate_of,
    p_value,
    remark,
    with_interval,
)

PAIR = ["form", "form_2", "perspective", "perspective_2", "scale", "scale_2"]


def association_table(correlations: pd.DataFrame, labels: dict[str, str]) -> Table:
    """Totals of all forms with each other."""
    table = Table(
        ["Measures", "Answered by", "n", "Pearson r", "Spearman's rho", "r corrected for unreliability", "Remark"],
        source="association/correlations.csv",
    )
    pair = ["form", "form_2", "perspective", "perspective_2", "scale", "scale_2"]
    if not set(pair) <= set(correlations):
        return table
    known = correlations["form"].isin(labels) & correlations["form_2"].isin(labels)
    totals = correlations[known & (correlations["scale"] == "total") & (correlations["scale_2"] == "total")]
    for keys, rows in by_statistic(totals, pair):
        one, two = keys["perspective"], keys["perspective_2"]
        pearson = rows["r_pearson"]
        spearman, corrected = rows.get("r_spearman", ABSENT), rows.get("r_disattenuated", ABSENT)
        table.rows.append(
            [
                f"{labels[keys['form']]} and {labels[keys['form_2']]}",
                one if one == two else f"{one} and {two}",
                count(pearson["n"]),
                with_interval(pearson),
                with_interval(spearman),
                with_interval(corrected),
                remark(pearson, corrected),
            ]
        )
    return table


def differences_table(differences: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per pair of correlations of totals: both, and the first minus the second."""
    table = Table(
        ["First correlation", "Second correlation", "n", "r first", "r second", "Difference", "p (Holm)"],
        source="association/differences.csv",
    )
    other = ["form_3", "form_4", "perspective_3", "perspective_4"]
    if not set(other) <= set(differences):
        return table
    keys = [*PAIR, *other, *(name for name in ("group", "group_2") if name in differences)]
    for key, rows in by_statistic(
        differences.astype({name: object for name in keys}).fillna(dict.fromkeys(keys, "")), keys
    ):
        if "difference" not in rows or pd.isna(rows["difference"]["estimate"]):
            continue

        def pair(one, two, key=key):
            names = [name_of(key[f"form{end}"], key[f"perspective{end}"] or None, labels) for end in (one, two)]
            return " with ".join(names)

        groups = [f", {key[name]}" if key.get(name) else "" for name in ("group", "group_2")]
        first, second = rows.get("r_first", ABSENT), rows.get("r_second", ABSENT)
        table.rows.append(
            [
                pair("", "_2") + groups[0],
                pair("_3", "_4") + groups[1],
                count(rows["difference"]["n"]),
                coefficient(first["estimate"]),
                coefficient(second["estimate"]),
                with_interval(rows["difference"]),
                p_value(estimate_of(rows, "p_difference_holm")),
            ]
        )
    return table


def course_table(sessions: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per pair of totals: their correlation within and between clients over all sessions."""
    table = Table(
        ["Measures", "Answered by", "Clients", "r within clients", "r between clients"],
        source="association/sessions.csv",
    )
    if not set(PAIR) <= set(sessions):
        return table
    rows = sessions[(sessions["scale"] == "total") & (sessions["scale_2"] == "total")]
    for keys, own in by_statistic(rows, PAIR):
        within, between = own.get("r_within", ABSENT), own.get("r_between", ABSENT)
        if pd.isna(within["estimate"]) and pd.isna(between["estimate"]):
            continue
        table.rows.append(
            [*measures(keys, labels), count(between.get("n", np.nan)), with_interval(within), with_interval(between)]
        )
    return table
