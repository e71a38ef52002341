"""Result tables as people read them: one row per thing."""

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
    p_value,
    percent,
    with_interval,
)
from psychometrics.items.missingness import FEWEST

MOST_SESSIONS = 12  # that are named one by one
VALUES = ("mean", "sd", "fifth_lowest", "median", "fifth_highest")
LITTLE = ("chi2", "df", "p", "patterns")
WHO = {  # statistic -> what is missing, what differs
    "missing_icc_therapist": ("the form", "therapist (ICC)"),
    "missing_difference": ("the form", "{}"),
    "score_difference_without_value": ("{}", "total of the form"),
}
CARELESS = {
    "long_run_share": "Long runs",
    "distant_share": "Unlikely combinations",
    "synonyms_broken_share": "Synonyms against each other",
    "two_flags_share": "Two signs or more",
    "same_answers_pairs": "Pairs alike (expected)",
    "carried_forward_count": "Carried forward",
    "shifted_rows": "Shifted",
}


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
        ],
        title="Forms and who answered them",
    )
    for form in dataset.forms:
        counts = form.counts
        sessions = sessions_of(counts.get("sessions", {}))
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


def session_name(session: str | float) -> str:
    """A session by its number, or `first` and `last`."""
    text = str(session).removesuffix(".0")
    return "–" if pd.isna(session) else text


def sessions_of(counts: dict[str, int]) -> str:
    """Sessions with their clients; of many only the range, and fewer than five clients are not counted out."""
    if len(counts) > MOST_SESSIONS:
        numbers = [int(session) for session in counts]
        return f"{len(counts)} sessions, {min(numbers)} to {max(numbers)}"
    return ", ".join(f"{session} ({n if n >= FEWEST else f'< {FEWEST}'})" for session, n in counts.items()) or "–"


def files_table(dataset) -> Table:
    """How each file was read, as it was found out or stated."""
    rows = [[entry["file"], entry["read_as"], count(entry["rows"])] for entry in dataset.files]
    return Table(["File", "Read as", "Rows"], rows, title="How the files were read")


def common_table(dataset) -> Table:
    """How many clients each two forms or files share."""
    labels = {f"{form.name} ({form.perspective})": f"{form.label}, {form.perspective}" for form in dataset.forms}
    table = Table(
        ["First", "Second", "Clients of the first", "Clients of the second", "In both"],
        title="Clients that forms and files have in common",
    )
    for row in dataset.in_common:
        names = [labels.get(row[part], row[part]) for part in ("part", "part_2")]
        table.rows.append([*names, *(count(row[key]) for key in ("clients", "clients_2", "in_common"))])
    return table


def anchors_table(dataset) -> Table:
    """What the files say the lowest and the highest answer mean."""
    table = Table(
        ["Form", "Answered by", "Lowest answer", "Highest answer"], title="What the lowest and the highest answer mean"
    )
    for form in dataset.forms:
        if form.anchors:
            shown = [
                f"{end:g}: {form.anchors[f'{end:g}']}" if f"{end:g}" in form.anchors else "–" for end in form.range
            ]
            table.rows.append([form.label, form.perspective, *shown])
    return table


def variables_table(variables: pd.DataFrame) -> Table:
    """Distribution of each outcome and baseline; the extremes are those of at least five clients."""
    head = ["Variable", "Role", "n", "Missing", "Mean", "SD", "Fifth lowest", "Median", "Fifth highest"]
    table = Table(head, source="quality/variables.csv")
    values = variables[variables["statistic"].str.startswith("value_") & variables["role"].notna()]
    for keys, rows in by_statistic(values, ["variable", "role"]):
        numbers = [rows[f"value_{name}"]["estimate"] for name in VALUES]
        n = count(rows["value_mean"]["n"])
        missing = percent(rows["value_missing_share"]["estimate"])
        table.rows.append([keys["variable"], keys["role"], n, missing, *(number(value) for value in numbers)])
    return table


def groups_table(variables: pd.DataFrame) -> Table:
    """How many clients each group has; groups of fewer than five are not counted out."""
    table = Table(["Variable", "Group", "Clients"], source="quality/variables.csv", title="Groups of clients")
    for row in variables[variables["statistic"] == "group_clients"].to_dict("records"):
        clients = row["note"] if pd.isna(row["estimate"]) else count(row["estimate"])
        name = f"{row['group']:g}" if isinstance(row["group"], float) else str(row["group"])  # numbers in a file
        table.rows.append([row["variable"], name, clients])
    return table


