"""Tables of the report on shared variance: canonical correlations, commonality."""

import pandas as pd

from pipeline.report.blocks import Table
from pipeline.report.naming import measures
from pipeline.report.numbers import ABSENT, by_statistic, count, estimate_of, p_value, percent, with_interval


def canonical_table(canonical: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per pair of instruments: first canonical correlation of their scales, and both redundancies."""
    table = Table(
        [
            "Measures",
            "Answered by",
            "n",
            "First canonical r of the scales",
            "p (permutation; * Rao's F)",
            "Variance of the first that the second explains",
            "Variance of the second that the first explains",
        ],
        source="shared_variance/canonical.csv",
    )
    keys = ["form", "form_2", "perspective", "perspective_2"]
    if not {*keys, "group"} <= set(canonical):
        return table
    rows = canonical[(canonical["group"] == "scales") & (canonical["factor"].isna() | (canonical["factor"] == 1))]
    for key, own in by_statistic(rows, keys):
        first = own.get("canonical_r_shrunken", ABSENT)
        if pd.isna(first["estimate"]):
            continue
        table.rows.append(
            [
                *measures(key, labels),
                count(first["n"]),
                with_interval(first),
                canonical_p(own),
                *(share(own.get(f"redundancy_{way}_shrunken", ABSENT)) for way in ("1_by_2", "2_by_1")),
            ]
        )
    return table


def canonical_p(own: dict[str, dict]) -> str:
    """By permutation; from a matrix, where there is nobody to permute, by normal theory, which a star marks."""
    if pd.notna(estimate_of(own, "p_permutation")):
        return p_value(own["p_permutation"]["estimate"])
    return f"{p_value(own.get('p_wilks', ABSENT)['estimate'])} *"


def commonality_table(commonality: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per outcome and part of what the instruments explain of it, alone and beyond a baseline.

    `labels` names forms and variables of the clients.
    """
    table = Table(
        [
            "Answered by",
            "Outcome",
            "Explained by",
            "n",
            "Share of the outcome's variance",
            "Corrected for the instruments' unreliability",
            "Remark",
        ],
        source="shared_variance/commonality.csv",
    )
    if not {"outcome", "group", "model", "scores"} <= set(commonality):
        return table
    form = commonality["form"] if "form" in commonality else pd.Series(None, index=commonality.index)
    rows = commonality[form.isna() & commonality["outcome"].notna()].fillna({"group": ""})
    keys = ["perspective", "outcome", "model", "statistic", "group"]
    corrected = {tuple(row[key] for key in keys): row for row in rows[rows["scores"] == "corrected"].to_dict("records")}
    for row in rows[rows["scores"] == "observed"].dropna(subset="estimate").to_dict("records"):
        names = " and ".join(labels.get(part, part) for part in row["group"].split(", "))
        what = explained_by(row["statistic"], row["model"], names, row["group"].count(", ") + 1)
        if not what:
            continue
        other = corrected.get(tuple(row[key] for key in keys), ABSENT)
        why = other["note"].split("; provisional")[0] if row["statistic"] == "r2" and pd.isna(other["estimate"]) else ""
        table.rows.append(
            [
                row["perspective"],
                labels.get(row["outcome"], row["outcome"]),
                what,
                count(row["n"]),
                share(row),
                share(other),
                why,
            ]
        )
    return table


def explained_by(statistic: str, model: str, names: str, size: int) -> str:
    """What a row of the commonality analysis is about; empty where the table of the report leaves it out."""
    alone = model == "instruments"
    return {
        "r2": "all instruments" if alone else "all instruments and the baseline",
        "commonality": "" if not alone else f"only {names}" if size == 1 else f"in common: {names}",
        "r2_baseline": names,
        "r2_increment": "all instruments beyond the baseline",
        "unique_to_baseline": f"{names} beyond the instruments",
        "common_with_baseline": f"in common: the instruments and {names}",
    }.get(statistic, "")


def share(row: dict) -> str:
    """A share of variance with its interval in percent."""
    return with_interval(row, percent)
