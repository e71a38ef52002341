"""Captions of products: the same text in Snakemake's report and in the project's own."""

from pathlib import Path
from types import SimpleNamespace

import jinja2


def caption(path: Path, config: dict, wildcards: dict) -> str:
    """A caption of workflow/report/, filled in as `snakemake --report` fills it in."""
    template = jinja2.Template(path.read_text(), undefined=jinja2.StrictUndefined)
    return template.render(snakemake=SimpleNamespace(config=config, wildcards=SimpleNamespace(**wildcards))).strip()
