"""Tables of the report on two perspectives: level and agreement, session by session, therapists with many clients."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from perspectives.pairing import ORDER, PERCENT
from pipeline.data.dataset import TOTAL
from pipeline.report.blocks import Table
from pipeline.report.numbers import ABSENT, by_statistic, count, estimate_of, number, percent, remark, with_interval

PAIR = ["perspective", "perspective_2", "form", "form_2", "scale"]
OF_ONE = ["role_mean", "paired_mean", "paired_sd"]
OF_ONE += [f"{kind}_{name}" for kind in ("share", "variance") for name in ("therapist", "dyad", "session")]
SOURCE, SOURCE_OF_MANY = "perspectives/levels.csv", "perspectives/one_with_many.csv"


def show_points(row: dict) -> Callable[[float], str]:
    """How a difference reads: two decimals, of percent of the range one."""
    return (lambda value: number(value, 1)) if row.get("unit") == PERCENT else number


def of_both(rows: pd.DataFrame) -> list[tuple[dict, dict[str, dict]]]:
    """Rows per scale, those about the ratings of one perspective as `first.paired_mean` and `second.paired_mean`."""
    if "form" not in rows:
        return []
    turned = rows["perspective"].map(ORDER.index) > rows["perspective_2"].map(ORDER.index)
    named = rows.copy()
    place = np.where(turned, "second.", "first.") + rows["statistic"].astype(str)
    named["statistic"] = rows["statistic"].mask(rows["statistic"].isin(OF_ONE), place)
    for one, two in (("perspective", "perspective_2"), ("form", "form_2")):
        named[one], named[two] = rows[one].mask(turned, rows[two]), rows[two].mask(turned, rows[one])
    return by_statistic(named, PAIR)


def form_name(keys: dict, labels: dict[str, str]) -> str:
    """`WAI-S`, or both labels where the forms differ."""
    return " / ".join(dict.fromkeys(labels.get(keys[name], keys[name]) for name in ("form", "form_2")))


def levels_table(levels: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per scale at the chosen occasion."""
    table = Table(
        [
            "Form",
            "Rated by",
            "Scale",
            "Dyads",
            "Mean, first",
            "Mean, second",
            "Difference",
            "d",
            "r",
            "ICC(A,1)",
            "Concordance",
            "Limits of agreement",
            "Remark",
        ],
        source=SOURCE,
    )
    for keys, own in of_both(levels):
        difference = own.get("mean_difference", ABSENT)
        show = show_points(difference)
        low, high = (estimate_of(own, f"agreement_limit_{end}") for end in ("lower", "upper"))
        table.rows.append(
            [
                form_name(keys, labels),
                f"{keys['perspective']} and {keys['perspective_2']}",
                keys["scale"],
                count(difference.get("n", np.nan)),
                *(show(estimate_of(own, f"{place}.paired_mean")) for place in ("first", "second")),
                with_interval(difference, show),
                with_interval(own.get("d_pooled", ABSENT), number),
                *(with_interval(own.get(name, ABSENT)) for name in ("r_pearson", "icc_a1", "concordance")),
                "–" if pd.isna(low) else f"{show(low)} to {show(high)}",
                remark(difference, own.get("r_pearson", ABSENT)),
            ]
        )
    return table


def sessions_table(levels: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per total and session, where there are several."""
    table = Table(["Form", "Rated by", "Session", "Dyads", "Difference", "d", "SD ratio", "r"], source=SOURCE)
    if "session" not in levels:
        return table
    rows = levels[levels["session"].notna()]
    for session, part in rows.groupby("session", sort=False):
        for keys, own in of_both(part):
            difference = own.get("mean_difference", ABSENT)
            if keys["scale"] == TOTAL and pd.notna(difference["estimate"]):
                table.rows.append(
                    [
                        form_name(keys, labels),
                        f"{keys['perspective']} and {keys['perspective_2']}",
                        str(session).removesuffix(".0"),
                        count(difference["n"]),
                        with_interval(difference, show_points(difference)),
                        *(with_interval(own.get(name, ABSENT), number) for name in ("d_pooled", "sd_ratio")),
                        with_interval(own.get("r_pearson", ABSENT)),
                    ]
                )
    table.rows.sort(key=lambda row: (row[0], row[1]))
    return table


def many_table(rows: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per scale: shares of both perspectives and reciprocities."""
    table = Table(
        [
            "Form",
            "Scale",
            "Dyads",
            "Therapists",
            "Clients' ratings: therapist",
            "dyad",
            "session",
            "Therapists' ratings: therapist",
            "dyad",
            "session",
            "Generalized reciprocity",
            "Dyadic",
            "Session",
            "Remark",
        ],
        source=SOURCE_OF_MANY,
    )
    for keys, own in of_both(rows):
        shares = [
            own.get(f"{place}.share_{name}", ABSENT)
            for place in ("first", "second")
            for name in ("therapist", "dyad", "session")
        ]
        returned = [own.get(f"{name}_reciprocity", ABSENT) for name in ("generalized", "dyadic", "session")]
        about = next((row for row in (*shares, *returned) if "dyads" in row), {})
        table.rows.append(
            [
                form_name(keys, labels),
                keys["scale"],
                count(about.get("dyads", np.nan)),
                count(about.get("therapists", np.nan)),
                *(with_interval(row, percent) for row in shares),
                *map(with_interval, returned),
                remark(*shares, *returned),
            ]
        )
    return table