def missing_table(missing: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per form and session: forms and answers that are missing, and at the occasion whether at random."""
    table = Table(
        [
            "Form",
            "Answered by",
            "Session",
            "Clients without the form",
            "Missing answers",
            "People without a gap",
            "Patterns",
            "Little's test",
            "p",
        ],
        source="quality/missing.csv",
    )
    of_form = missing[missing["form"].notna() & missing["item"].isna()]
    group = of_form["group"].astype(str).str.removesuffix(".0")
    first = of_form["group"].isna() | ((of_form["statistic"] == "missing_count_share") & (group == "0"))
    for keys, rows in by_statistic(of_form[first], ["form", "perspective", "session"]):
        chi2, df, p, patterns = (estimate_of(rows, f"mcar_{name}") for name in LITTLE)
        test = f"χ²({count(df)}) = {number(chi2)}" if pd.notna(chi2) else rows.get("mcar_chi2", ABSENT)["note"] or "–"
        table.rows.append(
            [
                labels[keys["form"]],
                keys["perspective"],
                str(keys["session"]),
                percent(estimate_of(rows, "form_missing_share")),
                percent(estimate_of(rows, "missing_share")),
                percent(estimate_of(rows, "missing_count_share")),
                count(patterns),
                test,
                p_value(p),
            ]
        )
    return table


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of the sessions; the file has the chosen one first, be it a number or first or last."""
    return rows.sort_values(
        "session", key=lambda sessions: pd.to_numeric(sessions, errors="coerce").fillna(-np.inf), kind="stable"
    )


def sessions_table(missing: pd.DataFrame) -> Table:
    """How many clients returned nothing in each session; nothing where there is one session."""
    table = Table(
        ["Session", "Clients of the data set", "Without any answer in the session"], source="quality/missing.csv"
    )
    rows = missing[missing["statistic"] == "session_missing_share"]
    for row in in_order(rows).to_dict("records") if len(rows) > 1 else []:
        table.rows.append([str(row["session"]), count(row["n"]), percent(row["estimate"])])
    return table


def who_table(missing: pd.DataFrame, labels: dict[str, str]) -> Table:
    """How those with something missing differ from the others; nothing where no difference can be told."""
    table = Table(
        ["Form", "Answered by", "Missing", "Differs in", "People", "Of them missing", "Difference"],
        source="quality/missing.csv",
    )
    for row in missing[missing["statistic"].isin(WHO) & missing["estimate"].notna()].to_dict("records"):
        lacking, differs = WHO[row["statistic"]]
        table.rows.append(
            [
                labels[row["form"]],
                row["perspective"],
                lacking.format(row["group"]),
                differs.format(row["group"]),
                count(row["n"]),
                count(row.get("n_missing", np.nan)),
                with_interval(row, number if "difference" in row["statistic"] else coefficient),
            ]
        )
    return table


def careless_table(careless: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per form: careless, copied and moved answers."""
    table = Table(["Form", "Answered by", "People", *CARELESS.values()], source="quality/careless.csv")
    for keys, rows in by_statistic(careless, ["form", "perspective"]):
        cells = []
        for statistic in CARELESS:
            row = rows[statistic]
            show = percent if statistic.endswith("_share") else count
            text = show(row["estimate"])
            if statistic == "same_answers_pairs" and pd.notna(row["estimate"]):
                text += f" ({number(rows['same_answers_expected']['estimate'], 1)})"
            cells.append(text)
        people = count(rows["long_run_share"]["n"])
        table.rows.append([labels[keys["form"]], keys["perspective"], people, *cells])
    return table


def scales_table(descriptives: pd.DataFrame, labels: dict[str, str]) -> Table:
    """Means and standard deviations per form, perspective, session and scale."""
    given = {"as published": "Mean as published", "of the scores": "Mean of scores"}
    metric = next((method for method in given if (descriptives["method"] == method).all()), "mean of the items")
    heading = given.get(metric, "Mean of items")
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
                session_name(keys.get("session", np.nan)),
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
