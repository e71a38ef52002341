"""What each figure shows, in words for those who do not see it: the finding, from the tables behind the figure."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any

import pandas as pd

from pipeline.report.blocks import Block, Figure, Folded
from pipeline.report.numbers import coefficient, count, number, percent
from pipeline.report.results import Results
from pipeline.report.wording import words

MOST_NAMED = 6  # values that a text names one by one; of more it tells the range
Named = list[tuple[str, str]]  # a name, and its value as text
COLUMNS = (
    *("statistic", "estimate", "note", "perspective", "perspective_2", "form", "form_2", "scale", "factor"),
    *("group", "stage", "variable", "target", "item", "facet", "category"),
)
AIMED_AT = 0.8  # reliability that a decision study is read at


def with_findings(blocks: Sequence[Block], results: Results) -> list[Block]:
    """Add to the alternative text of every figure what it shows of these data.

    Parameters
    ----------
    blocks : sequence of Block
        Of a section.
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The same blocks; a figure of which nothing is told in one sentence keeps its text.
    """
    return [
        replace(block, alt=alternative(block, results))
        if isinstance(block, Figure)
        else replace(block, blocks=with_findings(block.blocks, results))
        if isinstance(block, Folded)
        else block
        for block in blocks
    ]


def alternative(figure: Figure, results: Results) -> str:
    """Say what a figure is and what it shows.

    Parameters
    ----------
    figure : Figure
        With its general text.
    results : Results
        The results of the data set.

    Returns
    -------
    str
        Its text, and one sentence more where its tables hold a number.
    """
    name, _, perspective = PurePath(figure.path).stem.partition(".")
    facts = FACTS.get(name)
    found = facts(results, perspective) if facts else {}
    if not any(found.values()):
        return figure.alt
    return f"{figure.alt.removesuffix('.')}. {getattr(words('alternatives'), name)(**found)}"


def _rows(results: Results, name: str, perspective: str = "") -> pd.DataFrame:
    """A result table with all columns that are read here: one that holds only reasons has fewer."""
    found = results.table(name, perspective)
    return found.reindex(columns=list(dict.fromkeys([*found, *COLUMNS])))


def _flow(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "flow")
    whole = rows[(rows["statistic"] == "flow_clients") & rows["form"].isna()]
    if whole.empty:
        return {}
    by_stage = {stage: whole.loc[whole["stage"] == stage, "estimate"] for stage in whole["stage"].unique()}
    return {
        "returned": count(by_stage["returned"].iloc[0]) if "returned" in by_stage else "",
        "excluded": count(by_stage["excluded"].sum()) if "excluded" in by_stage else "",
        "analysed": count(by_stage["analysed"].iloc[0]) if "analysed" in by_stage else "",
        "at_occasion": count(by_stage["occasion"].iloc[0]) if "occasion" in by_stage else "",
        "occasion": results.occasion,
    }


def _variables(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "variables")
    means = rows[rows["statistic"].isin(["value_mean", "value_sd"]) & rows["estimate"].notna()]
    wide = means.pivot_table(index="variable", columns="statistic", values="estimate", sort=False)
    return {"values": [(row.Index, number(row.value_mean), number(row.value_sd)) for row in wide.dropna().itertuples()]}


def _reliability(results: Results, _: str) -> dict[str, Any]:
    rows = results.at_occasion("reliability")
    alphas = rows[(rows["statistic"] == "alpha") & rows["estimate"].notna()]
    if alphas.empty or "scale" not in alphas:
        return {}
    low, high = (alphas.loc[place] for place in (alphas["estimate"].idxmin(), alphas["estimate"].idxmax()))
    return {"ends": [(_score(results, row), coefficient(row["estimate"])) for row in (low, high)], "many": len(alphas)}


def _score(results: Results, row: pd.Series) -> str:
    return f"{results.labels[row['form']]} {row['scale']}, {row['perspective']}"


def _d_study(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "d_study")
    if not {"scale", "target"} <= set(rows):  # nothing was repeated, or only scores are known
        return {}
    needed = rows[(rows["statistic"] == "sessions_needed") & (rows["scale"] == "total") & (rows["target"] == AIMED_AT)]
    named = [
        (f"{results.labels[row['form']]}, {row['perspective']}", count(row["estimate"]))
        for row in needed[needed["estimate"].notna()].to_dict("records")
    ]
    return {"named": named, "target": coefficient(AIMED_AT)} if named else {}


def _correlations(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "correlations")
    if not {"form", "form_2"} <= set(rows):
        return {}
    rows = rows[(rows["statistic"] == "r_pearson") & rows["estimate"].notna()]
    known = results.labels  # not outcomes and baselines
    rows = rows[rows["form"].isin(known) & rows["form_2"].isin(known)]
    other = rows[rows["form"] != rows["form_2"]]
    within = other[other["perspective"] == other["perspective_2"]]["estimate"]
    across = rows[rows["perspective"] != rows["perspective_2"]]["estimate"]
    return {"within": _range(within), "across": _range(across)}


def _range(values: pd.Series) -> tuple[str, str] | None:
    return (coefficient(values.min()), coefficient(values.max())) if len(values) else None


def _mtmm(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "mtmm")
    known = rows[rows["estimate"].notna()]
    kinds = ("validity", "heterotrait_heteromethod", "heterotrait_monomethod")
    found = {kind: _range(known.loc[known["statistic"] == kind, "estimate"]) for kind in kinds}
    return found if found["validity"] else {}


def _shared_variance(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "shared_variance")
    known = rows[(rows["statistic"] == "r2") & rows["estimate"].notna()]
    known = known[known["note"].astype(str).str.contains("share")]
    named = [row["note"].split(": ")[0] for row in known.to_dict("records")]
    return {"named": named[:MOST_NAMED], "more": max(len(named) - MOST_NAMED, 0)} if named else {}


def _variance_split(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "variance_split")
    known = rows[(rows["statistic"] == "common_share") & rows["estimate"].notna()]
    return {"named": _by_form(results, known)}


def _overlap(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "commonality")
    known = rows[(rows["statistic"] == "r2") & rows["form"].notna() & rows["estimate"].notna()]
    return {"named": _by_form(results, known)}


def _by_form(results: Results, rows: pd.DataFrame) -> Named:
    return [
        (f"{results.labels[row['form']]}, {row['perspective']}", percent(row["estimate"]))
        for row in rows.to_dict("records")
    ]


def _scree(results: Results, perspective: str) -> dict[str, Any]:
    found = _rows(results, "retention", perspective).set_index("statistic")["estimate"]
    parallel = found.get("parallel_analysis_factor"), found.get("parallel_analysis_component")
    extracted = found.get("factors_extracted")
    if pd.isna(extracted):
        return {}
    return {"above": [count(value) for value in parallel if pd.notna(value)], "extracted": count(extracted)}


def _loadings(results: Results, perspective: str) -> dict[str, Any]:
    rows = _rows(results, "common_factor", perspective)
    salient = rows[(rows["statistic"] == "salient_items") & rows["estimate"].notna() & (rows["factor"] != "general")]
    common = rows[(rows["statistic"] == "common_factor") & rows["factor"].notna()]
    return {
        "factors": [(row["factor"], count(row["estimate"])) for row in salient.to_dict("records")],
        "common": "" if common.empty else str(common["factor"].iloc[0]),
    }


def _content_structure(results: Results, perspective: str) -> dict[str, Any]:
    rows = _rows(results, "content_structure", perspective)
    if not {"item", "facet"} <= set(rows):  # only a reason
        return {}
    known = rows[(rows["statistic"] == "mean_general") & rows["estimate"].notna() & rows["item"].isna()]
    named = []
    for facet, own in known.groupby("facet", sort=False):
        top = own.loc[own["estimate"].idxmax()]
        named.append((str(facet), str(top["category"]), percent(top["estimate"])))
    return {"named": named}


def _coding(results: Results, _: str) -> dict[str, Any]:
    rows = _rows(results, "coder_agreement")
    whole = rows[(rows["statistic"] == "krippendorff_alpha") & (rows["form"] == "all forms") & rows["estimate"].notna()]
    return {"named": [(row["group"], coefficient(row["estimate"])) for row in whole.to_dict("records")]}


FACTS: dict[str, Callable[[Results, str], dict[str, Any]]] = {
    "flow": _flow,
    "variables": _variables,
    "reliability": _reliability,
    "d_study": _d_study,
    "correlations": _correlations,
    "mtmm": _mtmm,
    "shared_variance": _shared_variance,
    "variance_split": _variance_split,
    "overlap": _overlap,
    "scree": _scree,
    "loadings": _loadings,
    "content_structure": _content_structure,
    "coding": _coding,
}
