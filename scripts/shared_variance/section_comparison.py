"""The section of the index on how much the instruments share: data set by data set, beside published correlations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.report.blocks import Block, Forest, ForestRow, Sentences, Table
from pipeline.report.numbers import coefficient, count, percent, with_interval
from pipeline.report.results import CommonResults
from pipeline.report.wording import listed, words
from shared_variance.facts import Share, read_pairs

UNKNOWN = Share(np.nan)


@dataclass(frozen=True)
class Shown:
    """What two instruments share in one study.

    Attributes
    ----------
    study : str
        Title of the data set, or the publication.
    measures, who : str
        Which instruments, and who answered both.
    n : float
        People behind it.
    r : float
        The correlation.
    shared, corrected : Share
        The share of variance, as observed and corrected for unreliability.
    published : bool
        Whether only its correlation was published.
    or_more : bool
        Whether the correlation is at least `r`.
    ranks : bool
        Whether it is a correlation of ranks.
    """

    study: str
    measures: str
    who: str
    n: float
    r: float
    shared: Share
    corrected: Share = UNKNOWN
    published: bool = False
    or_more: bool = False
    ranks: bool = False


def section(results: CommonResults) -> list[Block]:
    """Compare the shares of variance of all data sets with each other and with publications.

    Parameters
    ----------
    results : CommonResults
        With the tables `shared_variance` and `correlations` of every data set and the file `published`.

    Returns
    -------
    list of Block
        A sentence, the forest and the table.
    """
    say = words("shared_variance_index")
    claim = results.file("claims")["shared_variance"]
    own = [
        Shown(dataset.title, pair.name, pair.views[0], pair.n, pair.r, pair.shared, pair.corrected)
        for dataset in results.datasets
        for pair in read_pairs(
            results.table("shared_variance", dataset.name),
            results.table("correlations", dataset.name),
            {form.name: form.label for form in dataset.forms},
        )
        if pair.within and pair.shared.is_known
    ]
    published = [from_publication(entry) for entry in results.file("published")["across_measures"]]
    found = [*own, *published]
    told = say.summary(own, published, claim["below"], claim["typical"])
    return [Sentences([told]), forest(found, claim, told), table(found)]


def from_publication(entry: Mapping[str, Any]) -> Shown:
    """Read a published correlation.

    Parameters
    ----------
    entry : mapping
        Of `data/published/correlations.yaml`.

    Returns
    -------
    Shown
        Its square is the share of variance.
    """
    r = float(entry.get("r", entry.get("r_above", np.nan)))
    return Shown(
        entry["study"],
        listed([entry["x"], entry["y"]]),
        entry["perspective"],
        entry["n"],
        r,
        Share(r * r),
        published=True,
        or_more="r_above" in entry,
        ranks=entry.get("kind") == "spearman",
    )


def forest(found: list[Shown], claim: Mapping[str, float], told: str) -> Forest:
    """Draw the shares of variance as observed.

    Parameters
    ----------
    found : list of Shown
        In the order of the figure.
    claim : mapping
        The published shares `below` and `typical`.
    told : str
        What the figure shows, in words.

    Returns
    -------
    Forest
        One row for each.
    """
    say = words("shared_variance_index")
    rows = [
        ForestRow(
            heading=one.study,
            label=f"{one.measures} ({one.who})",
            estimate=one.shared.estimate,
            lower=one.shared.lower if one.shared.has_interval else None,
            upper=one.shared.upper if one.shared.has_interval else None,
            text=f"{'at least ' if one.or_more else ''}{with_interval(one.shared._asdict(), percent)}",
            published=one.published,
            or_more=one.or_more,
        )
        for one in found
    ]
    levels = [one.shared.level for one in found if one.shared.has_interval]
    caption = say.caption(levels[0] if levels else None, claim["below"], claim["typical"])
    return Forest(rows, say.axis(), [claim["typical"], claim["below"]], told, caption)


def table(found: list[Shown]) -> Table:
    """Show the same as numbers.

    Parameters
    ----------
    found : list of Shown
        In the order of the table.

    Returns
    -------
    Table
        One row for each.
    """
    shown = Table(
        ["Study", "Measures", "Answered by", "n", "r", "Shared variance", "Corrected for unreliability"],
        title=words("shared_variance_index").title_of_table(),
    )
    for one in found:
        r = f"{'> ' if one.or_more else ''}{coefficient(one.r)}{' (rho)' if one.ranks else ''}"
        share = f"{'> ' if one.or_more else ''}{with_interval(one.shared._asdict(), percent)}"
        corrected = with_interval(one.corrected._asdict(), percent)
        shown.rows.append([one.study, one.measures, one.who, count(one.n), r, share, corrected])
    return shown
