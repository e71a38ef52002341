"""Tables of correlations: totals with intervals unless the settings say otherwise, all scales with stars."""

from collections.abc import Sequence

import pandas as pd

from manuscript.material import Material
from manuscript.measures import Score, abbreviations, provisional, range_of_n, scores_of
from pipeline.manuscript.apa_numbers import cell, decimal, limits, stars
from pipeline.manuscript.apa_table import NONE, ApaTable, Column, Row
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words

COLUMNS_WITH_LIMITS, COLUMNS_WITH_STARS = 8, 15  # that fit a page on its side


def tables(material: Material) -> list[ApaTable]:
    """Make the tables: of totals and variables of the clients; and of all scales, where there are any.

    Parameters
    ----------
    material : Material
        The results.

    Returns
    -------
    list of ApaTable
        A matrix too wide for a page goes over several of them; none where there is only one score.
    """
    chosen = material.config["manuscript"]
    scores = [score for score in scores_of(material.dataset) if not chosen["scores"] or score.named in chosen["scores"]]
    totals = [score for score in scores if score.total]
    own = [score for score in scores if score.key[0]]
    made = []
    if len(totals) > 1:
        made += matrix(material, totals, "correlations", "Total Scores", intervals=chosen["intervals"])
    if len(own) > len([score for score in own if score.total]) and len(own) > 1:
        made += matrix(material, own, "correlations_of_scales", "Scales", intervals=False)
    return made


def matrix(material: Material, scores: Sequence[Score], name: str, what: str, *, intervals: bool) -> list[ApaTable]:
    """Make one matrix: correlations below the diagonal, reliabilities on it."""
    most = COLUMNS_WITH_LIMITS if intervals else COLUMNS_WITH_STARS
    starts = range(0, len(scores), most)
    parts = [scores[start : start + most] for start in starts]
    return [
        _part(material, scores, part, start, f"{name}_{number}" if len(parts) > 1 else name, what, intervals)
        for number, (start, part) in enumerate(zip(starts, parts, strict=True), start=1)
    ]


def _part(
    material: Material,
    scores: Sequence[Score],
    part: Sequence[Score],
    start: int,
    name: str,
    what: str,
    intervals: bool,
) -> ApaTable:
    say, dataset = words("manuscript_tables"), material.dataset
    coefficient = material.config["manuscript"]["coefficient"]
    columns = [
        Column("Measure", "left", 3.6 if intervals else 3.4),
        Column("*M*", width=0.8),
        Column("*SD*", width=0.8),
    ]
    columns += [Column(str(start + number), width=1.5 if intervals else 0.95) for number in range(1, len(part) + 1)]
    made = ApaTable(name, say.correlations_title(what), columns, source="association/correlations.csv")
    sizes, tested, part_whole = [], set(), False
    diagonal = False
    for place, score in enumerate(scores):
        if place < start:
            continue
        mean, sd = material.moments(score.key)
        cells, below = [f"{place + 1}. {score.name}", cell(mean, decimal), cell(sd, decimal)], ["", "", ""]
        for column, other in enumerate(part, start=start):
            if column > place:
                cells.append("")
                below.append("")
            elif column == place:
                own = material.reliability_of(score.key)
                known = pd.notna(own["estimate"])
                diagonal |= known
                cells.append(f"({cell(own['estimate'])})" if known else NONE)
                below.append("")
            else:
                pair = material.pair(score.key, other.key)
                row = pair[f"r_{coefficient}"]
                p = pair[f"p_{coefficient}_holm"]
                sizes.append(row["n"])
                part_whole |= "part-whole" in row["note"]
                if pd.notna(p["estimate"]):
                    tested.add(p["method"])
                cells.append(cell(row["estimate"]) + ("" if intervals else literal(stars(p["estimate"]))))
                below.append(limits(row) if limits(row) != NONE else "")
        made.rows.append(Row(cells))
        if intervals and any(below):
            made.rows.append(Row(below, follows=True))
    forms = [form for form in dataset.forms if any(score.key[:2] == (form.perspective, form.name) for score in scores)]
    of_pairs = next(iter(tested), "")
    made.general = say.correlations_note(
        range_of_n(pd.Series(sizes, dtype=float)) or f"*N* = {dataset.people}",
        material.occasion,
        material.level,
        material.reliability_name,
        diagonal,
        "" if intervals else "".join(filter(str.isdigit, of_pairs)),
        part_whole,
        intervals and any(row.follows for row in made.rows),
        material.left_out(f"r_{coefficient}"),
        abbreviations(forms, material.instruments) if start == 0 else {},
        provisional(forms),
        dataset.simulated,
        say.part_of_columns(start + 1, start + len(part), len(scores)) if len(part) < len(scores) else "",
        coefficient == "spearman",
    )
    if not intervals and tested:
        made.probability = stars_note()
    return made


def stars_note() -> str:
    """What the stars mean."""
    return "\\**p* < .05. \\*\\**p* < .01. \\*\\*\\**p* < .001."
