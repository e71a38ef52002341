"""Result tables as people read them: one row per thing."""

import numpy as np
import pandas as pd

from pipeline.report.blocks import Table
from pipeline.report.naming import scale_of
from pipeline.report.numbers import by_statistic, count, number, percent

FEWEST_SHOWN = 5  # clients behind anything that describes a group, so that no single person shows


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


def files_table(dataset) -> Table:
    """How each file was read, as it was found out or stated."""
    rows = [[entry["file"], entry["read_as"], count(entry["rows"])] for entry in dataset.files]
    return Table(["File", "Read as", "Rows"], rows)


def common_table(dataset) -> Table:
    """How many clients each two forms or files share."""
    labels = {f"{form.name} ({form.perspective})": f"{form.label}, {form.perspective}" for form in dataset.forms}
    table = Table(["First", "Second", "Clients of the first", "Clients of the second", "In both"])
    for row in dataset.in_common:
        names = [labels.get(row[part], row[part]) for part in ("part", "part_2")]
        table.rows.append([*names, *(count(row[key]) for key in ("clients", "clients_2", "in_common"))])
    return table


def anchors_table(dataset) -> Table:
    """What the files say the lowest and the highest answer mean."""
    table = Table(["Form", "Answered by", "Lowest answer", "Highest answer"])
    for form in dataset.forms:
        if form.anchors:
            shown = [
                f"{end:g}: {form.anchors[f'{end:g}']}" if f"{end:g}" in form.anchors else "–" for end in form.range
            ]
            table.rows.append([form.label, form.perspective, *shown])
    return table


def variables_table(dataset) -> Table:
    """Distribution of each outcome and baseline; the extremes are those of at least five clients."""
    table = Table(["Variable", "Role", "n", "Mean", "SD", "Fifth lowest", "Median", "Fifth highest"])
    for name, about in dataset.variables.items():
        if about["role"] == "group" or name not in dataset.clients:
            continue
        values = dataset.clients[name].dropna().sort_values()
        ends = [
            values.iloc[place] if len(values) >= 2 * FEWEST_SHOWN else np.nan
            for place in (FEWEST_SHOWN - 1, -FEWEST_SHOWN)
        ]
        numbers = [values.mean(), values.std(), ends[0], values.median(), ends[1]]
        table.rows.append([about["label"], about["role"], count(len(values)), *(number(value) for value in numbers)])
    return table


def groups_table(dataset) -> Table:
    """How many clients each group has; groups of fewer than five are not counted out."""
    table = Table(["Variable", "Group", "Clients"])
    for name, about in dataset.variables.items():
        if about["role"] != "group" or name not in dataset.clients:
            continue
        for level, n in dataset.clients[name].value_counts().sort_index().items():
            table.rows.append(
                [about["label"], str(level), count(n) if n >= FEWEST_SHOWN else f"fewer than {FEWEST_SHOWN}"]
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
                *scale_of(keys, labels),
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
