"""Tables of the report on the account, early gains and compensation."""

from typing import Any

import numpy as np
import pandas as pd

from outcome.account_steps import TAKEN, has_interval, most_sessions, steps_of
from outcome.naming import Names
from pipeline.report.blocks import Table
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    number,
    percent,
    remark,
    with_interval,
)
from psychometrics.association.outcome_compensation import HIGH, LOW

KEYS = ["perspective", "form", "outcome"]
LACKS = (
    "account_generalizability",
    "account_r2_outcome_corrected",
    "account_early_gains",
    "account_rater",
    "account_between_therapists",
)
Found = list[tuple[dict[str, Any], dict[str, dict[int, dict[str, Any]]]]]


def session(value: Any) -> str:
    """Number of a session."""
    return "–" if value is None or pd.isna(value) else f"{value:.0f}"


def shared_reasons(found: Found) -> list[str]:
    """Why a step is lacking, where it is for every form and outcome."""
    told = [
        {part for name in LACKS for row in rows.get(name, {}).values() for part in row["note"].split("; ") if part}
        for _, rows in found
    ]
    everywhere = set.intersection(*told) if len(told) > 1 else set()
    order = [part for name in LACKS for row in found[0][1].get(name, {}).values() for part in row["note"].split("; ")]
    return [part for part in dict.fromkeys(order) if part in everywhere]


def account_table(found: Found, names: Names) -> Table:
    """One row per form and outcome: the steps of the waterfall; reasons that all rows share are left out."""
    known = set(shared_reasons(found))
    head = [
        "Form",
        "Answered by",
        "Outcome",
        "n",
        "Sessions",
        "G of one",
        "One session",
        "Reliability alone",
        "Beyond it",
    ]
    head += ["Mean", "Without unreliability", "With early change", "With another rater", "Between therapists", "Remark"]
    table = Table(head, source="outcome/account.csv")
    for keys, rows in found:
        most = most_sessions(rows)

        def the(statistic: str, sessions: int = most, rows: dict = rows) -> dict[str, Any]:
            return rows.get(statistic, {}).get(sessions, ABSENT)

        one, mean, both = the("account_r2", 1), the("account_r2"), the("account_r2_corrected")
        without = next((row for row in (both, the("account_r2_alliance_corrected")) if has_interval(row)), ABSENT)
        taken = {step.name: step.row for step in steps_of(rows) if step.kind == TAKEN}
        lacks = [the(statistic) for statistic in LACKS]
        table.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                names.outcome(keys),
                count(mean.get("n", np.nan)),
                f"{session(mean.get('from_session'))} to {session(mean.get('to_session'))}"
                if most > 1
                else session(one.get("from_session")),
                coefficient(the("account_generalizability", 1)["estimate"]),
                with_interval(one, percent),
                with_interval(the("account_r2_predicted"), percent),
                with_interval(the("account_excess"), percent),
                with_interval(mean, percent) if most > 1 else "–",
                with_interval(without, percent),
                *(with_interval(taken.get(name, ABSENT), percent) for name in ("change", "rater", "therapists")),
                "; ".join(part for part in remark(mean, *lacks).split("; ") if part not in known),
            ]
        )
    return table


def sessions_table(found: Found, names: Names) -> Table:
    """One row per form and number of sessions."""
    head = ["Form", "Answered by", "Outcome", "Sessions", "Up to", "G", "As observed", "Reliability alone", "Beyond it"]
    table = Table(head, source="outcome/account.csv")
    for keys, rows in found:
        if most_sessions(rows) < 2:
            continue
        for most, row in sorted(rows["account_r2"].items()):
            others = [rows.get(name, {}).get(most, ABSENT) for name in ("account_r2_predicted", "account_excess")]
            table.rows.append(
                [
                    names.labels[keys["form"]],
                    keys["perspective"],
                    names.outcome(keys),
                    str(most),
                    session(row.get("to_session")),
                    with_interval(rows["account_generalizability"].get(most, ABSENT)),
                    with_interval(row, percent),
                    *(with_interval(other, percent) for other in others),
                ]
            )
    return table


def gains_table(gains: pd.DataFrame, names: Names) -> Table:
    """One row per form and session."""
    head = ["Form", "Answered by", "Measure", "Session", "n", "With change after", "With change before"]
    table = Table(
        [*head, "Change before held constant", "Robustness value", "Remark"], source="outcome/early_gains.csv"
    )
    for keys, rows in by_statistic(gains.dropna(subset="session"), ["perspective", "form", "measure", "session"]):
        order = ("early_gains_r_after", "early_gains_r_before", "early_gains_r_partial", "early_gains_robustness_value")
        after, before, partial, robust = (rows.get(name, ABSENT) for name in order)
        table.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                keys["measure"],
                session(keys["session"]),
                count(after.get("n", np.nan)),
                *(with_interval(row) for row in (after, before, partial)),
                coefficient(robust["estimate"]),
                remark(after, partial),
            ]
        )
    return table


def models_table(table: pd.DataFrame, names: Names) -> Table:
    """One row per form and model, and the slopes of the bond behind the model with products."""
    head = ["Form", "Answered by", "Outcome", "Model", "n", "AICc", "Weight", "Explained", "Over left-out therapists"]
    head += ["More than additive", "Explained, corrected", "Bond at low goals", "Bond at high goals", "Remark"]
    made = Table(head, source="outcome/compensation.csv")
    if "model" not in table:
        return made
    rows_of_models = table[table["model"].notna() & ~table["statistic"].str.startswith("compensation_slope")]
    for keys, rows in by_statistic(rows_of_models, [*KEYS, "model"]):
        if "compensation_aicc" not in rows:
            continue
        aicc = rows["compensation_aicc"]
        shares = ("compensation_r2_predicted", "compensation_gain", "compensation_r2_corrected")
        made.rows.append(
            [
                names.labels[keys["form"]],
                keys["perspective"],
                names.outcome(keys),
                keys["model"],
                count(aicc["n"]),
                number(aicc["estimate"], 1),
                percent(rows["compensation_weight"]["estimate"]),
                percent(rows["compensation_r2"]["estimate"]),
                *(with_interval(rows.get(name, ABSENT), percent) for name in shares),
                *(with_interval(rows.get(name, ABSENT), number) for name in (LOW, HIGH)),
                remark(aicc, rows.get("compensation_r2_corrected", ABSENT)),
            ]
        )
    return made


def weights_of(table: pd.DataFrame, keys: dict[str, Any]) -> dict[str, float]:
    """Akaike weight of each model of a form and outcome."""
    own = table[(table["statistic"] == "compensation_weight") & (table[list(keys)] == keys).all(axis=1)]
    return own.dropna(subset="estimate").set_index("model")["estimate"].to_dict()
