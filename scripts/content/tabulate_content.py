"""A published content analysis: its tables recomputed and audited, association and similarity of the forms."""

from pathlib import Path

import pandas as pd

from pipeline.data.configuration import validated
from pipeline.data.job import InputError, job
from pipeline.data.tables import write_table
from pipeline.data.yaml_files import read_yaml
from psychometrics.content.audit import audit_percentages, audit_totals, check_statements
from psychometrics.content.categories import (
    category_percentages,
    content_association,
    content_similarity,
    items_by_form,
    unfold,
)

TABLE_OF_FACET = {"voice": "table_2a", "dimension": "table_2b", "domain": "table_2c", "theme": "table_2d"}


def main(published: Path, root: Path, tables: dict[str, Path], *, draws: int, seed: int, level: float) -> None:
    """Write table_1, table_2a to table_2d, audit, association and similarity to the paths in `tables`."""
    content = validated(read_yaml(published, str(published)), "published_content", root, str(published))
    try:
        forms, cells = unfold(content)
        statements = check_statements(forms, cells, content["statements"])
    except ValueError as mistake:
        raise InputError(f"{published}: {mistake}") from None

    percentages = category_percentages(forms, cells)
    frames = {table: percentages[percentages["facet"] == facet] for facet, table in TABLE_OF_FACET.items()}
    frames["table_1"] = items_by_form(forms, cells)
    audits = [audit_percentages(forms, cells), audit_totals(forms, cells), statements]
    frames["audit"] = pd.concat([frame for frame in audits if len(frame)] or audits[:1])
    frames["association"] = content_association(forms, cells, draws=draws, seed=seed, level=level)
    frames["similarity"] = content_similarity(forms, cells, draws=draws, seed=seed, level=level)

    counted = {"source": content["source"], "coding": content["coding"]}
    settings = {
        "audit": counted | {"percentages_checked": len(cells), "statements_checked": len(content["statements"])},
        "association": counted | {"draws": draws, "seed": seed, "level": level},
        "similarity": counted | {"draws": draws, "seed": seed, "level": level},
    }
    for name, frame in frames.items():
        write_table(frame, tables[name], settings=settings.get(name, counted), inputs=[published])


if __name__ == "__main__":
    job(main, snakemake)
