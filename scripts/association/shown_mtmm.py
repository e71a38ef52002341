"""What the report says on multitrait-multimethod matrices, and on whether two instruments are distinct."""

import numpy as np
import pandas as pd

from pipeline.report.blocks import Table
from pipeline.report.naming import measures, name_of
from pipeline.report.numbers import ABSENT, by_statistic, coefficient, count, remark, with_interval

CRITERIA = {
    1: "1. The same {trait} from two perspectives correlates above 0",
    2: "2. It correlates higher than different {trait}s across the two perspectives (its row and column)",
    3: "3. It correlates higher than different {trait}s within a perspective",
    4: "4. The correlations of different {trait}s have like order in all triangles",
}
DISTINCT = (0.85, 0.90)  # Henseler, Ringle & Sarstedt (2015)


def title(group: str) -> str:
    """`Instruments`, `Scales of WAI`."""
    return group[:1].upper() + group[1:]


def trait_of(group: str) -> str:
    return "instrument" if group == "instruments" else "scale"


def criteria_table(mtmm: pd.DataFrame) -> Table:
    """One row per matrix and criterion of Campbell and Fiske."""
    table = Table(
        ["Matrix", "Criterion (Campbell and Fiske 1959)", "Comparisons", "Hold", "With an interval above 0", "Remark"],
        source="association/mtmm.csv",
    )
    rows = mtmm[mtmm["statistic"] == "criterion"]
    for row in rows.to_dict("records"):
        concordance = mtmm[(mtmm["statistic"] == "kendall_w") & (mtmm["group"] == row["group"])].iloc[0]
        remarks = [row["note"]]
        if row["criterion"] == 4 and pd.notna(concordance["estimate"]):
            remarks.insert(0, f"Kendall's W {with_interval(concordance)}")
        table.rows.append(
            [
                title(row["group"]),
                CRITERIA[int(row["criterion"])].format(trait=trait_of(row["group"])),
                count(row["comparisons"]),
                count(row["holds"]),
                count(row["certain"]),
                "; ".join(filter(None, remarks)),
            ]
        )
    return table


