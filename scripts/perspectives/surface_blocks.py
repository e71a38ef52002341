"""What the section on two perspectives says of response surfaces."""

from typing import Any

import numpy as np
import pandas as pd

from perspectives.profile_blocks import PAIR, name_of
from pipeline.report.blocks import Block, Folded, Heading, Note, Sentences, Table
from pipeline.report.numbers import ABSENT, count, estimate_of, number, percent, remark, with_interval
from pipeline.report.results import Results
from pipeline.report.wording import words
from psychometrics.perspectives.response_surface import ALL, CONDITIONS, MODELS

SOURCE = "perspectives/surfaces.csv"
KEYS = [*PAIR, "outcome", "part"]  # what a surface is about


def surface_blocks(results: Results) -> list[Block]:
    """Sentences, figure and tables; the reason alone where there is no outcome or no form of both."""
    say, rows = words("perspective_profiles"), results.table("response_surfaces")
    if "form" not in rows:
        return [Heading(say.heading("surface")), Sentences([say.nothing(rows["note"].iloc[0])])]
    rows = rows.assign(part=rows["part"].fillna(ALL) if "part" in rows else ALL)
    found = [(dict(zip(KEYS, keys, strict=True)), own) for keys, own in rows.groupby(KEYS, sort=False)]
    told = [say.surface(surface_facts(keys, own, results)) for keys, own in found]
    conditions, models = conditions_table(found, results), models_table(found, results)
    return [
        Heading(say.heading("surface")),
        Note(say.how_to_read_surface()),
        Sentences(told),
        *results.figure("response_surface"),
        *([Folded(say.heading("conditions"), [conditions])] if conditions.rows else []),
        *([Folded(say.heading("models"), [models])] if models.rows else []),
    ]


def outcome_of(keys: dict[str, Any], results: Results) -> str:
    """Label of the outcome; with the part where sessions are told from dyads."""
    label = results.variables.get(keys["outcome"], keys["outcome"])
    return label if keys["part"] == ALL else f"{label}, {keys['part']}"


def surface_facts(keys: dict[str, Any], rows: pd.DataFrame, results: Results) -> dict[str, Any]:
    """What is said of one surface."""
    weights = rows[rows["statistic"] == "surface_weight"]
    weights = weights[weights["estimate"].notna()]
    own = rows[rows["statistic"] != "surface_weight"].drop_duplicates("statistic")
    found = own.set_index("statistic").to_dict("index")
    a4, broad = found.get("surface_a4", ABSENT), found.get("congruence_broad", ABSENT)
    best = weights.loc[weights["estimate"].idxmax()] if len(weights) else None
    missing = str(broad["note"]).split("; ")[0].removeprefix("not met: ")
    return {
        "label": name_of(keys, results.labels),
        "outcome": outcome_of(keys, results),
        "first": keys["perspective"],
        "second": keys["perspective_2"],
        "why_not": a4["note"] if pd.isna(a4["estimate"]) else "",
        "n": count(a4.get("n", np.nan)),
        "units": "dyads" if keys["part"] == ALL else "sessions",
        "verdict": broad.get("verdict", ""),
        "strict": found.get("congruence_strict", ABSENT).get("verdict", ""),
        "missing": [condition_text(name) for name in missing.split(", ") if name in CONDITIONS],
        "a4": a4,
        "two": number,
        "best": "" if best is None else model_name(best["model"], keys),
        "weight": np.nan if best is None else best["estimate"],
        "reliability": estimate_of(found, "difference_score_reliability"),
        "agreeing": estimate_of(found, "congruent_share"),
        "first_higher": estimate_of(found, "first_higher_share"),
        "second_higher": estimate_of(found, "second_higher_share"),
    }


def model_name(model: str, keys: dict[str, Any]) -> str:
    """`the client's rating alone`."""
    one = keys["perspective_2"] if model == "second" else keys["perspective"]
    return words("perspective_profiles").model(model, one)


def condition_text(name: str) -> str:
    """`p11 = 1`, `a4 < 0`."""
    condition = CONDITIONS[name]
    return f"{name} < 0" if condition == "below 0" else f"{name} = {condition}"


def conditions_table(found: list[tuple[dict[str, Any], pd.DataFrame]], results: Results) -> Table:
    """One row per surface and condition, those of congruence as a whole last."""
    head = ["Form", "Outcome", "Condition", "Estimate", "Verdict", "Remark"]
    table = Table(head, source=SOURCE)
    for keys, own in found:
        rows = own.drop_duplicates("statistic").set_index("statistic").to_dict("index")
        about = [name_of(keys, results.labels), outcome_of(keys, results)]
        for name in ("a4", "a3", "p10", "p11", "a1", "a2", "a5"):
            row = rows.get(f"surface_{name}", ABSENT)
            if pd.notna(row["estimate"]):
                table.rows.append(
                    [*about, condition_text(name), with_interval(row, number), row["verdict"], remark(row)]
                )
        for name, text in (("congruence_broad", "broad congruence"), ("congruence_strict", "strict congruence")):
            if name in rows:
                row = rows[name]
                met = f"{count(row['estimate'])} of {len(row['condition'].split(', '))} met"
                table.rows.append([*about, text, met, row["verdict"], remark(row)])
    return table


def models_table(found: list[tuple[dict[str, Any], pd.DataFrame]], results: Results) -> Table:
    """One row per surface, a column per model: weights by AICc."""
    names = [model_name(name, found[0][0]) for name in MODELS]
    table = Table(["Form", "Outcome", *names], source=SOURCE)
    for keys, own in found:
        own = own[own["statistic"] == "surface_weight"]
        if len(own):
            weights = own.set_index("model")["estimate"]
            values = [percent(weights.get(name, np.nan)) for name in MODELS]
            table.rows.append([name_of(keys, results.labels), outcome_of(keys, results), *values])
    return table
