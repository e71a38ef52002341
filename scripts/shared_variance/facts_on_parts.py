"""What the totals are made of, how they go together over sessions, and what scales explain of each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.data.dataset import Form
from pipeline.report.wording import listed
from psychometrics.factors.schmid_leiman import NOT_IDENTIFIED
from shared_variance.facts import PAIR, PAIR_OF_SCALES, Row, Share, of_totals, reason_of

PARTS = {
    "common_share": "common",
    "specific_share": "specific",
    "minor_share": "minor",
    "unique_share": "unique",
    "shared_share": "shared",
}
LEAST = 0.005  # smaller parts read as 0% and are not told
ONE_FACTOR = "one factor"  # what the common part rests on where it shows nothing of what instruments share
GENERAL = "general"  # its name among the factors
WITHIN, BETWEEN = "r_within", "r_between"
FEW = 3  # so many pairs are named one by one; of more only the range is told


@dataclass(frozen=True)
class Part:
    """A part of the variance of a total.

    Attributes
    ----------
    kind : {"common", "shared", "specific", "minor", "unique"}
        Common to all instruments, shared with some, specific to its instrument, of factors that hardly count, unique to
        single items.
    others : str
        The instruments that it is shared with, where it is shared with some.
    share : Share
        How much of the total's variance it is.
    """

    kind: str
    others: str
    share: Share

    @property
    def what(self) -> tuple[str, str]:
        """Say which part it is, whatever its size.

        Returns
        -------
        tuple of str
            Its kind and the instruments that it is shared with.
        """
        return self.kind, self.others


@dataclass(frozen=True)
class Total:
    """What one total is made of.

    Attributes
    ----------
    label : str
        Label of its form.
    parts : list of Part
        In the order of the table, without those that round to nothing.
    """

    label: str
    parts: list[Part]

    @property
    def largest(self) -> Part:
        """Find the largest part.

        Returns
        -------
        Part
            The first of several that are as large.
        """
        return max(self.parts, key=lambda part: part.share.estimate)


@dataclass(frozen=True)
class Composition:
    """What the totals that one perspective answered are made of.

    Attributes
    ----------
    who : str
        The perspective.
    instruments : int
        How many instruments it answered.
    totals : list of Total
        What was found.
    why_unknown : str
        The reason where nothing was.
    rests_on : {"", "one factor", "equal loadings", "rotation"}
        What the common part rests on, where that is not the data alone: a single factor, two factors whose loadings on
        the general one are set equal, or a rotation that keeps the factors uncorrelated.
    """

    who: str
    instruments: int
    totals: list[Total]
    why_unknown: str = ""
    rests_on: str = ""

    @property
    def same_largest(self) -> bool:
        """Say whether the same part is the largest of every total.

        Returns
        -------
        bool
            False where totals differ in that.
        """
        return len({total.largest.what for total in self.totals}) == 1


@dataclass(frozen=True)
class Course:
    """How two totals go together within and between clients.

    Attributes
    ----------
    name : str
        `WAI-S and HAq-II (client)`.
    within, between : mapping
        Rows of the two correlations.
    """

    name: str
    within: Row
    between: Row

    @property
    def larger(self) -> Literal["between", "within", "open", "unjudged"]:
        """Say which correlation is the larger one in size by the whole interval.

        Returns
        -------
        {"between", "within", "open", "unjudged"}
            Open where the intervals overlap, unjudged where one of them is missing.
        """
        if not np.isfinite([row[limit] for row in (self.within, self.between) for limit in ("lower", "upper")]).all():
            return "unjudged"
        within, between = (_sizes(row["lower"], row["upper"]) for row in (self.within, self.between))
        if between[0] > within[1]:
            return "between"
        return "within" if within[0] > between[1] else "open"


def _sizes(lower: float, upper: float) -> tuple[float, float]:
    """Limits of the size of a correlation: of negative ones the larger is the one further from 0."""
    sizes = sorted((abs(lower), abs(upper)))
    return (0.0 if lower <= 0 <= upper else sizes[0], sizes[1])


def compositions(split: pd.DataFrame | None, forms: Sequence[Form]) -> list[Composition]:
    """Read what the totals of each perspective are made of.

    Parameters
    ----------
    split : pandas.DataFrame or None
        The table of the parts of each total's variance.
    forms : sequence of Form
        The forms of the data set.

    Returns
    -------
    list of Composition
        One for each perspective with two instruments of which something, or the reason for nothing, is known.
    """
    if split is None or "perspective" not in split:
        return []
    found = []
    for who, rows in split.groupby("perspective", sort=False):
        own = {form.name: form for form in forms if form.perspective == who}
        instruments = len({form.instrument for form in own.values()})
        if instruments < 2:
            continue
        if "form" not in rows or rows["form"].isna().all():
            # without the list of items that a reason may end with
            why = next(filter(None, rows["note"]), "").split(" of: ")[0]
            if why:
                found.append(Composition(str(who), instruments, [], reason_of(why)))
            continue
        of_one = rows[rows["form"].notna() & rows["form_2"].isna()]
        totals = [Total(own[str(form)].label, _parts(part)) for form, part in of_one.groupby("form", sort=False)]
        if totals:
            found.append(Composition(str(who), instruments, totals, rests_on=_rests_on(rows, instruments)))
    return found


def _rests_on(rows: pd.DataFrame, instruments: int) -> str:
    sharing = rows[rows["statistic"] == "sharing_instruments"]
    factors = set(sharing["factor"]) if len(sharing) else set()
    if len(factors) == 1:
        return ONE_FACTOR if sharing["estimate"].iloc[0] == instruments else ""
    if rows["note"].str.contains(NOT_IDENTIFIED, regex=False).any():
        return "equal loadings"
    return "rotation" if factors and GENERAL not in factors else ""


def _parts(rows: pd.DataFrame) -> list[Part]:
    return [
        Part(PARTS[row["statistic"]], str(row["group"]), Share.of(row))
        for row in rows.to_dict("records")
        if row["statistic"] in PARTS and row["estimate"] >= LEAST
    ]


def courses(sessions: pd.DataFrame | None, labels: Mapping[str, str]) -> list[Course]:
    """Read the correlations of totals of two instruments of one perspective over the sessions.

    Parameters
    ----------
    sessions : pandas.DataFrame or None
        The table of correlations within and between clients.
    labels : mapping of str to str
        Name of a form -> its label.

    Returns
    -------
    list of Course
        Pairs of which both correlations are known.
    """
    if sessions is None or not {*PAIR_OF_SCALES} <= set(sessions):
        return []
    totals = of_totals(sessions)
    rows = totals[(totals["perspective"] == totals["perspective_2"]) & (totals["form"] != totals["form_2"])]
    found = []
    for key, own in rows[rows["statistic"].isin([WITHIN, BETWEEN])].groupby(PAIR, sort=False):
        by = {row["statistic"]: row for row in own.dropna(subset="estimate").to_dict("records")}
        if {WITHIN, BETWEEN} <= set(by):
            who, _, *both = map(str, key)
            found.append(Course(f"{listed(labels[form] for form in both)} ({who})", by[WITHIN], by[BETWEEN]))
    return found


def redundancies(canonical: pd.DataFrame | None, forms: Sequence[Form]) -> list[float]:
    """Read how much of the scales of one instrument those of another one of the same perspective explain.

    Parameters
    ----------
    canonical : pandas.DataFrame or None
        The table of canonical correlations.
    forms : sequence of Form
        The forms of the data set.

    Returns
    -------
    list of float
        The redundancies, less what chance adds, in both directions; none of two forms that have a total only, of which
        the shared variance says the same.
    """
    if canonical is None or not {"perspective", "perspective_2", "group"} <= set(canonical):
        return []
    rows = canonical[
        canonical["statistic"].isin(["redundancy_1_by_2_shrunken", "redundancy_2_by_1_shrunken"])
        & (canonical["group"] == "scales")
        & (canonical["perspective"] == canonical["perspective_2"])
    ]
    if {"form", "form_2"} <= set(rows):
        of_scales = {form.name for form in forms if len(form.scales) > 1}
        rows = rows[rows["form"].isin(of_scales) | rows["form_2"].isin(of_scales)]
    return rows["estimate"].dropna().tolist()
