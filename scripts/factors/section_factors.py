"""The section on the joint factor analysis of the items, one part for each perspective."""

import json

import pandas as pd

from factors import shown_tables as shown
from factors.by_perspective import by_perspective
from factors.facts_on_numbers import Spread
from pipeline.report.blocks import Block, Folded, Heading, Note, Sentences, Warning, folded, under
from pipeline.report.results import Results
from pipeline.report.wording import words


def section(results: Results) -> list[Block]:
    """Show the analysis of every perspective, and what content has to do with the difference between two.

    Parameters
    ----------
    results : Results
        The results of the data set.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say = words("factors")
    if not results.dataset.has_items:
        return [Sentences([say.needs_items()])]
    blocks = by_perspective(results, one_perspective)
    if results.dataset.has_item_codes:
        blocks += under(
            say.heading("perspectives"),
            Note(say.how_to_read_perspectives()),
            shown.perspectives_table(results.table("perspective_content")),
        )
    return blocks


def one_perspective(results: Results, perspective: str) -> list[Block]:
    """Show suitability, number of factors, loadings, general factor, replicability and content of one perspective.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.

    Returns
    -------
    list of Block
        The blocks in order; the reason where the analysis could not run.
    """
    say, chosen = words("factors"), results.config["factors"]

    def table(name: str) -> pd.DataFrame:
        return results.table(name, perspective)

    why_not = shown.reason(table("loadings"))
    if why_not:
        return [Sentences([say.could_not_run(why_not)])]
    about = json.loads(results.path("about", perspective).read_text())
    found = shown.warnings_of(table("loadings"), about["notes"])
    extracted = table("retention").set_index("statistic").loc["factors_extracted"]
    instruments = results.dataset.instrument_of_items(perspective).to_dict()
    return [
        Sentences(
            [
                say.extracted(
                    int(extracted["estimate"]), extracted["method"], about, chosen["extraction"], chosen["rotation"]
                )
            ]
        ),
        *([Warning(say.heading("warnings"), items=found)] if found else []),
        *under(say.heading("suitability"), shown.suitability_table(table("suitability")), level=4),
        *under(say.heading("retention"), *number_of_factors(results, perspective), level=4),
        *results.figure("scree", perspective),
        shown.fit_table(table("fit")),
        Heading(say.heading("loadings"), 4),
        *results.figure("loadings", perspective),
        Heading(say.heading("correlations"), 4),
        shown.factor_correlations(table("loadings")),
        Note(say.where_intervals_come_from(results.dataset.is_matrix)),
        Folded(
            say.marking_items(chosen["salient"]),
            [shown.loadings_table(table("loadings"), instruments, chosen["salient"])],
        ),
        *under(say.heading("general factor"), shown.general_table(table("general_factor")), level=4),
        Folded(say.heading("bifactor"), [shown.general_table(table("bifactor"))]),
        *under(
            say.heading("replicability"),
            Note(say.how_to_read_congruence(congruence_in_random_order(table("loadings")))),
            shown.replicability_table(table("replicability")),
            level=4,
        ),
        *under(say.heading("content"), *results.figure("content_structure", perspective), level=4),
        *folded(
            say.heading("pictures"),
            results.figure("path_diagram", perspective),
            results.figure("item_correlations", perspective),
        ),
    ]


def congruence_in_random_order(loadings: pd.DataFrame) -> float | None:
    """Compute the congruence that the loadings of a single factor would have with themselves in random order.

    Parameters
    ----------
    loadings : pandas.DataFrame
        The table of loadings.

    Returns
    -------
    float or None
        Its mean over all orders, the squared sum of the loadings over their number and the sum of their squares; None
        where there are several factors.
    """
    rows = loadings[loadings["statistic"] == "loading"]
    if len(set(rows["factor"])) != 1:
        return None
    values = rows["estimate"].to_numpy()
    return float(values.sum() ** 2 / (len(values) * (values**2).sum()))


def number_of_factors(results: Results, perspective: str) -> list[Block]:
    """Show how the criteria spread, what would change where they lie apart, and every criterion.

    Parameters
    ----------
    results : Results
        The results of the data set.
    perspective : str
        Who answered the items.

    Returns
    -------
    list of Block
        The blocks in order.
    """
    say, retention = words("factors"), results.table("retention", perspective)
    alternatives = results.table("alternatives", perspective)
    spread = Spread.of(retention)
    blocks: list[Block] = [Sentences([say.spread(spread)]), shown.spread_table(spread)]
    if spread.lies_apart:
        why_not = shown.reason(alternatives)
        if why_not:
            blocks.append(Note(say.no_alternatives(why_not)))
        else:
            table = shown.alternatives_table(alternatives, spread, results.labels)
            blocks += [Note(say.how_to_read_alternatives(spread.extracted)), table]
    return [*blocks, Folded(say.every_criterion(), [shown.retention_rows(retention)])]
