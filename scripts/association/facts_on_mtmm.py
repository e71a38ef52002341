"""What a multitrait-multimethod matrix says: the facts that its sentences are written from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

DISTINCT = (0.85, 0.90)  # Henseler, Ringle & Sarstedt (2015)
Row = Mapping[Any, Any]  # of a result table: column -> value


@dataclass(frozen=True)
class Counts:
    """How often a criterion of Campbell and Fiske holds.

    Attributes
    ----------
    comparisons : int
        How many comparisons there are.
    holds : float
        How many of them hold; missing where nothing was compared.
    certain : float or None
        How many hold with an interval above 0; None where none holds or there are no intervals.
    """

    comparisons: int
    holds: float
    certain: float | None


@dataclass(frozen=True)
class Matrix:
    """What is told of one matrix.

    Attributes
    ----------
    title : str
        `Instruments`, `Scales of WAI`.
    trait : str
        `instrument` or `scale`.
    lowest, highest : float or None
        Range of the validities; None where none is known.
    why_unknown : str
        The reason where no validity is known.
    above_0, across, within, order : Counts
        Criteria 1 to 4.
    matters : {"trait", "perspective", ""}
        What correlations within a perspective follow more by criterion 3; empty where neither or not compared.
    concordance : mapping or None
        The row of Kendall's W; None where it has no value.
    left_out : list of str
        What the matrix leaves out.
    """

    title: str
    trait: str
    lowest: float | None
    highest: float | None
    why_unknown: str
    above_0: Counts
    across: Counts
    within: Counts
    order: Counts
    matters: Literal["trait", "perspective", ""]
    concordance: Row | None
    left_out: list[str]


@dataclass(frozen=True)
class Absence:
    """Why there is no matrix.

    Attributes
    ----------
    title : str
        As of :class:`Matrix`.
    reason : str
        Without a full stop.
    """

    title: str
    reason: str


@dataclass(frozen=True)
class Distinct:
    """What the usual marks say of a heterotrait-monotrait ratio.

    Attributes
    ----------
    mark : float
        The lowest mark that the ratio stays below, or the highest one.
    below : bool
        Whether the ratio is below the mark.
    interval : {"below 1", "reaches 1", ""}
        Where the interval ends; empty where there is none.
    """

    mark: float
    below: bool
    interval: Literal["below 1", "reaches 1", ""]


def title(group: str) -> str:
    """Name a matrix.

    Parameters
    ----------
    group : str
        Column `group` of the table.

    Returns
    -------
    str
        `Instruments`, `Scales of WAI`.
    """
    return group[:1].upper() + group[1:]


def trait_of(group: str) -> str:
    """Say what the traits of a matrix are.

    Parameters
    ----------
    group : str
        Column `group` of the table.

    Returns
    -------
    str
        `instrument` or `scale`.
    """
    return "instrument" if group == "instruments" else "scale"


def read_matrices(mtmm: pd.DataFrame) -> list[Matrix | Absence]:
    """Read what is told of each matrix.

    Parameters
    ----------
    mtmm : pandas.DataFrame
        The table of multitrait-multimethod matrices.

    Returns
    -------
    list of Matrix or Absence
        In the order of the table.
    """
    found: list[Matrix | Absence] = []
    for group, rows in mtmm[mtmm["group"] != "items"].groupby("group", sort=False):
        validities = rows[rows["statistic"] == "validity"]
        if (rows["statistic"] == "criterion").any():
            found.append(_matrix(str(group), rows, validities))
        else:
            found += [Absence(title(str(group)), note) for note in validities["note"]]
    return found


def _matrix(group: str, rows: pd.DataFrame, validities: pd.DataFrame) -> Matrix:
    known = validities["estimate"].dropna()
    criteria = {row["criterion"]: row for row in rows[rows["statistic"] == "criterion"].to_dict("records")}
    (concordance,) = rows[rows["statistic"] == "kendall_w"].to_dict("records")
    return Matrix(
        title=title(group),
        trait=trait_of(group),
        lowest=None if known.empty else known.min(),
        highest=None if known.empty else known.max(),
        why_unknown=validities["note"].iloc[0] if known.empty else "",
        above_0=_counts(criteria[1]),
        across=_counts(criteria[2]),
        within=_counts(criteria[3]),
        order=_counts(criteria[4]),
        matters=_what_matters(criteria[3]),
        concordance=concordance if np.isfinite(concordance["estimate"]) else None,
        left_out=rows.loc[rows["statistic"] == "left_out", "note"].tolist(),
    )


def _counts(row: Row) -> Counts:
    comparisons: int = 0 if pd.isna(row["comparisons"]) else int(row["comparisons"])
    certain = None if pd.isna(row["certain"]) or not row["holds"] else row["certain"]
    return Counts(comparisons, row["holds"], certain)


def _what_matters(within: Row) -> Literal["trait", "perspective", ""]:
    if within["estimate"] > 0.5:
        return "trait"
    return "perspective" if within["estimate"] < 0.5 else ""


def judge_distinctness(ratio: Row) -> Distinct | None:
    """Set a heterotrait-monotrait ratio against the usual marks.

    Parameters
    ----------
    ratio : mapping
        The row of the ratio with `estimate` and `upper`.

    Returns
    -------
    Distinct or None
        None where the ratio has no value.
    """
    if pd.isna(ratio["estimate"]):
        return None
    met = [mark for mark in DISTINCT if ratio["estimate"] < mark]
    interval: Literal["below 1", "reaches 1", ""] = "below 1" if ratio["upper"] < 1 else "reaches 1"
    return Distinct(met[0] if met else DISTINCT[-1], bool(met), "" if pd.isna(ratio["upper"]) else interval)
