"""Captions of products: the same text in Snakemake's report and in the project's own."""
from pathlib import Path
from types import SimpleNamespace

import jinja2


def caption(name: str, folder: Path, config: dict, wildcards: dict) -> str:
    """The caption workflow/report/<name>.rst, filled in as `snakemake --report` fills it in."""
    template = jinja2.Template((folder / f"{name}.rst").read_text(), undefined=jinja2.StrictUndefined)
    return template.render(snakemake=SimpleNamespace(config=config, wildcards=SimpleNamespace(**wildcards))).strip()
