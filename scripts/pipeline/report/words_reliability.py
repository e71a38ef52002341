"""Reliability in sentences that a reader can paste."""

import pandas as pd

from pipeline.report.tables import coefficient


def with_bootstrapped_alpha(reliability: pd.DataFrame) -> pd.DataFrame:
    """The rows with the bootstrap interval of alpha in place of Feldt's, where there is one.

    Feldt's interval presumes normal answers of independent people; the other one knows ceilings and therapists.
    """
    other = reliability[(reliability["statistic"] == "alpha_bootstrap") & reliability["lower"].notna()]
    keys = ["form", "perspective", "scale"]
    known = reliability.set_index(keys).index.isin(other.set_index(keys).index)
    replaced = known & (reliability["statistic"] == "alpha")
    kept = reliability[~replaced & (reliability["statistic"] != "alpha_bootstrap")]
    return pd.concat([other.assign(statistic="alpha"), kept]).sort_index(kind="stable")


def reliability_sentences(reliability: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """One sentence per form and perspective: every scale with alpha and omega total.

    `reliability` holds the rows of one occasion; `labels` names the forms.
    """
    scales = reliability[reliability["item"].isna()]
    sentences = []
    for (form, perspective), rows in scales.groupby(["form", "perspective"], sort=False):
        parts, sizes = [], []
        for scale, own in rows.groupby("scale", sort=False):
            found = own.drop_duplicates("statistic").set_index("statistic")
            alpha = found.loc["alpha"]
            if pd.isna(alpha["estimate"]):
                parts.append(f"{scale}: no alpha ({alpha['note']})")
                continue
            sizes.append(int(alpha["n"]))
            parts.append(f"{scale}: alpha = {_value(alpha)}{_omega(found)}")
        sentences.append(f"{labels[form]}, {perspective}{_sizes(sizes)}: {'; '.join(parts)}.")
    return sentences


def _omega(found: pd.DataFrame) -> str:
    for statistic, name in (("omega_total", "omega total"), ("spearman_brown", "Spearman-Brown")):
        if statistic in found.index and pd.notna(found.loc[statistic, "estimate"]):
            return f", {name} = {_value(found.loc[statistic])}"
    return ""


def _value(row: pd.Series) -> str:
    value = coefficient(row["estimate"])
    if pd.isna(row["lower"]):
        return value
    return f"{value}, {100 * row['level']:g} % CI [{coefficient(row['lower'])}, {coefficient(row['upper'])}]"


def _sizes(sizes: list[int]) -> str:
    if not sizes:
        return ""
    low, high = min(sizes), max(sizes)
    return f" (n = {low})" if low == high else f" (n = {low} to {high})"
