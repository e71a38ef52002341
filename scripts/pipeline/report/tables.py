"""Result tables as people read them: rounded, with intervals in brackets, one row per thing."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

ABSENT = {"estimate": np.nan, "note": "", "method": ""}  # in place of a row that a table does not have


@dataclass
class Table:
    """A table of a report: column heads, rows of text, and the file that holds every digit."""

    head: list[str]
    rows: list[list[str]] = field(default_factory=list)
    source: str = ""


def number(value: float, digits: int = 2) -> str:
    """Two decimals by default, no minus before a zero; a dash where there is no value."""
    return "–" if pd.isna(value) else f"{round(value, digits) + 0:.{digits}f}".replace("-", "−")


def coefficient(value: float) -> str:
    """A value that cannot exceed one, in the field's manner: no zero before the point."""
    return number(value).replace("0.", ".", 1) if not pd.isna(value) and abs(value) < 1 else number(value)


def p_value(value: float) -> str:
    """Three decimals, `< .001` below them."""
    if pd.isna(value):
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3f}".replace("0.", ".", 1)


def with_interval(row: dict, show=coefficient) -> str:
    """`.83 [.80, .86]`; without brackets where there is no interval."""
    if pd.isna(row.get("lower", np.nan)) or pd.isna(row.get("upper", np.nan)):
        return show(row.get("estimate", np.nan))
    return f"{show(row['estimate'])} [{show(row['lower'])}, {show(row['upper'])}]"


def percent(value: float) -> str:
    """A share as a percentage, no minus before a zero."""
    return "–" if pd.isna(value) else f"{round(100 * value) + 0:.0f} %".replace("-", "−")


def count(value: float) -> str:
    """A whole number."""
    return "–" if pd.isna(value) else f"{value:.0f}"


def remark(*rows: dict) -> str:
    """What the notes of rows say, each part once."""
    return "; ".join(dict.fromkeys(part for row in rows if row["note"] for part in row["note"].split("; ")))


def by_statistic(frame: pd.DataFrame, keys: list[str]) -> list[tuple[dict, dict[str, dict]]]:
    """Tidy rows gathered per thing: its keys, and its rows by statistic."""
    gathered: dict[tuple, dict[str, dict]] = {}
    for row in frame.to_dict("records"):
        gathered.setdefault(tuple(row[key] for key in keys), {})[row["statistic"]] = row
    return [(dict(zip(keys, key, strict=True)), rows) for key, rows in gathered.items()]


def forms_table(dataset) -> Table:
    """What was administered to whom, and how well the key is established."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Items",
            "Range",
            "Questionnaires",
            "Clients",
            "Therapists",
            "Sessions",
            "Missing answers",
            "Key",
        ]
    )
    for form in dataset.forms:
        counts = form.counts
        sessions = ", ".join(f"{session} ({n})" for session, n in counts.get("sessions", {}).items()) or "–"
        key = "; ".join([form.key_status, *form.overrides])
        table.rows.append(
            [
                form.label,
                form.perspective,
                str(form.items or "–"),
                f"{form.range[0]:g} to {form.range[1]:g}" if form.items else "–",
                count(counts.get("administrations", np.nan)),
                count(counts.get("clients", dataset.people)),
                count(counts.get("therapists") or np.nan),
                sessions,
                percent(counts.get("missing_answers", np.nan)),
                key,
            ]
        )
    return table


def scales_table(descriptives: pd.DataFrame, labels: dict[str, str]) -> Table:
    """Means and standard deviations per form, perspective, session and scale."""
    published = (descriptives["method"] == "as published").all()
    metric, heading = ("as published", "Mean as published") if published else ("mean of the items", "Mean of items")
    table = Table(
        ["Form", "Answered by", "Scale", "Session", "n", heading, "SD", "% of maximum"],
        source="scores/descriptives.csv",
    )
    if "group" in descriptives:
        descriptives = descriptives[descriptives["group"].isna()]
    session = ["session"] if "session" in descriptives else []
    for keys, rows in by_statistic(
        descriptives.assign(statistic=descriptives["method"] + ": " + descriptives["statistic"]),
        ["form", "perspective", "scale", *session],
    ):
        mean, sd = rows[f"{metric}: mean"], rows[f"{metric}: sd"]
        pomp = rows.get("percent of maximum possible: mean", {"estimate": np.nan})
        table.rows.append(
            [
                labels[keys["form"]],
                keys["perspective"],
                keys["scale"],
                count(keys.get("session", np.nan)),
                count(mean["n"]),
                number(mean["estimate"]),
                number(sd["estimate"]),
                count(pomp["estimate"]),
            ]
        )
    return table


def quality_table(quality: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per form: completeness, careless patterns, floor and ceiling."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Complete",
            "Missing answers",
            "Most missing in one item",
            "Repeated patterns",
            "Same answer throughout",
            "Items at the ceiling (median)",
            "Items at the floor (median)",
        ],
        source="quality/quality.csv",
    )
    for (form, perspective), rows in quality.groupby(["form", "perspective"], sort=False):
        whole = rows[rows["item"].isna()].set_index("statistic")["estimate"]
        items = rows[rows["item"].notna()].groupby("statistic")["estimate"]
        medians, largest, means = items.median(), items.max(), items.mean()
        table.rows.append(
            [
                labels[form],
                perspective,
                percent(whole.get("complete_share", np.nan)),
                percent(means.get("missing_share", np.nan)),
                percent(largest.get("missing_share", np.nan)),
                count(whole.get("duplicate_answer_rows", np.nan)),
                percent(whole.get("straight_lining_share", np.nan)),
                percent(medians.get("ceiling_share", np.nan)),
                percent(medians.get("floor_share", np.nan)),
            ]
        )
    return table


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
                labels[keys["form"]],
                keys["perspective"],
                keys["scale"],
                count(rows["alpha"]["n"]),
                with_interval(rows["alpha"]),
                with_interval(omega),
                coefficient(rows.get("mean_inter_item_r", ABSENT)["estimate"]),
                weakest,
                remark(rows["alpha"], omega),
            ]
        )
    return table


def association_table(correlations: pd.DataFrame, labels: dict[str, str]) -> Table:
    """Totals of all forms with each other."""
    table = Table(
        ["Measures", "Answered by", "n", "Pearson r", "Spearman r", "r corrected for unreliability", "Remark"],
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
