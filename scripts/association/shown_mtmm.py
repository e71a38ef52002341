"""Tables of the report on multitrait-multimethod matrices, and on whether two instruments are distinct."""

import pandas as pd

from association.facts_on_mtmm import Row, judge_distinctness, title, trait_of
from pipeline.report.blocks import Table
from pipeline.report.naming import measures, name_of
from pipeline.report.numbers import ABSENT, by_statistic, coefficient, count, remark, with_interval
from pipeline.report.wording import words


def criteria_table(mtmm: pd.DataFrame) -> Table:
    """Make one row per matrix and criterion of Campbell and Fiske.

    Parameters
    ----------
    mtmm : pandas.DataFrame
        The table of multitrait-multimethod matrices.

    Returns
    -------
    Table
        Without a row where there is no matrix.
    """
    table = Table(
        ["Matrix", "Criterion (Campbell & Fiske, 1959)", "Comparisons", "Hold", "With an interval above 0", "Remark"],
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
                words("association").criterion(row["criterion"], trait_of(row["group"])),
                count(row["comparisons"]),
                count(row["holds"]),
                count(row["certain"]),
                "; ".join(filter(None, remarks)),
            ]
        )
    return table


def comparisons_table(mtmm: pd.DataFrame, labels: dict[str, str]) -> Table:
    """Make one row per comparison of criteria 1 to 3.

    Parameters
    ----------
    mtmm : pandas.DataFrame
        The table of multitrait-multimethod matrices.
    labels : dict
        Name of a form -> its label.

    Returns
    -------
    Table
        Without a row where there is no matrix.
    """
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
    """Make one row per pair of instruments of one perspective.

    Parameters
    ----------
    mtmm : pandas.DataFrame
        The table of multitrait-multimethod matrices.
    labels : dict
        Name of a form -> its label.

    Returns
    -------
    Table
        Heterotrait-monotrait ratios; without a row where there is no pair.
    """
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


def distinct(ratio: Row) -> str:
    """Say what the usual marks make of a heterotrait-monotrait ratio.

    Parameters
    ----------
    ratio : mapping
        The row of the ratio with `estimate` and `upper`.

    Returns
    -------
    str
        A cell of the table; a dash where the ratio has no value.
    """
    judged = judge_distinctness(ratio)
    return words("association").distinct(judged) if judged else "–"
