"""Tables of the report on measurement invariance."""

from typing import Any

import pandas as pd

from pipeline.data.tables import with_text
from pipeline.report.blocks import Table
from pipeline.report.numbers import (
    ABSENT,
    by_statistic,
    coefficient,
    count,
    estimate_of,
    number,
    p_value,
    remark,
    with_interval,
)

KEYS = ["design", "perspective", "perspective_2", "form", "variable", "reference"]
STEPS, ITEMS = "invariance/steps.csv", "invariance/items.csv"
ANSWER = "means_comparable"
ALL_EQUAL, FREED = "all items equal", "freed items free"
STEP_NAMES = {
    "configural": "same structure",
    "thresholds": "thresholds",
    "loadings": "loadings",
    "intercepts": "intercepts",
    "residuals": "residual variances",
}


def with_keys(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with all columns that say what is compared, empty where a table does not have one."""
    return with_text(rows, *KEYS, "unit", "model", "scale", "step", "item")


def whom(keys: dict[str, Any], variables: dict[str, str]) -> str:
    """`clients and therapists`, `clients at sessions 3 and 8`, `clients by site`."""
    if keys["design"] == "perspectives":
        return f"{keys['perspective']}s and {keys['perspective_2']}s"
    if keys["design"] == "occasions":
        return f"{keys['perspective']}s {sessions(keys)}"
    return f"{keys['perspective']}s by {variables.get(keys['variable'], keys['variable'])}"


def means_of(keys: dict[str, Any], variables: dict[str, str]) -> str:
    """`means of clients and therapists`, `clients' means at sessions 3 and 8`, `clients' means in groups by site`."""
    if keys["design"] == "perspectives":
        return f"means of {whom(keys, variables)}"
    if keys["design"] == "occasions":
        return f"{keys['perspective']}s' means {sessions(keys)}"
    return f"{keys['perspective']}s' means in groups by {variables.get(keys['variable'], keys['variable'])}"


def sessions(keys: dict[str, Any]) -> str:
    """`at sessions 3 and 8`, `in the phases early and late`; `over sessions` where none could be chosen."""
    named = [keys[name].removeprefix("phase ") for name in ("reference", "unit") if keys[name].startswith("phase ")]
    if named:
        return f"in the phases {' and '.join(named)}"
    ends = [keys[name].removeprefix("session ") for name in ("reference", "unit") if keys[name]]
    return f"at sessions {' and '.join(ends)}" if ends else "over sessions"


def fit_table(rows: pd.DataFrame, labels: dict[str, str], variables: dict[str, str]) -> Table:
    """One row per form, step and model."""
    table = Table(
        [
            *("Form", "Compared", "Equal", "Items free", "χ²", "df", "CFI", "RMSEA", "SRMR"),
            *("Δχ²", "Δdf", "p", "ΔCFI", "ΔRMSEA", "ΔSRMR", "Remark"),
        ],
        source=STEPS,
    )
    notes = {
        tuple(row[name] for name in KEYS): "; ".join(row["note"].split("; ")[1:])
        for row in rows[rows["statistic"] == ANSWER].to_dict("records")
    }
    tested = rows[rows["step"].isin(STEP_NAMES) & (rows["scale"] == "") & (rows["statistic"] != ANSWER)]
    unit = tested.groupby(KEYS)["unit"].transform("max")
    for keys, own in by_statistic(tested.assign(unit=unit), [*KEYS, "unit", "step", "model"]):
        table.rows.append(
            [
                labels[keys["form"]],
                whom(keys, variables),
                STEP_NAMES[keys["step"]],
                count(estimate_of(own, "freed_items")),
                number(estimate_of(own, "chi_square"), 1),
                count(estimate_of(own, "degrees_of_freedom")),
                coefficient(estimate_of(own, "cfi")),
                *(coefficient(estimate_of(own, name), 3) for name in ("rmsea", "srmr")),
                number(estimate_of(own, "chi_square_difference"), 1),
                count(estimate_of(own, "degrees_of_freedom_difference")),
                p_value(estimate_of(own, "p_value_difference")),
                *(coefficient(estimate_of(own, f"{name}_difference"), 3) for name in ("cfi", "rmsea", "srmr")),
                remark(
                    *(own.get(name, ABSENT) for name in ("chi_square", "chi_square_difference")),
                    *([{"note": notes[tuple(keys[name] for name in KEYS)]}] if keys["step"] == "configural" else []),
                ),
            ]
        )
    return table


def means_table(rows: pd.DataFrame, labels: dict[str, str], variables: dict[str, str]) -> Table:
    """One row per form, scale and unit: latent means, and what of the observed difference comes from items."""
    table = Table(
        [
            *("Form", "Compared", "Scale", "Minus", "Latent difference", "The same, freed items free"),
            *("Difference of the scale means", "Part due to items that differ", "In SDs"),
        ],
        source=STEPS,
    )
    about = rows[(rows["scale"] != "") & rows["unit"].ne("")]
    named = about.assign(
        statistic=[
            f"{row.statistic}.{row.model}" if row.statistic == "latent_mean_difference" else row.statistic
            for row in about.itertuples()
        ]
    )
    for keys, own in by_statistic(named, [*KEYS, "unit", "scale"]):
        table.rows.append(
            [
                labels[keys["form"]],
                whom(keys, variables),
                keys["scale"],
                f"{keys['unit']} − {keys['reference']}",
                with_interval(own.get(f"latent_mean_difference.{ALL_EQUAL}", ABSENT), number),
                with_interval(own.get(f"latent_mean_difference.{FREED}", ABSENT), number),
                number(estimate_of(own, "observed_score_difference")),
                with_interval(own.get("expected_score_difference", ABSENT), number),
                number(estimate_of(own, "expected_score_difference_sd")),
            ]
        )
    return table


def items_table(rows: pd.DataFrame, labels: dict[str, str], variables: dict[str, str]) -> Table:
    """One row per item and unit: the largest score test, whether it was freed, and how much it matters."""
    table = Table(
        ["Form", "Compared", "Item", "Free from", "Least adjusted p", "At the step", "dMACS", "Expected difference"],
        source=ITEMS,
    )
    by_item: dict[tuple, list[dict]] = {}
    for row in rows.dropna(subset=[*KEYS, "item"]).to_dict("records"):
        by_item.setdefault(tuple(row[name] for name in (*KEYS, "item")), []).append(row)
    for keys, own in by_item.items():
        about = dict(zip([*KEYS, "item"], keys, strict=True))
        tests = [row for row in own if row["statistic"] == "score_test_p_adjusted" and pd.notna(row["estimate"])]
        least = min(tests, key=lambda row: row["estimate"], default=None)
        freed = next((row for row in own if row["statistic"] == "item_freed" and row["estimate"] == 1), None)
        sizes: dict[str, dict[str, dict]] = {}
        for row in own:
            if row["statistic"] in ("dmacs", "expected_item_difference") and pd.notna(row["unit"]):
                sizes.setdefault(row["unit"], {})[row["statistic"]] = row
        for unit, by in sizes.items():
            table.rows.append(
                [
                    labels[about["form"]],
                    whom(about | {"unit": unit}, variables),
                    str(int(about["item"].rpartition("_")[2])),
                    STEP_NAMES[freed["step"]] if freed is not None else "",
                    p_value(least["estimate"]) if least is not None else "–",
                    STEP_NAMES[least["step"]] if least is not None else "–",
                    number(by["dmacs"]["estimate"]),
                    with_interval(by["expected_item_difference"], number),
                ]
            )
    return table
