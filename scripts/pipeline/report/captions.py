"""Captions of products: the same text in Snakemake's report and in the project's own."""

from pathlib import Path
from types import SimpleNamespace

import jinja2

from pipeline.data.codebook import codebook


def caption(path: Path, config: dict, wildcards: dict) -> str:
    """A caption of workflow/report/, filled in as `snakemake --report` fills it in."""
    template = jinja2.Template(path.read_text(), undefined=jinja2.StrictUndefined)
    return template.render(snakemake=SimpleNamespace(config=config, wildcards=SimpleNamespace(**wildcards))).strip()


def table_caption(text: Path, table: str) -> str:
    """Return the caption of a result table: what it shows, and what each statistic in it is.

    Parameters
    ----------
    text : Path
        The text of workflow/report/; a table without one is described by its statistics alone.
    table : str
        Name of the table in the codebook, such as `factors/*/loadings.csv`.

    Returns
    -------
    str
        The template of the caption: Snakemake fills in its settings.
    """
    entries = [entry.in_table(table) for entry in codebook().values() if table in entry.tables]
    known = sorted({(entry.label, entry.what) for entry in entries})
    lines = [f"* {label}: {' '.join(what.split())}" for label, what in known]
    parts = [text.read_text().rstrip()] if text.exists() else []
    if lines:
        parts.append("Statistics in this table:\n\n" + "\n".join(lines))
    return "\n\n".join(parts) + "\n"
