"""What the totals are made of, how they move over sessions, and what they explain of an outcome, in sentences."""

import numpy as np
import pandas as pd

from pipeline.report.numbers import coefficient, with_interval
from shared_variance.phrases import interval, listed, without_key

PAIR = ["perspective", "perspective_2", "form", "form_2"]
WITHIN, BETWEEN = "r_within", "r_between"
FEW_PAIRS = 3  # so many pairs are named one by one; of more only the range is told


def split_sentences(split: pd.DataFrame | None, forms: list) -> list[str]:
    """Per perspective: which part of each total is common to all, shared with some, specific, and unique."""
    if split is None or "perspective" not in split:
        return []
    sentences = []
    for who, rows in split.groupby("perspective", sort=False):
        many = len({form.instrument for form in forms if form.perspective == who})
        if many < 2:
            continue
        if "form" not in rows or rows["form"].isna().all():
            why = next(filter(None, rows["note"]), "").split(" of: ")[0]  # without the list of items
            if why:
                sentences.append(f"What the totals answered by the {who} are made of is not known: {without_key(why)}.")
            continue
        labels = {form.name: form.label for form in forms if form.perspective == who}
        largest, said = {}, []
        for form, own in rows[rows["form"].notna() & rows["form_2"].isna()].groupby("form", sort=False):
            parts = _parts_of(own, "both" if many == 2 else "all")
            said.append(f"{labels[form]}, {listed([f'{text} {words}' for words, text, _ in parts])}")
            largest[labels[form]] = max(parts, key=lambda part: part[2])[0]
        if not said:
            continue
        sentences.append(
            f"By the factor analysis of all items answered by the {who}, the variance of the totals "
            f"splits as follows. {'; '.join(said)}."
        )
        if len(set(largest.values())) == 1:
            sentences.append(f"Of every total the largest part is {next(iter(largest.values()))}.")
        else:
            sentences.append(
                "The largest part is " + listed([f"{part} of {label}" for label, part in largest.items()]) + "."
            )
    if any(sentence.startswith("By the factor") for sentence in sentences):
        sentences.append(
            "Parts by common factors are to be compared with r, not with its square; what is unique to "
            "single items holds error as well, which one administration cannot take apart."
        )
    return sentences


def _parts_of(own: pd.DataFrame, everyone: str) -> list[tuple[str, str, float]]:
    """(what it is, percent with its interval, value) of every part of a total of at least half a percent."""
    parts = []
    for row in own.to_dict("records"):
        name = {
            "common_share": f"common to {everyone} instruments",
            "specific_share": "specific to its instrument",
            "minor_share": "of factors that hardly count",
            "unique_share": "unique to single items",
            "shared_share": f"shared with {row['group']} only",
        }.get(row["statistic"])
        if name and row["estimate"] >= 0.005:
            told = (row["estimate"], row.get("lower", np.nan), row.get("upper", np.nan))
            text = interval(told, row.get("level", np.nan)).removesuffix(" (no interval)")
            parts.append((name, text if row["statistic"] == "common_share" else text.split(" (")[0], row["estimate"]))
    return parts


