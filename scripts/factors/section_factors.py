"""The section on the joint factor analysis of the items, one part for each perspective."""

import json

import pandas as pd

from factors import shown_tables as shown
from pipeline.report.blocks import Block, Folded, Heading, Note, Sentences, Warning, under
from pipeline.report.results import Results

NEEDS_ITEMS = "A factor analysis of the items needs item answers or an item correlation matrix."


def section(results: Results) -> list[Block]:
    """The analysis of every perspective, and what content has to do with the difference between two."""
    if not results.dataset.has_items:
        return [Sentences([NEEDS_ITEMS])]
    blocks: list[Block] = []
    for perspective in results.dataset.perspectives:
        blocks += [
            Heading(f"Items answered by the {perspective}", prominent=True),
            *one_perspective(results, perspective),
        ]
    if results.dataset.has_item_codes:
        blocks += under(
            "Content and the difference between perspectives",
            Note(
                "Items that both answered: general loading (Schmid-Leiman) and communality from one perspective less "
                "those from the other, as means per category of content, and less the mean of all items of other "
                "categories. Every resample takes the same people from both, who answer about the same therapies. A "
                "general factor is that of all items of its perspective, which need not be the same forms. Of a single "
                "item the interval tells nothing of other items."
            ),
            shown.perspectives_table(results.table("perspective_content")),
        )
    return blocks


def one_perspective(results: Results, perspective: str) -> list[Block]:
    """Suitability, number of factors, loadings, general factor, replicability, content."""
    chosen, is_matrix = results.config["factors"], results.dataset.is_matrix

    def table(name: str) -> pd.DataFrame:
        return results.table(name, perspective)

    why_not = shown.reason(table("loadings"))
    if why_not:
        return [Sentences([f"The joint factor analysis could not run: {why_not}."])]
    about = json.loads(results.path("about", perspective).read_text())
    found = shown.warnings_of(table("loadings"), about["notes"])
    instruments = results.dataset.instrument_of_items(perspective).to_dict()
    theory = ", by normal theory," if is_matrix else ""
    origin = "too" if is_matrix else "come from resampling the whole analysis"
    return [
        Sentences(
            [
                f"{retention_sentence(table('retention'), about)} Extraction: {chosen['extraction']}; "
                f"rotation: {chosen['rotation']}."
            ]
        ),
        *([Warning("Warnings", items=found)] if found else []),
        *under("Suitability", shown.suitability_table(table("suitability")), level=4),
        *under("Number of factors", shown.retention_rows(table("retention")), level=4),
        *results.figure("scree", perspective),
        shown.fit_table(table("fit")),
        Heading("Loadings", 4),
        *results.figure("loadings", perspective),
        Heading("Correlations of the factors", 4),
        shown.factor_correlations(table("loadings")),
        Note(
            f"Intervals of these correlations are analytic{theory} where the theory holds, those of loadings {origin}. "
            "All lie around the estimate less its bias: oblique rotation pulls the correlations of factors towards "
            "zero in small samples, so an interval need not be centred on its estimate."
        ),
        Folded(
            f"Items that mark each factor (|loading| at least {chosen['salient']})",
            [shown.loadings_table(table("loadings"), instruments, chosen["salient"])],
        ),
        *under("The general factor", shown.general_table(table("general_factor")), level=4),
        Folded("The same from an exploratory bifactor solution", [shown.general_table(table("bifactor"))]),
        *under(
            "Do the factors come back?",
            Note("Tucker congruence; .95 counts as equal, .85 to .94 as similar (Lorenzo-Seva and ten Berge 2006)."),
            shown.replicability_table(table("replicability")),
            level=4,
        ),
        *under("Content and structure", *results.figure("content_structure", perspective), level=4),
    ]


def retention_sentence(retention: pd.DataFrame, about: dict) -> str:
    """How many factors, and who decided."""
    row = retention[retention["statistic"] == "factors_extracted"].iloc[0]
    k = int(row["estimate"])
    return (
        f"{k} {'factor was' if k == 1 else 'factors were'} extracted ({row['method']}) from the {about['method']} "
        f"correlations of the items, n = {about['n_total']}, missing answers {about['missing']}."
    )
