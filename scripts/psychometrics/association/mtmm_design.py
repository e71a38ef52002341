"""Which scores make up a multitrait-multimethod matrix: traits are instruments or scales, methods are perspectives."""

from dataclasses import dataclass

import pandas as pd

INSTRUMENTS = "instruments"


@dataclass(frozen=True)
class MtmmDesign:
    """Scores of one multitrait-multimethod matrix.

    Attributes
    ----------
    group : str
        "instruments", or "scales of" an instrument.
    measures : pandas.DataFrame
        The scores, ordered by perspective and then by trait (the index names the score), with columns perspective,
        form, scale, trait; without rows where there is no matrix.
    note : str
        Why there is no matrix, or what it leaves out.
    """

    group: str
    measures: pd.DataFrame
    note: str = ""


def mtmm_designs(columns: pd.DataFrame) -> list[MtmmDesign]:
    """List the matrix of the instruments' totals, and one of the scales of each instrument, where there are any.

    Parameters
    ----------
    columns : pandas.DataFrame
        One row per score (its index), with columns perspective, form, scale, instrument.

    Returns
    -------
    list of MtmmDesign
        The design of the totals in front; a design without measures gives the reason in its note.

    Notes
    -----
    A trait is what at least two perspectives have: an instrument, or a scale of the same name. Where a perspective has
    several forms of an instrument, the one that the most perspectives have counts; of equals the first.
    """
    perspectives = list(dict.fromkeys(columns["perspective"]))
    if len(perspectives) < 2:
        reason = (
            f"one perspective ({perspectives[0]}): a multitrait-multimethod matrix needs the same instruments "
            "answered from at least two perspectives about the same clients"
        )
        return [MtmmDesign(INSTRUMENTS, _none(), reason)]
    chosen, left_out = _one_form_each(columns)
    totals = chosen[chosen["scale"] == "total"]
    designs = [_design(INSTRUMENTS, totals.assign(trait=totals["instrument"]), left_out)]
    for instrument, own in chosen[chosen["scale"] != "total"].groupby("instrument", sort=False):
        found = _design(f"scales of {instrument}", own.assign(trait=own["scale"]), [])
        if len(found.measures):
            designs.append(found)
    if len(designs) == 1:
        designs.append(
            MtmmDesign("scales", _none(), "no scale other than the total was answered from two perspectives")
        )
    return designs


def _one_form_each(columns: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Scores of one form per instrument and perspective, and which forms that leaves out, in words."""
    forms = columns[["instrument", "form", "perspective"]].drop_duplicates()
    forms = forms.assign(spread=forms.groupby(["instrument", "form"])["perspective"].transform("size"))
    ranked = forms.sort_values("spread", ascending=False, kind="stable")
    first = ranked.drop_duplicates(["instrument", "perspective"])
    rest = ranked.loc[ranked.index.difference(first.index, sort=False)]
    keys = ["form", "perspective"]
    kept = pd.MultiIndex.from_frame(columns[keys]).isin(pd.MultiIndex.from_frame(first[keys]))
    return columns[kept], [
        f"{row.form} ({row.perspective}) is left out: one form of {row.instrument} counts" for row in rest.itertuples()
    ]


def _design(group: str, scores: pd.DataFrame, left_out: list[str]) -> MtmmDesign:
    by_trait = scores.groupby("trait", sort=False)["perspective"]
    several = by_trait.transform("size") > 1
    alone = [f"{trait} is left out: only the {who.iloc[0]} has it" for trait, who in by_trait if len(who) == 1]
    measures = scores[several]
    if measures.empty:
        return MtmmDesign(
            group,
            _none(),
            "no instrument has a total from two perspectives: there is no trait that two perspectives measure",
        )
    ranks = [
        measures[name].map({value: rank for rank, value in enumerate(dict.fromkeys(scores[name]))})
        for name in ("perspective", "trait")
    ]
    order = pd.concat(ranks, axis=1).sort_values(["perspective", "trait"], kind="stable").index
    measures = measures.loc[order, ["perspective", "form", "scale", "trait"]]
    return MtmmDesign(group, measures, "; ".join([*alone, *left_out]))


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=["perspective", "form", "scale", "trait"])
