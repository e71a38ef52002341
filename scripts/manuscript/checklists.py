"""Checklists of reporting, filled in: where each item is answered, or that it is not."""

from pathlib import Path
from typing import Any

from manuscript.facts_on_method import flow
from manuscript.material import Material
from pipeline.data.yaml_files import read_yaml
from pipeline.manuscript.apa_numbers import listed
from pipeline.manuscript.rich import literal
from pipeline.report.wording import words

Filled = tuple[str, str, list[tuple[str, str, str]]]  # title, source, and rows: item, answered, where


def filled(material: Material, path: Path, numbers: dict[str, str]) -> list[Filled]:
    """Fill in the checklists.

    Parameters
    ----------
    material : Material
        The results.
    path : Path
        `workflow/checklists.yaml`.
    numbers : dict
        Name of a table of the manuscript -> its number.

    Returns
    -------
    list of (title, source, rows)
        A row is the item, whether it is answered, and where.
    """
    has = features(material, numbers)
    return [
        (content["title"], content["source"], [row(item, has, numbers) for item in content["items"]])
        for content in read_yaml(path, path.name).values()
    ]


def features(material: Material, numbers: dict[str, str]) -> set[str]:
    """Name what the data have that an item may need."""
    dataset = material.dataset
    known = {
        "answers": not dataset.is_matrix,
        "items": dataset.has_items,
        "item_codes": dataset.has_item_codes,
        "sessions": len(dataset.sessions) > 1,
        "raters": any(form.counts.get("raters") for form in dataset.forms),
        "perspectives": len(dataset.perspectives) > 1,
        "therapists": dataset.has_people and len(dataset.therapist_of) > 0,
        "flow": not dataset.is_matrix and bool(flow(dataset)),
        "pairs": any(name.startswith("correlations") for name in numbers),
    }
    return {name for name, yes in known.items() if yes}


def row(item: dict[str, Any], has: set[str], numbers: dict[str, str]) -> tuple[str, str, str]:
    """Say of one item whether it is answered, and where."""
    say = words("manuscript_checklists")
    text = literal(item["item"])
    partly = literal(item.get("partly", ""))
    if "where" not in item:
        return text, say.no(), say.for_the_authors(partly)
    if "needs" in item and item["needs"] not in has:
        return text, say.no(), say.not_in_these_data()
    where = with_numbers(item["where"], numbers)
    if not where:
        return text, say.no(), say.not_in_these_data()
    return text, say.partly() if partly else say.yes(), say.where(where, partly)


def with_numbers(where: str, numbers: dict[str, str]) -> str:
    """Put in the numbers of tables; a table that there is not is left out."""
    found = []
    for part in where.split(", "):
        head, brace, rest = part.partition("{")
        if not brace:
            found.append(literal(part))
            continue
        name, _, behind = rest.partition("}")
        own = [number for table, number in numbers.items() if table.startswith(name)]
        if own:
            found.append(f"{head}{'Table' if len(own) == 1 else 'Tables'} {listed(own)}{literal(behind)}")
    return ", ".join(found)
