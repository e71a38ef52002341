"""Part of the section on the course: what leads and what follows, alliance or symptoms."""

from typing import Any

import numpy as np
import pandas as pd

from course.lag_facts import (
    BACKWARD,
    FORWARD,
    NAMES,
    OWN,
    VARIANT_NAMES,
    headline,
    modelled,
    others,
)
from pipeline.report.blocks import Block, Folded, Heading, Listing, Note, Sentences, Table
from pipeline.report.numbers import ABSENT, count, number, remark, side_of, with_interval
from pipeline.report.results import Results
from pipeline.report.wording import words

SMALL = 0.1  # below it a slope is shown with three decimals


def lag_blocks(results: Results) -> list[Block]:
    """Sentences on both directions and on whether methods agree, the path diagram, all methods on demand."""
    if not results.has("course_lags"):
        return []
    say, rows = words("course_lags"), results.table("course_lags")
    found = modelled(rows)
    refused = why_not(rows, results)
    if not found:
        return [Heading(say.heading("lags")), Sentences([say.nothing(refused)])]
    told = [say.lags(facts(keys, parts, results)) for keys, parts in found]
    return [
        Heading(say.heading("lags")),
        Note(say.how_to_read(list(dict.fromkeys(keys["measure"] for keys, _ in found)))),
        Listing(told),
        *([Note(say.refused(refused))] if refused else []),
        *results.figure("lags"),
        Folded(say.heading("methods"), [Note(say.how_to_read_methods()), methods_table(found, results)]),
    ]


def why_not(rows: pd.DataFrame, results: Results) -> list[dict[str, Any]]:
    """Reasons of forms without any estimate, with the forms that they hold for."""
    if "form" not in rows:
        return [{"forms": [], "reason": rows["note"].iloc[0]}]
    reasons: dict[str, list[str]] = {}
    for (who, form), own in rows.groupby(["perspective", "form"], sort=False):
        if own["estimate"].isna().all():
            # that a key is provisional is said elsewhere
            reason = own["note"].iloc[0].split("; provisional key")[0]
            reasons.setdefault(reason, []).append(f"{results.labels[form]} ({who})")
    return [{"forms": forms, "reason": reason} for reason, forms in reasons.items()]


def facts(keys: dict[str, str], parts: dict[tuple[str, str], dict[str, dict]], results: Results) -> dict[str, Any]:
    """What is said of one form and measure."""
    row = headline(parts, FORWARD)
    sessions = row["sessions"].split(", ")
    return {
        "label": results.labels[keys["form"]],
        "who": keys["perspective"],
        "measure": keys["measure"],
        "n": row["n"],
        "sessions": sessions,
        "interval": int(row["interval"]),
        "directions": [
            direction(parts, FORWARD, "alliance", keys["measure"]),
            direction(parts, BACKWARD, keys["measure"], "alliance"),
        ],
        "equal": headline(parts, "equal_lags_p"),
        "show": slope,
    }


def direction(
    parts: dict[tuple[str, str], dict[str, dict]], statistic: str, leads: str, follows: str
) -> dict[str, Any]:
    """One direction: both forms of the lag, its side, and what other methods say."""
    row = headline(parts, statistic)
    rest = others(parts, statistic)
    own = side_of(row)
    return {
        "leads": leads,
        "follows": follows,
        "b": row,
        "beta": headline(parts, f"{statistic}_standardized"),
        "side": own,
        "others": sum(len(variants) for models in rest.values() for variants in models.values()),
        "against": {way: named(models) for way, models in sorted(rest.items()) if way != own},
    }


def named(models: dict[str, list[str]]) -> list[str]:
    """Models with their variants: `the dynamic panel (detrended)`."""
    return [f"the {model} ({', '.join(variants)})" for model, variants in models.items()]


def slope(value: float) -> str:
    """Two decimals, three where the value is small."""
    return number(value, 3 if abs(value) < SMALL else 2)


def with_limits(row: dict[str, Any]) -> str:
    """A slope with its interval, all with the decimals of the smallest."""
    digits = 3 if abs(row.get("estimate", np.nan)) < SMALL else 2
    return with_interval(row, lambda value: number(value, digits))


def methods_table(
    found: list[tuple[dict[str, str], dict[tuple[str, str], dict[str, dict]]]], results: Results
) -> Table:
    """One row per form, model and variant."""
    several = len({keys["measure"] for keys, _ in found}) > 1
    head = ["Form", "Answered by", *(["Measure"] if several else []), "Model", "Variant", "Clients"]
    head += ["Alliance to measure, b", "β", "Measure to alliance, b", "β", "Alliance carried over, β"]
    head += ["Measure carried over, β", "Remark"]
    table = Table(head, source="course/lags.csv")
    for keys, parts in found:
        for (model, variant), rows in parts.items():
            forward, backward = rows.get(FORWARD, ABSENT), rows.get(BACKWARD, ABSENT)
            carried = [rows.get(f"{name}_standardized", ABSENT) for name in OWN]
            beta = [rows.get(f"{name}_standardized", ABSENT) for name in (FORWARD, BACKWARD)]
            table.rows.append(
                [
                    results.labels[keys["form"]],
                    keys["perspective"],
                    *([keys["measure"]] if several else []),
                    NAMES[model],
                    VARIANT_NAMES[variant],
                    count(forward.get("n", np.nan)),
                    with_limits(forward),
                    with_interval(beta[0]),
                    with_limits(backward),
                    with_interval(beta[1]),
                    *(with_interval(row) for row in carried),
                    remark(forward, backward),
                ]
            )
    return table
