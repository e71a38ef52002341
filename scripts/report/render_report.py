"""One page per data set that a researcher reads from top to bottom."""

from pathlib import Path

from pipeline.data.job import job
from pipeline.report.blocks import from_json
from pipeline.report.page import write_page


def main(sections: Path, template: Path, page: Path) -> None:
    """Render the blocks of `sections`; figures lie beside it, below the same folder."""
    write_page(template, page, document=from_json(sections.read_text()), folder=sections.parent)


if __name__ == "__main__":
    job(main, snakemake)
