"""The known forms as a page, from the files under data/instruments/."""

from pathlib import Path

from schema_pages import cell

from pipeline.data.configuration import read_instruments
from pipeline.data.form_list import HEADINGS, form_rows

ROOT = Path(__file__).parents[2]


def form_page() -> str:
    """One row per form, in Markdown."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS), *form_rows(read_instruments(ROOT))]
    lines = [
        "# Forms",
        "",
        "What stands under `form:` in dataset.yaml; `make forms` prints the same. A provisional key holds a fact that",
        "could not be confirmed, and every product that uses it says so. Item numbers only, never the wording.",
        "",
    ]
    return "\n".join([*lines, *(f"| {' | '.join(cell(text) for text in row)} |" for row in rows), ""])