def comparisons_table(mtmm: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per comparison of criteria 1 to 3."""
    table = Table(
        ["Matrix", "Criterion", "Validity", "r", "Compared with", "r", "Difference", "Holds"],
        source="association/mtmm.csv",
    )
    rows = mtmm[(mtmm["statistic"] == "comparison") & mtmm["form"].notna()]
    kinds = ["validity", "heterotrait_monomethod", "heterotrait_heteromethod"]
    keys = [f"{name}{end}" for end in ("", "_2") for name in ("perspective", "form", "scale")]
    known = {
        tuple(cell[key] for key in keys): cell["estimate"]
        for cell in mtmm[mtmm["statistic"].isin(kinds)].to_dict("records")
    }
    for row in rows.to_dict("records"):

        def pair(ends, row=row):
            scales = ["" if row["group"] == "instruments" else f" {row[f'scale{end}']}" for end in ends]
            names = [name_of(row[f"form{end}"], row[f"perspective{end}"], labels) for end in ends]
            return " with ".join(name.replace(" (", f"{scale} (") for name, scale in zip(names, scales, strict=True))

        own = known[tuple(row[key] for key in keys)]
        first = [title(row["group"]), count(row["criterion"]), pair(("", "_2"))]
        holds = {1: "yes", 0: "no"}.get(row["holds"], "–")
        if row["criterion"] == 1:
            table.rows.append([*first, with_interval(row), "0", "", "", holds])
            continue
        other = known[tuple(row[f"{name}{end}"] for end in ("_3", "_4") for name in ("perspective", "form", "scale"))]
        table.rows.append([*first, coefficient(own), pair(("_3", "_4")), coefficient(other), with_interval(row), holds])
    return table


def htmt_table(mtmm: pd.DataFrame, labels: dict[str, str]) -> Table:
    """One row per pair of instruments of one perspective."""
    table = Table(
        ["Measures", "Answered by", "n", "HTMT", "HTMT2", "Distinct?", "Remark"], source="association/mtmm.csv"
    )
    rows = mtmm[mtmm["statistic"].isin(["htmt", "htmt2"]) & mtmm["form"].notna()]
    for keys, own in by_statistic(rows, ["form", "form_2", "perspective", "perspective_2"]):
        ratio, other = own["htmt"], own.get("htmt2", ABSENT)
        table.rows.append(
            [
                *measures(keys, labels),
                count(ratio["n"]),
                with_interval(ratio),
                with_interval(other),
                distinct(ratio),
                remark(ratio, other),
            ]
        )
    return table


def distinct(ratio: dict) -> str:
    """What the usual thresholds say, and whether the interval stays below 1."""
    if pd.isna(ratio["estimate"]):
        return "–"
    met = [mark for mark in DISTINCT if ratio["estimate"] < mark]
    said = f"below {coefficient(met[0])}" if met else f"not below {coefficient(DISTINCT[-1])}"
    if pd.isna(ratio["upper"]):
        return said
    return f"{said}; interval {'below 1' if ratio['upper'] < 1 else 'reaches 1'}"


def mtmm_sentences(mtmm: pd.DataFrame) -> list[str]:
    """One paragraph for each matrix; the reason where there is none."""
    paragraphs = []
    for group, rows in mtmm[mtmm["group"] != "items"].groupby("group", sort=False):
        counts = rows[rows["statistic"] == "criterion"].set_index("criterion")
        validity = rows[(rows["statistic"] == "validity")]
        if counts.empty:
            paragraphs += [f"{title(group)}: {note}." for note in validity["note"]]
            continue
        left_out = rows.loc[rows["statistic"] == "left_out", "note"]
        said = [
            *_agreement(validity, trait_of(group)),
            *_counted(counts, trait_of(group)),
            *_order(rows, counts.loc[4], trait_of(group)),
            *(f"{note}." for note in left_out),
        ]
        paragraphs.append(f"{title(group)}: {' '.join(said)}")
    return paragraphs


def _agreement(validity: pd.DataFrame, trait: str) -> list[str]:
    known = validity["estimate"].dropna()
    if known.empty:
        return [f"no {trait} has a correlation between perspectives ({validity['note'].iloc[0]})."]
    low, high = coefficient(known.min()), coefficient(known.max())
    return [
        f"the same {trait} from two perspectives correlates {low}."
        if low == high
        else f"the same {trait} from two perspectives correlates {low} to {high}."
    ]


def _counted(counts: pd.DataFrame, trait: str) -> list[str]:
    number = counts["comparisons"].fillna(0).astype(int)
    said = []
    if number[1] == 1:
        said.append(f"The validity {'lies' if counts.loc[1, 'holds'] else 'does not lie'} above 0 by its interval.")
    elif number[1]:
        said.append(f"{counts.loc[1, 'holds']:.0f} of {number[1]} validities lie above 0 by their intervals.")
    for criterion, other in ((2, "across perspectives"), (3, "within a perspective")):
        if number[criterion]:
            row = counts.loc[criterion]
            certain = (
                ""
                if pd.isna(row["certain"]) or not row["holds"]
                else f", {row['certain']:.0f} with an interval above 0"
            )
            said.append(
                f"Of {number[criterion]} comparisons with different {trait}s {other}, {row['holds']:.0f} "
                f"{'holds' if row['holds'] == 1 else 'hold'}{certain}."
            )
    if number[3] and counts.loc[3, "estimate"] != 0.5:
        more, less = ("who answers", f"which {trait} it is")
        if counts.loc[3, "estimate"] > 0.5:
            more, less = less, more
        said.append(f"By that count {more} matters more than {less}.")
    return said


def _order(rows: pd.DataFrame, count_4: pd.Series, trait: str) -> list[str]:
    concordance = rows[rows["statistic"] == "kendall_w"].iloc[0]
    if not np.isfinite(concordance["estimate"]):
        return []
    return [
        f"The correlations of different {trait}s have like order in {count_4['holds']:.0f} of "
        f"{count_4['comparisons']:.0f} pairs of triangles (Kendall's W = {with_interval(concordance)})."
    ]
