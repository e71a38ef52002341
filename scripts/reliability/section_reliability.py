"""The section on reliability: scales, ordinal answers, therapists, repeated sessions, raters."""

import pandas as pd

from pipeline.report.blocks import Block, Folded, Listing, Sentences, under
from pipeline.report.headlines import Headlines, Held
from pipeline.report.results import Results
from pipeline.report.wording import words
from pipeline.steps.shown_alpha import with_alpha_to_report
from reliability import shown_tables as shown

OTHER = (("omega_total", "ω"), ("spearman_brown", "Spearman-Brown"))


def section(results: Results) -> list[Block]:
    """Every table and figure on reliability, and sentences to paste."""
    dataset, labels = results.dataset, results.labels
    coefficients = with_alpha_to_report(results.at_occasion("reliability"))
    intro = words("reliability").intro(dataset.has_items, dataset.is_matrix, results.occasion, results.config["level"])
    return [
        Sentences([intro]),
        *results.figure("reliability"),
        shown.reliability_table(coefficients, labels),
        Folded("The same in sentences, ready to paste", [Listing(sentences_to_paste(coefficients, labels))]),
        *under("General factor and ordinal answers", shown.omegas_table(coefficients, labels)),
        *under(
            "Use of the response categories",
            shown.categories_table(results.at_occasion("response_categories"), labels),
        ),
        *under("Clients of therapists", shown.nesting_table(results.at_occasion("nesting"), labels)),
        *under(
            "Repeated sessions",
            shown.sessions_table(results.table("reliability_sessions"), results.table("d_study"), labels),
        ),
        *results.figure("d_study"),
        *under("Agreement of raters", shown.raters_table(results.at_occasion("raters"), labels)),
    ]


def brief(results: Results) -> list[Block | Held]:
    """The range of alpha of the totals, for the first screen; those that the data hardly carry are held back."""
    decide, rows = Headlines.of(results), with_alpha_to_report(results.at_occasion("reliability"))
    shown: list[float] = []
    held: list[Block | Held] = []
    totals = rows[(rows["statistic"] == "alpha") & (rows["scale"] == "total") & rows["estimate"].notna()]
    for row in totals.to_dict("records"):
        lack = decide.held(
            "alpha",
            results.labels[row["form"]],
            row["perspective"],
            forms=[(row["form"], row["perspective"])],
            people=row["n"],
            limits=(row["lower"], row["upper"]),
        )
        if lack:
            held.append(lack)
        else:
            shown.append(row["estimate"])
    return [*([Listing([words("reliability").brief(min(shown), max(shown), len(shown))])] if shown else []), *held]


def sentences_to_paste(coefficients: pd.DataFrame, labels: dict[str, str]) -> list[str]:
    """One sentence per form and perspective: every scale with alpha and omega total.

    Parameters
    ----------
    coefficients : pandas.DataFrame
        The rows of one occasion.
    labels : dict
        Name of a form -> its label.

    Returns
    -------
    list of str
        Sentences in the order of the rows.
    """
    told = []
    for (form, perspective), rows in coefficients[coefficients["item"].isna()].groupby(
        ["form", "perspective"], sort=False
    ):
        scales = [scale_facts(str(name), own) for name, own in rows.groupby("scale", sort=False)]
        sizes = [int(scale["alpha"]["n"]) for scale in scales if not scale["why_not"]]
        told.append(words("reliability").form(labels[form], perspective, sizes, scales))
    return told


def scale_facts(name: str, rows: pd.DataFrame) -> dict:
    """Alpha of a scale or the reason why there is none, and omega total or what stands in for it."""
    found = rows.drop_duplicates("statistic").set_index("statistic")
    alpha = found.loc["alpha"]
    other = [
        {"name": label, "row": found.loc[statistic]}
        for statistic, label in OTHER
        if statistic in found.index and pd.notna(found.loc[statistic, "estimate"])
    ]
    why_not = str(alpha["note"]) if pd.isna(alpha["estimate"]) else ""
    return {"name": name, "alpha": alpha, "why_not": why_not, "other": other[0] if other else None}
