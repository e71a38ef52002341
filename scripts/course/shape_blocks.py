"""Part of the section on the course: the shape of single courses, and classes of growth curves."""

import pandas as pd

from pipeline.report.blocks import Block, Folded, Heading, Listing, Note, Sentences, Table
from pipeline.report.numbers import ABSENT, by_statistic, coefficient, count, number, p_value, percent, remark
from pipeline.report.numbers import with_interval as shown
from pipeline.report.results import Results
from pipeline.report.wording import words

KEYS = ["form", "perspective"]
RELIABLE = 0.70  # from which single dyads may be compared with care
DESCRIPTORS = {
    "mean": "mean",
    "lowest": "lowest rating",
    "highest": "highest rating",
    "range": "range",
    "sessions_between": "sessions between lowest and highest",
    "slope": "slope",
    "curvature": "curvature",
    "sd_around_trend": "SD around the trend",
}
POINTS_OF_SLOPES = {"slope", "curvature"}  # hundredths of a point


def shape_blocks(results: Results) -> list[Block]:
    """Sentences and a table; of classes only where they were asked for."""
    if not results.has("course_shapes"):
        return []
    say, rows = words("ruptures"), results.table("course_shapes")
    if "form" not in rows:
        return []
    described = rows[rows["descriptor"].fillna("") != ""] if "descriptor" in rows else rows[:0]
    told, table = [], shape_table()
    for keys, own in by_statistic(described, [*KEYS, "descriptor"]):
        table.rows.append(shape_row(results.labels, keys, own))
    for (form, who), own in described.groupby(KEYS, sort=False):
        known = own[(own["statistic"] == "shape_reliability") & own["estimate"].notna()]
        if len(known):
            good = known["estimate"] >= RELIABLE
            parts = (list(known.loc[kept, "descriptor"].map(DESCRIPTORS)) for kept in (good, ~good))
            told.append(say.shape(f"{results.labels[form]}, {who}", *parts))
    blocks: list[Block] = [Heading(say.heading("shape")), *([Listing(told)] if told else [])]
    folded = Folded(say.heading("descriptors"), [Note(say.how_to_read_shape()), table])
    return [*blocks, folded, *class_blocks(rows, results.labels)]


def shape_table() -> Table:
    """Its head."""
    head = [
        "Form",
        "Answered by",
        "Descriptor",
        "Dyads",
        "Mean",
        "SD over dyads",
        "Odd and even sessions",
        "Reliability",
    ]
    return Table([*head, "Remark"], source="course/shape.csv")


def shape_row(labels: dict[str, str], keys: dict, own: dict[str, dict]) -> list[str]:
    """One descriptor of one form and perspective."""
    mean, sd, r, reliability = (own.get(f"shape_{name}", ABSENT) for name in ("mean", "sd", "split_r", "reliability"))
    digits = 3 if keys["descriptor"] in POINTS_OF_SLOPES else 2

    def points(value: float) -> str:
        return number(value, digits)

    return [
        labels[keys["form"]],
        keys["perspective"],
        DESCRIPTORS[keys["descriptor"]],
        count(mean.get("n", reliability.get("n", float("nan")))),
        shown(mean, points),
        shown(sd, points),
        shown(r),
        shown(reliability),
        remark(mean, reliability),
    ]


def class_blocks(rows: pd.DataFrame, labels: dict[str, str]) -> list[Block]:
    """The models beside each other; nothing where no classes were asked for."""
    if "model" not in rows or rows["model"].fillna("").eq("").all():
        return []
    say = words("ruptures")
    table = Table(
        [
            "Form",
            "Answered by",
            "Model",
            "Classes",
            "BIC",
            "p of one class less",
            "Smallest class",
            "Starts at the same maximum",
            "Rand index of the starts",
            "Remark",
        ],
        source="course/shape.csv",
    )
    own = rows[rows["model"].fillna("") != ""]
    for keys, found in by_statistic(own, [*KEYS, "model", "classes"]):
        row = {name: found.get(f"class_{name}", ABSENT) for name in ("bic", "smallest", "same_maximum", "rand")}
        table.rows.append(
            [
                labels[keys["form"]],
                keys["perspective"],
                keys["model"],
                count(keys["classes"]),
                number(row["bic"]["estimate"], 1),
                p_value(found.get("class_likelihood_ratio", ABSENT).get("p", float("nan"))),
                percent(row["smallest"]["estimate"]),
                percent(row["same_maximum"]["estimate"]),
                coefficient(row["rand"]["estimate"]),
                remark(*row.values()),
            ]
        )
    return [Heading(say.heading("classes")), Sentences([say.how_to_read_classes()]), table]