def course_sentences(course: pd.DataFrame | None, labels: dict[str, str]) -> list[str]:
    """Within- and between-client correlations of totals of two instruments of one perspective."""
    if course is None or not {*PAIR, "scale", "scale_2"} <= set(course):
        return []
    rows = course[
        (course["scale"] == "total")
        & (course["scale_2"] == "total")
        & (course["perspective"] == course["perspective_2"])
        & (course["form"] != course["form_2"])
    ]
    found = []
    for key, own in rows[rows["statistic"].isin([WITHIN, BETWEEN])].groupby(PAIR, sort=False):
        by = {row["statistic"]: row for row in own.dropna(subset="estimate").to_dict("records")}
        if {WITHIN, BETWEEN} <= set(by):
            found.append((f"{labels[key[2]]} and {labels[key[3]]} ({key[0]})", by[WITHIN], by[BETWEEN]))
    if not found:
        return []
    if len(found) <= FEW_PAIRS:
        said = [
            f"{name} correlate {with_interval(within)} within and {with_interval(between)} between clients"
            for name, within, between in found
        ]
        sentences = [f"Over all sessions, {'; '.join(said)}."]
    else:
        inside, outside = ([row[place]["estimate"] for row in found] for place in (1, 2))
        sentences = [
            f"Over all sessions, the {len(found)} pairs of totals within a perspective correlate "
            f"{coefficient(min(inside))} to {coefficient(max(inside))} within and "
            f"{coefficient(min(outside))} to {coefficient(max(outside))} between clients."
        ]
    apart = [between["lower"] > within["upper"] for _, within, between in found]
    if all(apart):
        sentences.append("So they go together more between clients than from session to session of one client.")
    elif any(apart):
        sentences.append(
            f"The correlation between clients is the larger one for {sum(apart)} of {len(found)} pairs; "
            "for the others the intervals overlap."
        )
    else:
        sentences.append("The intervals of the two overlap.")
    return sentences


def canonical_sentence(canonical: pd.DataFrame | None) -> str:
    """The range of the redundancies between the scales of two instruments of one perspective."""
    if canonical is None or not {"perspective", "perspective_2", "group"} <= set(canonical):
        return ""
    rows = canonical[
        canonical["statistic"].isin(["redundancy_1_by_2_shrunken", "redundancy_2_by_1_shrunken"])
        & (canonical["group"] == "scales")
        & (canonical["perspective"] == canonical["perspective_2"])
    ]
    values = rows["estimate"].dropna()
    if values.empty:
        return ""
    low, high = (f"{100 * value:.0f}" for value in (values.min(), values.max()))
    size = f"{low} %" if low == high else f"{low} % to {high} %"
    return (
        f"Taken by scales instead of totals, one instrument explains {size} of the variance of the scales of "
        "another (redundancy, less what chance adds)."
    )


def outcome_sentences(commonality: pd.DataFrame | None, labels: dict[str, str]) -> list[str]:
    """What the totals explain of each outcome: together, in common, beyond the baseline, and corrected."""
    if commonality is None or not {"outcome", "form", "model", "scores"} <= set(commonality):
        return []
    rows = commonality[commonality["form"].isna() & commonality["outcome"].notna()]
    sentences = []
    for (outcome, who), own in rows.groupby(["outcome", "perspective"], sort=False):
        plain = own[(own["model"] == "instruments") & (own["scores"] == "observed")]
        whole = plain[plain["statistic"] == "r2"].iloc[0]
        if pd.isna(whole["estimate"]):
            sentences.append(
                f"What the totals answered by the {who} explain of {labels.get(outcome, outcome)} is not "
                f"known: {without_key(whole['note'])}."
            )
            continue
        parts = plain[plain["statistic"] == "commonality"]
        common = parts[parts["group"].str.count(",") == parts["group"].str.count(",").max()]
        text = f"Of {labels.get(outcome, outcome)} the totals answered by the {who} explain {_share(whole)}"
        alike = common["estimate"].iloc[0]
        if len(parts) > 1 and alike >= 0.005:
            text += f", {100 * alike:.0f} points of which {'both' if len(parts) == 3 else 'all'} of them explain alike"
        corrected = own[(own["model"] == "instruments") & (own["scores"] == "corrected") & (own["statistic"] == "r2")]
        if corrected["estimate"].notna().any():
            text += f"; freed from their unreliability {_share(corrected.iloc[0])}"
        beyond = own[(own["statistic"] == "r2_increment") & (own["scores"] == "observed")].dropna(subset="estimate")
        if len(beyond):
            before = own.loc[own["statistic"] == "r2_baseline", "group"].iloc[0]
            named = listed([labels.get(name, name) for name in before.split(", ")])
            text += f"; beyond {named} {_share(beyond.iloc[0])}"
        sentences.append(f"{text}.")
    return sentences


def _share(row: pd.Series) -> str:
    return interval((row["estimate"], row["lower"], row["upper"]), row["level"])
